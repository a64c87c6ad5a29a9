"""A SQL batch as a stream: rows come through SQLAlchemy in portions, become Arrow, and are poured into DuckDB; nothing is held whole."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

PORTION = 20_000
_NESTED: tuple[type[Any], ...] = (dict, list, tuple)


@dataclass(slots=True)
class Reading:
    """How a batch is read: which columns as text, and which one turned out to need it."""

    as_text: frozenset[str] = field(default_factory=frozenset)
    wider: str = ""


def streamed(engine: Any, chosen: Any, reading: Reading) -> pa.RecordBatchReader:  # noqa: ANN401 - SQLAlchemy's engine and selectable
    """The rows of a selectable as Arrow batches.

    Types are those of the first portion. A later value that does not fit names its column in `reading`, so that the caller starts anew
    with that column as text: a database such as SQLite lets a column hold anything.
    """
    source = chosen if isinstance(chosen, sa.sql.Select) else sa.select(sa.text("*")).select_from(_from(chosen))
    connection = engine.connect().execution_options(stream_results=True, yield_per=PORTION)
    result = connection.execute(source)
    names = list(result.keys())
    portions = result.partitions(PORTION)
    first = _columns(next(portions, []), len(names))
    types = [pa.string() if name in reading.as_text else _type(values) for name, values in zip(names, first, strict=True)]
    schema = pa.schema(list(zip(names, types, strict=True)))

    def batches() -> Iterator[pa.RecordBatch]:
        with connection:
            yield _batch(first, schema, reading)
            for rows in portions:
                yield _batch(_columns(rows, len(names)), schema, reading)

    return pa.RecordBatchReader.from_batches(schema, batches())


def _from(chosen: Any) -> Any:  # noqa: ANN401 - SQLAlchemy's selectable
    return chosen.subquery() if hasattr(chosen, "subquery") and not isinstance(chosen, sa.sql.FromClause) else chosen


def _columns(rows: Sequence[Any], count: int) -> list[list[Any]]:
    columns = [[_plain(value) for value in column] for column in zip(*rows, strict=True)]
    return columns or [[] for _ in range(count)]


def _plain(value: Any) -> Any:  # noqa: ANN401 - a value of a database
    """A value in a form that Arrow knows: decimals as floats, JSON as text, anything foreign as text."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, _NESTED):
        return json.dumps(value, default=str)
    if isinstance(value, memoryview | bytearray):
        return bytes(value)
    return value


def _type(values: list[Any]) -> pa.DataType:
    try:
        found = pa.array(values).type
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        return pa.string()
    return pa.string() if pa.types.is_null(found) else found


def _batch(columns: list[list[Any]], schema: pa.Schema, reading: Reading) -> pa.RecordBatch:
    arrays = [_array(values, column, reading) for values, column in zip(columns, schema, strict=True)]
    return pa.record_batch(arrays, schema=schema)


def _array(values: list[Any], column: pa.Field, reading: Reading) -> pa.Array:
    if pa.types.is_string(column.type):
        return pa.array([None if value is None else str(value) for value in values], pa.string())
    try:
        return pa.array(values, column.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        reading.wider = column.name
        raise ValueError("a column holds values of several types") from None
