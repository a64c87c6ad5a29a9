"""Rows dealt out by author: each partition is reduced alone, so that memory stays flat and people add up.

Distinct people are additive over author partitions: all rows of a person fall into one. Nothing of this touches a disk: author and cell
together are a location without its Post.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from governance.disclosure import cells, support
from governance.disclosure.assignment import choose, distinct_pairs
from governance.disclosure.cells import Codes, Counts, Flags
from governance.disclosure.keyed import Words, check_digits
from governance.disclosure.readings import Reading, Slot

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_BITS = 7
_TOGETHER = 1 << 19
"""So many rows are dealt out to their partitions at once: fewer and longer pieces are kept."""


@dataclass(frozen=True, slots=True)
class Rows:
    """One row per Post and slot: the author's word, the key (slot and cell), the mark of the point, the Post's word where Posts count."""

    author: Words
    key: Codes
    mark: support.Marks
    post: Words


@dataclass(frozen=True, slots=True)
class Assigned:
    """One row per person and slot: the person's running number (in runs), the key (slot and cell), the Posts there if they count.

    `check` is the check digit of the person.
    """

    person: Counts
    key: Codes
    posts: Counts
    check: npt.NDArray[np.uint8]


@dataclass(slots=True)
class Partitions:
    """Takes rows; afterwards `assigned` gives one cell per person and slot. The rows are used up by it."""

    with_posts: bool = False
    counts: Counter[str] = field(default_factory=Counter[str])
    """How many rows did not count in the end, and why."""
    _waiting: list[Rows] = field(default_factory=list[Rows])
    _parts: list[list[Rows]] = field(default_factory=lambda: [list[Rows]() for _ in range(1 << _BITS)])

    def add(self, rows: Rows) -> None:
        """Take rows; they are kept back until there are enough to be dealt out at once."""
        self._waiting.append(rows)
        if sum(len(some.author) for some in self._waiting) >= _TOGETHER:
            self._deal()

    def _deal(self) -> None:
        """Deal the waiting rows out to their author's partition."""
        if not self._waiting:
            return
        rows = _joined(self._waiting)
        self._waiting.clear()
        with np.errstate(over="ignore"):
            part = ((rows.author * _GOLDEN) >> np.uint64(64 - _BITS)).astype(np.uint8)
        order = np.argsort(part, kind="stable")
        edge = np.r_[0, np.cumsum(np.bincount(part, minlength=1 << _BITS))]
        author, key, mark = rows.author[order], rows.key[order], rows.mark[order]
        post = rows.post[order] if self.with_posts else rows.post
        for number in np.flatnonzero(np.diff(edge)):
            part_of = slice(edge[number], edge[number + 1])
            # copies, so that a finished partition gives its memory back
            self._parts[number].append(Rows(author[part_of].copy(), key[part_of].copy(), mark[part_of].copy(), post[part_of].copy()))

    def assigned(self, readings: Sequence[Reading], slots: Sequence[Slot], hidden: Words) -> Assigned:
        """One cell per person and slot, over all partitions.

        Parameters
        ----------
        readings
            The series, by number: how each draws its people, and its coarsest resolution.
        slots
            The slots, by number.
        hidden
            Accounts that must not count, sorted.

        """
        self._deal()
        crowded = self._places_in_disguise()
        series = np.array([slot.reading for slot in slots], np.int64)
        modal = np.array([readings[slot.reading].specification.assign == "modal" for slot in slots], bool)
        coarsest = np.array([readings[slot.reading].specification.coarsest for slot in slots], np.int64)
        offset = 0
        found: list[tuple[Counts, Codes, Counts, npt.NDArray[np.uint8]]] = []
        for number, rows in enumerate(self._parts):
            self._parts[number] = []
            if not rows:
                continue
            author, key = self._cleaned(_joined(rows), hidden, crowded, coarsest)
            pairs = choose(distinct_pairs(author, key), lambda n: readings[n].key, series, modal)
            check = check_digits(readings[0].key, pairs.people)[pairs.person]
            found.append((pairs.person + offset, pairs.key, pairs.posts if self.with_posts else pairs.posts[:0], check))
            offset += len(pairs.people)
        empty = [(np.empty(0, np.int64), np.empty(0, np.uint64), np.empty(0, np.int64), np.empty(0, np.uint8))]
        return Assigned(*(np.concatenate(part) for part in zip(*(found or empty), strict=True)))

    def _cleaned(self, rows: Rows, hidden: Words, crowded: support.Marks, coarsest: Counts) -> tuple[Words, Codes]:
        """The rows of one partition without hidden accounts, places too wide and second occurrences; disguised places made coarse."""
        keep = np.ones(len(rows.author), bool)
        if len(hidden):
            keep &= ~support.member(rows.author, hidden)
            self._without(~keep, "hidden_account")
        key = rows.key
        if len(crowded):
            place = support.marked(rows.mark, crowded)
            self._without(place, "place_in_disguise")
            key = np.where(place, cells.parents(key, support.CITY_SUPPORT), key)
        wide = cells.coarser_than(key, coarsest)
        self._without(wide & keep, "place_too_wide")
        keep &= ~wide
        if self.with_posts:
            keep &= self._first(rows.post, key)
        return (rows.author, key) if keep.all() else (rows.author[keep], key[keep])

    def _first(self, post: Words, key: Codes) -> Flags:
        slot = cells.slots_of(key)
        order = np.lexsort((key, slot, post))
        again = np.r_[False, (post[order][1:] == post[order][:-1]) & (slot[order][1:] == slot[order][:-1])]
        self._without(again, "duplicate")
        first = np.ones(len(post), bool)
        first[order[again]] = False
        return first

    def _without(self, rows: Flags, reason: str) -> None:
        count = int(rows.sum())
        if count:
            self.counts[reason] += count

    def _places_in_disguise(self) -> support.Marks:
        candidates = support.crowded_marks([[rows.mark for rows in part] for part in self._parts if part])
        people = np.zeros(len(candidates), np.int64)
        for part in self._parts if len(candidates) else ():
            if part:
                mark, author = (np.concatenate([getattr(rows, name) for rows in part]) for name in ("mark", "author"))
                people += support.disguised(mark, author, candidates)
        return candidates[people >= support.DISGUISE_AUTHORS]


def _joined(parts: Sequence[Rows]) -> Rows:
    return Rows(*(np.concatenate([getattr(rows, name) for rows in parts]) for name in ("author", "key", "mark", "post")))
