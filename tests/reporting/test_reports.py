"""Reports as JSON, Markdown and text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.model import Column, Finding, Report, Thresholds
from governance.reporting import banded, report_json, report_markdown, report_text
from governance.vocabulary import Ground, Kind, Outcome, Status


def a_finding(**changes: object) -> Finding:
    """A finding of location without its Post, with changes."""
    facts = {
        "rule": "LOC001",
        "name": "location-with-post",
        "ground": Ground.POLICY,
        "outcome": Outcome.FAIL,
        "columns": ("lat", "lon"),
        "count": 3,
        "message": "2 columns hold location without its Post.",
        "hint": "Keep the Post's id and text in the row.",
        "clause": "location-with-post",
    }
    return Finding(**{**facts, **changes})


def a_report(*findings: Finding, **changes: object) -> Report:
    """A report on a working table with these findings."""
    facts = {
        "data_set": "visits",
        "kind": Kind.WORKING,
        "scanned_rows": 12_345,
        "findings": findings,
        "rules": {"LOC001": Outcome.FAIL, "LOC002": Outcome.PASS, "SEC001": Outcome.NOT_APPLICABLE},
        "policy": {"read_at": "2026-11-24", "sha256": "b3f70cab" * 8},
        "library": "0.1.0",
        "entry": "ab" * 16,
    }
    return Report(**{**facts, **changes})


def test_json_has_the_promised_keys() -> None:
    """The JSON of a report holds every key that the interface promises, under those names."""
    shown = report_json(a_report(a_finding()))
    promised = {
        "outcome",
        "data_set",
        "kind",
        "scanned_rows",
        "findings",
        "policy",
        "library",
        "rules_sha256",
        "project_sha256",
        "thresholds",
    }
    assert promised <= set(shown)
    assert set(shown["findings"][0]) == {"rule", "name", "ground", "outcome", "columns", "count", "message", "hint", "clause"}
    assert shown["outcome"] == "fail"
    assert json.loads(json.dumps(shown)) == shown


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (1, "<10"), (9, "<10"), (10, 10), (None, None)])
def test_small_counts_are_banded(count: int | None, shown: object) -> None:
    """A count of one to nine never leaves as itself; zero and absent counts do."""
    assert report_json(a_report(a_finding(count=count)))["findings"][0]["count"] == shown


@given(count=st.integers(0, 10**9), minimum=st.integers(5, 1000))
def test_no_count_under_the_minimum_is_ever_shown(count: int, minimum: int) -> None:
    """Whatever the count and the minimum, what is shown is the count itself only where it is zero or large enough."""
    shown = banded(count, minimum)
    assert (shown == count) == (count == 0 or count >= minimum)
    assert shown in {count, f"<{minimum}"}


def test_the_band_is_the_reports_own() -> None:
    """A project with a stricter minimum bands by that minimum."""
    strict = a_report(a_finding(count=19), thresholds=Thresholds(minimum_people=20))
    assert report_json(strict)["findings"][0]["count"] == "<20"
    assert "<20" in report_text(strict)
    assert "19" not in report_text(strict)
    assert banded(20, 20) == 20


@pytest.mark.parametrize("render", [report_text, report_markdown, lambda report: json.dumps(report_json(report))])
def test_column_names_are_masked(render: object) -> None:
    """A coordinate hidden in a column name appears in no rendering."""
    column = Column(name="at_48.8566_2.3522", label="location.point", status=Status.CONFIRMED)
    shown = render(a_report(a_finding(columns=(column.name,)), columns=(column,)))
    assert "at_#_#" in shown
    assert "48.8566" not in shown


def test_text_is_aligned_and_complete() -> None:
    """The text names rule, outcome, columns, message, hint, thresholds, policy and ledger entry; columns line up."""
    other = a_finding(rule="OFX007", name="no-undeclared-link", columns=("email",), outcome=Outcome.REVIEW, count=5_000)
    text = report_text(a_report(a_finding(), other))
    lines = text.splitlines()
    first, second = (next(line for line in lines if code in line) for code in ("LOC001", "OFX007"))
    assert first.index("policy") == second.index("policy")
    assert lines[0] == "FAIL  visits (working)"
    for part in ("12,345 rows", "<10", "5,000", "Hint: Keep", "1 fail", "1 not applicable", "at least 10 people", "2026-11-24", "ab" * 16):
        assert part in text


def test_worst_first_waived_last() -> None:
    """Findings stand worst first; what is waived comes last and says by whom, and no longer decides the outcome."""
    waived = a_finding(rule="LOC005", ground=Ground.OURS, waived_by="dpo")
    review = a_finding(rule="OFX001", outcome=Outcome.REVIEW)
    report = a_report(waived, review, a_finding(rule="SEC001"))
    text = report_text(report)
    assert text.index("SEC001") < text.index("OFX001") < text.index("LOC005")
    assert "waived by dpo" in text
    assert report_json(a_report(waived))["outcome"] == "pass"


def test_markdown_is_a_table_that_text_cannot_break() -> None:
    """A bar in a message does not add a cell to the Markdown table."""
    row = next(line for line in report_markdown(a_report(a_finding(message="a | b"))).splitlines() if "LOC001" in line)
    assert row.replace(r"\|", "").count("|") == 7


def test_a_passing_report_without_ledger() -> None:
    """A pass with no ledger entry says both, and has no table."""
    report = a_report(rules={}, entry="", policy={})
    assert "PASS" in report_text(report)
    assert "Not recorded in a ledger." in report_markdown(report)
    assert "|" not in report_markdown(report)


def test_report_mode_is_said() -> None:
    """A data set whose findings stop nothing says so."""
    assert "nothing is stopped" in report_text(a_report(a_finding(), mode="report"))
