"""Synthetic positions near real towns, and every way we know to write them into columns."""

import base64
import json
from collections.abc import Callable
from typing import Any

import h3
import maidenhead
import mercantile
import mgrs
import numpy as np
import polyline
import pygeohash
import pyproj
import s2sphere
import shapely
from openlocationcode import openlocationcode as olc

from governance.detection.gazetteer import gazetteer

Columns = dict[str, Any]
Encoder = Callable[[np.ndarray, np.ndarray], Columns]

REGIONS = {
    "world": (-60, 75, -180, 180),
    "europe": (36, 60, -9, 30),
    "brazil": (-33, 5, -74, -35),
    "india": (8, 35, 68, 97),
    "australia": (-44, -10, 113, 154),
    "belgium": (49.5, 51.5, 2.5, 6.4),
}


def positions(region: str = "world", count: int = 200, seed: int = 0, spread: float = 0.01) -> tuple[np.ndarray, np.ndarray]:
    """Latitudes and longitudes near towns of a region."""
    chance = np.random.default_rng(seed)
    points = np.asarray(gazetteer().trees[0].data)
    lat, lon = np.degrees(np.arcsin(points[:, 2])), np.degrees(np.arctan2(points[:, 1], points[:, 0]))
    south, north, west, east = REGIONS[region]
    inside = np.flatnonzero((lat > south) & (lat < north) & (lon > west) & (lon < east))
    chosen = chance.choice(inside, count)
    return lat[chosen] + chance.normal(0, spread, count), lon[chosen] + chance.normal(0, spread, count)


