"""What changed between two windows, and which share a group has, from published records alone.

Exact counts are never asked for: a difference of two exact counts could be one person. Every number here is made of rounded published
numbers and carries their error: a rounded number stands for a range, and so does a sum, a difference or a share of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import h3.api.basic_int as h3i
import pyarrow as pa
import shapely
from shapely.geometry.base import BaseGeometry

from governance.errors import BadRequest
from governance.reporting.maps.overlay import Region, common_regions
from governance.reporting.maps.records import cell_ids
from governance.reporting.maps.regions import Outlines, holes
from governance.reporting.maps.sphere import cut

if TYPE_CHECKING:
    import geopandas
    import pandas as pd

Ground = tuple[tuple[int, tuple[int, ...]], ...]
"""The records that a region is the union of, each with the children that are no part of it."""
DERIVED = "derived from published records, each rounded; the bounds hold for the numbers as they were released"
CHANGE = pa.schema(
    [
        ("cell", pa.string()),
        ("resolution", pa.int64()),
        ("kind", pa.string()),
        ("group", pa.string()),
        ("before", pa.string()),
        ("after", pa.string()),
        ("people_before", pa.int64()),
        ("people_after", pa.int64()),
        ("change", pa.int64()),
        ("change_low", pa.int64()),
        ("change_high", pa.int64()),
        ("direction", pa.string()),
        ("area_km2", pa.float64()),
    ],
)
"""One row per common region and group; `kind` is full (all of the cell) or part (some of it: a residual with its like)."""
SHARE = pa.schema(
    [
        ("cell", pa.string()),
        ("resolution", pa.int64()),
        ("kind", pa.string()),
        ("window", pa.string()),
        ("group", pa.string()),
        ("people", pa.int64()),
        ("people_all_groups", pa.int64()),
        ("share", pa.float64()),
        ("share_low", pa.float64()),
        ("share_high", pa.float64()),
        ("area_km2", pa.float64()),
    ],
)
"""One row per common region of all groups, window and group."""


@dataclass(frozen=True)
class Rounding:
    """What a rounded number stands for: half-up to a base, never under the minimum that a record must hold."""

    base: int
    minimum: int

    def bounds(self, people: Sequence[int]) -> tuple[int, int]:
        """The least and the most that a sum of rounded numbers stands for.

        >>> Rounding(10, 10).bounds([10, 20])
        (25, 38)
        """
        low = sum(max(value - self.base // 2, self.minimum) for value in people)
        return low, sum(value - self.base // 2 + self.base - 1 for value in people)


@dataclass(frozen=True)
class Comparison:
    """A table derived from published records, with what could not be compared.

    `left_out` is the share of published people (0 to 1) in records without a common region; `ground` is what each row covers.
    """

    table: pa.Table
    left_out: float
    ground: tuple[Ground, ...] = ()
    note: str = DERIVED

    def to_arrow(self) -> pa.Table:
        """The table, with the note in the metadata of its schema."""
        return self.table.replace_schema_metadata({b"governance.note": self.note.encode()})

    def to_pandas(self) -> "pd.DataFrame":
        """The table as a DataFrame; the note is in `.attrs["note"]`."""
        frame = self.table.to_pandas()
        frame.attrs["note"] = self.note
        return frame

    def to_geopandas(self) -> "geopandas.GeoDataFrame":
        """The table with the outlines of its regions (WGS 84), for GeoPandas, which must be installed."""
        from governance.reporting.maps.geojson import framed

        return framed(self.to_pandas(), ground_shapes(self.ground))

    def summary(self) -> dict[str, Any]:
        """How many regions were compared, what was left out, and how to read the numbers."""
        found: dict[str, Any] = {"regions": self.table.num_rows, "left_out_share_of_people": round(self.left_out, 4), "note": self.note}
        if "direction" in self.table.column_names:
            ways = self.table["direction"].to_pylist()
            found |= {way: ways.count(way) for way in ("up", "down", "unclear")}
        return found

    def __repr__(self) -> str:
        """One line: regions and what is left out."""
        return f"<Comparison: {self.table.num_rows:,} common regions; {self.left_out:.1%} of published people left out; {self.note}>"


def ground_shapes(ground: Sequence[Ground]) -> list[BaseGeometry]:
    """The outline of each region: the union of its records' outlines."""
    finest = max((h3i.get_resolution(cell) for parts in ground for cell, _ in parts), default=0)
    drawn = Outlines(finest)
    return [shapely.union_all([cut(drawn.of(cell, below)) for cell, below in parts]) for parts in ground]


