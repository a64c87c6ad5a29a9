"""Rows as the JSON readers collect them: all values of a batch in one flat list, so that it costs the garbage collector nothing.

Holding the decoded objects of a batch instead is several times slower: each full collection walks all their lists.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from governance.content.draft import NEEDED, Draft, Scan

Row: TypeAlias = tuple[Any, ...]
"""The values of one Post in the order of `NAMES`."""

NAMES: tuple[str, ...] = (
    "post_id",
    "author_id",
    "author_handle",
    "text",
    "created_at",
    "lang",
    "latitude",
    "longitude",
    "place_id",
    "place_type",
    "place_west",
    "place_south",
    "place_east",
    "place_north",
    "stated_location",
    "visibility",
    "relation",
)
NO_PLACE: Row = (None,) * 6
"""No place id, type, west, south, east, north."""


@dataclass(slots=True)
class Rows:
    """The values of a batch row by row, their lines, their hashtags end to end with a count for each row, their JSON if it is wanted."""

    values: list[Any] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    tag_counts: list[int | None] = field(default_factory=list)
    raws: list[str | None] = field(default_factory=list)

    def add(self, line: int, tags: Sequence[str] | None, row: Row) -> None:
        """The values of one Post, and its hashtags, case-folded."""
        self.lines.append(line)
        self.values += row
        if tags:
            self.tags += tags
            self.tag_counts.append(len(tags))
        else:
            self.tag_counts.append(None if tags is None else 0)

    def draft(self, scan: Scan) -> Draft:
        """The wanted columns of the rows."""
        width = len(NAMES)
        columns: dict[str, Any] = {name: self.values[at::width] for at, name in enumerate(NAMES) if scan.wants(name) or name in NEEDED}
        if scan.wants("hashtags"):
            columns["hashtags"] = lists_of(self.tags, self.tag_counts)
        if scan.wants("raw"):
            columns["raw"] = self.raws
        return Draft(self.lines, columns)


def lists_of(values: Sequence[str], counts: Sequence[int | None]) -> pa.Array:
    """An Arrow list column from values end to end and the number in each row; None is a null row."""
    nulls = pa.array([count is None for count in counts]) if None in counts else None
    sizes = np.array(counts if nulls is None else [count or 0 for count in counts], dtype=np.int32)
    offsets = np.concatenate([np.zeros(1, dtype=np.int32), np.cumsum(sizes, dtype=np.int32)])
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values, pa.string()), mask=nulls)
