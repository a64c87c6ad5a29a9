"""A report of a check as JSON, Markdown and plain text: codes, names, banded counts."""

from collections import Counter
from typing import Any

from governance.model import Finding, Report, Thresholds, masked
from governance.vocabulary import Outcome

_ORDER = (Outcome.FAIL, Outcome.OPEN, Outcome.REVIEW)
_WORDS = {Outcome.NOT_APPLICABLE: "not applicable"}
_SHOWN_DIGITS = 12


def banded(count: int | None, minimum: int) -> int | str | None:
    """A count as it may be shown: one below the minimum, zero apart, becomes `<minimum`.

    >>> banded(0, 10), banded(3, 10), banded(10, 10), banded(None, 10)
    (0, '<10', 10, None)
    """
    return f"<{minimum}" if count is not None and 0 < count < minimum else count


def report_json(report: Report) -> dict[str, Any]:
    """The report as JSON-able data.

    Parameters
    ----------
    report
        What `governance.check` returned.

    Returns
    -------
    dict
        `outcome`, `data_set`, `kind`, `scanned_rows`, `findings`, `policy`, `library`, `rules_sha256`, `project_sha256`, `thresholds`,
        and besides `mode`, `remembered`, `entry`, `rules` (outcome by code) and `columns` (what each column holds). Column names are
        masked, counts below the report's own minimum of people are bands such as `<10`.

    """
    return {
        "outcome": str(report.outcome),
        "data_set": report.data_set,
        "kind": str(report.kind),
        "scanned_rows": report.scanned_rows,
        "findings": [_finding(finding, report.thresholds.minimum_people) for finding in report.findings],
        "policy": dict(report.policy),
        "library": report.library,
        "rules_sha256": report.rules_sha256,
        "project_sha256": report.project_sha256,
        "thresholds": thresholds_json(report.thresholds),
        "mode": report.mode,
        "unread": {reason: banded(count, report.thresholds.minimum_people) for reason, count in report.unread.items()},
        "remembered": report.remembered,
        "entry": report.entry,
        "rules": {code: str(outcome) for code, outcome in report.rules.items()},
        "columns": [{"column": masked(c.name), "holds": c.label, "status": str(c.status), "tier": c.tier} for c in report.columns],
    }


def thresholds_json(thresholds: Thresholds) -> dict[str, float]:
    """The numbers a check was made with, by name."""
    return {
        "minimum_people": thresholds.minimum_people,
        "finest_resolution": thresholds.finest_resolution,
        "state_max_age_days": thresholds.state_max_age_days,
    }


def report_markdown(report: Report) -> str:
    """The report as Markdown: a heading, a table of findings, and what it was checked against."""
    lines = [f"# {_title(report)}: {_word(report.outcome)}", "", _summary(report), ""]
    if report.findings:
        lines += ["| rule | outcome | ground | columns | count | what, and what to do |", "|---|---|---|---|--:|---|"]
        lines += [_markdown_row(finding, report.thresholds.minimum_people) for finding in _sorted(report)]
        lines.append("")
    return "\n".join([*lines, *(f"* {line}" for line in _basis(report))]) + "\n"


def report_text(report: Report) -> str:
    """The report for a terminal: one aligned line per finding, its message and hint below, no colour."""
    lines = [f"{_word(report.outcome).upper()}  {_title(report)}", _summary(report)]
    rows = [_cells(finding, report.thresholds.minimum_people) for finding in _sorted(report)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))] if rows else []
    for finding, row in zip(_sorted(report), rows, strict=True):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        lines += ["", "  " + "  ".join(cells).rstrip(), f"    {finding.message}"]
        lines += [f"    Hint: {finding.hint}"] if finding.hint else []
    return "\n".join([*lines, "", *_basis(report)]) + "\n"


def _finding(finding: Finding, minimum: int) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "rule": finding.rule,
        "name": finding.name,
        "ground": str(finding.ground),
        "outcome": str(finding.outcome),
        "columns": [masked(name) for name in finding.columns],
        "count": banded(finding.count, minimum),
        "message": finding.message,
        "hint": finding.hint,
        "clause": finding.clause,
    }
    accepted = {"waived_by": finding.waived_by, "baseline_until": finding.baseline_until}
    return shown | {name: value for name, value in accepted.items() if value}


def _sorted(report: Report) -> list[Finding]:
    return sorted(
        report.findings,
        key=lambda f: (bool(f.waived_by or f.baseline_until), _ORDER.index(f.outcome) if f.outcome in _ORDER else 9, f.rule),
    )


def _cells(finding: Finding, minimum: int) -> tuple[str, ...]:
    outcome = _word(finding.outcome) + _accepted(finding)
    columns = ", ".join(masked(name) for name in finding.columns)
    return finding.rule, finding.name, outcome, str(finding.ground), columns, _number(banded(finding.count, minimum))


def _accepted(finding: Finding) -> str:
    if finding.waived_by:
        return f" (waived by {finding.waived_by})"
    return f" (recorded until {finding.baseline_until})" if finding.baseline_until else ""


def _markdown_row(finding: Finding, minimum: int) -> str:
    rule, name, outcome, ground, columns, count = (cell.replace("|", r"\|") for cell in _cells(finding, minimum))
    told = f"{finding.message} {finding.hint}".strip().replace("|", r"\|").replace("\n", " ")
    shown = ", ".join(f"`{column}`" for column in columns.split(", ") if column)
    return f"| {rule} {name} | {outcome} | {ground} | {shown} | {count} | {told} |"


def _title(report: Report) -> str:
    return f"{report.data_set or 'data'} ({report.kind})"


def _summary(report: Report) -> str:
    counts = Counter(report.rules.values())
    told = ", ".join(f"{counts[outcome]} {_word(outcome)}" for outcome in Outcome if counts[outcome])
    rules = f"{len(report.rules)} rules: {told}" if report.rules else "no rule applied"
    recorded = " Findings are recorded and nothing is stopped." if report.mode == "report" else ""
    remembered = " Measured by an earlier gate of the same bytes, decided now." if report.remembered else ""
    return f"{report.scanned_rows:,} rows checked, {rules}.{_unread(report)}{remembered}{recorded}"


def _unread(report: Report) -> str:
    floor = report.thresholds.minimum_people
    told = ", ".join(f"{_number(banded(count, floor))} {reason}" for reason, count in sorted(report.unread.items()) if count)
    return f" Not read: {told}." if told else ""


def _basis(report: Report) -> list[str]:
    limits = report.thresholds
    aggregates = f"at least {limits.minimum_people} people, cells no finer than resolution {limits.finest_resolution}"
    lines = [f"Thresholds: {aggregates}, account states no older than {limits.state_max_age_days:g} days."]
    if report.policy:
        digest = report.policy.get("sha256", "")[:_SHOWN_DIGITS]
        lines.append(f"Policy read {report.policy.get('read_at', 'on an unknown day')} (sha256 {digest}), library {report.library}.")
    lines.append(f"Ledger entry {report.entry}." if report.entry else "Not recorded in a ledger.")
    return lines


def _word(outcome: Outcome) -> str:
    return _WORDS.get(outcome, str(outcome))


def _number(count: float | str | None) -> str:
    return "" if count is None else f"{count:,}" if isinstance(count, int) else str(count)