@dataclass(frozen=True)
class Layer:
    """The records of one window and group: people, area, and the split-off children by cell."""

    people: Mapping[int, int]
    area: Mapping[int, float]
    below: Mapping[int, tuple[int, ...]]

    def ground(self, cells: Sequence[int]) -> Ground:
        """What some of its records cover."""
        return tuple((cell, self.below[cell]) for cell in cells)

    @classmethod
    def of(cls, records: pa.Table, rows: Sequence[int]) -> "Layer":
        """The layer of some rows."""
        chosen = records.take(pa.array(rows, pa.int64()))
        cells = cell_ids(chosen)
        people, area = (dict(zip(cells, chosen[name].to_pylist(), strict=True)) for name in ("people", "area_km2"))
        return cls(people, area, holes(cells))


Groups = Mapping[str | None, Layer]
"""The layers of one window, by group."""


def changes(before: Groups, after: Groups, names: tuple[str, str], rounding: Rounding) -> Comparison:
    """The change of each common region of each group that both maps have.

    Parameters
    ----------
    before, after
        The layers of one window each, by group.
    names
        The two windows.
    rounding
        What the numbers stand for.

    """
    rows: list[dict[str, Any]] = []
    ground: list[Ground] = []
    for group in sorted(before.keys() & after.keys(), key=lambda name: name or ""):
        layers = (before[group], after[group])
        known = {"group": group, "before": names[0], "after": names[1]}
        regions = common_regions([list(layer.people) for layer in layers])
        rows.extend(known | _change(region, layers, rounding) for region in regions)
        ground.extend(before[group].ground(region.cells[0]) for region in regions)
    if not rows:
        raise BadRequest(
            f"The maps of {names[0]} and {names[1]} have no region in common.",
            "compare maps of one series, or release them with a coarser finest=.",
        )
    both = sum(_total(layer) for layer in (*before.values(), *after.values()))
    used = sum(row["people_before"] + row["people_after"] for row in rows)
    return Comparison(pa.Table.from_pylist(rows, schema=CHANGE), 1 - used / both, tuple(ground))


def _total(layer: Layer) -> int:
    return sum(layer.people.values())


def _place(region: Region, layer: Layer) -> dict[str, Any]:
    return {
        "cell": h3i.int_to_str(region.cell),
        "resolution": h3i.get_resolution(region.cell),
        "kind": "full" if region.whole else "part",
        "area_km2": sum(layer.area[cell] for cell in region.cells[0]),
    }


def _change(region: Region, layers: tuple[Layer, Layer], rounding: Rounding) -> dict[str, Any]:
    people = [[layer.people[cell] for cell in cells] for layer, cells in zip(layers, region.cells, strict=True)]
    (low, high), (low_after, high_after) = (rounding.bounds(values) for values in people)
    least, most = low_after - high, high_after - low
    return _place(region, layers[0]) | {
        "people_before": sum(people[0]),
        "people_after": sum(people[1]),
        "change": sum(people[1]) - sum(people[0]),
        "change_low": least,
        "change_high": most,
        "direction": "up" if least > 0 else "down" if most < 0 else "unclear",
    }


def shares(layers: Mapping[str, Groups], rounding: Rounding) -> Comparison:
    """The share of each group among all groups, in each common region of all groups, window by window.

    Parameters
    ----------
    layers
        For each window the layers by group; the groups exclude each other.
    rounding
        What the numbers stand for.

    """
    rows: list[dict[str, Any]] = []
    ground: list[Ground] = []
    for window, groups in layers.items():
        names = list(groups)
        for region in common_regions([list(groups[name].people) for name in names]):
            rows.extend(_shares(region, groups, rounding, window))
            ground.extend([groups[names[0]].ground(region.cells[0])] * len(names))
    if not rows:
        raise BadRequest("The groups have no region in common.", "release the groups with a coarser finest=, or over a longer window.")
    everyone = sum(_total(layer) for groups in layers.values() for layer in groups.values())
    left_out = 1 - sum(row["people"] for row in rows) / everyone
    return Comparison(pa.Table.from_pylist(rows, schema=SHARE), left_out, tuple(ground))


def _shares(region: Region, groups: Groups, rounding: Rounding, window: str) -> list[dict[str, Any]]:
    people = {name: [layer.people[cell] for cell in cells] for (name, layer), cells in zip(groups.items(), region.cells, strict=True)}
    bounds = {name: rounding.bounds(values) for name, values in people.items()}
    everyone = sum(map(sum, people.values()))
    least, most = (sum(ends) for ends in zip(*bounds.values(), strict=True))
    place = _place(region, next(iter(groups.values())))
    rows: list[dict[str, Any]] = []
    for name, values in people.items():
        low, high = bounds[name]
        row = {"window": window, "group": name, "people": sum(values), "people_all_groups": everyone, "share": sum(values) / everyone}
        rows.append(place | row | {"share_low": low / (low + most - high), "share_high": high / (high + least - low)})
    return rows
