"""The audit of a planned map against all that stands: which records there are, who counts in them, and what to do about a disclosure.

Within one series the windows are ours to shape: a disclosure between two of them is cured by joining the younger record with its
surroundings. Against another series nothing can be cured after the fact, so the map is refused and the releases are named.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from governance.disclosure.audit import Atoms, Indices, atoms_of, disclosures, with_ghosts
from governance.disclosure.cells import Counts, codes_of, slots_of
from governance.disclosure.counted import Records, members, others_now, records_of, today, unshown
from governance.disclosure.gather import Reading
from governance.disclosure.pasts import pasts
from governance.disclosure.planning import People, Plan, coarsened
from governance.disclosure.standing import Released, Standing, left, novel
from governance.disclosure.windows import concurrent
from governance.model import Undecided

ROUNDS = 40
MOST_BLAMED = 20
"""Of more releases than these it is not asked which one is to blame."""
SEEN = 0.5
"""A series of whose released people fewer than this share are in the input, or are all that it holds now, can't be compared."""


@dataclass(frozen=True, slots=True)
class Exposed:
    """A group of fewer people than may be shown whom records give away together."""

    atoms: tuple[tuple[int, int], ...]
    """The number of each atom, and its people."""
    records: tuple[int, ...]
    doubted: bool = False
    """Whether they do only if the people who came, went or moved since earlier releases are certain ones."""


def at_stake(found: Iterable[Exposed]) -> int:
    """How many people groups hold together; who is in several counts once."""
    return sum(dict(pair for one in found for pair in one.atoms).values())


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the audit of a plan found: the disclosures that no coarsening cures, and the releases they need."""

    plan: Plan
    found: tuple[Exposed, ...] = ()
    blamed: tuple[str, ...] = ()
    doubted: tuple[Exposed, ...] = ()
    """What would be given away if the people who were added since earlier releases are the wrong ones."""
    compared: int = 0
    """How many earlier releases were looked at."""
    coarsened: int = 0
    at_hand: float = 1.0
    """The least share of another series' people that are in the input."""
    unseen: tuple[int, ...] = ()
    """The other readings of whose released people fewer than half are in the input."""
    left_out: int = 0
    """How many series of the same time could not be compared: other topics or collections, whose Posts are not in the input."""

    @property
    def people(self) -> int:
        """How many people are at stake."""
        return at_stake((*self.found, *self.doubted))


