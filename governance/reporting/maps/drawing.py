"""What a picture of a heat map is drawn from: flat shapes, classes and a background; shared by the HTML page and the PNG."""

from collections.abc import Sequence
from dataclasses import dataclass

import h3.api.basic_int as h3i
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from shapely.geometry.base import BaseGeometry

from governance.reporting.maps.background import Background, background
from governance.reporting.maps.palette import breaks
from governance.reporting.maps.projection import Projection
from governance.reporting.maps.records import cell_ids
from governance.reporting.maps.regions import DEEPEST, Outline, Outlines, holes

DENSITY_AREA_KM2 = 100.0
"""Densities are people per this area."""

_DEEPEST_DRAWN = 3
"""What a picture can show of a ragged outline: a level less than the data formats give."""


@dataclass(frozen=True)
class Drawing:
    """A heat map on a flat sheet.

    `shape` gives for each record its place in `shapes` (regions repeat over windows and groups); `density` is people per 100 km2.
    """

    projection: Projection
    shapes: list[BaseGeometry]
    shape: list[int]
    density: list[float]
    density_breaks: list[float]
    people_breaks: list[float]
    background: Background
    finest: int


def outlines(records: pa.Table, deepest: int = DEEPEST) -> list[Outline]:
    """The outline of each record's region; the same object where windows or groups repeat it."""
    cells = cell_ids(records)
    drawn = Outlines(max((h3i.get_resolution(cell) for cell in cells), default=0), deepest)
    below: list[tuple[int, ...]] = [()] * len(cells)
    for rows in blocks(records).values():
        inside = holes([cells[row] for row in rows])
        for row in rows:
            below[row] = inside[cells[row]]
    return [drawn.of(cell, hole) for cell, hole in zip(cells, below, strict=True)]


def blocks(records: pa.Table) -> dict[tuple[str, str | None], list[int]]:
    """The rows of each window and group: each is a partition of its own."""
    found: dict[tuple[str, str | None], list[int]] = {}
    for row, key in enumerate(zip(records["window"].to_pylist(), records["group"].to_pylist(), strict=True)):
        found.setdefault(key, []).append(row)
    return found


def densities(records: pa.Table) -> list[float]:
    """Published people per 100 km2 of each record."""
    pairs = zip(records["people"].to_pylist(), records["area_km2"].to_pylist(), strict=True)
    return [people * DENSITY_AREA_KM2 / area if area > 0 else 0.0 for people, area in pairs]


def draw(records: pa.Table) -> Drawing:
    """Everything a picture needs, from published records alone."""
    found = outlines(records, _DEEPEST_DRAWN)
    projection = Projection.around(_points(found))
    place: dict[int, int] = {}
    shapes: list[BaseGeometry] = []
    for outline in found:
        if id(outline) not in place:
            place[id(outline)] = len(shapes)
            shapes.append(projection.shape(outline))
    density = densities(records)
    return Drawing(
        projection=projection,
        shapes=shapes,
        shape=[place[id(outline)] for outline in found],
        density=density,
        density_breaks=breaks(density),
        people_breaks=breaks(records["people"].to_pylist()),
        background=background(projection),
        finest=max(records["resolution"].to_pylist(), default=0),
    )


def _points(found: Sequence[Outline]) -> npt.NDArray[np.float64]:
    rings = [part[0] for outline in {id(o): o for o in found}.values() for part in outline]
    return np.vstack(rings) if rings else np.empty((0, 2))
