"""Flat maps of the globe on which equal areas stay equal, in kilometres.

A map that compares numbers of people by area must not stretch areas, so Web Mercator is no choice. A map of up to a quarter of the globe
is drawn in Lambert's azimuthal equal-area projection, aimed at its middle (no cut at the antimeridian, poles like any other place); a
larger one in Equal Earth, its middle longitude where the data is.

Sources: J. P. Snyder, Map Projections: A Working Manual, USGS Professional Paper 1395 (1987), p. 182; B. Šavrič, T. Patterson and
B. Jenny, The Equal Earth map projection, International Journal of Geographical Information Science 33(3), 2019.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from governance.reporting.maps.regions import Outline
from governance.reporting.maps.sphere import centre, cut, moved, wrap

EARTH_RADIUS_KM = 6371.0072
WIDEST_AZIMUTHAL = 45.0
"""The angle from the middle (degrees) up to which the azimuthal projection is used."""
_EQUAL_EARTH = (1.340264, -0.081106, 0.000893, 0.003796)
_M = np.sqrt(3) / 2
_HORIZON = 3.0
"""How far beyond the data, in radii, the background is kept."""

Points = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Projection:
    """A projection aimed at a place; `radius` is the angle (degrees) from its middle to the farthest data."""

    longitude: float
    latitude: float
    radius: float

    @classmethod
    def around(cls, points: Points) -> "Projection":
        """The projection for points given as longitude and latitude, shape (n, 2)."""
        if not len(points):
            return cls(0.0, 0.0, 180.0)
        return cls(*centre(points[:, 0], points[:, 1]))

    @property
    def azimuthal(self) -> bool:
        """Whether the map is small enough for the azimuthal projection."""
        return self.radius <= WIDEST_AZIMUTHAL

    @property
    def name(self) -> str:
        """The name of the projection, as a map's caption gives it."""
        return "Lambert azimuthal equal-area" if self.azimuthal else "Equal Earth"

    @property
    def horizon(self) -> float:
        """The angle from the middle (degrees) beyond which nothing is drawn; 180 on a world map."""
        return min(80.0, max(self.radius * _HORIZON, self.radius + 1.5)) if self.azimuthal else 180.0

    def flat(self, points: Points) -> Points:
        """Longitudes and latitudes as kilometres east and north of the middle; on Equal Earth they must not cross the cut."""
        longitude = np.radians(wrap(points[:, 0] - self.longitude)) if self.azimuthal else np.radians(points[:, 0])
        latitude = np.radians(points[:, 1])
        return _azimuthal(longitude, latitude, np.radians(self.latitude)) if self.azimuthal else _equal_earth(longitude, latitude)

    def shape(self, outline: Outline) -> BaseGeometry:
        """A region on the flat map."""
        if not self.azimuthal:
            return moved(cut(outline, self.longitude), self.flat)
        rings = [[self.flat(ring) for ring in part] for part in outline]
        return shapely.MultiPolygon([shapely.Polygon(part[0], part[1:]) for part in rings])

    def background(self, shapes: Sequence[BaseGeometry]) -> list[BaseGeometry]:
        """Land or borders (degrees, within -180..180) on the flat map, without what lies beyond the horizon."""
        kept = self._around_middle(shapes) if self.azimuthal else self._turned(shapes)
        return [moved(shape, self.flat) for shape in kept if not shape.is_empty]

    def _around_middle(self, shapes: Sequence[BaseGeometry]) -> list[BaseGeometry]:
        cap = cut([[self.circle(self.horizon)]])
        shapely.prepare(cap)
        near = [shape for shape in shapes if cap.intersects(shape)]
        return [shape if cap.contains_properly(shape) else shape.intersection(cap) for shape in near]

    def _turned(self, shapes: Sequence[BaseGeometry]) -> list[BaseGeometry]:
        """The shapes with the map's middle longitude at 0, cut half a turn from it."""
        moves = [turn - self.longitude for turn in (-360.0, 0.0, 360.0)]
        return [shapely.clip_by_rect(affinity.translate(shape, move), -180, -90, 180, 90) for shape in shapes for move in moves]

    def circle(self, angle: float, count: int = 180) -> Points:
        """The small circle at an angle (degrees) around the middle, as longitudes and latitudes."""
        bearing = np.linspace(0, -2 * np.pi, count, endpoint=False)
        distance, middle = np.radians(angle), np.radians(np.clip(self.latitude, -89.999, 89.999))
        latitude = np.arcsin(np.sin(middle) * np.cos(distance) + np.cos(middle) * np.sin(distance) * np.cos(bearing))
        east = np.arctan2(np.sin(bearing) * np.sin(distance) * np.cos(middle), np.cos(distance) - np.sin(middle) * np.sin(latitude))
        return np.column_stack([wrap(np.degrees(east) + self.longitude), np.degrees(latitude)])


def _azimuthal(longitude: Points, latitude: Points, middle: float) -> Points:
    cosine = np.sin(middle) * np.sin(latitude) + np.cos(middle) * np.cos(latitude) * np.cos(longitude)
    scale = EARTH_RADIUS_KM * np.sqrt(2 / np.maximum(1 + cosine, 1e-9))
    north = np.cos(middle) * np.sin(latitude) - np.sin(middle) * np.cos(latitude) * np.cos(longitude)
    return np.column_stack([scale * np.cos(latitude) * np.sin(longitude), scale * north])


def _equal_earth(longitude: Points, latitude: Points) -> Points:
    a1, a2, a3, a4 = _EQUAL_EARTH
    theta = np.arcsin(_M * np.sin(latitude))
    square = theta * theta
    sixth = square**3
    slope = a1 + 3 * a2 * square + sixth * (7 * a3 + 9 * a4 * square)
    north = theta * (a1 + a2 * square + sixth * (a3 + a4 * square))
    return EARTH_RADIUS_KM * np.column_stack([longitude * np.cos(theta) / (_M * slope), north])
