"""The two tables of a match as views in one DuckDB; only the columns that are asked for are ever read."""

import gzip
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from governance.engines import DuckTable, open_table
from governance.engines.plan import file_literal, literal, quoted
from governance.errors import BadRequest

_ALIKE = 500_000
_TEXT_FILES = {".csv", ".tsv", ".txt"}


def connect(temp_folder: Path | None = None) -> duckdb.DuckDBPyConnection:
    """An empty in-process DuckDB in UTC that installs nothing, and whose spill files are encrypted and in a folder of their own.

    Spilled blocks may hold stale bytes of whatever the process read before, so a plan that masks is not enough: what is written to disk is
    encrypted with a key that only this connection knows. DuckDB calls its built-in cipher unsafe because its random numbers are not
    certified; the files live as long as the query.
    """
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false; SET preserve_insertion_order = false; SET autoinstall_known_extensions = false")
    connection.execute("SET TimeZone = 'UTC'")
    folder = temp_folder or Path(tempfile.gettempdir()) / f"governance-{uuid.uuid4().hex}"
    try:
        connection.execute("SET force_mbedtls_unsafe = 'true'; SET temp_file_encryption = true")
    except duckdb.Error:
        connection.execute("SET temp_directory = ''")  # a DuckDB that can't encrypt does not spill
    else:
        connection.execute(f"SET temp_directory = {literal(str(folder))}")
    return connection


def columns_of(data: Any) -> dict[str, str]:  # noqa: ANN401 - whatever people hold
    """The columns of a table and their types; text files have text alone."""
    table = open_table(data)
    types = dict(table.columns)
    return dict.fromkeys(types, "string") if _is_text(table) else types


def attach(
    connection: duckdb.DuckDBPyConnection,
    view: str,
    data: Any,  # noqa: ANN401 - whatever people hold
    columns: list[str],
    optional: tuple[str, ...] = (),
) -> dict[str, str]:
    """Make `view` over the data, and return the SQL types of the columns that were asked for, and of the optional ones that are there.

    Raises
    ------
    BadRequest
        The data can't be read, or lacks a column.

    """
    table = open_table(data)
    known = [name for name, _ in table.columns]
    missing = [name for name in columns if name not in known]
    if missing:
        what = f"no column `{missing[0]}` in the {view.removesuffix('_now')}."
        hint = f"{len(known)} columns are there; `on` names first the column of the accounts, then the one of the records."
        raise BadRequest.at(table.name, 1 if _is_text(table) else None, what, hint)
    wanted = list(dict.fromkeys([*columns, *(name for name in optional if name in known)]))
    chosen = ", ".join(map(quoted, wanted))
    if _is_text(table):
        connection.execute(f"CREATE TEMP VIEW {view} AS SELECT {chosen} FROM {_text_reader(table)}")
    elif table.paths and table.paths[0].suffix == ".parquet":
        names = ", ".join(file_literal(path) for path in table.paths)
        connection.execute(f"CREATE TEMP VIEW {view} AS SELECT {chosen} FROM read_parquet([{names}], union_by_name = true)")
    else:
        connection.register(view, table.to_arrow(wanted))
    described = connection.execute(f"SELECT column_name, column_type FROM (DESCRIBE {view})").fetchall()
    return {str(name): str(sql_type) for name, sql_type in described}


def is_text(data: Any) -> bool:  # noqa: ANN401 - whatever people hold
    """Whether reading the data means parsing text, so that it is done once."""
    return isinstance(data, str | Path) and Path(data).suffix.lower() not in {".parquet", ""}


def _is_text(table: DuckTable) -> bool:
    return bool(table.paths) and bool({suffix.lower() for suffix in table.paths[0].suffixes[-2:]} & _TEXT_FILES)


def _text_reader(table: DuckTable) -> str:
    """Every cell as it is written: `007` stays `007`."""
    path = table.paths[0]
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as file:
        header = file.readline(1 << 20).decode("utf-8", "replace")
    delimiter = max(",;\t|", key=header.count)
    return f"read_csv({file_literal(path)}, delim = '{delimiter}', header = true, skip = 0, all_varchar = true, strict_mode = true)"


def alike(rows: int, make: Callable[[int], pa.Array]) -> pa.ChunkedArray:
    """A column whose rows are all the same: one block of them, named again and again, takes next to no memory."""
    block = make(min(rows, _ALIKE))
    return pa.chunked_array([block] * (rows // _ALIKE) + [block.slice(0, rows % _ALIKE)] if rows > _ALIKE else [block])
