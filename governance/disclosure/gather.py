"""One pass over the Posts: from batches to (person, slot, cell), partitioned by author so that memory stays flat and people add up.

A slot is one series, one bucket of time and one group or region. Which Posts count, and in which slot and cell, is told a batch at a time;
the rows are dealt out by author (`dealing.Partitions`), and only counts per cell are ever global.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from governance.disclosure import cells, support
from governance.disclosure.cells import Codes, Counts, Flags
from governance.disclosure.dealing import Assigned, Partitions, Rows
from governance.disclosure.keyed import Words, author_words
from governance.disclosure.locating import BOX, boxed_points, codes_and_marks, located, numbered, valid
from governance.disclosure.readings import Reading, Removed, Slot
from governance.disclosure.regions import region_numbers
from governance.disclosure.scope import group_numbers

pc: Any = pyarrow.compute
HIDDEN = ("protected", "withheld", "suspended", "deleted")
ACCOUNT_STATES = ("protected", "suspended")
MAY_LACK = ("place_type", *BOX, "visibility", "relation")
"""Columns that a batch need not have: no Post has a place, a known visibility, or is a repost."""


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
    _partitions: Partitions = field(init=False)

    def __post_init__(self) -> None:
        """Rows are dealt out, and counted, as they come."""
        self._partitions = Partitions(self.with_posts, self.counts)

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
        point, boxed = located(batch, counting)
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
        reposts = numbered(batch.column("relation"), ("reposted",)) == 0
        self._without(reposts & ours, "reposted")
        counting &= ~reposts
        seen = numbered(batch.column("visibility"), (*HIDDEN, "unknown"), absent=len(HIDDEN))
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
        author, timed = valid(batch, "author_id"), valid(batch, "created_at")
        self._without(counting & ~author & ours, "no_author")
        self._without(counting & author & ~timed & ours, "no_time")
        return author & timed

    def _take(self, rows: pa.RecordBatch, point: Flags, matches: list[Flags]) -> None:
        code, mark = codes_and_marks(rows, point)
        self.counts.update(boxed_points(rows, point))
        self._without((code == cells.NOWHERE) & matches[0], "place_too_wide")
        author = author_words(rows.column("author_id"))
        matches = self._without_excluded(author, matches)
        post = author_words(rows.column("post_id")) if self.with_posts else np.empty(0, np.uint64)
        if self.remembering:
            self.taken_posts.append(post if self.with_posts else author_words(rows.column("post_id")))
        taken = [self._slot_rows(number, rows, code, match) for number, match in enumerate(matches)]
        if len(taken) == 1 and len(taken[0][0]) == len(author):  # every row, in order
            self._partitions.add(Rows(author, taken[0][1], mark, post))
            return
        at = np.concatenate([place for place, _ in taken])
        key = np.concatenate([found for _, found in taken])
        self._partitions.add(Rows(author[at], key, mark[at], post[at] if self.with_posts else post))

    def _without_excluded(self, author: Words, matches: list[Flags]) -> list[Flags]:
        """Which Posts each reading counts, without those of its excluded accounts."""
        if not any(len(reading.excluded) for reading in self.readings):
            return matches
        out = [support.member(author, r.excluded) if len(r.excluded) else np.zeros(len(author), bool) for r in self.readings]
        self._without(matches[0] & out[0], "excluded_account")
        return [match & ~gone for match, gone in zip(matches, out, strict=True)]

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

    @property
    def contradicted(self) -> bool:
        """Whether a Post that counted is called withheld or deleted elsewhere in the input; so, too, if nobody remembers which counted."""
        if not self.hidden_posts or not self.remembering:
            return bool(self.hidden_posts)
        hidden = np.unique(np.concatenate(self.hidden_posts))
        return any(support.member(taken, hidden).any() for taken in self.taken_posts)

    def assigned(self) -> Assigned:
        """One cell per person and slot, over all partitions. The rows are used up."""
        hidden = np.unique(np.concatenate([*self.hidden_authors, self.removed.authors]))
        return self._partitions.assigned(self.readings, list(self.slots), hidden)


def _completed(batch: pa.RecordBatch) -> pa.RecordBatch:
    for name in MAY_LACK:
        if name not in batch.schema.names:
            batch = batch.append_column(name, pa.nulls(batch.num_rows, pa.float64() if name in BOX else pa.string()))
    return batch
