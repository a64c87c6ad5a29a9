"""One cell per person and slot: counts become additive, and one person can move one count by one.

A person who counts in every cell they visited can be recognised by the pattern (membership inference at 0.60 AUC on monthly maps; 0.50 with
one cell per person). `random` takes the cell with the smallest keyed hash of (person, cell): the same person with the same cells is
counted at the same place in every window and every request, and nobody without the key can say where. `modal` takes the cell with most
Posts, the hash deciding between equals.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.disclosure.cells import CODE_BITS, CODE_MASK, Codes, Counts
from governance.disclosure.keyed import siphash13

Words = npt.NDArray[np.uint64]
ASSIGNMENTS = ("random", "modal")


@dataclass(frozen=True, slots=True)
class Pairs:
    """Distinct (person, slot, cell) with the number of Posts, sorted by person, slot, cell; `people` holds each person's word."""

    person: Counts
    key: Codes
    posts: Counts
    people: Words

    def take(self, chosen: npt.NDArray[np.int64]) -> "Pairs":
        """The pairs at these positions."""
        return Pairs(self.person[chosen], self.key[chosen], self.posts[chosen], self.people)


def distinct_pairs(authors: Words, key: Codes) -> Pairs:
    """Rows (one per Post and slot) as distinct (person, slot, cell).

    Parameters
    ----------
    authors
        The word of each row's author.
    key
        Slot and cell of each row (`cells.keys`).

    """
    encoded = pa.array(authors).dictionary_encode()
    person = encoded.indices.to_numpy(zero_copy_only=False).astype(np.uint64)
    people = encoded.dictionary.to_numpy(zero_copy_only=False)
    width = int(key.max()).bit_length() if len(key) else CODE_BITS
    if len(people).bit_length() + width <= 64:  # noqa: PLR2004 - the bits of a word
        packed = (person << np.uint64(width)) | key
        packed.sort()
        first = _starts(packed)
        posts, packed = _lengths(first, len(packed)), packed[first]
        return Pairs((packed >> np.uint64(width)).astype(np.int64), packed & np.uint64((1 << width) - 1), posts, people)
    order = np.lexsort((key, person))
    person, key = person[order], key[order]
    first = np.flatnonzero(np.r_[True, (person[1:] != person[:-1]) | (key[1:] != key[:-1])])
    return Pairs(person[first].astype(np.int64), key[first], _lengths(first, len(key)), people)


def _starts(ordered: Codes) -> npt.NDArray[np.int64]:
    if not len(ordered):
        return np.empty(0, np.int64)
    return np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])


def _lengths(first: npt.NDArray[np.int64], total: int) -> Counts:
    return np.diff(np.r_[first, total]).astype(np.int64)


def choose(pairs: Pairs, key_of: Callable[[int], bytes], series: npt.NDArray[np.int64], mode: npt.NDArray[np.bool_]) -> Pairs:
    """One pair for each person and slot.

    Parameters
    ----------
    pairs
        Distinct pairs, sorted by person, slot, cell.
    key_of
        The secret key of a series' number.
    series
        The series' number of each slot.
    mode
        For each slot, whether it is `modal`.

    """
    slot = (pairs.key >> np.uint64(CODE_BITS)).astype(np.int64)
    start = np.flatnonzero(np.r_[True, (pairs.person[1:] != pairs.person[:-1]) | (slot[1:] != slot[:-1])]) if len(slot) else slot
    length = _lengths(start, len(slot))
    several = length > 1
    rows = np.flatnonzero(np.repeat(several, length))
    if not len(rows):
        return pairs.take(start)
    slot = slot[rows]
    rank = _ranks(pairs.people[pairs.person[rows]], pairs.key[rows] & CODE_MASK, slot, key_of, series)
    begin = np.r_[0, np.cumsum(length[several])[:-1]]
    weight = np.where(mode[slot], -pairs.posts[rows], 0) if mode.any() else None
    start[several] = rows[_smallest(rank, weight, begin, length[several])]  # in the order of the runs
    return pairs.take(start)


def _ranks(person: Words, code: Codes, slot: Counts, key_of: Callable[[int], bytes], series: npt.NDArray[np.int64]) -> Words:
    """The keyed hash of each (person, cell), under the key of its slot's series."""
    numbers = np.unique(series[np.flatnonzero(np.bincount(slot))]).tolist()
    if len(numbers) == 1:
        return siphash13(key_of(numbers[0]), person, code)
    rank = np.zeros(len(person), np.uint64)
    for number in numbers:
        of = series[slot] == number
        rank[of] = siphash13(key_of(number), person[of], code[of])
    return rank


def _smallest(rank: Words, weight: Counts | None, start: npt.NDArray[np.int64], length: Counts) -> npt.NDArray[np.int64]:
    """In each run the position with the smallest weight, then the smallest rank, then the first."""
    heavy = np.zeros(len(rank), bool) if weight is None else np.repeat(np.minimum.reduceat(weight, start), length) != weight
    rank = np.where(heavy, np.uint64(0xFFFFFFFFFFFFFFFF), rank)
    lowest = ~heavy & (np.repeat(np.minimum.reduceat(rank, start), length) == rank)
    position = np.flatnonzero(lowest)
    if len(position) == len(start):  # no run has two
        return position
    run = np.searchsorted(start, position, side="right")
    return position[np.r_[True, run[1:] != run[:-1]]]
