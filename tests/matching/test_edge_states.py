"""The states of an edge: what makes it wait (suspended), what ends it (unlinked), what makes it active again, and who may use it."""
# ruff: noqa: ANN401, E501 - fixtures and cells are of any type; a table reads best with one case per line

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import governance as gov
from governance.matching.reasons import FOR_NOW, REASONS
from governance.matching.store import stored
from governance.verbs.pairing import import_consents, register_downstream, sweep_matches, withdraw_consent

FIRST, SECOND = "2026-11-25T12:00:00Z", "2026-11-26T12:00:00Z"
ACTIVE, SUSPENDED, UNLINKED = "active", "suspended", "unlinked"


@dataclass(frozen=True)
class Event:
    """Something that happens after a match, the state it leads to, and its code; `by_consent` where a consent edge fares otherwise."""

    change: Callable[[Any], Any]
    state: str = ""
    code: str = ""
    by_consent: str | None = None
    at: str = SECOND
    new_look: bool = False
    """Whether the event is a look at the account, so that it needs an accounts table."""


def account(**changed: str) -> Callable[[Any], None]:
    """The account differs."""
    return lambda d: d.account.update(changed)


def source(**changed: Any) -> Callable[[Any], None]:
    """The source differs."""
    return lambda d: d.tree["sources"]["members"].update(changed)


def assessed(**changed: str) -> Callable[[Any], None]:
    """The assessment differs."""
    return lambda d: d.tree["expectations"][0].update(changed)


def ended(event: str) -> Callable[[Any], None]:
    """The consent is ended by an event."""

    def happens(deployment: Any) -> None:
        row = {"consent_id": "k1", "event": event, "at": "2026-11-26T00:00:00Z", "precision": "second"}
        import_consents(deployment.table("later.csv", [row]), deployment.project)

    return happens


EVENTS: dict[str, Event] = {
    "nothing": Event(lambda _: None),
    # what can't be confirmed for now
    "nobody looked for long": Event(lambda _: None, SUSPENDED, "X_STATE_STALE", at="2026-12-20T00:00:00Z"),
    "an old look": Event(account(state_checked_at="2026-01-01"), SUSPENDED, "X_STATE_STALE", new_look=True),
    "a look without a time": Event(account(state_checked_at=""), SUSPENDED, "X_STATE_STALE", new_look=True),
    "a look without a state": Event(account(state=""), SUSPENDED, "X_STATE_UNKNOWN", new_look=True),
    "assessment runs out": Event(assessed(expires_at="2026-11-26"), SUSPENDED, "EXPECTATION_NOT_ASSESSED", ""),
    "assessment is gone": Event(lambda d: d.tree["expectations"].pop(0), SUSPENDED, "EXPECTATION_NOT_ASSESSED", ""),
    "assessment is doubted": Event(assessed(status="uncertain"), SUSPENDED, "EXPECTATION_NOT_ASSESSED", ""),
    "source runs out": Event(source(valid_until="2026-11-26"), SUSPENDED, "FACT_STALE", ""),
    # what ends it
    "protected": Event(account(state="protected"), UNLINKED, "X_PROTECTED", "", new_look=True),
    "account suspended": Event(account(state="suspended"), UNLINKED, "X_SUSPENDED", new_look=True),
    "deleted": Event(account(state="deleted"), UNLINKED, "X_DELETED", new_look=True),
    "withheld": Event(account(state="withheld"), UNLINKED, "X_WITHHELD", new_look=True),
    "deleted, long ago": Event(account(state="deleted", state_checked_at=""), UNLINKED, "X_DELETED", new_look=True),
    "renamed": Event(account(handle="someone"), UNLINKED, "HANDLE_RENAMED", "", new_look=True),
    "corrected": Event(lambda d: d.record.update(x_handle="other"), UNLINKED, "FACT_STALE", ""),
    "record gone": Event(lambda d: d.record.update(customer_id="c9"), UNLINKED, "FACT_STALE", ""),
    "bought after all": Event(source(provenance="third_party"), UNLINKED, "PROVENANCE_THIRD_PARTY", ""),
    "relationship ends": Event(source(relationship_until="2026-11-26"), UNLINKED, "NO_DIRECT_RELATIONSHIP", ""),
    "not expected": Event(assessed(status="unexpected"), UNLINKED, "EXPECTATION_UNEXPECTED", ""),
    "objected": Event(lambda d: d.object(off_x_id="c1", x_user_id="11", at="2026-11-26T00:00:00Z"), UNLINKED, "OBJECTION_ON_FILE"),
    "prohibited": Event(lambda d: d.tree["purposes"]["member-support"].update(description="ads"), UNLINKED, "PURPOSE_PROHIBITED"),
    "consent withdrawn": Event(ended("withdrawn"), UNLINKED, "CONSENT_STATE"),
    "consent invalidated": Event(ended("invalidated"), UNLINKED, "CONSENT_STATE"),
    "consent ended": Event(ended("expired"), UNLINKED, "CONSENT_EXPIRED"),
    "consent runs out": Event(lambda _: None, UNLINKED, "CONSENT_EXPIRED", at="2027-11-01T00:00:00Z"),
    "objected, and an old look": Event(
        lambda d: (account(state_checked_at="")(d), d.object(off_x_id="c1", x_user_id="", at="")), UNLINKED, "OBJECTION_ON_FILE", new_look=True
    ),
    "corrected, and an old look": Event(
        lambda d: (account(state_checked_at="")(d), d.record.update(x_handle="other")), UNLINKED, "FACT_STALE", SUSPENDED, new_look=True
    ),
}  # fmt: skip
CONSENT_ALONE = {name for name in EVENTS if name.startswith("consent")}


