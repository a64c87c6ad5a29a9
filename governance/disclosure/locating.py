"""Where the Posts of a batch are: by a point, by the box of a place, or nowhere; and whether the order of their coordinates is right."""

from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from governance.disclosure import cells, support
from governance.disclosure.cells import Codes, Counts, Degrees, Flags

pc: Any = pyarrow.compute
POINT = ("latitude", "longitude")
BOX = ("place_west", "place_south", "place_east", "place_north")
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def valid(batch: pa.RecordBatch, name: str) -> Flags:
    """Where a column holds something."""
    column = batch.column(name)
    if column.null_count in {0, len(column)}:
        return np.full(len(column), not column.null_count)
    return column.is_valid().to_numpy(zero_copy_only=False)


def numbered(column: pa.Array, values: tuple[str, ...], absent: int = -1) -> Counts:
    """The number of each value among `values`, -1 for any other and for null; `absent` throughout for a column of nulls alone."""
    if column.null_count == len(column):
        return np.full(len(column), absent, np.int64)
    found = pc.index_in(column, value_set=pa.array(values, column.type))
    return found.fill_null(-1).to_numpy(zero_copy_only=False)


def located(batch: pa.RecordBatch, counting: Flags) -> tuple[Flags, Flags]:
    """Which Posts carry a point, and which of the others a place box; the reader left sound ones alone."""
    point = valid(batch, "latitude") & valid(batch, "longitude")
    boxed = valid(batch, "place_west") & ~point
    return point & counting, boxed & counting


def codes_and_marks(rows: pa.RecordBatch, point: Flags) -> tuple[Codes, npt.NDArray[np.uint32]]:
    """The cell of each Post, and a mark of its bare point (0 for a place or a venue)."""
    lat, lon = (_floats(rows, name) for name in POINT)
    if point.all():
        code = cells.index(lat, lon)
    else:
        code = np.full(rows.num_rows, cells.NOWHERE, np.uint64)
        code[point] = cells.index(lat[point], lon[point])
        code[~point] = _place_codes(rows.filter(pa.array(~point)))
    venue = numbered(rows.column("place_type"), ("poi",)) == 0
    return code, np.where(point & ~venue, support.point_marks(lat, lon), np.uint32(0))


def boxed_points(rows: pa.RecordBatch, point: Flags) -> Counter[str]:
    """How many points come with a place box, lie in it, and would lie in it if latitude and longitude were swapped."""
    if rows.column("place_west").null_count == rows.num_rows:
        return Counter()
    lat, lon, west, south, east, north = (_floats(rows, name) for name in (*POINT, *BOX))
    with np.errstate(invalid="ignore"):
        boxed = point & (east > west) & (north > south)
        inside = (lat >= south) & (lat <= north) & (lon >= west) & (lon <= east)
        turned = (lon >= south) & (lon <= north) & (lat >= west) & (lat <= east)
    found = {"boxed_points": boxed, "in_box": boxed & inside, "in_box_if_swapped": boxed & turned & ~inside}
    return Counter({name: int(flags.sum()) for name, flags in found.items() if flags.any()})


def _floats(batch: pa.RecordBatch, name: str) -> Degrees:
    return batch.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False)


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
