"""Which windows and groups of two maps may be compared, and why not."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from governance.errors import BadRequest
from governance.reporting.maps.caption import caption
from governance.reporting.maps.comparison import Comparison, Layer, Rounding, changes, shares
from governance.reporting.maps.drawing import blocks
from governance.reporting.maps.records import groups, windows

if TYPE_CHECKING:
    from governance.reporting.maps.heat_map import HeatMap

Layers = dict[str, dict[str | None, Layer]]


def _layers(heat: "HeatMap") -> Layers:
    found: Layers = {}
    for (window, group), rows in blocks(heat.records).items():
        found.setdefault(window, {})[group] = Layer.of(heat.records, rows)
    return found


def _rounding(*maps: "HeatMap") -> Rounding:
    words = [caption(heat.records, heat.certificate) for heat in maps]
    return Rounding(max(word.rounding for word in words), min(word.minimum_people or 1 for word in words))


def compare(one: "HeatMap", other: "HeatMap", wanted: tuple[str, str] | None) -> Comparison:
    """The change from the earlier window to the later one."""
    if caption(one.records, one.certificate).scope != caption(other.records, other.certificate).scope:
        raise BadRequest("The two maps have different scopes.", "compare maps of one series.")
    if groups(one.records) != groups(other.records):
        raise BadRequest("The two maps have different groups.", "compare maps of one series.")
    layers = {**_layers(one), **_layers(other)} if one is not other else _layers(one)
    before, after = _chosen(one, other, wanted)
    for name in (before, after):
        if name not in layers:
            raise BadRequest(f"No map holds the window {name}.", f"choose among {', '.join(sorted(layers))}.")
    return changes(layers[before], layers[after], (before, after), _rounding(one, other))


def _chosen(one: "HeatMap", other: "HeatMap", wanted: tuple[str, str] | None) -> tuple[str, str]:
    if wanted is not None:
        if not isinstance(wanted, Sequence) or [type(name) for name in wanted] != [str, str]:
            raise BadRequest(
                "windows: not the names of two windows.", f"give windows=(earlier, later), of {', '.join(windows(one.records))}."
            )
        before, after = wanted
    elif one is other:
        before, after = (["", "", *windows(one.records)])[-2:]
    else:
        before, after = sorted((windows(heat.records) or [""])[-1] for heat in (one, other))
    if not before or before == after:
        raise BadRequest("There are no two windows to compare.", "give a map of another window, or windows=(earlier, later).")
    if before > after:
        raise BadRequest("The first window is the later one.", "give windows=(earlier, later).")
    return before, after


def shares_of(heat: "HeatMap") -> Comparison:
    """The share of each group in its region."""
    if groups(heat.records) in ([], [None]):
        raise BadRequest("This map has no groups.", "release one with groups={name: [terms]}.")
    names = set(groups(heat.records))
    layers = {window: found for window, found in _layers(heat).items() if set(found) == names}
    if not layers:
        raise BadRequest("No window holds all groups.", "release the groups over a longer window.")
    return shares(layers, _rounding(heat))
