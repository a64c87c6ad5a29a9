"""`gov.detect`: what each column of a data set holds, by its header and by its values, told apart."""

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from governance.detection import Detected, Detection, detect_source
from governance.detection.artifacts import scan_artifact
from governance.detection.artifacts.databases import tables
from governance.engines import open_table
from governance.errors import BadRequest
from governance.project import Project, load_project


def detect(data: Any, project: Project | str | Path | None = None) -> Detection:  # noqa: ANN401 - whatever people hold
    """Say what each column of a data set holds: location, off-X identifiers, X Content, or nothing that was found.

    Parameters
    ----------
    data
        A path (CSV, TSV, Parquet, Arrow, Feather, JSON, JSON-L, Excel, SQLite, DuckDB), a pandas or polars frame, an Arrow table or a
        DuckDB relation.
    project
        A governance.yml, its folder, or a Project: gives the data set its declared name.

    Returns
    -------
    Detection
        Iterable over `Detected` columns; `.to_json()` is what `governance detect --format json` prints. No value of the data is in it.

    Raises
    ------
    BadRequest
        The data can't be read; names the file and the line.

    Examples
    --------
    >>> import pandas as pd, governance as gov
    >>> found = gov.detect(pd.DataFrame({"mail": ["jo@example.org", "al@example.com"], "n": [1, 2]}))
    >>> [(column.column, column.holds, str(column.status)) for column in found]
    [('mail', 'off_x.person', 'confirmed'), ('n', 'none', 'none')]

    """
    declared = load_project(project)
    path = Path(data) if isinstance(data, str | Path) else None
    name = (declared.data_set_at(path) if path else None) or (path.name if path else "data")
    floor = declared.thresholds.minimum_people
    database = _database(path, name, floor) if path and path.is_file() else None
    if database is not None:
        return database
    table = open_table(data)
    columns = detect_source(table)
    outside = tuple(one.as_json() for one in scan_artifact(path)) if path else ()
    return Detection(
        data_set=name, columns=columns, scanned_rows=table.row_count, total_rows=table.row_count, outside_rows=outside, minimum_people=floor
    )


def _database(path: Path, name: str, floor: int) -> Detection | None:
    """The tables of a SQLite or DuckDB file as one detection, columns named `table.column`; None for any other file."""
    columns: list[Detected] = []
    rows = 0
    try:
        for table, source in tables(path):
            rows += source.row_count
            columns += [replace(found, column=f"{table}.{found.column}") for found in detect_source(source)]
    except (sqlite3.Error, duckdb.Error):
        raise BadRequest(f"{path}: can't be read as a database.", "the file is damaged, locked or encrypted.") from None
    if not columns:
        return None
    return Detection(data_set=name, columns=tuple(columns), scanned_rows=rows, total_rows=rows, minimum_people=floor)
