"""The guards in the worker: before a task that writes what leaves, and after every task of a governed DAG.

Before: every gate upstream must have left its proof in the ledger, in this run, over this rule set and this data. After: the data must
still be the data that was gated, what was written must pass its own check or is withheld, no write that Airflow saw may be undeclared,
and the extra of Asset events must be of an allowed shape.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from governance.adapters.airflow.catalogue import Catalogue
from governance.adapters.airflow.errors import airflow_errors
from governance.adapters.airflow.fingerprint import fingerprint
from governance.adapters.airflow.leaks import evidence, refused
from governance.adapters.airflow.outgoing import look
from governance.adapters.airflow.proof import Proof, Run, proofs, run_digest
from governance.adapters.airflow.static import UNDECLARED, View, argument, is_mapped, is_ours, runs_a_function
from governance.errors import PolicyViolation
from governance.ledger import Ledger
from governance.project import Project
from governance.rules import rules_sha256
from governance.vocabulary import Outcome


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate upstream of a task: whether it has several instances, and whether it stands in the task's own mapped group."""

    task_id: str
    mapped: bool
    shared: bool


def install(view: View, task: Any) -> None:  # noqa: ANN401 - an operator or a mapped operator
    """Put the guard around a task: as its pre- and post-execute hooks, and around the rendering of its templates."""
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
        ledger=argument(task, "ledger") if is_ours(task) else None,
    )
    if is_mapped(task):
        arguments = task.partial_kwargs
        arguments["pre_execute"] = Before(guard, _inner(arguments.get("pre_execute")))
        arguments["post_execute"] = After(guard, _inner(arguments.get("post_execute")))
        arguments["show_return_value_in_logs"] = False
        _only_if_known(task, arguments)
    else:
        task._pre_execute_hook = Before(guard, _inner(task._pre_execute_hook))  # noqa: SLF001 - the one place where Airflow keeps the hook
        task._post_execute_hook = After(guard, _inner(task._post_execute_hook))  # noqa: SLF001 - likewise
        if hasattr(task, "show_return_value_in_logs"):
            task.show_return_value_in_logs = False
    task.render_template_fields = Rendering(task)


def _gate(gate: Any, task: Any) -> Gate:  # noqa: ANN401 - operators or mapped operators
    group = gate.get_closest_mapped_task_group()
    shared = group is not None and group is task.get_closest_mapped_task_group()
    return Gate(gate.task_id, is_mapped(gate) or group is not None, shared)


def _only_if_known(task: Any, arguments: dict[str, Any]) -> None:  # noqa: ANN401 - a mapped operator
    from airflow.providers.standard.operators.python import PythonOperator

    if not issubclass(task.operator_class, PythonOperator):
        del arguments["show_return_value_in_logs"]


