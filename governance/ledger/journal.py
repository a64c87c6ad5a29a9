"""The journal: append-only rows, each chained to the one before by SHA-256 and sealed with the key."""

import hashlib
import hmac
import json
import secrets
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, func, select, text, true

from governance.ledger.facts import checked
from governance.ledger.key import Key
from governance.ledger.schema import commitment, journal, register

GENESIS = "0" * 64
_FEW = 500
"""Entries that a database takes as a list of parameters."""


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
    connection.execute(journal.insert().values(**row, sha256=digest, mac=_mac(key.subkey("journal"), digest)))
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


def verify(connection: Connection, key: Key, names: Collection[str] = ()) -> ChainReport:
    """Recompute every link and seal, and every commitment that can still be opened; those of some registers alone if they are named."""
    problems: list[str] = []
    broken: int | None = None
    previous, count = GENESIS, 0
    stated: dict[str, tuple[int, str]] = {}
    rows: Counter[str] = Counter()
    seal = key.subkey("journal")
    for row in connection.execute(select(journal).order_by(journal.c.seq)):
        count += 1
        fields = {name: getattr(row, name) for name in ("seq", "id", "event", "at", "facts", "previous")}
        good = row.previous == previous and row.seq == count and row.sha256 == _digest(fields)
        if not (good and hmac.compare_digest(row.mac, _mac(seal, row.sha256))):
            problems.append(f"entry {row.seq}: " + ("the seal is not this key's" if good else "the chain is broken"))
            broken = broken or row.seq
        previous = row.sha256
        if good and row.event.startswith("register."):
            facts = json.loads(row.facts)
            added = row.event == "register.added"
            rows[facts["register"]] += facts["rows"] - facts.get("replaced", 0) if added else -facts["rows"]
            if added and (not names or facts["register"] in names):
                stated[row.id] = (row.seq, facts["commitments_sha256"])
    for seq in _changed(connection, stated):
        problems.append(f"entry {seq}: its commitments were changed")
        broken = min(broken or seq, seq)
    problems += [*_unentered(connection), *_uncommitted(connection, names, stated), *_missing(connection, rows, names)]
    return ChainReport(count, previous, broken, tuple(problems))


def commitments_digest(commitments: list[str]) -> str:
    """The digest of the commitments of one entry, as its facts carry it."""
    return hashlib.sha256("".join(commitments).encode()).hexdigest()


def _changed(connection: Connection, stated: Mapping[str, tuple[int, str]]) -> list[int]:
    """The entries whose commitments are no longer what they stated, in one pass over the commitments."""
    found = dict.fromkeys(stated, hashlib.sha256(b"").hexdigest())
    ordered = select(commitment.c.entry, commitment.c.commitment).order_by(commitment.c.entry, commitment.c.position)
    chosen = ordered if len(stated) > _FEW else ordered.where(commitment.c.entry.in_(list(stated)))
    for entry, group in groupby(connection.execute(chosen), key=itemgetter(0)):
        if entry in found:
            found[entry] = commitments_digest([row[1] for row in group])
    return sorted(seq for entry, (seq, digest) in stated.items() if found[entry] != digest)


def _unentered(connection: Connection) -> list[str]:
    """Commitments that outlived their entry: the end of the journal was cut off."""
    entries_of = select(commitment.c.entry).distinct().subquery()
    loose = select(func.count()).select_from(entries_of).where(entries_of.c.entry.not_in(select(journal.c.id)))
    count = connection.execute(loose).scalar_one()
    return [f"{count} entries about registers are gone from the journal"] if count else []


def _uncommitted(connection: Connection, names: Collection[str], entries: Collection[str]) -> list[str]:
    """Register rows that were put in from outside."""
    known, chosen = select(commitment.c.commitment), true()
    if names:
        chosen = register.c.register.in_(list(names))
        known = known.where(commitment.c.entry.in_(list(entries))) if len(entries) <= _FEW else known
    loose = select(func.count()).select_from(register).where(chosen, register.c.commitment.not_in(known))
    count = connection.execute(loose).scalar_one()
    return [f"{count} register rows that no journal entry committed to"] if count else []


def _missing(connection: Connection, rows: Mapping[str, int], names: Collection[str]) -> list[str]:
    """Registers with other rows than the journal says were added and erased."""
    counted = select(register.c.register, func.count()).group_by(register.c.register)
    there = {str(one): int(count) for one, count in connection.execute(counted)}
    chosen = set(names) or {*rows, *there}
    wrong = {one: (rows.get(one, 0), there.get(one, 0)) for one in chosen if rows.get(one, 0) != there.get(one, 0)}
    return [f"the register `{one}` has {is_} rows, not {was}" for one, (was, is_) in sorted(wrong.items())]


def _digest(row: Mapping[str, Any]) -> str:
    text_of_row = "\n".join(str(row[name]) for name in ("previous", "seq", "id", "event", "at", "facts"))
    return hashlib.sha256(text_of_row.encode()).hexdigest()


def _mac(seal: bytes, digest: str) -> str:
    return hmac.new(seal, digest.encode(), hashlib.sha256).hexdigest()
