"""A consenting person's own cells: let through by setting alone, only theirs, only what they named, only to their account."""
# ruff: noqa: ANN401 - fixtures and cells are of any type

from typing import Any

import pyarrow as pa
import pytest

from governance.matching import own_cells as module
from governance.matching.gate import Gate
from governance.verbs.pairing import sweep_matches

ON = [("handle", "append_handle"), ("display_name", "full_name")]
POISON = "poisonedcell"


@pytest.fixture
def bought(deployment: Any) -> Any:
    """Everybody's handle is bought and marked; one person agreed to the use of theirs, one to the use of the name only, one to nothing."""
    deployment.tree["purposes"]["member-support"]["own_cells"] = True
    fresh = {"state": "public", "state_checked_at": "2026-11-23T00:00:00Z"}
    deployment.accounts = [
        {"user_id": f"1{i}", "handle": f"{'alice' if i == 1 else f'{POISON}{i}'}", "display_name": f"Name {i}", **fresh} for i in (1, 2, 3)
    ]
    deployment.accounts.append({"user_id": "99", "handle": "alice", "display_name": "Name 1", **fresh})
    deployment.records = [
        {"customer_id": f"c{i}", "append_handle": f"{'@alice' if i == 1 else f'{POISON}{i}'}", "full_name": f"{POISON} name {i}"}
        for i in (1, 2, 3)
    ]
    deployment.columns["full_name"]["source"] = "append"
    deployment.consent(
        {"attributes": "x.user.handle"}, {"consent_id": "k2", "off_x_id": "c2", "x_user_id": "12", "attributes": "x.user.display_name"}
    )  # fmt: skip
    return deployment


def support(found: Any) -> dict[tuple[str, str], list[str]]:
    """What each edge rests on."""
    return {(row["x_user_id"], row["off_x_id"]): row["support"] for row in found.edges.to_pylist()}


def test_own_cells_support_the_edge_of_their_consent_and_link_nobody_else(bought: Any) -> None:
    """The named cell agrees and the edge says so; another account that shows the same handle is not linked."""
    found = bought.run(*ON)
    assert support(found) == {("11", "c1"): ["consent", "handle=append_handle"], ("12", "c2"): ["consent"]}
    assert dict(found.refused) == {"PROVENANCE_THIRD_PARTY": 1}


@pytest.mark.parametrize("attributes", ["", "x.user.display_name;x.user.id"])
def test_a_consent_that_does_not_name_the_attribute_lets_nothing_through(bought: Any, attributes: str) -> None:
    """Without attributes, or with others, the edge rests on the consent alone."""
    bought.consent({"consent_id": "k1b", "at": "2026-11-02T10:00:00Z", "attributes": attributes, "off_x_id": "c3", "x_user_id": "13"})
    assert support(bought.run(*ON))["13", "c3"] == ["consent"]


def test_the_consent_of_another_account_does_not_speak_for_this_one(bought: Any) -> None:
    """One person with two accounts and two consents: each lets through, for its own account, what it names itself."""
    bought.consent({"consent_id": "k9", "x_user_id": "99", "attributes": "x.user.display_name"})
    assert support(bought.run(*ON))["99", "c1"] == ["consent"]
    assert support(bought.run(*ON))["11", "c1"] == ["consent", "handle=append_handle"]


def test_by_default_nothing_passes(bought: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the setting no own cell is even read."""
    bought.tree["purposes"]["member-support"].pop("own_cells")
    monkeypatch.setattr("governance.matching.gate.own_cells", None)
    assert set(map(tuple, support(bought.run(*ON)).values())) == {("consent",)}


def test_nobody_elses_cell_and_no_other_attribute_passes(bought: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is let through holds no marked cell, and no table of the gate holds one before or after."""
    passed: list[pa.Table] = []
    held: list[str] = []
    known, ended = module.own_cells, Gate.count_refused

    def looked(self: Gate, edges: pa.Table) -> None:
        tables = [name for (name,) in self.connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        assert {"x", "consent_edges", "agreeing"} <= set(tables)
        held.extend(str(self.connection.execute(f"SELECT * FROM {name}").fetchall()) for name in (*tables, "r", "own"))
        ended(self, edges)

    monkeypatch.setattr("governance.matching.gate.own_cells", lambda *given: passed.append(known(*given)) or passed[-1])
    monkeypatch.setattr(Gate, "count_refused", looked)
    for account in bought.accounts:
        account["handle"] = account["handle"].replace(POISON, "shown")
    bought.run(*ON)
    assert [row["cell_0"] for row in passed[0].to_pylist()] == ["@alice", None]
    cells = {row["off_id"]: row["cell_1"] for row in passed[0].to_pylist()}
    assert cells == {"c1": None, "c2": f"{POISON} name 2"}, "of the second person the name is their own, and they named it"
    assert sum(text.count(POISON) for text in held) == str(passed).count(POISON) == 1


def test_an_edge_with_own_cells_is_decided_again_as_a_consent(bought: Any) -> None:
    """A sweep keeps it, outlives protection, and ends it with its consent."""
    bought.run(*ON)
    bought.accounts[0] |= {"state": "protected", "state_checked_at": "2026-11-25T00:00:00Z"}
    again = sweep_matches(bought.write()[0], project=bought.project, as_of="2026-11-25T12:00:00Z")
    assert (dict(again.unlinked), dict(again.suspended)) == ({}, {})
    bought.consent({"event": "withdrawn", "at": "2026-11-25T13:00:00Z"})
    assert dict(sweep_matches(project=bought.project, as_of="2026-11-25T14:00:00Z").unlinked) == {"CONSENT_STATE": 1}