def _inner(hook: Any) -> Any:  # noqa: ANN401 - an author's hook, or ours from an earlier parse
    return hook.inner if isinstance(hook, Before | After) else hook


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What a guard knows of its task from the parsed DAG."""

    catalogue: Catalogue = field(repr=False)
    reads: bool
    ours: bool
    egress: tuple[str, ...]
    outlets: tuple[str, ...]
    outlet_uris: tuple[str, ...]
    gates: tuple[Gate, ...]
    ledger: str | None = None
    written: dict[str, int] = field(default_factory=dict, repr=False)
    """How often Airflow had seen each place written before the task ran; one process may run several tasks."""

    def open_ledger(self) -> Ledger:
        """The ledger of the project."""
        return Ledger.open(self.ledger, project=self.catalogue.project)

    def proven(self, context: Any, ledger: Ledger, *, after: bool = False) -> None:  # noqa: ANN401 - Airflow's context
        """Verify the proofs of all gates upstream; PolicyViolation for the first that is missing, refused, older or over other data."""
        run = run_of(context)
        known = proofs(ledger, run)
        for gate in self.gates:
            for index in _instances(context, run, gate):
                proof = known.get((gate.task_id, index))
                if proof is None:
                    instance = f"{gate.task_id}[{index}]" if index >= 0 else gate.task_id
                    raise PolicyViolation(f"the gate {instance} left no proof in the ledger for this run.", _AGAIN)
                verify(proof, run, ledger, self.catalogue.project, after=after)


def verify(proof: Proof, run: Run, ledger: Ledger, project: Project, *, after: bool = False) -> None:
    """Whether a proof holds here and now.

    Parameters
    ----------
    proof
        What a gate left in the ledger.
    run
        The run in which it must hold.
    ledger, project
        Where it is written, and what governs.
    after
        Whether the guarded task already ran: it may have moved the data to its place.

    Raises
    ------
    PolicyViolation
        It is of another run, did not pass, is of other rules, or the data changed since.

    """
    gate = f"the gate {proof.task_id}"
    if proof.run_sha256 != run_digest(ledger, run) or ledger.entry(proof.entry) is None:
        raise PolicyViolation(f"{gate} has a proof that is not of this run.", _AGAIN)
    if not proof.passed:
        raise PolicyViolation(f"{gate} did not pass in this run: {proof.outcome} on {proof.data_set or 'its data'}.", _AGAIN)
    if proof.rules_sha256 != rules_sha256() or proof.project_sha256 != project.sha256:
        raise PolicyViolation(f"{gate} checked by other rules or another governance.yml than today's.", _AGAIN)
    if not proof.place:
        what = f"{gate} checked a table in memory, which can't be recognised again."
        raise PolicyViolation(what, "write the table to a file and gate the file.")
    now = fingerprint(Path(proof.place))
    if now != proof.data_sha256 and not (after and not now):
        raise PolicyViolation(f"{gate}: the data changed after the gate.", _AGAIN)


_AGAIN = "clear the gate, so that it checks again, then this task."


def _instances(context: Any, run: Run, gate: Gate) -> Iterator[int]:  # noqa: ANN401 - Airflow's context
    """The map indices of a gate that must have passed in this run."""
    if gate.shared:
        yield run.map_index
        return
    if not gate.mapped:
        yield -1
        return
    states = context["ti"].get_task_states(dag_id=run.dag_id, task_ids=[gate.task_id], run_ids=[run.run_id])
    named = (name.removeprefix(f"{gate.task_id}_") for name in states.get(run.run_id, {}))
    indices = sorted(int(index) for index in named if index.isdigit())
    if not indices:
        raise PolicyViolation(f"the mapped gate {gate.task_id} has no instances in this run.", _AGAIN)
    yield from indices


def run_of(context: Any) -> Run:  # noqa: ANN401 - Airflow's context
    """The task instance a context belongs to."""
    ti = context["ti"]
    return Run(dag_id=ti.dag_id, run_id=ti.run_id, task_id=ti.task_id, map_index=-1 if ti.map_index is None else ti.map_index)


@dataclass(frozen=True, slots=True)
class Before:
    """The pre-execute hook: no task that writes what leaves starts without its proofs."""

    guard: Guard
    inner: Callable[..., Any] | None = None

    def __call__(self, context: Any) -> None:  # noqa: ANN401 - Airflow's context
        """Check the proofs, then run the author's own hook."""
        self.guard.written.clear()
        self.guard.written.update({output.asset.uri: output.count for output in _outputs()})
        with airflow_errors():
            if self.guard.egress:
                self.guard.proven(context, self.guard.open_ledger())
        if self.inner is not None:
            self.inner(context)


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
            self._extras(context)
            if self.guard.reads and not self.guard.ours:
                self._lineage()
            if self.guard.egress:
                self._egress(context)

    def _egress(self, context: Any) -> None:  # noqa: ANN401 - Airflow's context
        ledger = self.guard.open_ledger()
        run = run_of(context)
        known = [p for p in proofs(ledger, run).values() if p.outcome == Outcome.PASS]
        try:
            self.guard.proven(context, ledger, after=True)
        except PolicyViolation:
            for name in self.guard.egress:
                look(self.guard.catalogue, name, run, ledger, known, withhold=True)
            raise
        for name in self.guard.egress:
            if not name.startswith(UNDECLARED):
                look(self.guard.catalogue, name, run, ledger, known)

    def _extras(self, context: Any) -> None:  # noqa: ANN401 - Airflow's context
        events = context["outlet_events"]
        for key in list(events):
            accessor = events[key]
            extras = [accessor.extra, *(event.extra for event in accessor.asset_alias_events)]
            found = next((problem for extra in extras for problem in refused(extra, "extra")), None)
            if found:
                raise PolicyViolation(f"the extra of an Asset event is no release id, count or path: {found}.", "put the data in a file.")

    def _lineage(self) -> None:
        catalogue = self.guard.catalogue
        for output in _outputs():
            if output.count <= self.guard.written.get(output.asset.uri, 0):
                continue
            names = catalogue.names(output.asset)
            declared = names & set(self.guard.outlets) or output.asset.uri in self.guard.outlet_uris
            inside = names and not any(catalogue.is_egress(name) for name in names)
            if not declared and not inside:
                what = "the task wrote somewhere that it does not name as an outlet, in a DAG that reads governed data."
                raise PolicyViolation(what, "add the Asset to `outlets`, and declare it in governance.yml.")


def _outputs() -> list[Any]:
    """What Airflow's lineage collector saw written in this process."""
    from governance.adapters.airflow.versions import get_hook_lineage_collector

    return list(get_hook_lineage_collector().collected_assets.outputs)


@dataclass(frozen=True, slots=True)
class Rendering:
    """Renders a task's templates, and refuses what shows a place before Airflow stores it."""

    task: Any = field(repr=False)

    def __call__(self, context: Any, jinja_env: Any = None) -> None:  # noqa: ANN401 - Airflow's context, Jinja's environment
        """Render, then look at every field that Airflow will store."""
        running = context["task"] if context["task"].task_id == self.task.task_id else self.task
        type(running).render_template_fields(running, context, jinja_env)
        rendered = context["task"]
        found = next((p for name in rendered.template_fields for p in evidence(getattr(rendered, name, None), name)), None)
        if found:
            with airflow_errors():
                raise PolicyViolation(f"a rendered field would store a place: {found}.", "pass a path to the data instead.")
