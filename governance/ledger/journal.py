"""The journal: append-only rows, each chained to the one before by SHA-256 and sealed with the key."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, select, text

from governance.ledger.facts import checked
from governance.ledger.key import Key
from governance.ledger.schema import commitment, journal, register

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the journal: codes, counts and digests."""

    seq: int
    id: str
    event: str
    at: datetime
    facts: Mapping[str, Any]
    sha256: str


@dataclass(frozen=True, slots=True)
class ChainReport:
    """Whether the journal still is what was written: how many entries, and at which one it breaks."""

    entry_count: int
    head: str
    broken_at: int | None = None
    problems: tuple[str, ...] = field(default=())

    @property
    def intact(self) -> bool:
        """Whether every link, seal and commitment holds."""
        return not self.problems


def append(connection: Connection, key: Key, event: str, facts: Mapping[str, Any]) -> str:
    """Add a row at the head of the chain, inside the caller's transaction, and return its id."""
    lock(connection)
    last = connection.execute(select(journal.c.seq, journal.c.sha256).order_by(journal.c.seq.desc()).limit(1)).first()
    seq, previous = (last.seq + 1, last.sha256) if last else (1, GENESIS)
    row = {
        "seq": seq,
        "id": secrets.token_hex(16),
        "event": event,
        "at": datetime.now(UTC).isoformat(timespec="microseconds"),
        "facts": json.dumps(checked(facts), sort_keys=True, separators=(",", ":")),
        "previous": previous,
    }
    digest = _digest(row)
    connection.execute(journal.insert().values(**row, sha256=digest, mac=_mac(key, digest)))
    return str(row["id"])


def lock(connection: Connection) -> None:
    """Let nobody else write before the caller's transaction ends; with SQLite every transaction begins so."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {journal.name} IN EXCLUSIVE MODE"))


def entries(connection: Connection, event: str | None = None, *, entry_id: str | None = None) -> Iterator[Entry]:
    """The journal in order, or one event's rows, or the one row of an id."""
    rows = select(journal).order_by(journal.c.seq)
    if event is not None:
        rows = rows.where(journal.c.event == event)
    if entry_id is not None:
        rows = rows.where(journal.c.id == entry_id)
    for row in connection.execute(rows):
        yield Entry(row.seq, row.id, row.event, datetime.fromisoformat(row.at), json.loads(row.facts), row.sha256)


def head(connection: Connection) -> str:
    """The hash of the last row: what a certificate cites."""
    found = connection.execute(select(journal.c.sha256).order_by(journal.c.seq.desc()).limit(1)).scalar()
    return found or GENESIS


def verify(connection: Connection, key: Key) -> ChainReport:
    """Recompute every link and seal, and every commitment that can still be opened."""
    problems: list[str] = []
    broken: int | None = None
    previous, count = GENESIS, 0
    for row in connection.execute(select(journal).order_by(journal.c.seq)):
        count += 1
        fields = {name: getattr(row, name) for name in ("seq", "id", "event", "at", "facts", "previous")}
        good = row.previous == previous and row.seq == count and row.sha256 == _digest(fields)
        sealed = hmac.compare_digest(row.mac, _mac(key, row.sha256))
        if not (good and sealed):
            problems.append(f"entry {row.seq}: " + ("the chain is broken" if not good else "the seal is not this key's"))
            broken = broken or row.seq
        previous = row.sha256
        stated = json.loads(row.facts).get("commitments_sha256")
        if stated is not None and stated != _committed(connection, row.id):
            problems.append(f"entry {row.seq}: its commitments were changed")
            broken = broken or row.seq
    problems += _uncommitted_rows(connection)
    return ChainReport(count, previous, broken, tuple(problems))


def commitments_digest(commitments: list[str]) -> str:
    """The digest of the commitments of one entry, as its facts carry it."""
    return hashlib.sha256("".join(commitments).encode()).hexdigest()


def _committed(connection: Connection, entry: str) -> str:
    rows = select(commitment.c.commitment).where(commitment.c.entry == entry).order_by(commitment.c.position)
    return commitments_digest(list(connection.execute(rows).scalars()))


def _uncommitted_rows(connection: Connection) -> list[str]:
    known = select(commitment.c.commitment)
    loose = connection.execute(select(func.count()).select_from(register).where(register.c.commitment.not_in(known))).scalar_one()
    return [f"{loose} register rows that no journal entry committed to"] if loose else []


def _digest(row: Mapping[str, Any]) -> str:
    text_of_row = "\n".join(str(row[name]) for name in ("previous", "seq", "id", "event", "at", "facts"))
    return hashlib.sha256(text_of_row.encode()).hexdigest()


def _mac(key: Key, digest: str) -> str:
    return hmac.new(key.subkey("journal"), digest.encode(), hashlib.sha256).hexdigest()
