"""A gate: a check whose proof goes to the ledger, passed or refused, before anything is raised."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from governance.adapters.airflow.fingerprint import files_in, fingerprint, stamp
from governance.adapters.airflow.proof import LOOK, Proof, Run, gate_facts, prove
from governance.errors import PolicyViolation
from governance.ledger import Ledger
from governance.model import Report, violation
from governance.project import Project, load_project
from governance.vocabulary import Kind, Outcome

ALWAYS = frozenset({Kind.SHARE, Kind.HEAT_MAP, Kind.MATCHES})
"""Kinds that leave: `mode: report` never lets them pass."""


def gate(
    data: Any,  # noqa: ANN401 - a path or a table
    run: Run,
    *,
    data_set: str | None = None,
    kind: str | None = None,
    project: Project | str | Path | None = None,
    ledger: str | Ledger | None = None,
    at_best: Outcome = Outcome.PASS,
    looking: bool = False,
) -> tuple[Report, Proof]:
    """Check data for one task instance and write the proof, passed or refused; call `enforce` on the report to stop.

    Parameters
    ----------
    data
        A path (relative to the project's folder), or a table in memory.
    run
        The task instance; the proof holds for its run alone.
    data_set, kind, project, ledger
        As for `governance.check`.
    at_best
        What another look at the same data found: the proof is passed only if that passed too.
    looking
        Whether this is a look at what the task wrote: its proof never stands for that of a gate.

    Returns
    -------
    The report and its proof.

    """
    home = load_project(project)
    book = Ledger.open(ledger, project=home)
    proven = replace(run, task_id=f"{run.task_id}{LOOK}") if looking else run
    place = path_of(data, data_set, home)
    if place is None:
        report = _checked(data, run, kind, data_set, home, book)
        return report, prove(book, proven, report, place=None, data_sha256="", at_best=at_best)
    before = stamp(place)
    reports = [_checked(item, run, kind, data_set, home, book) for item in _items(place, _kind_of(kind, data_set, home))]
    report = max(reports, key=lambda one: _WORST.index(one.outcome))
    sha256 = report.data_sha256 if place.is_file() and report.data_sha256 else fingerprint(place)
    if stamp(place) != before:
        raise PolicyViolation(f"{place.name}: the data changed while it was checked.", "let its writer finish before the gate.")
    return report, prove(book, proven, report, place=place, data_sha256=sha256, at_best=at_best)


_WORST = (Outcome.NOT_APPLICABLE, Outcome.PASS, Outcome.REVIEW, Outcome.OPEN, Outcome.FAIL)


_PICTURE = ".png"


def _kind_of(kind: str | None, data_set: str | None, project: Project) -> str:
    declared = project.datasets.get(data_set or "")
    return str(kind or (declared.kind if declared else ""))


def _items(place: Path, kind: str) -> list[Path]:
    """What is checked one by one: a file, a folder of Parquet files as one table, else each file of a folder.

    Empty files say nothing. In a folder that leaves, hidden files and links that lead out of it are looked at like all others; a map's
    picture is no table, and the certificate beside a CSV file is checked with it.
    """
    if not place.is_dir():
        return [place]
    from governance.reporting.maps.files import side_car

    leaves = kind in ALWAYS
    found = [p for p in files_in(place) if leaves or (p.is_file() and not p.name.startswith("."))]
    found = [p for p in found if not p.is_file() or p.stat().st_size]
    if kind == Kind.HEAT_MAP:
        beside = {side_car(p) for p in found}
        return [p for p in found if p.suffix != _PICTURE and p not in beside] or [place]
    return [place] if all(p.suffix == ".parquet" and not p.name.startswith(".") for p in found) else found


def _checked(
    data: Any,  # noqa: ANN401 - a path or a table
    run: Run,
    kind: str | None,
    data_set: str | None,
    project: Project,
    ledger: Ledger,
) -> Report:
    from governance.verbs.checking import check

    return check(data, kind, data_set, project, ledger=ledger, gate=gate_facts(ledger, run))


def enforce(report: Report) -> Report:
    """Raise PolicyViolation unless nothing stands in the report, or its data set is in report mode and does not leave."""
    reporting = report.mode == "report" and report.kind not in ALWAYS
    if reporting or all(found.waived_by or found.baseline_until for found in report.findings):
        return report
    raise violation(report)


def path_of(data: Any, data_set: str | None, project: Project) -> Path | None:  # noqa: ANN401 - a path or a table
    """Where data lies: the path itself, or without one the declared location of the data set; None for a table in memory."""
    if data is None and data_set and data_set in project.datasets:
        return Path(project.resolve(project.datasets[data_set].location))
    return Path(project.resolve(str(data))) if isinstance(data, str | Path) else None
