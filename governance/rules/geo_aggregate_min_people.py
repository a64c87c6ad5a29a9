"""LOC005: an aggregate is not a person: enough people per record, cells coarse enough, windows long enough."""

from collections.abc import Iterator

from governance.model import Column, Evidence, Example, Measure, Rule, Subject, Verdict
from governance.rules.wording import counted, names
from governance.vocabulary import EGRESS, Ground, Kind, Outcome

_ROUNDING = 10


def _least(subject: Subject) -> int:
    """The least people a record may show: of our own rounded maps, whoever can verify them, the rounded threshold."""
    k = subject.thresholds.minimum_people
    return min(k, (k + _ROUNDING // 2) // _ROUNDING * _ROUNDING) if subject.facts.get("certificate") in {"valid", "unverifiable"} else k


def _asked(subject: Subject) -> Iterator[tuple[Column, Measure, str, str]]:
    """What is counted, in which column, what it means and what to do about it."""
    finest = _finest(subject)
    for people in subject.holding("heat_map.people"):
        few = f"records count fewer than {subject.thresholds.minimum_people} people"
        yield people, Measure("below", (people.name,), float(_least(subject))), few, "pool them into a coarser region or a longer window."
        yield people, Measure("no_counts", (people.name,)), "records have no whole number of people", "count distinct people, not Posts."
    for cell in subject.holding("heat_map.cell"):
        fine = f"cells are finer than resolution {finest}"
        yield cell, Measure("finer", (cell.name,), float(finest)), fine, "roll up to coarser cells with gov.heat_map."
        hint = "write H3 cells, or declare which column holds them."
        yield cell, Measure("no_cells", (cell.name,)), "records name no H3 cell", hint
    for posts in subject.holding("heat_map.posts"):
        yield posts, Measure("wrong_counts", (posts.name,)), "records have no whole number of Posts", "count Posts, or drop the column."
    for window in subject.holding("heat_map.window"):
        hint = "pool them into days, weeks or months."
        yield window, Measure("within_a_day", (window.name,)), "windows begin on the same day as another", hint


def _finest(subject: Subject) -> int:
    return int(subject.facts.get("finest_resolution", subject.thresholds.finest_resolution))


def _decide(subject: Subject, evidence: Evidence) -> Iterator[Verdict]:
    for column, measure, what, hint in _asked(subject):
        found = evidence[measure]
        if found:
            yield Verdict(outcome=Outcome.FAIL, message=counted(found, subject, what), columns=names([column]), count=found, hint=hint)


def _example(title: str, cells: list[str], people: list[float | None]) -> Example:
    return Example(title=title, kind=Kind.HEAT_MAP, columns={"cell": ("heat_map.cell", cells), "people": ("heat_map.people", people)})


RULE = Rule(
    code="LOC005",
    slug="geo-aggregate-min-people",
    clause="geo-aggregate-min-people",
    ground=Ground.OURS,
    kinds=EGRESS,
    summary="Enough people in every record, no cell finer than the finest resolution, no window shorter than a day; the numbers are ours.",
    applies=lambda subject: bool(subject.holding("heat_map.cell") and subject.holding("heat_map.people")),
    measures=lambda subject: [measure for _, measure, _, _ in _asked(subject)],
    decide=_decide,
    compliant=(_example("enough people", ["872830828ffffff", "862830807ffffff"], [20, 10]),),
    violating=(
        _example("a cell of three people", ["872830828ffffff"], [3]),
        _example("a cell too fine", ["892830828c7ffff"], [40]),
        _example("a record without a count", ["872830828ffffff"], [None]),
        _example("no cell at all", ["somewhere"], [40]),
        _example("a fine cell that calls itself coarse", ["862830828c7ffff"], [40]),
        _example("a number that is no count", ["872830828ffffff"], [float("nan")]),
        Example(
            title="windows of an hour",
            kind=Kind.HEAT_MAP,
            columns={
                "cell": ("heat_map.cell", ["872830828ffffff"] * 2),
                "people": ("heat_map.people", [40, 50]),
                "window": ("heat_map.window", ["2026-11-23 08:00", "2026-11-23 09:00"]),
            },
        ),
    ),
)
