"""A Parquet file as Arrow batches whose repeated texts stay coded, so that each is looked at once and not row by row."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

_BUFFER = 1 << 20
"""Bytes that are read of a column at once, so that a file of one large row group needs no more memory than others."""
_PLAIN_BYTES = 4
"""What a text costs a page at the least that is not coded: the four bytes of its length."""


def coded_reader(path: Path, schema: pa.Schema) -> pq.ParquetFile | None:
    """The file, if Arrow sees in it what the engine does; None where the two would read another table.

    Parameters
    ----------
    path
        One Parquet file.
    schema
        Names and types as the engine has them. Texts may be coded and times may spell their zone otherwise; nothing else may differ.

    """
    try:
        file = pq.ParquetFile(path, pre_buffer=False)
        if file.schema_arrow.names != schema.names or not all(map(_alike, file.schema_arrow.types, schema.types)):
            return None
        return pq.ParquetFile(path, pre_buffer=False, buffer_size=_BUFFER, metadata=file.metadata, read_dictionary=list(_repeating(file)))
    except (pa.ArrowException, OSError):
        return None


def _repeating(file: pq.ParquetFile) -> Iterator[str]:
    """The columns of text that were written as codes, by their size: reading others so would cost more than it saves."""
    facts = file.metadata
    groups = [facts.row_group(number) for number in range(facts.num_row_groups)]
    for at in range(facts.num_columns):
        column = facts.schema.column(at)
        if column.path == column.name and column.physical_type == "BYTE_ARRAY" and str(column.logical_type) == "String":
            parts = [group.column(at) for group in groups]
            if sum(part.total_uncompressed_size for part in parts) < _PLAIN_BYTES * sum(part.num_values for part in parts):
                yield column.path


def _alike(one: Any, other: Any) -> bool:  # noqa: ANN401 - Arrow types have no useful common type
    """Whether two types hold the same values."""
    one = one.value_type if pa.types.is_dictionary(one) else one
    if one == other or (_is_text(one) and _is_text(other)):
        return True
    if pa.types.is_timestamp(one) and pa.types.is_timestamp(other):
        return bool(one.unit == other.unit and (one.tz is None) == (other.tz is None))
    if pa.types.is_list(one) and pa.types.is_list(other):
        return _alike(one.value_type, other.value_type)
    if pa.types.is_struct(one) and pa.types.is_struct(other):
        ours, theirs = list(one), list(other)
        same = [f.name for f in ours] == [f.name for f in theirs]
        return same and all(_alike(a.type, b.type) for a, b in zip(ours, theirs, strict=True))
    return False


def _is_text(kind: Any) -> bool:  # noqa: ANN401 - see above
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
