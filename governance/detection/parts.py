"""Degrees, minutes and seconds in columns of their own."""
# ruff: noqa: PLR2004 - thresholds stand in the tests that they belong to, with the name of what they measure

from collections.abc import Iterator, Sequence

import numpy as np

from governance.detection.evidence import Hit, at_least
from governance.detection.gazetteer import Floats, place_test
from governance.detection.leaves import Leaves, Numbers, Text
from governance.detection.pairs import says_latitude, says_longitude

PARTS = ("degrees", "minutes", "seconds")


def parts(leaves: Leaves) -> Iterator[tuple[str, Hit]]:
    """The columns that together are a latitude and a longitude: by header, else by their order and hemispheres."""
    named = list(_named(leaves.numbers))
    yield from named or _unnamed(leaves)


def tiles(numbers: list[Numbers]) -> Iterator[tuple[str, Hit]]:
    """Zoom, column and row of a map tile in columns of their own: by header, confirmed by where the tiles lie."""
    whole = [n for n in numbers if n.integers and len(n.finite) == len(n.floats) and n.finite.min() >= 0]
    for zoom in (n for n in whole if n.reach <= 23 and n.header.says("tile_zoom")):
        for x in (n for n in whole if n.header.says("tile_x")):
            for y in (n for n in whole if n.header.says("tile_y")):
                lat, lon = _tile_centres(zoom.floats, x.floats, y.floats)
                placed = place_test(lat, lon)
                if placed and (placed.passed or placed.clustered or placed.near_town >= 0.45):
                    hit = Hit(
                        what="map tile", label="location.derived", tier="T2", header=True, tests=(at_least("place test z", placed.z, 6.0),)
                    )
                    yield from ((n.path, hit) for n in (zoom, x, y))
                    return


def _tile_centres(zoom: Floats, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Latitudes and longitudes of tile centres; NaN for what is no tile."""
    import mercantile

    lat, lon = np.full(len(zoom), np.nan), np.full(len(zoom), np.nan)
    for row in range(min(len(zoom), 2_000)):
        if max(x[row], y[row]) < 2 ** zoom[row]:
            box = mercantile.bounds(int(x[row]), int(y[row]), int(zoom[row]))
            lat[row], lon[row] = (box.south + box.north) / 2, (box.west + box.east) / 2
    return lat, lon


def _part(numbers: Numbers) -> str:
    return next((part for part in PARTS if numbers.header.says(part)), "")


def _named(numbers: list[Numbers]) -> Iterator[tuple[str, Hit]]:
    """Headers that say both the part and the side."""
    sides: dict[str, dict[str, Numbers]] = {"lat": {}, "lon": {}}
    for n in numbers:
        part = _part(n)
        limit = 180 if part == "degrees" else 60
        if part and n.reach <= limit:
            if says_latitude(n.header):
                sides["lat"].setdefault(part, n)
            elif says_longitude(n.header):
                sides["lon"].setdefault(part, n)
    if all({"degrees", "minutes"} <= set(found) for found in sides.values()):
        for found in sides.values():
            for n in found.values():
                yield n.path, Hit(what="part of degrees", label="location.derived", tier="T0", header=True, values=False)


def _unnamed(leaves: Leaves) -> Iterator[tuple[str, Hit]]:
    """Runs of columns d, m(, s)(, N/S), d, m(, s)(, E/W) whose sum passes the place test."""
    columns = sorted([*leaves.numbers, *(t for t in leaves.texts if not t.numeric)], key=lambda c: c.order)
    for width in (3, 2):
        for hemisphere in (True, False):
            length = 2 * (width + hemisphere)
            for start in range(len(columns) - length + 1):
                window = columns[start : start + length]
                half = length // 2
                lat, lon = (_degrees(window[at : at + half], width, hemisphere=hemisphere) for at in (0, half))
                if lat is None or lon is None or len(lat) != len(lon):
                    continue
                placed = place_test(lat, lon)
                if placed and (placed.passed or (hemisphere and (placed.clustered or placed.tight))):
                    hit = Hit(what="part of degrees", label="location.derived", tier="T0", tests=(at_least("place test z", placed.z, 6.0),))
                    yield from ((column.path, hit) for column in window)
                    return


def _degrees(window: Sequence[Numbers | Text], width: int, *, hemisphere: bool) -> Floats | None:
    """The degrees that a run of columns stands for, None if it can't be such a run."""
    numbers = [n for n in window[:width] if isinstance(n, Numbers) and len(n.finite) >= 5]
    if len(numbers) < width:
        return None
    degrees, *rest = numbers
    if degrees.integers is None or degrees.reach > 180 or any(n.reach >= 60.0001 or n.finite.min() < 0 for n in rest):
        return None
    if any(n.reach < 30 for n in rest):
        return None
    sign = np.where(degrees.floats < 0, -1.0, 1.0)
    total = np.abs(degrees.floats) + sum(n.floats / 60.0 ** (i + 1) for i, n in enumerate(rest))
    if hemisphere:
        rows = getattr(window[-1], "rows", None)
        if rows is None or not {row for row in rows if row} <= set("NSEWO"):
            return None
        sign = np.array([-1.0 if row in {"S", "W", "O"} else 1.0 for row in rows])
    return sign * total
