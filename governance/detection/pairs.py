"""Two columns of numbers as latitude and longitude: which to try, in which unit and order, and what the place test says."""
# ruff: noqa: PLR2004 - thresholds stand in the tests that they belong to, with the name of what they measure

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from governance.detection.evidence import Hit, Test, at_least
from governance.detection.gazetteer import Placed, place_test
from governance.detection.headers import Header
from governance.detection.leaves import Numbers
from governance.vocabulary import Status

GLOBE = 90.0
FAR_EAST = 360.0
NEIGHBOURS = 2
FEW_COLUMNS = 10
FEW = 5

LATITUDE = ("latitude", "latitude_weak")
LONGITUDE = ("longitude", "longitude_weak")


@dataclass(frozen=True, slots=True)
class Unit:
    """A way to write degrees as numbers."""

    name: str
    factor: float
    whole: bool
    """Whether it is written in integers."""


DEGREES = Unit("degrees", 1.0, whole=False)
WHOLE_DEGREES = Unit("degrees", 1.0, whole=True)
SCALED = (
    Unit("1e7", 1e-7, whole=True),
    Unit("semicircles", 180 / 2**31, whole=True),
    Unit("1e6", 1e-6, whole=True),
    Unit("1e5", 1e-5, whole=True),
    Unit("milliseconds of arc", 1 / 3.6e6, whole=True),
    Unit("1e4", 1e-4, whole=True),
    Unit("1e8", 1e-8, whole=True),
    Unit("1e9", 1e-9, whole=True),
    Unit("seconds of arc", 1 / 3600, whole=True),
    Unit("1e3", 1e-3, whole=True),
    Unit("1e2", 1e-2, whole=True),
)
RADIANS = Unit("radians", 180 / np.pi, whole=False)


@dataclass(frozen=True, slots=True)
class Pairing:
    """Two columns to try, first the one that is the latitude if the headers say so."""

    one: Numbers
    other: Numbers
    prior: str
    """strong (both headers say it), weak (they may say it), list (items of one list) or none."""


def tier_of(decimals: float) -> str:
    """How fine a coordinate of so many decimals is.

    >>> tier_of(5), tier_of(2), tier_of(0)
    ('T0', 'T2', 'T4')
    """
    return next(tier for places, tier in ((4, "T0"), (3, "T1"), (2, "T2"), (1, "T3"), (0, "T4")) if decimals >= places)


def says_latitude(head: Header) -> bool:
    """Whether a header says latitude, maybe among other things."""
    return head.says(*LATITUDE)


def says_longitude(head: Header) -> bool:
    """Whether a header says longitude, maybe among other things."""
    return head.says(*LONGITUDE)


def _prior(lat: Header, lon: Header) -> str:
    """How much the two headers say."""
    if lat.says("qualifier") or lon.says("qualifier") or lat.stem(*LATITUDE) != lon.stem(*LONGITUDE):
        return "weak"
    strong = (lat.says("latitude"), lon.says("longitude"))
    if all(strong) or (
        strong[0] and lon.says("longitude_weak") and lon.words & {"long", "laenge", "lange", "lengde", "langd", "delka", "dlugosc"}
    ):
        return "strong"
    return "weak"


def pairings(numbers: list[Numbers]) -> Iterator[Pairing]:
    """The pairs worth a test: partners by header, items of a list, neighbours with decimals."""
    tried: set[tuple[str, str]] = set()
    lats = [n for n in numbers if says_latitude(n.header)]
    lons = [n for n in numbers if says_longitude(n.header)]
    for lat in lats:
        partners = [lon for lon in lons if lon is not lat and lon.header.stem(*LONGITUDE) == lat.header.stem(*LATITUDE)]
        partners = partners or [lon for lon in lons if lon is not lat and abs(lon.order - lat.order) <= NEIGHBOURS]
        for lon in sorted(partners, key=lambda n: abs(n.order - lat.order))[:2]:
            tried.add((lat.path, lon.path))
            yield Pairing(lat, lon, _prior(lat.header, lon.header))
    few = sum(n.decimals >= 2 or n.integers is not None for n in numbers) <= FEW_COLUMNS
    for one, other in combinations(numbers, 2):
        if (one.path, other.path) in tried or (other.path, one.path) in tried:
            continue
        if one.pair and one.pair == other.pair:
            yield Pairing(one, other, "geojson" if one.path.endswith("coordinates[0]") else "list")
        elif (
            (abs(one.order - other.order) <= NEIGHBOURS or (few and fine(one, other)))
            and one.pair == other.pair == ""
            and not _same_side(one.header, other.header)
        ):
            yield Pairing(one, other, "none")


def fine(one: Numbers, other: Numbers) -> bool:
    """Whether both have decimals enough for a place."""
    return min(one.decimals, other.decimals) >= 3


def _same_side(one: Header, other: Header) -> bool:
    """Whether both headers say latitude, or both say longitude, and neither says both."""
    return (one.says("latitude") and other.says("latitude")) or (one.says("longitude") and other.says("longitude"))


