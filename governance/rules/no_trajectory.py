"""LOC002: nobody's movements are kept: no person beside a location, unless it is the Post itself."""

from collections.abc import Iterator

from governance.model import Column, Evidence, Example, Measure, Rule, Subject, Verdict
from governance.rules.wording import counted, listed, names
from governance.vocabulary import OFF_X_IDENTIFIERS, Ground, Kind, Outcome, Status


def _people(subject: Subject) -> tuple[Column, ...]:
    return subject.holding("x.user.id", "x.user.handle", *sorted(OFF_X_IDENTIFIERS))


def _located(subject: Subject) -> tuple[Column, ...]:
    return tuple(c for c in subject.location if c.status is not Status.REVIEW)


def _measures(subject: Subject) -> Iterator[Measure]:
    yield _moving(subject)


def _moving(subject: Subject) -> Measure:
    return Measure("several", (_people(subject)[0].name, _located(subject)[0].name))


def _decide(subject: Subject, evidence: Evidence) -> Iterator[Verdict]:
    people, located = _people(subject), _located(subject)
    moving = evidence[_moving(subject)]
    message = f"{listed(people)} and {listed(located)} put people at places"
    if moving:
        message += f"; {counted(moving, subject, 'people')} at two or more"
    hint = "drop the person or the location; count people per cell with gov.heat_map."
    yield Verdict(outcome=Outcome.FAIL, message=message, columns=names((*people, *located)), count=moving or None, hint=hint)


RULE = Rule(
    code="LOC002",
    slug="no-trajectory",
    clause="no-trajectory",
    ground=Ground.POLICY,
    kinds=frozenset(Kind) - {Kind.HEAT_MAP, Kind.POSTS},
    summary="No table says where people have been: a person key beside any location, an H3 or geohash cell included, is refused.",
    applies=lambda subject: bool(_people(subject) and _located(subject)),
    measures=_measures,
    decide=_decide,
    compliant=(
        Example(title="people without places", kind=Kind.WORKING, columns={"user": ("x.user.id", ["12", "13"])}),
        Example(
            title="an office address of a public directory",
            kind=Kind.RECORDS,
            columns={"member": ("off_x.person", ["a"]), "lat": ("location.latitude", [38.9])},
            provenance={"lat": "public_resource"},
        ),
    ),
    violating=(
        Example(
            title="a cell per person",
            kind=Kind.WORKING,
            columns={"user": ("x.user.id", ["12", "12"]), "cell": ("location.cell:7", ["872830828ffffff", "872830829ffffff"])},
        ),
    ),
)
