"""The shape of governance.yml as typed structs; the JSON Schema that ships with the package is made from them."""

from datetime import date
from typing import Annotated, Any, Literal

import msgspec

from governance.vocabulary import CELL_LABEL, PLAIN_LABELS, Kind, Provenance

_PLAIN = "|".join(sorted(label.replace(".", r"\.") for label in PLAIN_LABELS))
_LABEL = f"^(?:{_PLAIN}|{CELL_LABEL.pattern.replace('?P<resolution>', '?:')})$"
Label = Annotated[str, msgspec.Meta(pattern=_LABEL, title="Label", description="what a column holds")]
_OF_X = "|".join(sorted(label.replace(".", r"\.") for label in PLAIN_LABELS if label.startswith("x.")))
Attribute = Annotated[str, msgspec.Meta(pattern=rf"^(?:{_OF_X}|off_x\.[a-z_.*]+)$", description="what is said of a person or an account")]
Claim = Annotated[str, msgspec.Meta(pattern=rf"^(?:{_OF_X}|off_x\.[a-z_.]+|)$", description="what an off-X column claims to be")]
Term = Annotated[str, msgspec.Meta(pattern=r"[^#\s]", description="#hashtag or keyword")]
Duration = Annotated[str, msgspec.Meta(pattern=r"^[0-9]+[dh]$", description="days or hours: 7d, 24h")]


class _Node(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mapping of governance.yml: unknown keys are refused."""


class Limits(_Node, frozen=True, kw_only=True):
    """`thresholds`: the numbers that are ours and not the policy's."""

    minimum_people: Annotated[int, msgspec.Meta(ge=5)] = 10
    finest_resolution: Annotated[int, msgspec.Meta(ge=0, le=15)] = 7
    state_max_age: Duration = "7d"


class Purpose(_Node, frozen=True, kw_only=True):
    """A use that was described to X and approved; dotted names are children of their parents."""

    description: Annotated[str, msgspec.Meta(min_length=1)]
    approved_at: date | None = None
    owner: str = ""
    own_cells: bool = False


class Scope(_Node, frozen=True, kw_only=True):
    """A declared collection: which Posts were collected, by which rule, for which purpose."""

    collected_by: Annotated[str, msgspec.Meta(min_length=1)]
    purpose: str
    sensitive: bool = False
    exclude_accounts: str = ""


class ApprovedMap(_Node, frozen=True, kw_only=True):
    """The maps that an approval is for: settings of `heat_map`; what is left out is as in a call without it."""

    topic: tuple[Term, ...] = ()
    scope: str = ""
    groups: dict[str, tuple[Term, ...]] = {}
    regions: dict[str, Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]] = {}
    window: Literal["day", "week", "month"] = "week"
    timezone: str = "UTC"
    minimum_people: Annotated[int, msgspec.Meta(ge=5)] | None = None
    finest: Annotated[int, msgspec.Meta(ge=0, le=8)] | None = None
    coarsest: Annotated[int, msgspec.Meta(ge=0, le=8)] = 3
    strategy: Literal["residual", "merge", "fixed"] = "residual"
    assign: Literal["random", "modal"] = "random"
    include_posts: bool = False


class SeriesApproval(_Node, frozen=True, kw_only=True):
    """Who approved the maps of a series, which maps, and for how long."""

    approves: ApprovedMap
    approver: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    approved_at: date
    expires_at: date


class Releases(_Node, frozen=True, kw_only=True):
    """`releases`: what holds for every heat map of this deployment."""

    approval: Literal["optional", "required"] = "optional"
    series: dict[str, SeriesApproval] = {}
    sensitive_topics: tuple[Term, ...] = ()
    exclude_accounts: str = ""


class Source(_Node, frozen=True, kw_only=True):
    """Where off-X values come from, and so on which ground they may be matched."""

    provenance: Provenance
    relationship: str = ""
    relationship_since: date | None = None
    relationship_until: date | None = None
    collected_for: tuple[str, ...] = ()
    url: str = ""
    checked_at: date | None = None
    behind_login: bool = False
    valid_until: date | None = None
    notice: str = ""
    parents: tuple[str, ...] = ()
    description: str = ""


class Expectation(_Node, frozen=True, kw_only=True):
    """A reviewed answer to: would a person expect information of this provenance to be used for this purpose."""

    provenance: Provenance
    attribute: Attribute
    collected_for: str
    purpose: str
    status: Literal["expected", "unexpected", "uncertain"]
    rationale: str
    reviewer: str
    reviewed_at: date
    expires_at: date


class ColumnDeclaration(_Node, frozen=True, kw_only=True):
    """What a column holds, and for off-X columns where it comes from."""

    holds: Label = "none"
    claims: Claim = ""
    source: str = ""
    provenance: Provenance | None = None
    derived_from: tuple[str, ...] = ()
    reason: str = ""
    paths: dict[str, Label] = {}


class DataSet(_Node, frozen=True, kw_only=True):
    """A data set of this deployment: where it is, what it is for, what its columns hold."""

    kind: Kind
    location: str = ""
    mode: Literal["enforce", "report"] = "enforce"
    purpose: str = ""
    source: str = ""
    scope: str = ""
    provenance_column: str = ""
    post_store: bool = False
    columns: dict[str, ColumnDeclaration] = {}
    description: str = ""
    uri: str = ""


class Recipient(_Node, frozen=True, kw_only=True):
    """Someone data leaves to."""

    entity: str
    terms_accepted_at: date | None = None
    contact: str = ""


class Attestation(_Node, frozen=True, kw_only=True):
    """A statement that no check can make: who said it, when, on which evidence, until when."""

    statement: str
    by: str
    at: date
    evidence: str = ""
    expires_at: date | None = None


class Waiver(_Node, frozen=True, kw_only=True):
    """An accepted finding of a rule that is ours; one that is the policy's can't be waived."""

    rule: Annotated[str, msgspec.Meta(pattern=r"^(?:[A-Z]{3}[0-9]{3}|[A-Z]+(?:_[A-Z]+)+)$")]
    data_set: str
    reason: Annotated[str, msgspec.Meta(min_length=1)]
    approver: Annotated[str, msgspec.Meta(min_length=1)]
    expires_at: date


class ProjectFile(_Node, frozen=True, kw_only=True):
    """governance.yml."""

    version: Literal[1]
    controller: str = ""
    ledger: str = ""
    thresholds: Limits = Limits()
    purposes: dict[str, Purpose] = {}
    scopes: dict[str, Scope] = {}
    sources: dict[str, Source] = {}
    expectations: tuple[Expectation, ...] = ()
    datasets: dict[str, DataSet] = {}
    recipients: dict[str, Recipient] = {}
    attestations: dict[str, Attestation] = {}
    waivers: tuple[Waiver, ...] = ()
    releases: Releases = Releases()


def json_schema() -> dict[str, Any]:
    """The JSON Schema of governance.yml, as editors and `governance doctor` use it."""
    schema = msgspec.json.schema(ProjectFile)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "governance.yml", **schema}
