"""Puts the guards around the tasks of a DAG, in every process that parses it."""

from typing import Any

from airflow.exceptions import AirflowClusterPolicyViolation

from governance.adapters.airflow.hooks import After, Before, Calling, Rendering, Targets
from governance.adapters.airflow.static import View, argument, is_mapped, is_ours, needs, runs_a_function
from governance.adapters.airflow.worker import Gate, Guard

_LISTS: tuple[type[Any], ...] = (list, tuple)
_HOOKS = ("_pre_execute_hook", "_post_execute_hook")


def install(view: View, task: Any) -> None:  # noqa: ANN401 - an operator or a mapped operator
    """Put the guard around a task: as its pre- and post-execute hooks, and around the rendering of its templates."""
    from airflow.sdk import BaseOperator

    egress = tuple(sorted(view.egress(task)))
    ours = is_ours(task) and not runs_a_function(task)
    guard = Guard(
        catalogue=view.catalogue,
        reads=bool(view.reads),
        ours=ours,
        egress=egress,
        outlets=tuple(name for outlet in task.outlets or () for name in view.catalogue.names(outlet)),
        outlet_uris=tuple(str(getattr(outlet, "uri", "") or "") for outlet in task.outlets or ()),
        gates=tuple(_gate(gate, task) for gate in view.gates(task)) if egress else (),
        needs=needs(view, task) if egress else {},
        ledger=argument(task, "ledger") if is_ours(task) else None,
    )
    kind = task.operator_class if is_mapped(task) else type(task)
    _refuse_unless(getattr(kind, "prepare_for_execution", None) is BaseOperator.prepare_for_execution, task)
    if is_mapped(task):
        arguments = task.partial_kwargs
        _refuse_unless(not any(isinstance(vars(c).get(h), property) for c in task.operator_class.__mro__ for h in _HOOKS), task)
        arguments["pre_execute"] = Before(guard, _inner(arguments.get("pre_execute")))
        arguments["post_execute"] = After(guard, _inner(arguments.get("post_execute")))
        arguments["show_return_value_in_logs"] = False
        _only_if_known(task, arguments)
    else:
        _hook(task, "_pre_execute_hook", Before(guard, _inner(task._pre_execute_hook)))  # noqa: SLF001 - the one place where Airflow keeps it
        _hook(task, "_post_execute_hook", After(guard, _inner(task._post_execute_hook)))  # noqa: SLF001 - likewise
        if hasattr(task, "show_return_value_in_logs"):
            task.show_return_value_in_logs = False
    task.render_template_fields = Rendering(task, guard, view.strict)


def watch_callbacks(view: View) -> None:
    """Look at what the callbacks of a whole DAG leave at places that leave."""
    guard = Guard(catalogue=view.catalogue, reads=bool(view.reads), ours=False, egress=(), outlets=(), outlet_uris=(), gates=())
    for name in ("on_success_callback", "on_failure_callback"):
        found = getattr(view.dag, name, None)
        if found:
            setattr(view.dag, name, [_called(guard, one) for one in (found if isinstance(found, _LISTS) else (found,))])


def _called(guard: Guard, callback: Any) -> Any:  # noqa: ANN401 - an author's callback, or ours from an earlier parse
    return callback if isinstance(callback, Calling) else Calling(guard, callback)


def watch_aliases(view: View, task: Any) -> None:  # noqa: ANN401 - an operator or a mapped operator
    """In a DAG that is not governed, look at what an AssetAlias becomes: nothing else of it is touched."""
    if is_mapped(task):
        task.partial_kwargs["post_execute"] = Targets(view.catalogue, _inner(task.partial_kwargs.get("post_execute")))
    else:
        _hook(task, "_post_execute_hook", Targets(view.catalogue, _inner(task._post_execute_hook)))  # noqa: SLF001 - where Airflow keeps it


def _hook(task: Any, name: str, hook: Any) -> None:  # noqa: ANN401 - an operator, a hook of ours
    setattr(task, name, hook)
    _refuse_unless(getattr(task, name) is hook, task)


def _refuse_unless(kept: bool, task: Any) -> None:  # noqa: ANN401 - an operator or a mapped operator
    if not kept:
        what = f"governance: {task.dag_id}.{task.task_id}: its class does not keep the hooks that guard it."
        raise AirflowClusterPolicyViolation(
            f"{what} Hint: leave `_pre_execute_hook`, `_post_execute_hook` and `prepare_for_execution` to Airflow."
        )


def _gate(gate: Any, task: Any) -> Gate:  # noqa: ANN401 - operators or mapped operators
    group = gate.get_closest_mapped_task_group()
    shared = group is not None and group is task.get_closest_mapped_task_group()
    return Gate(gate.task_id, is_mapped(gate) or group is not None, shared)


def _only_if_known(task: Any, arguments: dict[str, Any]) -> None:  # noqa: ANN401 - a mapped operator
    from airflow.providers.standard.operators.python import PythonOperator

    if not issubclass(task.operator_class, PythonOperator):
        del arguments["show_return_value_in_logs"]


def _inner(hook: Any) -> Any:  # noqa: ANN401 - an author's hook, or ours from an earlier parse
    return hook.inner if isinstance(hook, Before | After | Targets) else hook
