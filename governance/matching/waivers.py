"""Waivers of the gate's own checks: which are live for a data set, and how an edge says that one was needed.

Only a check that is ours can be waived (`governance.matching.reasons`); what the policy says stands. A decision notes the waivers it needed
as one number, a bit for each code.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType

from governance.errors import BadRequest
from governance.matching.reasons import REASONS
from governance.project import Project
from governance.vocabulary import Ground

BITS: Mapping[str, int] = MappingProxyType(
    {
        "X_STATE_STALE": 1,
        "CONSENT_BUNDLED": 2,
        "CONSENT_BINDING": 4,
        "CONSENT_NOTICE_UNPROVEN": 8,
        "CONSENT_NO_EVIDENCE": 16,
    },
)
"""The bit of each check that can be waived. The numbers stand in ledgers: add to them, and change none."""

_OF_A_RULE = re.compile(r"[A-Z]{3}[0-9]{3}")


def void_waivers(project: Project) -> Iterator[BadRequest]:
    """What is wrong with each waiver that names no check of the gate, or one that is the policy's."""
    for at, waiver in enumerate(project.waivers):
        if _OF_A_RULE.fullmatch(waiver.rule):
            continue
        reason = REASONS.get(waiver.rule)
        if reason is None or reason.ground is Ground.POLICY:
            what = f"`{waiver.rule}` is the policy's and can't be waived." if reason else f"`{waiver.rule}` is no check of the match gate."
            yield project.error(what, "waivers", at, "rule", hint=f"remove it; what can be waived is {', '.join(BITS)}.")


def live_waivers(project: Project, data_set: str, moment: datetime) -> Mapping[str, datetime]:
    """The checks that are waived for a data set at a moment, and until when; the day of `expires_at` is the last, in UTC.

    Parameters
    ----------
    project
        The declarations.
    data_set
        The name of the off-X records; records that are not declared have no waivers.
    moment
        When the decision is made, aware.

    Raises
    ------
    BadRequest
        A waiver of governance.yml names a check that is the policy's, or none at all; names the line.

    """
    for problem in void_waivers(project):
        raise problem
    found: dict[str, datetime] = {}
    for waiver in project.waivers:
        end = datetime.combine(waiver.expires_at, time(), UTC) + timedelta(days=1)
        if waiver.rule in BITS and data_set and waiver.data_set == data_set and moment < end:
            found[waiver.rule] = max(end, found.get(waiver.rule, end))
    return found


def codes_of(bits: int) -> tuple[str, ...]:
    """The codes a number stands for, in the order of the checks.

    >>> codes_of(3)
    ('X_STATE_STALE', 'CONSENT_BUNDLED')
    """
    return tuple(code for code, bit in BITS.items() if bits & bit)
