"""A ledger on PostgreSQL: after a withdrawal no row and no dump holds the edge, and no byte on the disk ever named the pair."""
# ruff: noqa: ANN401 - fixtures are of the test's own types

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

from governance.matching.store import stored
from governance.verbs.pairing import withdraw_consent

X_ID, OFF_ID = "1184500000000000011", "customer-0011"
PEOPLE = 600
DUMP = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_dump"))


@pytest.fixture
def database(deployment: Any, postgres_url: str) -> Iterator[sqlalchemy.Connection]:
    """A match of some hundred people in a ledger on PostgreSQL, one of them by consent; a connection to it."""
    deployment.tree["ledger"] = postgres_url
    looked = {"state": "public", "state_checked_at": "2026-11-23T00:00:00Z"}
    deployment.accounts = [{"user_id": str(1184500000000000000 + i), "handle": f"name{i}", **looked} for i in range(PEOPLE)]
    deployment.records = [{"customer_id": f"customer-{i:04d}", "x_handle": f"@name{i}"} for i in range(PEOPLE)]
    deployment.consent({"x_user_id": X_ID, "off_x_id": OFF_ID})
    assert deployment.run().edges.num_rows == PEOPLE
    engine = sqlalchemy.create_engine(postgres_url, poolclass=sqlalchemy.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection


def rows(database: sqlalchemy.Connection) -> dict[bytes, bytes]:
    """Every row of the registers as it is stored: its salt, and what is encrypted."""
    found = database.execute(sqlalchemy.text("SELECT salt, payload FROM governance_register"))
    return {bytes(row.salt): bytes(row.payload) for row in found}


def dumped(url: str) -> bytes:
    """The whole database as `pg_dump` writes it: every row of every table."""
    return subprocess.run([DUMP[-1], url.replace("+psycopg", "")], check=True, capture_output=True).stdout


def on_disk(database: sqlalchemy.Connection, *marks: bytes) -> set[str]:
    """The folders of the server in whose files one of the marks stands."""
    database.execute(sqlalchemy.text("CHECKPOINT"))
    folder = Path(database.execute(sqlalchemy.text("SHOW data_directory")).scalar_one())
    found = set()
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # the server removes files of its own at any moment
            if path.is_file() and any(mark in path.read_bytes() for mark in marks):
                found.add(path.relative_to(folder).parts[0])
    return found


@pytest.mark.xdist_group("postgres")
def test_a_withdrawal_leaves_no_trace_in_any_row(deployment: Any, postgres_url: str, database: sqlalchemy.Connection) -> None:
    """The row that held the edge is in no dump, the register decrypts to the other edges, and the ledger still verifies."""
    before = rows(database)
    assert all(salt.hex().encode() in dumped(postgres_url) for salt in before)
    withdraw_consent("k1", deployment.project)
    gone = before.keys() - rows(database).keys()
    assert gone
    dump = dumped(postgres_url)
    assert not any(mark.hex().encode() in dump for salt in gone for mark in (salt, before[salt]))
    assert not any(mark.encode() in dump for mark in (X_ID, OFF_ID))
    left = [user for part in stored(deployment.ledger) for user in part.edges["user_id"].to_pylist()]
    assert (len(left), X_ID in left) == (PEOPLE - 1, False)
    assert deployment.ledger.verify().intact


@pytest.mark.xdist_group("postgres")
def test_what_the_disk_holds_after_a_withdrawal(deployment: Any, database: sqlalchemy.Connection) -> None:
    """No file of the server ever names the pair, the log included; what was encrypted leaves the tables' files with VACUUM FULL."""
    before = rows(database)
    withdraw_consent("k1", deployment.project)
    gone = before.keys() - rows(database).keys()
    erased = [mark for salt in gone for mark in (salt, before[salt][:40], before[salt][-40:])]
    assert "base" in on_disk(database, *erased)
    assert on_disk(database, X_ID.encode(), OFF_ID.encode()) == set()
    database.execute(sqlalchemy.text("VACUUM FULL governance_register"))
    assert "base" not in on_disk(database, *erased)
    assert on_disk(database, X_ID.encode(), OFF_ID.encode()) == set()
