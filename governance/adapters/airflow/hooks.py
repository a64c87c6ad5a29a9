"""The hooks that guards hang on in the worker: before a task, after it, after its author's own last word, and around its templates."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from governance.adapters.airflow.allowed import unfit
from governance.adapters.airflow.catalogue import Catalogue
from governance.adapters.airflow.errors import airflow_errors
from governance.adapters.airflow.events import check_events
from governance.adapters.airflow.leaks import WITHHELD, evidence
from governance.adapters.airflow.outgoing import stamps
from governance.adapters.airflow.proof import Run
from governance.adapters.airflow.storing import Killed, Working, guard_messages, guard_variables
from governance.adapters.airflow.worker import Guard, run_of
from governance.errors import PolicyViolation


@dataclass(frozen=True, slots=True)
class Before:
    """The pre-execute hook: no task that writes what leaves starts without its proofs."""

    guard: Guard
    inner: Callable[..., Any] | None = None

    def __call__(self, context: Any) -> None:  # noqa: ANN401 - Airflow's context
        """Check the proofs, run the author's own hook, then take care that ours comes last."""
        from airflow.sdk import BaseOperator

        with airflow_errors():
            self.guard.open(context)
        if self.inner is not None:
            self.inner(context)
        task = context["task"]
        own = task.post_execute
        overridden = getattr(own, "__func__", None) is not BaseOperator.post_execute and not isinstance(own, Closing)
        task.post_execute = Closing(self.guard, own if overridden else None)
        guard_variables()


@dataclass(frozen=True, slots=True)
class After:
    """The post-execute hook: what a task wrote and said is looked at before Airflow takes note of it."""

    guard: Guard
    inner: Callable[..., Any] | None = None

    def __call__(self, context: Any, result: Any = None) -> None:  # noqa: ANN401 - Airflow's context and any result
        """Run the author's own hook, then look."""
        if self.inner is not None:
            self.inner(context, result)
        with airflow_errors():
            self.guard.close(context)


@dataclass(frozen=True, slots=True)
class Closing:
    """What Airflow calls last of all: looks once more after a method of the author's, and at all where the hook is gone."""

    guard: Guard
    inner: Callable[..., Any] | None = None

    def __call__(self, context: Any, result: Any = None) -> None:  # noqa: ANN401 - Airflow's context and any result
        """Run the author's own method, then look if anything is left to look at."""
        if self.inner is not None:
            self.inner(context, result)
        if self.inner is not None or not self.guard.closed:
            with airflow_errors():
                self.guard.close(context)


@dataclass(frozen=True, slots=True)
class Targets:
    """The post-execute hook of a task outside governed DAGs that has an AssetAlias: it must not become an Asset that leaves."""

    catalogue: Catalogue = field(repr=False)
    inner: Callable[..., Any] | None = None

    def __call__(self, context: Any, result: Any = None) -> None:  # noqa: ANN401 - Airflow's context and any result
        """Run the author's own hook, then look at what the alias became."""
        if self.inner is not None:
            self.inner(context, result)
        with airflow_errors():
            check_events(context, self.catalogue, reads=False, egress=(), extras=False)


@dataclass(frozen=True, slots=True)
class Rendering:
    """Renders a task's templates, and refuses what shows a place before Airflow stores it; then the task's work is watched.

    In a DAG that only writes governed data, what renders comes from its own settings, such as the area that a query asks for.
    """

    task: Any = field(repr=False)
    guard: Guard
    strict: bool

    def __call__(self, context: Any, jinja_env: Any = None) -> None:  # noqa: ANN401 - Airflow's context, Jinja's environment
        """Render, then look at every field that Airflow will store; the label of a mapped task is looked at whenever it is rendered."""
        label = context.get("map_index_template")
        if label and not label.startswith(_LABEL):
            context["governance_label"] = partial(_label, self.task.dag_id)
            context["map_index_template"] = f"{_LABEL}{label}{_END}"
        running = context["task"] if context["task"].task_id == self.task.task_id else self.task
        type(running).render_template_fields(running, context, jinja_env)
        rendered = context["task"]
        for name in ("execute", "resume_execution"):
            setattr(rendered, name, Working(getattr(rendered, name), partial(self.guard.watch, run_of(context), whole=True)))
        rendered.on_kill = Killed(rendered.on_kill, self.guard.take_away)
        guard_messages()
        found = next((p for name in rendered.template_fields for p in evidence(getattr(rendered, name, None), name)), None)
        if found and self.strict:
            with airflow_errors():
                raise PolicyViolation(f"a rendered field would store a place: {found}.", "pass a path to the data instead.")


_LABEL = "{% set governance_text %}"
_END = "{% endset %}{{ governance_label(governance_text) }}"


def _label(dag_id: str, text: Any) -> str:  # noqa: ANN401 - what a template renders to
    """A mapped task's label, which Airflow stores and shows: the same shapes as an XCom."""
    return WITHHELD if next(unfit(str(text), dag_id), None) else str(text)


@dataclass(frozen=True, slots=True)
class Calling:
    """A callback of a whole DAG, which runs in the DAG processor: what it left at a place that leaves is looked at after it."""

    guard: Guard
    inner: Callable[..., Any]

    def __call__(self, context: Any) -> None:  # noqa: ANN401 - Airflow's context
        """Run the author's own callback, then look, whether it failed or not."""
        memory = self.guard.memory
        memory.stamps = stamps(self.guard.catalogue)
        try:
            self.inner(context)
        finally:
            run = Run(dag_id=str(context["dag"].dag_id), run_id=str(context["run_id"]), task_id=_CALLBACK)
            self.guard.watch(run, quietly=True, whole=True)


_CALLBACK = "#callback"


def late_look(ti: Any) -> None:  # noqa: ANN401 - Airflow's task instance
    """Look once more after a task ended, however it ended: its callbacks ran by then, and one that failed was not looked at."""
    hook = getattr(getattr(ti, "task", None), "_pre_execute_hook", None)
    if isinstance(hook, Before):
        hook.guard.watch(run_of({"ti": ti}), quietly=True, whole=True)
