"""The refresh rule: what a released map shows when Posts were deleted since, day after day."""

from datetime import timedelta

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

import governance as gov
from governance.disclosure import cells
from governance.disclosure.refresh import refresh
from governance.ledger import Ledger
from tests.disclosure.making import MONDAY, crowd, stacked, world

CODES = np.sort(cells.index(np.linspace(48, 49, 12), np.linspace(2, 3, 12)))
RECORDS = st.lists(st.tuples(st.integers(10, 60), st.integers(0, 60)), min_size=1, max_size=12)


def _refreshed(records: list[tuple[int, int]], gone: list[bool] | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    key = cells.keys(np.zeros(len(records), np.int64), CODES[: len(records)])
    stored, today = (np.array(part) for part in zip(*records, strict=True))
    before = np.array(gone or [False] * len(records))
    found = refresh(key, stored, today, before, 10)
    return stored, today, found.people, found.withdrawn


@given(RECORDS)
@settings(deadline=None)
def test_a_value_stands_until_it_moved_by_k(records: list[tuple[int, int]]) -> None:
    """A shown count is the stored one, or today's if it moved by ten or more; never anything between."""
    stored, today, people, _ = _refreshed(records)
    moved = np.abs(today - stored) >= 10
    assert (people[moved] == today[moved]).all()
    assert (people[~moved] == stored[~moved]).all()


@given(RECORDS)
@settings(deadline=None)
def test_withdrawn_records_leave_in_company(records: list[tuple[int, int]]) -> None:
    """No record with fewer than ten people left is shown; those that leave hold ten together, or the whole window leaves."""
    _, today, _, gone = _refreshed(records)
    assert (today[~gone] >= 10).all()
    if gone.any() and not gone.all():
        assert today[gone].sum() >= 10
        assert gone.sum() >= 2


@given(RECORDS)
@settings(deadline=None)
def test_what_was_withdrawn_stays_withdrawn(records: list[tuple[int, int]]) -> None:
    """A record that left does not come back when people do."""
    *_, gone = _refreshed(records)
    *_, later = _refreshed([(60, 60)] * len(records), gone.tolist())
    assert (later == gone).all()


def test_neighbours_are_the_nearest_ones() -> None:
    """The record that leaves with a small one is its sibling, not one far away."""
    near = cells.index(np.array([48.85, 48.856, 52.0]), np.array([2.35, 2.36, 13.0]))
    order = np.argsort(near)
    today = np.array([4, 30, 12])[order]
    found = refresh(cells.keys(np.zeros(3, np.int64), near[order]), np.full(3, 30), today, np.zeros(3, bool), 10)
    assert set(today[found.withdrawn].tolist()) == {4, 30}


def _without(posts: pa.Table, authors: set[str]) -> pa.Table:
    return posts.filter(pa.array([author not in authors for author in posts["author_id"].to_pylist()]))


def test_few_deletions_change_no_byte_of_the_records() -> None:
    """Five people delete their Posts; the map of the next day shows the same records."""
    posts = stacked(crowd(300), crowd(200, 51.51, -0.12, first=10_000), crowd(100, 52.52, 13.4, first=20_000))
    before = gov.heat_map(posts, topic="#flood", as_of="2026-10-12", series="flood-map")
    gone = {"3", "77", "10030", "10120", "20055"}
    after = gov.heat_map(_without(posts, gone), topic="#flood", as_of="2026-10-13", series="flood-map")
    assert after.to_pandas().equals(before.to_pandas())
    assert after.certificate["release"] != before.certificate["release"]


def test_a_daily_series_adds_windows_and_keeps_the_old_ones() -> None:
    """Day after day the same call adds the day that closed; released days stay byte for byte."""
    posts = world(people=500, posts=4000, days=4)
    shown: dict[str, list] = {}
    for day in range(1, 5):
        so_far = posts.filter(pa.array([at < MONDAY + timedelta(days=day) for at in posts["created_at"].to_pylist()]))
        heat = gov.heat_map(so_far, topic="#flood", window="day", as_of=MONDAY + timedelta(days=day), series="daily")
        rows = heat.to_pandas().to_dict("records")
        for window in {row["window"] for row in rows}:
            now = [row for row in rows if row["window"] == window]
            assert shown.setdefault(window, now) == now
    assert len(shown) == 4
    assert gov.audit(heat).outcome == "pass"


def test_a_map_that_lost_its_people_is_withdrawn_in_company() -> None:
    """When a town's record falls under ten, it and neighbours leave; the rest of the map stays as it was."""
    posts = stacked(crowd(12), crowd(40, 48.95, 2.5, first=100), crowd(200, 52.52, 13.4, first=500))
    before = gov.heat_map(posts, topic="#flood", as_of="2026-10-12", series="s").to_pandas()
    left = _without(posts, {str(n) for n in range(1, 6)})
    after = gov.heat_map(left, topic="#flood", as_of="2026-10-13", series="s").to_pandas()
    missing = before[~before["cell"].isin(after["cell"])]
    assert len(missing) >= 2
    assert missing["people"].sum() >= 20
    assert before[before["cell"].isin(after["cell"])].reset_index(drop=True).equals(after)


def test_a_released_window_that_is_not_in_the_input_is_left_alone() -> None:
    """A DAG that passes only new files does not withdraw the old windows: they are simply not in that map."""
    first, second = crowd(40), crowd(50, first=300, at=[MONDAY + timedelta(days=8)] * 50)
    gov.heat_map(first, topic="#flood", as_of="2026-10-12", series="s")
    heat = gov.heat_map(second, topic="#flood", as_of="2026-10-19", series="s")
    assert heat.to_pandas()["window"].unique().tolist() == ["2026-W42"]
    both = gov.heat_map(stacked(first, second), topic="#flood", as_of="2026-10-19", series="s")
    assert both.to_pandas()["window"].unique().tolist() == ["2026-W41", "2026-W42"]


def test_a_value_that_moved_by_ten_is_restated() -> None:
    """Fifteen of forty people leave: the record shows what is left, and the ledger remembers that count."""
    posts = crowd(40)
    gov.heat_map(posts, topic="#flood", as_of="2026-10-12", series="s", finest=5)
    left = _without(posts, {str(n) for n in range(1, 16)})
    heat = gov.heat_map(left, topic="#flood", as_of="2026-10-13", series="s", finest=5)
    assert heat.to_pandas()["people"].tolist() == [30]
    rows = [row for _, row in Ledger.open().register("releases").items()]
    assert [row["windows"][0]["people"] for row in rows] == [[40], [25]]
