"""Who may have counted in a released record, where today's people are not those of its release.

Nothing of a person is kept with a release, so the people of its records are found again from the Posts at hand. Where a record holds more
of them today than it did, somebody came later, or stood elsewhere then, and the counts do not say who. So the audit is made for several
pasts that fit the stored counts: in one the latecomers are the people whom the new map's records do not hold, in another those whom they
do, in others they are drawn by lot; and in each they were nowhere, or in records of the same window that lost people since. Who left a
record may still be at hand, by other Posts: in some pasts they are people of the new record that is nearest to it.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

Indices = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
FEW = 20_000
"""So many people in records, each counted once a record, and fewer are looked at for more pasts: a difference shows most among few."""
SWAPPED = 0.25
"""Where other people make up the same number, up to this share of them is taken for as many who went."""
NEAR = 2
"""The rank of people whom the nearest new record holds."""
MOST = 30
"""The most pasts that are drawn by lot."""


def pasts(
    person: Indices, record: Indices, stored: Indices, new: Flags, window: Indices, others: Flags, beside: Indices
) -> Iterator[tuple[Indices, Indices]]:
    """Pasts that fit the stored counts of released records; none where the counts are as they were.

    Parameters
    ----------
    person, record
        One entry per person at hand and record they count in today, persons in runs.
    stored
        The count of each record as it was released.
    new
        Which records are about to be released: their people are known.
    window
        The window of each record: a number shared by the records of one partition.
    others
        Of which records it is known that their people are others now, whatever the count says.
    beside
        For each released record the new one at the nearest place, or -1: people are sought there where nobody is in both.

    Yields
    ------
        `person` and `record` as they may have been.

    """
    change = np.where(new, 0, np.bincount(record, minlength=len(stored)) - stored)
    came = (change > 0) | (others & (change == 0))
    if not (change.any() or came.any()):
        return
    nearest, held = _held(person, record, (change != 0) | others, new)
    nearest = np.where(nearest < 0, beside, nearest)
    yield _with(person, record, *_returned(person, record, np.maximum(-change, 0), nearest, window))
    if came.any():
        yield from _arrivals(person, record, stored, new, window, others, nearest, held)


def _arrivals(
    person: Indices, record: Indices, stored: Indices, new: Flags, window: Indices, others: Flags, nearest: Indices, held: Indices
) -> Iterator[tuple[Indices, Indices]]:
    """Pasts in which people of records were not there yet."""
    change = np.where(new, 0, np.bincount(record, minlength=len(stored)) - stored)
    came = (change > 0) | (others & (change == 0))
    few = len(record) <= FEW
    unsteady = np.isin(window, window[came]) & ~new & (others | ~others.any())
    gained = np.maximum(change, came)
    strangers = np.bincount(record, weights=held < NEAR, minlength=len(stored)).astype(np.int64)
    swapped = np.where(others & (change == 0) & (strangers <= SWAPPED * stored), np.maximum(gained, strangers), gained)
    plain = [gained, gained + unsteady] if few else [gained]  # somebody may have come for somebody who went
    for rank, comers in ((held, swapped), *((rank, comers) for rank in _ranks(held) for comers in plain)):
        late = _late(record, rank, comers)
        rest = person[~late], record[~late]
        lost = np.where(new, 0, np.maximum(stored - np.bincount(rest[1], minlength=len(stored)), 0))
        yield _with(*rest, *_returned(*rest, lost, nearest, window))
        moved = _moved(record, late, change, window)
        if moved is not None:
            yield person[~late | (moved >= 0)], np.where(moved >= 0, moved, record)[~late | (moved >= 0)]
        if few:
            yield rest


def _ranks(held: Indices) -> list[Indices]:
    """Who is taken first for a latecomer: whom the new map does not hold, whom it does, and by lot."""
    lots = np.random.default_rng(0)
    return [held, NEAR - held, *(lots.integers(0, 1 << 30, len(held)) for _ in range(min(max(FEW // len(held), 1), MOST)))]


def _with(person: Indices, record: Indices, more: Indices, into: Indices) -> tuple[Indices, Indices]:
    order = np.argsort(np.r_[person, more], kind="stable")
    return np.r_[person, more][order], np.r_[record, into][order]


def _held(person: Indices, record: Indices, changed: Flags, new: Flags) -> tuple[Indices, Indices]:
    """Of each record that changed, the new one with which it shares most people, or -1; and for each entry, where its person is now.

    That is NEAR if the person is in the nearest new record, 1 if in another new one, else 0.
    """
    shape = (len(changed), int(person.max(initial=-1)) + 1)

    def among(rows: Flags) -> csr_matrix:
        inside = rows[record]
        return csr_matrix((np.ones(int(inside.sum()), np.int64), (record[inside], person[inside])), shape=shape)

    fresh = among(new)
    shared = csr_matrix(among(changed) @ fresh.T)
    nearest = np.asarray(shared.argmax(axis=1)).ravel()
    nearest[np.diff(shared.indptr) == 0] = -1
    anywhere = np.asarray(fresh.sum(axis=0)).ravel() > 0
    ours = new[record]
    nearby = np.isin(nearest[record] * shape[1] + person, record[ours] * shape[1] + person[ours])
    return nearest, anywhere[person].astype(np.int64) + (anywhere[person] & nearby)


def _returned(person: Indices, record: Indices, lost: Indices, nearest: Indices, window: Indices) -> tuple[Indices, Indices]:
    """Who may have left records without leaving the input: people of the nearest new record who are nowhere in the window now."""
    width = int(person.max(initial=-1)) + 1
    there = np.unique(window[record] * width + person)
    order = np.argsort(record, kind="stable")
    start = np.searchsorted(record[order], np.arange(len(lost) + 1))
    gone = np.flatnonzero((lost > 0) & (nearest >= 0))
    size = np.diff(start)[nearest[gone]]
    row = np.repeat(gone, size)
    within = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    comer = person[order[np.repeat(start[nearest[gone]], size) + within]]
    place = window[row] * width + comer
    absent = np.flatnonzero(there[np.minimum(np.searchsorted(there, place), len(there) - 1)] != place)
    absent = absent[np.unique(place[absent], return_index=True)[1]]  # nobody comes back to two records of a window
    chosen = absent[_late(row[absent], np.zeros(len(absent), np.int64), lost)]
    return comer[chosen], row[chosen]


def _late(record: Indices, rank: Indices, gained: Indices) -> Flags:
    """As many entries of each record as it gained, those of the lowest rank."""
    order = np.lexsort((rank, record))
    ordered = record[order]
    start = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    place = np.arange(len(ordered)) - np.repeat(start, np.diff(np.r_[start, len(ordered)]))
    late = np.zeros(len(record), bool)
    late[order] = place < gained[ordered]
    return late


def _moved(record: Indices, late: Flags, change: Indices, window: Indices) -> Indices | None:
    """The record of the same window that each latecomer left, -1 where none lost people; None if nobody can have moved."""
    lost, comers = np.repeat(np.arange(len(change)), np.maximum(-change, 0)), np.flatnonzero(late)
    free, wanted = _turns(window[lost]), _turns(window[record[comers]])
    _, place, comer = np.intersect1d(free, wanted, assume_unique=True, return_indices=True)
    found = np.full(len(record), -1, np.int64)
    found[comers[comer]] = lost[place]
    return found if len(comer) else None


def _turns(window: Indices) -> Indices:
    """A number for each entry, of its window and of how many entries of that window come before it."""
    order = np.argsort(window, kind="stable")
    start = np.flatnonzero(np.r_[True, window[order][1:] != window[order][:-1]])[: len(window)]
    turn = np.empty(len(window), np.int64)
    turn[order] = np.arange(len(window)) - np.repeat(start, np.diff(np.r_[start, len(window)]))
    return (window + 1) * (1 << 32) + turn
