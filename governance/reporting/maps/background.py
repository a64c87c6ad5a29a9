"""The land, borders and names that a map is drawn on: Natural Earth, public domain (data/NOTICE)."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
from shapely.geometry.base import BaseGeometry

from governance.reporting.maps.projection import EARTH_RADIUS_KM, Projection
from governance.reporting.maps.sphere import cut, cut_line

ATTRIBUTION = "Background: Natural Earth (public domain)"
_STEP = 1e-3
_DETAILED_BELOW = 28.0
"""Maps with a smaller radius (degrees) use the detailed outlines."""
_DETAIL = 1400
"""A map's background is simplified to its width divided by this."""
_MOST_NAMES = 40

Shapes = list[BaseGeometry]


@dataclass(frozen=True)
class Label:
    """A name on the map: where (kilometres), and whether of a country or a town."""

    name: str
    east: float
    north: float
    kind: str


@dataclass(frozen=True)
class Background:
    """Polygons of land, lines of coast and of borders, and names; all in kilometres on the flat map."""

    land: Shapes
    coast: Shapes
    borders: Shapes
    labels: list[Label]


@cache
def _arrays() -> dict[str, npt.NDArray[np.generic]]:
    path = files("governance.reporting.maps") / "data" / "outlines.npz"
    with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
        return {name: found[name] for name in found.files}


def _lines(name: str) -> list[npt.NDArray[np.float64]]:
    found = _arrays()
    parts = np.split(found[name].astype(np.int64), np.cumsum(found[f"{name}_lengths"].astype(np.int64))[:-1])
    return [np.cumsum(part, axis=0).astype(np.float64) * _STEP for part in parts]


@cache
def _rings(level: str) -> list[list[npt.NDArray[np.float64]]]:
    rings = iter(_lines(f"{level}_land"))
    return [[next(rings) for _ in range(int(count))] for count in _arrays()[f"{level}_land_rings"]]


@cache
def _land(level: str) -> Shapes:
    return [cut([rings]) for rings in _rings(level)]


@cache
def _coast(level: str) -> Shapes:
    return [cut_line(ring) for rings in _rings(level) for ring in rings]


@cache
def _borders(level: str) -> Shapes:
    return [cut_line(line) for line in _lines(f"{level}_border")]


def background(projection: Projection) -> Background:
    """The background of a map.

    >>> len(background(Projection(2.35, 48.85, 3.0)).land) > 0
    True
    """
    level = "10m" if projection.radius < _DETAILED_BELOW else "110m"
    width = 2 * EARTH_RADIUS_KM * np.radians(min(projection.radius, 90.0))
    tolerance = width / _DETAIL if level == "10m" else 0.0
    shapes = [_simplified(projection.background(layer(level)), tolerance) for layer in (_land, _coast, _borders)]
    return Background(*shapes, labels=_labels(projection))


def _simplified(shapes: Shapes, tolerance: float) -> Shapes:
    if not tolerance:
        return shapes
    visible = (shape for shape in shapes if _extent(shape) > tolerance)
    simple = (shape.simplify(tolerance, preserve_topology=False) for shape in visible)
    return [shape for shape in simple if not shape.is_empty]


def _extent(shape: BaseGeometry) -> float:
    west, south, east, north = shape.bounds
    return max(east - west, north - south)


def _labels(projection: Projection) -> list[Label]:
    found = _arrays()
    labels: list[Label] = []
    for kind in ("country", "city"):
        points = found[f"{kind}_points"].astype(np.float64) * _STEP
        near = np.flatnonzero(_angles(projection, points) < min(projection.horizon, 180.0))
        for index in near[: _MOST_NAMES if kind == "country" else None]:
            moved = points[index : index + 1].copy()
            if not projection.azimuthal:
                moved[:, 0] = (moved[:, 0] - projection.longitude + 180) % 360 - 180
            east, north = projection.flat(moved)[0]
            labels.append(Label(str(found[f"{kind}_names"][index]), float(east), float(north), kind))
    return labels


def _angles(projection: Projection, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    lon, lat = np.radians(points[:, 0] - projection.longitude), np.radians(points[:, 1])
    middle = np.radians(projection.latitude)
    return np.degrees(np.arccos(np.clip(np.sin(middle) * np.sin(lat) + np.cos(middle) * np.cos(lat) * np.cos(lon), -1, 1)))
