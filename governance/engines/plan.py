"""Measures as SQL. Every measure is one aggregate over one scan, or one grouped query; plain SQL, so that another engine can run it too."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from governance.errors import BadRequest
from governance.model import Measure

Aggregate = Callable[[Measure], str]
_MOST = 10_000_000_000
"""More than there are people; no count of a heat map is larger."""
_MARKS = re.compile(r"[\[*?]")
"""What makes DuckDB take a name for a pattern."""


def quoted(name: str) -> str:
    """A column name as an SQL identifier.

    >>> quoted('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(value: float | str | None) -> str:
    """A text or a number as an SQL literal.

    >>> literal("it's"), literal(7)
    ("'it''s'", '7')
    """
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)


def file_literal(path: Path) -> str:
    """A path as an SQL literal that DuckDB reads this very file by: not those that its name is a pattern of, nor one in the home folder.

    Raises
    ------
    BadRequest
        The name holds a mark of a pattern and a backslash, which DuckDB can't read as both.

    >>> file_literal(Path("posts[1].csv"))
    "'posts[[]1].csv'"
    """
    name = path.as_posix()
    if "\\" in name and _MARKS.search(name):
        raise BadRequest(f"{path}: a name with a backslash and * ? or [ is taken for a pattern.", "rename the file or folder.")
    whole = path.absolute().as_posix() if name.startswith(("~", "file:")) else name
    return literal(_MARKS.sub(r"[\g<0>]", whole))


def text(name: str) -> str:
    """A column as text, NULL where it is NULL."""
    return f"CAST({quoted(name)} AS VARCHAR)"


def resolution(name: str) -> str:
    """The H3 resolution of a cell in hexadecimal text or as an integer; -1 where it is no cell.

    Digits below the resolution must be blank: a cell that only calls itself coarse would carry a fine one.
    """
    cell = f"regexp_replace(lower({text(name)}), '^0x', '')"
    as_hex = f"CASE WHEN regexp_full_match({cell}, '8[0-9a-f]{{14}}') THEN TRY_CAST('0x' || {cell} AS UBIGINT) END"
    whole = f"regexp_full_match({text(name)}, '[0-9]{{18,19}}')"
    bits = f"(CASE WHEN {whole} THEN TRY_CAST({text(name)} AS UBIGINT) ELSE {as_hex} END)"
    level = f"(({bits} >> 52) & 15)"
    blank = f"((1::UBIGINT << (45 - 3 * {level})::UBIGINT) - 1)"
    good = f"({bits} >> 59) = 1 AND (({bits} >> 56) & 7) = 0 AND (({bits} >> 45) & 127) <= 121 AND ({bits} & {blank}) = {blank}"
    return f"CASE WHEN {good} THEN CAST({level} AS INTEGER) ELSE -1 END"


def _count(condition: str) -> str:
    return f"CAST(count(*) FILTER (WHERE {condition}) AS BIGINT)"


def _empty(name: str) -> str:
    """Nothing but blanks. What begins above the space is not blank; to trim long text costs more than to read it."""
    return f"coalesce(CASE WHEN {text(name)} >= '!' THEN false ELSE trim({text(name)}, ' \t\r\n') = '' END, true)"


def _no_count(name: str) -> str:
    """Anything but a whole number of people or Posts that can be: what is too large to be one is an id or a position in disguise."""
    number = f"TRY_CAST({text(name)} AS DOUBLE)"
    return f"coalesce(NOT isfinite({number}) OR {number} < 0 OR {number} <> floor({number}) OR {number} > {_MOST}, true)"


def _located_without(measure: Measure) -> str:
    """Rows with a location in `columns` before the bound's split, but without an id or any content after it."""
    split = int(measure.bound or 0)
    located = " OR ".join(f"{quoted(c)} IS NOT NULL" for c in measure.columns[:split])
    key, *content = measure.columns[split:]
    bare = " AND ".join(_empty(c) for c in content)
    return _count(f"({located}) AND ({_empty(key)} OR ({bare}))")


