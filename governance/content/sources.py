"""What Posts can be read from: files and tables in memory, each as a stream of drafts."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from governance.content import csv_files
from governance.content.draft import Draft, Scan
from governance.content.formats import JsonShape, container_of, json_shape_of, json_units, table_shape_of, why_unread
from governance.content.lines import Unit, numbered, open_binary
from governance.content.mapped_tables import MappedTable, TableForm, mapping_of
from governance.content.schema import COLUMNS
from governance.content.tables import TABLE_ROWS
from governance.content.twarc_csv import TwarcCsv
from governance.errors import BadRequest


class Source(Protocol):
    """One file or table."""

    @property
    def name(self) -> str:
        """The path, or what kind of table it is."""
        ...

    @property
    def format(self) -> str:
        """The name of the shape."""
        ...

    @property
    def given(self) -> frozenset[str]:
        """The canonical columns it may fill."""
        ...

    def drafts(self, scan: Scan) -> Iterator[Draft]:
        """The extracted rows, in batches."""
        ...

    def fingerprint(self) -> str:
        """The SHA-256 of what is read, in hexadecimal."""
        ...

    def row_count(self) -> int | None:
        """How many rows there are, None where that takes a scan."""
        ...


def digest_of(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class JsonFile:
    """A JSON or JSON-L file, perhaps with a second one beside it that holds what its Posts refer to (academictwitteR)."""

    path: Path
    shape: JsonShape
    beside: Path | None = None

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    @property
    def format(self) -> str:
        """The shape's name."""
        return self.shape.name

    @property
    def given(self) -> frozenset[str]:
        """The canonical columns it may fill."""
        return frozenset(COLUMNS)

    def drafts(self, scan: Scan) -> Iterator[Draft]:
        """The extracted rows, in batches."""
        with open_binary(self.path) as file:
            lines = numbered(file, partial(scan.reject, reason="truncated-file"))
            units = json_units(self.path, lines) if self.beside is None else one_page(file.read(), self.beside)
            for draft in self.shape.drafts(units, scan):
                yield Draft(draft.lines, draft.columns, {**draft.constants, "source_format": self.format})

    def fingerprint(self) -> str:
        """The SHA-256 of the file's bytes; of both digests where there are two files."""
        if self.beside is None:
            return digest_of(self.path)
        return hashlib.sha256((digest_of(self.path) + digest_of(self.beside)).encode()).hexdigest()

    def row_count(self) -> int | None:
        """Unknown without a scan."""
        return None


def one_page(data: bytes, beside: Path) -> Iterator[Unit]:
    """Posts and what they refer to, which came as two files, as one page."""
    with open_binary(beside) as file:
        yield 1, b'{"data":' + data + b',"includes":' + file.read() + b"}"


def file_beside(path: Path) -> Path | None:
    """`users_N.json` beside `data_N.json`, where there is one: academictwitteR keeps accounts and places there."""
    other = path.with_name(path.name.replace("data_", "users_", 1))
    return other if path.name.startswith("data_") and path.suffix == ".json" and other.is_file() else None


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A CSV or TSV file."""

    path: Path
    form: TableForm

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    @property
    def format(self) -> str:
        """The form's name."""
        return self.form.name

    @property
    def given(self) -> frozenset[str]:
        """The canonical columns it may fill."""
        return self.form.given

    def drafts(self, scan: Scan) -> Iterator[Draft]:
        """The extracted rows, in batches."""
        return csv_files.drafts(self.path, self.form, scan)

    def fingerprint(self) -> str:
        """The SHA-256 of the file's bytes."""
        return digest_of(self.path)

    def row_count(self) -> int | None:
        """Unknown without a scan."""
        return None


@dataclass(frozen=True, slots=True)
class ColumnFile:
    """A Parquet or Arrow file."""

    path: Path
    form: TableForm
    container: str

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    @property
    def format(self) -> str:
        """The container's name."""
        return self.container

    @property
    def given(self) -> frozenset[str]:
        """The canonical columns it may fill."""
        return self.form.given

    def drafts(self, scan: Scan) -> Iterator[Draft]:
        """The extracted rows, in batches; only the columns the scan needs are read."""
        first = 1
        try:
            for batch in self._batches(self.form.sources(scan)):
                yield self.form.draft(batch, range(first, first + batch.num_rows), scan)
                first += batch.num_rows
        except (pa.ArrowException, OSError):
            raise BadRequest(f"{self.path}: row {first} or later can't be read as {self.container}.", "write the file anew.") from None

    def _batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        if self.container == "parquet":
            with pq.ParquetFile(self.path, pre_buffer=False, buffer_size=1 << 20) as file:
                yield from file.iter_batches(TABLE_ROWS, columns=columns)
            return
        with pa.memory_map(str(self.path)) as mapped, pa.ipc.open_file(mapped) as reader:
            for at in range(reader.num_record_batches):
                batch = reader.get_batch(at).select(columns)
                for start in range(0, batch.num_rows, TABLE_ROWS):
                    yield batch.slice(start, TABLE_ROWS)

    def fingerprint(self) -> str:
        """The SHA-256 of the file's bytes."""
        return digest_of(self.path)

    def row_count(self) -> int | None:
        """The rows the Parquet footer states."""
        return pq.read_metadata(self.path).num_rows if self.container == "parquet" else None


def open_file(path: Path, columns: Mapping[str, str] | None) -> Source:
    """The source for a file, by its content; BadRequest for what is no Posts."""
    container = container_of(path)
    if container == "json":
        shape = json_shape_of(path)
        if shape is None:
            raise BadRequest.at(path, 1, *why_unread(path))
        return JsonFile(path, shape, file_beside(path))
    if container == "csv":
        return _csv_file(path, columns)
    names = _column_names(path, container)
    return ColumnFile(path, MappedTable(container, mapping_of(names, columns, str(path))), container)


def _csv_file(path: Path, columns: Mapping[str, str] | None) -> CsvFile:
    header, _ = csv_files.header_of(path)
    if not columns and table_shape_of(header) == "twarc_csv":
        return CsvFile(path, TwarcCsv(tuple(header)))
    return CsvFile(path, MappedTable("csv", mapping_of(header, columns, f"{path}:1")))


def _column_names(path: Path, container: str) -> list[str]:
    try:
        if container == "parquet":
            return pq.read_schema(path).names
        with pa.memory_map(str(path)) as mapped, pa.ipc.open_file(mapped) as reader:
            return reader.schema.names
    except (pa.ArrowException, OSError):
        raise BadRequest(f"{path}: can't be read as {container}.", "write the file anew.") from None
