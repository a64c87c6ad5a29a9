"""The audit of a planned map against all that stands: which records there are, who counts in them, and what to do about a disclosure.

Within one series the windows are ours to shape: a disclosure between two of them is cured by joining the younger record with its
surroundings. Against another series nothing can be cured after the fact, so the map is refused and the releases are named.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from governance.disclosure.audit import Atoms, Disclosure, atoms_of, disclosures, with_ghosts
from governance.disclosure.cells import Codes, Counts, Flags, keys, slots_of
from governance.disclosure.gather import Reading, Slot
from governance.disclosure.partition import locate
from governance.disclosure.planning import People, Plan, coarsened
from governance.disclosure.standing import Standing, left

ROUNDS = 40
SEEN = 0.5
"""A series of whose released people fewer than this share are in the input, or are all that it holds now, can't be compared."""


@dataclass(frozen=True, slots=True)
class Records:
    """All records an audit looks at, one row each, with where they come from."""

    slot_key: Codes
    """Slot and code, sorted within a reading."""
    reading: Counts
    bucket: Counts
    position: Counts
    """The record's place in its window."""
    stored: Counts
    new: Flags
    release: Counts
    releases: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.slot_key)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the audit of a plan found: the disclosures that no coarsening cures, and the releases they need."""

    plan: Plan
    found: tuple[Disclosure, ...] = ()
    blamed: tuple[str, ...] = ()
    compared: int = 0
    """How many earlier releases were looked at."""
    coarsened: int = 0
    at_hand: float = 1.0
    """The least share of another series' people that are in the input."""
    unseen: tuple[int, ...] = ()
    """The other readings of whose released people fewer than half are in the input."""
    left_out: int = 0
    """How many series of the same time could not be compared: other collections, whose Posts are not in the input."""

    @property
    def people(self) -> int:
        """How many people are at stake."""
        return sum(one.people for one in self.found)


def audit_plan(people: People, planned: Plan, readings: list[Reading], others: Mapping[int, Mapping[int, Standing]]) -> Verdict:
    """Audit a plan against its own series and all windows of other series.

    Windows of other times count too: the same people stand in them, and a sum over three of them can single a few people out that no two
    do. Only whether another series' Posts are at hand is asked of the windows that overlap with new ones.

    Parameters
    ----------
    people
        Everybody, assigned for each reading.
    planned
        What our reading (number 0) would show.
    readings
        The readings by number.
    others
        For each other reading, its released windows by bucket.

    """
    joined = 0
    k = readings[0].specification.minimum_people
    while planned.new:
        own = _records(people, {0: {**planned.standing, **planned.new}}, set(planned.new))
        found, atoms = _disclosed(people, own, readings, k)
        if not found:
            break
        joined += 1
        _join(planned, found, atoms, own, readings, drop=joined > ROUNDS)
    overlapping = {number: _overlapping(windows, readings[number], planned, readings[0]) for number, windows in others.items()}
    touched = sum(1 for windows in overlapping.values() if windows)
    known = {n: all_of for n, all_of in others.items() if _comparable(people, n, overlapping[n] or all_of, readings)}
    overlapping = {number: windows for number, windows in overlapping.items() if windows and number in known}
    left_out = touched - len(overlapping)
    rows = _records(people, {0: {**planned.standing, **planned.new}, **known}, set(planned.new))
    compared = len({name for name in rows.releases if name})
    if not planned.new or not len(rows) or not (rows.reading > 0).any():
        return Verdict(planned, compared=compared, coarsened=joined, left_out=left_out)
    found, _ = _disclosed(people, rows, readings, k)
    blamed = _blamed(people, rows, readings, k) if found else ()
    share = _at_hand(people, _records(people, overlapping, set()), readings)
    unseen = tuple(number for number, part in share.items() if part < SEEN)
    return Verdict(planned, tuple(found), blamed, compared, joined, min(share.values(), default=1.0), unseen, left_out)


