"""Why a pair, a record or an account is refused: one code each, the most specific one.

The number of a reason is its place in the chain of checks: the higher, the closer the case came to being permitted. Plans written in SQL
carry the numbers; people read the codes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from governance.vocabulary import Ground, Provenance


@dataclass(frozen=True, slots=True)
class Reason:
    """One ground of refusal: its code, who set it (the policy or we), and what to do about it."""

    number: int
    code: str
    ground: Ground
    hint: str


_P, _O = Ground.POLICY, Ground.OURS
_ALL = (
    Reason(1, "PURPOSE_PROHIBITED", _P, "no basis permits this purpose; match for a purpose that serves the person."),
    Reason(10, "PROVENANCE_UNKNOWN", _P, "declare where the column comes from: `source:` in governance.yml."),
    Reason(11, "PROVENANCE_THIRD_PARTY", _P, "bought or appended data needs the person's express opt-in."),
    Reason(12, "PROVENANCE_INFERRED", _P, "inferred data needs the person's express opt-in."),
    Reason(13, "PROVENANCE_OBSERVED", _P, "observed data needs the person's express opt-in."),
    Reason(20, "X_ATTRIBUTE_NOT_PUBLIC", _P, "compare handle, name, bio, stated profile location, public Post text or the numeric id."),
    Reason(30, "FACT_STALE", _P, "check the source again; what was withdrawn or is no longer public can't be used."),
    Reason(31, "NO_DIRECT_RELATIONSHIP", _P, "declare the relationship and since when it stands; it must be older than the match."),
    Reason(32, "PUBLIC_RESOURCE_UNPROVEN", _P, "give the source's `url` and `checked_at`; a page behind a login is not public."),
    Reason(40, "EXPECTATION_NOT_ASSESSED", _P, "have a person assess it: a row under `expectations:`."),
    Reason(41, "EXPECTATION_UNEXPECTED", _P, "ask for express opt-in; people would not expect this use."),
    Reason(50, "X_STATE_UNKNOWN", _P, "bring the account's `state`."),
    Reason(51, "X_STATE_STALE", _O, "look the account's state up again and bring `state_checked_at`."),
    Reason(52, "X_PROTECTED", _P, "a protected account is matched with express opt-in only."),
    Reason(53, "X_SUSPENDED", _P, "a suspended account is not matched."),
    Reason(54, "X_WITHHELD", _P, "a withheld account is not matched."),
    Reason(55, "X_DELETED", _P, "a deleted account is not matched."),
    Reason(60, "HANDLE_RENAMED", _P, "handles are recycled: bring the numeric id that stood behind the handle when it was collected."),
    Reason(69, "CONSENT_OTHER_IDENTITY", _P, "the consent names another identity; it covers nobody else."),
    Reason(70, "CONSENT_NOT_EXPRESS", _P, "a login, accepted terms, a pre-ticked box or silence is no opt-in."),
    Reason(71, "CONSENT_BUNDLED", _O, "ask for this consent by itself."),
    Reason(72, "CONSENT_OTHER_CONTROLLER", _P, "the consent must name this project's controller."),
    Reason(73, "CONSENT_PURPOSE", _P, "the consent must name this purpose or a parent of it."),
    Reason(74, "CONSENT_ID_KIND", _P, "the consent must name this kind of identifier; a member does not speak for a household."),
    Reason(75, "CONSENT_BINDING", _O, "bind both identities: X login in the session, challenge Post or signed challenge, with evidence."),
    Reason(76, "CONSENT_NOTICE_SILENT", _P, "the notice must speak of off_x_matching."),
    Reason(77, "CONSENT_NOTICE_UNPROVEN", _O, "keep the notice's id and hash."),
    Reason(78, "CONSENT_NO_EVIDENCE", _O, "keep the evidence's hash."),
    Reason(79, "CONSENT_NOT_BEFORE_ASSOCIATION", _P, "the consent must be given before the association; a day counts from its end."),
    Reason(80, "CONSENT_STATE", _P, "the consent was withdrawn, refused or never given."),
    Reason(81, "CONSENT_EXPIRED", _P, "ask again; the consent has expired."),
    Reason(82, "CONSENT_ATTRIBUTE", _P, "the consent names other attributes."),
    Reason(90, "OBJECTION_ON_FILE", _P, "the person objected; only a new consent lifts it."),
)

REASONS: Mapping[str, Reason] = MappingProxyType({reason.code: reason for reason in _ALL})
"""Every reason by its code, in the order of the chain."""

FOR_NOW = frozenset({"EXPECTATION_NOT_ASSESSED", "X_STATE_UNKNOWN", "X_STATE_STALE", "FACT_STALE"})
"""What can't be confirmed for now: an edge waits for fresh data (`suspended`). Every other refusal ends it.

FACT_STALE waits where a source has run out; a fact that was corrected or is gone ends its edge.
"""

_BY_NUMBER = {reason.number: reason for reason in _ALL}
PROVENANCE_REASON: Mapping[Provenance, Reason] = MappingProxyType(
    {
        Provenance.UNKNOWN: REASONS["PROVENANCE_UNKNOWN"],
        Provenance.THIRD_PARTY: REASONS["PROVENANCE_THIRD_PARTY"],
        Provenance.INFERRED: REASONS["PROVENANCE_INFERRED"],
        Provenance.OBSERVED: REASONS["PROVENANCE_OBSERVED"],
    },
)
"""The refusal each provenance stands for; those that may match are absent."""


def number(code: str) -> int:
    """The place of a code in the chain of checks.

    >>> number("OBJECTION_ON_FILE") > number("PROVENANCE_UNKNOWN")
    True
    """
    return REASONS[code].number


def code(of: int) -> str:
    """The code of a number.

    >>> code(11)
    'PROVENANCE_THIRD_PARTY'
    """
    return _BY_NUMBER[of].code


def most_specific(codes: Iterable[str]) -> str:
    """The code that came closest to being permitted.

    >>> most_specific(["PROVENANCE_THIRD_PARTY", "CONSENT_EXPIRED"])
    'CONSENT_EXPIRED'
    """
    return max(codes, key=number)
