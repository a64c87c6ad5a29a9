"""Whatever is released in a row, a search over every subset of a small population finds no group that the exact counts give away."""

import contextlib
from datetime import timedelta
from itertools import combinations, count
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import governance as gov
from governance.disclosure import cells
from governance.disclosure.gather import Reading, Removed
from governance.disclosure.partition import locate
from governance.disclosure.specification import Specification
from governance.disclosure.standing import Standing
from governance.disclosure.windows import calendar
from governance.ledger import Ledger
from governance.verbs.gathering import gathered_people
from governance.verbs.releasing import PEOPLE_KEY, read_history
from tests.disclosure.making import MONDAY, table, world

pc: Any = pyarrow.compute
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


def _counted_then(posts: pa.Table, ledger: Ledger, row: dict[str, Any]) -> list[tuple[tuple[Any, ...], int, frozenset[str]]]:
    """Every number a release showed: which record, the number, and the accounts that were counted in it."""
    spec, found = Specification.restored(row["specification"]), []
    reading = Reading(spec, calendar(spec.window, spec.zone, "2027-01-01"), ledger.subkey(PEOPLE_KEY))
    accounts = sorted(set(posts["author_id"].to_pylist()))
    alone = {name: gathered_people(posts.filter(pc.equal(posts["author_id"], name)), [reading], Removed())[1] for name in accounts}
    for window in map(Standing.restored, row["windows"]):
        held: dict[int, set[str]] = {}
        for name, people in alone.items():
            key, _ = people.window(0, window.bucket)
            at = locate(window.key, key, finest=spec.finest, coarsest=spec.coarsest)
            for record in at[at >= 0].tolist():
                held.setdefault(record, set()).add(name)
        shown = np.flatnonzero(~window.withdrawn).tolist()
        where = (row["specification_sha256"], window.bucket)
        found += [((*where, record), int(window.people[record]), frozenset(held.get(record, ()))) for record in shown]
    return found


ARRIVING = st.lists(st.tuples(CALLS.map(lambda calls: calls[0]), st.integers(0, 4), st.integers(0, 11)), min_size=2, max_size=4)
"""Calls; before each, a share of the Posts that are still missing arrives, and an account may go."""


@given(POSTS, ARRIVING, st.integers(0, 1 << 30))
@settings(max_examples=30, deadline=None)
def test_posts_that_arrive_late_give_no_small_group_away(
    rows: list[tuple[int, int, int, int]], calls: list[tuple[dict[str, object], int, int]], lot: int
) -> None:
    """The input of each call holds Posts that the earlier ones lacked, and lacks some: who was counted then is taken as it was."""
    Path("governance.yml").write_text("version: 1\nthresholds: {minimum_people: 5}\n", encoding="utf-8")
    ledger = Ledger.open(f"sqlite:///late{next(_numbers)}.db", project="governance.yml")
    posts, draw = _posts(rows), np.random.default_rng(lot)
    there, numbers = np.zeros(len(rows), bool), {}
    for call, share, gone in calls:
        there |= draw.random(len(rows)) < 0.5 + share / 8
        there &= np.array([author != gone or share > 0 for author, *_ in rows])
        at_hand = posts.filter(pa.array(there))
        known = len(list(ledger.register("releases").items()))
        try:
            gov.heat_map(at_hand, ledger=ledger, coarsest=2, project="governance.yml", **{"as_of": "2026-11-20", **call})
        except (gov.PolicyViolation, gov.BadRequest):
            continue
        for _, row in list(ledger.register("releases").items())[known:]:
            for record, number, held in _counted_then(at_hand, ledger, row):
                if (record, number) not in numbers:
                    assert len(held) == number
                    numbers[record, number] = held
    if numbers:
        names = sorted(frozenset().union(*numbers.values()))
        assert _given_away(np.array([[float(name in held) for name in names] for held in numbers.values()])) == []


def test_a_map_of_those_who_came_later_is_refused() -> None:
    """#a was six people. Now it holds seven, and #b all but one of the first six with three others: the seventh may be one of them."""
    Path("governance.yml").write_text("version: 1\nthresholds: {minimum_people: 5}\n", encoding="utf-8")
    first = [(n, 0, 0, 0) for n in range(6)]
    settings = {"coarsest": 2, "as_of": "2026-11-20", "project": "governance.yml"}
    gov.heat_map(_posts(first), topic="#a", **settings)
    late = [*((n, 0, 0, 2) for n in range(5)), (5, 0, 0, 0), (6, 0, 0, 0), *((n, 0, 0, 1) for n in range(7, 10)), (5, 0, 0, 1)]
    with pytest.raises(gov.PolicyViolation, match="other Posts came into their time") as caught:
        gov.heat_map(_posts(late), topic="#b", **settings)
    assert caught.value.hint
    assert [entry.facts["code"] for entry in Ledger.open(project="governance.yml").entries("refusal")] == ["added_since"]


def test_late_posts_stop_no_map_of_other_people() -> None:
    """Two Posts of a hundred come after the release of #flood; a map of #rain over the same weeks is released all the same."""
    posts = world(people=900, posts=6000, towns=3, days=14, tags=("flood", "rain"))
    there = np.random.default_rng(5).random(len(posts)) > 0.02
    gov.heat_map(posts.filter(pa.array(there)), topic="#flood", as_of="2026-11-20")
    heat = gov.heat_map(posts, topic="#rain", as_of="2026-11-20")
    assert heat.certificate["audit"]["earlier_releases_compared"] == 1


