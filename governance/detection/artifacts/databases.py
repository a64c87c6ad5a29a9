"""SQLite and DuckDB files: opened read-only, every table looked at; pages of deleted rows reported."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from governance.detection.artifacts.finding import ArtifactFinding, finding
from governance.errors import BadRequest
from governance.vocabulary import Status


class SqliteSource:
    """A table of a SQLite file, as the detector reads it."""

    def __init__(self, connection: sqlite3.Connection, table: str) -> None:
        """Read its columns."""
        self.connection = connection
        self.table = '"' + table.replace('"', '""') + '"'
        self.names = [str(row[1]) for row in connection.execute(f"PRAGMA table_info({self.table})")]

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Names; SQLite's types bind nobody."""
        return [(name, "any") for name in self.names]

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        return int(self.connection.execute(f"SELECT count(*) FROM {self.table}").fetchone()[0])

    def batches(self, columns: Sequence[str] | None = None, rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """The rows; a column takes the type of its first values, what does not fit becomes text."""
        chosen = list(columns or self.names)
        kinds: dict[str, pa.DataType] = {}
        cursor = self.connection.execute(f"SELECT {', '.join(_quoted(name) for name in chosen)} FROM {self.table}")
        while part := cursor.fetchmany(rows):
            arrays = [_array([row[at] for row in part], name, kinds) for at, name in enumerate(chosen)]
            yield pa.RecordBatch.from_arrays(arrays, names=chosen)


class DuckSource:
    """A table of a DuckDB file, as the detector reads it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: str) -> None:
        """Keep the connection; every query takes a cursor of its own."""
        self.connection = connection
        self.table = table

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Names and types."""
        schema = self.connection.cursor().sql(f"SELECT * FROM {self.table} LIMIT 0").to_arrow_table().schema
        return [(field.name, str(field.type)) for field in schema]

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        return int(self.connection.cursor().execute(f"SELECT count(*) FROM {self.table}").fetchall()[0][0])

    def batches(self, columns: Sequence[str] | None = None, rows: int = 65_536) -> Iterator[pa.RecordBatch]:
        """The rows."""
        chosen = ", ".join(_quoted(name) for name in columns) if columns else "*"
        yield from self.connection.cursor().sql(f"SELECT {chosen} FROM {self.table}").to_arrow_reader(rows)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _array(values: list[object], name: str, kinds: dict[str, pa.DataType]) -> pa.Array:
    """A batch of one column, of the type that its first batch had, else as text."""
    try:
        found = pa.array(values, type=kinds.get(name))
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        found = pa.array([None if value is None else str(value) for value in values], type=pa.string())
    if name in kinds and found.type != kinds[name]:
        return pa.nulls(len(values), kinds[name])
    kinds.setdefault(name, pa.string() if pa.types.is_null(found.type) else found.type)
    return found.cast(kinds[name])


def sqlite(path: Path) -> Iterator[ArtifactFinding]:
    """Every table of a SQLite file, and its pages of deleted rows."""
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        tables = [str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        free = int(connection.execute("PRAGMA freelist_count").fetchone()[0])
    except sqlite3.Error:
        raise BadRequest(f"{path}: can't be read as SQLite.", "the file is damaged, locked or encrypted.") from None
    try:
        for table in tables:
            yield from _table(table, SqliteSource(connection, table))
    except sqlite3.Error:
        raise BadRequest(f"{path}: a table can't be read.", "the file is damaged.") from None
    finally:
        connection.close()
    if free:
        yield finding("deleted pages", "database", "none", free, Status.REVIEW)


def duck(path: Path) -> Iterator[ArtifactFinding]:
    """Every table of a DuckDB file."""
    try:
        connection = duckdb.connect(str(path), read_only=True)
        tables = connection.cursor().execute("SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal").fetchall()
    except duckdb.Error:
        raise BadRequest(f"{path}: can't be read as DuckDB.", "the file is damaged, locked or of another version.") from None
    try:
        for schema, table in tables:
            yield from _table(str(table), DuckSource(connection, f"{_quoted(str(schema))}.{_quoted(str(table))}"))
    except duckdb.Error:
        raise BadRequest(f"{path}: a table can't be read.", "the file is damaged.") from None
    finally:
        connection.close()


def tables(path: Path) -> Iterator[tuple[str, "SqliteSource | DuckSource"]]:
    """The tables of a database file, opened read-only; none if it is no database."""
    with path.open("rb") as stream:
        head = stream.read(16)
    if head.startswith(b"SQLite format 3"):
        lite = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        for (name,) in lite.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            yield str(name), SqliteSource(lite, str(name))
        lite.close()
    elif head[8:12] == b"DUCK":
        with duckdb.connect(str(path), read_only=True) as connection:
            found = connection.cursor().execute("SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal").fetchall()
            for schema, name in found:
                yield str(name), DuckSource(connection, f"{_quoted(str(schema))}.{_quoted(str(name))}")


def _table(name: str, source: "SqliteSource | DuckSource") -> Iterator[ArtifactFinding]:
    """What the columns of one table hold."""
    from governance.detection.detector import detect_source

    for column in detect_source(source):
        if column.best:
            yield finding("table", f"{name}.{column.column}", column.holds, column.rows_hit, column.status)
