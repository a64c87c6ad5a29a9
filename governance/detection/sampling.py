"""What the detector needs of a table, and a seeded sample of its rows taken in one pass."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pyarrow as pa

ROWS = 10_000
"""Rows whose values the recognisers look at; the screen reads all."""


class Source(Protocol):
    """A table as the detector reads it; `engines.DuckTable` is one."""

    @property
    def columns(self) -> Sequence[tuple[str, str]]:
        """Names and types."""
        ...

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        ...

    def batches(self, columns: Sequence[str] | None = None, rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """The rows, in batches."""
        ...


@runtime_checkable
class CodedSource(Protocol):
    """A source that reads faster if its texts may come as dictionaries."""

    def coded_batches(self) -> Iterator[pa.RecordBatch]:
        """The same rows."""
        ...


class ArrowSource:
    """An Arrow table as a source."""

    def __init__(self, table: pa.Table) -> None:
        """Wrap it."""
        self.table = table

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Names and types."""
        return [(field.name, str(field.type)) for field in self.table.schema]

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        return int(self.table.num_rows)

    def batches(self, columns: Sequence[str] | None = None, rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """The rows, in batches."""
        table = self.table if columns is None else self.table.select(list(columns))
        yield from table.to_batches(max_chunksize=rows)


class Sampler:
    """Keeps a fixed share of each batch, so that the sample spreads over the whole table."""

    def __init__(self, row_count: int, rows: int = ROWS, seed: int = 0) -> None:
        """Choose the share."""
        self.share = 1.0 if row_count <= rows else rows / row_count
        self.chance = np.random.default_rng(seed)
        self.kept: list[Any] = []

    def add(self, batch: pa.RecordBatch) -> None:
        """Take some rows of a batch."""
        if self.share >= 1.0:
            self.kept.append(_decoded(batch))
            return
        wanted = int(self.chance.binomial(batch.num_rows, self.share))
        if wanted:
            rows = np.sort(self.chance.choice(batch.num_rows, wanted, replace=False))
            self.kept.append(_decoded(batch.take(pa.array(rows))))

    def table(self) -> pa.Table | None:
        """The sample; None if there were no rows."""
        return pa.Table.from_batches(self.kept) if self.kept else None


def _decoded(batch: Any) -> Any:  # noqa: ANN401 - a pyarrow.RecordBatch
    """The batch without dictionaries: those of two batches may differ."""
    columns = [c.dictionary_decode() if pa.types.is_dictionary(c.type) else c for c in batch.columns]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
