"""LOC005: an aggregate is not a person: enough people per record, cells coarse enough."""

from collections.abc import Iterator

from governance.model import Column, Evidence, Example, Measure, Rule, Subject, Verdict
from governance.rules.wording import counted, names
from governance.vocabulary import Ground, Kind, Outcome

_ROUNDING = 10


def _columns(subject: Subject) -> tuple[Column, Column]:
    return subject.holding("heat_map.cell")[0], subject.holding("heat_map.people")[0]


def _least(subject: Subject) -> int:
    """The least people a record may show: of our own rounded maps, the rounded threshold."""
    k = subject.thresholds.minimum_people
    return min(k, (k + _ROUNDING // 2) // _ROUNDING * _ROUNDING) if subject.facts.get("certificate") == "valid" else k


def _asked(subject: Subject) -> dict[str, Measure]:
    cell, people = _columns(subject)
    return {
        "few": Measure("below", (people.name,), float(_least(subject))),
        "uncounted": Measure("not_numbers", (people.name,)),
        "finer": Measure("finer", (cell.name,), float(_finest(subject))),
        "no_cells": Measure("no_cells", (cell.name,)),
    }


def _finest(subject: Subject) -> int:
    return int(subject.facts.get("finest_resolution", subject.thresholds.finest_resolution))


def _decide(subject: Subject, evidence: Evidence) -> Iterator[Verdict]:
    cell, people = _columns(subject)
    found = {name: evidence[measure] for name, measure in _asked(subject).items()}
    k, finest = subject.thresholds.minimum_people, _finest(subject)
    said = {
        "few": (
            people,
            f"records count fewer than {k} people",
            "pool them into a coarser region or a longer window.",
        ),
        "uncounted": (people, "records have no count of people", "count distinct people, not Posts."),
        "finer": (cell, f"cells are finer than resolution {finest}", "roll up to coarser cells with gov.heat_map."),
        "no_cells": (cell, "records name no H3 cell", "write H3 cells, or declare which column holds them."),
    }
    for name, (column, what, hint) in said.items():
        if found[name]:
            message = f"{counted(found[name], subject, what)}"
            yield Verdict(outcome=Outcome.FAIL, message=message, columns=names([column]), count=found[name], hint=hint)


def _example(title: str, cells: list[str], people: list[int | None]) -> Example:
    return Example(title=title, kind=Kind.HEAT_MAP, columns={"cell": ("heat_map.cell", cells), "people": ("heat_map.people", people)})


RULE = Rule(
    code="LOC005",
    slug="geo-aggregate-min-people",
    clause="geo-aggregate-min-people",
    ground=Ground.OURS,
    kinds=frozenset({Kind.HEAT_MAP}),
    summary="Every record counts at least the minimum of people, and no cell is finer than the finest resolution; both numbers are ours.",
    applies=lambda subject: bool(subject.holding("heat_map.cell") and subject.holding("heat_map.people")),
    measures=lambda subject: _asked(subject).values(),
    decide=_decide,
    compliant=(_example("enough people", ["872830828ffffff", "862830807ffffff"], [20, 10]),),
    violating=(
        _example("a cell of three people", ["872830828ffffff"], [3]),
        _example("a cell too fine", ["892830828c7ffff"], [40]),
        _example("a record without a count", ["872830828ffffff"], [None]),
        _example("no cell at all", ["somewhere"], [40]),
    ),
)
