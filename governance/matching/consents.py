"""Consents as append-only events: reading and checking them row by row. What is inadequate is stored; the decision refuses it."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from governance.errors import BadRequest

EVENTS: Final = ("given", "renewed", "withdrawn", "refused", "expired", "invalidated")
GIVING: Final = ("given", "renewed")
PRECISIONS: Final = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
ACTIONS: Final = ("checkbox_ticked", "button_pressed", "signed_form", "verbal_recorded")
BINDINGS: Final = ("x_oauth_session", "challenge_post", "signed_challenge")
MINIMAL: Final = ("consent_id", "event", "at", "off_x_id", "x_user_id", "purposes", "action", "binding")
"""The least a consents file holds; what else a consent needs to be adequate, `governance doctor` lists."""

LISTS: Final = ("purposes", "id_kinds", "attributes", "notice_topics")
TEXTS: Final = (
    "controller",
    "off_x_id",
    "x_user_id",
    *LISTS,
    "action",
    "bundled",
    "notice_id",
    "notice_sha256",
    "binding",
    "binding_evidence",
    "evidence_uri",
    "evidence_sha256",
)
_NEEDED: Final = ("consent_id", "event", "at")
_TRUTH: Final = {"true": "true", "yes": "true", "1": "true", "false": "false", "no": "false", "0": "false", "": ""}
_DAMAGED_ID = re.compile(r"^@|[eE][+-]?\d+$|\.\d*$|\s")
_ZONE = re.compile(r"(Z|[+-]\d\d:?\d\d)$")


class Malformed(ValueError):
    """A row that can't be read; its text names columns, never a value."""


def normalised(row: Mapping[str, Any]) -> dict[str, str]:
    """A consent event as the register keeps it.

    Raises
    ------
    Malformed
        A needed column is empty or can't be read; the message names the column and the fix.

    """
    event = _text(row, "event").lower() or "given"
    if not _text(row, "consent_id"):
        raise Malformed("`consent_id` is empty; give each consent an id")
    if event not in EVENTS:
        raise Malformed(f"`event` is none of {', '.join(EVENTS)}")
    at, precision = read_time(row.get("at"), "at", _text(row, "precision").lower())
    kept = {"consent_id": _text(row, "consent_id"), "event": event, "at": at, "precision": precision}
    kept |= {name: (_list(row.get(name)) if name in LISTS else _text(row, name)) for name in TEXTS}
    kept["bundled"] = _truth(kept["bundled"])
    kept["action"] = kept["action"].lower()
    kept["binding"] = kept["binding"].lower()
    kept["expires_at"] = read_time(row["expires_at"], "expires_at")[0] if _text(row, "expires_at") else ""
    if event in GIVING and not (kept["off_x_id"] and kept["x_user_id"]):
        raise Malformed("`off_x_id` or `x_user_id` is empty; a consent names both identities")
    if _DAMAGED_ID.search(kept["x_user_id"]):
        raise Malformed("`x_user_id` is no numeric id; bring ids as text, a handle is none")
    return {name: value for name, value in kept.items() if value}


def read_time(value: object, column: str, precision: str = "") -> tuple[str, str]:
    """A time as ISO text in UTC, and how precise it is: as stated, but never more precise than it is written.

    >>> read_time("2026-11-24", "at"), read_time("2026-11-24T10:00:00+02:00", "at")
    (('2026-11-24T00:00:00+00:00', 'day'), ('2026-11-24T08:00:00+00:00', 'second'))
    """
    if precision and precision not in PRECISIONS:
        raise Malformed(f"`precision` is none of {', '.join(PRECISIONS)}")
    written = "second"
    match value:
        case datetime():
            moment = value
        case date():
            moment, written = datetime(value.year, value.month, value.day), "day"  # noqa: DTZ001 - the zone is set below
        case str() if value.strip():
            moment, written = _written_time(value.strip(), column)
        case _:
            raise Malformed(f"`{column}` is empty or no time; write it as 2026-11-24T10:00:00Z")
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    coarsest = max(written, precision or written, key=list(PRECISIONS).index)
    return moment.isoformat(), coarsest


def _written_time(text: str, column: str) -> tuple[datetime, str]:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Malformed(f"`{column}` is no time; write it as 2026-11-24T10:00:00Z") from None
    bare = _ZONE.sub("", text) if ":" in text else text
    written = "day" if ":" not in bare else "minute" if bare.count(":") == 1 else "second"
    return moment, written


def needed_columns(columns: Iterable[str], place: object) -> None:
    """Refuse a file that lacks a column without which no row can be read."""
    known = set(columns)
    missing = [name for name in _NEEDED if name not in known]
    if missing:
        hint = f"the least a consents file holds: {', '.join(MINIMAL)}."
        raise BadRequest.at(place, 1, f"no column `{missing[0]}`: this is no consents file.", hint)


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None or (isinstance(value, float) and value != value):  # noqa: PLR0124 - not a number
        return ""
    return str(value).strip()


def _list(value: Any) -> str:  # noqa: ANN401 - a list or a text
    """A list as `;a;b;`, so that a plan can look a word up without splitting."""
    if value is None or (isinstance(value, float) and value != value):  # noqa: PLR0124 - not a number
        return ""
    parts = value.split(";") if isinstance(value, str) else list(value)
    words = [str(part).strip() for part in parts if str(part).strip()]
    return f";{';'.join(words)};" if words else ""


def _truth(text: str) -> str:
    if text.lower() not in _TRUTH:
        raise Malformed("`bundled` is neither true nor false")
    return _TRUTH[text.lower()]
