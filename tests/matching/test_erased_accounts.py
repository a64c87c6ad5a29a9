"""Accounts that are gone: their ids leave every register, and what their owners said still counts."""
# ruff: noqa: ANN401 - fixtures are of the test's own types

import json
from typing import Any

import pytest

from governance.verbs.pairing import import_consents, sweep_matches, withdraw_consent

USER = "1184500000000000011"
LATER = "2026-11-25T12:00:00Z"
REGISTERS = ("consents", "objections", "matches", "tombstones", "renamed", "downstream")


def on_file(deployment: Any) -> str:
    """All that the registers hold, decrypted."""
    return json.dumps([list(deployment.ledger.register(name).items()) for name in REGISTERS])


def gone(deployment: Any, state: str = "deleted") -> Any:
    """A sweep in which the account has gone."""
    deployment.account |= {"state": state, "state_checked_at": "2026-11-25T00:00:00Z"}
    return sweep_matches(deployment.write()[0], project=deployment.project, as_of=LATER)


def back(deployment: Any) -> Any:
    """A match in which the account is public again."""
    deployment.account |= {"state": "public", "state_checked_at": "2026-11-26T00:00:00Z"}
    return deployment.run(as_of="2026-11-26T12:00:00Z")


@pytest.fixture
def told(deployment: Any) -> Any:
    """A person who gave their handle and a consent whose evidence names the account."""
    deployment.account["user_id"] = USER
    deployment.record["x_handle"] = "alice"
    deployment.consent({"x_user_id": USER, "binding_evidence": f"https://x.com/i/user/{USER}/status/1"})
    return deployment


@pytest.mark.parametrize("state", ["deleted", "suspended", "withheld"])
@pytest.mark.parametrize("matched", [True, False], ids=["matched", "never matched"])
def test_the_id_is_in_no_register(told: Any, state: str, *, matched: bool) -> None:
    """Edges, consents with their evidence, and objections: the id is gone from each, and the ledger still verifies."""
    if matched:
        assert told.run().edges.num_rows == 1
    told.object(off_x_id="c7", x_user_id=USER, at="2026-11-20T00:00:00Z")
    assert USER in on_file(told)
    gone(told, state)
    assert USER not in on_file(told)
    assert told.ledger.verify().intact
    assert [entry.facts["erased"] for entry in told.ledger.entries("match.sweep")] == [2]


def test_a_protected_account_keeps_its_id(told: Any) -> None:
    """Only accounts that are gone are erased, and a second sweep finds nothing more to erase."""
    gone(told, "protected")
    assert USER in on_file(told)
    gone(told)
    gone(told)
    assert [entry.facts["erased"] for entry in told.ledger.entries("match.sweep")] == [0, 1, 0]


@pytest.mark.parametrize("whom", [{"off_x_id": "c1"}, {"off_x_id": ""}], ids=["the pair", "the account"])
def test_an_objection_holds_when_the_account_returns(told: Any, whom: dict[str, str]) -> None:
    """The hash is recognised: the pair is not linked on any basis."""
    told.object(**whom, x_user_id=USER, at="2026-11-20T00:00:00Z")
    gone(told)
    found = back(told)
    assert (found.edges.num_rows, dict(found.refused)) == (0, {"OBJECTION_ON_FILE": 1})


def test_a_consent_holds_when_the_account_returns(told: Any) -> None:
    """What was agreed to counts again, and the edge it makes is decided again like any other."""
    told.run()
    gone(told)
    assert back(told).edges["basis"].to_pylist() == ["EXPRESS_OPT_IN"]
    assert dict(sweep_matches(told.write()[0], project=told.project, as_of="2026-11-26T13:00:00Z").unlinked) == {}
    report = withdraw_consent("k1", told.project)
    assert dict(report.unlinked) == {"CONSENT_STATE": 1}
    assert back(told).edges.num_rows == 0


def test_a_second_import_does_not_bring_the_id_back(told: Any) -> None:
    """The same files, imported again: every row is on file, and the id stays away; a later withdrawal bars the pair."""
    told.object(off_x_id="c1", x_user_id=USER, at="2026-11-20T00:00:00Z")
    gone(told)
    report = import_consents(told.folder / "consents.csv", told.project)
    told.object(off_x_id="c1", x_user_id=USER, at="2026-11-20T00:00:00Z")
    assert (dict(report.added), report.known) == ({}, 1)
    assert USER not in on_file(told)
    assert len(told.ledger.register("objections")) == 1
    told.consent({"event": "withdrawn", "at": "2026-11-25T13:00:00Z", "x_user_id": USER})
    assert USER not in on_file(told)
    assert back(told).refused["OBJECTION_ON_FILE"] == 1


def test_the_latest_look_decides(told: Any) -> None:
    """An account that was deleted at an earlier look and is public at the latest keeps its id."""
    told.account["state_checked_at"] = "2026-11-25T00:00:00Z"
    told.accounts = [told.account | {"state": "deleted", "state_checked_at": "2026-11-24T00:00:00Z"}, told.account]
    sweep_matches(told.write()[0], project=told.project, as_of=LATER)
    assert USER in on_file(told)
