"""What is known of a data set besides its columns: its declared scope, its certificate, when the policy was read."""

from pathlib import Path
from typing import Any

from governance.errors import GovernanceError
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
    if kind is Kind.HEAT_MAP:
        facts |= _certificate_facts(data, project, ledger)
    return facts


def _certificate_facts(data: Any, project: Project, ledger: "str | Ledger | None") -> dict[str, str]:  # noqa: ANN401
    """Whether the map's certificate stands, and what a valid one says of scope and resolution."""
    from governance.reporting.maps import HeatMap, read_heat_map

    try:
        heat = data if isinstance(data, HeatMap) else read_heat_map(Path(data)) if isinstance(data, str | Path) else None
    except GovernanceError:
        heat = None
    if heat is None or not heat.certificate:
        return {"certificate": "absent"}
    return {"certificate": "unverifiable"}
