"""What a map would show, before anything is written: new windows rolled up, released ones counted again on their frozen regions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from governance.disclosure import cells
from governance.disclosure.cells import Codes, Counts, codes_of, in_order, keys, slots_of
from governance.disclosure.dominance import capped, dominated
from governance.disclosure.gather import Assigned, Slot
from governance.disclosure.partition import locate
from governance.disclosure.refresh import refresh
from governance.disclosure.rollup import roll_up
from governance.disclosure.rounding import rounded
from governance.disclosure.specification import GROUP_PEOPLE, Specification
from governance.disclosure.standing import UNCHECKED, Released, Standing, left

AT_HAND = 0.2
"""A released window of which fewer people than this share are in the input is not in the input: it is left alone."""


@dataclass(frozen=True, slots=True)
class People:
    """The assigned people with their distinct keys counted, and the slots by number."""

    assigned: Assigned
    slots: tuple[Slot, ...]
    key: Codes
    count: Counts
    place: Counts
    """The position in `key` of each assigned row."""

    @classmethod
    def of(cls, assigned: Assigned, slots: Mapping[Slot, int]) -> "People":
        """Count people per key."""
        ordered, order = in_order(assigned.key)
        first = np.r_[True, ordered[1:] != ordered[:-1]] if len(ordered) else np.empty(0, bool)
        place = np.empty(len(ordered), np.int64)
        place[order] = np.cumsum(first) - 1
        return cls(assigned, tuple(slots), ordered[first], np.diff(np.r_[np.flatnonzero(first), len(ordered)]), place)

    def window(self, reading: int, bucket: int, of: Counts | None = None) -> tuple[Codes, Counts]:
        """The keys (group and code) of one window, sorted, and the people at each, or another number of each of all keys."""
        numbers = self.count if of is None else of
        found_key, found_count = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
        for number, slot in enumerate(self.slots):
            if (slot.reading, slot.bucket) == (reading, bucket):
                first, last = np.searchsorted(self.key, [np.uint64(number << 31), np.uint64((number + 1) << 31)])
                found_key.append(keys(np.full(last - first, slot.group), codes_of(self.key[first:last])))
                found_count.append(numbers[first:last])
        key, count = np.concatenate(found_key), np.concatenate(found_count)
        order = np.argsort(key)
        return key[order], count[order]

    def digits(self) -> Counts:
        """The sum of the people's check digits at each key."""
        return np.bincount(self.place, weights=self.assigned.check, minlength=len(self.key)).astype(np.int64)

    def holds(self, reading: int) -> bool:
        """Whether anybody counts in a reading."""
        found = [number for number, slot in enumerate(self.slots) if slot.reading == reading]
        return bool(np.isin(slots_of(self.key), found).any())

    def buckets(self, reading: int) -> list[int]:
        """The buckets of a reading that hold people, in order."""
        return sorted({slot.bucket for slot in self.slots if slot.reading == reading})


@dataclass(slots=True)
class Plan:
    """The windows a map would show: `new` ones, and released ones as they stand now."""

    new: dict[int, Standing] = field(default_factory=dict)
    standing: dict[int, Standing] = field(default_factory=dict)
    before: Mapping[int, Standing] = field(default_factory=dict[int, Standing])
    """Released windows as they were shown last."""
    shown: Sequence[Standing] = ()
    """Every number of the series that a reader may have kept (`Released.shown`)."""
    groups_withheld: int = 0
    absent: int = 0
    """Released windows that are left alone, since their Posts are not in the input."""

    @property
    def windows(self) -> list[Standing]:
        """All windows in order of time."""
        return [window for _, window in sorted({**self.standing, **self.new}.items())]


def plan(people: People, spec: Specification, released: Released) -> Plan:
    """Plan the windows of a series.

    Parameters
    ----------
    people
        Everybody, assigned.
    spec
        The settings of the series.
    released
        What the series, whose reading is number 0, showed before.

    """
    found = Plan(before=released.windows, shown=released.shown)
    for bucket in people.buckets(0):
        key, count = people.window(0, bucket)
        if bucket in released.windows:
            again = _again(released.windows[bucket], key, count, spec)
            if again is None:
                found.absent += 1
            else:
                found.standing[bucket] = again
        else:
            _add(found, bucket, key, count, spec)
    return found


