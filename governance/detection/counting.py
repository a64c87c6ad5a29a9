"""What the one pass over all rows counts for the rules beside its screen: blank cells, and whether ids are whole and each there once.

No cell is kept: the counts are numbers, and the order of ids is known from the first and last of each batch, which are forgotten with it.
"""
# ruff: noqa: PLR2004 - widths of ids stand in the tests that they belong to

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from governance.engines.layout import laid_out
from governance.model import Measure
from governance.rules.post_id_intact import FORM

pc: Any = pyarrow.compute
_BLANKS = " \t\r\n"
_LONG = 10**14
"""The smallest number of 15 digits."""


@dataclass(frozen=True, slots=True, repr=False)
class Count:
    """What one batch of one column holds, in numbers; None for what was not counted."""

    rows: int
    nulls: int
    blanks: int | None = None
    ids: "Ids | None" = None


@dataclass(frozen=True, slots=True, repr=False)
class Ids:
    """A batch of whole numbers that may be ids."""

    unlike: int
    long: int
    rounded: int
    span: tuple[int, int] | None
    """The least and the greatest if each is greater (or each less) than the one before; None if they come in another order."""


_NO_IDS = Ids(0, 0, 0, (0, -1))
"""A batch without any id; its span is before and behind nothing."""


class ColumnCounter:
    """Counts one column, batch by batch."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self.nulls = 0
        self.blanks: int | None = 0
        self.ids: list[Ids] | None = []
        self.rising = True

    def glance(self, column: pa.Array) -> Count:
        """Count one batch; several may be counted at once."""
        kind = column.type
        if pa.types.is_integer(kind):
            return Count(len(column), column.null_count, column.null_count, self._integers(column))
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            whole = column.drop_null() if column.null_count else column
            at, data = laid_out(whole)
            blanks = column.null_count + _blank(whole, at, data)
            return Count(len(column), column.null_count, blanks, self._digits(whole, at, data))
        never_blank = pa.types.is_floating(kind) or pa.types.is_boolean(kind) or pa.types.is_temporal(kind)
        if pa.types.is_dictionary(kind):
            return Count(len(column), *_coded(column))
        return Count(len(column), column.null_count, column.null_count if never_blank else None)

    def take(self, seen: Count) -> None:
        """Add what was counted in one batch."""
        self.nulls += seen.nulls
        self.blanks = None if self.blanks is None or seen.blanks is None else self.blanks + seen.blanks
        if self.ids is not None and seen.ids is not None:
            self.ids.append(seen.ids)
            self.rising = self.rising and seen.ids.span is not None
        else:
            self.ids = None

    def measured(self, name: str) -> dict[Measure, int]:
        """The numbers, under the names by which rules ask for them; what was not counted is left out."""
        column = (name,)
        numbers = {Measure("nulls", column): self.nulls}
        if self.blanks is not None:
            numbers[Measure("empty", column)] = self.blanks
        if self.ids is not None:
            numbers[Measure("unlike", column, FORM)] = sum(one.unlike for one in self.ids)
            numbers[Measure("long_ids", column)] = sum(one.long for one in self.ids)
            numbers[Measure("rounded_ids", column)] = sum(one.rounded for one in self.ids)
            if _apart([one.span for one in self.ids]):
                numbers[Measure("duplicates", column)] = 0
        return numbers

    def _integers(self, column: pa.Array) -> Ids | None:
        """Whole numbers of at most 64 bits; none below zero, whose sign would count as a digit."""
        if self.ids is None or pa.types.is_uint64(column.type):
            return None
        values = column.drop_null().to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
        if not len(values):
            return _NO_IDS
        if values.min() < 0:
            return None
        long = values[values >= _LONG] if values.max() >= _LONG else values[:0]
        return Ids(0, len(long), int((long % 1000 == 0).sum()), self._span(values))

    def _digits(self, whole: pa.Array, at: NDArray[Any], data: NDArray[np.uint8]) -> Ids | None:
        """Text of digits alone; one other sign, or an empty text, and the column is counted no further."""
        if not len(whole):
            return _NO_IDS
        starts, ends, lengths = at[:-1], at[1:], np.diff(at)
        if self.ids is None or not lengths.min() or not _are_digits(data[: lengths[0]]) or not _are_digits(data):
            return None
        wrong = ((data[starts] == ord("0")) & (lengths > 1)) | (lengths > 19)
        long = (lengths >= 15) & (lengths <= 19)
        last = ends[long]
        rounded = (data[last - 1] == ord("0")) & (data[last - 2] == ord("0")) & (data[last - 3] == ord("0"))
        unlike = int(wrong.sum())
        return Ids(unlike, int(long.sum()), int(rounded.sum()), self._span_of(whole) if not unlike else None)

    def _span_of(self, whole: pa.Array) -> tuple[int, int] | None:
        if not self.rising:
            return None
        try:
            return self._span(whole.cast(pa.int64()).to_numpy(zero_copy_only=False))
        except pa.ArrowException:  # nineteen digits may be more than 64 bits hold
            return None

    def _span(self, values: NDArray[np.int64]) -> tuple[int, int] | None:
        if not self.rising:
            return None
        first, last = int(values[0]), int(values[-1])
        if first <= last and bool((values[1:] > values[:-1]).all()):
            return first, last
        return (last, first) if first > last and bool((values[1:] < values[:-1]).all()) else None


def _blank(text: pa.Array, at: NDArray[Any], data: NDArray[np.uint8]) -> int:
    """How many texts hold nothing but spaces, tabs and ends of lines: those that begin above the space do not."""
    if not len(data):
        return len(text)
    doubtful = (np.diff(at) == 0) | (data[np.minimum(at[:-1], len(data) - 1)] <= ord(" "))
    if not doubtful.any():
        return 0
    trimmed = pc.utf8_trim(text.filter(pa.array(doubtful)), _BLANKS)
    return int(pc.sum(pc.equal(pc.binary_length(trimmed), 0)).as_py() or 0)


def _coded(column: pa.DictionaryArray) -> tuple[int, int | None]:
    """The nulls and the blanks of a column of codes: each text is looked at once."""
    texts = column.dictionary
    if not (pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)) or texts.null_count:
        return pc.sum(column.is_null()).as_py() or 0, None
    blank = pc.equal(pc.binary_length(pc.utf8_trim(texts, _BLANKS)), 0)
    found = pc.sum(blank.take(column.indices)).as_py() or 0 if pc.any(blank).as_py() else 0
    return column.null_count, column.null_count + found


def _are_digits(part: NDArray[np.uint8]) -> bool:
    return bool(part.min() >= ord("0") and part.max() <= ord("9"))


def _apart(spans: list[tuple[int, int] | None]) -> bool:
    """Whether the spans of all batches are known and none reaches into another: then no id is there twice."""
    if any(span is None for span in spans):
        return False
    ordered = sorted(span for span in spans if span is not None and span[0] <= span[1])
    return all(one[1] < other[0] for one, other in pairwise(ordered))
