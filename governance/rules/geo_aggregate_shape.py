"""LOC004: a heat map holds cells, windows, groups and counts, and nothing else."""

from collections.abc import Iterator

from governance.model import Column, Evidence, Example, Measure, Rule, Subject, Verdict
from governance.rules.wording import listed, names
from governance.vocabulary import EGRESS, Family, Ground, Kind, Outcome

ALLOWED = frozenset({"heat_map.cell", "heat_map.people", "heat_map.posts", "heat_map.window", "heat_map.group"})
DESCRIBING = {"resolution": r"([0-9]|1[0-5])(\.0)?", "kind": "full|residual", "area_km2": r"[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?"}
"""What our own files say about a cell beside the counts, and how it is written: all of it follows from the cell."""


def _foreign(subject: Subject) -> tuple[Column, ...]:
    return tuple(c for c in subject.columns if c.label not in ALLOWED and not _plain(c))


def _plain(column: Column) -> bool:
    if column.type.startswith(("list", "large_list", "struct", "map")) or column.family is not Family.NONE:
        return False
    return column.name in DESCRIBING or (column.declared and bool(column.reason))


def _described(subject: Subject) -> dict[Column, Measure]:
    known = (c for c in subject.columns if c.name in DESCRIBING and not c.declared and _plain(c))
    return {c: Measure("unlike", (c.name,), DESCRIBING[c.name]) for c in known}


def _decide(subject: Subject, evidence: Evidence) -> Iterator[Verdict]:
    if not subject.holding("heat_map.cell") or not subject.holding("heat_map.people"):
        hint = "declare which column holds `heat_map.cell` and which `heat_map.people`, or write the map with gov.heat_map."
        yield Verdict(outcome=Outcome.FAIL, message="no column holds the cells or none counts people", hint=hint)
    foreign = (*_foreign(subject), *(column for column, measure in _described(subject).items() if evidence[measure]))
    if foreign:
        message = f"{listed(foreign)} {'is' if len(foreign) == 1 else 'are'} no cell, window, group or count"
        hint = "publish cells, windows, groups and counts only; drop the rest."
        yield Verdict(outcome=Outcome.FAIL, message=message, columns=names(foreign), hint=hint)


def _applies(subject: Subject) -> bool:
    if subject.kind is Kind.HEAT_MAP:
        return subject.facts.get("certificate") != "picture"
    return bool(subject.holding("heat_map."))


_MAP = {"cell": ("heat_map.cell", ["872830828ffffff"]), "people": ("heat_map.people", [20])}

RULE = Rule(
    code="LOC004",
    slug="geo-aggregate-shape",
    clause="geo-aggregate-shape",
    ground=Ground.POLICY,
    kinds=EGRESS,
    summary="A geo aggregate is cells, time buckets, groups and counts: no ids, text, coordinates or their statistics, no lists.",
    applies=_applies,
    measures=lambda subject: _described(subject).values(),
    decide=_decide,
    compliant=(Example(title="cells that count people", kind=Kind.HEAT_MAP, columns=_MAP),),
    violating=(
        Example(title="a mean coordinate", kind=Kind.HEAT_MAP, columns={**_MAP, "mean_lat": ("location.latitude", [48.1])}),
        Example(
            title="names under a header of ours",
            kind=Kind.HEAT_MAP,
            columns={**_MAP, "kind": ("none", ["somebody"])},
            undeclared=frozenset({"kind"}),
        ),
        Example(
            title="cells that leave beside Post ids",
            kind=Kind.SHARE,
            columns={**_MAP, "id": ("x.post.id", ["15"])},
        ),
        Example(title="a list of members", kind=Kind.HEAT_MAP, columns={**_MAP, "who": ("none", [["a", "b"]])}),
        Example(title="Posts counted, not people", kind=Kind.HEAT_MAP, columns={"cell": _MAP["cell"], "posts": ("heat_map.posts", [20])}),
    ),
)
