"""What is written of a check: one journal entry of codes and counts, and the value-free report in the register `reports`."""

import getpass
import logging
import re
from collections.abc import Mapping
from dataclasses import asdict, replace

from governance.errors import LedgerUnavailable
from governance.ledger import Ledger
from governance.model import Report, masked
from governance.project import Project
from governance.reporting import report_json

_log = logging.getLogger("governance")


def record_check(report: Report, ledger: "str | Ledger | None", project: Project, gate: Mapping[str, str] | None) -> Report:
    """Record a check and return the report with its entry.

    Without a ledger the report stands and says so in a notice, except for a gate, whose proof is the entry.

    Raises
    ------
    LedgerUnavailable
        A gate could not be recorded.

    """
    try:
        book = Ledger.open(ledger, project=project)
        note_project(book, project)
        entry = book.record("gate" if gate else "check", **_facts(report), **dict(gate or {}))
        recorded = replace(report, entry=entry)
        book.register("reports").put(entry, report_json(recorded))
    except LedgerUnavailable as problem:
        if gate:
            raise
        _log.warning("this check was not recorded: %s", problem)
        return report
    return recorded


def note_project(ledger: Ledger, project: Project) -> None:
    """Record the thresholds when governance.yml changed since the last time."""
    if project.path is None:
        return
    known = [entry.facts.get("project_sha256") for entry in ledger.entries("project")]
    if known[-1:] != [project.sha256]:
        counts = {"datasets": len(project.datasets), "waivers": len(project.waivers)}
        ledger.record("project", project_sha256=project.sha256, thresholds=_whole(project), by=_user(), **counts)


def _user() -> str:
    """Who ran the first check with this governance.yml, as the machine calls them."""
    try:
        return re.sub(r"[^A-Za-z_.-]", "", getpass.getuser())
    except (OSError, KeyError):
        return ""


def _whole(project: Project) -> dict[str, int]:
    return {name: round(value) for name, value in asdict(project.thresholds).items()}


def _name(data_set: str) -> str:
    """A data set's name as the journal may say it: what could be a value, or is no character of a code, is left out."""
    return re.sub(r"[^A-Za-z0-9_.,:;|#/+*()<>=~ -]", "_", masked(data_set))[:200] or "unnamed"


def _facts(report: Report) -> dict[str, object]:
    return {
        "data_set": _name(report.data_set),
        "kind": str(report.kind),
        "outcome": str(report.outcome),
        "mode": report.mode,
        "scanned_rows": report.scanned_rows,
        "column_count": len(report.columns),
        "rules": {code: str(outcome) for code, outcome in report.rules.items() if outcome != "notApplicable"},
        "rules_sha256": report.rules_sha256,
        "project_sha256": report.project_sha256,
        "data_sha256": report.data_sha256,
        **({"remembered": True} if report.remembered else {}),
    }