def audit_released(people: People, windows: Mapping[int, Mapping[int, Standing]], readings: list[Reading], k: int) -> int:
    """How many people released windows give away together, by today's people and by the counts they were released with."""
    rows = _records(people, windows, set())
    if not len(rows):
        return 0
    return sum(one.people for one in _disclosed(people, replace(rows, new=np.ones(len(rows), bool)), readings, k)[0])


def drawn_again(people: People, planned: Plan, number: int, buckets: Collection[int], k: int) -> bool:
    """Whether windows of another reading hold the very people of the new ones, but for fewer than k: under any name they are the same."""
    ours = _persons(people, 0, planned.new)
    return bool(len(ours)) and len(np.setxor1d(ours, _persons(people, number, buckets), assume_unique=True)) < k


def _persons(people: People, reading: int, buckets: Collection[int]) -> Counts:
    wanted = [place for place, slot in enumerate(people.slots) if slot.reading == reading and slot.bucket in buckets]
    return np.unique(people.assigned.person[np.isin(slots_of(people.assigned.key), wanted)])


def _comparable(people: People, number: int, windows: Mapping[int, Standing], readings: list[Reading]) -> bool:
    """Whether another series can be counted again from these Posts.

    A topic finds its Posts in any input. A declared collection without a topic, or another than ours, does not: then the input is taken for
    that collection only if it gives about the counts that were released.
    """
    ours, theirs = readings[0].specification, readings[number].specification
    if not windows:
        return False
    if theirs.scope == ours.scope or (theirs.topic and not (theirs.scope and ours.scope)):
        return True
    rows = _records(people, {number: windows}, set())
    atoms = _atoms(people, rows, readings)
    today = np.asarray(atoms.matrix @ atoms.people).ravel()
    return bool(2 * np.minimum(today, rows.stored).sum() >= np.maximum(today, rows.stored).sum())


def _overlapping(windows: Mapping[int, Standing], theirs: Reading, planned: Plan, ours: Reading) -> dict[int, Standing]:
    spans = [ours.calendar.span(bucket) for bucket in planned.new]
    found = {}
    for bucket, window in windows.items():
        begin, end = theirs.calendar.span(bucket)
        if any(begin < last and first < end for first, last in spans):
            found[bucket] = window
    return found


def _records(people: People, windows: Mapping[int, Mapping[int, Standing]], new: set[int]) -> Records:
    number_of = {slot: number for number, slot in enumerate(people.slots)}
    parts: list[tuple[np.ndarray, ...]] = []
    releases = [""]
    for reading, of in windows.items():
        for bucket, window in of.items():
            slot = np.zeros(len(window.group), np.int64)
            for group in np.unique(window.group).tolist():
                slot[window.group == group] = number_of.get(Slot(reading, bucket, group), len(number_of) + 1)
            shown = np.flatnonzero(~window.withdrawn)
            is_new = reading == 0 and bucket in new
            if not is_new and window.release not in releases:
                releases.append(window.release)
            mark = 0 if is_new else releases.index(window.release)
            filled = [np.full(len(shown), value) for value in (reading, bucket)]
            origin = [np.full(len(shown), is_new), np.full(len(shown), mark)]
            parts.append((keys(slot[shown], window.code[shown]), *filled, shown, window.people[shown], *origin))
    if not parts:
        none = np.empty(0, np.int64)
        return Records(none.astype(np.uint64), none, none, none, none, none.astype(bool), none, tuple(releases))
    columns = [np.concatenate(part) for part in zip(*parts, strict=True)]
    order = np.lexsort((columns[0], columns[1]))
    return Records(*(column[order] for column in columns), releases=tuple(releases))


def _atoms(people: People, rows: Records, readings: list[Reading]) -> Atoms:
    record = np.full(len(people.key), -1, np.int64)
    reading_of = np.array([slot.reading for slot in people.slots], np.int64)
    of_key = reading_of[slots_of(people.key)] if len(people.key) else np.empty(0, np.int64)
    for number in np.unique(rows.reading).tolist():
        ours = np.flatnonzero(rows.reading == number)
        wanted = np.flatnonzero(of_key == number)
        spec = readings[number].specification
        at = locate(rows.slot_key[ours], people.key[wanted], finest=spec.finest, coarsest=spec.coarsest)
        record[wanted] = np.where(at >= 0, ours[at], -1)
    member = record[people.place]
    inside = member >= 0
    return atoms_of(people.assigned.person[inside], member[inside], len(rows))