def state_of(deployment: Any) -> str:
    """The state of the one edge, as the register has it."""
    rows = [row for part in stored(deployment.ledger) for row in part.edges.to_pylist()]
    return UNLINKED if not rows else SUSPENDED if rows[0]["suspended"] else ACTIVE


def look(deployment: Any, at: str) -> Any:
    """A sweep with the accounts as they are now."""
    return sweep_matches(deployment.write()[0], project=deployment.project, as_of=at)


def begun(deployment: Any, basis: str, before: str) -> Path:
    """One registered edge of a basis in a state, and a table downstream that holds it."""
    if basis == "consent":
        deployment.consent({"expires_at": "2027-11-01T00:00:00Z"})
    deployment.record["x_handle"] = "alice" if basis == "given" else ""
    path = deployment.run().write(deployment.folder / "edges.parquet")
    register_downstream(path, deployment.project)
    if before == SUSPENDED:
        known = dict(deployment.account)
        deployment.account["state"] = ""
        assert dict(look(deployment, FIRST).suspended) == {"X_STATE_UNKNOWN": 1}
        deployment.account = known
    return path


def expected(event: Event, basis: str, before: str, *, fresh: bool) -> str:
    """The table of states: an event ends an edge, or suspends it, or leaves it; only a fresh look at the account activates it."""
    state = event.state if basis == "given" or event.by_consent is None else event.by_consent
    return state or (SUSPENDED if before == SUSPENDED and not fresh else ACTIVE)


def cases() -> Iterator[tuple[str, str, str, bool]]:
    """Every event on both bases, in both states, with and without a new look at the account, where that makes sense."""
    for name, basis, before, fresh in product(EVENTS, ("given", "consent"), (ACTIVE, SUSPENDED), (False, True)):
        event = EVENTS[name]
        needs_another_sweep = event.new_look and not fresh
        needs_a_consent = basis == "given" and name in CONSENT_ALONE
        if not (needs_another_sweep or needs_a_consent or (fresh and name == "nobody looked for long")):
            yield name, basis, before, fresh


@pytest.mark.parametrize(("name", "basis", "before", "fresh"), list(cases()))
def test_every_event_in_every_state(deployment: Any, name: str, basis: str, before: str, *, fresh: bool) -> None:
    """What an event makes of an edge, what the sweep says of it, and what is left downstream."""
    event = EVENTS[name]
    path = begun(deployment, basis, before)
    looked = datetime.fromisoformat(event.at).astimezone(UTC) - timedelta(hours=2)
    deployment.account["state_checked_at"] = looked.isoformat()
    event.change(deployment)
    accounts, _ = deployment.write()
    report = sweep_matches(accounts if fresh else None, project=deployment.project, as_of=event.at)
    after = expected(event, basis, before, fresh=fresh)
    assert state_of(deployment) == after
    assert dict(report.unlinked) == ({event.code: 1} if after == UNLINKED else {})
    assert sum(report.suspended.values()) == (before == ACTIVE and after == SUSPENDED)
    assert (report.waiting, report.reactivated) == (after == SUSPENDED, before == SUSPENDED and after == ACTIVE)
    assert pq.read_table(path).num_rows == (before == after == ACTIVE)
    assert len(deployment.ledger.register("tombstones")) == (after == UNLINKED)


def test_the_table_names_every_reason_that_suspends() -> None:
    """The codes that wait are those of the table above, and all are known."""
    assert {event.code for event in EVENTS.values() if event.state == SUSPENDED} == FOR_NOW
    assert set(REASONS) >= FOR_NOW


def checked(deployment: Any, path: Path) -> dict[str, str]:
    """The findings of a check of edges."""
    report = gov.check(path, kind="matches", project=deployment.project)
    return {finding.rule: str(finding.outcome) for finding in report.findings}


