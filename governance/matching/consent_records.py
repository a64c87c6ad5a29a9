"""Consent records in the style of ISO/IEC TS 27560: header, notice, purposes, parties and events, and our extension for off-X matching.

The standard names what a consent record holds; it knows nothing of two identities bound to each other. That part stands under
`off_x_matching`: `x_user_id`, `id_kinds`, `attributes`, `action`, `bundled`, `binding`, `binding_evidence`, `evidence_uri`,
`evidence_sha256`.
"""

import re
from collections.abc import Mapping
from typing import Any

from governance.matching.consents import Malformed

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_STATES = {
    "consent_given": "given",
    "consent_renewed": "renewed",
    "consent_withdrawn": "withdrawn",
    "consent_refused": "refused",
    "consent_expired": "expired",
    "consent_invalidated": "invalidated",
    "reaffirmed": "renewed",
    "revoked": "withdrawn",
}


def is_record(row: Mapping[str, Any]) -> bool:
    """Whether a JSON object is a consent record rather than one flat event."""
    names = {_snake(name) for name in row}
    return bool(names & {"record_id", "consent_record_id"}) and bool(names & {"events", "event_schema", "consent_events"})


def events_of(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The events of a record as flat rows; all of them carry what the record says."""
    flat = _snaked(record)
    extension = flat.get("off_x_matching") or {}
    common = {
        "consent_id": flat.get("record_id") or flat.get("consent_record_id"),
        "off_x_id": flat.get("pii_principal_id") or flat.get("data_subject_id"),
        "controller": _controller(flat),
        "purposes": [_named(item, "purpose", "purpose_id", "purpose_type") for item in _several(flat.get("purposes"))],
        **_notice(flat.get("privacy_notice") or flat.get("notice")),
        **extension,
    }
    events = _several(flat.get("events") or flat.get("event_schema") or flat.get("consent_events"))
    if not events:
        raise Malformed("the record holds no `events`")
    return [_event(event, common) for event in events]


def _event(event: Any, common: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - JSON
    if not isinstance(event, Mapping):
        raise Malformed("an item of `events` is no object")
    state = str(event.get("event_state") or event.get("event_type") or event.get("state") or "").lower().replace(" ", "_")
    implied = {"action": "implied"} if "implied" in str(event.get("consent_type", "")).lower() else {}
    own = {name: event[name] for name in ("precision", "expires_at", "action", "evidence_uri", "evidence_sha256") if event.get(name)}
    at = event.get("event_time") or event.get("at")
    return {**common, "event": _STATES.get(state, state.removeprefix("consent_")), "at": at, **own, **implied}


def _notice(notice: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    if not isinstance(notice, Mapping):
        return {"notice_id": notice} if notice else {}
    return {
        "notice_id": _named(notice, "id", "notice_id", "uri"),
        "notice_sha256": _named(notice, "sha256", "hash", "notice_sha256"),
        "notice_topics": notice.get("topics") or notice.get("notice_topics"),
    }


def _controller(record: Mapping[str, Any]) -> str:
    named = record.get("pii_controller") or record.get("controller")
    if named:
        return _named(named, "name", "party_name", "id", "party_id")
    parties = _several(record.get("parties") or record.get("party_identification"))
    found = [p for p in parties if isinstance(p, Mapping) and "controller" in str(p.get("party_role") or p.get("role") or "").lower()]
    return _named(found[0], "name", "party_name", "party_id") if found else ""


def _named(item: Any, *names: str) -> str:  # noqa: ANN401 - JSON
    if isinstance(item, Mapping):
        return str(next((item[name] for name in names if item.get(name)), ""))
    return str(item or "")


def _several(value: Any) -> list[Any]:  # noqa: ANN401 - JSON
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _snake(name: str) -> str:
    return _CAMEL.sub("_", name).lower()


def _snaked(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, Mapping):
        return {_snake(str(name)): _snaked(item) for name, item in value.items()}
    return [_snaked(item) for item in value] if isinstance(value, list) else value
