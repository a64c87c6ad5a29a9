"""Plans of windows: what stands, what is new, what is joined with its surroundings when the audit asks for it."""

from dataclasses import replace

import h3
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.disclosure import cells
from governance.disclosure.assignment import distinct_pairs
from governance.disclosure.gather import Assigned, Reading, Slot
from governance.disclosure.joint import audit_plan
from governance.disclosure.partition import locate
from governance.disclosure.planning import People, coarsened, people_now, plan
from governance.disclosure.scope import terms
from governance.disclosure.specification import Specification
from governance.disclosure.standing import Released
from governance.disclosure.windows import calendar

TOWN = h3.latlng_to_cell(48.85, 2.35, 4)
CODES = cells.from_strings(sorted(h3.cell_to_children(TOWN, 8))[::40])
SPEC = Specification(topic=terms("#flood"), minimum_people=5, finest=7, coarsest=3)
WHERE = st.lists(st.lists(st.integers(-1, len(CODES) - 1), min_size=40, max_size=40), min_size=1, max_size=4)
"""For each week, the cell of each of forty people; -1 for nobody."""


def _people(weeks: list[list[int]]) -> People:
    rows = sorted((person, week, place) for week, places in enumerate(weeks) for person, place in enumerate(places) if place >= 0)
    person, week, place = (np.array(part, np.int64) for part in zip(*rows, strict=True)) if rows else (np.empty(0, np.int64),) * 3
    key = cells.keys(week, CODES[place])
    return People.of(
        Assigned(person, key, np.ones(len(key), np.int64), np.zeros(len(key), np.uint8)),
        {Slot(0, 2960 + w, 0): w for w in range(len(weeks))},
    )


def _readings() -> list[Reading]:
    return [Reading(SPEC, calendar("week", "UTC", "2027-01-01"), b"k" * 32)]


@given(WHERE)
@settings(max_examples=60, deadline=None)
def test_the_audited_plan_still_is_a_partition(weeks: list[list[int]]) -> None:
    """After joining, every record holds k people, the same ones that its region holds, and nobody is in two."""
    people = _people(weeks)
    planned = plan(people, SPEC, Released({}, ()))
    verdict = audit_plan(people, planned, _readings(), {})
    assert not verdict.found
    for bucket, window in verdict.plan.new.items():
        key, count = people.window(0, bucket)
        assert (window.people >= SPEC.minimum_people).all()
        assert (people_now(window, key, count, SPEC) == window.people).all()
        assert window.people.sum() + window.pool == count.sum()


@given(WHERE)
@settings(max_examples=60, deadline=None)
def test_released_windows_are_audited_with_the_new_one(weeks: list[list[int]]) -> None:
    """Week after week, each against those that stand: what is released in turn gives nothing away together either."""
    people = _people(weeks)
    standing = {}
    for bucket in people.buckets(0):
        planned = plan(people, SPEC, Released(standing, list(standing.values())))
        planned.new = {bucket: planned.new[bucket]} if bucket in planned.new else {}
        verdict = audit_plan(people, planned, _readings(), {})
        standing |= {b: replace(w, release="r") for b, w in verdict.plan.new.items()}
    whole = plan(people, SPEC, Released({}, ()))
    whole.new = standing
    assert audit_plan(people, whole, _readings(), {}).coarsened == 0


@given(WHERE, st.data())
@settings(max_examples=60, deadline=None)
def test_joining_a_record_keeps_a_partition(weeks: list[list[int]], data: st.DataObject) -> None:
    """Any record may be joined with its surroundings: regions stay disjoint and their people are those of the parts."""
    people = _people(weeks)
    for bucket, made in plan(people, SPEC, Released({}, ())).new.items():
        window = made
        key, count = people.window(0, bucket)
        while len(window.code):
            window = coarsened(window, data.draw(st.integers(0, len(window.code) - 1)), SPEC)
            assert (people_now(window, key, count, SPEC) == window.people).all()
            assert window.people.sum() + window.pool == count.sum()
            assert (np.diff(window.key.astype(np.int64)) > 0).all()


def test_places_of_people_are_the_inverse_of_their_keys() -> None:
    """`People.place` finds the key of each assigned row."""
    pairs = distinct_pairs(np.arange(50, dtype=np.uint64), cells.keys(np.zeros(50, np.int64), CODES[np.arange(50) % 7]))
    people = People.of(Assigned(pairs.person, pairs.key, pairs.posts, np.zeros(len(pairs.key), np.uint8)), {Slot(0, 1, 0): 0})
    assert (people.key[people.place] == pairs.key).all()
    assert people.count.sum() == 50
    assert locate(np.empty(0, np.uint64), pairs.key, finest=7, coarsest=3).tolist() == [-1] * 50
