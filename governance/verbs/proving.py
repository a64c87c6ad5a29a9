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
    """Whether the map's certificate stands, and what a valid one says of scope and resolution."""
    from governance.disclosure.certificate import verify

    found = _certified(data)
    if found is None:
        return {"certificate": "missing" if isinstance(data, str | Path) else "absent"}
    records, certificate = found
    state = verify(records, certificate, None)
    if state == "unverifiable":
        state = verify(records, certificate, _key(certificate, project, ledger))
    facts = {"certificate": state}
    if state == "valid":
        facts |= {"scope": "certified", "window": "closed" if certificate.get("window_closed") else "open"}
    return facts


def _certified(data: Any) -> tuple[Any, Mapping[str, Any]] | None:  # noqa: ANN401 - whatever people hold
    """The records and the certificate of a heat map, or None where no certificate came along."""
    from governance.reporting.maps import HeatMap, read_heat_map

    if isinstance(data, HeatMap):
        return data.to_arrow(), data.certificate
    if not isinstance(data, str | Path):
        return None
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
