"""OFX007: X Content beside an off-X identifier is an association: it needs the match gate."""

from collections.abc import Iterator

from governance.model import Column, Evidence, Example, Rule, Subject, Verdict
from governance.rules.wording import listed, names
from governance.vocabulary import OFF_X_IDENTIFIERS, Family, Ground, Kind, Outcome, Status


def _sides(subject: Subject) -> tuple[tuple[Column, ...], tuple[Column, ...]]:
    x_side = tuple(c for c in subject.columns if c.family is Family.X or c.is_x_location)
    return x_side, subject.holding(*sorted(OFF_X_IDENTIFIERS))


def _decide(subject: Subject, _evidence: Evidence) -> Iterator[Verdict]:
    x_side, off_x = _sides(subject)
    unsure = all(c.status is Status.REVIEW for c in x_side) or all(c.status is Status.REVIEW for c in off_x)
    message = f"{listed(x_side)} of X and {listed(off_x)} off X stand{' perhaps' if unsure else ''} in one table without a match decision"
    hint = "match with gov.match, which decides each pair and stamps its basis; or keep the two sides in separate tables."
    outcome = Outcome.REVIEW if unsure else Outcome.FAIL
    yield Verdict(outcome=outcome, message=message, columns=names((*x_side, *off_x)), hint=hint)


RULE = Rule(
    code="OFX007",
    slug="no-undeclared-link",
    clause="no-undeclared-link",
    ground=Ground.POLICY,
    kinds=frozenset({Kind.POSTS, Kind.WORKING, Kind.RECORDS, Kind.HEAT_MAP, Kind.SHARE}),
    summary="No table holds X Content, ids and anything derived included, beside off-X identifiers without a match decision on record.",
    applies=lambda subject: all(_sides(subject)),
    decide=_decide,
    compliant=(
        Example(
            title="off-X people with the handle they gave",
            kind=Kind.RECORDS,
            columns={"customer": ("off_x.person", ["c1"]), "handle": ("off_x.attribute", ["someone"])},
        ),
        Example(title="accounts alone", kind=Kind.WORKING, columns={"user_id": ("x.user.id", ["12"])}),
    ),
    violating=(
        Example(
            title="a handle beside an e-mail", kind=Kind.WORKING, columns={"h": ("x.user.handle", ["a"]), "mail": ("off_x.person", ["b"])}
        ),
        Example(title="Post text beside a device", kind=Kind.POSTS, columns={"t": ("x.post.text", ["a"]), "d": ("off_x.device", ["b"])}),
    ),
)
