"""Places are not points: how fine a Post may count that carries a box, or a point that many people share to the metre.

A place box gets a support: the finest resolution r whose cell is as wide as the box (2 x edge(r) >= diagonal). The Post counts in the cell
of r around the box's centre if the box lies in that cell, else in the finest cell above r that holds all of it. A box is never turned into
a point: centre points made eight of the twenty hottest cells of a synthetic map false, support made none.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from governance.disclosure.assignment import distinct_pairs
from governance.disclosure.cells import BASE, EDGE_KM, NOWHERE, Codes, Counts, Degrees, Flags, index, parents

EARTH_KM = 6371.0088
CITY_SUPPORT = 4
"""The support of a point that is a place in disguise: that of a city's box (median diagonal 21.5 km)."""
DISGUISE_AUTHORS = 10
Marks = npt.NDArray[np.uint32]
_BUCKET_BITS, _MOST_BUCKET_BITS = 21, 24
_BUCKETS = np.uint32((1 << _BUCKET_BITS) - 1)
_HALF_TURN, _TURN = 180.0, 360.0


def box_codes(west: Degrees, south: Degrees, east: Degrees, north: Degrees) -> Codes:
    """The cell each box may count in, NOWHERE for a box that no cell holds (or that is no box).

    Boxes may cross the antimeridian (east < west). A box wider than half the globe has no centre worth naming.

    >>> import numpy as np
    >>> from governance.disclosure.cells import resolutions
    >>> city = box_codes(*(np.array([degrees]) for degrees in (2.22, 48.81, 2.47, 48.91)))
    >>> bool(resolutions(city)[0] <= 4)
    True
    """
    width = np.where(east < west, east - west + _TURN, east - west)
    sound = np.isfinite(west + south + east + north) & (np.abs(south) <= 90) & (np.abs(north) <= 90)  # noqa: PLR2004 - degrees
    sound &= (np.abs(west) <= _HALF_TURN) & (np.abs(east) <= _HALF_TURN) & (north >= south) & (width <= _HALF_TURN)
    found = np.full(len(west), NOWHERE, np.uint64)
    if sound.any():
        found[sound] = _codes(west[sound], south[sound], width[sound], north[sound])
    return found


def _codes(west: Degrees, south: Degrees, width: Degrees, north: Degrees) -> Codes:
    support = support_resolution(diagonal_km(south, north, width))
    corners = [index(lat, _wrapped(west + part * width)) for lat in (south, north) for part in (0.0, 1.0)]
    centre = index((south + north) / 2, _wrapped(west + width / 2))
    found = np.full(len(west), NOWHERE, np.uint64)
    for level in range(BASE + 1):  # coarse to fine: the last that holds the whole box stays
        cell = parents(centre, level)
        holds = (support >= level) & np.logical_and.reduce([parents(corner, level) == cell for corner in corners])
        found[holds] = cell[holds]
    return found


def diagonal_km(south: Degrees, north: Degrees, width: Degrees) -> Degrees:
    """The great-circle diagonal of boxes, by the haversine."""
    rise, run = np.radians(north - south), np.radians(width)
    a = np.sin(rise / 2) ** 2 + np.cos(np.radians(south)) * np.cos(np.radians(north)) * np.sin(run / 2) ** 2
    return 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(a, 0, 1)))


def support_resolution(diagonal: Degrees) -> npt.NDArray[np.int64]:
    """The finest resolution whose cells are as wide as the diagonal, -1 if none is."""
    return (2 * np.array(EDGE_KM)[None, :] >= diagonal[:, None]).sum(axis=1) - 1


def _wrapped(longitude: Degrees) -> Degrees:
    return (longitude + _HALF_TURN) % _TURN - _HALF_TURN


def point_marks(latitude: Degrees, longitude: Degrees) -> Marks:
    """A 32-bit mark of each point at five decimals (about a metre): equal points have equal marks."""
    with np.errstate(over="ignore", invalid="ignore"):  # where there is no point, there is some mark
        mark = _steps(latitude)
        mark <<= np.uint64(32)
        mark ^= _steps(longitude)
        mark *= np.uint64(0x9E3779B97F4A7C15)
        mark ^= mark >> np.uint64(29)
        mark *= np.uint64(0xBF58476D1CE4E5B9)
    mark >>= np.uint64(32)
    return np.maximum(mark, np.uint64(1)).astype(np.uint32)


def _steps(degrees: Degrees) -> npt.NDArray[np.uint64]:
    scaled = degrees * 1e5
    return np.rint(scaled, out=scaled).astype(np.int64).view(np.uint64)


def crowded_marks(parts: Sequence[Sequence[Marks]], least: int = DISGUISE_AUTHORS) -> Marks:
    """Marks that occur at least `least` times: candidates for a place in disguise (mark 0 means: not a bare point)."""
    every = _likely(parts, least)
    every.sort()
    if len(every) < least:
        return np.empty(0, np.uint32)
    first = every[: len(every) - least + 1]
    return np.unique(first[first == every[least - 1 :]])


def _likely(parts: Sequence[Sequence[Marks]], least: int) -> Marks:
    """The marks whose low bits occur often enough: a bucket that stays small holds no crowd, and need not be sorted."""
    rows = sum(len(marks) for part in parts for marks in part)
    low = np.uint32((1 << min(max(rows.bit_length() - 3, _BUCKET_BITS), _MOST_BUCKET_BITS)) - 1)
    counts = np.zeros(int(low) + 1, np.uint32)
    for part in parts:
        for marks in part:
            np.add.at(counts, (marks & low).astype(np.intp), np.uint32(1))
    often = counts >= least
    left = [np.empty(0, np.uint32)]
    for part in parts:
        marks = np.concatenate(part)
        left.append(marks[often[marks & low] & (marks > 0)])
    return np.concatenate(left)


def disguised(marks: Marks, authors: npt.NDArray[np.uint64], candidates: Marks) -> Counts:
    """How many distinct people stand behind each of the candidate marks (sorted), in one author partition."""
    inside = np.flatnonzero(marked(marks, candidates))
    number = np.searchsorted(candidates, marks[inside]).astype(np.uint64)
    return np.bincount(distinct_pairs(authors[inside], number).key.view(np.int64), minlength=len(candidates))


def marked(marks: Marks, ordered: Marks) -> Flags:
    """Which marks occur among the ordered ones: their low bits tell most apart, and only the rest is looked up."""
    near = np.zeros(int(_BUCKETS) + 1, bool)
    near[ordered & _BUCKETS] = True
    found = near[marks & _BUCKETS]
    at = np.flatnonzero(found)
    found[at] = member(marks[at], ordered)
    return found


def member(values: np.ndarray, ordered: np.ndarray) -> Flags:
    """Which values occur in the ordered array."""
    if not len(ordered):
        return np.zeros(len(values), bool)
    at = np.searchsorted(ordered, values)
    at[at == len(ordered)] = 0
    return ordered[at] == values
