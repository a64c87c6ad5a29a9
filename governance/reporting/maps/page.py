"""The interactive map: one HTML file that works from a disk, with no network and no other file.

The page holds the records, the certificate and the flat shapes as one block of JSON, a small renderer in plain JavaScript (templates/), and
a content security policy that forbids every connection, so a browser enforces what this module promises. Zoom ends at the finest
resolution of the map: there is nothing finer to see.
"""

import base64
import hashlib
import json
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from shapely.geometry.base import BaseGeometry

from governance.reporting.maps.background import ATTRIBUTION, Background
from governance.reporting.maps.caption import Caption, caption
from governance.reporting.maps.drawing import DENSITY_AREA_KM2, Drawing, draw
from governance.reporting.maps.palette import DARK, LIGHT, colours
from governance.reporting.maps.records import Certificate, groups, windows

_EDGE_KM = 1281.256
"""The mean edge of a cell at resolution 0; each resolution divides it by the root of 7."""
_STEPS_PER_EDGE = 40
SCRIPTS = ("view.js", "paint.js", "panel.js", "keyboard.js", "table.js", "start.js")


@cache
def _template(name: str) -> str:
    return (files("governance.reporting.maps") / "templates" / name).read_text(encoding="utf-8")


def to_html(records: pa.Table, certificate: Certificate) -> bytes:
    """The page."""
    from jinja2 import Environment

    drawing = draw(records)
    words = caption(records, certificate)
    style = _template("map.css")
    script = '"use strict";\n(() => {\n' + "\n".join(_template(name) for name in SCRIPTS) + "\n})();\n"
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    page = environment.from_string(_template("map.html.j2")).render(
        caption=words,
        certificate=flattened(certificate),
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        data=_block(records, certificate, drawing, words),
        projection=drawing.projection.name,
        attribution=ATTRIBUTION,
        windows=windows(records),
        groups=groups(records),
        ids=_ids,
    )
    return page.encode()


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _ids(index: int) -> str:
    return f"row-{index}"


def _block(records: pa.Table, certificate: Certificate, drawing: Drawing, words: Caption) -> str:
    """The data of the page as JSON that can't end its script element."""
    value = {
        "certificate": certificate,
        "records": {name: records[name].to_pylist() for name in records.column_names},
        "drawing": _drawing(drawing),
        "rounding": words.rounding,
        "minimum": words.minimum_people or 1,
        "windows": windows(records),
        "groups": groups(records),
    }
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


def _drawing(drawing: Drawing) -> dict[str, Any]:
    """Shapes and classes; a step of the grid is a fortieth of the edge of the finest cells, about a pixel at the closest zoom."""
    unit = float(f"{_EDGE_KM / 7 ** (drawing.finest / 2) / _STEPS_PER_EDGE:.3g}")
    return {
        "unit": unit,
        "shapes": [_rings(shape, unit) for shape in drawing.shapes],
        "shape": drawing.shape,
        "density": [float(f"{value:.4g}") for value in drawing.density],
        "densityArea": DENSITY_AREA_KM2,
        "finest": drawing.finest,
        "truePlanarScale": drawing.projection.azimuthal,
        "classes": {
            name: {"ends": ends, "light": colours(ends, LIGHT), "dark": colours(ends, DARK)}
            for name, ends in (("density", drawing.density_breaks), ("people", drawing.people_breaks))
        },
        **_ground(drawing.background, unit),
    }


def _ground(ground: Background, unit: float) -> dict[str, Any]:
    return {
        "land": [ring for shape in ground.land for ring in _rings(shape, unit)],
        "coast": [line for shape in ground.coast for line in _lines(shape, unit)],
        "borders": [line for shape in ground.borders for line in _lines(shape, unit)],
        "labels": [[label.name, round(label.east / unit), -round(label.north / unit), label.kind] for label in ground.labels],
    }


def _rings(shape: BaseGeometry, unit: float) -> list[list[int]]:
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, shapely.Polygon) and not part.is_empty]
    return [_steps(ring.coords, unit) for part in parts for ring in (part.exterior, *part.interiors)]


def _lines(shape: BaseGeometry, unit: float) -> list[list[int]]:
    return [_steps(part.coords, unit) for part in shapely.get_parts(shape) if isinstance(part, shapely.LineString)]


def _steps(points: Iterable[tuple[float, ...]], unit: float) -> list[int]:
    """A line as whole steps of the grid from (0, 0), x then y, y downwards."""
    grid = np.round(np.array(list(points))[:, :2] / unit * [1, -1]).astype(np.int64)
    return np.diff(grid, axis=0, prepend=np.zeros((1, 2), np.int64)).ravel().tolist()


def flattened(certificate: Certificate) -> list[tuple[str, str]]:
    """The certificate as rows of name and text, in its own order; nested names are joined by dots."""
    rows: list[tuple[str, str]] = []
    for name, value in certificate.items():
        if isinstance(value, dict) and value:
            rows.extend((f"{name}.{inner}", text) for inner, text in flattened(value))
        else:
            rows.append((str(name), _said(value)))
    return rows


def _said(value: object) -> str:
    """A value of the certificate in words."""
    if value is None or value in ([], {}):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_said(one) for one in value)
    return str(value)
