"""Whatever is released in a row, a search over every subset of a small population finds no group that the exact counts give away."""

import contextlib
from datetime import timedelta
from itertools import combinations, count
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import governance as gov
from governance.disclosure import cells
from governance.disclosure.gather import Reading, Removed
from governance.disclosure.partition import locate
from governance.disclosure.windows import calendar
from governance.ledger import Ledger
from governance.verbs.mapping import gathered_people
from governance.verbs.releasing import PEOPLE_KEY, read_history
from tests.disclosure.making import MONDAY, table, world

PLACES = [(48.85, 2.35), (48.86, 2.37), (49.3, 2.9), (52.52, 13.4)]
POSTS = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 3), st.integers(0, 1), st.integers(0, 2)), min_size=12, max_size=60)
"""Author, place, week, hashtags: a, b or both."""
EARLY = "2026-10-13"
"""After the first week, before the second: by it, no month and no later week is over."""
CALLS = st.lists(
    st.sampled_from(
        [
            *({"topic": "#a"}, {"topic": "#b"}, {"topic": ["#a", "#b"]}, {"topic": "#a", "finest": 5}, {"topic": "#b", "window": "month"}),
            {"topic": ["#a", "#nobody"], "assign": "modal"},
            {"topic": ["#a", "#nobody"], "as_of": EARLY},
            {"topic": ["#b", "#nobody"], "assign": "modal", "as_of": EARLY},
            {"topic": ["#a", "#b", "#nobody"], "timezone": "America/New_York", "window": "day", "as_of": EARLY},
            {"topic": ["#a", "#nobody"], "strategy": "fixed", "minimum_people": 6},
            {"topic": ["#a", "#nobody"], "include_posts": True},
        ]
    ),
    min_size=1,
    max_size=4,
)
K = 5
TAGS = (["a"], ["b"], ["a", "b"])
THREE_WINDOWS = [
    *[(0, 0, 0, 0), (0, 0, 0, 1), (0, 0, 1, 1), (1, 0, 0, 1), (1, 0, 1, 1), (2, 0, 0, 2), (2, 0, 1, 1), (3, 0, 0, 1)],
    *[(3, 0, 1, 1), (4, 0, 0, 0), (4, 0, 0, 1), (5, 0, 0, 0), (5, 0, 0, 1), (6, 0, 1, 1), (7, 0, 0, 0)],
]
"""#b in two weeks, and #a in the first of them: a sum over all three records holds four people."""
HIDDEN_MONTH = [*((n, 0, 0, 2) for n in range(6)), *((n, 0, 1, 0) for n in range(6, 9))]
"""Nine people with #a in the month, six of them with #b in its first week: the month without the week is three people."""
_numbers = count()


def _posts(rows: list[tuple[int, int, int, int]]) -> pa.Table:
    return table(
        authors=[str(100 + author) for author, *_ in rows],
        points=[(PLACES[place][0] + n * 2e-5, PLACES[place][1]) for n, (_, place, *_) in enumerate(rows)],
        at=[MONDAY + timedelta(days=7 * week) for *_, week, _ in rows],
        hashtags=[TAGS[tags] for *_, tags in rows],
    )


def _matrix(posts: pa.Table, ledger: Ledger) -> tuple[np.ndarray, np.ndarray]:
    """Released records x people, and the stored count of each record."""
    history = read_history(ledger)
    series = list(history.series.values())
    specs, key = [one.specification for one in series], ledger.subkey(PEOPLE_KEY)
    readings = [Reading(spec, calendar(spec.window, spec.zone, "2027-01-01"), key) for spec in specs]
    _, people = gathered_people(posts, readings, Removed())
    everyone = people.assigned.person.max(initial=-1) + 1
    rows, stored = [], []
    for number, one in enumerate(series):
        for bucket, window in one.windows.items():
            row = np.zeros((len(window.code), everyone))
            for slot_number, slot in enumerate(people.slots):
                if (slot.reading, slot.bucket) != (number, bucket):
                    continue
                mine = cells.slots_of(people.assigned.key) == slot_number
                code = cells.codes_of(people.assigned.key[mine])
                at = locate(window.key, code, finest=one.specification.finest, coarsest=one.specification.coarsest)
                row[at[at >= 0], people.assigned.person[mine][at >= 0]] = 1
            rows.append(row)
            stored.append(window.people)
    return np.vstack(rows), np.concatenate(stored)


def _given_away(matrix: np.ndarray) -> list[tuple[int, ...]]:
    rank = np.linalg.matrix_rank(matrix)
    found = []
    for size in range(1, K):
        for subset in combinations(range(matrix.shape[1]), size):
            row = np.zeros((1, matrix.shape[1]))
            row[0, list(subset)] = 1
            if np.linalg.matrix_rank(np.vstack([matrix, row])) == rank:
                found.append(subset)
    return found


