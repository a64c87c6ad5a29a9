"""A table that is checked as matches and holds none is told so once, with what an edge table needs."""
# ruff: noqa: ANN401 - fixtures are of any type

from pathlib import Path
from typing import Any

import pytest

import governance as gov
from governance.model import Evidence, Subject
from governance.project import load_project
from governance.rules import all_rules
from governance.vocabulary import Kind


@pytest.mark.parametrize(
    ("columns", "missing"),
    [
        (("lat", "lon"), ("`x_user_id` and `off_x_id`",)),
        (("x_user_id", "score"), ("no column `off_x_id`",)),
        (("off_x_id", "score"), ("no column `x_user_id`",)),
    ],
    ids=lambda v: v[0],
)
def test_a_wrong_table_gets_one_finding(deployment: Any, columns: tuple[str, ...], missing: tuple[str, ...]) -> None:
    """One finding of the rules on edges names the missing columns and what to do; the report does not pass."""
    path: Path = deployment.table("wrong.csv", [dict.fromkeys(columns, "1")])
    report = gov.check(path, kind="matches", project=deployment.project)
    found = [finding for finding in report.findings if finding.rule.startswith("OFX")]
    assert [finding.rule for finding in found] == ["OFX001"]
    assert all(part in found[0].message for part in missing)
    assert "governance match --out" in found[0].hint
    assert report.outcome != "pass"
    assert not any("could not be measured" in finding.message for finding in report.findings)


def test_an_unreachable_ledger_is_called_so(deployment: Any) -> None:
    """Where no ledger can be reached the edges are undecided, and the finding says what to name."""
    path = deployment.table("edges.csv", [{"x_user_id": "11", "off_x_id": "c1", "basis": "PUBLIC_DATA"}])
    columns = gov.check(path, kind="matches", project=deployment.project).columns
    subject = Subject(kind=Kind.MATCHES, columns=columns, thresholds=load_project(deployment.project).thresholds, facts={})
    verdicts = list(all_rules()["OFX001"].decide(subject, Evidence({})))
    assert [str(verdict.outcome) for verdict in verdicts] == ["open"]
    assert "no ledger" in verdicts[0].message
    assert "GOVERNANCE_LEDGER" in verdicts[0].hint
