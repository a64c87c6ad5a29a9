"""Consents as append-only events: reading and checking them row by row. What is inadequate is stored; the decision refuses it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
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
NO_ACTIONS: Final = ("oauth_login", "sign_in", "terms_accepted", "pre_ticked", "implied", "silence", "cookie_banner")
"""What is known, stored, and no express consent."""
BINDINGS: Final = ("x_oauth_session", "challenge_post", "signed_challenge")
NO_BINDINGS: Final = ("email_equal",)
"""What is known, stored, and binds nobody."""
ID_KINDS: Final = ("person", "household", "device", "browser")
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
COLUMNS: Final = ("consent_id", "event", "at", "precision", *TEXTS, "expires_at")
_NEEDED: Final = ("consent_id", "event", "at")
_KNOWN: Final = {
    "action": (*ACTIONS, *NO_ACTIONS),
    "binding": (*BINDINGS, *NO_BINDINGS),
    "id_kinds": (*ID_KINDS, *(f"off_x.{kind}" for kind in ID_KINDS)),
}
_TRUTH: Final = {"true": "true", "yes": "true", "1": "true", "false": "false", "no": "false", "0": "false", "": ""}
_USER_ID = re.compile(r"[0-9]{1,20}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ZONE = re.compile(r"(Z|[+-]\d\d:?\d\d)$")


_COARSEST: Final = "day"
"""How precise a time is taken to be whose `precision` nobody states."""


class Malformed(ValueError):
    """A row that can't be read; its text names columns, never a value."""


def normalised(row: Mapping[str, Any]) -> dict[str, str]:
    """A consent event as the register keeps it.

    Raises
    ------
    Malformed
        A column that says what happened, when or to whom is empty, or one can't be read; the message names the column and the fix.

    """
    event = text_of(row, "event").lower()
    if not text_of(row, "consent_id"):
        raise Malformed("`consent_id` is empty; give each consent an id")
    if event not in EVENTS:
        raise Malformed(f"`event` is {'none of' if event else 'empty; write one of'} {', '.join(EVENTS)}")
    at, precision = read_time(row.get("at"), "at", text_of(row, "precision").lower() or _COARSEST)
    kept = {"consent_id": text_of(row, "consent_id"), "event": event, "at": at, "precision": precision}
    kept |= {name: (_list(row.get(name)) if name in LISTS else text_of(row, name)) for name in TEXTS}
    kept["bundled"] = _truth(kept["bundled"])
    kept |= {name: kept[name].lower() for name in ("action", "binding", "id_kinds", "notice_sha256", "evidence_sha256")}
    kept["expires_at"] = read_time(row["expires_at"], "expires_at")[0] if text_of(row, "expires_at") else ""
    if event in GIVING and not (kept["off_x_id"] and kept["x_user_id"]):
        raise Malformed("`off_x_id` or `x_user_id` is empty; a consent names both identities")
    _check(kept)
    return {name: value for name, value in kept.items() if value}


def _check(kept: Mapping[str, str]) -> None:
    """Refuse what is no value of its column; what is one and does not suffice is for the decision."""
    check_user_id(kept["x_user_id"])
    for name, known in _KNOWN.items():
        if any(word not in known for word in kept[name].strip(";").split(";") if word):
            raise Malformed(f"`{name}` is none of {', '.join(known)}")
    for name in ("notice_sha256", "evidence_sha256"):
        if kept[name] and not _DIGEST.fullmatch(kept[name]):
            raise Malformed(f"`{name}` is no SHA-256 digest; write its 64 hexadecimal digits, or leave it empty")
    if kept["event"] in GIVING and kept["expires_at"] and kept["expires_at"] < kept["at"]:
        raise Malformed("`expires_at` is before `at`; a consent can't end before it was given")


def check_user_id(text: str) -> None:
    """Refuse an account's id that is not made of digits; nothing is fine here."""
    if text and not _USER_ID.fullmatch(text):
        raise Malformed("`x_user_id` is no numeric id; bring ids as text, a handle is none")


def read_time(value: object, column: str, precision: str = "") -> tuple[str, str]:
    """A time as ISO text in UTC, and how precise it is: as stated, but never more precise than it is written. A day is one in UTC.

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
    if moment.tzinfo is None and written != "day":
        raise Malformed(f"`{column}` says no time zone; write it as 2026-11-24T10:00:00Z, or a day as 2026-11-24")
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


def well_spelled(columns: Iterable[str], known: Sequence[str], place: object, line: int) -> None:
    """Refuse a column whose name is nearly that of a known one: left unread, what it says would be lost."""
    for name in sorted(set(columns) - set(known)):
        near = get_close_matches(name.strip().lower(), known, n=1, cutoff=0.85)
        if near and near[0] not in columns:
            raise BadRequest.at(place, line, f"a column looks like `{near[0]}`, and is spelled differently.", f"write `{near[0]}`.")


def text_of(row: Mapping[str, Any], name: str) -> str:
    """A cell as text; empty where there is none."""
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
