"""Rings on the globe: cut at the antimeridian and closed at the poles, as RFC 7946 asks.

H3 gives a ring as longitudes within -180..180, so a cell over the antimeridian seems to span the whole world, and a ring around a pole
does not enclose it. Here a ring is unrolled first: each step takes the short way round. A ring that comes back 360 degrees away goes
around a pole, and is closed along that pole; then what lies beyond +-180 is cut off and moved to the other side.

Source: RFC 7946, sections 3.1.9 (antimeridian cutting) and 5.3 (the poles).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from governance.reporting.maps.regions import Outline, Ring

FULL_TURN = 360.0
HALF_TURN = 180.0
QUARTER_TURN = 90.0
_POLAR = 80.0
"""Beyond this latitude edges may have to be bent."""
_LONG_STEP = 2.0
"""The longest step in longitude (degrees) of an edge beyond that latitude."""


def unroll(ring: Ring) -> Ring:
    """The ring with each longitude within half a turn of the one before; the first may be any.

    >>> unroll(np.array([[179.0, 0.0], [-179.0, 0.0], [-179.0, 1.0]]))[:, 0].tolist()
    [179.0, 181.0, 181.0]
    """
    steps = np.diff(ring[:, 0])
    turns = -np.round(steps / FULL_TURN) * FULL_TURN
    return np.column_stack([ring[:, 0] + np.concatenate([[0.0], np.cumsum(turns)]), ring[:, 1]])


def _bent(ring: Ring) -> Ring:
    """The ring with points along the edges that run far around a pole: a great circle is no straight line there."""
    steps = np.abs(np.diff(ring[:, 0]))
    far = (np.minimum(steps, FULL_TURN - steps) > _LONG_STEP) & (np.abs(ring[1:, 1]) > _POLAR)
    if not far.any():
        return ring
    vectors = _vectors(ring[:, 0], ring[:, 1])
    points: list[Ring] = []
    for at in range(len(ring) - 1):
        points.append(ring[at : at + 1])
        if far[at]:
            count = int(np.ceil(min(steps[at], FULL_TURN - steps[at]) / _LONG_STEP))
            parts = np.arange(1, count)[:, None] / count
            between = vectors[at] * (1 - parts) + vectors[at + 1] * parts
            points.append(np.column_stack([np.degrees(np.arctan2(between[:, 1], between[:, 0])), _latitude(between)]))
    return np.vstack([*points, ring[-1:]])


def _vectors(longitude: npt.NDArray[np.float64], latitude: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    lon, lat = np.radians(longitude), np.radians(latitude)
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def _latitude(vectors: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.degrees(np.arctan2(vectors[:, 2], np.hypot(vectors[:, 0], vectors[:, 1])))


def _opened(ring: Ring) -> Ring:
    return ring[:-1] if len(ring) > 1 and np.array_equal(ring[0], ring[-1]) else ring


def _enclosed(ring: Ring) -> BaseGeometry:
    """What a ring encloses, on an unrolled map; around a pole that is everything up to the pole, all the way round."""
    flat = unroll(_bent(np.vstack([_opened(ring), ring[:1]])))
    turned = flat[-1, 0] - flat[0, 0]
    if abs(turned) > HALF_TURN:
        pole = float(np.copysign(QUARTER_TURN, flat[:, 1].mean()))
        turn = np.array([turned, 0.0])
        line = np.vstack([flat[:-1] - turn, flat[:-1], flat + turn])
        line = np.vstack([line, [line[-1, 0], pole], [line[0, 0], pole]])
        return shapely.clip_by_rect(shapely.Polygon(line), -HALF_TURN, -QUARTER_TURN, HALF_TURN, QUARTER_TURN)
    return shapely.make_valid(shapely.Polygon(flat))


def _folded(shape: BaseGeometry) -> BaseGeometry:
    """The parts of an unrolled shape, each moved into -180..180."""
    west, _, east, _ = shape.bounds
    first, last = (int(np.floor((edge + HALF_TURN) / FULL_TURN)) for edge in (west, east))
    if first == last == 0:
        return shape
    parts: list[BaseGeometry] = []
    for turn in range(first, last + 1):
        middle = turn * FULL_TURN
        part = shapely.clip_by_rect(shape, middle - HALF_TURN, -QUARTER_TURN, middle + HALF_TURN, QUARTER_TURN)
        parts.append(affinity.translate(part, -middle))
    return shapely.union_all(parts)


def cut_line(line: Ring) -> BaseGeometry:
    """A line as lines within -180..180, broken at the antimeridian."""
    return _folded(shapely.LineString(unroll(line)))


def moved(shape: BaseGeometry, move: Callable[[Any], Any]) -> BaseGeometry:
    """A geometry with its points (an array of two columns) moved by a function.

    >>> moved(shapely.Point(1, 2), lambda points: points * 2)
    <POINT (2 4)>
    """
    return shapely.transform(shape, move)


def polygons(shape: BaseGeometry) -> list[shapely.Polygon]:
    """The polygons in a geometry, without the points and lines that cutting may leave.

    >>> [p.area for p in polygons(shapely.box(0, 0, 1, 2))]
    [2.0]
    """
    return [part for part in shapely.get_parts(shape) if isinstance(part, shapely.Polygon) and part.area > 0]


def _simple(ring: Ring) -> bool:
    return float(np.ptp(ring[:, 0])) < HALF_TURN and float(np.abs(ring[:, 1]).max()) < _POLAR


def cut(outline: Outline, middle: float = 0.0) -> BaseGeometry:
    """An outline as a valid polygon or multipolygon within half a turn of the longitude `middle`, counter-clockwise outside.

    Parameters
    ----------
    outline
        Rings in degrees as H3 gives them.
    middle
        The longitude that becomes 0; the cut is half a turn from it.

    """
    found: list[BaseGeometry] = []
    for rings in outline:
        turned = [_turned(ring, middle) for ring in rings]
        if all(_simple(ring) for ring in turned):
            found.append(shapely.Polygon(turned[0], turned[1:]))
            continue
        outer = _folded(_enclosed(turned[0]))
        for hole in turned[1:]:
            outer = shapely.difference(outer, _folded(_enclosed(hole)))
        found.extend(polygons(outer))
    shape = found[0] if len(found) == 1 else shapely.MultiPolygon([part for piece in found for part in polygons(piece)])
    return shapely.orient_polygons(shape if shape.is_valid else shapely.make_valid(shape))


def _turned(ring: Ring, middle: float) -> Ring:
    if not middle:
        return ring
    turned = ring.copy()
    turned[:, 0] = wrap(ring[:, 0] - middle)
    return turned


def wrap(longitude: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Longitudes brought into -180..180.

    >>> wrap(np.array([190.0, -540.0, 20.0])).tolist()
    [-170.0, -180.0, 20.0]
    """
    return (longitude + HALF_TURN) % FULL_TURN - HALF_TURN


def centre(longitude: npt.NDArray[np.float64], latitude: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    """The middle of points on the globe, and the angle (degrees) to the farthest of them.

    The middle is the direction of the mean vector, moved so that outliers do not fall off: good enough to aim a projection.
    """
    vectors = _vectors(longitude, latitude)
    low, high = vectors.min(axis=0), vectors.max(axis=0)
    middle = (low + high) / 2
    length = float(np.linalg.norm(middle))
    middle = middle / length if length > 1e-9 else np.array([1.0, 0.0, 0.0])  # noqa: PLR2004 - points all round the globe have no middle
    radius = float(np.degrees(np.arccos(np.clip(vectors @ middle, -1, 1).min())))
    return float(np.degrees(np.arctan2(middle[1], middle[0]))), float(np.degrees(np.arcsin(middle[2]))), radius
