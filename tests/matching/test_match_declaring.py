"""Help with declaring: a first governance.yml from two files, and what each basis still lacks."""
# ruff: noqa: ANN401 - fixtures are of the test's own types

from pathlib import Path
from typing import Any

import pytest

import governance as gov
from governance.matching.declaring import lacking
from governance.project import load_project
from governance.verbs.declaring import declarations
from governance.verbs.pairing import sweep_matches

DATA = Path(__file__).parent.parent / "data" / "congress"


def test_declarations_can_be_read_and_permit_nobody(tmp_path: Path) -> None:
    """What the files show is filled in; until a person has decided, every record is refused as of unknown provenance."""
    path = tmp_path / "governance.yml"
    path.write_text(declarations(DATA / "accounts.csv", DATA / "directory.csv", tmp_path), encoding="utf-8")
    project = load_project(path)
    columns = project.datasets["directory"].columns
    assert columns["bioguide"].holds == "off_x.person"
    assert {name: c.claims for name, c in columns.items() if c.claims} == {
        "name": "x.user.display_name", "x_handle": "x.user.handle", "x_user_id": "x.user.id"}  # fmt: skip
    assert columns["office_latitude"].holds == "location.latitude"
    found = gov.match(DATA / "accounts.csv", DATA / "directory.csv", [("handle", "x_handle")], "matching", project=path)
    assert (found.edges.num_rows, dict(found.refused)) == (0, {"PROVENANCE_UNKNOWN": 506})


def test_each_line_says_what_a_person_decides(tmp_path: Path) -> None:
    """Controller, purpose, provenance, relationship, expectations and each column carry a question; no value of the files stands there."""
    text = declarations(DATA / "accounts.csv", DATA / "directory.csv", tmp_path)
    for line in text.splitlines():
        if line.startswith(
            ("controller", "expectations", "    provenance", "    relationship", "    collected_for", "    url", "  matching")
        ):
            assert "# decide:" in line
        if line.startswith("      ") and "source: directory" in line:
            assert "# decide:" in line
    assert "RepAmata" not in text
    assert text.count("consent_id, event, at") == 1


def test_missing_account_states_are_asked_for(tmp_path: Path) -> None:
    """An accounts file without states says where they must come from."""
    accounts = tmp_path / "a.csv"
    accounts.write_text("user_id,handle\n1,a\n", encoding="utf-8")
    text = declarations(accounts, DATA / "directory.csv", tmp_path)
    assert "where `state` comes from" in text
    assert "where `state_checked_at` comes from" in text
    assert "location: a.csv" in text


def lacks(deployment: Any, *, ledger: bool = False) -> str:
    """What is lacking, in one text."""
    project = load_project(deployment.project)
    return "\n".join(f"{what} -> {hint}" for what, hint in lacking(project, deployment.ledger if ledger else None))


def test_what_each_basis_lacks(deployment: Any) -> None:
    """A column is listed with the first check it fails; bought columns are not, since nothing can mend them."""
    for row in deployment.tree["expectations"]:
        row["expires_at"] = "2099-01-01"
    said = lacks(deployment)
    assert "`nobody_handle` of `crm` can't be matched for `member-support` without opt-in (PROVENANCE_UNKNOWN)" in said
    assert "append_handle" not in said
    assert "x_handle` of" not in said.replace("nobody_handle", "")
    deployment.tree["expectations"].pop(0)
    deployment.tree["sources"]["directory"].pop("url")
    said = lacks(deployment)
    assert "`x_handle` of `crm` can't be matched for `member-support` without opt-in (EXPECTATION_NOT_ASSESSED)" in said
    assert "(PUBLIC_RESOURCE_UNPROVEN)" in said


def test_what_consents_lack(deployment: Any) -> None:
    """Consents that do not count are counted in bands, with what to do."""
    deployment.consent({"at": "2020-01-01T00:00:00Z", "expires_at": "", "evidence_sha256": ""})
    assert "fewer than 10 consents do not count for `member-support` (CONSENT_NO_EVIDENCE)" in lacks(deployment, ledger=True)


def test_what_points_nowhere_is_said(deployment: Any) -> None:
    """An assessment of a purpose that is not declared and an undeclared parent of a column are each named."""
    deployment.tree["expectations"][0]["purpose"] = "newsletter"
    deployment.columns["x_handle"]["derived_from"] = ["riddle"]
    said = lacks(deployment)
    assert "assessed for `newsletter`" in said
    assert "derived from `riddle`" in said


@pytest.mark.parametrize("change", ["controller", "purposes", "customer_id"])
def test_what_the_project_lacks(deployment: Any, change: str) -> None:
    """No controller, no purpose and no off-X identifier are each said."""
    if change == "customer_id":
        deployment.columns.pop("customer_id")
    else:
        deployment.tree.pop(change)
    said = lacks(deployment)
    wanted = {"controller": "no `controller`", "purposes": "no purpose", "customer_id": "names no off-X identifier"}
    assert wanted[change] in said


def test_nothing_is_said_without_records() -> None:
    """A project that matches nobody lacks nothing."""
    from governance.project import Project

    assert list(lacking(Project())) == []


def test_edges_that_wait_are_said(deployment: Any) -> None:
    """The doctor counts suspended edges by reason, and says what wakes them."""
    deployment.record["x_handle"] = "alice"
    deployment.run()
    assert "suspended" not in lacks(deployment, ledger=True)
    sweep_matches(project=deployment.project, as_of="2026-12-24T00:00:00Z")
    assert "fewer than 10 edges are suspended (X_STATE_STALE)" in lacks(deployment, ledger=True)
