"""Two maps released at the same moment: the audit and the write of a release are one step, so no pair is ever unaudited."""

import multiprocessing
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest

import governance as gov
from governance.ledger import Ledger
from governance.verbs import judging
from tests.disclosure.making import AS_OF, world


def test_a_release_during_the_audit_is_audited_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A map of the same people that is released while another is audited makes that audit start anew, and refuse."""
    posts, real = world(), judging.audit_plan
    calls: list[int] = []

    def interrupted(*given: Any) -> Any:  # noqa: ANN401 - what the audit takes and gives
        calls.append(1)
        if len(calls) == 1:
            gov.heat_map(posts, topic="#flood", as_of=AS_OF, finest=5)
        return real(*given)

    monkeypatch.setattr(judging, "audit_plan", interrupted)
    with pytest.raises(gov.PolicyViolation, match="other settings"):
        gov.heat_map(posts, topic="#flood", as_of=AS_OF, finest=6)
    ledger = Ledger.open()
    assert len(ledger.register("releases")) == 1
    assert len(list(ledger.entries("release"))) == 1
    assert ledger.verify().intact


def test_a_lost_race_against_a_harmless_map_is_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A map of other people released meanwhile costs a second audit, which knows it, and nothing else."""
    posts, real = world(people=800, tags=("flood", "rain")), judging.audit_plan
    calls: list[int] = []

    def interrupted(*given: Any) -> Any:  # noqa: ANN401 - what the audit takes and gives
        calls.append(1)
        if len(calls) == 1:
            gov.heat_map(world(seed=2, tags=("snow",)), topic="#snow", as_of=AS_OF)
        return real(*given)

    monkeypatch.setattr(judging, "audit_plan", interrupted)
    heat = gov.heat_map(posts, topic="#flood", as_of=AS_OF)
    assert heat.certificate["audit"]["earlier_releases_known"] == 1
    assert len(calls) == 3
    assert Ledger.open().verify().intact


def test_a_race_that_is_always_lost_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """If somebody writes to the register during every audit, the call ends as a transient error and leaves nothing behind."""
    real = judging.audit_plan
    other = Ledger.open().register("releases")
    first = gov.heat_map(world(seed=2, tags=("snow",)), topic="#snow", as_of=AS_OF)
    row = other.get(first.certificate["release"])
    assert row is not None

    def interrupted(*given: Any) -> Any:  # noqa: ANN401 - what the audit takes and gives
        other.put(first.certificate["release"], row)
        return real(*given)

    monkeypatch.setattr(judging, "audit_plan", interrupted)
    with pytest.raises(gov.LedgerUnavailable, match="released during each"):
        gov.heat_map(world(), topic="#flood", as_of=AS_OF)
    assert len(other) == 1
    assert len(list(Ledger.open().entries("release"))) == 1


def _released(url: str, finest: int, barrier: Barrier) -> None:
    posts = world()
    barrier.wait(60)
    try:
        gov.heat_map(posts, topic="#flood", as_of=AS_OF, finest=finest, ledger=url)
    except gov.PolicyViolation:
        return


def _raced(url: str) -> None:
    Ledger.open(url)
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    callers = [context.Process(target=_released, args=(url, finest, barrier)) for finest in (5, 6)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(120)
    assert [caller.exitcode for caller in callers] == [0, 0]
    ledger = Ledger.open(url)
    assert len(ledger.register("releases")) == 1
    assert len(list(ledger.entries("release"))) == 1
    assert [entry.facts["code"] for entry in ledger.entries("refusal")] == ["second_map"]
    assert ledger.verify().intact


def test_two_processes_never_leave_an_unaudited_pair(tmp_path: Path) -> None:
    """Two processes that release maps of the same people at the same moment: one is released, the other refused."""
    _raced(f"sqlite:///{tmp_path}/governance.db")


@pytest.mark.xdist_group("postgres")
def test_two_processes_on_postgresql(postgres_url: str) -> None:
    """The same on PostgreSQL, where transactions do run side by side."""
    _raced(postgres_url)
