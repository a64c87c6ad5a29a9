"""The proof of a gate: a ledger entry over DAG, run, task, rule set and data fingerprint, which no XCom can forge.

Imports no Airflow, so that a gate in another environment writes the same proof (`governance check ... --gate dag/run/task`).
"""

import hashlib
import hmac
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from governance.errors import BadRequest
from governance.ledger import Ledger
from governance.model import Report, masked
from governance.vocabulary import Outcome

REGISTER = "airflow-gate"
LOOK = "#look"
"""What marks the proof of a look at what a task wrote; no task id can hold it."""
_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One task instance of one run of one DAG.

    >>> Run.parse("publish/manual__1/check").task_id
    'check'
    """

    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `dag_id/run_id/task_id`, with an optional `/map_index`."""
        parts = text.split("/")
        index = parts.pop() if len(parts) == _WITH_INDEX and parts[-1].lstrip("-").isdigit() else "-1"
        if len(parts) != _WITH_INDEX - 1 or not all(parts):
            raise BadRequest("--gate is no task instance.", "write dag_id/run_id/task_id, for a mapped task dag_id/run_id/task_id/0.")
        return cls(dag_id=parts[0], run_id=parts[1], task_id=parts[2], map_index=int(index))

    @property
    def key(self) -> str:
        """The key of this run in the register."""
        return f"{self.dag_id}{_SEPARATOR}{self.run_id}"


_WITH_INDEX = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What one gate saw in one run, and how it ended."""

    task_id: str
    map_index: int
    run_sha256: str
    data_set: str
    kind: str
    outcome: str
    mode: str
    place: str
    data_sha256: str
    rules_sha256: str
    project_sha256: str
    entry: str

    @property
    def passed(self) -> bool:
        """Whether the data passed; a recorded finding in report mode is no pass."""
        return self.outcome == Outcome.PASS


def gate_facts(ledger: Ledger, run: Run) -> dict[str, str]:
    """What ties a check's journal entry to one task instance: codes and a keyed digest."""
    return {"dag": code(run.dag_id), "task": code(run.task_id), "instance": str(run.map_index), "run_sha256": run_digest(ledger, run)}


def prove(ledger: Ledger, run: Run, report: Report, *, place: Path | None, data_sha256: str, at_best: Outcome = Outcome.PASS) -> Proof:
    """Write the proof of a gate, passed or refused, beside the check's journal entry.

    Parameters
    ----------
    ledger
        Where it is written; an unreachable one raises LedgerUnavailable, and no data leaves.
    run
        The task instance that gated.
    report
        What the check found; its `entry` is the journal entry.
    place
        Where the data lies, None for a table in memory.
    data_sha256
        Its fingerprint when it was checked, empty for a table in memory.
    at_best
        What another look at the same data found: a report that passed is no pass if that did not.

    """
    outcome = at_best if report.outcome is Outcome.PASS else report.outcome
    proof = Proof(
        task_id=run.task_id,
        map_index=run.map_index,
        run_sha256=run_digest(ledger, run),
        data_set=report.data_set,
        kind=str(report.kind),
        outcome=str(outcome),
        mode=report.mode,
        place=str(place) if place else "",
        data_sha256=data_sha256,
        rules_sha256=report.rules_sha256,
        project_sha256=report.project_sha256,
        entry=report.entry,
    )
    ledger.register(REGISTER).append(run.key, asdict(proof))
    return proof


def adopt(ledger: Ledger, run: Run, proof: Proof) -> None:
    """Let a task stand for a gate that ran elsewhere in the same run."""
    own = replace(proof, task_id=run.task_id, map_index=run.map_index)
    ledger.register(REGISTER).append(run.key, asdict(own))


def proofs(ledger: Ledger, run: Run) -> dict[tuple[str, int], Proof]:
    """The last proof of every gate of a run, by task and map index."""
    rows = ledger.register(REGISTER).all(run.key)
    return {(row["task_id"], row["map_index"]): Proof(**row) for row in rows}


def run_digest(ledger: Ledger, run: Run) -> str:
    """A keyed digest of DAG and run, so that a run id may say anything without the journal saying it."""
    return hmac.new(ledger.subkey("airflow-run"), run.key.encode(), hashlib.sha256).hexdigest()


def code(name: str) -> str:
    """A name as the journal may hold it: numbers that could be a value and rare characters become #."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "_.:-") else "#" for c in masked(name))
    return kept[:120]