def units_for(pairing: Pairing) -> Iterator[Unit]:
    """The units that the numbers could be written in."""
    one, other = pairing.one, pairing.other
    reach = max(one.reach, other.reach)
    whole = one.integers is not None and other.integers is not None
    known = pairing.prior in {"strong", "geojson"}
    places = min(one.decimals, other.decimals)
    if not whole and reach <= FAR_EAST and (known or places >= 2):
        yield DEGREES
    if whole and reach <= FAR_EAST and known:
        yield WHOLE_DEGREES
    if whole or (known and reach > FAR_EAST):
        yield from (unit for unit in SCALED if 5 <= reach * unit.factor <= FAR_EAST and (known or unit.factor <= 1e-4))
    if not whole and reach <= 2 * np.pi and places >= 5:
        yield RADIANS


def judge(pairing: Pairing) -> tuple[Hit, Hit] | None:
    """What two columns hold, if they hold coordinates: a hit for each, in the order of the pairing."""
    one, other = pairing.one, pairing.other
    if len(one.floats) != len(other.floats) or not min(len(one.finite), len(other.finite)):
        return None
    if min(len(one.finite), len(other.finite)) < FEW:
        return _by_header(pairing)
    found: list[tuple[tuple[float, ...], tuple[Hit, Hit]]] = []
    for unit in units_for(pairing):
        for swapped in (False, True):
            first, second = (other, one) if swapped else (one, other)
            placed = place_test(first.floats * unit.factor, second.floats * unit.factor)
            hits = _hits(pairing, unit, placed, swapped=swapped) if placed else None
            if hits and placed:
                found.append(((float(hits[0].status is Status.CONFIRMED), float(placed.passed), float(placed.clustered), placed.z), hits))
    if found:
        return max(found, key=lambda pair: pair[0])[1]
    return _by_header(pairing)


def _hits(pairing: Pairing, unit: Unit, placed: Placed, *, swapped: bool) -> tuple[Hit, Hit] | None:
    """The hits that a place test in one unit and order supports."""
    status = _status(pairing, unit, placed, swapped=swapped)
    if status is Status.NONE:
        return None
    places = min(pairing.one.decimals, pairing.other.decimals)
    tier = tier_of(places if unit.factor == 1.0 else 5)
    tests = (
        at_least("place test z", placed.z, 6.0),
        at_least("share near a town above re-paired", placed.near - placed.paired, 0.1),
        at_least("share near a town above the moved pattern", placed.near - placed.moved, 0.1),
        at_least("separate areas", placed.areas, 12),
        Test("rank correlation", round(placed.rank_correlation, 3), 0.93, placed.rank_correlation < 0.93),
        at_least("decimals", places, 3),
    )
    known = pairing.prior in {"strong", "geojson"}
    base = Hit(
        what="latitude" if unit.factor == 1.0 else f"latitude in {unit.name}",
        label="location.latitude",
        status=status,
        tier=tier,
        confidence=0.97 if known and placed.clustered else 0.9 if placed.passed else 0.7,
        header=pairing.prior in {"strong", "weak"},
        values=placed.clustered or placed.tight,
        tests=tests,
    )
    lon = replace(base, what=base.what.replace("latitude", "longitude"), label="location.longitude")
    return (lon, base) if swapped else (base, lon)


def _status(pairing: Pairing, unit: Unit, placed: Placed, *, swapped: bool) -> Status:
    """Confirmed, in review, or nothing."""
    if pairing.prior == "geojson":
        return Status.CONFIRMED if placed.near_town >= 0.2 or placed.clustered else Status.NONE
    if pairing.prior == "strong":
        varied = len(np.unique(pairing.one.finite)) > 3 or len(pairing.one.finite) < 20
        sure = placed.clustered or placed.tight or not swapped
        return Status.NONE if not sure else Status.CONFIRMED if varied else Status.REVIEW
    places = min(pairing.one.decimals, pairing.other.decimals)
    if placed.passed and (places >= 3 or unit.whole or pairing.prior != "none" or (placed.z >= 8 and placed.areas >= 30)):
        return Status.CONFIRMED
    apart = pairing.prior == "none" and abs(pairing.one.order - pairing.other.order) > NEIGHBOURS
    centre = min(abs(float(np.mean(pairing.one.finite))), abs(float(np.mean(pairing.other.finite))))
    tight = placed.tight and places >= 4 and unit is DEGREES and centre > 2
    unsure = (placed.clustered and (places >= 3 or unit.whole)) or tight
    return Status.REVIEW if unsure and not apart else Status.NONE


def _by_header(pairing: Pairing) -> tuple[Hit, Hit] | None:
    """Two headers that say latitude and longitude, over numbers that can be such in some unit: enough where nobody lives."""
    lat, lon = pairing.one.reach, pairing.other.reach
    unit = next((u for u in units_for(pairing) if 0 < lat * u.factor <= GLOBE and 0 < lon * u.factor <= FAR_EAST), None)
    if pairing.prior != "strong" or unit is None:
        return None
    places = min(pairing.one.decimals, pairing.other.decimals)
    base = Hit(
        what="latitude" if unit.factor == 1.0 else f"latitude in {unit.name}",
        label="location.latitude",
        tier=tier_of(places if unit.factor == 1.0 else 5),
        confidence=0.8,
        header=True,
        values=False,
        tests=(at_least("decimals", places, 3),),
    )
    return base, replace(base, what=base.what.replace("latitude", "longitude"), label="location.longitude")
