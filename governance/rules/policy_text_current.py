"""ATT: the policy text that these rules were read from is still fresh."""

from collections.abc import Iterator
from datetime import date

from governance.model import Evidence, Example, Rule, Subject, Verdict
from governance.vocabulary import Ground, Kind, Outcome

_DAYS = 90


def _decide(subject: Subject, _evidence: Evidence) -> Iterator[Verdict]:
    read_at = subject.facts.get("policy_read_at", "")
    if not read_at:
        yield Verdict(outcome=Outcome.OPEN, message="no date says when the policy was read", hint="reinstall the package.")
        return
    age = (subject.as_of - date.fromisoformat(read_at)).days
    if age > _DAYS:
        message = f"the policy text was read {age} days ago; it may have changed"
        hint = "update the package, or read the policy and attest `policy-set-reviewed` in governance.yml."
        yield Verdict(outcome=Outcome.REVIEW, message=message, count=age, hint=hint)


def _example(title: str, read_at: str) -> Example:
    return Example(title=title, kind=Kind.WORKING, columns={}, facts={"subject": "project", "policy_read_at": read_at})


RULE = Rule(
    code="ATT017",
    slug="policy-text-current",
    clause="policy-text-current",
    ground=Ground.OURS,
    kinds=frozenset(Kind),
    summary="The policy was read within 90 days; checked once per project, not per data set.",
    applies=lambda subject: subject.facts.get("subject") == "project",
    decide=_decide,
    compliant=(_example("read lately", "2999-01-01"),),
    violating=(_example("read long ago", "2020-01-01"), _example("never read", "")),
)
