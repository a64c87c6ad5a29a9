"""The baseline of a brown-field project: recorded, expiring, never for what leaves."""

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

import governance as gov
from governance.adapters.cli import cli
from governance.project import BASELINE_FILE


@pytest.fixture(autouse=True)
def project() -> None:
    """A project with a table that breaks a rule of the policy's, and an export that does too."""
    pd.DataFrame({"latitude": [48.12345, 48.23456], "longitude": [11.54321, 11.65432]}).to_csv("old.csv", index=False)
    Path("out.csv").write_bytes(Path("old.csv").read_bytes())
    declared = "old: {kind: working, location: old.csv}\n  out: {kind: share, location: out.csv}\n"
    Path("governance.yml").write_text(f"version: 1\ndatasets:\n  {declared}")


def test_known_findings_are_recorded_and_not_enforced() -> None:
    """What was there before does not stop the pipeline, and the outcome still says fail."""
    with pytest.raises(gov.PolicyViolation):
        gov.check("old.csv").enforce()
    done = CliRunner().invoke(cli, ["baseline"])
    assert done.exit_code == 0, done.output
    report = gov.check("old.csv").enforce()
    assert report.outcome == "fail"
    assert all(finding.baseline_until for finding in report.findings)
    assert {row["data_set"] for row in json.loads(Path(BASELINE_FILE).read_text())["findings"]} == {"old"}


def test_what_is_new_or_leaves_is_enforced() -> None:
    """A new finding stops, and so does the export."""
    CliRunner().invoke(cli, ["baseline"])
    frame = pd.read_csv("old.csv").assign(api_key="x")
    frame.to_csv("old.csv", index=False)
    with pytest.raises(gov.PolicyViolation, match="SEC001") as caught:
        gov.check("old.csv").enforce()
    assert "LOC001" not in str(caught.value)
    with pytest.raises(gov.PolicyViolation, match="LOC"):
        gov.check("out.csv").enforce()


def test_a_baseline_ends() -> None:
    """After its day a finding stops the pipeline again; a damaged file is a bad request."""
    CliRunner().invoke(cli, ["baseline"])
    tree = json.loads(Path(BASELINE_FILE).read_text())
    Path(BASELINE_FILE).write_text(json.dumps(tree | {"expires_at": "2020-01-01"}))
    with pytest.raises(gov.PolicyViolation):
        gov.check("old.csv").enforce()
    Path(BASELINE_FILE).write_text("{")
    with pytest.raises(gov.BadRequest, match=BASELINE_FILE):
        gov.check("old.csv")
