"""How a heat map looks in a notebook: a still picture as SVG and a few words; no script, no style sheet, no network."""

from collections.abc import Sequence
from html import escape

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely
from shapely.geometry.base import BaseGeometry

from governance.reporting.maps.caption import caption
from governance.reporting.maps.drawing import blocks, draw
from governance.reporting.maps.palette import LIGHT, class_of, colours
from governance.reporting.maps.records import Certificate

_WIDTH, _HEIGHT, _ROOM = 1440, 840, 1.06
"""Half pixels of a picture of 720 x 420, so that whole numbers do."""
_BOX = "font-family:system-ui,sans-serif;max-width:46rem;color:#1c2430;background:#fff;padding:12px;border:1px solid #dcdfe3"


def to_notebook(records: pa.Table, certificate: Certificate) -> str:
    """The latest window (and first group) as a small picture in HTML; every text is escaped."""
    words = caption(records, certificate)
    parts = blocks(records)
    window = max((name for name, _ in parts), default="")
    group = min((name or "" for at, name in parts if at == window), default="")
    rows = parts.get((window, group or None), [])
    shown = " · ".join(part for part in (window, group) if part)
    more = f"; {len(parts)} windows and groups in all" if len(parts) > 1 else ""
    note = f"{records.num_rows:,} records{more}. Accounts, not persons; rounded to {words.rounding}; hatching is left out here."
    return (
        f'<div style="{_BOX}"><div style="font-size:1.15em;font-weight:650">{escape(words.title)}</div>'
        f'<div style="color:#5b6675;margin:2px 0 8px">{escape(words.subtitle)}</div>{_warning(words.unfinished)}'
        f"{_picture(records, rows, shown)}"
        f'<div style="color:#5b6675;font-size:.85em;margin-top:6px">{escape(note)}</div></div>'
    )


def _warning(text: str) -> str:
    return f'<div style="color:#8a2c0d;font-weight:600;margin:0 0 8px">{escape(text)}</div>' if text else ""


def _picture(records: pa.Table, rows: Sequence[int], shown: str) -> str:
    drawing = draw(records)
    chosen = [drawing.shapes[drawing.shape[row]] for row in rows]
    place = _Place(chosen or list(drawing.background.land))
    ramp = colours(drawing.density_breaks, LIGHT)
    level = records["resolution"].to_pylist()
    paths = [f'<path fill="#f8f7f3" stroke="#9aa7b2" stroke-width="1" d="{place.path(drawing.background.land)}"/>']
    fills: dict[tuple[int, int], list[BaseGeometry]] = {}
    for row, shape in zip(rows, chosen, strict=True):
        fills.setdefault((level[row], class_of(drawing.density[row], drawing.density_breaks)), []).append(shape)
    for (_, at), shapes in sorted(fills.items()):
        paths.append(f'<path fill="{ramp[at]}" fill-opacity=".92" fill-rule="evenodd" d="{place.path(shapes)}"/>')
    paths.append(f'<path fill="none" stroke="#9aa7b2" stroke-width=".8" d="{place.path(drawing.background.borders)}"/>')
    label = escape(f"Map of accounts per 100 km², {shown}", quote=True)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="100%" role="img" aria-label="{label}" style="background:#e9eff3;border-radius:6px">'
        f"{''.join(paths)}</svg>"
    )


class _Place:
    """From kilometres to the pixels of the picture."""

    def __init__(self, shapes: Sequence[BaseGeometry]) -> None:
        west, south, east, north = shapely.total_bounds(shapes)
        self._scale = min(_WIDTH / (east - west), _HEIGHT / (north - south)) / _ROOM
        self._shift = np.array([_WIDTH / 2 - (west + east) / 2 * self._scale, _HEIGHT / 2 + (south + north) / 2 * self._scale])

    def path(self, shapes: Sequence[BaseGeometry]) -> str:
        """SVG path data of what lies in the picture, in whole relative steps."""
        corners = (np.array([[0, _HEIGHT], [_WIDTH, 0]]) - self._shift) / (self._scale, -self._scale)
        frame = shapely.box(*corners[0], *corners[1])
        parts: list[str] = []
        for shape in shapes:
            seen = shapely.clip_by_rect(shape.simplify(0.9 / self._scale), *frame.bounds)
            for part in shapely.get_parts(seen):
                rings = [part.exterior, *part.interiors] if isinstance(part, shapely.Polygon) else [part]
                parts.extend(self._line(np.array(ring.coords)) for ring in rings if not ring.is_empty)
        return "".join(parts)

    def _line(self, points: npt.NDArray[np.float64]) -> str:
        pixels = np.round(points[:, :2] * (self._scale, -self._scale) + self._shift).astype(np.int64)
        steps = np.diff(pixels, axis=0)
        steps = steps[np.any(steps != 0, axis=1)]
        return f"M{pixels[0, 0]},{pixels[0, 1]}l" + " ".join(f"{x},{y}" for x, y in steps.tolist()) if len(steps) else ""
