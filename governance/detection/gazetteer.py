"""Where people live: the town array, and the place test that stands on it.

Real coordinates lie near towns more often than the same numbers paired at random, and more often than the same pattern moved by a degree:
that is the place test. It needs no header, finds swapped order, and stays quiet on numbers that only have the ranges of degrees.

Source: GeoNames (CC BY 4.0); see data/NOTICE.
"""
# ruff: noqa: PLR2004 - thresholds stand in the tests that they belong to, with the name of what they measure

import re
import unicodedata
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

Floats = NDArray[np.float64]

EARTH_KM = 6371.0
RADII = ((0, 1.5), (0, 3.0), (0, 6.0), (1, 3.0), (1, 6.0), (1, 12.0), (1, 25.0))
"""Array (0: all towns, 1: those of 15,000 people and more) and radius in km; each country has its own right scale."""
POINTS = 400
PAIRINGS = 20
FIRST_PAIRINGS = 4
MOVES = 8
ROWS = 3_000


def fold(name: str) -> str:
    """A name without case, accents and punctuation, as the gazetteer hashes it.

    >>> fold("Saint-Étienne")
    'saint etienne'
    """
    bare = name if name.isascii() else "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", bare.casefold()))


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Trees of towns for distances, and sets of checksums for names."""

    trees: tuple[Any, Any]
    names: NDArray[np.uint32]
    countries: NDArray[np.uint32]
    airports: NDArray[np.uint32]
    airfields: NDArray[np.uint32]
    country_codes: frozenset[str]
    states: frozenset[str]


@lru_cache(maxsize=1)
def gazetteer() -> Gazetteer:
    """The town array, read once (about a third of a second)."""
    with files("governance.detection").joinpath("data/gazetteer.npz").open("rb") as stream, np.load(stream) as stored:
        points = unit(np.cumsum(stored["lat_step"]) / 1000.0, stored["lon"] / 1000.0)
        large = np.unpackbits(stored["large"], count=len(points)).astype(bool)
        sets = [np.cumsum(stored[name], dtype=np.uint32) for name in ("names", "countries", "iata", "icao")]
        codes, states = (frozenset(str(code) for code in stored[name]) for name in ("iso", "states"))
    return Gazetteer((KDTree(points), KDTree(points[large])), sets[0], sets[1], sets[2], sets[3], codes, states)


def known(names: Iterable[str], checksums: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Which of the names are in a set of checksums."""
    codes = np.array([zlib.crc32(fold(name).encode()) for name in names], dtype=np.uint32)
    if not len(codes):
        return np.zeros(0, dtype=bool)
    at = np.searchsorted(checksums, codes).clip(max=len(checksums) - 1)
    return checksums[at] == codes


def unit(latitude: Any, longitude: Any) -> Floats:  # noqa: ANN401 - whatever numpy takes for an array
    """Points on the unit sphere."""
    lat, lon = np.radians(np.asarray(latitude, float)), np.radians(np.asarray(longitude, float))
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def kilometres(latitude: Floats, longitude: Floats) -> Floats:
    """Distance to the nearest town in km, for both arrays: shape (2, points)."""
    points = unit(latitude, longitude)
    chords = np.array([tree.query(points)[0] for tree in gazetteer().trees])
    return 2 * EARTH_KM * np.arcsin(np.clip(chords / 2, 0, 1))


def _shares(distances: Floats) -> Floats:
    """Share of points within each of the radii."""
    return np.array([(distances[array] <= radius).mean() for array, radius in RADII])


def near_share(latitude: Any, longitude: Any) -> float:  # noqa: ANN401 - whatever numpy takes for an array
    """Share of points within 12 km of a town; points off the globe count as far."""
    lat, lon = np.asarray(latitude, float), np.asarray(longitude, float)
    good = np.isfinite(lat) & np.isfinite(lon) & (np.abs(lat) <= 90) & (np.abs(lon) <= 360)
    if not good.any():
        return 0.0
    return float((kilometres(lat[good], lon[good])[0] <= 12).sum() / len(lat))


@dataclass(frozen=True, slots=True)
class Placed:
    """The outcome of the place test for one order of a pair."""

    points: int
    near: float
    paired: float
    z: float
    near_town: float
    areas: int
    spread: float
    rank_correlation: float
    moved: float = 0.0
    """Share near a town after the whole pattern was moved: clumps of numbers stay as near as they were by luck."""

    @property
    def passed(self) -> bool:
        """Nearer to towns than chance allows, and than the same pattern is anywhere else; fewer areas must show it more clearly."""
        lift = self.near - self.moved
        return self.clustered and ((self.areas >= 12 and lift >= 0.1) or (self.areas >= 4 and lift >= 0.2))

    @property
    def clustered(self) -> bool:
        """Nearer to towns than chance allows, if maybe over a few areas only."""
        return self.points >= 12 and self.z >= 6 and self.near - self.paired >= 0.1 and self.rank_correlation < 0.93

    @property
    def tight(self) -> bool:
        """One small area beside a town: a region's data, or any two narrow numbers."""
        return self.near_town >= 0.85 and self.spread < 1.5 and self.rank_correlation < 0.93


