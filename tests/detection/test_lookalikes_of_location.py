"""Numbers and texts that only look like location: the ranges, the words and the forms are there, the places are not."""

import random

import numpy as np
import pyarrow as pa
import pytest

from governance.detection import detect_source
from governance.detection.gazetteer import place_test
from governance.detection.sampling import ArrowSource
from governance.vocabulary import Family, Status
from tests.detection.town_points import positions

N = 200
C = np.random.default_rng(3)
R = random.Random(3)  # noqa: S311 - synthetic rows
COUPON = "0123456789bcdefghjkmnpqrstuvwxyz"


def part_number() -> str:
    """A part number in the form of a military grid reference."""
    return f"{R.randrange(1, 60)}{R.choice('CDEFGHJKLMNPQRSTUVWX')}{R.choice('ABCDEF')}{R.choice('ABCDEF')}{R.randrange(10**4):04d}"


TABLES = {
    "angles": {"roll": C.uniform(-180, 180, N).round(4), "pitch": C.uniform(-90, 90, N).round(4), "yaw": C.uniform(-180, 180, N).round(4)},
    "sky": {"ra": C.uniform(0, 360, N).round(5), "dec": np.degrees(np.arcsin(C.uniform(-1, 1, N))).round(5)},
    "colours": {"L": C.uniform(0, 100, N).round(3), "a": C.normal(0, 40, N).round(3), "b": C.normal(0, 40, N).round(3)},
    "percentages": {"p": C.uniform(0, 100, N).round(6), "q": C.uniform(0, 100, N).round(6)},
    "weather": {"temp": C.normal(15, 8, N).round(3), "hum": C.uniform(20, 95, N).round(3), "pressure": C.normal(1013, 6, N).round(2)},
    "components": {"x": C.normal(0, 20, N), "y": C.normal(0, 20, N)},
    "money": {"net": C.lognormal(3, 1, N).round(4), "gross": C.lognormal(3, 1, N).round(4)},
    "micros": {"amount": C.integers(10**6, 9 * 10**7, N), "bid": C.integers(10**6, 9 * 10**7, N)},
    "millimetres": {"x_mm": C.uniform(2e5, 8e5, N).round(1), "y_mm": C.uniform(1e6, 9e6, N).round(1)},
    "latency": {"lat": C.lognormal(3, 0.4, N).round(3), "lat_p99": C.lognormal(4, 0.4, N).round(3)},
    "positions of traders": {"long": C.uniform(0, 90, N).round(2), "qty_long": C.uniform(0, 90, N).round(2)},
    "coupons": {"code": ["".join(R.choices(COUPON, k=8)) for _ in range(N)]},
    "bases": {"genotype": ["".join(R.choices("0123", k=14)) for _ in range(N)]},
    "part numbers": {"part": [part_number() for _ in range(N)]},
    "bins": {"loc": [f"{R.choice('ABCDEFGHIJKLMNOPQR')}{R.choice('ABCDEFGHIJKLMNOPQR')}{R.randrange(100):02d}" for _ in range(N)]},
    "sizes": {"size": [f"{R.uniform(5, 90):.2f} x {R.uniform(5, 90):.2f}" for _ in range(N)]},
    "intervals": {"ci": [f"({R.uniform(0, 5):.3f}, {R.uniform(5, 90):.3f})" for _ in range(N)]},
    "durations": {"d": [f"{R.randrange(90)}:{R.randrange(60):02d}:{R.randrange(60):02d}" for _ in range(N)]},
    "heights": {"h": [f"{R.randrange(4, 7)}'{R.randrange(12)}\"" for _ in range(N)]},
    "traces": {"trace_id": [f"{R.getrandbits(64):016x}" for _ in range(N)], "etag": [f"8{R.getrandbits(56):014x}" for _ in range(N)]},
    "modules": {"module": [f"app.{R.choice(['core', 'web', 'api'])}.{R.choice(['views', 'models', 'urls'])}" for _ in range(N)]},
    "angles with minutes": {"angle": [f"{R.randrange(360)}° {R.randrange(60)}' {R.randrange(60)}\"" for _ in range(N)]},
    "wind": {"wind": [f"{R.randrange(360)}° {R.randrange(40)} kt" for _ in range(N)]},
    "ranks in XML": {"xml": [f"<row><pos>{n}</pos><point>{n % 7}</point></row>" for n in range(N)]},
    "arcs of charts": {"chart": [f'{{"type": "pie", "arcs": [{n}, {n + 1}, {n + 2}, {n + 3}, 5]}}' for n in range(N)]},
    "pixels": {"x_coord": C.integers(0, 1920, N), "y_coord": C.integers(0, 1080, N)},
    "compounds": {"cid": C.integers(1, 10**6, N)},
    "prose": {"remark": [f"Point ({R.choice(['see', 'cf'])} {n}) of the polygon (sic) is late by {n}.5 days" for n in range(N)]},
    "charts": {"chart": [f'{{"type": "Point", "coordinates": [{R.randrange(400)}, {R.randrange(300)}]}}' for _ in range(N)]},
    "currencies": {"c": [R.choice(["EUR", "USD", "GBP", "JPY", "CHF", "SEK", "NOK", "DKK"]) for _ in range(N)]},
    "words": {"flat": C.uniform(1, 9, N).round(4), "plate": C.uniform(1, 9, N).round(4), "longest_run": C.uniform(1, 9, N).round(4)},
    "counts": {"location_count": C.integers(1, 9, N), "address_count": C.integers(1, 9, N), "capacity": C.integers(1, 9, N)},
    "qualified": {"delta_lat": C.normal(0, 0.5, N).round(5), "delta_lon": C.normal(0, 0.5, N).round(5)},
    "five digits": {"qty": [f"{R.randrange(10**5):05d}" for _ in range(N)]},
    "fruit": {"fruit": [R.choice(["apple", "orange", "banana", "cherry", "lemon", "lime", "mango", "olive", "plum"]) for _ in range(N)]},
}


