"""LOC003: no store of locations apart from Posts: no gazetteer, no geocoded profiles, no cells with lists of members."""

from collections.abc import Iterator

from governance.model import Column, Evidence, Example, Rule, Subject, Verdict
from governance.rules.wording import listed, names
from governance.vocabulary import Ground, Kind, Outcome


def _keys(subject: Subject) -> tuple[Column, ...]:
    return tuple(c for c in subject.location if c.label in {"location.place", "location.derived"} or c.resolution is not None)


def _member_lists(subject: Subject) -> tuple[Column, ...]:
    return tuple(
        c for c in subject.columns if c.type.startswith(("list", "large_list")) and c.label.startswith(("x.user", "x.post.id", "off_x"))
    )


def _decide(subject: Subject, _evidence: Evidence) -> Iterator[Verdict]:
    keys, members = _keys(subject), _member_lists(subject)
    message = f"{listed(keys)} key{'s' if len(keys) == 1 else ''} a store of places taken from X Content"
    if members:
        message += f", with members listed in {listed(members)}"
    hint = "keep place objects inside their Posts; count people per cell with gov.heat_map."
    yield Verdict(outcome=Outcome.FAIL, message=message, columns=names((*keys, *members)), hint=hint)


RULE = Rule(
    code="LOC003",
    slug="no-location-cache",
    clause="no-location-cache",
    ground=Ground.POLICY,
    kinds=frozenset(Kind) - {Kind.HEAT_MAP, Kind.POSTS},
    summary="No cache or gazetteer of locations from X: nothing keyed by place, geocoded profile or cell apart from the Posts.",
    applies=lambda subject: bool(_keys(subject)) and not subject.holding("x.post.id"),
    decide=_decide,
    compliant=(Example(title="no places", kind=Kind.WORKING, columns={"tag": ("x.post.hashtag", ["flood"])}),),
    violating=(
        Example(
            title="a gazetteer of place ids",
            kind=Kind.WORKING,
            columns={"place_id": ("location.place", ["07d9db48bc083000"]), "name": ("none", ["somewhere"])},
        ),
        Example(
            title="a cell with its members",
            kind=Kind.WORKING,
            columns={"cell": ("location.cell:7", ["872830828ffffff"]), "members": ("x.user.id", [["12", "13"]])},
        ),
    ),
)