def _add(found: Plan, bucket: int, key: Codes, count: Counts, spec: Specification) -> None:
    pool = 0
    if spec.groups:
        total = np.bincount(slots_of(key), weights=count)
        small = (total > 0) & (total < GROUP_PEOPLE)
        found.groups_withheld += int(small.sum())
        shown = ~small[slots_of(key)]
        pool = int(count[~shown].sum())
        key, count = key[shown], count[shown]
    if not len(key):
        return
    made = roll_up(key, count, k=spec.minimum_people, finest=spec.finest, coarsest=spec.coarsest, strategy=spec.strategy)
    pool += int(made.pool_people.sum())
    if len(made):
        nobody = np.zeros(len(made), bool)
        window = Standing(
            bucket=bucket,
            group=slots_of(made.key),
            code=codes_of(made.key),
            residual=made.residual,
            people=made.people,
            withdrawn=nobody,
            pool=pool,
        )
        found.new[bucket] = window


def _again(before: Standing, key: Codes, count: Counts, spec: Specification) -> Standing | None:
    """A released window with today's people, None if the input does not hold it."""
    today = people_now(before, key, count, spec)
    if today.sum() < AT_HAND * before.people.sum():
        return None
    state = refresh(before.key, before.people, today, before.withdrawn, spec.minimum_people)
    return replace(before, people=state.people, withdrawn=state.withdrawn)


def people_now(window: Standing, key: Codes, count: Counts, spec: Specification) -> Counts:
    """The exact count of each record's region now."""
    at = locate(window.key, key, finest=spec.finest, coarsest=spec.coarsest)
    return np.bincount(at[at >= 0], weights=count[at >= 0], minlength=len(window.key)).astype(np.int64)


def with_posts(window: Standing, assigned: Assigned, slots: tuple[Slot, ...], spec: Specification) -> Standing:
    """The window with the rounded Posts of each record: capped per person, null where one or two people dominate."""
    group = {number: slot.group for number, slot in enumerate(slots) if (slot.reading, slot.bucket) == (0, window.bucket)}
    slot = slots_of(assigned.key)
    inside = np.isin(slot, list(group))
    key = keys(np.array([group[number] for number in slot[inside].tolist()], np.int64), codes_of(assigned.key[inside]))
    at = locate(window.key, key, finest=spec.finest, coarsest=spec.coarsest)
    posts = capped(assigned.posts[inside])[at >= 0]
    record = at[at >= 0]
    total = np.bincount(record, weights=posts, minlength=len(window.key)).astype(np.int64)
    hidden = dominated(record, posts, len(window.key))
    shown = zip(rounded(total).tolist(), hidden.tolist(), strict=True)
    return replace(window, posts=tuple(None if secret else number for number, secret in shown))


def with_check(window: Standing, people: People, digits: Counts, spec: Specification, before: Standing | None) -> Standing:
    """The window with the check digit of the people behind each number; that of a number which stands is kept.

    Parameters
    ----------
    window
        A window of reading 0.
    people
        Everybody, assigned.
    digits
        The sum of the check digits of each of their keys.
    spec
        The settings of the series.
    before
        The window as it was shown last.

    """
    key, sums = people.window(0, window.bucket, digits)
    at = locate(window.key, key, finest=spec.finest, coarsest=spec.coarsest)
    check = np.bincount(at[at >= 0], weights=sums[at >= 0], minlength=len(window.key)).astype(np.int64) % 256
    if before is not None:
        kept = np.array(before.check or [UNCHECKED] * len(check), np.int64)
        check = np.where(window.people == before.people, kept, check)
    return replace(window, check=tuple(check.tolist()))


def coarsened(window: Standing, record: int, spec: Specification) -> Standing:
    """The window with one record joined to its surroundings: the next larger cell becomes one record, or nothing above the coarsest."""
    code, residual = window.code[record : record + 1], bool(window.residual[record])
    depth = int(cells.resolutions(code)[0])
    level = depth if residual else depth - 1
    if level < spec.coarsest or spec.strategy == "fixed":
        keep = np.arange(len(window.code)) != record
        return left(window, keep)
    top = cells.parents(code, level)[0]
    under = (window.group == window.group[record]) & (cells.parents(window.code, level) == top)
    under &= cells.resolutions(window.code) >= level
    first = int(np.flatnonzero(under)[0])
    keep = ~under
    keep[first] = True
    code_of, people, rest = window.code.copy(), window.people.copy(), window.residual.copy()
    code_of[first], people[first], rest[first] = top, window.people[under].sum(), False
    people[under & ~keep] = 0
    return left(replace(window, code=code_of, people=people, residual=rest), keep)