def place_test(latitude: Floats, longitude: Floats, seed: int = 0) -> Placed | None:
    """Compare how near to towns the points are with how near random re-pairings of the same numbers are.

    Parameters
    ----------
    latitude, longitude
        Degrees, row by row, shape (n,); NaN is skipped.
    seed
        Seed of the re-pairings.

    Returns
    -------
    Placed or None
        None if the numbers can't be degrees in this order, are too few, or lie where nobody lives.

    Notes
    -----
    One point of each 0.1-degree square counts, so that a few crowded squares can't carry the test. Of seven radii the best z counts.

    """
    chance = np.random.default_rng(seed)
    pairs = _pairs(latitude, longitude, chance)
    if len(pairs) < 4:
        return None
    _, first = _distinct(*np.round(pairs, 1).T)
    chosen = pairs[chance.permutation(first)[:POINTS]]
    lat, lon = chosen[:, 0], chosen[:, 1]
    distances = kilometres(lat, lon)
    near = _shares(distances)
    if near.max() < 0.1:
        return None
    paired = np.array([_shares(kilometres(lat, chance.permutation(lon))) for _ in range(FIRST_PAIRINGS)])
    if (near - paired.mean(axis=0)).max() >= 0.05:  # else no more of them could make it pass
        more = [_shares(kilometres(lat, chance.permutation(lon))) for _ in range(PAIRINGS - FIRST_PAIRINGS)]
        paired = np.vstack([paired, more])
    mean = paired.mean(axis=0)
    deviation = np.maximum(paired.std(axis=0), np.sqrt(np.maximum(mean * (1 - mean), 0.01) / len(lat)))
    z = (near - mean) / deviation
    best = int(np.argmax(z))
    moved = _moved_share(lat, lon, best, chance) if z[best] >= 6 else 0.0
    return Placed(
        points=len(lat),
        near=float(near[best]),
        paired=float(mean[best]),
        z=float(z[best]),
        near_town=near_share(pairs[:POINTS, 0], pairs[:POINTS, 1]),
        areas=len(np.unique(np.round(chosen), axis=0)),
        spread=float(max(pairs[:, 0].std(), pairs[:, 1].std())),
        rank_correlation=_rank_correlation(lat, lon),
        moved=moved,
    )


def _pairs(latitude: Floats, longitude: Floats, chance: np.random.Generator) -> Floats:
    """The distinct pairs of some rows, shape (n, 2); none if they can't be degrees in this order."""
    rows = np.flatnonzero(np.isfinite(latitude) & np.isfinite(longitude))
    rows = rows if len(rows) <= ROWS else chance.choice(rows, ROWS, replace=False)
    lat, lon = latitude[rows], longitude[rows]
    if not len(rows) or np.abs(lat).max() > 90 or np.abs(lon).max() > 360 or np.ptp(lon) > 360:
        return np.empty((0, 2))
    return _distinct(lat, lon)[0]


def _distinct(latitude: Floats, longitude: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """Each pair once, rising, and where it stood first; as complex numbers pairs are sorted several times faster than as rows."""
    pairs, first = np.unique(latitude + 1j * longitude, return_index=True)
    return np.column_stack([pairs.real, pairs.imag]), first


def _moved_share(lat: Floats, lon: Floats, best: int, chance: np.random.Generator) -> float:
    """Mean share near a town when the whole pattern is moved by half a degree to two."""
    array, radius = RADII[best]
    shares = []
    for turn in chance.uniform(0, 2 * np.pi, MOVES):
        step = chance.uniform(0.5, 2.0)
        distances = kilometres(np.clip(lat + step * np.sin(turn), -90, 90), lon + step * np.cos(turn))
        shares.append(float((distances[array] <= radius).mean()))
    return float(np.mean(shares))


def _rank_correlation(one: Floats, other: Floats) -> float:
    """Absolute rank correlation: percentiles and their like run together, coordinates do not."""
    if len(one) < 6:
        return 0.0
    ranks = [np.argsort(np.argsort(values)) for values in (one, other)]
    return abs(float(np.corrcoef(ranks[0], ranks[1])[0, 1]))
