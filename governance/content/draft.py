"""From columns as a format gives them to a checked batch of the canonical Post table.

A reader only extracts: it fills a `Draft` with plain Python lists (or Arrow arrays) in the canonical names. Everything that can be wrong
with a value is looked at here, once for all formats, a column at a time.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from governance.content.clean import clean_box, clean_ids, clean_point, clean_times, clean_words, pc, rounded_ids
from governance.content.rejected import Rejected
from governance.content.schema import BOX_COLUMNS, LOCATION_COLUMNS, POST_SCHEMA, RELATIONS, VISIBILITIES
from governance.errors import BadRequest

BATCH_ROWS = 16_384
NEEDED = ("post_id", "author_id")
"""What every scan reads, whatever it is asked for: a row stands or falls with its ids."""


@dataclass(slots=True)
class Scan:
    """One pass over one source: what is wanted of it, and what was not read.

    `locate` turns a row number into a line where a format counts in rows (CSV).
    """

    wanted: frozenset[str]
    rejected: Rejected
    file: str
    locate: Callable[[int], int] | None = None

    def reject(self, line: int, reason: str) -> None:
        """Count what was not read at a line."""
        self.rejected.add(self.file, self.locate(line) if self.locate else line, reason)

    def reject_all(self, lines: Iterable[int], reason: str) -> None:
        """Count what was not read at each of the lines."""
        for line in lines:
            self.reject(line, reason)

    def wants(self, *columns: str) -> bool:
        """Whether any of the columns is asked for."""
        return not self.wanted.isdisjoint(columns)


@dataclass(slots=True)
class Draft:
    """Extracted columns of one batch, not yet checked. A column that the source does not have is absent.

    `lines` numbers each row's line; `constants` are values that hold for each row.
    """

    lines: Sequence[int]
    columns: Mapping[str, Any]
    constants: Mapping[str, str] = field(default_factory=dict)


def finish(draft: Draft, scan: Scan, ordered: Sequence[str]) -> pa.RecordBatch:
    """The checked batch with the `ordered` columns; what is wrong is counted in `scan.rejected`."""
    checked, keep = _ids(draft, scan)
    numbers = draft.lines
    lines = np.arange(numbers.start, numbers.stop) if isinstance(numbers, range) else np.asarray(numbers, dtype=np.int64)
    taken: Mapping[str, Any] = {name: values for name, values in draft.columns.items() if name in scan.wanted and name not in checked}
    if keep is not None:
        lines = lines[keep]
        taken = {name: _take(values, keep) for name, values in taken.items()}
        checked = {name: _take(values, keep) for name, values in checked.items()}
    if "author_id" in checked and checked["author_id"].null_count:
        scan.reject_all(lines[_nulls(checked["author_id"])].tolist(), "missing-author")
    if scan.wants(*LOCATION_COLUMNS):
        checked |= _location(taken, lines, scan)
    for name in ordered:
        if name not in checked:
            checked[name] = _plain(name, taken.get(name), draft.constants.get(name), lines, scan)
    return pa.RecordBatch.from_arrays([checked[name] for name in ordered], schema=pa.schema([POST_SCHEMA.field(name) for name in ordered]))


def _nulls(values: pa.Array) -> np.ndarray:
    return values.is_null().to_numpy(zero_copy_only=False)


def _take(values: Any, keep: np.ndarray | None) -> Any:  # noqa: ANN401 - a list or an Arrow array, as the reader gave it
    if keep is None:
        return values
    if isinstance(values, list):
        return [values[index] for index in keep]
    return values.take(pa.array(keep))


def _ids(draft: Draft, scan: Scan) -> tuple[dict[str, pa.Array], np.ndarray | None]:
    """The clean ids, and the indices of the rows whose ids stand (None if all do)."""
    size = len(draft.lines)
    checked: dict[str, pa.Array] = {}
    bad = np.zeros(size, dtype=bool)
    for name in ("post_id", "author_id"):
        checked[name], corrupted = clean_ids(draft.columns.get(name, [None] * size))
        bad |= _count(corrupted & ~bad, "corrupted-id", draft, scan)
        if name == "post_id":
            bad |= _count(rounded_ids(checked[name]) & ~bad, "corrupted-id", draft, scan)
        if name == "post_id" and checked[name].null_count:
            bad |= _count(_nulls(checked[name]) & ~bad, "missing-id", draft, scan)
    return checked, (np.flatnonzero(~bad) if bad.any() else None)


def _count(mask: np.ndarray, reason: str, draft: Draft, scan: Scan) -> np.ndarray:
    scan.reject_all((draft.lines[index] for index in np.flatnonzero(mask).tolist()), reason)
    return mask


def _location(taken: Mapping[str, Any], lines: np.ndarray, scan: Scan) -> dict[str, pa.Array]:
    size = len(lines)
    latitude, longitude, problems = clean_point(taken.get("latitude"), taken.get("longitude"), size)
    box, box_problems = clean_box([taken.get(name) for name in BOX_COLUMNS], size)
    checked = {"latitude": latitude, "longitude": longitude, **dict(zip(BOX_COLUMNS, box, strict=True))}
    for reason, indices in (*problems.items(), *box_problems.items()):
        scan.reject_all(lines[indices].tolist(), reason)
    return {name: array for name, array in checked.items() if name in scan.wanted}


def _plain(name: str, values: Any, constant: str | None, lines: np.ndarray, scan: Scan) -> pa.Array:  # noqa: ANN401 - as the reader gave it
    kind = POST_SCHEMA.field(name).type
    if values is None:
        default = {"visibility": "unknown", "relation": "original"}.get(name) if constant is None else constant
        return pa.repeat(pa.scalar(default, kind), len(lines)) if default is not None else pa.nulls(len(lines), kind)
    try:
        if name == "created_at":
            times, bad = clean_times(values)
            scan.reject_all(lines[bad].tolist(), "bad-time")
            return times
        if name in WORDS:
            return clean_words(values, *WORDS[name])
        array = values if isinstance(values, (pa.Array, pa.ChunkedArray)) else pa.array(values, kind)
        return array if array.type == kind else pc.cast(array, kind)
    except pa.ArrowException:
        raise BadRequest(f"{scan.file}: the column for {name} can't be read as {kind}.", "give it another type, or leave it out.") from None


WORDS: Mapping[str, tuple[frozenset[str], str]] = {"visibility": (VISIBILITIES, "unknown"), "relation": (RELATIONS, "original")}
"""The columns that hold words of a closed list, and the word for anything else."""


def with_companions(columns: Iterable[str]) -> frozenset[str]:
    """The columns asked for, and those without which they can't be judged: a latitude needs its longitude, an edge its box."""
    wanted = set(columns)
    for group in (("latitude", "longitude"), BOX_COLUMNS):
        if not wanted.isdisjoint(group):
            wanted.update(group)
    return frozenset(wanted)
