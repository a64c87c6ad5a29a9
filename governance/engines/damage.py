"""Where a text file is damaged: looked for once the engine has refused it, so that the refusal can name the line."""

import csv
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO

_LONGEST = 64 * 2**20
_CSV = {".csv", ".tsv", ".txt"}
_JSON_LINES = {".jsonl", ".ndjson"}


def damaged_line(path: Path, delimiter: str) -> int | None:
    r"""The first line that is no row like the others; None where the file is no CSV or JSON-L, or the damage is of another kind.

    Parameters
    ----------
    path
        A file of rows, also with `.gz`.
    delimiter
        What separates the columns of a CSV file.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "a.csv"
    >>> _ = file.write_text("a,b\n1,2\n1,2,3\n")
    >>> damaged_line(file, ",")
    3

    """
    ending = Path(path.name.removesuffix(".gz")).suffix.lower()
    try:
        with _open(path) as file:
            if ending in _JSON_LINES:
                return next(_no_json(file), None)
            return next(_ragged(file, delimiter), None) if ending in _CSV else None
    except (OSError, EOFError, UnicodeDecodeError):
        return None


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _ragged(file: IO[str], delimiter: str) -> Iterator[int]:
    """The lines on which a row ends that has other columns than the header, or no end."""
    rows = csv.reader(file, delimiter=delimiter, strict=True)
    try:
        width = len(next(rows, ()))
        yield from (rows.line_num for row in rows if row and len(row) != width)
    except csv.Error as problem:
        if "limit" not in str(problem):  # a long field is no damage
            yield rows.line_num


def _no_json(file: IO[str]) -> Iterator[int]:
    """The lines that are no JSON."""
    for number, line in enumerate(iter(lambda: file.readline(_LONGEST), ""), 1):
        try:
            json.loads(line or "null")
        except ValueError:
            if not line.isspace():
                yield number
