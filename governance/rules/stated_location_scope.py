"""LOC008: the location a person states in the profile is not geocoded, aggregated or kept as a history."""

from collections.abc import Iterator

from governance.model import Column, Evidence, Example, Measure, Rule, Subject, Verdict
from governance.rules.wording import counted, listed, names
from governance.vocabulary import X_PERSONS, Ground, Kind, Outcome


def _stated(subject: Subject) -> tuple[Column, ...]:
    return subject.holding("x.user.stated_location")


def _history(subject: Subject) -> Measure | None:
    people = subject.holding("x.user.id", "x.user.handle")
    return Measure("several", (people[0].name, _stated(subject)[0].name)) if people and subject.kind is not Kind.POSTS else None


def _decide(subject: Subject, evidence: Evidence) -> Iterator[Verdict]:
    stated = _stated(subject)
    geocoded = subject.location if subject.kind is not Kind.POSTS else subject.holding("location.derived")
    if geocoded:
        message = f"{listed(stated)} stands beside {listed(geocoded)}: a profile location is not geocoded"
        yield Verdict(outcome=Outcome.FAIL, message=message, columns=names((*stated, *geocoded)), hint="drop the derived columns.")
    if subject.kind is not Kind.POSTS and not subject.holding(*X_PERSONS, "x.post.id"):
        message = f"{listed(stated)} stands without its account or Post"
        yield Verdict(outcome=Outcome.FAIL, message=message, columns=names(stated), hint="keep it with its account, or drop it.")
    undeclared = tuple(c for c in stated if not c.declared)
    if undeclared and subject.kind is not Kind.POSTS:
        hint = "declare the column `holds: x.user.stated_location` in governance.yml if it is a match attribute, else drop it."
        message = f"{listed(undeclared)} holds stated profile locations and is not declared"
        yield Verdict(outcome=Outcome.FAIL, message=message, columns=names(undeclared), hint=hint)
    history = _history(subject)
    if history and evidence[history]:
        message = f"{counted(evidence[history], subject, 'people')} have two or more stated locations: a history"
        yield Verdict(outcome=Outcome.FAIL, message=message, columns=names(stated), count=evidence[history], hint="keep the latest only.")


_ACCOUNT = {"user_id": ("x.user.id", ["12", "13"]), "stated": ("x.user.stated_location", ["a town", ""])}

RULE = Rule(
    code="LOC008",
    slug="stated-location-scope",
    clause="stated-location-scope",
    ground=Ground.POLICY,
    kinds=frozenset(Kind) - {Kind.HEAT_MAP},
    summary="A stated profile location stays in its Post row or is a declared match attribute: not geocoded, not aggregated, no history.",
    applies=lambda subject: bool(_stated(subject)),
    measures=lambda subject: [m for m in [_history(subject)] if m],
    decide=_decide,
    compliant=(Example(title="a declared match attribute", kind=Kind.WORKING, columns=_ACCOUNT),),
    violating=(
        Example(title="geocoded", kind=Kind.WORKING, columns={**_ACCOUNT, "lat": ("location.derived", [48.1, None])}),
        Example(
            title="a history",
            kind=Kind.WORKING,
            columns={"user_id": ("x.user.id", ["12", "12"]), "stated": ("x.user.stated_location", ["a town", "a city"])},
        ),
        Example(title="apart from its account", kind=Kind.WORKING, columns={"stated": _ACCOUNT["stated"]}),
    ),
)