@pytest.mark.parametrize("name", TABLES)
def test_nothing_is_confirmed(name: str) -> None:
    """No column of the table is confirmed as location."""
    found = detect_source(ArrowSource(pa.table(TABLES[name])))
    assert not [column.column for column in found if column.family is Family.LOCATION and column.status is Status.CONFIRMED]


def test_false_alarms_of_the_place_test() -> None:
    """Of 200 random pairs of columns of many distributions none passes."""
    passed = 0
    for seed in range(40):
        chance = np.random.default_rng(seed)
        pairs = (
            (chance.normal(0, 30, N).clip(-90, 90), chance.normal(0, 60, N)),
            (chance.uniform(-90, 90, N), chance.uniform(-180, 180, N)),
            (chance.lognormal(2, 0.8, N).clip(0, 90), chance.lognormal(2, 0.8, N).clip(0, 180)),
            (chance.normal(0, 1, N).cumsum().clip(-90, 90), chance.normal(0, 1, N).cumsum()),
            (chance.uniform(30, 60, N), chance.uniform(-10, 40, N)),
        )
        passed += sum(bool(placed and placed.passed) for placed in (place_test(lat, lon) for lat, lon in pairs))
    assert passed == 0


def test_clumps_of_numbers_stay_quiet() -> None:
    """Of 60 mixtures of three or four clumps, which lie near towns by luck, at most one is confirmed."""
    passed = 0
    for seed in range(60):
        chance = np.random.default_rng(seed)
        kinds = 3 + seed % 2
        clump = chance.integers(0, kinds, 300)
        middle = np.column_stack([chance.uniform(30, 58, kinds), chance.uniform(-5, 40, kinds)])
        points = chance.normal(middle[clump], chance.uniform(0.2, 5, (kinds, 2))[clump])
        placed = place_test(points[:, 0], points[:, 1])
        passed += bool(placed and placed.passed)
    assert passed <= 1


@pytest.mark.parametrize(
    ("region", "rows"), [("belgium", 100), ("world", 20), ("europe", 100), ("brazil", 100), ("india", 100), ("australia", 100)]
)
def test_power_of_the_place_test(region: str, rows: int) -> None:
    """Nearly every draw of towns passes, from a handful of rows on."""
    passed = 0
    for seed in range(20):
        placed = place_test(*positions(region, rows, seed))
        passed += bool(placed and placed.passed)
    assert passed >= 17


def test_one_town_needs_a_person() -> None:
    """A single tight area without a header is asked about, not confirmed; a header settles it."""
    lats, lons = 48.1371 + C.normal(0, 0.01, N), 11.5754 + C.normal(0, 0.01, N)
    plain = detect_source(ArrowSource(pa.table({"v1": lats.round(6), "v2": lons.round(6)})))
    named = detect_source(ArrowSource(pa.table({"lat": lats.round(6), "lng": lons.round(6)})))
    assert [str(c.status) for c in plain] == ["review"] * 2
    assert [str(c.status) for c in named] == ["confirmed"] * 2
