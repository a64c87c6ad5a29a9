"""The ledger: a chain that shows every change, registers whose erased rows are gone, and one key."""

import multiprocessing
import pickle
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import BadRequest, LedgerUnavailable
from governance.ledger import Key, Ledger
from governance.ledger.facts import checked


def _raw(sql: str, *values: object) -> list[tuple[object, ...]]:
    with sqlite3.connect("governance.db") as connection:
        return connection.execute(sql, values).fetchall()


def test_a_new_ledger_is_made_with_its_key(caplog: pytest.LogCaptureFixture) -> None:
    """The first use makes the database and the key, says so, and keeps the key private and out of the database."""
    ledger = Ledger.open()
    key = Path(".governance/key")
    assert key.stat().st_mode & 0o777 == 0o600
    assert "made a new key" in caplog.text
    assert ledger.verify().intact
    assert key.read_text().strip() not in str(_raw("SELECT * FROM governance_about"))
    assert Path(".governance/.gitignore").read_text() == "*\n"


def test_the_chain_shows_a_changed_row() -> None:
    """A changed fact breaks the chain at its entry, even when the hash is recomputed without the key."""
    ledger = Ledger.open()
    for rows in (1, 2, 3):
        ledger.record("check", rows=rows)
    assert ledger.verify().entry_count == 4
    _raw("UPDATE governance_journal SET facts = '{\"rows\":9}' WHERE seq = 3")
    found = ledger.verify()
    assert not found.intact
    assert found.broken_at == 3


def test_the_chain_shows_a_removed_row() -> None:
    """A row that is taken out of the middle breaks the chain."""
    ledger = Ledger.open()
    for rows in (1, 2, 3):
        ledger.record("check", rows=rows)
    _raw("DELETE FROM governance_journal WHERE seq = 2")
    assert not ledger.verify().intact


def test_a_rewritten_chain_lacks_the_seal() -> None:
    """Someone who recomputes every hash still lacks the key: the seals do not fit."""
    from governance.ledger import journal

    ledger = Ledger.open()
    ledger.record("check", rows=1)
    with ledger.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM governance_journal")
        journal.append(connection, Key(b"another key of thirty-two bytes!"), "check", {"rows": 2})
    assert not ledger.verify().intact


def test_registers_keep_erase_and_verify() -> None:
    """Rows are found by key, erased rows are gone from the file, and the chain still verifies."""
    ledger = Ledger.open()
    consents = ledger.register("consents")
    consents.extend([("person-one", {"x": "MARKED-ONE"}), ("person-two", {"x": "MARKED-TWO"})])
    consents.append("person-one", {"x": "MARKED-THREE"})
    assert [row["x"] for row in consents.all("person-one")] == ["MARKED-ONE", "MARKED-THREE"]
    assert consents.get("person-none") is None
    assert len(list(consents.items())) == 3
    assert consents.erase("person-one") == 2
    assert consents.all("person-one") == []
    assert ledger.verify().intact
    content = Path("governance.db").read_bytes()
    assert all(mark not in content for mark in (b"MARKED", b"person-"))


def test_a_register_row_moved_in_is_seen() -> None:
    """A row that no journal entry committed to makes the verification fail."""
    ledger = Ledger.open()
    ledger.register("consents").put("a", {"x": 1})
    _raw("UPDATE governance_register SET commitment = ?", "0" * 64)
    assert not ledger.verify().intact


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM governance_register WHERE register = 'releases'",
        "DELETE FROM governance_register WHERE seq = (SELECT min(seq) FROM governance_register WHERE register = 'releases')",
        "DELETE FROM governance_journal WHERE seq = (SELECT max(seq) FROM governance_journal)",
        "DELETE FROM governance_journal WHERE seq = 2",
        "UPDATE governance_journal SET facts = '{' WHERE seq = 2",
        "DELETE FROM governance_commitment",
    ],
)
def test_what_was_taken_out_is_missed(damage: str) -> None:
    """Rows of a register, the end of the journal, a row of its middle, the commitments: none goes, and the ledger is used on."""
    ledger = Ledger.open()
    releases = ledger.register("releases")
    for number in range(4):
        releases.put(f"map-{number % 3}", {"x": number})
    ledger.register("states").append("a", {"x": 1})
    releases.replace("map-0", [("map-0", {"x": 5}), ("map-0", {"x": 6})])
    releases.erase("map-1")
    releases.append("map-2", {"x": 7})
    ledger.require_intact("releases")
    _raw(damage)
    assert not ledger.verify().intact
    with pytest.raises(BadRequest, match="was changed after it was written"):
        ledger.require_intact("releases")


