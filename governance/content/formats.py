"""The shapes of X Content that can be read, one entry a shape; a new shape is one new file and one line here."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from governance.content import api_v2, api_v11, mapped_tables, twarc_csv
from governance.content.csv_files import header_of
from governance.content.draft import Draft, Scan
from governance.content.lines import Unit, decode_loosely, head_of, is_line_wise, joined
from governance.errors import BadRequest

PARQUET_MAGIC = b"PAR1"
ARROW_MAGIC = b"ARROW1"


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
        raise BadRequest.at(path, 1, "the file is empty.", "give a file that holds Posts.")
    if head.startswith(PARQUET_MAGIC):
        return "parquet"
    if head.startswith(ARROW_MAGIC):
        return "arrow"
    return "json" if head.lstrip()[:1] in {b"{", b"["} else "csv"


def json_shape_of(path: Path) -> JsonShape | None:
    """The shape of the first recognisable value among the first lines of a JSON file."""
    head = head_of(path)
    lines = enumerate(head.split(b"\n"), 1)
    units = lines if is_line_wise(head) else joined(lines)
    for (_, value), _ in zip(units, range(50), strict=False):
        sample = first_of(value)
        shape = next((shape for shape in JSON_SHAPES if shape.recognises(sample)), None)
        if shape is not None:
            return shape
    return None


def first_of(value: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """A JSON value, or the first element of an array; None where it is no JSON."""
    try:
        sample = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            sample = decode_loosely(value)
        except ValueError:
            return None
    return sample[0] if isinstance(sample, list) and sample else sample


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
