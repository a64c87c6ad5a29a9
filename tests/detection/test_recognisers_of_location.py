"""Each way to write a position is found without a header, anywhere in the world; the same numbers paired at random stay quiet."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.detection import detect_source
from governance.detection.sampling import ArrowSource
from governance.vocabulary import Family, Status
from tests.detection.town_points import FORMED, PLACED, Columns, permuted, positions


def located(columns: Columns) -> list[Status]:
    """The status of each column that holds location; headers are taken away."""
    table = pa.table(columns)
    table = table.rename_columns([f"c{n + 1}" for n in range(table.num_columns)])
    return [found.status for found in detect_source(ArrowSource(table)) if found.family is Family.LOCATION]


@pytest.mark.parametrize("region", ["world", "europe", "brazil", "india", "australia"])
@pytest.mark.parametrize("name", [*PLACED, *FORMED])
def test_every_encoder_is_found(name: str, region: str) -> None:
    """A column of positions near towns is confirmed in every region, whatever it is called."""
    found = located((PLACED | FORMED)[name](*positions(region)))
    assert Status.CONFIRMED in found


@pytest.mark.parametrize("name", PLACED)
def test_random_pairs_stay_quiet(name: str) -> None:
    """The same latitudes and longitudes in random pairs are no positions, and nothing is confirmed."""
    assert Status.CONFIRMED not in located(PLACED[name](*permuted(*positions(count=300))))


@settings(max_examples=15)
@given(seed=st.integers(0, 10**6), name=st.sampled_from(["decimals", "1e6", "pair", "geohash 8", "text", "MGRS"]))
def test_random_towns(seed: int, name: str) -> None:
    """Any draw of towns is found, and its permutation is not."""
    points = positions(count=150, seed=seed)
    assert Status.CONFIRMED in located(PLACED[name](*points))
    assert Status.CONFIRMED not in located(PLACED[name](*permuted(*points)))


def test_rescaled_numbers_stay_quiet() -> None:
    """Coordinates multiplied by an odd factor are no coordinates any more."""
    lats, lons = positions()
    assert Status.CONFIRMED not in located({"a": np.round(lats * 0.37, 5), "b": np.round(lons * 0.37, 5)})


def test_a_few_rows_are_enough_under_headers() -> None:
    """Headers that say latitude and longitude need no crowd of rows."""
    table = pa.table({"lat": [48.1371, 52.5203, 50.9384, 53.5511, 50.1109], "lon": [11.5754, 13.405, 6.9599, 9.9937, 8.6821]})
    assert [column.status for column in detect_source(ArrowSource(table))] == [Status.CONFIRMED] * 2


def test_position_in_few_rows_of_text() -> None:
    """One row in twelve that mentions a position is enough to refuse the column."""
    lats, lons = positions(count=400)
    rows = [f"the car stands at {a:.4f}, {o:.4f} since noon" for a, o in zip(lats, lons, strict=True)]
    rows = [row if n % 12 == 0 else f"nothing new in {n}" for n, row in enumerate(rows)]
    assert located({"c": rows}) == [Status.CONFIRMED]


def test_resolution_and_tier_of_cells() -> None:
    """A column of cells names its finest resolution."""
    import h3

    lats, lons = positions(count=40)
    cells = [h3.latlng_to_cell(a, o, 5 + n % 3) for n, (a, o) in enumerate(zip(lats, lons, strict=True))]
    column = detect_source(ArrowSource(pa.table({"zone": cells})))[0]
    assert (column.holds, column.tier) == ("location.cell:7", "T3")
