"""What the ledger knows of consents, objections and edges, as tables a plan can join."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from governance.ledger import Ledger
from governance.matching.consent_plan import FIELDS
from governance.matching.consents import PRECISIONS

_MOMENT = pa.timestamp("us")
_RENAMED = {"off_id": "off_x_id", "user_id": "x_user_id"}
EVENTS = pa.schema(
    [
        ("seq", pa.int64()),
        ("consent_id", pa.string()),
        ("event", pa.string()),
        ("at_low", _MOMENT),
        ("at_high", _MOMENT),
        *((name, _MOMENT if name == "expires_at" else pa.string()) for name in FIELDS),
    ],
)
OBJECTIONS = pa.schema(
    [("off_id", pa.string()), ("user_id", pa.string()), ("at_low", _MOMENT), ("at_high", _MOMENT), ("withdrawal", pa.bool_())],
)
KNOWN = pa.schema([("user_id", pa.string()), ("fingerprint", pa.int64())])
WITHDRAWN = "consent_withdrawn"
"""The reason of an objection that a withdrawal put on file: it bars every other basis, and no other consent."""


@dataclass(frozen=True, slots=True)
class Registers:
    """The registers a decision reads, each as an Arrow table."""

    consents: pa.Table
    objections: pa.Table
    known: pa.Table
    renamed: pa.Table


def consent_table(events: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Consent events as a plan reads them: when each happened at the earliest and at the latest."""
    rows = []
    for seq, event in enumerate(events):
        low = datetime.fromisoformat(event["at"]).replace(tzinfo=None)
        row = {name: event.get(_RENAMED.get(name, name)) for name in FIELDS}
        if row["expires_at"]:
            row["expires_at"] = datetime.fromisoformat(row["expires_at"]).replace(tzinfo=None)
        high = low + PRECISIONS[event.get("precision", "second")]
        rows.append({**row, "seq": seq, "consent_id": event["consent_id"], "event": event["event"], "at_low": low, "at_high": high})
    return pa.Table.from_pylist(rows, EVENTS)


def objection_table(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Objections as a plan reads them; one without a time always stands."""
    found = []
    for row in rows:
        low = datetime.fromisoformat(row["at"]).replace(tzinfo=None) if row.get("at") else None
        high = low + PRECISIONS[row.get("precision", "second")] if low else None
        ids = {"off_id": row.get("off_x_id"), "user_id": row.get("x_user_id")}
        found.append({**ids, "at_low": low, "at_high": high, "withdrawal": row.get("reason") == WITHDRAWN})
    return pa.Table.from_pylist(found, OBJECTIONS)


def read_registers(ledger: Ledger, known: pa.Table) -> Registers:
    """Everything the ledger holds that decides a match."""
    return Registers(
        consents=consent_table(value for _, value in ledger.register("consents").items()),
        objections=objection_table(value for _, value in ledger.register("objections").items()),
        known=known.select(KNOWN.names).cast(KNOWN),
        renamed=pa.table({"fingerprint": pa.array([int(key) for key, _ in ledger.register("renamed").items()], pa.int64())}),
    )
