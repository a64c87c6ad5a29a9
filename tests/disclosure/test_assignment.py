"""One cell per person and slot, by a secret key."""

import hashlib
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.disclosure.assignment import Pairs, choose, distinct_pairs
from governance.disclosure.cells import codes_of, keys, slots_of

ROWS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3), st.integers(0, 12)), min_size=1, max_size=200)
KEY = b"0123456789abcdef"


def _assigned(rows: list[tuple[int, int, int]], key: bytes = KEY, *, modal: bool = False) -> dict[tuple[int, int], int]:
    author, slot, code = (np.array(part) for part in zip(*rows, strict=True))
    pairs = distinct_pairs(author.astype(np.uint64), keys(slot, code.astype(np.uint64)))
    chosen = choose(pairs, lambda _: key, np.zeros(4, np.int64), np.full(4, modal))
    people = chosen.people[chosen.person].tolist()
    found = list(zip(people, slots_of(chosen.key).tolist(), strict=True))
    assert len(found) == len(set(found))
    return dict(zip(found, codes_of(chosen.key).tolist(), strict=True))


@given(ROWS, st.booleans())
@settings(deadline=None)
def test_each_person_has_one_cell_per_slot_and_has_been_there(rows: list[tuple[int, int, int]], modal: bool) -> None:
    """Every (person, slot) of the input has exactly one cell, and it is one of that person's own."""
    found = _assigned(rows, modal=modal)
    assert set(found) == {(author, slot) for author, slot, _ in rows}
    assert all((author, slot, code) in rows for (author, slot), code in found.items())


@given(ROWS, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_order_and_repetition_of_posts_change_nothing(rows: list[tuple[int, int, int]], random: Random) -> None:
    """The random assignment depends on the set of a person's cells alone."""
    shuffled = rows * 2
    random.shuffle(shuffled)
    assert _assigned(rows) == _assigned(shuffled)


@given(ROWS)
@settings(deadline=None)
def test_modal_takes_a_cell_with_most_posts(rows: list[tuple[int, int, int]]) -> None:
    """No other cell of the person in that slot holds more Posts."""
    for (author, slot), code in _assigned(rows, modal=True).items():
        mine = [c for a, s, c in rows if (a, s) == (author, slot)]
        assert mine.count(code) == max(mine.count(c) for c in mine)


def test_the_key_decides_and_nothing_else() -> None:
    """Another key gives another map, the same key the same; the draw is close to uniform."""
    rows = [(author, 0, code) for author in range(4000) for code in range(4)]
    one, again, other = _assigned(rows), _assigned(rows), _assigned(rows, b"f" * 16)
    assert one == again
    assert one != other
    counts = np.bincount(list(one.values()))
    assert counts.min() > 900


def test_a_person_keeps_the_cell_from_slot_to_slot() -> None:
    """The same cells give the same choice in every window, so that comparing windows tells nothing about one person."""
    rows = [(author, slot, code) for author in range(50) for slot in (0, 1) for code in range(5)]
    found = _assigned(rows)
    assert all(found[author, 0] == found[author, 1] for author in range(50))


def test_wide_keys_are_sorted_in_two_words() -> None:
    """Many slots and people that do not fit one word together give the same pairs as those that do."""
    author = np.arange(300, dtype=np.uint64) % 150
    slot = np.where(author % 2 == 0, (1 << 32) - 1, 1).astype(np.int64)
    code = (np.arange(300) % 3).astype(np.uint64)
    pairs = distinct_pairs(author, keys(slot, code))
    assert isinstance(pairs, Pairs)
    seen = set(zip(pairs.people[pairs.person].tolist(), pairs.key.tolist(), strict=True))
    assert seen == set(zip(author.tolist(), keys(slot, code).tolist(), strict=True))
    assert pairs.posts.sum() == 300


@pytest.mark.parametrize(("modal", "pinned"), [(False, "2ba244664c8de91c"), (True, "275c9256d9afebe0")])
def test_a_released_series_never_changes_its_assignment(modal: bool, pinned: str) -> None:
    """Who stands where under a given key is pinned for good: drawn anew, people could be averaged."""
    rng = np.random.default_rng(26)
    author = rng.integers(1, 1 << 62, 400, dtype=np.uint64)[rng.integers(0, 400, 6000)]
    key = keys(rng.integers(0, 3, 6000), rng.integers(0, 1 << 31, 50, dtype=np.uint64)[rng.integers(0, 50, 6000)])
    made = choose(distinct_pairs(author, key), lambda series: bytes([series]) * 16, np.array([0, 0, 1]), np.full(3, modal))
    order = np.lexsort((made.key, made.people[made.person]))
    found = made.people[made.person][order].tobytes() + made.key[order].tobytes()
    assert hashlib.sha256(found).hexdigest()[:16] == pinned
