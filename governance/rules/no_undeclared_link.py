"""OFX007: X Content beside an off-X identifier is an association: it needs the match gate."""

from collections.abc import Iterator

from governance.model import Column, Evidence, Example, Rule, Subject, Verdict
from governance.rules.wording import listed, names
from governance.vocabulary import OFF_X_IDENTIFIERS, Family, Ground, Kind, Outcome, Status


def _sides(subject: Subject) -> tuple[tuple[Column, ...], tuple[Column, ...]]:
    """What is of X and what names someone off X; the two ids of a table of consents are its purpose, and no link."""
    x_side = tuple(c for c in subject.columns if c.family is Family.X or c.is_x_location or c.label == "match.x_user_id")
    off_x = tuple(c for c in subject.columns if _names_someone(c))
    pair = {c.label for c in (*x_side, *off_x)} <= {"match.x_user_id", "match.off_x_id"}
    return ((), ()) if pair and subject.kind is Kind.CONSENTS else (x_side, off_x)


def _names_someone(column: Column) -> bool:
    """An identifier, an address, or what was declared a mere attribute and is an identifier."""
    hidden = column.label == "off_x.attribute" and column.found in OFF_X_IDENTIFIERS and column.found_status is Status.CONFIRMED
    return hidden or column.label in {*OFF_X_IDENTIFIERS, "match.off_x_id"} or column.is_off_x_location


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
    kinds=frozenset({Kind.POSTS, Kind.WORKING, Kind.RECORDS, Kind.HEAT_MAP, Kind.SHARE, Kind.CONSENTS}),
    summary="No table holds X Content, ids and anything derived included, beside off-X identifiers without a match decision on record.",
    applies=lambda subject: all(_sides(subject)),
    decide=_decide,
    compliant=(
        Example(
            title="off-X people with the handle they gave",
            kind=Kind.RECORDS,
            columns={"customer": ("off_x.person", ["c1"]), "handle": ("off_x.attribute", ["someone"])},
        ),
        Example(
            title="who consented, for which account",
            kind=Kind.CONSENTS,
            columns={"off_x_id": ("match.off_x_id", ["c1"]), "x_user_id": ("match.x_user_id", ["11"])},
        ),
        Example(title="accounts alone", kind=Kind.WORKING, columns={"user_id": ("x.user.id", ["12"])}),
    ),
    violating=(
        Example(
            title="a handle beside an e-mail", kind=Kind.WORKING, columns={"h": ("x.user.handle", ["a"]), "mail": ("off_x.person", ["b"])}
        ),
        Example(
            title="an address called an attribute",
            kind=Kind.WORKING,
            columns={"h": ("x.user.handle", ["a"]), "mail": ("off_x.attribute", ["b"])},
            found={"mail": ("off_x.person", Status.CONFIRMED)},
        ),
        Example(
            title="edges outside a data set of matches",
            kind=Kind.RECORDS,
            columns={"x": ("match.x_user_id", ["11"]), "c": ("match.off_x_id", ["c1"])},
        ),
        Example(title="Post text beside a device", kind=Kind.POSTS, columns={"t": ("x.post.text", ["a"]), "d": ("off_x.device", ["b"])}),
    ),
)
