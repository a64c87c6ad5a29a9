"""Cells as packed codes, checked against the H3 library."""

import h3
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.disclosure import cells

POINTS = st.lists(st.tuples(st.floats(-89.9, 89.9), st.floats(-180, 180)), min_size=1, max_size=50)


def _codes(points: list[tuple[float, float]]) -> np.ndarray:
    lat, lon = (np.array(part) for part in zip(*points, strict=True))
    return cells.index(lat, lon)


@given(POINTS)
@settings(max_examples=60, deadline=None)
def test_index_agrees_with_h3(points: list[tuple[float, float]]) -> None:
    """A point's code is the cell the H3 library gives it at the base resolution."""
    assert cells.strings(_codes(points)).to_pylist() == [h3.latlng_to_cell(lat, lon, cells.BASE) for lat, lon in points]


@given(POINTS, st.integers(0, cells.BASE))
@settings(max_examples=60, deadline=None)
def test_parents_by_bits_are_h3_parents(points: list[tuple[float, float]], level: int) -> None:
    """The parent by bit arithmetic is the library's parent, at every resolution."""
    codes = _codes(points)
    above = cells.parents(codes, level)
    assert cells.strings(above).to_pylist() == [h3.cell_to_parent(cell, level) for cell in cells.strings(codes).to_pylist()]
    assert (cells.resolutions(above) == level).all()


def test_parents_of_pentagons_are_h3_parents() -> None:
    """Bit arithmetic holds on pentagons and their children as well."""
    for pentagon in h3.get_pentagons(3):
        children = h3.cell_to_children(pentagon, 5)
        codes = cells.from_strings(children)
        assert set(cells.strings(cells.parents(codes, 3)).to_pylist()) == {pentagon}


def test_codes_survive_packing_at_every_resolution() -> None:
    """Unpacking a packed cell gives the cell back."""
    every = np.array([h3.str_to_int(h3.latlng_to_cell(48.85, 2.29, level)) for level in range(cells.BASE + 1)], np.uint64)
    assert (cells.unpack(cells.pack(every)) == every).all()


def test_a_code_fits_its_bits_and_nowhere_is_no_cell() -> None:
    """Slot and code share one word without touching each other, and NOWHERE is not a cell of H3."""
    code = _codes([(48.85, 2.29)])
    key = cells.keys(np.array([123_456]), code)
    assert cells.slots_of(key).tolist() == [123_456]
    assert (cells.codes_of(key) == code).all()
    assert not h3.is_valid_cell(h3.int_to_str(int(cells.unpack(np.array([cells.NOWHERE]))[0])))


def test_areas_are_the_exact_ones() -> None:
    """The area of a cell is the library's exact area."""
    codes = _codes([(48.85, 2.29), (0.5, 0.5)])
    expected = [h3.cell_area(cell) for cell in cells.strings(codes).to_pylist()]
    assert cells.areas(codes) == pytest.approx(expected, rel=1e-6)


def test_totals_sum_weights_per_key() -> None:
    """Counting and weighing give each key once, in order."""
    keys = np.array([5, 3, 5, 9], np.uint64)
    assert [part.tolist() for part in cells.totals(keys)] == [[3, 5, 9], [1, 2, 1]]
    assert [part.tolist() for part in cells.totals(keys, np.array([1, 2, 3, 4]))] == [[3, 5, 9], [2, 4, 4]]


def test_empty_arrays_pass_through() -> None:
    """No points, no cells: every function gives an empty array."""
    none = np.empty(0)
    assert len(cells.index(none, none)) == len(cells.strings(none.astype(np.uint64))) == len(cells.areas(none.astype(np.uint64))) == 0
    assert cells.find(np.empty(0, np.uint64), np.array([1], np.uint64)).tolist() == [-1]


@given(st.lists(st.integers(0, 2**64 - 1), max_size=40), st.integers(0, 60))
def test_in_order_is_a_stable_argsort(values: list[int], narrower: int) -> None:
    """Narrow values are sorted with their positions in one word, wide ones by an argsort: both keep the order of equals."""
    array = np.array(values, np.uint64) >> np.uint64(narrower)
    ordered, order = cells.in_order(array)
    assert order.tolist() == np.argsort(array, kind="stable").tolist()
    assert ordered.tolist() == sorted(array.tolist())
