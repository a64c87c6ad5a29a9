"""The register of consents and objections: imports, withdrawals, and what can be shown of them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from governance.errors import BadRequest
from governance.ledger import Ledger
from governance.matching.consent_files import read_consents, read_objections
from governance.matching.erasing import without_erased
from governance.matching.inputs import WITHDRAWN

_SHOWN = ("event", "at", "precision", "purposes", "id_kinds", "attributes", "action", "bundled", "notice_topics", "binding", "expires_at")


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How many events were added by kind, and how many were on file already."""

    added: Mapping[str, int]
    known: int

    def __str__(self) -> str:
        """One line of counts."""
        parts = [f"{count} {event}" for event, count in sorted(self.added.items())] or ["nothing new"]
        return ", ".join(parts) + (f"; {self.known} were on file" if self.known else "")


def import_consents(ledger: Ledger, path: Path, defaults: Mapping[str, str] | None = None) -> ImportReport:
    """Append the consent events of a file; the same event twice is stored once.

    Raises
    ------
    BadRequest
        A row is malformed, or a withdrawal names a consent nobody knows; then nothing is imported.

    """
    register = ledger.register("consents")
    before = list(register.items())
    pairs = {key: (row.get("off_x_id"), row.get("x_user_id")) for key, row in before if row.get("off_x_id")}
    rows = read_consents(path, defaults)
    pairs |= {row["consent_id"]: (row["off_x_id"], row["x_user_id"]) for row in rows if row.get("off_x_id") and row.get("x_user_id")}
    for at, row in enumerate(rows, 1):
        if not (row.get("off_x_id") and row.get("x_user_id")):
            if row["consent_id"] not in pairs:
                hint = "import the consent first, or name `off_x_id` and `x_user_id`."
                raise BadRequest(f"{path}: event {at} ends a consent that is not on file.", hint)
            row["off_x_id"], row["x_user_id"] = map(str, pairs[row["consent_id"]])
    rows = without_erased(ledger, rows)
    known = {_frozen(row) for _, row in before}
    new = [row for row in {_frozen(row): row for row in rows}.values() if _frozen(row) not in known]
    if new:
        register.extend([(row["consent_id"], row) for row in new])
        _object_to_withdrawn(ledger, new)
    added = dict(Counter(row["event"] for row in new))
    ledger.record("consent.import", events=added, known=len(rows) - len(new))
    return ImportReport(added, len(rows) - len(new))


def import_objections(ledger: Ledger, path: Path) -> ImportReport:
    """Put the objections of a file on file."""
    register = ledger.register("objections")
    known = {_frozen(row) for _, row in register.items()}
    rows = without_erased(ledger, read_objections(path))
    new = [row for row in {_frozen(row): row for row in rows}.values() if _frozen(row) not in known]
    if new:
        register.extend([(objection_key(row), row) for row in new])
    ledger.record("objection.import", objections=len(new), known=len(rows) - len(new))
    return ImportReport({"objections": len(new)} if new else {}, len(rows) - len(new))


def withdraw(ledger: Ledger, consent_id: str, at: datetime | None = None) -> tuple[str, str]:
    """Append a withdrawal and put the pair on the objection list; no other basis links it, until a new consent does.

    Returns
    -------
    tuple
        The pair: the account and the person off X.

    Raises
    ------
    BadRequest
        No consent of this id is on file.

    """
    register = ledger.register("consents")
    events = register.all(consent_id)
    if not events:
        raise BadRequest("no consent of this id is on file.", "list what is there with `governance consent show`.")
    pair = next((event for event in reversed(events) if event.get("off_x_id")), {})
    row = {"consent_id": consent_id, "event": "withdrawn", "at": (at or datetime.now(UTC)).isoformat(), "precision": "second"}
    row |= {name: pair[name] for name in ("off_x_id", "x_user_id") if name in pair}
    register.append(consent_id, row)
    _object_to_withdrawn(ledger, [row])
    ledger.record("consent.withdrawn", consents=1)
    return row.get("x_user_id", ""), row.get("off_x_id", "")


def _object_to_withdrawn(ledger: Ledger, events: Iterable[Mapping[str, str]]) -> None:
    rows = [
        {"off_x_id": e["off_x_id"], "x_user_id": e["x_user_id"], "at": e["at"], "precision": e["precision"], "reason": WITHDRAWN}
        for e in events
        if e["event"] == "withdrawn" and e.get("off_x_id") and e.get("x_user_id")
    ]
    if rows:
        ledger.register("objections").extend([(objection_key(row), row) for row in rows])


def objection_key(row: Mapping[str, Any]) -> str:
    """The key of an objection in its register."""
    return f"{row.get('off_x_id', '')}\x1f{row.get('x_user_id', '')}"


def shown(ledger: Ledger, consent_id: str | None = None) -> dict[str, Any]:
    """What is on file: of one consent its events without the identities, of all the counts by last event."""
    if consent_id is not None:
        events = ledger.register("consents").all(consent_id)
        if not events:
            raise BadRequest("no consent of this id is on file.", "list what is there with `governance consent show`.")
        return {"consent": "on file", "events": [{name: event[name] for name in _SHOWN if name in event} for event in events]}
    last: dict[str, str] = {}
    count = 0
    for key, row in ledger.register("consents").items():
        last[key] = row["event"]
        count += 1
    return {
        "consents": len(last),
        "events": count,
        "by_last_event": dict(Counter(last.values())),
        "objections": len(ledger.register("objections")),
    }


def _frozen(row: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(row.items()))