def test_another_register_is_another_matter() -> None:
    """What is missing of one register does not stop what another is for."""
    ledger = Ledger.open()
    ledger.register("states").append("a", {"x": 1})
    ledger.register("releases").append("a", {"x": 1})
    _raw("DELETE FROM governance_register WHERE register = 'states'")
    ledger.require_intact("releases")
    with pytest.raises(BadRequest):
        ledger.require_intact("states")


def test_a_changed_payload_is_refused() -> None:
    """An encrypted row that was changed can't be read."""
    ledger = Ledger.open()
    ledger.register("consents").put("a", {"x": 1})
    _raw("UPDATE governance_register SET payload = zeroblob(64)")
    with pytest.raises(BadRequest, match="was changed"):
        ledger.register("consents").get("a")


def test_another_key_is_refused() -> None:
    """The ledger is opened with its own key or not at all."""
    Ledger.open()
    Path(".governance/key").write_text("ab" * 32)
    with pytest.raises(BadRequest, match="not the key"):
        Ledger.open()
    Path(".governance/key").unlink()
    with pytest.raises(BadRequest, match="is missing"):
        Ledger.open()


def test_no_ledger_is_transient() -> None:
    """A place that can't be written is LedgerUnavailable, without a secret in its text."""
    with pytest.raises(LedgerUnavailable) as caught:
        Ledger.open("sqlite:////nowhere/at/all/governance.db")
    assert pickle.loads(pickle.dumps(caught.value)).hint == caught.value.hint  # noqa: S301 - our own error
    with pytest.raises(BadRequest, match="URL"):
        Ledger.open("no url at all")


@pytest.mark.parametrize(
    "value", ["48.8584, 2.2945", "a@example.org", "871fb4662ffffff", "1500000000000000001", 48.8584, "línea", b"x", "x\ny"]
)
def test_a_value_is_no_fact(value: object) -> None:
    """Coordinates, addresses, cells, ids and free text never enter the journal."""
    with pytest.raises(BadRequest) as caught:
        checked({"fact": value})
    assert str(value) not in str(caught.value)


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_no_coordinate_pair_is_a_fact(latitude: float, longitude: float) -> None:
    """No pair of decimal degrees passes as a code."""
    with pytest.raises(BadRequest):
        checked({"fact": f"{latitude:.5f}, {longitude:.5f}"})


def test_codes_counts_digests_and_times_are_facts() -> None:
    """What a journal is for passes unchanged."""
    facts = {"n": 3, "share": 0.12345, "rule": "LOC001", "run": "manual__2026-11-24T10:00:00.123456+00:00", "sha": "ab" * 32}
    assert checked(facts) == {**facts, "share": 0.123}


def _record(folder: str, count: int) -> None:
    for n in range(count):
        Ledger.open(f"sqlite:///{folder}/governance.db").record("check", n=n)


def test_many_writers_keep_one_chain(tmp_path: Path) -> None:
    """Four processes that write at the same time leave one unbroken chain."""
    Ledger.open(f"sqlite:///{tmp_path}/governance.db")
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_record, args=(str(tmp_path), 5)) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    found = Ledger.open(f"sqlite:///{tmp_path}/governance.db").verify()
    assert found.intact
    assert found.entry_count == 21


def test_precedence(monkeypatch: pytest.MonkeyPatch) -> None:
    """The argument wins over the environment, that over governance.yml, that over ./governance.db."""
    assert Ledger.open().place.endswith("governance.db")
    Path("governance.yml").write_text("version: 1\nledger: sqlite:///declared.db\n")
    assert Ledger.open().place.endswith("declared.db")
    monkeypatch.setenv("GOVERNANCE_LEDGER", "sqlite:///named.db")
    assert Ledger.open().place.endswith("named.db")
    assert Ledger.open("sqlite:///argument.db").place.endswith("argument.db")
