"""What a map is worth: on a million Posts of one fixed world, nearly everybody is shown, finely, and no other strategy does both."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import governance as gov
from benchmarks.heat_map_data import World
from governance.disclosure import cells
from governance.disclosure.assignment import choose, distinct_pairs
from governance.disclosure.cells import Codes, Counts
from governance.disclosure.rollup import Partition, roll_up

K = 10
LEAST_SHARE, LEAST_RESOLUTION = 0.99, 6.0
"""The bar: so many of the people are shown, at so fine a resolution in the mean over people."""
OTHERS = (("merge", 8), ("fixed", 8), ("fixed", 7), ("fixed", 6), ("fixed", 5))


@pytest.fixture(scope="module")
def posts() -> pa.Table:
    """Four weeks of a hundred thousand people."""
    return World(100_000, seed=3).posts(1_000_000)


@pytest.fixture(scope="module")
def people(posts: pa.Table) -> tuple[Codes, Counts]:
    """Everybody in one cell, drawn by a fixed key."""
    author = posts["author_id"].cast(pa.int64()).to_numpy().astype(np.uint64)
    pairs = distinct_pairs(author, cells.index(posts["latitude"].to_numpy(), posts["longitude"].to_numpy()))
    return cells.totals(choose(pairs, lambda _: b"0123456789abcdef", np.zeros(1, np.int64), np.zeros(1, bool)).key)


def worth(made: Partition, total: int) -> tuple[float, float, float]:
    """The share of people shown, their mean resolution, and the median relative error of rounding to ten."""
    shown = int(made.people.sum())
    level = cells.resolutions(cells.codes_of(made.key))
    return shown / total, float((level * made.people).sum() / shown), float(np.median(2.5 / made.people))


def test_residual_shows_nearly_everybody_and_finely(people: tuple[Codes, Counts]) -> None:
    """99 % of people or more, at resolution 6.0 or finer in the mean, with a median error of rounding below a fifth."""
    share, resolution, error = worth(roll_up(*people, k=K, finest=8, coarsest=3), int(people[1].sum()))
    assert share >= LEAST_SHARE
    assert resolution >= LEAST_RESOLUTION
    assert error < 0.2


@pytest.mark.parametrize(("strategy", "finest"), OTHERS)
def test_no_other_strategy_shows_as_many_as_finely(strategy: str, finest: int, people: tuple[Codes, Counts]) -> None:
    """Merge shows as many people and two resolutions coarser; a fixed map leaves more out, at any level, or is coarser."""
    total = int(people[1].sum())
    share, resolution, _ = worth(roll_up(*people, k=K, finest=8, coarsest=3), total)
    other_share, other_resolution, _ = worth(roll_up(*people, k=K, finest=finest, coarsest=3, strategy=strategy), total)
    assert other_share <= share
    assert other_resolution < resolution - 2 if strategy == "merge" else other_share < share - 0.02
    assert other_share < LEAST_SHARE or other_resolution < LEAST_RESOLUTION


def test_a_released_map_says_so_in_its_certificate(posts: pa.Table, tmp_path: Path) -> None:
    """The whole way from Posts to a map, with audit, k, frozen assignment and rounding, keeps the bar by its own published numbers."""
    heat = gov.heat_map(posts, topic="#flood", window="month", as_of="2026-11-01", ledger=f"sqlite:///{tmp_path}/governance.db")
    said = heat.certificate["utility"]
    assert said["share_of_people_published_at_least"] >= LEAST_SHARE
    assert said["people_weighted_resolution"] >= LEAST_RESOLUTION
    assert said["median_relative_error"] < 0.2
