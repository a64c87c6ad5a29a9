"""Erasable registers: consents, objections, states, release specifications. Rows are encrypted, their keys are keyed digests."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, delete, func, select, type_coerce
from sqlalchemy.types import NullType

from governance.errors import BadRequest
from governance.ledger import journal
from governance.ledger.key import Key
from governance.ledger.schema import commitment, register

_NONCE = 12
_STORED = type_coerce(register.c.payload, NullType()).label("payload")
"""A payload as the database has it: SQLite keeps values of any type in any column, also what was put there from outside."""


@dataclass(frozen=True, slots=True)
class Register:
    """One named register of a ledger. A row is a JSON-able mapping under a key; several rows may share a key, in order."""

    name: str
    key: Key
    transaction: Callable[[], AbstractContextManager[Connection]]

    def put(self, row_key: str, value: Mapping[str, Any]) -> str:
        """Set the one row under a key (older ones are erased) and return the journal entry that commits to it."""
        with self.transaction() as connection:
            gone = connection.execute(self._rows_of(row_key)).rowcount
            return self._add(connection, [(row_key, value)], gone)

    def put_if(self, state: str, row_key: str, value: Mapping[str, Any], event: str, facts: Mapping[str, Any]) -> str | None:
        """Set a row and record an event, both or neither, if the register still is in this `state`.

        Returns the id of the event's journal entry, None if somebody wrote to the register since its state was read: then nothing changed.
        """
        with self.transaction() as connection:
            journal.lock(connection)
            if self._state(connection) != state:
                return None
            gone = connection.execute(self._rows_of(row_key)).rowcount
            self._add(connection, [(row_key, value)], gone)
            return journal.append(connection, self.key, event, facts)

    @property
    def state(self) -> str:
        """What the register is at this moment: how many rows, and which is the last. Any addition or erasure changes it."""
        with self.transaction() as connection:
            return self._state(connection)

    def append(self, row_key: str, value: Mapping[str, Any]) -> str:
        """Add a row under a key, after those that are there."""
        return self.extend([(row_key, value)])

    def replace(self, row_key: str, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
        """Set the rows under a key anew, under this key or another, in one transaction."""
        with self.transaction() as connection:
            gone = connection.execute(self._rows_of(row_key)).rowcount
            return self._add(connection, list(rows), gone)

    def extend(self, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
        """Add many rows in one transaction and with one journal entry."""
        with self.transaction() as connection:
            return self._add(connection, list(rows))

    def get(self, row_key: str) -> dict[str, Any] | None:
        """The last row under a key, None without one."""
        found = self.all(row_key)
        return found[-1] if found else None

    def all(self, row_key: str) -> list[dict[str, Any]]:
        """The rows under a key, oldest first."""
        rows = select(_STORED).where(register.c.register == self.name, register.c.lookup == self._lookup(row_key)).order_by(register.c.seq)
        with self.transaction() as connection:
            return [self._open(row.payload)[1] for row in connection.execute(rows)]

    def items(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every row with its key, oldest first."""
        rows = select(_STORED).where(register.c.register == self.name).order_by(register.c.seq)
        with self.transaction() as connection:
            found = connection.execute(rows).all()
        for row in found:
            yield self._open(row.payload)

    def erase(self, row_key: str) -> int:
        """Remove the rows under a key, and with them the salts of their commitments; the journal keeps the count."""
        with self.transaction() as connection:
            gone = connection.execute(self._rows_of(row_key)).rowcount
            if gone:
                journal.append(connection, self.key, "register.erased", {"register": self.name, "rows": gone})
        return gone

    def __len__(self) -> int:
        """How many rows there are."""
        with self.transaction() as connection:
            return connection.execute(select(func.count()).select_from(register).where(register.c.register == self.name)).scalar_one()

    def _state(self, connection: Connection) -> str:
        ours = register.c.register == self.name
        count = connection.execute(select(func.count()).select_from(register).where(ours)).scalar_one()
        last = connection.execute(select(register.c.commitment).where(ours).order_by(register.c.seq.desc()).limit(1)).scalar()
        return f"{count}:{last}"

    def _rows_of(self, row_key: str) -> Any:  # noqa: ANN401 - SQLAlchemy's Delete
        return delete(register).where(register.c.register == self.name, register.c.lookup == self._lookup(row_key))

    def _add(self, connection: Connection, rows: list[tuple[str, Mapping[str, Any]]], replaced: int = 0) -> str:
        sealed = [self._seal(row_key, value) for row_key, value in rows]
        commitments = [row["commitment"] for row in sealed]
        counts = {"rows": len(sealed)} | ({"replaced": replaced} if replaced else {})
        facts = {"register": self.name, **counts, "commitments_sha256": journal.commitments_digest(commitments)}
        entry = journal.append(connection, self.key, "register.added", facts)
        if sealed:
            connection.execute(register.insert(), sealed)
            places = [{"entry": entry, "position": at, "commitment": one} for at, one in enumerate(commitments)]
            connection.execute(commitment.insert(), places)
        return entry

    def _seal(self, row_key: str, value: Mapping[str, Any]) -> dict[str, Any]:
        plain = json.dumps([row_key, value], sort_keys=True, separators=(",", ":"), default=str).encode()
        salt, nonce = secrets.token_bytes(16), secrets.token_bytes(_NONCE)
        return {
            "register": self.name,
            "lookup": self._lookup(row_key),
            "salt": salt,
            "payload": nonce + self._cipher().encrypt(nonce, plain, self.name.encode()),
            "commitment": self._commit(salt, plain),
        }

    def _open(self, payload: object) -> tuple[str, dict[str, Any]]:
        whole = bytes(payload) if isinstance(payload, bytes | bytearray | memoryview) else b""
        try:
            plain = self._cipher().decrypt(whole[:_NONCE], whole[_NONCE:], self.name.encode())
        except (InvalidTag, ValueError):  # ValueError: too short for a nonce
            what = f"a row of the register `{self.name}` was changed or is not this key's."
            raise BadRequest(what, "run `governance ledger verify`.") from None
        row_key, value = json.loads(plain)
        return row_key, value

    def _cipher(self) -> AESGCM:
        return AESGCM(self.key.subkey(f"register|{self.name}"))

    def _commit(self, salt: bytes, plain: bytes) -> str:
        return hmac.new(self.key.subkey(f"commitment|{self.name}") + salt, plain, hashlib.sha256).hexdigest()

    def _lookup(self, row_key: str) -> str:
        return hmac.new(self.key.subkey(f"lookup|{self.name}"), row_key.encode(), hashlib.sha256).hexdigest()
