"""CSV and TSV files as a stream of Arrow batches of text, with the line of each row at hand when something is wrong with it."""

import csv
import io
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import csv as arrow_csv

from governance.content.draft import Draft, Scan
from governance.content.lines import TRUNCATED, head_of, open_binary
from governance.content.mapped_tables import TableForm
from governance.errors import BadRequest

BLOCK_BYTES = 1 << 20
"""Small, since Arrow reads some thirty blocks ahead; a row must fit into one."""
_DELIMITERS = ",\t;|"


def header_of(path: Path) -> tuple[list[str], str]:
    """The column names of a CSV or TSV file, and its delimiter."""
    head = head_of(path, 1 << 16)
    first = head.splitlines()[0] if head.strip() else b""
    try:
        text = first.decode()
    except UnicodeDecodeError:
        raise not_utf8(path) from None
    delimiter = max(_DELIMITERS, key=text.count)
    return next(csv.reader([text], delimiter=delimiter), []), delimiter


def not_utf8(path: Path) -> BadRequest:
    """The refusal of a text file in another encoding, with the first line that shows it."""
    with open_binary(path) as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return BadRequest.at(path, number, "the text is not UTF-8.", "save the file as UTF-8.")
    return BadRequest(f"{path}: the text is not UTF-8.", "save the file as UTF-8.")


class RecordLines:
    """The line each row of a CSV file begins on; quoted cells may hold line breaks.

    Read only when something is wrong with a row: one pass beside the scan, which keeps the lines of the latest rows alone.
    """

    def __init__(self, path: Path, delimiter: str, width: int, window: int = 400_000) -> None:
        """Remember the file; nothing is opened yet."""
        self._path = path
        self._delimiter = delimiter
        self._width = width
        self._rows: Iterator[int] | None = None
        self._lines: deque[int] = deque(maxlen=window)
        self._seen = 0
        self.broken: list[int] = []

    def line(self, row: int) -> int:
        """The line on which a row (the first is 0) begins."""
        if self._rows is None:
            self._rows = self._read()
        while self._seen <= row:
            number = next(self._rows, None)
            if number is None:
                return row + 2
            self._lines.append(number)
            self._seen += 1
        return self._lines[row - self._seen]

    def finish(self) -> list[int]:
        """The lines of all rows with more or fewer cells than the header."""
        rows = self._rows if self._rows is not None else self._read()
        deque(rows, maxlen=0)
        return self.broken

    def _read(self) -> Iterator[int]:
        with open_binary(self._path) as file:
            text = io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="")
            reader = csv.reader(text, delimiter=self._delimiter)
            next(reader, None)
            begins = reader.line_num + 1
            try:
                for row in reader:
                    if row and len(row) != self._width:
                        self.broken.append(begins)
                    elif row:
                        yield begins
                    begins = reader.line_num + 1
            except csv.Error:
                self.broken.append(begins)


def drafts(path: Path, form: TableForm, scan: Scan) -> Iterator[Draft]:
    """The rows of a CSV or TSV file in batches; only the columns the scan needs are read."""
    names, delimiter = header_of(path)
    needed = form.sources(scan)
    index = RecordLines(path, delimiter, len(names))
    scan.locate = index.line
    skipped: list[int] = []

    def skip(row: arrow_csv.InvalidRow) -> str:
        skipped.append(row.actual_columns)
        return "skip"

    first = 0
    try:
        for batch in _batches(path, names, needed, delimiter, skip):
            yield form.draft(batch, range(first, first + batch.num_rows), scan)
            first += batch.num_rows
    except pa.ArrowInvalid as problem:
        if "UTF8" in str(problem):
            raise not_utf8(path) from None
        raise BadRequest(f"{path}: row {first + 1} or later can't be read as CSV.", "check quotes and the size of cells.") from None
    except TRUNCATED:
        scan.reject(first, "truncated-file")
    scan.locate = None
    if skipped:
        scan.reject_all(index.finish(), "broken-line")


def _batches(path: Path, names: Sequence[str], needed: Sequence[str], delimiter: str, skip: object) -> Iterator[pa.RecordBatch]:
    with open_binary(path) as file:
        reader = arrow_csv.open_csv(
            file,
            read_options=arrow_csv.ReadOptions(block_size=BLOCK_BYTES, use_threads=False),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=skip),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=list(needed),
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
        yield from reader