def _disclosed(people: People, rows: Records, readings: list[Reading], k: int) -> tuple[list[Disclosure], Atoms]:
    """Disclosures by today's counts and, with the people who came or went since, by the stored ones."""
    atoms = _atoms(people, rows, readings)
    release = rows.release * (int(rows.bucket.max(initial=0)) + 2) + rows.bucket
    found = disclosures(atoms, k, release, rows.new)
    moved = with_ghosts(atoms, rows.stored)
    if moved.matrix.shape[1] > atoms.matrix.shape[1]:
        found += [one for one in disclosures(moved, k, release, rows.new) if one not in found]
    return found, moved


def _join(planned: Plan, found: list[Disclosure], atoms: Atoms, rows: Records, readings: list[Reading], *, drop: bool) -> None:
    """Join the youngest new record of each disclosure with its surroundings, or take it out when joining did not help."""
    turned = atoms.matrix.tocsc()
    chosen: dict[int, set[int]] = {}
    for one in found:
        touched = np.unique(np.concatenate([turned.indices[turned.indptr[a] : turned.indptr[a + 1]] for a in one.atoms]))
        fresh = touched[rows.new[touched]]
        if not len(fresh):
            fresh = np.flatnonzero(rows.new)
        youngest = fresh[rows.bucket[fresh] == rows.bucket[fresh].max()]
        for row in youngest.tolist():
            chosen.setdefault(int(rows.bucket[row]), set()).add(int(row))
    for bucket, members in chosen.items():
        named = [(rows.slot_key[row], rows.position[row]) for row in members]
        window = planned.new[bucket]
        marks = [(int(window.group[at]), int(window.code[at])) for _, at in named]
        planned.new[bucket] = _without(window, marks, readings[0], drop=drop)
        if not len(planned.new[bucket].code):
            del planned.new[bucket]


def _without(window: Standing, marks: list[tuple[int, int]], ours: Reading, *, drop: bool) -> Standing:
    for group, code in sorted(marks, key=lambda mark: (-mark[1], mark[0])):
        at = np.flatnonzero((window.group == group) & (window.code == np.uint64(code)))
        if len(at):
            spec = ours.specification
            window = coarsened(window, int(at[0]), spec) if not drop else left(window, np.arange(len(window.code)) != int(at[0]))
    return window


def _blamed(people: People, rows: Records, readings: list[Reading], k: int) -> tuple[str, ...]:
    """The releases without which nothing would be given away; all of them if no single one is to blame."""
    others = sorted({int(mark) for mark in rows.release[~rows.new & (rows.reading > 0)]})
    guilty = []
    for mark in others:
        keep = (rows.release != mark) | (rows.reading == 0)
        names = ("slot_key", "reading", "bucket", "position", "stored", "new", "release")
        left = Records(*(getattr(rows, name)[keep] for name in names), releases=rows.releases)
        if not _disclosed(people, left, readings, k)[0]:
            guilty.append(rows.releases[mark])
    return tuple(guilty or [rows.releases[mark] for mark in others])


def _at_hand(people: People, rows: Records, readings: list[Reading]) -> dict[int, float]:
    """For each other series, the share of its released people that the input holds; of today's people, where they are more by far."""
    atoms = _atoms(people, rows, readings)
    today = np.asarray(atoms.matrix @ atoms.people).ravel()
    found = {}
    for number in np.unique(rows.reading[rows.reading > 0]).tolist():
        theirs = rows.reading == number
        most = max(int(rows.stored[theirs].sum()), int(today[theirs].sum()))
        found[number] = float(np.minimum(today, rows.stored)[theirs].sum() / most) if most else 1.0
    return found