@given(POSTS, CALLS)
@example(THREE_WINDOWS, [{"topic": "#b"}, {"topic": "#a"}])
@example(HIDDEN_MONTH, [{"topic": "#a", "window": "month"}, {"topic": "#b", "as_of": EARLY}])
@settings(max_examples=40, deadline=None)
def test_no_sequence_of_releases_gives_a_small_group_away(rows: list[tuple[int, int, int, int]], calls: list[dict[str, object]]) -> None:
    """Released or refused in any order: over every subset of fewer than k people, none is a combination of released counts."""
    Path("governance.yml").write_text("version: 1\nthresholds: {minimum_people: 5}\n", encoding="utf-8")
    ledger = Ledger.open(f"sqlite:///oracle{next(_numbers)}.db", project="governance.yml")
    posts = _posts(rows)
    released = 0
    for call in calls:
        try:
            gov.heat_map(posts, ledger=ledger, coarsest=2, project="governance.yml", **{"as_of": "2026-11-20", **call})
            released += 1
        except (gov.PolicyViolation, gov.BadRequest):
            continue
    if not released:
        return
    matrix, stored = _matrix(posts, ledger)
    assert (matrix.sum(axis=1) == stored).all()
    assert _given_away(matrix) == []


def test_an_earlier_as_of_hides_no_released_window() -> None:
    """The month stands; a map of its first week on another topic, as of a day before the month's end, is audited against it."""
    Path("governance.yml").write_text("version: 1\nthresholds: {minimum_people: 5}\n", encoding="utf-8")
    posts = _posts(HIDDEN_MONTH)
    settings = {"coarsest": 2, "project": "governance.yml"}
    gov.heat_map(posts, topic="#a", window="month", as_of="2026-11-20", **settings)
    with pytest.raises(gov.PolicyViolation, match="has shown these people already"):
        gov.heat_map(posts, topic="#b", as_of=EARLY, **settings)


def test_an_earlier_as_of_hides_no_window_of_the_own_series() -> None:
    """Two weeks that differ in three people, the later one released first: the earlier one is audited against it."""
    Path("governance.yml").write_text("version: 1\nthresholds: {minimum_people: 5}\n", encoding="utf-8")
    settings = {"topic": "#a", "coarsest": 2, "project": "governance.yml"}
    both = [*((n, 0, 0, 0) for n in range(6)), *((n, 0, 1, 0) for n in range(9))]
    ledger = Ledger.open("sqlite:///own.db", project="governance.yml")
    gov.heat_map(_posts([row for row in both if row[2]]), as_of="2026-11-20", ledger=ledger, **settings)
    with contextlib.suppress(gov.PolicyViolation):
        gov.heat_map(_posts(both), as_of=EARLY, ledger=ledger, **settings)
    matrix, _ = _matrix(_posts(both), ledger)
    assert _given_away(matrix) == []


def test_a_list_of_excluded_accounts_hides_nobody_who_was_released() -> None:
    """Three accounts were counted in #a and are on a list since: a map of the others is audited with them, and refused."""
    bare = "version: 1\nthresholds: {minimum_people: 5}\n"
    Path("governance.yml").write_text(bare, encoding="utf-8")
    Path("listed.yml").write_text(f"{bare}releases: {{exclude_accounts: bots.txt}}\n", encoding="utf-8")
    Path("bots.txt").write_text("100\n101\n102\n", encoding="utf-8")
    posts, ledger = _posts([(n, 0, 0, 2) for n in range(9)]), Ledger.open("sqlite:///list.db", project="governance.yml")
    settings = {"coarsest": 2, "as_of": "2026-11-20", "ledger": ledger}
    gov.heat_map(posts, topic="#a", project="governance.yml", **settings)
    with pytest.raises(gov.PolicyViolation, match="people at stake"):
        gov.heat_map(posts, topic="#b", project="listed.yml", **settings)


def test_a_map_of_a_small_part_is_not_taken_for_one_of_all() -> None:
    """#a was released from six of thirteen people's Posts; with all of them nobody can say who counted then, so more of it is refused."""
    Path("governance.yml").write_text("version: 1\nthresholds: {minimum_people: 5}\n", encoding="utf-8")
    rows = [(n, 0, 0, 0) for n in range(13)]
    settings = {"coarsest": 2, "as_of": "2026-11-20", "project": "governance.yml"}
    gov.heat_map(_posts(rows[:6]), topic="#a", **settings)
    with pytest.raises(gov.PolicyViolation, match="undecided is refused"):
        gov.heat_map(_posts(rows), topic=["#a", "#b"], **settings)


@pytest.mark.parametrize(
    "other",
    [
        {"topic": ["#flood", "#nobody"], "assign": "modal"},
        {"topic": ["#flood", "#nobody"], "finest": 5},
        {"groups": {"none": ["#nobody"]}, "assign": "modal"},
        {"groups": {"none": ["#nobody"]}},
        {"topic": ["#flood", "#nobody"], "timezone": "America/New_York"},
    ],
    ids=str,
)
def test_a_name_that_nobody_uses_makes_no_other_people(other: dict[str, Any]) -> None:
    """A hashtag or group without Posts beside the topic: the same people are not drawn a second time, whatever the counts say."""
    posts = world(people=900, posts=4000, towns=2)
    first = gov.heat_map(posts, topic="#flood", as_of="2026-11-20")
    with pytest.raises(gov.PolicyViolation, match="has shown these people already"):
        gov.heat_map(posts, **{"topic": "#flood", "as_of": "2026-11-20", **other})
    assert [entry.facts["code"] for entry in Ledger.open().entries("refusal")] == ["second_map"]
    assert gov.heat_map(posts, topic="#flood", as_of="2026-11-20").certificate == first.certificate
