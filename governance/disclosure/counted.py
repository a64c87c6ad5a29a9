"""Which records an audit looks at, and who counts in them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from governance.disclosure.cells import Codes, Counts, Flags, keys, slots_of
from governance.disclosure.gather import Reading, Slot
from governance.disclosure.partition import locate
from governance.disclosure.planning import People
from governance.disclosure.standing import UNCHECKED, Standing

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Records:
    """All records an audit looks at, one row for each number that was or will be shown of it, with where they come from."""

    slot_key: Codes
    """Slot and code, sorted within a reading."""
    reading: Counts
    bucket: Counts
    position: Counts
    """The record's place in its window."""
    stored: Counts
    check: Counts
    """The check digit of the people who were counted, -1 where none was kept."""
    new: Flags
    release: Counts
    releases: tuple[str, ...]
    pools: Mapping[tuple[int, int], int]
    """By reading and bucket of released windows, how many people no record showed."""

    def __len__(self) -> int:
        return len(self.slot_key)

    @property
    def window(self) -> Counts:
        """A number for the release and bucket of each record; numbers shown of a record at different times are in different windows."""
        first = _first_rows(self)
        again = np.arange(len(self)) - np.repeat(first, np.diff(np.r_[first, len(self)]))
        state = np.where(self.new, 0, again * len(self.releases)) + self.release
        return state * (int(self.bucket.max(initial=0)) + 2) + self.bucket

    def only(self, keep: Flags) -> "Records":
        """Some of the records."""
        names = ("slot_key", "reading", "bucket", "position", "stored", "check", "new", "release")
        return Records(*(getattr(self, name)[keep] for name in names), releases=self.releases, pools=self.pools)


def records_of(people: People, shown: Mapping[int, Iterable[Standing]], fresh: Iterable[Standing] = ()) -> Records:
    """The records of released windows by reading, and those that reading 0 is about to show."""
    every = [(reading, window, False) for reading, windows in shown.items() for window in windows]
    every += [(0, window, True) for window in fresh]
    releases = {"": 0}
    pools: dict[tuple[int, int], int] = {}
    origin = np.zeros((len(every), 4), np.int64)
    for at, (reading, window, is_new) in enumerate(every):
        if not is_new:
            pools.setdefault((reading, window.bucket), window.pool)
        origin[at] = reading, window.bucket, is_new, 0 if is_new else releases.setdefault(window.release, len(releases))
    sizes = np.array([len(window.code) for _, window, _ in every], np.int64)
    from_window = np.repeat(np.arange(len(every)), sizes)
    position = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    slot = _slots(people, every, from_window)
    code = np.concatenate([np.empty(0, np.uint64), *(window.code for _, window, _ in every)])
    stored = np.concatenate([np.empty(0, np.int64), *(window.people for _, window, _ in every)])
    check = np.array([digit for _, window, _ in every for digit in window.check or [UNCHECKED] * len(window.code)], np.int64)
    seen = ~np.concatenate([np.empty(0, bool), *(window.withdrawn for _, window, _ in every)])
    reading, bucket, new, release = origin[from_window[seen]].T
    key = keys(slot[seen], code[seen])
    order = np.lexsort((key, reading))
    columns = (reading, bucket, position[seen], stored[seen], check[seen])
    reading, bucket, place, people_then, digits = (column[order] for column in columns)
    marks = (tuple(releases), pools)
    return Records(key[order], reading, bucket, place, people_then, digits, new[order].astype(bool), release[order], *marks)


def _slots(people: People, every: list[tuple[int, Standing, bool]], from_window: Indices) -> Indices:
    """The number of each record's slot: those of the people, then the others as they come."""
    number_of = {slot: number for number, slot in enumerate(people.slots)}
    group = np.concatenate([np.empty(0, np.int64), *(window.group for _, window, _ in every)])
    width = int(group.max(initial=0)) + 1
    mark, of_mark = np.unique(from_window * width + group, return_inverse=True)
    number = np.empty(len(mark), np.int64)
    for at, (window, one) in enumerate(zip((mark // width).tolist(), (mark % width).tolist(), strict=True)):
        number[at] = number_of.setdefault(Slot(every[window][0], every[window][1].bucket, one), len(number_of))
    return number[of_mark]


def members(people: People, rows: Records, readings: list[Reading]) -> tuple[Indices, Indices]:
    """One entry per person at hand and row they count in today, persons in runs."""
    first = _first_rows(rows)
    record = _record_of_key(people, rows, first, readings)[people.place]
    inside = record >= 0
    person, record = people.assigned.person[inside], record[inside]
    times = np.diff(np.r_[first, len(rows)])[record]
    within = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
    return np.repeat(person, times), np.repeat(first[record], times) + within


def unshown(people: People, rows: Records, readings: list[Reading]) -> tuple[Indices, Indices]:
    """One entry per person at hand whom no record of a released window shows, and the number of that window among `rows.pools`."""
    numbers = {window: number for number, window in enumerate(rows.pools)}
    pool_of = np.array([numbers.get((slot.reading, slot.bucket), -1) for slot in people.slots], np.int64)
    shown = _record_of_key(people, rows, _first_rows(rows), readings)[people.place] >= 0
    pool = pool_of[slots_of(people.assigned.key)]
    outside = ~shown & (pool >= 0)
    return people.assigned.person[outside], pool[outside]


def others_now(people: People, rows: Records, person: Indices, record: Indices) -> Flags:
    """Of which rows the people are not those who were counted when the number was shown, by their check digits."""
    digit = np.zeros(int(person.max(initial=-1)) + 1, np.int64)
    known = people.assigned.person < len(digit)
    digit[people.assigned.person[known]] = people.assigned.check[known]
    found = np.bincount(record, weights=digit[person], minlength=len(rows)).astype(np.int64) % 256
    return ~rows.new & (rows.check != UNCHECKED) & (found != rows.check)


def today(people: People, rows: Records, readings: list[Reading]) -> Counts:
    """The people of each row today."""
    return np.bincount(members(people, rows, readings)[1], minlength=len(rows))


def _first_rows(rows: Records) -> Indices:
    """The first row of each record: numbers that were shown of it at different times follow each other."""
    change = (rows.slot_key[1:] != rows.slot_key[:-1]) | (rows.reading[1:] != rows.reading[:-1])
    return np.flatnonzero(np.r_[True, change])[: len(rows)]


def _record_of_key(people: People, rows: Records, first: Indices, readings: list[Reading]) -> Indices:
    """For each key of the people, the number among `first` of the record that shows it, or -1."""
    found = np.full(len(people.key), -1, np.int64)
    reading_of = np.array([slot.reading for slot in people.slots], np.int64)
    of_key = reading_of[slots_of(people.key)] if len(people.key) else np.empty(0, np.int64)
    for number in np.unique(rows.reading).tolist():
        ours = np.flatnonzero(rows.reading[first] == number)
        wanted = np.flatnonzero(of_key == number)
        spec = readings[number].specification
        at = locate(rows.slot_key[first[ours]], people.key[wanted], finest=spec.finest, coarsest=spec.coarsest)
        found[wanted] = np.where(at >= 0, ours[at], -1)
    return found