def audit_plan(people: People, planned: Plan, readings: list[Reading], others: Mapping[int, Released]) -> Verdict:
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
        For each other reading, what it showed.

    """
    joined = 0
    k = readings[0].specification.minimum_people
    while found := _given_away(people, own := _rows(people, planned, {}), readings, k):
        joined += 1
        _cure(planned, found, own, readings[0], drop=joined > ROUNDS)
    overlapping = {number: _overlapping(one.windows, readings[number], planned, readings[0]) for number, one in others.items()}
    touched = sum(1 for windows in overlapping.values() if windows)
    known = {n: one for n, one in others.items() if _comparable(people, n, overlapping[n] or one.windows, readings)}
    overlapping = {number: windows for number, windows in overlapping.items() if windows and number in known}
    rows = _rows(people, planned, known)
    compared = len({name for name in rows.releases if name})
    verdict = Verdict(planned, compared=compared, coarsened=joined, left_out=touched - len(overlapping))
    if not (rows.reading > 0).any():
        return verdict
    while (found := _given_away(people, rows, readings, k)) and _kept(planned, found, rows):
        rows = _rows(people, planned, known)
    sure = [one for one in found if not one.doubted]
    share = _at_hand(people, records_of(people, {n: windows.values() for n, windows in overlapping.items()}), readings)
    unseen = tuple(number for number, part in share.items() if part < SEEN)
    seen = np.isin(rows.reading, unseen, invert=True)
    return replace(
        verdict,
        compared=len(np.unique(rows.release[seen & ~rows.new])),
        left_out=verdict.left_out + len(unseen),
        found=tuple(sure),
        doubted=tuple(one for one in found if one.doubted),
        blamed=_blamed(people, rows, readings, k) if found else (),
        at_hand=min(share.values(), default=1.0),
        unseen=unseen,
    )


def _rows(people: People, planned: Plan, known: Mapping[int, Released]) -> Records:
    """All that was shown, and what the plan would show for the first time."""
    restated = [novel(window, planned.before[bucket]) for bucket, window in planned.standing.items()]
    shown = {0: planned.shown, **{number: one.shown for number, one in known.items()}}
    return records_of(people, shown, [*planned.new.values(), *restated])


def audit_released(people: People, released: Mapping[int, Released], readings: list[Reading], k: int) -> int:
    """How many people released windows give away together, by today's people and by the counts they were released with.

    Raises
    ------
    Undecided
        Fewer than half of the people of a series are at hand, or by far more: nobody can say who was counted.

    """
    standing = records_of(people, {number: one.windows.values() for number, one in released.items()})
    if min(_at_hand(people, standing, readings).values(), default=0.0) < SEEN:
        raise Undecided("differencing audit: the Posts are not those that were counted")
    rows = records_of(people, {number: one.shown for number, one in released.items()})
    counted = members(people, rows, readings)
    return at_stake(_disclosed(counted, replace(rows, new=np.ones(len(rows), bool)), k))


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
    rows = records_of(people, {number: windows.values()})
    now = today(people, rows, readings)
    return bool(2 * np.minimum(now, rows.stored).sum() >= np.maximum(now, rows.stored).sum())


def _overlapping(windows: Mapping[int, Standing], theirs: Reading, planned: Plan, ours: Reading) -> dict[int, Standing]:
    found = set(concurrent(windows, theirs.calendar, planned.new, ours.calendar))
    return {bucket: window for bucket, window in windows.items() if bucket in found}


def _given_away(people: People, rows: Records, readings: list[Reading], k: int) -> list[Exposed]:
    """What new records give away, for sure or, if nothing is sure, in a past that may have been."""
    if not rows.new.any():
        return []
    counted = members(people, rows, readings)
    return _disclosed(counted, rows, k) or _doubted(people, counted, rows, readings, k)


def _disclosed(counted: tuple[Indices, Indices], rows: Records, k: int) -> list[Exposed]:
    """Disclosures by today's counts and, with the people who came or went since, by the stored ones."""
    atoms = atoms_of(*counted, len(rows))
    found = _exposed(atoms, rows, k)
    moved = with_ghosts(atoms, rows.stored)
    if moved.matrix.shape[1] > atoms.matrix.shape[1]:
        found += [one for one in _exposed(moved, rows, k) if one not in found]
    return found


def _doubted(people: People, counted: tuple[Indices, Indices], rows: Records, readings: list[Reading], k: int) -> list[Exposed]:
    """The disclosures of the first past with any: by the stored counts, for people who may have been in the records at their release."""
    if rows.new.all():
        return []
    person, record = counted
    now = np.bincount(record, minlength=len(rows))
    others = others_now(people, rows, person, record)
    if (now == rows.stored)[~rows.new].all() and not others.any():
        return []
    hidden, pool = unshown(people, rows, readings)
    window, old = rows.window, np.flatnonzero(~rows.new)[::-1]  # of several numbers of a window the first
    numbers = {(int(rows.reading[at]), int(rows.bucket[at])): int(window[at]) for at in old.tolist()}
    pools = len(rows.pools)
    order = np.argsort(np.r_[person, hidden], kind="stable")
    for past_person, past_record in pasts(
        np.r_[person, hidden][order],
        np.r_[record, len(rows) + pool][order],
        np.r_[rows.stored, np.array(list(rows.pools.values()), np.int64)],
        np.r_[rows.new, np.zeros(pools, bool)],
        np.r_[window, np.array([numbers.get(pool, -1) for pool in rows.pools], np.int64)],
        np.r_[others, np.zeros(pools, bool)],
        np.r_[_beside(rows, readings, now), np.full(pools, -1)],
    ):
        shown = past_record < len(rows)
        atoms = with_ghosts(atoms_of(past_person[shown], past_record[shown], len(rows)), rows.stored)
        if found := _exposed(atoms, rows, k, doubted=True):
            return found
    return []


