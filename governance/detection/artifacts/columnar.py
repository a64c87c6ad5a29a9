"""Parquet, Arrow and Feather files: metadata, footer statistics, dictionaries, values under nulls. No row is judged here."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq

from governance.detection.artifacts.finding import ArtifactFinding, finding, json_labels, labels_in
from governance.detection.artifacts.names import column_names
from governance.errors import BadRequest
from governance.vocabulary import Status

OURS = frozenset((b"pandas", b"ARROW:schema"))
"""Keys whose text only repeats the schema; they are looked at, but their numbers are versions and sizes."""

_NO_UTF8 = "holds text that is no UTF-8."


def parquet(path: Path) -> Iterator[ArtifactFinding]:
    """What a Parquet file holds besides its rows."""
    try:
        with pq.ParquetFile(path) as file:
            yield from column_names(file.schema_arrow.names)
            yield from metadata(file.schema_arrow, file.metadata.metadata or {})
            yield from statistics(file.metadata)
        yield from _parquet_dictionaries(path)
    except UnicodeDecodeError:
        raise BadRequest(f"{path}: {_NO_UTF8}", "decode the text as UTF-8 and write the file anew.") from None
    except (pa.ArrowException, OSError):
        raise BadRequest(f"{path}: can't be read as Parquet.", "write the file anew; it is empty or cut off.") from None


def arrow(path: Path) -> Iterator[ArtifactFinding]:
    """What an Arrow or Feather file holds besides its rows."""
    try:
        table = pyarrow.feather.read_table(path, memory_map=True)
    except (pa.ArrowException, OSError):
        raise BadRequest(f"{path}: can't be read as Arrow or Feather.", "write the file anew; it is empty or cut off.") from None
    yield from column_names(table.schema.names)
    yield from metadata(table.schema, {})
    try:
        for name, column in zip(table.schema.names, table.columns, strict=True):
            for chunk in column.chunks:
                yield from leftovers(name, chunk)
                yield from under_nulls(name, chunk)
    except UnicodeDecodeError:
        raise BadRequest(f"{path}: {_NO_UTF8}", "decode the text as UTF-8 and write the file anew.") from None


def metadata(schema: pa.Schema, footer: Mapping[bytes, bytes]) -> Iterator[ArtifactFinding]:
    """Key-value metadata of the file, the schema and the fields; a GeoParquet box outlives its geometry."""
    whole = dict(schema.metadata or {}) | dict(footer)
    for key, value in whole.items():
        yield from _entry("schema metadata", key, value)
    for field in schema:
        for key, value in (field.metadata or {}).items():
            yield from _entry(f"metadata of {field.name}", key, value)


def _entry(channel: str, key: bytes, value: bytes) -> Iterator[ArtifactFinding]:
    text, name = value.decode("utf-8", "replace"), key.decode("utf-8", "replace")
    if key == b"geo":
        yield from _geo(text)
    elif key != b"ARROW:schema":
        yield from (finding(channel, name, label, count) for label, count in labels_in([text]).items())


def _geo(text: str) -> Iterator[ArtifactFinding]:
    """A GeoParquet entry that states a box."""
    import json

    try:
        columns = json.loads(text).get("columns", {})
    except (ValueError, AttributeError):
        return
    boxes = sum("bbox" in column for column in columns.values() if isinstance(column, dict))
    if boxes or any(json_labels(columns)):
        yield finding("GeoParquet box", "geo", "location.point", max(1, boxes))


def statistics(meta: Any) -> Iterator[ArtifactFinding]:  # noqa: ANN401 - pyarrow's FileMetaData
    """Texts in the footer's minima and maxima."""
    found: dict[tuple[str, str], int] = {}
    for group in range(meta.num_row_groups):
        for at in range(meta.num_columns):
            column = meta.row_group(group).column(at)
            stats = column.statistics
            if stats is None or not stats.has_min_max:
                continue
            if stats.logical_type.type != "STRING":
                continue  # a bound of another type is no text, and not every one has a value in Python
            bounds = (stats.min_raw, stats.max_raw)
            for label in labels_in([bound.decode("utf-8", "replace") for bound in bounds if isinstance(bound, bytes)]):
                found[column.path_in_schema, label] = found.get((column.path_in_schema, label), 0) + 1
    for (name, label), count in found.items():
        yield finding("footer statistics", name, label, count)


def _parquet_dictionaries(path: Path) -> Iterator[ArtifactFinding]:
    """Dictionary pages that hold more than the rows use."""
    names = [field.name for field in pq.read_schema(path) if pa.types.is_dictionary(field.type)]
    if not names:
        return
    with pq.ParquetFile(path, read_dictionary=names) as file:
        for batch in file.iter_batches(columns=names):
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                yield from leftovers(name, column)


def leftovers(name: str, column: pa.Array) -> Iterator[ArtifactFinding]:
    """Values of a dictionary that no row uses: they were filtered away and are still there."""
    if not isinstance(column, pa.DictionaryArray):
        return
    used = set(column.indices.drop_null().to_pylist())
    unused = [str(value) for at, value in enumerate(column.dictionary.to_pylist()) if at not in used and value is not None]
    if unused:
        labels = labels_in(unused)
        yield from (finding("dictionary leftovers", name, label, count) for label, count in labels.items())
        if not labels:
            yield finding("dictionary leftovers", name, "none", len(unused), Status.REVIEW)


def under_nulls(name: str, column: pa.Array) -> Iterator[ArtifactFinding]:
    """Numbers that stand where the rows show nothing."""
    kind = column.type
    if not column.null_count or not (pa.types.is_floating(kind) or pa.types.is_integer(kind)) or kind.bit_width < 8:  # noqa: PLR2004 - bytes
        return
    bare = pa.Array.from_buffers(kind, len(column), [None, column.buffers()[1]], offset=column.offset)
    hidden = sum(bool(value) for value in bare.filter(column.is_null()).to_pylist() if value == value)  # noqa: PLR0124 - not NaN
    if hidden:
        yield finding("values under nulls", name, "none", hidden, Status.REVIEW)
