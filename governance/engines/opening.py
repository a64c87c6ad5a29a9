"""From what people hold (a path, a frame, a relation) to a table that can be measured."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.feather

from governance.engines.duck import DuckTable, worded
from governance.engines.plan import file_literal, quoted
from governance.errors import BadRequest, GovernanceError

_CSV = {".csv", ".tsv", ".txt"}
_JSON = {".json", ".jsonl", ".ndjson", ".geojson"}
_JSON_LINES = {".jsonl", ".ndjson"}
_ARROW = {".arrow", ".feather", ".ipc"}
_PARQUET = {".parquet", ".pq", ".parq"}
_EXCEL = {".xlsx", ".xlsm"}
_SUFFIXES = "csv, tsv, parquet, arrow, feather, json, jsonl, ndjson, geojson (csv and json also with .gz), xlsx"


def open_table(data: Any) -> DuckTable:  # noqa: ANN401 - whatever people hold
    """A table over a path, pandas or polars frame, Arrow table or reader, or DuckDB relation.

    Parameters
    ----------
    data
        A path to a file (CSV, TSV, Parquet, Arrow, Feather, JSON, JSON-L, Excel) or to a folder of Parquet files, or a table in memory.
        An index of a pandas frame that is not a plain range is a column like any other.

    Raises
    ------
    BadRequest
        The file is missing, empty, of an unknown kind or can't be read; names the file and the line.

    Examples
    --------
    >>> import pandas as pd
    >>> open_table(pd.DataFrame({"a": [1, 2]})).row_count
    2

    """
    if isinstance(data, str | Path):
        return _open_path(given_path(data))
    return over_arrow(_to_arrow(data))


def given_path(path: str | Path) -> Path:
    """A path as it was given; an empty text, which would be the working folder, is refused."""
    if isinstance(path, str) and not path.strip():
        raise BadRequest("the path is empty.", "name a file; a variable may not be set.")
    return Path(path)


def over_arrow(table: "pa.Table | pa.RecordBatchReader", name: str = "data", paths: tuple[Path, ...] = ()) -> DuckTable:
    """A table over Arrow data; a reader is poured into DuckDB, so that it can be scanned more than once."""
    if not table.schema.names:
        raise BadRequest(f"{name}: a table without columns.", "bring a table with columns and rows.")
    try:
        if isinstance(table, pa.Table):
            table.validate(full=True)
    except pa.ArrowException:
        raise BadRequest(
            f"{name}: holds text that is no UTF-8, or a damaged column.", "decode the text as UTF-8 and make it anew."
        ) from None
    connection = _connect()
    raised: list[BaseException] = []

    def error(problem: Exception) -> Exception:
        hint = "cast the columns to plain numbers, times or text (no half floats, no decimals over 38 digits)."
        return BadRequest(f"{name}: a column's type can't be measured ({type(problem).__name__}).", hint)

    try:
        with worded(error):
            if isinstance(table, pa.RecordBatchReader):
                connection.register("arrow_data", _telling(table, raised))
                connection.execute("CREATE TEMP TABLE data AS SELECT * FROM arrow_data")
                connection.unregister("arrow_data")
            else:
                connection.register("arrow_data", table)
                connection.execute("CREATE TEMP VIEW data AS SELECT * FROM arrow_data")
    except BadRequest:
        if raised:
            raise raised[0] from None
        raise
    return DuckTable(connection, "data", name, paths)


def _telling(reader: pa.RecordBatchReader, raised: list[BaseException]) -> pa.RecordBatchReader:
    """The same reader, which keeps what it raises: DuckDB passes on the text of it alone, of a refused file and of Ctrl-C alike."""

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            yield from reader
        except (KeyboardInterrupt, GovernanceError) as problem:
            raised.append(problem)
            raise

    return pa.RecordBatchReader.from_batches(reader.schema, batches())


def open_part(path: Path, leave_out: Callable[[str], bool]) -> DuckTable | None:
    """The columns of a CSV or JSON file under the names that are not left out; None where there are none.

    For a second look at a file that a reader of its own takes rows from: damaged lines are that reader's to report, and are skipped here.
    """
    inner = Path(path.name.removesuffix(".gz")).suffix.lower()
    name = file_literal(path)
    if inner in _CSV:
        reader = (
            f"read_csv({name}, delim = '{_delimiter(path)}', header = true, ignore_errors = true, null_padding = true, strict_mode = false)"
        )
    elif inner in _JSON:
        lines = ", format = 'newline_delimited', ignore_errors = true" if inner in _JSON_LINES else ""
        reader = f"read_json({name}, maximum_object_size = 67108864{lines})"
    else:
        return None
    connection = _connect()
    try:
        chosen = [quoted(c) for c in connection.sql(f"SELECT * FROM {reader} LIMIT 0").columns if not leave_out(c)]
        if not chosen:
            return None
        connection.execute(f"CREATE TEMP VIEW data AS SELECT {', '.join(chosen)} FROM {reader}")
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except duckdb.Error:
        return None
    return DuckTable(connection, "data", str(path), (path,))


def holds_parquet(folder: Path) -> bool:
    """Whether a folder has a Parquet file in it, at any depth."""
    return any(file.suffix.lower() in _PARQUET for file in folder.rglob("*"))


def _connect() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false; SET preserve_insertion_order = false; SET autoinstall_known_extensions = false")
    return connection


def _to_arrow(data: Any) -> pa.Table | pa.RecordBatchReader:  # noqa: ANN401 - whatever people hold
    module = type(data).__module__.partition(".")[0]
    if isinstance(data, pa.Table | pa.RecordBatchReader):
        return data
    if module in {"pandas", "geopandas"} and hasattr(data, "select_dtypes"):
        return _pandas_to_arrow(data.to_wkb() if module == "geopandas" else data)
    if isinstance(data, duckdb.DuckDBPyRelation):
        return data.project(_readable(data)).to_arrow_table()
    data = data.collect() if module == "polars" and hasattr(data, "collect") else data
    try:
        made = data.to_arrow() if hasattr(data, "to_arrow") else None
        if isinstance(made, pa.Table | pa.RecordBatchReader):
            return made
        if hasattr(data, "__arrow_c_stream__"):
            return pa.RecordBatchReader.from_stream(data)
    except pa.ArrowException:
        pass  # one column, and no table
    raise BadRequest(
        f"a {type(data).__name__} is no table.",
        "pass a path, a pandas or polars frame, an Arrow table or a DuckDB relation.",
    )


def _readable(relation: duckdb.DuckDBPyRelation) -> str:
    """What to select so that every variant is JSON: Arrow knows a variant as bytes alone, and nobody could look into it."""
    variants = {name for name, kind in zip(relation.columns, relation.types, strict=True) if "VARIANT" in str(kind)}
    cast = ", ".join(f"CAST({quoted(name)} AS JSON) AS {quoted(name)}" for name in sorted(variants))
    return f"* REPLACE ({cast})" if cast else "*"


def _pandas_to_arrow(frame: Any) -> pa.Table:  # noqa: ANN401 - pandas is imported by the caller
    frame = frame.rename(columns=str)
    try:
        return pa.Table.from_pandas(frame, preserve_index=None)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        mixed = frame.select_dtypes("object").columns
    try:
        return pa.Table.from_pandas(frame.astype(dict.fromkeys(mixed, "string")), preserve_index=None)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as problem:
        hint = "give each column a name of its own, and a type of numbers, times or text."
        raise BadRequest(f"data: the frame can't be read as a table ({type(problem).__name__}).", hint) from None


def _open_path(path: Path) -> DuckTable:
    files = _files(path)
    suffix = "".join(s for s in files[0].suffixes[-2:] if s == ".gz") or files[0].suffix.lower()
    inner = Path(files[0].name.removesuffix(".gz")).suffix.lower() if suffix == ".gz" else suffix
    if inner in _ARROW:
        return over_arrow(_feather(files[0]), str(path), files)
    if inner in _EXCEL:
        return over_arrow(_excel(files[0]), str(path), files)
    return _over_files(path, files, inner)


def _over_files(path: Path, files: tuple[Path, ...], suffix: str) -> DuckTable:
    if suffix not in _CSV | _JSON | _PARQUET:
        raise BadRequest(f"{path}: no reader for `{suffix or 'a file without an ending'}`.", f"bring one of {_SUFFIXES}.")
    names = "[" + ", ".join(map(file_literal, files)) + "]"
    delimiter = _delimiter(files[0]) if suffix in _CSV else ","
    if suffix in _CSV:
        reader = f"read_csv({names}, delim = '{delimiter}', header = true, skip = 0, sample_size = -1, strict_mode = true)"
    elif suffix in _JSON:
        reader = f"read_json({names}, sample_size = -1, maximum_object_size = 67108864)"
    else:
        reader = f"read_parquet({names}, hive_partitioning = {str(path.is_dir()).lower()}, union_by_name = true)"
    table = DuckTable(_connect(), "data", str(path), files, delimiter=delimiter)
    with worded(table._bad):  # noqa: SLF001 - the table words its own errors
        chosen = _readable(table.connection.sql(f"FROM {reader}")) if suffix in _PARQUET else "*"
        table.made_by = f"SELECT {chosen} FROM {reader}"
        table.direct = suffix in _PARQUET and path.is_file() and chosen == "*"
        table.connection.execute(f"CREATE TEMP VIEW data AS SELECT {chosen} FROM {reader}")
    return table


def _delimiter(path: Path) -> str:
    """The separator that the header line holds most of; never guessed from the rows, which would hide a damaged one."""
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as file:
            header = file.readline(1 << 20).decode("utf-8", "replace")
    except (OSError, EOFError):
        raise BadRequest(f"{path}: is no readable gzip file.", "compress it anew.") from None
    return max(",;\t|", key=header.count)


def _files(path: Path) -> tuple[Path, ...]:
    """The files behind a path: itself, or the Parquet files below a folder; each is there, readable and not empty."""
    try:
        files = _folder(path) if path.is_dir() else (path,)
        if not files:
            raise BadRequest(f"{path}: a directory without Parquet files.", f"name a file: {_SUFFIXES}.")
        for file in files:
            with file.open("rb") as content:
                if not content.read(1):
                    raise BadRequest.at(file, 1, "is empty (0 bytes).", "name a file with data.")
    except OSError as problem:
        raise BadRequest(f"{path}: can't be read ({problem.strerror}).", "check the path and the permissions.") from None
    return files


def _folder(path: Path) -> tuple[Path, ...]:
    """The Parquet files of a folder; a folder that holds anything else is refused, for that would go unseen."""
    inside = [file for file in sorted(path.rglob("*")) if file.is_file() and not _is_note(file.relative_to(path))]
    parquet = tuple(file for file in inside if file.suffix.lower() in _PARQUET)
    if parquet and len(parquet) < len(inside):
        raise BadRequest(
            f"{path}: {len(inside) - len(parquet)} files beside the Parquet files would not be looked at.",
            "check them by themselves, and keep them elsewhere.",
        )
    return parquet


def _is_note(file: Path) -> bool:
    """Whether a file of a folder is what a writer notes beside the data: `_SUCCESS`, `_metadata`, a checksum, the log of a Delta table."""
    marked = file.name.startswith(("_", ".")) and "." not in file.name[1:]
    return marked or file.suffix == ".crc" or file.parts[0] == "_delta_log"


def _feather(path: Path) -> pa.Table:
    try:
        return pyarrow.feather.read_table(path)
    except (pa.ArrowException, OSError):
        raise BadRequest(f"{path}: is no Arrow file.", "write it anew with pyarrow.feather.write_feather.") from None


def _excel(path: Path) -> pa.Table:
    import openpyxl
    import pandas as pd

    try:
        book = openpyxl.load_workbook(path, read_only=True)
        visible = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
        book.close()
        filled = [frame for frame in pd.read_excel(path, sheet_name=visible).values() if len(frame.columns)]
    except Exception as problem:  # noqa: BLE001 - openpyxl raises many kinds, and their texts quote cells
        raise BadRequest(f"{path}: is no readable workbook ({type(problem).__name__}).", "save it as .xlsx anew, or as CSV.") from None
    if len(filled) != 1:
        raise BadRequest(f"{path}: {len(filled)} of its sheets hold data, and one is one table.", "save each sheet as a file of its own.")
    return _pandas_to_arrow(filled[0])
