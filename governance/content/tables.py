"""Tables in memory as sources of Posts: pandas, Arrow, Polars, DuckDB; known by the name of their type, so that none has to be imported."""

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from governance.content.draft import Draft, Scan
from governance.content.mapped_tables import MappedTable, TableForm, mapping_of
from governance.content.rejected import Rejected
from governance.content.schema import COLUMNS
from governance.errors import BadRequest

TABLE_ROWS = 65_536
_KINDS = {
    "pandas": "DataFrame",
    "pyarrow": "Table RecordBatch",
    "polars": "DataFrame LazyFrame",
    "duckdb": "DuckDBPyRelation",
    "_duckdb": "DuckDBPyRelation",
}


def kind_of(data: object) -> str | None:
    """The library a table comes from: pandas, arrow, polars or duckdb; None if it is no table."""
    kind = type(data)
    library = kind.__module__.split(".")[0]
    if kind.__name__ not in _KINDS.get(library, "").split():
        return None
    return {"pyarrow": "arrow", "_duckdb": "duckdb"}.get(library, library)


def names_of(data: Any, kind: str) -> list[str]:  # noqa: ANN401 - one of four libraries' tables
    """The column names of a table."""
    if kind == "arrow":
        return list(data.schema.names)
    if kind == "polars" and type(data).__name__ == "LazyFrame":
        return list(data.collect_schema().names())
    return [str(name) for name in data.columns]


def batches_of(data: Any, kind: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:  # noqa: ANN401 - one of four libraries' tables
    """Arrow batches of the chosen columns."""
    try:
        yield from _BATCHES[kind](data, columns)
    except (pa.ArrowException, OverflowError):
        raise BadRequest(f"{kind} table: a column mixes types and can't be read.", "give each column one type.") from None


def _from_arrow(data: Any, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:  # noqa: ANN401 - a Table or a RecordBatch
    yield from (
        pa.Table.from_batches([data]).select(columns).to_batches(TABLE_ROWS)
        if isinstance(data, pa.RecordBatch)
        else data.select(columns).to_batches(TABLE_ROWS)
    )


def _from_pandas(data: Any, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:  # noqa: ANN401 - pandas is not imported here
    chosen = data.loc[:, list(columns)]
    for start in range(0, len(data), TABLE_ROWS):
        part = chosen.iloc[start : start + TABLE_ROWS]
        yield pa.RecordBatch.from_arrays([_pandas_column(part.iloc[:, at]) for at in range(len(columns))], list(columns))


def _pandas_column(series: Any) -> pa.Array:  # noqa: ANN401 - pandas is not imported here
    """The column as Arrow has it; one that mixes types (numbers and text, as spreadsheets give) as text."""
    try:
        array = pa.Array.from_pandas(series)
    except (pa.ArrowException, OverflowError):
        array = pa.array([None if isinstance(value, float) and math.isnan(value) else str(value) for value in series.tolist()])
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _from_polars(data: Any, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:  # noqa: ANN401 - Polars is not imported here
    chosen = data.select(list(columns))
    frame = chosen.collect() if type(data).__name__ == "LazyFrame" else chosen
    for part in frame.iter_slices(TABLE_ROWS):
        yield from part.to_arrow().to_batches()


def _from_duckdb(data: Any, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:  # noqa: ANN401 - DuckDB is not imported here
    quoted = ", ".join('"' + name.replace('"', '""') + '"' for name in columns)
    yield from data.project(quoted).to_arrow_reader(TABLE_ROWS)


_BATCHES = {"arrow": _from_arrow, "pandas": _from_pandas, "polars": _from_polars, "duckdb": _from_duckdb}


class _Digest:
    """A writable that only hashes."""

    closed = False

    def __init__(self) -> None:
        self.sha256 = hashlib.sha256()

    def write(self, data: bytes) -> int:
        """Hash the bytes."""
        self.sha256.update(data)
        return len(data)

    def flush(self) -> None:
        """Nothing to do: nothing is kept."""

    def close(self) -> None:
        """Nothing to do: nothing is open."""


def open_table(data: object, columns: Mapping[str, str] | None) -> "Table | None":
    """The source for a table in memory, None if it is no table."""
    kind = kind_of(data)
    if kind is None:
        return None
    return Table(data, MappedTable(kind, mapping_of(names_of(data, kind), columns, f"{kind} table")), kind)


@dataclass(frozen=True, slots=True)
class Table:
    """A table in memory, or a DuckDB relation: anything that gives Arrow batches of chosen columns."""

    data: Any
    form: TableForm
    kind: str

    @property
    def name(self) -> str:
        """What it is; a table has no path."""
        return f"{self.kind} table"

    @property
    def format(self) -> str:
        """The library's name."""
        return self.kind

    @property
    def given(self) -> frozenset[str]:
        """The canonical columns it may fill."""
        return self.form.given

    def drafts(self, scan: Scan) -> Iterator[Draft]:
        """The extracted rows, in batches."""
        first = 1
        for batch in batches_of(self.data, self.kind, self.form.sources(scan)):
            yield self.form.draft(batch, range(first, first + batch.num_rows), scan)
            first += batch.num_rows

    def fingerprint(self) -> str:
        """The SHA-256 of the canonical columns as an Arrow stream."""
        sink = _Digest()
        writer: pa.ipc.RecordBatchStreamWriter | None = None
        for batch in batches_of(self.data, self.kind, self.form.sources(Scan(frozenset(COLUMNS), Rejected(), self.name))):
            writer = writer or pa.ipc.new_stream(pa.PythonFile(sink, mode="w"), batch.schema)
            writer.write_batch(batch)
        return sink.sha256.hexdigest()

    def row_count(self) -> int | None:
        """The rows, None for a relation, which would have to run."""
        return (
            len(self.data)
            if hasattr(self.data, "__len__") and self.kind != "duckdb"
            else self.data.num_rows
            if self.kind == "arrow"
            else None
        )
