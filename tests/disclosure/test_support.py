"""Places: boxes get a support, never a point; points shared to the metre are places in disguise."""

import h3
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.disclosure import cells, support


def _code(west: float, south: float, east: float, north: float) -> np.uint64:
    return support.box_codes(*(np.array([edge]) for edge in (west, south, east, north)))[0]


def _level(code: np.uint64) -> int:
    return int(cells.resolutions(np.array([code], np.uint64))[0])


@given(st.floats(-60, 60), st.floats(-170, 170), st.floats(0, 3), st.floats(0, 3))
@settings(max_examples=200, deadline=None)
def test_a_box_never_counts_finer_than_it_is(south: float, west: float, height: float, width: float) -> None:
    """The cell is at least as wide as the box's diagonal, and holds all its corners by the one road."""
    code = _code(west, south, west + width, south + height)
    if code == cells.NOWHERE:
        return
    level = _level(code)
    diagonal = support.diagonal_km(np.array([south]), np.array([south + height]), np.array([width]))[0]
    assert 2 * support.EDGE_KM[level] >= diagonal
    for lat in (south, south + height):
        for lon in (west, west + width):
            corner = cells.index(np.array([lat]), np.array([lon]))
            assert cells.parents(corner, level)[0] == code


def test_a_degenerate_box_is_an_exact_point() -> None:
    """All boxes of venues are single points; they count like one."""
    assert _code(2.2945, 48.8584, 2.2945, 48.8584) == cells.index(np.array([48.8584]), np.array([2.2945]))[0]


def test_a_box_across_cells_counts_in_their_common_ancestor() -> None:
    """A small box over the border of two cells counts in the finest cell that holds it, not in its centre's."""
    cell = h3.latlng_to_cell(48.85, 2.35, 5)
    (lat, lon) = h3.cell_to_boundary(cell)[0]
    code = _code(lon - 0.01, lat - 0.01, lon + 0.01, lat + 0.01)
    assert code == cells.NOWHERE or _level(code) < 5


def test_boxes_over_the_antimeridian_and_over_half_the_globe() -> None:
    """Fiji's box crosses the antimeridian and has a cell there; the United States' box of the real data is no place at all."""
    fiji = support.box_codes(np.array([177.2]), np.array([-18.3]), np.array([-179.9]), np.array([-16.0]))
    if fiji[0] != cells.NOWHERE:
        lat, lon = h3.cell_to_latlng(cells.strings(fiji)[0].as_py())
        assert -30 < lat < -5
        assert abs(lon) > 160
    assert _code(-179.2, 18.9, 179.9, 71.4) == cells.NOWHERE
    assert support.diagonal_km(np.array([0.0]), np.array([0.0]), np.array([1.0]))[0] == pytest.approx(111.19, rel=1e-3)


@pytest.mark.parametrize("box", [(np.nan, 0, 1, 1), (0, 5, 1, 4), (0, -95, 1, 0), (-200, 0, 1, 1)], ids=str)
def test_what_is_no_box_has_no_cell(box: tuple[float, float, float, float]) -> None:
    """Broken boxes give NOWHERE, not a cell somewhere."""
    assert _code(*box) == cells.NOWHERE


def test_edges_are_those_of_h3() -> None:
    """The table of edge lengths is the library's."""
    assert [h3.average_hexagon_edge_length(level) for level in range(9)] == pytest.approx(list(support.EDGE_KM), rel=1e-3)


@pytest.mark.parametrize("bits", [21, 3])
def test_crowded_points_are_counted_by_people_not_posts(bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who posts thirty times from one chair is no place; ten people at one point to the metre are, in however few buckets."""
    monkeypatch.setattr(support, "_BUCKET_BITS", bits)
    monkeypatch.setattr(support, "_BUCKETS", np.uint32((1 << bits) - 1))
    lat = np.r_[np.full(30, 48.85), np.full(10, 48.86), np.full(9, 48.87), np.linspace(40, 41, 50)]
    who = np.r_[np.full(30, 1), np.arange(10), np.arange(9), np.arange(50)].astype(np.uint64)
    marks = support.point_marks(lat, np.full(len(lat), 2.35))
    candidates = support.crowded_marks([[marks[:35]], [marks[35:], marks[:0]]])
    people = support.disguised(marks, who, candidates)
    assert candidates[people >= support.DISGUISE_AUTHORS].tolist() == [int(marks[30])]
    assert people[candidates == marks[0]].tolist() == [1]
    assert not len(support.disguised(marks, who, np.empty(0, np.uint32)))
    assert len(support.crowded_marks([])) == 0


def test_marks_are_found_among_others_as_a_set_would() -> None:
    """The look at low bits leaves no mark out and lets none in, where many share their low bits too."""
    rng = np.random.default_rng(4)
    marks = rng.integers(0, 1 << 32, 5000, dtype=np.uint32) & np.uint32(0xFFF0_00FF)
    ordered = np.unique(rng.choice(marks, 40))
    assert (support.marked(marks, ordered) == np.isin(marks, ordered)).all()
    assert not support.marked(marks, ordered[:0]).any()


def test_points_a_centimetre_apart_have_one_mark() -> None:
    """Five decimals are a metre: finer differences do not hide a centre point."""
    marks = support.point_marks(np.array([48.850001, 48.850002, 48.85002]), np.array([2.35, 2.35, 2.35]))
    assert marks[0] == marks[1] != marks[2]
