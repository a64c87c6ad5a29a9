"""Rounding, bands, and counts of Posts that one or two people dominate."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from governance.disclosure.dominance import CONTRIBUTION_CAP, capped, dominated
from governance.disclosure.rounding import banded, rounded

CONTRIBUTIONS = st.lists(st.lists(st.integers(1, 200), min_size=1, max_size=15), min_size=1, max_size=6)


@given(st.lists(st.integers(0, 10**6), min_size=1))
def test_rounding_is_half_up_to_ten(counts: list[int]) -> None:
    """Every value is a multiple of ten within five, and five goes up."""
    for count, shown in zip(counts, rounded(np.array(counts)).tolist(), strict=True):
        assert shown % 10 == 0
        assert -4 <= shown - count <= 5


def test_bands_hide_small_numbers() -> None:
    """Zero is zero, one to nine are a band, the rest is rounded."""
    assert [banded(n) for n in (0, 1, 9, 10, 14, 15)] == [0, "<10", "<10", 10, 10, 20]
    assert banded(20, 25) == "<25"


@given(CONTRIBUTIONS, st.randoms(use_true_random=False))
def test_dominance_is_the_definition(records: list[list[int]], random: object) -> None:
    """A record is dominated iff its two largest hold 85 %, or the rest is under a tenth of the largest; in any order."""
    rows = [(r, posts) for r, contributions in enumerate(records) for posts in contributions]
    random.shuffle(rows)  # type: ignore[attr-defined]
    record, posts = (np.array(part) for part in zip(*rows, strict=True))
    for one, found in zip(records, dominated(record, posts, len(records)).tolist(), strict=True):
        top = [*sorted(one, reverse=True), 0]
        total = sum(one)
        assert found == ((top[0] + top[1]) >= 0.85 * total or (total - top[0] - top[1]) < 0.1 * top[0])


def test_the_cap_bounds_everybody_and_empty_records_are_not_dominated() -> None:
    """Nobody adds more than five Posts; after the cap ten people can't be dominated by two."""
    assert capped(np.array([1, 5, 900])).tolist() == [1, 5, CONTRIBUTION_CAP]
    posts = capped(np.array([900, 900, *[1] * 8]))
    assert dominated(np.zeros(10, np.int64), posts, 2).tolist() == [False, False]
