"""Which ground a record covers, as a region of the H3 tree.

A record's region is what was counted in it: the whole subtree of its cell, or, for a residual, its cell without the children that were
split off in the same window and group to be published by themselves or in parts ("the parent minus its published descendants").

A parent cell and its children do not share an outline: seven hexagons do not make a hexagon, and 6 to 7 % of the points of a parent lie
outside its own hexagon. So a region is drawn as the union of its cells at the finest resolution of the map: regions then neither overlap
nor leave gaps, and the picture shows what was counted.

A record that was withdrawn after its release is in no table any more, so the remainder around it is drawn over its place; `area_km2` stays
the area that was counted.

Nothing here knows a projection; outlines are rings of longitude and latitude as the cells give them, not cut anywhere.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import h3.api.basic_int as h3i
import numpy as np
import numpy.typing as npt

Ring = npt.NDArray[np.float64]
"""Closed or open ring, shape (n, 2): longitude, latitude in degrees."""
Outline = list[list[Ring]]
"""Polygons; each is its outer ring, then its holes."""

DEEPEST = 4
"""How many resolutions below its own a region is refined at most: 7^4 cells, 486 points; the error left is below 0.3 %."""


def parents(cell: int) -> Iterator[int]:
    """The ancestors of a cell, nearest first.

    >>> [format(p, "x") for p in parents(0x821FB7FFFFFFFFF)]
    ['811fbffffffffff', '801ffffffffffff']
    """
    for resolution in range(h3i.get_resolution(cell) - 1, -1, -1):
        yield h3i.cell_to_parent(cell, resolution)


def splits(cells: Iterable[int]) -> dict[int, set[int]]:
    """For each cell above a record, those of its children that are records or stand above records.

    These are the nodes of the partition's tree: every record, and every cell that was split to show one.

    >>> {format(cell, "x"): len(below) for cell, below in splits([0x821FB7FFFFFFFFF]).items()}
    {'811fbffffffffff': 1, '801ffffffffffff': 1}
    """
    below: dict[int, set[int]] = {}
    for cell in cells:
        child = cell
        for parent in parents(cell):
            known = below.setdefault(parent, set())
            if child in known:
                break
            known.add(child)
            child = parent
    return below


def holes(cells: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """For each record, the children of its cell that were split off, sorted; what they show or hide is not part of the record.

    >>> holes([0x801FFFFFFFFFFFF, 0x821FB7FFFFFFFFF])[0x801FFFFFFFFFFFF] == (0x811FBFFFFFFFFFF,)
    True
    """
    records = set(cells)
    below = splits(records)
    return {cell: tuple(sorted(below.get(cell, ()))) for cell in records}


@dataclass
class Outlines:
    """The outlines of records, each region computed once (windows and groups repeat them).

    Parameters
    ----------
    finest
        The finest resolution of the map: the grid on which regions are drawn.
    deepest
        How many resolutions below its own a region is refined at most.

    """

    finest: int
    deepest: int = DEEPEST
    _known: dict[tuple[int, tuple[int, ...]], Outline] = field(default_factory=dict)

    def of(self, cell: int, below: tuple[int, ...]) -> Outline:
        """The outline of the region of `cell` without the cells `below` it."""
        key = (cell, below)
        if key not in self._known:
            self._known[key] = self._draw(cell, below)
        return self._known[key]

    def _draw(self, cell: int, below: tuple[int, ...]) -> Outline:
        own = h3i.get_resolution(cell)
        grid = max(own, min(self.finest, own + self.deepest))
        members = set(h3i.cell_to_children(cell, grid))
        for hole in below:
            members.difference_update(h3i.cell_to_children(hole, grid))
        if not members:
            return []
        shape = h3i.cells_to_h3shape(list(members), tight=False)
        return [[np.array(ring, dtype=np.float64)[:, ::-1] for ring in (part.outer, *part.holes)] for part in shape]
