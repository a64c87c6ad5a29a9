"""The roll-up: a partition whose every record holds k people, for every strategy and any input."""

from random import Random

import h3
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.disclosure import cells
from governance.disclosure.partition import locate, nodes, record_areas
from governance.disclosure.rollup import Partition, roll_up

FINEST, COARSEST = 7, 3
TOWN = h3.latlng_to_cell(48.85, 2.35, 4)
POOL = cells.from_strings(sorted(h3.cell_to_children(TOWN, 8))[::7] + sorted(h3.cell_to_children(TOWN, 5)) + [TOWN])
COUNTS = st.dictionaries(st.tuples(st.integers(0, 2), st.integers(0, len(POOL) - 1)), st.integers(1, 60), min_size=1, max_size=60)
STRATEGIES = ("residual", "merge", "fixed")


def _input(counts: dict[tuple[int, int], int]) -> tuple[np.ndarray, np.ndarray]:
    key = cells.keys(np.array([slot for slot, _ in counts]), POOL[[cell for _, cell in counts]])
    return cells.totals(key, np.array(list(counts.values())))


def _rolled(counts: dict[tuple[int, int], int], k: int, strategy: str) -> Partition:
    return roll_up(*_input(counts), k=k, finest=FINEST, coarsest=COARSEST, strategy=strategy)


@given(COUNTS, st.sampled_from([5, 10, 25]), st.sampled_from(STRATEGIES))
@settings(max_examples=150, deadline=None)
def test_records_hold_k_people_and_add_up(counts: dict[tuple[int, int], int], k: int, strategy: str) -> None:
    """Every record holds at least k people; records and pool together are everybody, slot by slot."""
    found = _rolled(counts, k, strategy)
    assert (found.people >= k).all()
    for slot in {slot for slot, _ in counts}:
        total = sum(n for (s, _), n in counts.items() if s == slot)
        inside = found.people[cells.slots_of(found.key) == slot].sum()
        assert inside + found.pool_people[found.pool_slot == slot].sum() == total


@given(COUNTS, st.sampled_from(STRATEGIES))
@settings(max_examples=100, deadline=None)
def test_no_parent_stands_beside_its_descendant_but_as_residual(counts: dict[tuple[int, int], int], strategy: str) -> None:
    """If a record lies inside another, the outer one is a residual."""
    found = _rolled(counts, 10, strategy)
    level = cells.resolutions(cells.codes_of(found.key))
    for depth in range(COARSEST, FINEST):
        inner = found.key[level > depth]
        outer = cells.find(found.key, cells.parents(inner, depth))
        hit = outer[outer >= 0]
        assert found.residual[hit].all()
    assert level.min(initial=FINEST) >= COARSEST
    assert level.max(initial=0) <= FINEST
    assert len(np.unique(found.key)) == len(found.key)


@given(COUNTS, st.sampled_from(STRATEGIES))
@settings(max_examples=100, deadline=None)
def test_locating_everybody_gives_the_counts_back(counts: dict[tuple[int, int], int], strategy: str) -> None:
    """Counting the same people again on the frozen regions gives the same counts: the regions are a partition."""
    key, people = _input(counts)
    found = _rolled(counts, 10, strategy)
    at = locate(found.key, key, finest=FINEST, coarsest=COARSEST)
    again = np.bincount(at[at >= 0], weights=people[at >= 0], minlength=len(found))
    if strategy != "fixed":  # a fixed map leaves places that are coarser than its cells out
        assert people[at < 0].sum() == found.pool_people.sum()
    assert (again == found.people).all()


@given(COUNTS, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_input_order_changes_nothing(counts: dict[tuple[int, int], int], random: Random) -> None:
    """The same counts in another order give the same partition, byte for byte."""
    items = list(counts.items())
    random.shuffle(items)
    one, other = _rolled(counts, 10, "residual"), _rolled(dict(items), 10, "residual")
    assert one.key.tobytes() == other.key.tobytes()
    assert one.people.tobytes() == other.people.tobytes()


@given(COUNTS)
@settings(max_examples=60, deadline=None)
def test_residual_publishes_no_fewer_people_than_the_others(counts: dict[tuple[int, int], int]) -> None:
    """Merge leaves out exactly what residual does; fixed never less."""
    pools = {strategy: _rolled(counts, 10, strategy).pool_people.sum() for strategy in STRATEGIES}
    assert pools["residual"] == pools["merge"] <= pools["fixed"]


def test_small_siblings_pool_into_one_residual() -> None:
    """Three children of 30, 4 and 8 people: the large one stands alone, the others are the remainder of the parent."""
    children = cells.from_strings(sorted(h3.cell_to_children(h3.cell_to_children(TOWN, 6)[0], 7))[:3])
    key, people = cells.totals(children, np.array([30, 4, 8]))
    found = roll_up(key, people, k=10, finest=7, coarsest=6)
    assert sorted(zip(found.residual.tolist(), found.people.tolist(), strict=True)) == [(False, 30), (True, 12)]


def test_a_safe_child_is_moved_into_a_thin_residual() -> None:
    """Children of 40, 11 and 3: the three need company, so the eleven join them and only the forty stands alone."""
    children = cells.from_strings(sorted(h3.cell_to_children(h3.cell_to_children(TOWN, 6)[0], 7))[:3])
    key, people = cells.totals(children, np.array([40, 11, 3]))
    found = roll_up(key, people, k=10, finest=7, coarsest=6)
    assert sorted(zip(found.residual.tolist(), found.people.tolist(), strict=True)) == [(False, 40), (True, 14)]


def test_a_parent_with_one_safe_child_stays_whole() -> None:
    """Children of 40 and 3: nothing can be split off without showing the three, so the parent is one record."""
    children = cells.from_strings(sorted(h3.cell_to_children(h3.cell_to_children(TOWN, 6)[0], 7))[:2])
    key, people = cells.totals(children, np.array([40, 3]))
    found = roll_up(key, people, k=10, finest=7, coarsest=6)
    assert (found.residual.tolist(), found.people.tolist()) == ([False], [43])


def test_places_count_at_their_own_level_or_coarser() -> None:
    """People of a town's place are never shown finer than the place."""
    place = cells.from_strings([h3.cell_to_children(TOWN, 5)[0]])
    points = cells.from_strings(sorted(h3.cell_to_children(h3.cell_to_children(h3.cell_to_children(TOWN, 5)[0], 6)[0], 7))[:2])
    key, people = cells.totals(np.r_[place, points], np.array([12, 20, 30]))
    found = roll_up(key, people, k=10, finest=7, coarsest=4)
    level = cells.resolutions(cells.codes_of(found.key))
    assert found.people[level == 5].tolist() == [12]
    assert found.residual[level == 5].all()


def test_a_residuals_area_is_what_its_parts_leave() -> None:
    """Whole cells have their own area, a residual its cell's without the children shown apart."""
    parent = h3.cell_to_children(TOWN, 6)[0]
    children = cells.from_strings(sorted(h3.cell_to_children(parent, 7))[:3])
    key, people = cells.totals(children, np.array([30, 4, 8]))
    found = roll_up(key, people, k=10, finest=7, coarsest=6)
    area = dict(zip(found.residual.tolist(), record_areas(found.key, found.residual, 6).tolist(), strict=True))
    shown = cells.strings(cells.codes_of(found.key[~found.residual])).to_pylist()[0]
    assert area[True] == pytest.approx(h3.cell_area(parent) - h3.cell_area(shown), rel=1e-6)
    assert set(nodes(found.key, 6).tolist()) == set(found.key.tolist())
