"""LOC007: what leaves to a recipient holds no location; ids and heat maps may leave."""

from collections.abc import Iterator

from governance.model import Column, Evidence, Example, Rule, Subject, Verdict
from governance.rules.wording import listed, names
from governance.vocabulary import Ground, Kind, Outcome


def _leaving(subject: Subject) -> tuple[Column, ...]:
    return (*subject.location, *subject.holding("x.user.stated_location"))


def _decide(subject: Subject, _evidence: Evidence) -> Iterator[Verdict]:
    leaving = _leaving(subject)
    message = f"{listed(leaving)} would leave to a recipient"
    hint = "share Post ids (the recipient fetches the Posts), or publish a heat map with gov.heat_map."
    yield Verdict(outcome=Outcome.FAIL, message=message, columns=names(leaving), hint=hint)


RULE = Rule(
    code="LOC007",
    slug="no-location-export",
    clause="no-location-export",
    ground=Ground.POLICY,
    kinds=frozenset({Kind.SHARE}),
    summary="An export to a recipient carries ids or aggregates; others are not permitted to aggregate location either.",
    applies=lambda subject: bool(_leaving(subject)),
    decide=_decide,
    compliant=(Example(title="Post ids", kind=Kind.SHARE, columns={"id": ("x.post.id", ["15"])}),),
    violating=(
        Example(
            title="ids with cells", kind=Kind.SHARE, columns={"id": ("x.post.id", ["15"]), "cell": ("location.cell:7", ["872830828ffffff"])}
        ),
    ),
)
