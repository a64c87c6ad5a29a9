"""The map as a PNG, drawn by matplotlib (extra `plot`), in the colours of the page; the certificate is in the file's text chunk.

Several windows or groups become small panels with one scale of colours, so that they can be compared.
"""

import io
import json
import math
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import shapely
from shapely.geometry.base import BaseGeometry

from governance.errors import BadRequest
from governance.reporting.maps.background import ATTRIBUTION
from governance.reporting.maps.caption import Caption, caption
from governance.reporting.maps.chunks import CERTIFICATE_CHUNK
from governance.reporting.maps.drawing import Drawing, blocks, draw
from governance.reporting.maps.palette import LIGHT, class_of, colours
from governance.reporting.maps.records import Certificate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.path import Path

MOST_PANELS = 12
"""How many windows and groups one picture shows: the latest."""
_INK, _SOFT, _SEA, _LAND, _COAST, _BORDER = "#1c2430", "#5b6675", "#e9eff3", "#f8f7f3", "#9aa7b2", "#b9bfc6"
_SIZE = (11.0, 7.2)
_DPI = 160
_ROOM = 1.08
_HATCH = 0.35
_WIDE_KM = 3500.0


def to_png(records: pa.Table, certificate: Certificate) -> bytes:
    """The picture.

    Raises
    ------
    BadRequest
        If matplotlib is not installed.

    """
    try:
        from matplotlib import rc_context
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("matplotlib"):
            raise
        raise BadRequest(
            "A PNG needs matplotlib, which is not installed.", "pip install 'post-governance[plot]', or write .html."
        ) from None
    sink = io.BytesIO()
    drawing = draw(records)
    with warnings.catch_warnings(), rc_context({"hatch.linewidth": _HATCH}):
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # a topic in any script is no reason to fail
        figure = Figure(figsize=_SIZE, dpi=_DPI, facecolor="#ffffff")
        FigureCanvasAgg(figure)
        _write_words(figure, caption(records, certificate), drawing)
        _panels(figure, records, drawing)
        figure.savefig(sink, format="png", metadata={CERTIFICATE_CHUNK: json.dumps(certificate, sort_keys=True), "Software": None})
    return sink.getvalue()


def _write_words(figure: "Figure", words: Caption, drawing: Drawing) -> None:
    def say(x: float, y: float, text: str, size: float, colour: str = _SOFT, weight: str = "normal") -> None:
        figure.text(x, y, text, fontsize=size, color=colour, fontweight=weight, va="top", parse_math=False)

    say(0.035, 0.965, words.title, 17, _INK, "bold")
    say(0.035, 0.915, words.subtitle, 10)
    say(0.815, 0.845, "Accounts per 100 km²", 9.5, _INK, "bold")
    least = f"fewer than {words.minimum_people}" if words.minimum_people else "too few"
    notes = (
        f"Accounts, not persons;\nnumbers rounded to {words.rounding}.\n\n"
        f"Hatched: the remainder\nof a larger cell.\n\nBlank: {least}\naccounts, or none."
    )
    _legend(figure, drawing)
    say(0.815, 0.42, notes, 8.5)
    release = f" · release {words.release}" if words.release else ""
    say(0.035, 0.04, f"{ATTRIBUTION} · {drawing.projection.name}{release}", 7)


def _legend(figure: "Figure", drawing: Drawing) -> None:
    from matplotlib.patches import Rectangle

    ends = drawing.density_breaks
    for at, colour in enumerate(colours(ends)):
        top = 0.8 - at * 0.042
        figure.add_artist(Rectangle((0.815, top - 0.025), 0.026, 0.03, transform=figure.transFigure, facecolor=colour, edgecolor="none"))
        figure.text(0.85, top - 0.01, _class_name(ends, at), fontsize=8.5, color=_INK, va="center", parse_math=False)


def _class_name(ends: Sequence[float], at: int) -> str:
    if not ends:
        return "all regions"
    if at == 0:
        return f"under {ends[0]:,.4g}"
    return f"{ends[-1]:,.6g} and more" if at == len(ends) else f"{ends[at - 1]:,.6g} to {ends[at]:,.6g}"


