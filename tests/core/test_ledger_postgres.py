"""The ledger on PostgreSQL: the same chain, registers and refusals as on SQLite."""

import multiprocessing

import pytest
import sqlalchemy

from governance.errors import LedgerUnavailable
from governance.ledger import Ledger


def _record(url: str, count: int) -> None:
    for n in range(count):
        Ledger.open(url).record("check", n=n)


@pytest.mark.xdist_group("postgres")
def test_chain_and_registers(postgres_url: str) -> None:
    """Entries chain, register rows are found, erased rows are gone, a changed row shows."""
    ledger = Ledger.open(postgres_url)
    entry = ledger.record("check", rows=3)
    consents = ledger.register("consents")
    consents.extend([("a", {"x": 1}), ("a", {"x": 2}), ("b", {"x": 3})])
    assert ledger.entry(entry) is not None
    assert [row["x"] for row in consents.all("a")] == [1, 2]
    assert consents.erase("a") == 2
    assert ledger.verify().intact
    with sqlalchemy.create_engine(postgres_url, poolclass=sqlalchemy.NullPool).begin() as connection:
        connection.execute(sqlalchemy.text("UPDATE governance_journal SET facts = '{}' WHERE seq = 2"))
    assert ledger.verify().broken_at == 2


@pytest.mark.xdist_group("postgres")
def test_many_writers(postgres_url: str) -> None:
    """Processes that write at the same time leave one unbroken chain."""
    Ledger.open(postgres_url)
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_record, args=(postgres_url, 5)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    found = Ledger.open(postgres_url).verify()
    assert found.intact
    assert found.entry_count == 16


def test_a_server_that_is_down() -> None:
    """No server is LedgerUnavailable, and the password is not in the text."""
    with pytest.raises(LedgerUnavailable) as caught:
        Ledger.open("postgresql+psycopg://someone:verysecret@127.0.0.1:9/none")
    assert "verysecret" not in str(caught.value)
