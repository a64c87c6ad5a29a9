"""Named regions: polygons that become sets of base cells, so that "people in a city" is counted on the same cells as everything else."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from governance.disclosure.cells import BASE, Codes, Counts, find, pack, parents, resolutions
from governance.errors import BadRequest

Regions = tuple[tuple[str, Codes], ...]
_CHILDREN = 7


def region_cells(regions: Mapping[str, Any] | None) -> Regions:
    """Regions by name, each the sorted codes of its cells: base cells, and coarser cells that lie in it wholly.

    Parameters
    ----------
    regions
        Shapely polygons or multi-polygons by name, longitude first. A polygon smaller than a cell is the cells it touches.

    Raises
    ------
    BadRequest
        A region is no polygon, is not on the globe, or overlaps another by a cell.

    """
    if regions is not None and not isinstance(regions, Mapping):
        raise BadRequest("regions: no mapping of names to polygons.", 'write regions={"Paris": shapely.box(2.22, 48.81, 2.47, 48.91)}.')
    found: list[tuple[str, Codes]] = []
    taken = np.empty(0, np.uint64)
    for name, shape in (regions or {}).items():
        codes = _base_cells(shape)
        if np.isin(codes, taken, assume_unique=True).any():
            raise BadRequest(
                "regions: two regions overlap; a Post would count in both.", "cut the polygons so that each place has one region."
            )
        taken = np.concatenate([taken, codes])
        found.append((str(name), np.unique(np.concatenate([codes, *_whole(codes)]))))
    return tuple(found)


def _base_cells(shape: Any) -> Codes:  # noqa: ANN401 - whatever the caller calls a polygon is looked at here
    from h3ronpy import ContainmentMode
    from h3ronpy.vector import geometry_to_cells

    if getattr(shape, "geom_type", "") not in {"Polygon", "MultiPolygon"} or shape.is_empty or not shape.is_valid:
        raise BadRequest("regions: a region is no valid polygon.", "give shapely Polygons or MultiPolygons, longitude first.")
    west, south, east, north = shape.bounds
    if west < -180 or east > 180 or south < -90 or north > 90:  # noqa: PLR2004 - degrees
        raise BadRequest("regions: a region leaves the globe.", "give degrees, longitude first; cut polygons at the antimeridian.")
    for mode in (ContainmentMode.ContainsCentroid, ContainmentMode.IntersectsBoundary):
        cells = pa.array(geometry_to_cells(shape, BASE, containment_mode=mode)).to_numpy(zero_copy_only=False)
        if len(cells):
            return np.unique(pack(cells))
    raise BadRequest("regions: a region has no area.", "give polygons, not lines or points.")


def _whole(codes: Codes) -> list[Codes]:
    """For each coarser level, the cells all of whose children are in the region (a pentagon's six are not told apart: left out)."""
    levels: list[Codes] = []
    below = codes
    for level in range(BASE - 1, -1, -1):
        above, children = np.unique(parents(below, level), return_counts=True)
        below = above[children == _CHILDREN]
        levels.append(below)
    return levels


def region_numbers(codes: Codes, regions: Regions) -> Counts:
    """The number of the region each cell lies in; the number behind the last means: in none.

    A coarser cell (of a place) lies in a region if the region holds all of it.
    """
    number = np.full(len(codes), len(regions), np.int64)
    for place, (_, cells) in enumerate(regions):
        number[find(cells, codes) >= 0] = place
    return number


def digest(codes: Codes) -> str:
    """What tells one region from another in a specification."""
    base = codes[resolutions(codes) == BASE]
    return hashlib.sha256(base.tobytes()).hexdigest()[:32]