def test_a_table_that_shows_a_suspended_edge_fails_until_a_sweep_activates_it(deployment: Any) -> None:
    """A copy of the edge passes, fails while the edge is suspended, even once what it lacked is back, and passes after a fresh sweep."""
    now = datetime.now(UTC)
    deployment.account["state_checked_at"] = now.isoformat()
    deployment.tree["expectations"][0] |= {"reviewed_at": "2020-01-01", "expires_at": "2099-01-01"}
    deployment.record["x_handle"] = "alice"
    path = deployment.run(as_of=now.isoformat()).write(deployment.folder / "copy.parquet")
    assert checked(deployment, path) == {}
    deployment.account["state"] = ""
    look(deployment, now.isoformat())
    assert checked(deployment, path) == {"OFX005": "fail"}
    deployment.account["state"] = "public"
    report = look(deployment, now.isoformat())
    assert (report.reactivated, report.waiting, report.checked) == (1, 0, 1)
    assert checked(deployment, path) == {}


def test_mended_declarations_alone_leave_a_suspended_edge_refused_until_the_sweep(deployment: Any) -> None:
    """The register's word counts: between the mending and the sweep the edge is refused."""
    now = datetime.now(UTC)
    deployment.account["state_checked_at"] = now.isoformat()
    deployment.tree["expectations"][0] |= {"reviewed_at": "2020-01-01", "expires_at": "2099-01-01"}
    deployment.record["x_handle"] = "alice"
    path = deployment.run(as_of=now.isoformat()).write(deployment.folder / "copy.parquet")
    deployment.tree["expectations"][0]["status"] = "uncertain"
    assert dict(sweep_matches(project=deployment.project, as_of=now).suspended) == {"EXPECTATION_NOT_ASSESSED": 1}
    deployment.tree["expectations"][0]["status"] = "expected"
    assert list(checked(deployment, path).values()) == ["fail"]
    assert sweep_matches(project=deployment.project, as_of=now).reactivated == 1
    assert checked(deployment, path) == {}


def test_a_suspended_edge_waits_through_many_sweeps_and_is_counted_once(deployment: Any) -> None:
    """Later sweeps say how many wait; only the first counts it as suspended; the journal holds the same counts."""
    begun(deployment, "given", ACTIVE)
    reports = [sweep_matches(project=deployment.project, as_of=f"2026-12-{day}T00:00:00Z") for day in (20, 21, 22)]
    assert [dict(report.suspended) for report in reports] == [{"X_STATE_STALE": 1}, {}, {}]
    assert [report.waiting for report in reports] == [1, 1, 1]
    assert [report.summary()["waiting"] for report in reports] == ["<10"] * 3
    assert [e.facts["suspended"] for e in deployment.ledger.entries("match.sweep")] == [{"X_STATE_STALE": 1}, {}, {}]


def test_a_new_match_decides_a_suspended_pair_anew(deployment: Any) -> None:
    """With a fresh look `gov.match` makes the edge again, active, and the register holds it once."""
    begun(deployment, "given", SUSPENDED)
    deployment.account["state_checked_at"] = "2026-11-26T00:00:00Z"
    assert deployment.run(as_of=SECOND).edges["status"].to_pylist() == ["active"]
    assert state_of(deployment) == ACTIVE


def test_a_withdrawal_ends_a_suspended_edge_too(deployment: Any) -> None:
    """Suspended or not: the pair is gone, and its tombstone says why."""
    begun(deployment, "consent", SUSPENDED)
    report = withdraw_consent("k1", deployment.project, at=datetime(2026, 11, 26, tzinfo=UTC))
    assert (dict(report.unlinked), state_of(deployment)) == ({"CONSENT_STATE": 1}, UNLINKED)
    assert [stone["why"] for _, stone in deployment.ledger.register("tombstones").items()] == ["CONSENT_STATE"]


@pytest.mark.parametrize(("basis", "fresh"), [("given", False), ("consent", True)])
def test_accounts_without_the_compared_column_tell_states_alone(deployment: Any, basis: str, *, fresh: bool) -> None:
    """A table of ids and states ends what is deleted; it confirms no handle, so that only a consent edge lives on by it."""
    begun(deployment, basis, SUSPENDED)
    row = {"user_id": "11", "state": "public", "state_checked_at": "2026-11-26T00:00:00Z"}
    states = deployment.table("states.csv", [row])
    report = sweep_matches(states, project=deployment.project, as_of=SECOND)
    assert (report.reactivated, report.waiting, dict(report.unlinked)) == (int(fresh), int(not fresh), {})
    states = deployment.table("states.csv", [row | {"state": "deleted"}])
    assert dict(sweep_matches(states, project=deployment.project, as_of=SECOND).unlinked) == {"X_DELETED": 1}
