"""Pasts of released records: they fit the stored counts, and leave the people of the new map as they are."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.disclosure.pasts import pasts

PLACES = st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 2), st.integers(-1, 2)), min_size=1, max_size=40)
"""For each person, the record in two released windows (4 and 3 records) and in a new one (3 records)."""
SHIFTS = st.lists(st.integers(-4, 4), min_size=7, max_size=7)
WINDOW = np.array([0] * 4 + [1] * 3 + [2] * 3)
NEW = WINDOW == 2
KNOWN = np.zeros(10, bool)
NOWHERE = np.full(10, -1)


def _entries(places: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray]:
    rows = [(n, base + at) for n, found in enumerate(places) for base, at in zip((0, 4, 7), found, strict=True) if at >= 0]
    found = np.array(rows, np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


@given(PLACES, SHIFTS)
@settings(deadline=None)
def test_every_past_fits_the_stored_counts(places: list[tuple[int, int, int]], shifts: list[int]) -> None:
    """No record holds more people than it did or does, and in some past none more than it did.

    Nobody is in two records of a window, and the new records are those of today.
    """
    person, record = _entries(places)
    today = np.bincount(record, minlength=len(WINDOW))
    stored = np.where(NEW, today, np.maximum(today + np.array([*shifts, 0, 0, 0]), 0))
    fits = bool((today <= stored).all())
    for who, where in pasts(person, record, stored, NEW, WINDOW, KNOWN, NOWHERE):
        then = np.bincount(where, minlength=len(WINDOW))
        assert (then <= np.maximum(stored, today)).all()
        fits = fits or bool((then <= stored).all())
        assert (np.diff(who) >= 0).all()
        assert len(np.unique(WINDOW[where] * 1000 + who)) == len(who)
        fresh = NEW[where]
        assert sorted(zip(who[fresh], where[fresh], strict=True)) == sorted(zip(person[NEW[record]], record[NEW[record]], strict=True))
    assert fits


def test_nothing_moved_means_no_other_past() -> None:
    """Where all counts are those of the release there is nothing to doubt."""
    person, record = _entries([(0, 1, 0), (0, 1, 1), (1, -1, 2)])
    assert list(pasts(person, record, np.bincount(record, minlength=10), NEW, WINDOW, KNOWN, NOWHERE)) == []


def test_latecomers_are_first_sought_outside_the_new_map() -> None:
    """One of three came later: in the first past with latecomers it is the one whom no new record holds."""
    person, record = _entries([(0, -1, 0), (0, -1, 0), (0, -1, -1)])
    stored = np.bincount(record, minlength=10)
    stored[0] = 2
    tried = [set(who[where == 0].tolist()) for who, where in pasts(person, record, stored, NEW, WINDOW, KNOWN, NOWHERE)]
    assert {0, 1} in tried
    assert {0, 2} in tried or {1, 2} in tried


def test_who_left_a_record_may_be_in_the_new_one() -> None:
    """A record that lost two people held, in one past, two of those whom the nearest new record holds."""
    person, record = _entries([(0, -1, 0), (0, -1, 0), (-1, -1, 0), (-1, -1, 0), (-1, -1, 1)])
    stored = np.bincount(record, minlength=10)
    stored[0] = 4
    assert {0, 1, 2, 3} in [set(who[where == 0].tolist()) for who, where in pasts(person, record, stored, NEW, WINDOW, KNOWN, NOWHERE)]