def test_people_who_deleted_some_posts_still_count_in_what_was_shown() -> None:
    """Six people with #a, three of whom took those Posts back and are still in #b: with all six, #b is two people more."""
    Path("governance.yml").write_text("version: 1\nthresholds: {minimum_people: 5}\n", encoding="utf-8")
    settings = {"coarsest": 2, "as_of": "2026-11-20", "project": "governance.yml"}
    gov.heat_map(_posts([(n, 0, 0, 0) for n in range(6)]), topic="#a", **settings)
    later = [*((n, 0, 0, 0) for n in range(3)), *((n, 0, 0, 1) for n in range(8))]
    with pytest.raises(gov.PolicyViolation, match="may give groups of fewer than 5 people away"):
        gov.heat_map(_posts(later), topic="#b", **settings)


def test_a_withdrawn_record_is_still_known_to_its_readers() -> None:
    """A record that was shown and then withdrawn is audited with what comes later: its readers have it."""
    Path("governance.yml").write_text("version: 1\nthresholds: {minimum_people: 5}\n", encoding="utf-8")
    settings = {"coarsest": 2, "as_of": "2026-11-20", "project": "governance.yml"}
    shown = [(n, 0, 0, 2) for n in range(6)]
    gov.heat_map(_posts(shown), topic="#a", **settings)
    with contextlib.suppress(gov.PolicyViolation):
        gov.heat_map(_posts(shown[:4]), topic="#a", **settings)
    (_, row) = list(Ledger.open(project="governance.yml").register("releases").items())[-1]
    assert row["windows"][0]["withdrawn"] == [1]
    with pytest.raises(gov.PolicyViolation, match="give groups of fewer than 5 people away"):
        gov.heat_map(_posts([*shown, (6, 0, 0, 1), (7, 0, 0, 1)]), topic="#b", **settings)


def test_a_number_is_not_restated_where_the_new_one_would_give_people_away() -> None:
    """#a grows from 6 to 12 people, #b was 15 people, those 12 among them: twelve would say that three are in #b alone."""
    Path("governance.yml").write_text("version: 1\nthresholds: {minimum_people: 5}\n", encoding="utf-8")
    settings = {"coarsest": 2, "as_of": "2026-11-20", "project": "governance.yml"}
    everyone = [*((n, 0, 0, 2) for n in range(12)), *((n, 0, 0, 1) for n in range(12, 15))]
    first = [*((n, 0, 0, 2) for n in range(6)), *((n, 0, 0, 1) for n in range(6, 15))]
    gov.heat_map(_posts(first), topic="#a", **settings)
    gov.heat_map(_posts(first), topic="#b", **settings)
    again = gov.heat_map(_posts([*everyone, *first]), topic="#a", **settings)
    assert again.to_pandas()["people"].tolist() == [10]
    (_, row) = list(Ledger.open(project="governance.yml").register("releases").items())[-1]
    assert [window["people"] for window in row["windows"]] == []


def test_a_record_shown_with_two_numbers_is_audited_with_both() -> None:
    """#a was six people, then eleven; six of the eleven took #a back, and #b is all eleven and two more."""
    Path("governance.yml").write_text("version: 1\nthresholds: {minimum_people: 5}\n", encoding="utf-8")
    settings = {"coarsest": 2, "as_of": "2026-11-20", "project": "governance.yml"}
    for number in (6, 11):
        gov.heat_map(_posts([(n, 0, 0, 0) for n in range(number)]), topic="#a", **settings)
    later = [*((n, 0, 0, 0) for n in range(5)), *((n, 0, 0, 1) for n in range(13))]
    with pytest.raises(gov.PolicyViolation, match="may give groups of fewer than 5 people away"):
        gov.heat_map(_posts(later), topic="#b", **settings)


def test_people_who_all_left_a_record_are_sought_near_it() -> None:
    """#a was six people in one town and twelve in another; the six took #a back, and #b is the six and three more."""
    Path("governance.yml").write_text("version: 1\nthresholds: {minimum_people: 5}\n", encoding="utf-8")
    settings = {"coarsest": 2, "as_of": "2026-11-20", "project": "governance.yml"}
    far = [(n, 3, 0, 0) for n in range(20, 32)]
    gov.heat_map(_posts([*((n, 0, 0, 0) for n in range(6)), *far]), topic="#a", **settings)
    with pytest.raises(gov.PolicyViolation, match="may give groups of fewer than 5 people away"):
        gov.heat_map(_posts([*((n, 0, 0, 1) for n in range(9)), *far]), topic="#b", **settings)


def test_topics_of_separate_files_are_not_said_to_be_compared() -> None:
    """Another topic's Posts are not in the input: its series was left out, and the certificate says so."""
    Path("governance.yml").write_text("version: 1\nthresholds: {minimum_people: 5}\n", encoding="utf-8")
    settings = {"coarsest": 2, "as_of": "2026-11-20", "project": "governance.yml"}
    gov.heat_map(_posts([(n, 0, 0, 0) for n in range(8)]), topic="#a", **settings)
    heat = gov.heat_map(_posts([(n, 0, 0, 1) for n in range(11)]), topic="#b", **settings)
    audit = heat.certificate["audit"]
    assert (audit["earlier_releases_compared"], audit["collections_left_out"]) == (0, 1)
