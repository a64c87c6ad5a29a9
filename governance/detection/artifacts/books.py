"""Excel workbooks: hidden sheets, columns and rows, comments, defined names, document properties, pictures."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from governance.detection.artifacts.finding import ArtifactFinding, finding, finest, labels_in
from governance.detection.pictures import has_position, is_picture
from governance.errors import BadRequest
from governance.vocabulary import Status

_PROGRAMS = frozenset(("openpyxl", "xlsxwriter"))


def workbook(path: Path) -> Iterator[ArtifactFinding]:
    """What a workbook holds besides the sheet that people see."""
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, data_only=True)
        members = zipfile.ZipFile(path)
    except Exception:  # noqa: BLE001 - openpyxl raises whatever its parsers raise, and may quote a value
        raise BadRequest(f"{path}: can't be read as an Excel workbook.", "save it anew as .xlsx.") from None
    with members:
        for sheet in book.worksheets:
            yield from _sheet(sheet)
        yield from _names(book)
        yield from _properties(book)
        yield from _members(members)
    book.close()


def _sheet(sheet: Any) -> Iterator[ArtifactFinding]:  # noqa: ANN401 - openpyxl
    if sheet.sheet_state != "visible":
        yield from _hidden(f"{sheet.sheet_state} sheet", sheet.title, list(sheet.iter_rows(values_only=True)))
    else:
        letters = [letter for letter, size in sheet.column_dimensions.items() if size.hidden]
        for letter in letters:
            yield from _hidden("hidden column", letter, [(cell.value,) for cell in sheet[letter]])
        rows = [number for number, size in sheet.row_dimensions.items() if size.hidden]
        if rows:
            yield from _hidden("hidden rows", f"{len(rows)} rows", [tuple(cell.value for cell in sheet[number]) for number in rows])
    comments = [cell.comment.text for row in sheet.iter_rows() for cell in row if cell.comment]
    yield from (finding("cell comments", sheet.title, label, count) for label, count in labels_in(comments).items())


def _hidden(channel: str, where: str, rows: list[tuple[Any, ...]]) -> Iterator[ArtifactFinding]:
    """A hidden part: what its columns hold, or that somebody must look at it."""
    from governance.detection.detector import detect_rows

    cells = [row for row in rows if any(value is not None for value in row)]
    if not cells:
        return
    width = max(map(len, cells))
    first, *rest = cells
    named = [str(value) if value is not None else f"c{at + 1}" for at, value in enumerate((*first, *[None] * (width - len(first))))]
    columns = {f"{name} {at}": _column([row[at] if at < len(row) else None for row in rest]) for at, name in enumerate(named)}
    hits = [hit for found in detect_rows(pa.table(columns)).values() for hit in found] if rest else []
    labels = dict(finest(hits)) or dict.fromkeys(labels_in(str(v) for row in cells for v in row if isinstance(v, str)), Status.CONFIRMED)
    for label, status in labels.items():
        yield finding(channel, where, label, len(cells), status)
    if not labels:
        yield finding(channel, where, "none", len(cells), Status.REVIEW)


def _column(values: list[Any]) -> pa.Array:
    """Cells as an Arrow column, as text where they are mixed."""
    try:
        return pa.array(values)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return pa.array([None if value is None else str(value) for value in values])


def _names(book: Any) -> Iterator[ArtifactFinding]:  # noqa: ANN401 - openpyxl
    texts = [text for name, defined in book.defined_names.items() for text in (name, str(defined.attr_text or ""))]
    yield from (finding("defined names", "workbook", label, count) for label, count in labels_in(texts).items())


def _properties(book: Any) -> Iterator[ArtifactFinding]:  # noqa: ANN401 - openpyxl
    """Document properties: who made the file is a person."""
    properties = book.properties
    makers = [m for m in (properties.creator, properties.lastModifiedBy) if m and m.strip().lower() not in _PROGRAMS]
    if makers:
        yield finding("document author", "creator", "off_x.person", len(makers), Status.REVIEW)
    texts = [str(v) for v in (properties.title, properties.subject, properties.description, properties.keywords, properties.category) if v]
    yield from (finding("document properties", "description", label, count) for label, count in labels_in(texts).items())


def _members(members: zipfile.ZipFile) -> Iterator[ArtifactFinding]:
    """Pictures and macros inside."""
    for name in members.namelist():
        if name.startswith("xl/media/"):
            content = members.read(name)
            if is_picture(content) and has_position(content):
                yield finding("picture in the workbook", "xl/media", "location.point")
        elif name.endswith((".bin", "vbaProject.bin")) and "printerSettings" not in name:
            yield finding("opaque part", "xl", "none", 1, Status.REVIEW)
