"""OFX008: location of Posts is no key to addresses, devices or people off X."""

from collections.abc import Iterator

from governance.model import Column, Evidence, Example, Rule, Subject, Verdict
from governance.rules.wording import listed, names
from governance.vocabulary import Family, Ground, Kind, Outcome, Status


def _sides(subject: Subject) -> tuple[tuple[Column, ...], tuple[Column, ...]]:
    off_x = tuple(c for c in subject.columns if c.family in {Family.OFF_X, Family.MATCH} or c.is_off_x_location)
    return subject.location, off_x


def _decide(subject: Subject, _evidence: Evidence) -> Iterator[Verdict]:
    location, off_x = _sides(subject)
    unsure = all(c.status is Status.REVIEW for c in location) or all(c.status is Status.REVIEW for c in off_x)
    yield Verdict(
        outcome=Outcome.REVIEW if unsure else Outcome.FAIL,
        message=f"location of X ({listed(location)}) stands{' perhaps' if unsure else ''} beside {listed(off_x)} off X",
        columns=names((*location, *off_x)),
        hint="drop the location; match on a handle or a numeric id with gov.match. Declare the source of a location that is not from X.",
    )


RULE = Rule(
    code="OFX008",
    slug="no-location-matching",
    clause="no-location-matching",
    ground=Ground.POLICY,
    kinds=frozenset({Kind.POSTS, Kind.WORKING, Kind.RECORDS, Kind.MATCHES, Kind.SHARE}),
    summary="No table holds location of Posts beside people, addresses, devices or browsers off X, or beside edges.",
    applies=lambda subject: all(_sides(subject)),
    decide=_decide,
    compliant=(
        Example(
            title="the office of a public directory",
            kind=Kind.RECORDS,
            columns={"member": ("off_x.person", ["m1"]), "lat": ("location.latitude", [38.9]), "lon": ("location.longitude", [-77.0])},
            provenance={"lat": "public_resource", "lon": "public_resource"},
        ),
    ),
    violating=(
        Example(
            title="Post coordinates beside a device",
            kind=Kind.WORKING,
            columns={"device": ("off_x.device", ["d1"]), "lat": ("location.latitude", [48.1]), "lon": ("location.longitude", [11.6])},
        ),
        Example(
            title="a place beside an edge",
            kind=Kind.MATCHES,
            columns={
                "x_user_id": ("match.x_user_id", ["11"]),
                "off_x_id": ("match.off_x_id", ["c1"]),
                "town": ("location.place", ["Munich"]),
            },
        ),
    ),
)
