"""Files of consents and objections: CSV, JSON-L, JSON and Parquet, and records in the style of ISO/IEC TS 27560."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from governance.errors import BadRequest
from governance.matching.consent_records import events_of, is_record
from governance.matching.consents import COLUMNS, Malformed, check_user_id, needed_columns, normalised, read_time, text_of, well_spelled

MEND = "mend the row; nothing of this file was imported."
_SUFFIXES = "csv, tsv, jsonl, json or parquet"
_OBJECTION = ("off_x_id", "x_user_id", "at", "reason")
_OF_A_CONSENT = ("consent_id", "event", "action", "binding")
Row = tuple[int, Mapping[str, Any]]
Read = list[tuple[int, dict[str, str]]]


def read_consents(path: Path, defaults: Mapping[str, str] | None = None) -> Read:
    """The consent events of a file, each checked, with its line.

    Parameters
    ----------
    path
        A CSV, JSON-L, JSON or Parquet file; JSON may hold records in the style of ISO/IEC TS 27560.
    defaults
        Columns the file lacks and their value for every row, for example the one notice all of them answered.

    Raises
    ------
    BadRequest
        The file can't be read or a row is malformed: the file, the line and the column, never a value. Then nothing is imported.

    """
    for name in sorted(set(defaults or ()) - set(COLUMNS)):
        raise BadRequest(f"`{name}` is no column of a consent.", f"name one of {', '.join(COLUMNS)}.")
    return _read(path, needed_columns, COLUMNS, lambda row: [normalised({**dict(defaults or {}), **_filled(one)}) for one in _events(row)])


def read_objections(path: Path) -> Read:
    """The objections of a file: `off_x_id`, `x_user_id` (at least one), `at`, `reason`."""
    return _read(path, _objection_columns, _OBJECTION, lambda row: [_objection(row)])


def _read(
    path: Path,
    columns: Callable[[list[str], object], None],
    known: Sequence[str],
    of_row: Callable[[Mapping[str, Any]], list[dict[str, str]]],
) -> Read:
    found: Read = []
    bad: list[tuple[int, str]] = []
    seen: set[frozenset[str]] = set()
    for line, row in _rows(path):
        names = frozenset(row)
        if not is_record(row) and names not in seen:
            if not seen:
                columns(list(row), path)
            well_spelled(names, known, path, line if seen else 1)
            seen.add(names)
        try:
            found += [(line, one) for one in of_row(row)]
        except Malformed as problem:
            bad.append((line, str(problem)))
    if bad:
        more = f" ({len(bad)} rows are malformed.)" if len(bad) > 1 else ""
        raise BadRequest.at(path, bad[0][0], f"{bad[0][1]}.{more}", MEND)
    if not found:
        raise BadRequest.at(path, 1, "holds no rows.", "name a file with at least one row.")
    return found


def _filled(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value not in (None, "")}


def _events(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return events_of(row) if is_record(row) else [row]


def _objection_columns(columns: list[str], place: object) -> None:
    if set(_OF_A_CONSENT) & set(columns):
        hint = f"import it as consents; an objection holds {', '.join(_OBJECTION)}."
        raise BadRequest.at(place, 1, "this is a file of consents, not of objections.", hint)
    if not {"off_x_id", "x_user_id"} & set(columns):
        raise BadRequest.at(place, 1, "neither `off_x_id` nor `x_user_id` is a column.", "an objection names at least one identity.")


def _objection(row: Mapping[str, Any]) -> dict[str, str]:
    if is_record(row):
        raise Malformed("this is a record of consent, not an objection; import it as a consent")
    kept = {name: text_of(row, name) for name in ("off_x_id", "x_user_id", "reason")}
    if not (kept["off_x_id"] or kept["x_user_id"]):
        raise Malformed("`off_x_id` and `x_user_id` are both empty; an objection names at least one identity")
    check_user_id(kept["x_user_id"])
    if text_of(row, "at"):
        kept["at"], kept["precision"] = read_time(row["at"], "at")
    return {name: value for name, value in kept.items() if value}


def _rows(path: Path) -> Iterator[Row]:
    suffix = path.suffix.lower()
    readers = {".csv": _csv, ".tsv": _csv, ".jsonl": _json_lines, ".ndjson": _json_lines, ".json": _json, ".parquet": _parquet}
    if suffix not in readers:
        raise BadRequest(f"{path}: no reader for `{suffix or 'a file without an ending'}`.", f"bring {_SUFFIXES}.")
    try:
        yield from readers[suffix](path)
    except OSError as problem:
        raise BadRequest(f"{path}: can't be read ({problem.strerror or 'not a table'}).", "check the path and the permissions.") from None
    except UnicodeDecodeError:
        raise BadRequest(f"{path}: is not UTF-8.", "save the file as UTF-8.") from None


def _csv(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, delimiter=_delimiter(path, file), restkey="", strict=True)
        try:
            if not reader.fieldnames:
                raise BadRequest.at(path, 1, "is empty.", "start with a line of column names.")
            if len(set(reader.fieldnames)) < len(reader.fieldnames):
                raise BadRequest.at(path, 1, "a column name stands twice.", "keep one of the two columns.")
            for row in reader:
                if "" in row or None in row.values():
                    raise BadRequest.at(path, reader.line_num, "the row has another number of fields than the header.", "mend the row.")
                yield reader.line_num, row
        except csv.Error:
            raise BadRequest.at(path, reader.reader.line_num, "is no CSV.", "close every quote.") from None


def _delimiter(path: Path, file: TextIO) -> str:
    """What separates the columns, by the header: a comma, or the semicolon and the tab of other spreadsheets."""
    header = file.readline()
    file.seek(0)
    first = "\t" if path.suffix.lower() == ".tsv" else ","
    return first if first in header else next((sign for sign in (",", ";", "\t") if sign in header), first)


def _json_lines(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield number, _object(line, path, number)


def _json(path: Path) -> Iterator[Row]:
    text = path.read_text(encoding="utf-8-sig")
    try:
        whole = json.loads(text)
    except ValueError as problem:
        raise BadRequest.at(path, getattr(problem, "lineno", 1), "is no JSON.", "one array of objects, or one object per line.") from None
    items = whole if isinstance(whole, list) else [whole]
    for number, item in enumerate(items, 1):
        if not isinstance(item, dict):
            raise BadRequest.at(path, 1, f"item {number} is no object.", "one array of objects, or one object per line.")
        yield number, item


def _object(line: str, path: Path, number: int) -> Mapping[str, Any]:
    try:
        item = json.loads(line)
    except ValueError:
        raise BadRequest.at(path, number, "is no JSON object.", "write one JSON object per line.") from None
    if not isinstance(item, dict):
        raise BadRequest.at(path, number, "is no JSON object.", "write one JSON object per line.")
    return item


def _parquet(path: Path) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        rows = pq.read_table(path).to_pylist()
    except pa.ArrowException:
        raise BadRequest.at(path, 1, "is no readable Parquet file.", "write it anew; it is empty or cut off.") from None
    yield from enumerate(rows, 1)
