"""The embedded engine: DuckDB in process over a file, a frame or a table. Errors carry a position, never a value."""

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from governance.engines.damage import damaged_line
from governance.engines.parquet import coded_reader
from governance.engines.plan import GROUPED, MEASURES, quoted, settled
from governance.errors import BadRequest
from governance.model import Evidence, Measure

_LINE = re.compile(r"[Ll]ine:? (\d+)")
_INTERRUPTED = "Query interrupted"


@dataclass(slots=True)
class DuckTable:
    """A table that can be measured: a view in an in-process DuckDB.

    Parameters
    ----------
    connection
        The DuckDB connection that sees the data.
    view
        The name of the view, quoted.
    name
        What errors call it: the path, or "data".
    paths
        The files behind it, for the fingerprint.
    shape
        The X shape it was read from; empty for any other table.
    unread
        How many lines or values of that shape were not read, by reason.
    delimiter
        What separates the columns of a CSV file.
    direct
        Whether the view is one Parquet file as it is, so that it can be read without the engine.
    made_by
        The SQL that reads the files, if the table is what it reads and nothing else; empty for any other table.

    """

    connection: duckdb.DuckDBPyConnection = field(repr=False)
    view: str
    name: str = "data"
    paths: tuple[Path, ...] = ()
    shape: str = ""
    unread: Mapping[str, int] = field(default_factory=dict)
    delimiter: str = ","
    direct: bool = False
    made_by: str = ""
    _columns: list[tuple[str, str]] = field(default_factory=list, repr=False)
    _rows: int | None = field(default=None, repr=False)
    _learned: dict[Measure, int] = field(default_factory=dict, repr=False)
    _print: tuple[tuple[tuple[int, ...], ...], str] | None = field(default=None, repr=False)

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Names and types, as Arrow spells them."""
        if not self._columns:
            schema = self.reader(f"SELECT * FROM {self.view} LIMIT 0").schema
            self._columns = [(f.name, str(f.type)) for f in schema]
        return self._columns

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        if self._rows is None:
            self._rows = int(self.rows(f"SELECT count(*) FROM {self.view}")[0][0])
        return self._rows

    def batches(self, columns: Sequence[str] | None = None, rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """The data in Arrow batches, only the columns that are asked for."""
        try:
            yield from self.reader(self._selecting(columns), rows)
        except (pa.ArrowException, OSError) as problem:  # how a stream passes on what DuckDB meets in the middle
            raise self._bad(problem) from None

    def to_arrow(self, columns: Sequence[str] | None = None) -> pa.Table:
        """The data in memory, only the columns that are asked for."""
        try:
            return self.reader(self._selecting(columns)).read_all()
        except (pa.ArrowException, OSError) as problem:
            raise self._bad(problem) from None

    def _selecting(self, columns: Sequence[str] | None) -> str:
        return f"SELECT {', '.join(map(quoted, columns)) if columns else '*'} FROM {self.view}"

    def coded_batches(self, rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """The data in Arrow batches, for one look at every row: texts that repeat may come as dictionaries.

        A Parquet file is read without the engine where both see the same table, which spares a copy of all texts.
        """
        file = coded_reader(self.paths[0], self.reader(f"SELECT * FROM {self.view} LIMIT 0").schema) if self.direct else None
        if file is None:
            yield from self.batches(rows=rows)
            return
        seen = 0
        try:
            for batch in file.iter_batches(rows):
                batch.validate(full=True)  # Arrow takes texts as they are, where the engine refuses what is no UTF-8
                seen += batch.num_rows
                yield batch
        except (pa.ArrowException, OSError) as problem:
            raise self._bad(problem) from None
        if seen != self.row_count:
            raise BadRequest(f"{self.name}: the file changed while it was read.", "let its writer finish first.")

    def reader(self, sql: str, rows: int = 65_536) -> pa.RecordBatchReader:
        """Run a query and stream its result."""
        with worded(self._bad):
            return self.connection.sql(sql).to_arrow_reader(rows)

    def rows(self, sql: str) -> list[tuple[int, ...]]:
        """Run a query that returns a few numbers."""
        with worded(self._bad):
            return self.connection.execute(sql).fetchall()

    def learn(self, numbers: Mapping[Measure, int], rows: int | None = None) -> None:
        """Keep what another pass over all rows has counted, and how many rows there were; it is not measured again."""
        self._learned |= numbers
        self._rows = self._rows if rows is None else rows

    @property
    def learned(self) -> Mapping[Measure, int]:
        """All that was counted so far."""
        return self._learned

    def measure(self, measures: Sequence[Measure]) -> Evidence:
        """Measure in one scan what one scan can tell, the rest in a query each. A measure of an unknown column stays absent."""
        names = {name for name, _ in self.columns}
        possible = [m for m in dict.fromkeys(measures) if names.issuperset(m.columns)]
        numbers = {m: known for m in possible if (known := settled(m, self._learned)) is not None}
        scan = [m for m in possible if m.what in MEASURES and m not in numbers]
        if scan:
            chosen = ", ".join(MEASURES[m.what](m) for m in scan)
            values = self.rows(f"SELECT {chosen} FROM {self.view}")[0]
            numbers |= {m: int(v) for m, v in zip(scan, values, strict=True) if v is not None}
        for measure in possible:
            if measure.what in GROUPED and measure not in numbers:
                numbers[measure] = int(self.rows(GROUPED[measure.what](measure, self.view))[0][0])
        self.learn(numbers)
        return Evidence(numbers)

    def fingerprint(self) -> str:
        """SHA-256 over the files behind the table, empty for a table in memory; read anew only if a file was written to since."""
        if not self.paths:
            return ""
        now = self._stamps()
        if self._print is None or self._print[0] != now:
            whole = hashlib.sha256()
            for path in self.paths:
                with path.open("rb") as file:
                    whole.update(hashlib.file_digest(file, "sha256").digest())
            self._print = now, whole.hexdigest()
        return self._print[1]

    def state(self) -> tuple[object, ...]:
        """What stands behind the paths at this moment; other files, and links that lead elsewhere, are another state, also for a while."""
        links = tuple(_stamp(path.lstat()) for path in self.paths)
        return self._stamps(), links, tuple(str(path.resolve()) for path in self.paths)

    def _stamps(self) -> tuple[tuple[int, ...], ...]:
        """Device, inode, size and times of the files: the time of the last change can't be set back by its owner."""
        return tuple(_stamp(path.stat()) for path in self.paths)

    def _bad(self, problem: Exception) -> BadRequest:
        found = _LINE.search(str(problem))
        lines = (damaged_line(path, self.delimiter) for path in self.paths)
        line = next((line for line in lines if line), int(found[1]) if found else None)
        return BadRequest.at(self.name, line, f"can't be read as a table ({type(problem).__name__}).", _hint(problem))


def _stamp(found: os.stat_result) -> tuple[int, ...]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


@contextmanager
def worded(error: Callable[[Exception], Exception]) -> Iterator[None]:
    """Run queries: what DuckDB raises becomes an error without values, and Ctrl-C stays KeyboardInterrupt.

    DuckDB looks for signals while it works, and raises RuntimeError("Query interrupted") in place of what the handler raised.
    """
    try:
        yield
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except duckdb.Error as problem:
        raise error(problem) from None
    except RuntimeError as problem:
        if str(problem) == _INTERRUPTED:
            raise KeyboardInterrupt from None
        raise


def _hint(problem: Exception) -> str:
    said = str(problem).lower()
    if any(word in said for word in ("unicode", "not utf-8", "valid utf8", "string encoding")):
        return "save the file as UTF-8."
    if any(word in said for word in ("parquet", "too small", "magic", "decompress")):
        return "write the Parquet file anew; it is empty, cut off or damaged."
    if "json" in said:
        return "write one JSON object per line, or one JSON array."
    return "mend the file so that every row has the same columns, then try again."