def _beside(rows: Records, readings: list[Reading], now: Counts) -> Counts:
    """For each record of a window that is at hand the new one whose place is nearest, among those of the same time; else -1."""
    found = np.full(len(rows), -1)
    fresh = np.flatnonzero(rows.new)
    fresh = fresh[np.argsort(codes_of(rows.slot_key[fresh]))]
    fresh_buckets = np.unique(rows.bucket[fresh]).tolist()
    for reading, bucket in rows.pools:
        same = fresh[np.isin(rows.bucket[fresh], concurrent(fresh_buckets, readings[0].calendar, [bucket], readings[reading].calendar))]
        ours = np.flatnonzero(~rows.new & (rows.reading == reading) & (rows.bucket == bucket))
        if len(same) and now[ours].sum() > SEEN * rows.stored[ours].sum():
            theirs, code = codes_of(rows.slot_key[same]), codes_of(rows.slot_key[ours])
            after = np.minimum(np.searchsorted(theirs, code), len(same) - 1)
            before = np.maximum(after - 1, 0)
            found[ours] = same[np.where((theirs[before] ^ code) < (theirs[after] ^ code), before, after)]
    return found


def _exposed(atoms: Atoms, rows: Records, k: int, *, doubted: bool = False) -> list[Exposed]:
    turned = atoms.matrix.tocsc()
    groups = disclosures(atoms, k, rows.window, rows.new)
    touched = [np.unique(np.concatenate([turned.indices[turned.indptr[a] : turned.indptr[a + 1]] for a in one.atoms])) for one in groups]
    sizes = [tuple((atom, int(atoms.people[atom])) for atom in one.atoms) for one in groups]
    return [Exposed(size, tuple(records.tolist()), doubted) for size, records in zip(sizes, touched, strict=True)]


def _cure(planned: Plan, found: list[Exposed], rows: Records, ours: Reading, *, drop: bool) -> None:
    """Show the earlier number of records that would be restated; else join the youngest new record of each disclosure with others.

    What joining did not help is taken out (`drop`).
    """
    if _kept(planned, found, rows):
        return
    chosen: dict[int, set[int]] = {}
    for one in found:
        touched = np.array(one.records, np.int64)
        fresh = touched[rows.new[touched]]
        if not len(fresh):
            fresh = np.flatnonzero(rows.new)
        youngest = fresh[rows.bucket[fresh] == rows.bucket[fresh].max()]
        for row in youngest.tolist():
            chosen.setdefault(int(rows.bucket[row]), set()).add(int(row))
    for bucket, numbers in chosen.items():
        window = planned.new[bucket]
        marks = [(int(window.group[at]), int(window.code[at])) for at in rows.position[list(numbers)]]
        planned.new[bucket] = _without(window, marks, ours, drop=drop)
        if not len(planned.new[bucket].code):
            del planned.new[bucket]


def _kept(planned: Plan, found: list[Exposed], rows: Records) -> bool:
    """Whether records would be restated; those of the disclosures, or all where it is none of theirs, keep the number shown last."""
    restated = rows.new & np.isin(rows.bucket, list(planned.standing))
    touched = np.unique(np.array([row for one in found for row in one.records], np.int64))
    for row in (touched[restated[touched]] if restated[touched].any() else np.flatnonzero(restated)).tolist():
        bucket, at = int(rows.bucket[row]), int(rows.position[row])
        people = planned.standing[bucket].people.copy()
        people[at] = planned.before[bucket].people[at]
        planned.standing[bucket] = replace(planned.standing[bucket], people=people)
    return bool(restated.any())


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
    for mark in others if len(others) <= MOST_BLAMED else ():
        rest = rows.only((rows.release != mark) | (rows.reading == 0))
        if not _given_away(people, rest, readings, k):
            guilty.append(rows.releases[mark])
    return tuple(guilty or [rows.releases[mark] for mark in others])


def _at_hand(people: People, rows: Records, readings: list[Reading]) -> dict[int, float]:
    """For each series, the share of its released people that the input holds; of today's people, where they are more by far."""
    now = today(people, rows, readings)
    found = {}
    for number in np.unique(rows.reading).tolist():
        theirs = rows.reading == number
        most = max(int(rows.stored[theirs].sum()), int(now[theirs].sum()))
        found[number] = float(np.minimum(now, rows.stored)[theirs].sum() / most) if most else 1.0
    return found
