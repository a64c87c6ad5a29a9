"""The words of the policy and of this library: kinds, labels, outcomes, provenance.

Nothing here knows data. Every other module speaks in these words, so a report, a ledger row and a governance.yml mean the same thing.
"""

import re
from enum import StrEnum


class Kind(StrEnum):
    """What a data set is for; it decides which rules apply."""

    POSTS = "posts"
    WORKING = "working"
    HEAT_MAP = "heat_map"
    RECORDS = "records"
    MATCHES = "matches"
    CONSENTS = "consents"
    SHARE = "share"


EGRESS: frozenset[Kind] = frozenset({Kind.SHARE, Kind.HEAT_MAP})
"""The kinds that leave: nothing of them is waived, put in a baseline or only reported."""


class Outcome(StrEnum):
    """SARIF's words for what a check found; `open` could not be decided and is enforced as fail."""

    PASS = "pass"  # noqa: S105 - an outcome, not a password
    FAIL = "fail"
    REVIEW = "review"
    NOT_APPLICABLE = "notApplicable"
    OPEN = "open"


class Ground(StrEnum):
    """Where a check comes from: a clause of the policy, or a choice of ours (only `ours` can be waived)."""

    POLICY = "policy"
    OURS = "ours"


class Status(StrEnum):
    """How sure a label is: declared by a person, or confirmed / in review / none by the detector."""

    DECLARED = "declared"
    CONFIRMED = "confirmed"
    REVIEW = "review"
    NONE = "none"


class Provenance(StrEnum):
    """How a value came to us, from best to worst; only the first three can match without consent."""

    SELF_PROVIDED = "self_provided"
    PUBLIC_RESOURCE = "public_resource"
    PUBLIC_X = "public_x"
    OBSERVED = "observed"
    INFERRED = "inferred"
    THIRD_PARTY = "third_party"
    UNKNOWN = "unknown"


class MatchBasis(StrEnum):
    """The ground of an association of X Content with an off-X identifier. THIRD_PARTY never suffices."""

    EXPRESS_OPT_IN = "EXPRESS_OPT_IN"
    SELF_PROVIDED = "SELF_PROVIDED"
    PUBLIC_DATA = "PUBLIC_DATA"
    THIRD_PARTY = "THIRD_PARTY"


class Family(StrEnum):
    """The family of a label, as reports group them."""

    LOCATION = "location"
    OFF_X = "offx"
    X = "x"
    MATCH = "match"
    HEAT_MAP = "heat_map"
    NONE = "none"


PLAIN_LABELS: frozenset[str] = frozenset(
    [
        *(f"x.post.{part}" for part in ("id", "text", "created_at", "hashtag", "object", "other")),
        *(f"x.user.{part}" for part in ("id", "handle", "display_name", "bio", "stated_location", "other")),
        "x.private",
        *(f"location.{part}" for part in ("latitude", "longitude", "point", "place", "derived")),
        *(f"off_x.{part}" for part in ("person", "household", "device", "browser")),
        *(f"off_x.{part}" for part in ("attribute", "relationship_since", "relationship_until")),
        *(f"match.{part}" for part in ("x_user_id", "off_x_id", "basis", "status")),
        *(f"heat_map.{part}" for part in ("cell", "people", "posts", "window", "group")),
        "none",
    ],
)
"""Every label but the cells, which carry their resolution: `location.cell:7`."""

CELL_LABEL = re.compile(r"location\.cell:(?P<resolution>1[0-5]|[0-9])")
OFF_X_IDENTIFIERS: frozenset[str] = frozenset({"off_x.person", "off_x.household", "off_x.device", "off_x.browser"})
X_PERSONS: frozenset[str] = frozenset({"x.user.id", "x.user.handle", "x.user.display_name"})
POST_CONTENT: frozenset[str] = frozenset({"x.post.text", "x.post.object"})

_FAMILIES = (
    ("location.", Family.LOCATION),
    ("off_x.", Family.OFF_X),
    ("x.", Family.X),
    ("match.", Family.MATCH),
    ("heat_map.", Family.HEAT_MAP),
)


def is_label(text: str) -> bool:
    """Whether `text` is a label a column can hold.

    >>> is_label("location.cell:7"), is_label("location.cell:16"), is_label("lat")
    (True, False, False)
    """
    return text in PLAIN_LABELS or CELL_LABEL.fullmatch(text) is not None


def family(label: str) -> Family:
    """The family a label belongs to.

    >>> str(family("off_x.device"))
    'offx'
    """
    return next((name for prefix, name in _FAMILIES if label.startswith(prefix)), Family.NONE)


def cell_resolution(label: str) -> int | None:
    """The H3 resolution a `location.cell:N` label names, None for any other label.

    >>> cell_resolution("location.cell:7"), cell_resolution("location.point")
    (7, None)
    """
    found = CELL_LABEL.fullmatch(label)
    return int(found["resolution"]) if found else None
