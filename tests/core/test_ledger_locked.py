"""A ledger that another process holds: a short wait, then a transient error that says so."""

import sqlite3
import time
from pathlib import Path

import pytest

from governance.errors import LedgerUnavailable
from governance.ledger import Ledger, ledger


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> sqlite3.Connection:
    """A ledger that another connection writes to, and no patience."""
    Ledger.open("sqlite:///held.db")
    monkeypatch.setattr(ledger, "SECONDS_TO_WAIT", 0.2)
    connection = sqlite3.connect("held.db", isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    return connection


def test_a_locked_ledger_says_so(held: sqlite3.Connection) -> None:
    """LedgerUnavailable names the lock and what to do; once it is let go, the ledger works."""
    started = time.monotonic()
    with pytest.raises(LedgerUnavailable, match="locked by another process") as told:
        Ledger.open("sqlite:///held.db")
    assert time.monotonic() - started < 5
    assert "try again" in told.value.hint
    held.rollback()
    held.close()
    assert Ledger.open("sqlite:///held.db").verify().intact


def test_the_wait_is_short_by_default() -> None:
    """Nobody waits a minute to learn that a ledger is locked."""
    assert 10 <= ledger.SECONDS_TO_WAIT <= 15


def test_the_files_of_a_ledger(tmp_path: Path) -> None:
    """The database and the key are named without being made; other databases have a key alone."""
    assert Ledger.files() == (tmp_path / "governance.db", tmp_path / ".governance" / "key")
    assert Ledger.files("postgresql+psycopg://nobody@nowhere/none") == (Path.cwd() / ".governance" / "key",)
    assert not list(tmp_path.iterdir())
