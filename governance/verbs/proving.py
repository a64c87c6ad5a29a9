"""What is known of a data set besides its columns: its declared scope, its certificate, when the policy was read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from governance.detection.artifacts import artifact_facts, scan_artifact
from governance.errors import BadRequest, LedgerUnavailable
from governance.ledger import Ledger
from governance.policy import load_policy
from governance.project import Project
from governance.vocabulary import Kind


def facts_of(
    data: Any,  # noqa: ANN401 - whatever people hold
    kind: Kind,
    data_set: str,
    project: Project,
    ledger: "str | Ledger | None",
) -> dict[str, str]:
    """The facts the rules may ask for by name; each is a code or a date."""
    facts = {"policy_read_at": load_policy().read_at.isoformat()}
    declared = project.datasets.get(data_set)
    if declared and declared.scope:
        facts["scope"] = "declared"
    if isinstance(data, str | Path):
        facts |= artifact_facts(scan_artifact(data))
    if kind is Kind.HEAT_MAP:
        facts |= _certificate_facts(data, project, ledger)
    if kind is Kind.MATCHES:
        facts |= _edge_facts(data, data_set, project, ledger)
    return facts


def _edge_facts(data: Any, data_set: str, project: Project, ledger: "str | Ledger | None") -> dict[str, str]:  # noqa: ANN401
    """Which edges stand today; nothing is known where no ledger can be reached, and the rules are undecided."""
    from governance.matching.live import edge_facts

    try:
        return edge_facts(data, data_set, Ledger.open(ledger, project=project), project)
    except LedgerUnavailable:
        return {}


def _certificate_facts(data: Any, project: Project, ledger: "str | Ledger | None") -> dict[str, str]:  # noqa: ANN401
    """Whether the map's certificate stands, and what one that was not altered says of scope and windows."""
    from governance.disclosure.certificate import verify

    if isinstance(data, str | Path) and Path(data).suffix.lower() == ".png":
        return _picture_facts(Path(data))
    try:
        found = _certified(data)
    except BadRequest:  # a certificate beside what is no heat map
        return {"certificate": "altered"}
    if found is None:
        return {"certificate": "missing" if isinstance(data, str | Path) else "absent"}
    records, certificate = found
    state = verify(records, certificate, None)
    if state == "unverifiable":
        state = verify(records, certificate, _key(certificate, project, ledger))
    facts = {"certificate": state}
    if state == "valid":
        facts |= {"scope": "certified", "window": "closed" if certificate.get("window_closed") else "open"}
    elif state == "unverifiable" and _names_scope(certificate):
        facts["scope"] = "unverified"
    return facts


def _names_scope(certificate: Mapping[str, Any]) -> bool:
    scope = certificate.get("scope")
    return isinstance(scope, Mapping) and bool(scope.get("topic") or scope.get("scope"))


def _picture_facts(path: Path) -> dict[str, str]:
    """A picture holds no records: which files of the map lie beside it, if it carries a certificate at all."""
    from governance.reporting.maps.chunks import certificate_in
    from governance.reporting.maps.files import READERS

    try:
        certificate_in(path)
    except BadRequest:
        return {"certificate": "missing"}
    beside = next((suffix for suffix in READERS if path.with_suffix(suffix).is_file()), "")
    return {"certificate": "picture", "beside": beside}


def _certified(data: Any) -> tuple[Any, Mapping[str, Any]] | None:  # noqa: ANN401 - whatever people hold
    """The records and the certificate of a heat map, or None where no certificate came along."""
    from governance.reporting.maps import HeatMap, read_heat_map
    from governance.reporting.maps.memory import carried

    if isinstance(data, HeatMap):
        return data.to_arrow(), data.certificate
    if not isinstance(data, str | Path):
        return carried(data)
    try:
        return read_heat_map(data)
    except BadRequest:
        return None


def _key(certificate: Mapping[str, Any], project: Project, ledger: "str | Ledger | None") -> bytes | None:
    """The key the certificate was sealed with, if the ledger at hand knows the release."""
    from governance.disclosure.certificate import CERTIFICATE_KEY

    try:
        book = Ledger.open(ledger, project=project)
        known = any(entry.facts.get("release") == certificate.get("release") for entry in book.entries("release"))
    except LedgerUnavailable:
        return None
    return book.subkey(CERTIFICATE_KEY) if known else None
