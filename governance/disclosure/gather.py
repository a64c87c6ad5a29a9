"""One pass over the Posts: from batches to (person, slot, cell), partitioned by author so that memory stays flat and people add up.

A slot is one series, one bucket of time and one group or region. Distinct people are additive over author partitions, so each partition is
sorted and reduced alone; only counts per cell are ever global. Nothing of this touches a disk: author and cell together are a location
without its Post.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from governance.disclosure import cells, support
from governance.disclosure.assignment import choose, distinct_pairs
from governance.disclosure.cells import Codes, Counts, Flags
from governance.disclosure.keyed import Words, author_words
from governance.disclosure.regions import region_numbers
from governance.disclosure.scope import group_numbers
from governance.disclosure.specification import Specification
from governance.disclosure.windows import Calendar

pc: Any = pyarrow.compute
HIDDEN = ("protected", "withheld", "suspended", "deleted")
ACCOUNT_STATES = ("protected", "suspended")
POINT = ("latitude", "longitude")
BOX = ("place_west", "place_south", "place_east", "place_north")
MAY_LACK = ("place_type", *BOX, "visibility", "relation")
"""Columns that a batch need not have: no Post has a place, a known visibility, or is a repost."""
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_BITS = 6
_TOGETHER = 1 << 18
"""So many rows are dealt out to their partitions at once: fewer and longer pieces are kept."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How one series reads Posts: its specification, its calendar, and the key its people are assigned with."""

    specification: Specification
    calendar: Calendar
    key: bytes
    excluded: Words = field(default_factory=lambda: np.empty(0, np.uint64))
    """Accounts that do not count in this series, sorted."""


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """One partition of a map: the number of the reading, the bucket, the number of the group or region."""

    reading: int
    bucket: int
    group: int


@dataclass(slots=True)
class Removed:
    """Posts and accounts that must not count, as words (`keyed.author_words`)."""

    posts: Words = field(default_factory=lambda: np.empty(0, np.uint64))
    authors: Words = field(default_factory=lambda: np.empty(0, np.uint64))


@dataclass(frozen=True, slots=True)
class Rows:
    """What one batch leaves behind for one author partition."""

    author: Words
    key: Codes
    mark: npt.NDArray[np.uint32]
    post: Words


