"""LOC022: a heat map carries its certificate, and the certificate fits."""

from collections.abc import Iterator

from governance.model import Evidence, Example, Rule, Subject, Verdict
from governance.vocabulary import Ground, Kind, Outcome

_SAID = {
    "altered": (
        Outcome.FAIL,
        "the records or the certificate were changed after the release",
        "publish the file as gov.heat_map wrote it.",
    ),
    "unverifiable": (
        Outcome.OPEN,
        "the certificate can't be verified: the ledger at hand does not know this release",
        "name the ledger the map was released from (--ledger, GOVERNANCE_LEDGER) and its key.",
    ),
    "missing": (Outcome.OPEN, "the file carries no certificate", "write heat maps with gov.heat_map(...).write(path), which adds one."),
}


def _decide(subject: Subject, _evidence: Evidence) -> Iterator[Verdict]:
    state = subject.facts.get("certificate", "missing")
    if state == "picture":
        beside = subject.facts.get("beside")
        named = f"the {beside} file of the same name beside it" if beside else "its .parquet, .geojson, .csv or .html file"
        hint = f"check {named}; `governance audit` finds the release of a picture by its certificate."
        yield Verdict(outcome=Outcome.OPEN, message="a picture holds no records, so its certificate can't be verified", hint=hint)
    elif state in _SAID:
        outcome, message, hint = _SAID[state]
        yield Verdict(outcome=outcome, message=message, hint=hint)
    elif subject.facts.get("window") == "open":
        yield Verdict(
            outcome=Outcome.REVIEW,
            message="the map was released before its window was over, so it is not a finished one",
            hint="make the map of the same series again after the window's end; its certificate then says that the window is closed.",
        )


def _example(title: str, state: str, window: str = "closed") -> Example:
    columns = {"cell": ("heat_map.cell", ["872830828ffffff"]), "people": ("heat_map.people", [20])}
    return Example(title=title, kind=Kind.HEAT_MAP, columns=columns, facts={"certificate": state, "scope": "topic", "window": window})


RULE = Rule(
    code="LOC022",
    slug="heat-map-certificate",
    clause="geo-aggregate-min-people",
    ground=Ground.OURS,
    kinds=frozenset({Kind.HEAT_MAP}),
    summary="A heat-map file carries a certificate whose hash fits its records, whose seal is the ledger's, and whose windows were over.",
    applies=lambda subject: subject.facts.get("certificate") != "absent",
    decide=_decide,
    compliant=(_example("as released", "valid"),),
    violating=(
        _example("edited by hand", "altered"),
        _example("no ledger at hand", "unverifiable"),
        _example("released before its week was over", "valid", "open"),
        _example("a picture of a map", "picture"),
        _example("a file without a certificate", "missing"),
    ),
)
