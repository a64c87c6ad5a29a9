"""The register of consents and objections: imports, withdrawals, and what can be shown of them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from governance.errors import BadRequest
from governance.ledger import Ledger
from governance.matching.consent_files import MEND, read_consents, read_objections
from governance.matching.erasing import hidden, salt_of, without_erased
from governance.matching.inputs import WITHDRAWN

_PAIR = ("off_x_id", "x_user_id")
_OF_ONE = (*_PAIR, "controller")
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
    rows = without_erased(ledger, _of_one_pair(path, read_consents(path, defaults), ledger))
    known = {_frozen(row) for _, row in before}
    new = [row for row in {_frozen(row): row for row in rows}.values() if _frozen(row) not in known]
    if new:
        register.extend([(row["consent_id"], row) for row in new])
        _object_to_withdrawn(ledger, new)
    added = dict(Counter(row["event"] for row in new))
    ledger.record("consent.import", events=added, known=len(rows) - len(new))
    return ImportReport(added, len(rows) - len(new))


def _of_one_pair(path: Path, rows: Sequence[tuple[int, dict[str, str]]], ledger: Ledger) -> list[dict[str, str]]:
    """The events, each with its pair: all events of a consent are of one person, one account and one controller."""
    said: dict[str, dict[str, str]] = {}
    for key, event in ledger.register("consents").items():
        said[key] = _said(event) | said.get(key, {})
    salt = salt_of(ledger)
    for line, row in rows:
        before = said.get(row["consent_id"], {})
        for name, value in _said(row).items():
            if before.get(name, value) not in {value, hidden(salt, value)} and value.lower() != before[name].lower():
                hint = f"give another consent an id of its own; {MEND}"
                raise BadRequest.at(path, line, f"`{name}` differs from another event of the same `consent_id`.", hint)
        said[row["consent_id"]] = _said(row) | before
    for line, row in rows:
        missing = [name for name in _PAIR if not row.get(name)]
        if missing and not all(said[row["consent_id"]].get(name) for name in missing):
            hint = "import the consent first, or name `off_x_id` and `x_user_id`."
            raise BadRequest.at(path, line, "the event ends a consent that is not on file.", hint)
        row |= {name: said[row["consent_id"]][name] for name in missing}
    return [row for _, row in rows]


def _said(event: Mapping[str, Any]) -> dict[str, str]:
    return {name: event[name] for name in _OF_ONE if event.get(name)}


def import_objections(ledger: Ledger, path: Path) -> ImportReport:
    """Put the objections of a file on file."""
    register = ledger.register("objections")
    known = {_frozen(row) for _, row in register.items()}
    rows = without_erased(ledger, [_in_full(row) for _, row in read_objections(path)])
    new = [row for row in {_frozen(row): row for row in rows}.values() if _frozen(row) not in known]
    if new:
        register.extend([(objection_key(row), row) for row in new])
    ledger.record("objection.import", objections=len(new), known=len(rows) - len(new))
    return ImportReport({"objections": len(new)} if new else {}, len(rows) - len(new))


def _in_full(row: dict[str, str]) -> dict[str, str]:
    """An objection that is brought stands against consents too; only a withdrawal on file leaves other consents alone."""
    return {name: value for name, value in row.items() if (name, value) != ("reason", WITHDRAWN)}


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
        raise _unknown()
    pair = next((event for event in reversed(events) if event.get("off_x_id")), {})
    row = {"consent_id": consent_id, "event": "withdrawn", "at": (at or datetime.now(UTC)).isoformat(), "precision": "second"}
    row |= {name: pair[name] for name in ("off_x_id", "x_user_id") if name in pair}
    register.append(consent_id, row)
    _object_to_withdrawn(ledger, [row])
    ledger.record("consent.withdrawn", consents=1)
    return row.get("x_user_id", ""), row.get("off_x_id", "")


def _unknown() -> BadRequest:
    hint = "take it from the column `consent_id` of the file that was imported into this ledger; the ledger lists no ids."
    return BadRequest("no consent of this id is on file.", hint)


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
            raise _unknown()
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
