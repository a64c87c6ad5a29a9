"""The records of a heat map: the columns that are public, their types, and nothing else.

A record is a region, a window, a group and a rounded number of people. A table with any other column is refused here, so a heat map can't
carry a column about a Post or a person by mistake.
"""

import json
from datetime import date
from typing import Any

import h3.api.basic_int as h3i
import pyarrow as pa

from governance.errors import BadRequest

SCHEMA = pa.schema(
    [
        pa.field("cell", pa.string(), nullable=False),
        pa.field("resolution", pa.int64(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("window", pa.string(), nullable=False),
        pa.field("window_start", pa.string(), nullable=False),
        pa.field("group", pa.string()),
        pa.field("people", pa.int64(), nullable=False),
        pa.field("posts", pa.int64()),
        pa.field("area_km2", pa.float64(), nullable=False),
    ],
)
"""The public columns: an H3 cell, its resolution, `full` or `residual`, the window and its first day, the group (null without groups),
rounded people, rounded Posts (only if they were asked for), and the area that was counted."""

CELL_ID = "cell_id"
"""The H3 cell as an unsigned integer: written beside the text in Parquet and Arrow, made from it, and checked against it."""

Certificate = dict[str, Any]
"""What was released, how and by whom: JSON."""

KINDS = ("full", "residual")
OPTIONAL = ("group", "posts", "window_start")


def json_bytes(value: object, indent: int | None = None) -> bytes:
    r"""JSON in UTF-8: sorted keys, no NaN.

    >>> json_bytes({"b": 1, "a": "é"})
    b'{"a":"\xc3\xa9","b":1}'
    """
    separators = (",", ":") if indent is None else None
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=indent, separators=separators).encode()


def public_records(table: pa.Table) -> pa.Table:
    """The table with the public columns alone, in their order and types.

    Parameters
    ----------
    table
        Records as the method, or a file, gives them; `cell_id` may stand beside `cell`.

    Raises
    ------
    BadRequest
        If a column is missing, unknown, empty, of another type, or contradicts another.

    """
    _refuse_columns(table.column_names)
    table = _with_starts(table)
    rows = table.num_rows
    columns = {
        field.name: _column(table, field) if field.name in table.column_names else pa.nulls(rows, field.type)
        for field in SCHEMA
        if field.name in table.column_names or field.name == "group"
    }
    records = pa.table(columns, schema=pa.schema([field for field in SCHEMA if field.name in columns]))
    cells = cell_ids(records)
    if CELL_ID in table.column_names and table[CELL_ID].to_pylist() != cells:
        raise altered("the column cell_id is not the column cell")
    if [h3i.get_resolution(cell) for cell in cells] != records["resolution"].to_pylist():
        raise altered("the column resolution is not the resolution of the cells")
    if set(records["kind"].unique().to_pylist()) - set(KINDS):
        raise BadRequest(f"The heat map's column kind holds something else than {' or '.join(KINDS)}.", "build it with gov.heat_map.")
    return records


def first_day(window: str) -> str:
    """The first day of a window, as the calendar of its time zone has it.

    >>> first_day("2026-W48"), first_day("2026-11"), first_day("2026-11-23")
    ('2026-11-23', '2026-11-01', '2026-11-23')
    """
    whole = window if "W" in window or window.count("-") > 1 else f"{window}-01"
    try:
        return date.fromisoformat(whole).isoformat()
    except ValueError:
        raise altered("a row of the column window is no day, week or month") from None


def _with_starts(table: pa.Table) -> pa.Table:
    """The table with the first day of each window beside it; one that it brings must say the same."""
    if "window" not in table.column_names:
        return table
    windows = _column(table, SCHEMA.field("window"))
    starts = pa.array([first_day(window) for window in windows.to_pylist()], pa.string())
    if "window_start" not in table.column_names:
        return table.append_column("window_start", starts)
    if _column(table, SCHEMA.field("window_start")).to_pylist() != starts.to_pylist():
        raise altered("the column window_start is not the first day of the column window")
    return table


def altered(what: str) -> BadRequest:
    """The refusal of records that contradict themselves."""
    return BadRequest(f"The heat map was altered or is damaged: {what}.", "take the file as it was written.")


def _refuse_columns(names: list[str]) -> None:
    missing = [field.name for field in SCHEMA if field.name not in {*names, *OPTIONAL}]
    unknown = len([name for name in names if name not in {*SCHEMA.names, CELL_ID}])
    if missing:
        raise BadRequest(f"This is no heat map: it lacks the column {', '.join(missing)}.", "build it with gov.heat_map.")
    if unknown:
        raise BadRequest(
            f"A heat map has no other columns than {', '.join(SCHEMA.names)}; {unknown} more found.",
            "build it with gov.heat_map, and leave what belongs to Posts or people out.",
        )


def _column(table: pa.Table, field: pa.Field) -> pa.ChunkedArray:
    try:
        column = table[field.name].cast(field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise BadRequest(f"The heat map's column {field.name} is not of type {field.type}.", "build it with gov.heat_map.") from None
    if not field.nullable and column.null_count:
        raise BadRequest(f"The heat map's column {field.name} has {column.null_count} empty rows.", "build it with gov.heat_map.")
    return column


def cell_ids(records: pa.Table) -> list[int]:
    """The cells as integers; a text that is no H3 cell is a BadRequest."""
    try:
        cells = [h3i.str_to_int(text) for text in records["cell"].to_pylist()]
    except ValueError:
        raise altered("a row of the column cell is no H3 cell") from None
    if not all(h3i.is_valid_cell(cell) for cell in cells):
        raise altered("a row of the column cell is no H3 cell")
    return cells


def with_cell_ids(records: pa.Table) -> pa.Table:
    """The public columns, then `cell_id`."""
    return records.append_column(pa.field(CELL_ID, pa.uint64(), nullable=False), pa.array(cell_ids(records), pa.uint64()))


def windows(records: pa.Table) -> list[str]:
    """The windows in order of time (their names sort so)."""
    return sorted(records["window"].unique().to_pylist())


def groups(records: pa.Table) -> list[str | None]:
    """The groups in order of name, `other` last; [None] if the map has no groups."""
    found = records["group"].unique().to_pylist()
    return sorted(found, key=lambda name: (name is None, name == "other", name or ""))