def _duplicated(measure: Measure) -> str:
    column = quoted(measure.columns[0])
    return f"CAST(count({column}) - count(DISTINCT {column}) AS BIGINT)"


def _distinct(measure: Measure) -> str:
    (column,) = measure.columns
    return f"CAST(count(DISTINCT {quoted(column)}) AS BIGINT)"


def _within_a_day(measure: Measure) -> str:
    """How many times of day stand beside another of the same day; text that is no date or time counts as none."""
    moment = f"TRY_CAST({text(measure.columns[0])} AS TIMESTAMP)"
    return f"CAST(count(DISTINCT {moment}) - count(DISTINCT CAST({moment} AS DATE)) AS BIGINT)"


def _long_ids(measure: Measure) -> str:
    """Ids of today's length; whether they are whole numbers is another measure's business."""
    return f"strlen({text(measure.columns[0])}) BETWEEN 15 AND 19"


def _unlike(measure: Measure) -> str:
    column = text(measure.columns[0])
    return _count(f"{column} IS NOT NULL AND NOT regexp_full_match({column}, {literal(measure.bound)})")


MEASURES: Mapping[str, Aggregate] = {
    "rows": lambda _m: "CAST(count(*) AS BIGINT)",
    "nulls": lambda m: _count(f"{quoted(m.columns[0])} IS NULL"),
    "empty": lambda m: _count(_empty(m.columns[0])),
    "distinct": _distinct,
    "duplicates": _duplicated,
    "unlike": _unlike,
    "like": lambda m: _count(f"regexp_matches({text(m.columns[0])}, {literal(m.bound)})"),
    "long_ids": lambda m: _count(_long_ids(m)),
    "rounded_ids": lambda m: _count(f"{_long_ids(m)} AND {text(m.columns[0])} LIKE '%000'"),
    "equal": lambda m: _count(f"{text(m.columns[0])} = {literal(m.bound)}"),
    "below": lambda m: _count(f"TRY_CAST({quoted(m.columns[0])} AS DOUBLE) < {literal(m.bound)}"),
    "no_counts": lambda m: _count(_no_count(m.columns[0])),
    "wrong_counts": lambda m: _count(f"{quoted(m.columns[0])} IS NOT NULL AND {_no_count(m.columns[0])}"),
    "finer": lambda m: _count(f"{resolution(m.columns[0])} > {literal(m.bound)}"),
    "no_cells": lambda m: _count(f"{resolution(m.columns[0])} < 0"),
    "within_a_day": _within_a_day,
    "located_without": _located_without,
}
"""What can be measured in the one scan, by name."""


def _several(measure: Measure, view: str) -> str:
    person, *rest = (quoted(c) for c in measure.columns)
    inner = f"SELECT {person} FROM {view} WHERE {person} IS NOT NULL GROUP BY {person}"
    return f"SELECT CAST(count(*) AS BIGINT) FROM ({inner} HAVING count(DISTINCT {rest[0]}) >= 2) AS several"


GROUPED: Mapping[str, Callable[[Measure, str], str]] = {
    "several": _several,
}
"""What needs a query of its own: `several` counts the people (first column) with two or more values of the second."""


def settled(measure: Measure, learned: Mapping[Measure, int]) -> int | None:
    """What another pass over all rows has counted of a measure, or what follows from its counts; None where the rows must be asked.

    >>> whole = {Measure("empty", ("id",)): 0, Measure("empty", ("text",)): 0}
    >>> settled(Measure("located_without", ("lat", "id", "text"), 1.0), whole)
    0
    """
    if measure.what == "located_without":
        key, *content = measure.columns[int(measure.bound or 0) :]
        never_empty = [learned.get(Measure("empty", (name,))) == 0 for name in (key, *content)]
        return 0 if never_empty[0] and any(never_empty[1:]) else None
    return learned.get(measure)
