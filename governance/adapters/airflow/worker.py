"""The guards in the worker: before a task that writes what leaves, and after every task of a governed DAG.

Before: every gate upstream must have left its proof in the ledger, in this run, over this rule set and this data. After: the data must
still be the data that was gated, what was written must pass its own check or is withheld, no write that Airflow saw may be undeclared,
and the extra of Asset events must be of an allowed shape.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from governance.adapters.airflow.catalogue import Catalogue
from governance.adapters.airflow.events import check_events
from governance.adapters.airflow.fingerprint import Stamp, fingerprint
from governance.adapters.airflow.outgoing import look, look_if_still, stamps, take_away
from governance.adapters.airflow.proof import Proof, Run, proofs, run_digest
from governance.adapters.airflow.static import UNDECLARED
from governance.errors import GovernanceError, LedgerUnavailable, PolicyViolation
from governance.ledger import Ledger
from governance.project import Project
from governance.rules import rules_sha256
from governance.vocabulary import Outcome

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate upstream of a task: whether it has several instances, and whether it stands in the task's own mapped group."""

    task_id: str
    mapped: bool
    shared: bool


@dataclass(slots=True)
class Memory:
    """How things stood before a task ran; one process may run several tasks."""

    written: dict[str, int] = field(default_factory=dict)
    """How often Airflow had seen each place written."""
    stamps: dict[str, Stamp] = field(default_factory=dict)
    closed: bool = False


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
    needs: dict[str, bool] = field(default_factory=dict)
    ledger: str | None = None
    memory: Memory = field(default_factory=Memory, repr=False)

    def open_ledger(self) -> Ledger:
        """The ledger of the project."""
        return Ledger.open(self.ledger, project=self.catalogue.project)

    def proven(self, context: Any, ledger: Ledger, *, after: bool = False) -> None:  # noqa: ANN401 - Airflow's context
        """Verify the proofs of all gates upstream; PolicyViolation for the first that is missing, refused, older or over other data."""
        run = run_of(context)
        known = proofs(ledger, run)
        held: list[Proof] = []
        for gate in self.gates:
            for index in _instances(context, run, gate):
                proof = known.get((gate.task_id, index))
                if proof is None:
                    instance = f"{gate.task_id}[{index}]" if index >= 0 else gate.task_id
                    raise PolicyViolation(f"the gate {instance} left no proof in the ledger for this run.", _AGAIN)
                verify(proof, run, ledger, self.catalogue.project, after=after)
                held.append(proof)
        for name, whole in self.needs.items():
            places = [Path(proof.place) for proof in held if proof.data_set == name]
            if not after and not self.catalogue.seen(name, places, whole=whole):
                what = f"no gate of this run looked at {'all of ' if places and whole else ''}{name} where it lies."
                raise PolicyViolation(what, "let the gate check the data set itself: leave `data` out, or give each part of it.")

    def open(self, context: Any) -> None:  # noqa: ANN401 - Airflow's context
        """What happens before the task: remember how things stand, and verify the proofs."""
        self.memory.written = {output.asset.uri: output.count for output in _outputs()}
        self.memory.stamps = stamps(self.catalogue)
        self.memory.closed = False
        if self.egress:
            self.proven(context, self.open_ledger())

    def close(self, context: Any) -> None:  # noqa: ANN401 - Airflow's context
        """What happens after the task, before Airflow takes note of it."""
        check_events(context, self.catalogue, reads=self.reads, egress=self.egress)
        if self.reads and not self.ours:
            self._lineage()
        if self.egress:
            self._egress(context)
        if self.ours:
            self.memory.stamps = stamps(self.catalogue)
        else:
            self.watch(run_of(context))
        self.memory.closed = True

    @property
    def closed(self) -> bool:
        """Whether the task was looked at after it ran."""
        return self.memory.closed

    def watch(self, run: Run, *, quietly: bool = False, whole: bool = False) -> None:
        """Look at every place of egress that was written since the last look, the task's own outlets too if `whole`."""
        if not self.memory.stamps:
            return
        now = stamps(self.catalogue)
        changed = [name for name, found in now.items() if found != self.memory.stamps.get(name)]
        self.memory.stamps = now
        for name in changed if whole else [name for name in changed if name not in self.egress]:
            try:
                with self._recorded([name]) as ledger:
                    look_if_still(self.catalogue, name, run, ledger, passed(ledger, run))
            except GovernanceError as problem:
                if not quietly:
                    raise
                _log.warning("governance: %s", problem)

    def take_away(self) -> None:
        """Withhold unseen what was written to places that leave since the last look."""
        now = stamps(self.catalogue) if self.memory.stamps and not self.ours else {}
        take_away(self.catalogue, [name for name, found in now.items() if found != self.memory.stamps.get(name)])

    @contextmanager
    def _recorded(self, names: Iterable[str]) -> Iterator[Ledger]:
        """The ledger for a look at what leaves; what lies there is withheld if the ledger can't be reached."""
        try:
            yield self.open_ledger()
        except LedgerUnavailable:
            take_away(self.catalogue, names)
            raise

    def _egress(self, context: Any) -> None:  # noqa: ANN401 - Airflow's context
        with self._recorded(self.egress) as ledger:
            self._look(run_of(context), context, ledger)

    def _look(self, run: Run, context: Any, ledger: Ledger) -> None:  # noqa: ANN401 - Airflow's context
        known = passed(ledger, run)
        try:
            self.proven(context, ledger, after=True)
        except PolicyViolation:
            for name in self.egress:
                look(self.catalogue, name, run, ledger, known, withhold=True)
            raise
        for name in self.egress:
            if not name.startswith(UNDECLARED):
                look(self.catalogue, name, run, ledger, known)

    def _lineage(self) -> None:
        catalogue = self.catalogue
        for output in _outputs():
            if output.count <= self.memory.written.get(output.asset.uri, 0):
                continue
            names = catalogue.names(output.asset)
            declared = names & set(self.outlets) or output.asset.uri in self.outlet_uris
            inside = names and not any(catalogue.is_egress(name) for name in names)
            if not declared and not inside:
                what = "the task wrote somewhere that it does not name as an outlet, in a DAG that reads governed data."
                raise PolicyViolation(what, "add the Asset to `outlets`, and declare it in governance.yml.")


def passed(ledger: Ledger, run: Run) -> list[Proof]:
    """The passed proofs of a run."""
    return [proof for proof in proofs(ledger, run).values() if proof.outcome == Outcome.PASS]


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


def _outputs() -> list[Any]:
    """What Airflow's lineage collector saw written in this process."""
    from governance.adapters.airflow.versions import get_hook_lineage_collector

    return list(get_hook_lineage_collector().collected_assets.outputs)