@dataclass(slots=True)
class Gathering:
    """Takes batches; afterwards `assigned` gives one cell per person and slot."""

    readings: list[Reading]
    removed: Removed
    with_posts: bool = False
    remembering: bool = False
    """Whether to keep the Posts' words, so that `contradicted` can tell without another pass."""
    slots: dict[Slot, int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter[str])
    """Of Posts in scope: how many were read, and how many did not count and why."""
    hidden_posts: list[Words] = field(default_factory=list)
    taken_posts: list[Words] = field(default_factory=list)
    hidden_authors: list[Words] = field(default_factory=list)
    _waiting: list[Rows] = field(default_factory=list[Rows])
    _parts: list[list[Rows]] = field(default_factory=lambda: [list[Rows]() for _ in range(1 << _BITS)])

    @property
    def columns(self) -> list[str]:
        """The canonical columns the readings need."""
        terms = [t for r in self.readings for t in (r.specification.topic, *(found for _, found in r.specification.groups))]
        wanted = ["post_id", "author_id", "created_at", "latitude", "longitude", "place_type", *BOX, "visibility", "relation"]
        wanted += ["hashtags"] if any(t.hashtags for t in terms) else []
        return wanted + (["text"] if any(t.keywords for t in terms) else [])

    def add(self, batch: pa.RecordBatch) -> None:
        """Take a batch of the canonical Post table; of the columns `MAY_LACK` any may be absent."""
        batch = _completed(batch)
        self.counts["seen"] += batch.num_rows
        self.counts["points"] += batch.num_rows - batch.column("latitude").null_count
        matches = [reading.specification.topic.matches(batch) for reading in self.readings]
        wanted = np.logical_or.reduce(matches)
        if not wanted.any():
            return
        if not wanted.all():
            batch, matches = batch.filter(pa.array(wanted)), [match[wanted] for match in matches]
        counting = self._counting(batch, matches[0])
        point, boxed = _located(batch, counting)
        self._without(counting & ~point & ~boxed & matches[0], "not_located")
        counting &= point | boxed
        counting &= self._known(batch, counting, matches[0])
        if not counting.any():
            return
        mask = None if counting.all() else pa.array(counting)
        rows = batch if mask is None else batch.filter(mask)
        self._take(rows, point[counting], [match[counting] for match in matches])

    def _without(self, rows: Flags, reason: str) -> None:
        count = int(rows.sum())
        if count:
            self.counts[reason] += count

    def _counting(self, batch: pa.RecordBatch, ours: Flags) -> Flags:
        """Which Posts may count, apart from where they are: no reposts, nothing hidden."""
        self._without(ours, "read")
        counting = np.ones(batch.num_rows, bool)
        reposts = _numbered(batch.column("relation"), ("reposted",)) == 0
        self._without(reposts & ours, "reposted")
        counting &= ~reposts
        seen = _numbered(batch.column("visibility"), (*HIDDEN, "unknown"), absent=len(HIDDEN))
        for number, state in enumerate(HIDDEN):
            hidden = (seen == number) & counting
            if not hidden.any():
                continue
            self._without(hidden & ours, state)
            counting &= ~hidden
            column, into = ("author_id", self.hidden_authors) if state in ACCOUNT_STATES else ("post_id", self.hidden_posts)
            into.append(author_words(batch.column(column).filter(pa.array(hidden)).drop_null()))
        if len(self.removed.posts):
            gone = support.member(author_words(batch.column("post_id")), self.removed.posts) & counting
            self._without(gone & ours, "removed")
            counting &= ~gone
        self._without(counting & ours & (seen == len(HIDDEN)), "unknown")
        return counting

    def _known(self, batch: pa.RecordBatch, counting: Flags, ours: Flags) -> Flags:
        """Which located Posts have an author and a time; the caller refuses if any lacks its author."""
        author, timed = _valid(batch, "author_id"), _valid(batch, "created_at")
        self._without(counting & ~author & ours, "no_author")
        self._without(counting & author & ~timed & ours, "no_time")
        return author & timed

    def _take(self, rows: pa.RecordBatch, point: Flags, matches: list[Flags]) -> None:
        code, mark = self._codes(rows, point)
        self._without((code == cells.NOWHERE) & matches[0], "place_too_wide")
        author = author_words(rows.column("author_id"))
        matches = self._without_excluded(author, matches)
        post = author_words(rows.column("post_id")) if self.with_posts else np.empty(0, np.uint64)
        if self.remembering:
            self.taken_posts.append(post if self.with_posts else author_words(rows.column("post_id")))
        taken = [self._slot_rows(number, rows, code, match) for number, match in enumerate(matches)]
        if len(taken) == 1 and len(taken[0][0]) == len(author):  # every row, in order
            self._wait(Rows(author, taken[0][1], mark, post))
            return
        at = np.concatenate([place for place, _ in taken])
        key = np.concatenate([found for _, found in taken])
        self._wait(Rows(author[at], key, mark[at], post[at] if self.with_posts else post))

    def _without_excluded(self, author: Words, matches: list[Flags]) -> list[Flags]:
        """Which Posts each reading counts, without those of its excluded accounts."""
        if not any(len(reading.excluded) for reading in self.readings):
            return matches
        out = [support.member(author, r.excluded) if len(r.excluded) else np.zeros(len(author), bool) for r in self.readings]
        self._without(matches[0] & out[0], "excluded_account")
        return [match & ~gone for match, gone in zip(matches, out, strict=True)]

    def _codes(self, rows: pa.RecordBatch, point: Flags) -> tuple[Codes, npt.NDArray[np.uint32]]:
        """The cell of each Post, and a mark of its bare point (0 for a place or a venue)."""
        lat, lon = (_floats(rows, name) for name in POINT)
        if point.all():
            code = cells.index(lat, lon)
        else:
            code = np.full(rows.num_rows, cells.NOWHERE, np.uint64)
            code[point] = cells.index(lat[point], lon[point])
            code[~point] = _place_codes(rows.filter(pa.array(~point)))
        self._watch_order(rows, point, lat, lon)
        venue = _numbered(rows.column("place_type"), ("poi",)) == 0
        return code, np.where(point & ~venue, support.point_marks(lat, lon), np.uint32(0))

    def _watch_order(self, rows: pa.RecordBatch, point: Flags, lat: npt.NDArray[np.float64], lon: npt.NDArray[np.float64]) -> None:
        """Count points that lie in their own place box, and those that would if latitude and longitude were swapped."""
        if rows.column("place_west").null_count == rows.num_rows:
            return
        west, south, east, north = (_floats(rows, name) for name in BOX)
        with np.errstate(invalid="ignore"):
            boxed = point & (east > west) & (north > south)
            inside = (lat >= south) & (lat <= north) & (lon >= west) & (lon <= east)
            turned = (lon >= south) & (lon <= north) & (lat >= west) & (lat <= east)
        self._without(boxed, "boxed_points")
        self._without(boxed & inside, "in_box")
        self._without(boxed & turned & ~inside, "in_box_if_swapped")

    def _slot_rows(self, number: int, rows: pa.RecordBatch, code: Codes, match: Flags) -> tuple[npt.NDArray[np.int64], Codes]:
        """For one reading: which rows count, and the key (slot, cell) of each."""
        reading = self.readings[number]
        bucket = reading.calendar.buckets(rows.column("created_at"))
        spec = reading.specification
        closed = bucket < reading.calendar.open_from
        keep = match & (code != cells.NOWHERE) & closed
        if number == 0:
            self._without(match & ~closed, "window_not_closed")
        group = np.zeros(rows.num_rows, np.int64)
        if spec.groups:
            group = group_numbers(rows, spec.groups)
        elif spec.regions:
            group = region_numbers(code, spec.regions)
            if number == 0:
                self._without(keep & (group == len(spec.regions)), "outside_regions")
            keep &= group < len(spec.regions)
        at = np.flatnonzero(keep)
        if len(at) < len(keep):
            bucket, group, code = bucket[at], group[at], code[at]
        return at, cells.keys(self._slots(number, bucket, group, len(spec.group_names)), code)

    def _slots(self, number: int, bucket: Counts, group: Counts, width: int) -> Counts:
        if not len(bucket):
            return bucket
        combined = bucket * width + group
        low = int(combined.min())
        present = np.flatnonzero(np.bincount(combined - low))
        table = np.zeros(int(present[-1]) + 1, np.int64)
        for found in present.tolist():
            slot = Slot(number, (found + low) // width, (found + low) % width)
            table[found] = self.slots.setdefault(slot, len(self.slots))
        return table[combined - low]

    def _wait(self, rows: Rows) -> None:
        """Keep rows back until there are enough to be dealt out at once."""
        self._waiting.append(rows)
        if sum(len(some.author) for some in self._waiting) >= _TOGETHER:
            self._deal()

    def _deal(self) -> None:
        if self._waiting:
            rows = _joined(self._waiting)
            self._waiting.clear()
            self._scatter(rows.author, rows.key, rows.mark, rows.post)

    def _scatter(self, author: Words, key: Codes, mark: npt.NDArray[np.uint32], post: Words) -> None:
        """Deal the rows out to their author's partition."""
        with np.errstate(over="ignore"):
            part = ((author * _GOLDEN) >> np.uint64(64 - _BITS)).astype(np.uint8)
        order = np.argsort(part, kind="stable")
        edge = np.r_[0, np.cumsum(np.bincount(part, minlength=1 << _BITS))]
        author, key, mark = author[order], key[order], mark[order]
        post = post[order] if self.with_posts else post
        for number in np.flatnonzero(np.diff(edge)):
            part_of = slice(edge[number], edge[number + 1])
            # copies, so that a finished partition gives its memory back
            rows = Rows(author[part_of].copy(), key[part_of].copy(), mark[part_of].copy(), post[part_of].copy())
            self._parts[number].append(rows)

    @property
    def contradicted(self) -> bool:
        """Whether a Post that counted is called withheld or deleted elsewhere in the input; so, too, if nobody remembers which counted."""
        if not self.hidden_posts or not self.remembering:
            return bool(self.hidden_posts)
        hidden = np.unique(np.concatenate(self.hidden_posts))
        return any(support.member(taken, hidden).any() for taken in self.taken_posts)

    def assigned(self) -> "Assigned":
        """One cell per person and slot, over all partitions. The rows are used up."""
        self._deal()
        hidden = _ordered(self.hidden_authors, self.removed.authors)
        crowded = self._places_in_disguise()
        series = np.array([slot.reading for slot in self.slots], np.int64)
        modal = np.array([self.readings[slot.reading].specification.assign == "modal" for slot in self.slots], bool)
        coarsest = np.array([self.readings[slot.reading].specification.coarsest for slot in self.slots], np.int64)
        offset = 0
        found: list[tuple[Counts, Codes, Counts]] = []
        for number, rows in enumerate(self._parts):
            self._parts[number] = []
            if not rows:
                continue
            author, key = self._cleaned(_joined(rows), hidden, crowded, coarsest)
            pairs = choose(distinct_pairs(author, key), lambda n: self.readings[n].key, series, modal)
            found.append((pairs.person + offset, pairs.key, pairs.posts if self.with_posts else pairs.posts[:0]))
            offset += len(pairs.people)
        empty = [(np.empty(0, np.int64), np.empty(0, np.uint64), np.empty(0, np.int64))]
        return Assigned(*(np.concatenate(part) for part in zip(*(found or empty), strict=True)))

    def _cleaned(self, rows: Rows, hidden: Words, crowded: npt.NDArray[np.uint32], coarsest: Counts) -> tuple[Words, Codes]:
        """The rows of one partition without hidden accounts, places too wide and second occurrences; disguised places made coarse."""
        keep = np.ones(len(rows.author), bool)
        if len(hidden):
            keep &= ~support.member(rows.author, hidden)
            self._without(~keep, "hidden_account")
        key = rows.key
        if len(crowded):
            place = support.member(rows.mark, crowded)
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

    def _places_in_disguise(self) -> npt.NDArray[np.uint32]:
        candidates = support.crowded_marks([[rows.mark for rows in part] for part in self._parts if part])
        people: Counter[int] = Counter()
        if len(candidates):
            for part in self._parts:
                if part:
                    rows = _joined(part)
                    people.update(support.disguised(rows.mark, rows.author, candidates))
        return np.array(sorted(mark for mark, count in people.items() if count >= support.DISGUISE_AUTHORS), np.uint32)


@dataclass(frozen=True, slots=True)
class Assigned:
    """One row per person and slot: the person's running number (in runs), the key (slot and cell), the Posts there if they count."""

    person: Counts
    key: Codes
    posts: Counts


def _joined(parts: list[Rows]) -> Rows:
    return Rows(*(np.concatenate([getattr(rows, name) for rows in parts]) for name in ("author", "key", "mark", "post")))


def _ordered(found: list[Words], more: Words) -> Words:
    return np.unique(np.concatenate([*found, more]))


def _completed(batch: pa.RecordBatch) -> pa.RecordBatch:
    for name in MAY_LACK:
        if name not in batch.schema.names:
            batch = batch.append_column(name, pa.nulls(batch.num_rows, pa.float64() if name in BOX else pa.string()))
    return batch


def _numbered(column: pa.Array, values: tuple[str, ...], absent: int = -1) -> Counts:
    """The number of each value among `values`, -1 for any other and for null; `absent` throughout for a column of nulls alone."""
    if column.null_count == len(column):
        return np.full(len(column), absent, np.int64)
    found = pc.index_in(column, value_set=pa.array(values, column.type))
    return found.fill_null(-1).to_numpy(zero_copy_only=False)


def _valid(batch: pa.RecordBatch, name: str) -> Flags:
    column = batch.column(name)
    if column.null_count in {0, len(column)}:
        return np.full(len(column), not column.null_count)
    return column.is_valid().to_numpy(zero_copy_only=False)


def _floats(batch: pa.RecordBatch, name: str) -> npt.NDArray[np.float64]:
    return batch.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False)


def _located(batch: pa.RecordBatch, counting: Flags) -> tuple[Flags, Flags]:
    """Which Posts carry a point, and which of the others a place box; the reader left sound ones alone."""
    point = _valid(batch, "latitude") & _valid(batch, "longitude")
    boxed = _valid(batch, "place_west") & ~point
    return point & counting, boxed & counting


def _place_codes(rows: pa.RecordBatch) -> Codes:
    """The cell of each Post's place; each box is looked at once."""
    if not rows.num_rows:
        return np.empty(0, np.uint64)
    boxes = np.stack([_floats(rows, name) for name in BOX])
    with np.errstate(over="ignore"):
        mark = np.zeros(rows.num_rows, np.uint64)
        for edge in boxes:
            mark = (mark ^ edge.view(np.uint64)) * _GOLDEN
            mark ^= mark >> np.uint64(29)
    _, first, inverse = np.unique(mark, return_index=True, return_inverse=True)
    return support.box_codes(*boxes[:, first])[inverse]