def _panels(figure: "Figure", records: pa.Table, drawing: Drawing) -> None:
    parts = sorted(blocks(records).items(), key=lambda part: (part[0][0], part[0][1] or ""))[-MOST_PANELS:] or [(("", None), [])]
    groups = len({group for (_, group), _ in parts})
    across = groups if 1 < groups < len(parts) else math.ceil(math.sqrt(len(parts) * 1.1)) if len(parts) > 1 else 1
    down = math.ceil(len(parts) / across)
    room = {"wspace": 0.03, "hspace": 0.12 if down > 1 else 0, "top": 0.865 if len(parts) == 1 else 0.85}
    grid = figure.add_gridspec(down, across, left=0.035, right=0.79, bottom=0.06, **room)
    for at, ((window, group), rows) in enumerate(parts):
        axes = figure.add_subplot(grid[at // across, at % across])
        _paint(axes, records, drawing, rows, small=len(parts) > 1)
        if len(parts) > 1:
            axes.set_title(
                " · ".join(part for part in (window, group) if part), fontsize=8.5, color=_SOFT, loc="left", pad=3, parse_math=False
            )
        _scale_bar(axes, drawing, small=len(parts) > 1)


def _paint(axes: "Axes", records: pa.Table, drawing: Drawing, rows: list[int], *, small: bool) -> None:
    from matplotlib.collections import LineCollection, PathCollection

    axes.set_facecolor(_SEA)
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.add_collection(PathCollection([_path(shape) for shape in drawing.background.land], facecolors=_LAND, edgecolors="none"))
    ramp = colours(drawing.density_breaks, LIGHT)
    kinds, resolution = records["kind"].to_pylist(), records["resolution"].to_pylist()
    ordered = sorted(rows, key=lambda row: resolution[row])
    fills = [ramp[class_of(drawing.density[row], drawing.density_breaks)] for row in ordered]
    paths = [_path(drawing.shapes[drawing.shape[row]]) for row in ordered]
    edges = [0.0 if small or resolution[row] == drawing.finest else 0.25 for row in ordered]
    axes.add_collection(PathCollection(paths, facecolors=fills, edgecolors="#ffffff", linewidths=edges, alpha=0.92))
    rest = [path for path, row in zip(paths, ordered, strict=True) if kinds[row] == "residual"]
    axes.add_collection(PathCollection(rest, facecolors="none", edgecolors="#1c243070", linewidths=0, hatch="//////"))
    for lines, colour in ((drawing.background.borders, _BORDER), (drawing.background.coast, _COAST)):
        axes.add_collection(LineCollection([np.array(part.coords) for part in _parts(lines)], colors=colour, linewidths=0.45))
    _frame(axes, drawing)
    if not small:
        _names(axes, drawing)


def _names(axes: "Axes", drawing: Drawing) -> None:
    """Names where they fit: towns on closer maps, countries on wide ones; none may touch another."""
    from matplotlib.patheffects import withStroke

    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    wide = right - left > _WIDE_KM
    unit = (right - left) / 1000
    taken: list[tuple[float, float, float, float]] = []
    for label in sorted(drawing.background.labels, key=lambda one: (one.kind == "city") == wide):
        text = label.name.upper() if label.kind == "country" else label.name
        half, high = len(text) * 4.6 * unit, 11 * unit
        x, y = label.east, label.north + (high if label.kind == "city" else 0)
        box = (x - half, y - high, x + half, y + high)
        inside = box[0] > left and box[2] < right and box[1] > bottom and box[3] < top
        if not inside or any(box[0] < o[2] and box[2] > o[0] and box[1] < o[3] and box[3] > o[1] for o in taken):
            continue
        taken.append(box)
        halo = [withStroke(linewidth=2.2, foreground="#ffffffdd")]
        weight = "bold" if label.kind == "country" else "normal"
        axes.text(x, y, text, size=6.5, ha="center", va="center", color=_INK, weight=weight, path_effects=halo, parse_math=False)
        if label.kind == "city":
            axes.plot([label.east], [label.north], marker="o", markersize=2, color=_INK, markeredgecolor="#ffffff", markeredgewidth=0.5)


def _parts(shapes: Sequence[BaseGeometry]) -> list[shapely.LineString]:
    return [part for shape in shapes for part in shapely.get_parts(shape) if isinstance(part, shapely.LineString) and not part.is_empty]


def _path(shape: BaseGeometry) -> "Path":
    from matplotlib.path import Path

    parts = [part for part in shapely.get_parts(shape) if isinstance(part, shapely.Polygon) and not part.is_empty]
    rings = [np.array(ring.coords)[:, :2] for part in parts for ring in (part.exterior, *part.interiors)]
    if not rings:
        return Path(np.empty((0, 2)))
    return Path.make_compound_path(*(Path(ring, closed=True) for ring in rings))


def _frame(axes: "Axes", drawing: Drawing) -> None:
    """The data in the middle, with some room, in the shape of the panel."""
    shapes = drawing.shapes or drawing.background.land
    west, south, east, north = shapely.total_bounds(shapes)
    box = axes.get_position()
    shape = (box.width * _SIZE[0]) / (box.height * _SIZE[1])
    width = max(east - west, (north - south) * shape) * _ROOM
    middle = (west + east) / 2, (south + north) / 2
    axes.set_xlim(middle[0] - width / 2, middle[0] + width / 2)
    axes.set_ylim(middle[1] - width / shape / 2, middle[1] + width / shape / 2)


def _scale_bar(axes: "Axes", drawing: Drawing, *, small: bool) -> None:
    if not drawing.projection.azimuthal:
        return
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    wanted = (right - left) * (0.25 if small else 0.15)
    power = 10 ** math.floor(math.log10(wanted))
    length = max(step * power for step in (1, 2, 5) if step * power <= wanted)
    x, y = left + (right - left) * 0.03, bottom + (top - bottom) * 0.035
    axes.plot([x, x + length], [y, y], color=_SOFT, linewidth=1.6, solid_capstyle="butt")
    axes.text(x, y + (top - bottom) * 0.012, f"{length:,.4g} km", fontsize=6.5 if small else 7.5, color=_SOFT)