def permuted(latitudes: np.ndarray, longitudes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same numbers, paired at random: no positions of anything."""
    return latitudes, np.random.default_rng(5).permutation(longitudes)


def each(write: Callable[[float, float], Any], name: str = "c1") -> Encoder:
    """An encoder that writes one column, position by position."""
    return lambda lats, lons: {name: [write(float(a), float(o)) for a, o in zip(lats, lons, strict=True)]}


def sexagesimal(value: float, sides: str, form: str) -> str:
    """Degrees, minutes and seconds with a hemisphere."""
    side, value = sides[value < 0], abs(value)
    minutes = value % 1 * 60
    return form.format(d=int(value), m=int(minutes), s=minutes % 1 * 60, h=side)


def _s2(lat: float, lon: float, level: int) -> Any:  # noqa: ANN401
    return s2sphere.CellId.from_lat_lng(s2sphere.LatLng.from_degrees(lat, lon)).parent(level)


def _signed(number: int) -> int:
    return number - 2**64 if number >= 2**63 else number


def _tile(lat: float, lon: float) -> str:
    tile = mercantile.tile(lon, lat, 14)
    return f"{tile.z}/{tile.x}/{tile.y}"


def _utm(lat: float, lon: float) -> str:
    code = mgrs.MGRS().toMGRS(lat, lon)
    zone = int((lon + 180) // 6) + 1
    to_utm = pyproj.Transformer.from_crs(4326, (32600 if lat >= 0 else 32700) + zone, always_xy=True)
    east, north = to_utm.transform(lon, lat)
    return f"{zone}{code[-13]} {east:.0f} {north:.0f}"


def _mercator(lats: np.ndarray, lons: np.ndarray) -> Columns:
    east, north = pyproj.Transformer.from_crs(4326, 3857, always_xy=True).transform(lons, lats)
    return {"c1": east, "c2": north}


def _parts(lats: np.ndarray, lons: np.ndarray) -> Columns:
    columns: Columns = {}
    for side, values, signs in (("a", lats, "NS"), ("b", lons, "EW")):
        whole = np.abs(values)
        columns |= {f"{side}1": whole.astype(int), f"{side}2": (whole % 1 * 60).astype(int), f"{side}3": np.round(whole * 60 % 1 * 60, 1)}
        columns[f"{side}4"] = [signs[int(v < 0)] for v in values]
    return columns


def _scaled(factor: float) -> Encoder:
    return lambda lats, lons: {"c1": (lats * factor).astype(np.int64), "c2": (lons * factor).astype(np.int64)}


PLACED: dict[str, Encoder] = {
    "decimals": lambda lats, lons: {"c1": np.round(lats, 5), "c2": np.round(lons, 5)},
    "three decimals": lambda lats, lons: {"c1": np.round(lats, 3), "c2": np.round(lons, 3)},
    "longitude first": lambda lats, lons: {"c1": np.round(lons, 5), "c2": np.round(lats, 5)},
    "single precision": lambda lats, lons: {"c1": lats.astype(np.float32), "c2": lons.astype(np.float32)},
    "apart": lambda lats, lons: {"c1": np.round(lats, 5), "c2": range(len(lats)), "c3": ["a"] * len(lats), "c4": np.round(lons, 5)},
    "text numbers": lambda lats, lons: {"c1": [f"{a:.5f}" for a in lats], "c2": [f"{o:.5f}" for o in lons]},
    "decimal comma": lambda lats, lons: {name: [f"{v:.4f}".replace(".", ",") for v in side] for name, side in (("c1", lats), ("c2", lons))},
    "1e7": _scaled(1e7),
    "1e6": _scaled(1e6),
    "1e5": _scaled(1e5),
    "milliseconds of arc": _scaled(3.6e6),
    "semicircles": _scaled(2**31 / 180),
    "radians": lambda lats, lons: {"c1": np.radians(lats), "c2": np.radians(lons)},
    "web mercator": _mercator,
    "pair": each(lambda a, o: f"{a:.4f}, {o:.4f}"),
    "pair in brackets": each(lambda a, o: f"({o:.5f} {a:.5f})"),
    "pair with commas": each(lambda a, o: f"{a:.5f};{o:.5f}".replace(".", ",")),
    "list": each(lambda a, o: [o, a]),
    "struct of plain names": each(lambda a, o: {"p": a, "q": o}),
    "JSON of plain names": each(lambda a, o: json.dumps({"p": round(a, 5), "q": round(o, 5)})),
    "keys of JSON": each(lambda a, o: json.dumps({f"{a:.4f},{o:.4f}": 3})),
    "box": each(lambda a, o: [o - 0.01, a - 0.01, o + 0.01, a + 0.01]),
    "box as text": each(lambda a, o: f"{o - 0.01:.4f},{a - 0.01:.4f},{o + 0.01:.4f},{a + 0.01:.4f}"),
    "geohash 5": each(lambda a, o: pygeohash.encode(a, o, 5)),
    "geohash 8": each(lambda a, o: pygeohash.encode(a, o, 8)),
    "geohash 12": each(lambda a, o: pygeohash.encode(a, o, 12)),
    "S2 number": each(lambda a, o: _signed(_s2(a, o, 16).id())),
    "S2 token": each(lambda a, o: _s2(a, o, 13).to_token()),
    "quadkey": each(lambda a, o: mercantile.quadkey(mercantile.tile(o, a, 15))),
    "tile": each(_tile),
    "tile link": each(lambda a, o: f"https://tile.example.org/{_tile(a, o)}.png"),
    "MGRS": each(mgrs.MGRS().toMGRS),
    "MGRS 100 m": each(lambda a, o: mgrs.MGRS().toMGRS(a, o, MGRSPrecision=3)),
    "UTM": each(_utm),
    "Maidenhead": each(lambda a, o: maidenhead.to_maiden(a, o, 3)),
    "parts": _parts,
    "text": each(lambda a, o: f"sensor ok at lat={a:.5f} lon={o:.5f} battery low"),
    "id": each(lambda a, o: f"dev7_{a:.4f}_{o:.4f}"),
    "base64": each(lambda a, o: base64.b64encode(f"{a:.5f},{o:.5f}".encode()).decode()),
}
"""Encoders whose columns only the place test confirms: paired at random they must stay quiet."""

SIGNS, COMPACT = "{d}°{m:02d}'{s:04.1f}\"{h}", "{m:02d}{s:02.0f}{h}"

FORMED: dict[str, Encoder] = {
    "H3": each(lambda a, o: h3.latlng_to_cell(a, o, 8)),
    "H3 number": each(lambda a, o: h3.str_to_int(h3.latlng_to_cell(a, o, 7))),
    "H3 number as text": each(lambda a, o: str(h3.str_to_int(h3.latlng_to_cell(a, o, 7)))),
    "H3 upper case": each(lambda a, o: h3.latlng_to_cell(a, o, 10).upper()),
    "H3 in an id": each(lambda a, o: f"zone:{h3.latlng_to_cell(a, o, 9)}:x"),
    "H3 list": each(lambda a, o: [h3.latlng_to_cell(a, o, 9)] * 5),
    "plus code": each(olc.encode),
    "plus code in text": each(lambda a, o: f"meet me at {olc.encode(a, o)} ok"),
    "WKT": each(lambda a, o: f"POINT ({o} {a})"),
    "EWKT": each(lambda a, o: f"SRID=4326;POINT({o} {a})"),
    "WKB": each(lambda a, o: shapely.to_wkb(shapely.Point(o, a))),
    "EWKB hex": each(lambda a, o: shapely.to_wkb(shapely.set_srid(shapely.Point(o, a), 4326), hex=True, include_srid=True)),
    "GML": each(lambda a, o: f"<gml:Point><gml:pos>{a} {o}</gml:pos></gml:Point>"),
    "KML": each(lambda a, o: f"<Point><coordinates>{o},{a},0</coordinates></Point>"),
    "GPX": each(lambda a, o: f'<trkpt lat="{a}" lon="{o}"/>'),
    "GeoJSON": each(lambda a, o: json.dumps({"type": "Point", "coordinates": [o, a]})),
    "GeoJSON struct": each(lambda a, o: {"type": "Point", "coordinates": [o, a]}),
    "Python literal": each(lambda a, o: str({"type": "Point", "coordinates": [o, a]})),
    "nested names": each(lambda a, o: {"u": {"home": {"lat": a, "lng": o}}}),
    "list of structs": each(lambda a, o: [{"lat": a, "lon": o}, {"lat": a, "lon": o}]),
    "signs": each(lambda a, o: sexagesimal(a, "NS", SIGNS) + " " + sexagesimal(o, "EW", SIGNS)),
    "compact": each(lambda a, o: sexagesimal(a, "NS", "{d:02d}" + COMPACT) + sexagesimal(o, "EW", "{d:03d}" + COMPACT)),
    "hemispheres": each(lambda a, o: f"{abs(a):.4f}°{'NS'[a < 0]}, {abs(o):.4f}°{'EW'[o < 0]}"),
    "ISO 6709": each(lambda a, o: f"{a:+08.4f}{o:+09.4f}/"),
    "map link": each(lambda a, o: f"https://www.google.com/maps/@{a:.5f},{o:.5f},15z"),
    "escaped map link": each(lambda a, o: f"https://maps.google.com/?q={a:.5f}%2C{o:.5f}"),
    "geo link": each(lambda a, o: f"geo:{a:.5f},{o:.5f};u=35"),
    "polyline": each(lambda a, o: polyline.encode([(a, o), (a + 0.01, o + 0.01), (a + 0.02, o - 0.01)])),
}
"""Encoders whose form alone tells."""
