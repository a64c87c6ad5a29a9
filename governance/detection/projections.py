"""Metres on a map back to degrees, by pyproj: Web Mercator, UTM zones and national grids."""
# ruff: noqa: PLR2004 - thresholds stand in the tests that they belong to, with the name of what they measure

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from governance.detection.evidence import Hit, at_least
from governance.detection.gazetteer import Floats, Placed, place_test
from governance.detection.leaves import Numbers
from governance.vocabulary import Status

WEB_MERCATOR = 3857
LEAST, MOST = 1_000.0, 2.1e7


@lru_cache(maxsize=64)
def _transformer(epsg: int) -> Any:  # noqa: ANN401 - pyproj
    from pyproj import Transformer

    return Transformer.from_crs(epsg, 4326, always_xy=True)


def to_degrees(epsg: int, east: Any, north: Any) -> tuple[Floats, Floats]:  # noqa: ANN401 - whatever numpy takes
    """Latitudes and longitudes of projected points; NaN where there are none."""
    lon, lat = _transformer(epsg).transform(np.asarray(east, float), np.asarray(north, float))
    lat, lon = np.asarray(lat, float), np.asarray(lon, float)
    lat[~np.isfinite(lat)] = np.nan
    lon[~np.isfinite(lon)] = np.nan
    return lat, lon


def utm_to_degrees(zone: int, band: str, east: float, north: float) -> tuple[float, float]:
    """One UTM position."""
    if not 1 <= zone <= 60:
        raise ValueError
    lat, lon = to_degrees((32600 if band >= "N" else 32700) + zone, [east], [north])
    return float(lat[0]), float(lon[0])


def projected(numbers: list[Numbers]) -> Iterator[tuple[Numbers, Hit]]:
    """Pairs in metres: by their headers, or by the place test in Web Mercator (other grids without a header would be guessing)."""
    metric = [n for n in numbers if LEAST < n.reach < MOST and len(n.finite) >= 5]
    for i, one in enumerate(metric):
        for other in metric[i + 1 :]:
            if abs(one.order - other.order) <= 2 and len(one.floats) == len(other.floats):
                yield from _judge(one, other)


def _judge(one: Numbers, other: Numbers) -> Iterator[tuple[Numbers, Hit]]:
    grid = _is_grid(one, other) or _is_grid(other, one)
    if grid:
        hit = Hit(what="grid metres", label="location.derived", tier="T0", header=True, values=False, confidence=0.9)
        yield one, replace(hit, label="location.longitude")
        yield other, replace(hit, label="location.latitude")
        return
    for east, north in ((one, other), (other, one)):
        placed = place_test(*to_degrees(WEB_MERCATOR, east.floats, north.floats))
        if placed and (placed.passed or placed.clustered):
            yield east, _mercator(placed, "location.longitude")
            yield north, _mercator(placed, "location.latitude")
            return


def _mercator(placed: Placed, label: str) -> Hit:
    status = Status.CONFIRMED if placed.passed else Status.REVIEW
    return Hit(
        what="Web Mercator metres", label=label, status=status, tier="T0", confidence=0.8, tests=(at_least("place test z", placed.z, 6.0),)
    )


def _is_grid(east: Numbers, north: Numbers) -> bool:
    """Whether the headers say easting and northing."""
    short = {"e", "n", "x", "y", "est", "este", "nord", "norte", "east", "north", "rw", "hw"}
    plain_words = short | {"xcoord", "ycoord", "coordx", "coordy", "coord", "gridx", "gridy", "grid"}
    says = east.header.says("easting") and north.header.says("northing")
    plain = not ((east.header.words - plain_words) and (north.header.words - plain_words))
    return says and (not plain or min(east.reach, north.reach) > 50_000)
