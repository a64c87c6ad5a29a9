"""Accounts that are gone: their ids leave the registers of consents and objections; a keyed hash stays, so that what was said still counts.

An id is replaced by `#` and a hash that only this deployment's key gives. A decision puts the id back where it meets it in the accounts of
the moment: an objection holds if the account returns, and nobody can read from the ledger which account it was.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute

from governance.engines.plan import literal, quoted
from governance.ledger import Ledger
from governance.matching.keys import text_of, timestamp
from governance.matching.looks import latest, looked_until
from governance.matching.tables import attach, connect

pc: Any = pyarrow.compute
MARK = "#"
GONE = ("deleted", "suspended", "withheld")
"""The states in which an account's id is erased."""
_DOMAIN = "|account|"
_REGISTERS = ("consents", "objections")
_MAY_NAME_IT = ("binding_evidence", "evidence_uri")


def salt_of(ledger: Ledger) -> str:
    """The secret that keys the hashes of values and ids."""
    return ledger.subkey("match|values").hex()[:32]


def hidden(salt: str, user_id: str) -> str:
    """What stands for an erased id.

    >>> hidden("secret", "11") == hidden("secret", "11") != hidden("other", "11")
    True
    """
    return MARK + hashlib.sha256(f"{salt}{_DOMAIN}{user_id}".encode()).hexdigest()


def hidden_sql(salt: str, column: str) -> str:
    """The same, in SQL."""
    return f"concat('{MARK}', sha256(concat({literal(salt + _DOMAIN)}, {column})))"


def without_erased(ledger: Ledger, rows: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Rows to be imported, without the ids that were erased before."""
    erased = {row["x_user_id"] for name in _REGISTERS for _, row in ledger.register(name).items() if _is_hidden(row)}
    salt = salt_of(ledger)
    return [_covered(row, salt) if erased and hidden(salt, row.get("x_user_id", "")) in erased else dict(row) for row in rows]


def erase_gone(ledger: Ledger, accounts: Any) -> int:  # noqa: ANN401 - whatever people hold
    """Erase the ids of accounts that are deleted, suspended or withheld; how many rows of the registers changed."""
    held = {
        row["x_user_id"] for name in _REGISTERS for _, row in ledger.register(name).items() if row.get("x_user_id") and not _is_hidden(row)
    }
    gone = _gone(held, accounts) if held else set()
    return sum(_erase(ledger, name, gone) for name in _REGISTERS) if gone else 0


def _gone(held: Iterable[str], accounts: Any) -> set[str]:  # noqa: ANN401 - whatever people hold
    """Which of these accounts are gone at the latest look."""
    with connect() as connection:
        types = attach(connection, "accounts", accounts, ["user_id"], ("state", "state_checked_at"))
        if "state" not in types:
            return set()
        connection.register("held", pa.table({"user_id": sorted(held)}))
        looked = "CAST(NULL AS TIMESTAMP) AS checked_at, CAST(NULL AS TIMESTAMP) AS checked_until"
        if kind := types.get("state_checked_at"):
            looked = f"{timestamp('state_checked_at', kind)} AS checked_at, {looked_until('state_checked_at', kind)} AS checked_until"
        user = text_of(quoted("user_id"), types["user_id"])
        rows = f"SELECT {user} AS user_id, lower(trim({text_of('state')})) AS state, {looked} FROM accounts"
        ours = f"SELECT * FROM ({rows}) WHERE user_id IN (SELECT user_id FROM held)"
        states = ", ".join(map(literal, GONE))
        found = connection.execute(f"SELECT user_id FROM ({latest(ours)}) WHERE state IN ({states})").fetchall()
    return {str(user) for (user,) in found}


def _erase(ledger: Ledger, name: str, gone: set[str]) -> int:
    register, salt = ledger.register(name), salt_of(ledger)
    by_key: dict[str, list[dict[str, Any]]] = {}
    for key, row in register.items():
        by_key.setdefault(key, []).append(row)
    changed = 0
    for key, rows in by_key.items():
        named = [row.get("x_user_id") in gone for row in rows]
        if any(named):
            anew = [_covered(row, salt) if one else row for row, one in zip(rows, named, strict=True)]
            register.replace(key, [(_key(name, key, row), row) for row in anew])
            changed += sum(named)
    return changed


def _key(name: str, key: str, row: Mapping[str, Any]) -> str:
    """The key of a row: an objection's is made of the ids it names."""
    return f"{row.get('off_x_id', '')}\x1f{row['x_user_id']}" if name == "objections" and row.get("x_user_id") else key


def _covered(row: Mapping[str, str], salt: str) -> dict[str, str]:
    user = row["x_user_id"]
    other = hidden(salt, user)
    number = re.compile(rf"(?<!\w){re.escape(user)}(?!\w)")
    return {**row, **{name: number.sub(other, row[name]) for name in _MAY_NAME_IT if name in row}, "x_user_id": other}


def _is_hidden(row: Mapping[str, Any]) -> bool:
    return str(row.get("x_user_id", "")).startswith(MARK)


def register_named(connection: duckdb.DuckDBPyConnection, salt: str, tables: Mapping[str, pa.Table], accounts: str) -> None:
    """Make views over registers; ids that were erased are put back where the table `accounts` holds them."""
    for name, table in tables.items():
        if not pc.any(pc.starts_with(table["user_id"], MARK)).as_py():
            connection.register(name, table)
            continue
        connection.register(f"{name}_on_file", table)
        users = f"SELECT DISTINCT user_id, {hidden_sql(salt, 'user_id')} AS hidden FROM {accounts}"
        put_back = "f.* REPLACE (coalesce(u.user_id, f.user_id) AS user_id)"
        connection.execute(
            f"CREATE TEMP TABLE {name} AS SELECT {put_back} FROM {name}_on_file f LEFT JOIN ({users}) u ON u.hidden = f.user_id"
        )
