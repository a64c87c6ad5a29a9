"""The shapes of X Content that can be read, one entry a shape; a new shape is one new file and one line here."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from governance.content import api_v2, api_v11, mapped_tables, twarc_csv
from governance.content.csv_files import header_of
from governance.content.draft import Draft, Scan
from governance.content.lines import Unit, decode_loosely, elements, first_lines, head_of, is_line_wise, joined
from governance.errors import BadRequest

PARQUET_MAGIC = b"PAR1"
ARROW_MAGIC = b"ARROW1"
SAMPLES = 50
_PACKED = {
    b"PK\x03\x04": "a zip archive or a workbook",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"SQLite format 3": "a SQLite database",
}


@dataclass(frozen=True, slots=True)
class JsonShape:
    """A shape of JSON: how to know it by a first value, and how to read a stream of values."""

    name: str
    recognises: Callable[[Any], bool]
    drafts: Callable[[Iterable[Unit], Scan], Iterator[Draft]]


def _is_flattened(sample: Any) -> bool:  # noqa: ANN401 - any JSON value
    return api_v2.recognises(sample) and "data" not in sample and isinstance(sample.get("author"), dict)


JSON_SHAPES: tuple[JsonShape, ...] = (
    JsonShape("twarc_flattened", _is_flattened, api_v2.drafts),
    JsonShape("api_v2", api_v2.recognises, api_v2.drafts),
    JsonShape("api_v11", api_v11.recognises, api_v11.drafts),
)

TABLE_SHAPES: tuple[tuple[str, Callable[[Sequence[str]], bool]], ...] = (
    ("twarc_csv", twarc_csv.recognises),
    ("csv", mapped_tables.looks_like_posts),
)


def container_of(path: Path) -> str:
    """How a file is packed, by its first bytes: parquet, arrow, json or csv. Raises BadRequest for an empty file."""
    head = head_of(path, 64)
    if not head.strip():
        raise BadRequest.at(path, 1, "the file is empty.", "name a file with data.")
    if head.startswith(PARQUET_MAGIC):
        return "parquet"
    if head.startswith(ARROW_MAGIC):
        return "arrow"
    packed = next((name for magic, name in _PACKED.items() if head.startswith(magic)), None)
    if packed is not None:
        raise BadRequest.at(path, 1, f"this is {packed}, which is not read.", "unpack it, or pack it with gzip; save a workbook as CSV.")
    if head.startswith(b"window."):
        raise BadRequest.at(
            path, 1, "this is an account archive, which is not read.", "give Posts of API v2 or v1.1, or as twarc wrote them."
        )
    return "json" if head.lstrip()[:1] in {b"{", b"["} else "csv"


def json_units(path: Path, lines: Iterable[Unit]) -> Iterator[Unit]:
    """The JSON values of a file's lines, whichever way they are laid out."""
    return elements(lines if is_line_wise(first_lines(path)) else joined(lines))


def json_shape_of(path: Path) -> JsonShape | None:
    """The shape of the first recognisable value among the first lines of a JSON file."""
    samples = [decoded_or_none(value) for _, value in islice(json_units(path, enumerate(first_lines(path), 1)), SAMPLES)]
    return next((shape for sample in samples for shape in JSON_SHAPES if shape.recognises(sample)), None)


def why_unread(path: Path) -> tuple[str, str]:
    """What a JSON file without Posts is instead, as far as can be told, and what to do."""
    lines = first_lines(path)
    sample = next((value for _, value in islice(json_units(path, enumerate(lines, 1)), SAMPLES) if decoded_or_none(value) is not None), b"")
    if not sample:
        if decoded_or_none(b"".join(lines)) is not None:
            return "the JSON holds no Posts.", "give a file that holds Posts."
        return "the JSON is broken from its first line on.", "download the file again."
    found = decoded_or_none(sample)
    for name, marks in _UNREAD:
        if isinstance(found, dict) and any(
            mark <= set(part) for mark in marks for part in (found, found.get("data")) if isinstance(part, dict)
        ):
            return f"this is {name}, which is not read as Posts.", "give Posts of API v2 or v1.1, or as twarc wrote them."
    return "no X Posts in this JSON (API v2, v1.1, or twarc's).", "give the file as X or twarc wrote it."


_UNREAD: tuple[tuple[str, tuple[set[str], ...]], ...] = (
    ("a Gnip activity stream", ({"objectType", "verb"}, {"verb", "actor"})),
    ("an X Activity API event", ({"event_uuid"}, {"event_type"})),
    ("a list of Direct Messages", ({"sender_id"}, {"dm_conversation_id"}, {"sender", "recipient"})),
    ("an account archive", ({"tweet"},)),
    (
        "a list of compliance events",
        tuple({name} for name in ("delete", "scrub_geo", "withheld", "user_delete", "user_protect", "user_suspend")),
    ),
)


def decoded_or_none(value: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """A JSON value; None where it is no JSON."""
    try:
        return decode_loosely(value)
    except ValueError:
        return None


def table_shape_of(header: Sequence[str]) -> str | None:
    """The name of the shape whose header this is."""
    return next((name for name, recognises in TABLE_SHAPES if recognises(header)), None)


def recognise(path: str | Path) -> str | None:
    """The X shape of a JSON, JSON-L or CSV file, None if it is no X shape.

    Parameters
    ----------
    path
        A file; gzip is seen through.

    Returns
    -------
    str or None
        `api_v2`, `twarc_flattened`, `api_v11`, `twarc_csv`, or `csv` for a table whose header names Posts.

    """
    file = Path(path)
    container = container_of(file)
    if container == "json":
        shape = json_shape_of(file)
        return shape.name if shape else None
    return table_shape_of(header_of(file)[0]) if container == "csv" else None
