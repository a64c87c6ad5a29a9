"""LOC006: a map of a topic or a declared collection; a map of all of X would be a platform metric."""

from collections.abc import Iterator

from governance.model import Evidence, Example, Rule, Subject, Verdict
from governance.vocabulary import Ground, Kind, Outcome


def _decide(subject: Subject, _evidence: Evidence) -> Iterator[Verdict]:
    if not subject.facts.get("scope"):
        hint = "name the topic in gov.heat_map(topic=...), or declare `scope:` for the data set in governance.yml."
        yield Verdict(outcome=Outcome.FAIL, message="no topic or declared collection is named for this map", hint=hint)


_MAP = {"cell": ("heat_map.cell", ["872830828ffffff"]), "people": ("heat_map.people", [20])}

RULE = Rule(
    code="LOC006",
    slug="geo-aggregate-topic",
    clause="geo-aggregate-topic",
    ground=Ground.POLICY,
    kinds=frozenset({Kind.HEAT_MAP}),
    applies=lambda subject: subject.facts.get("certificate") != "picture",
    summary="A geo aggregate has a declared scope: a topic, or a collection declared in governance.yml.",
    decide=_decide,
    compliant=(Example(title="a topic", kind=Kind.HEAT_MAP, columns=_MAP, facts={"scope": "topic"}),),
    violating=(Example(title="a map of everything", kind=Kind.HEAT_MAP, columns=_MAP),),
)
