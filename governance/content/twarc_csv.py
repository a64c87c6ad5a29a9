"""twarc-csv: flattened v2 Posts as a table; lists and points are JSON text, `geo.coordinates.coordinates` is "[longitude, latitude]".

Source: twarc-csv's default columns (`id`, `author_id`, `geo.coordinates.coordinates`, `geo.geo.bbox`, `author.location`, ...).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from governance.content.draft import Draft, Scan
from governance.content.hashtags import hashtags_in
from governance.content.mapped_tables import read_tags
from governance.content.schema import BOX_COLUMNS, COLUMNS

_PLAIN = {
    "post_id": "id",
    "author_id": "author_id",
    "author_handle": "author.username",
    "text": "text",
    "created_at": "created_at",
    "lang": "lang",
    "place_type": "geo.place_type",
    "stated_location": "author.location",
}
_REPOSTED = ("referenced_tweets.retweeted.id", "retweeted_user_id")
_SOURCES: dict[str, tuple[str, ...]] = {
    "hashtags": ("entities.hashtags", "text"),
    "latitude": ("geo.coordinates.coordinates", *_REPOSTED[:1]),
    "longitude": ("geo.coordinates.coordinates", *_REPOSTED[:1]),
    "place_id": ("geo.place_id", "geo.id", *_REPOSTED[:1]),
    "place_type": ("geo.place_type", *_REPOSTED[:1]),
    **dict.fromkeys(BOX_COLUMNS, ("geo.geo.bbox", *_REPOSTED[:1])),
    "visibility": ("author.protected", "withheld.scope", "withheld.country_codes", "withheld.copyright", "author.withheld.country_codes"),
    "relation": _REPOSTED[:1],
}
_MARKS = ("referenced_tweets.", "author.", "public_metrics.", "geo.", "entities.", "__twarc.", "edit_history_", "edit_controls.")
NOT_A_PAIR = float("nan")


@dataclass(frozen=True, slots=True)
class TwarcCsv:
    """The table form of twarc-csv; columns that a file lacks are null."""

    header: tuple[str, ...]
    name: str = "twarc_csv"

    @property
    def given(self) -> frozenset[str]:
        """The canonical columns it may fill."""
        return frozenset(COLUMNS)

    def sources(self, scan: Scan) -> list[str]:
        """The source columns that this scan needs, of those the file has."""
        needed = ["id", "author_id"]
        for name in sorted(scan.wanted):
            needed += _SOURCES.get(name, (_PLAIN.get(name, ""),))
        return [name for name in dict.fromkeys(needed) if name in self.header]

    def draft(self, batch: pa.RecordBatch, lines: Sequence[int], scan: Scan) -> Draft:
        """The extracted columns of one batch."""
        cells = {name: batch.column(name) for name in batch.schema.names}
        columns: dict[str, Any] = {name: cells[source] for name, source in _PLAIN.items() if source in cells}
        size = batch.num_rows
        reposts = _present(cells, _REPOSTED[:1], size)
        if scan.wants("hashtags"):
            columns["hashtags"] = _hashtags(cells, size)
        if scan.wants("latitude", "longitude"):
            pairs = _lists(cells, "geo.coordinates.coordinates", 2, size)
            found = [row for row, repost in enumerate(reposts) if repost and pairs[row][0] is not None]
            scan.reject_all((lines[row] for row in found), "location-on-repost")
            pairs = [(None, None) if repost else pair for repost, pair in zip(reposts, pairs, strict=True)]
            columns["longitude"], columns["latitude"] = ([pair[at] for pair in pairs] for at in (0, 1))
        if scan.wants(*BOX_COLUMNS):
            boxes = _lists(cells, "geo.geo.bbox", 4, size)
            boxes = [(None,) * 4 if repost else box for repost, box in zip(reposts, boxes, strict=True)]
            columns |= {name: [box[at] for box in boxes] for at, name in enumerate(BOX_COLUMNS)}
        if scan.wants("place_id"):
            columns["place_id"] = _own(_first(cells, ("geo.place_id", "geo.id"), size), reposts)
        if "place_type" in columns:
            columns["place_type"] = _own(columns["place_type"].to_pylist(), reposts)
        if scan.wants("relation"):
            columns["relation"] = ["reposted" if repost else "original" for repost in reposts]
        if scan.wants("visibility"):
            columns["visibility"] = _visibility(cells, size)
        return Draft(lines, columns, {"source_format": self.name})


def recognises(header: Sequence[str]) -> bool:
    """Whether a header is twarc-csv's."""
    names = set(header)
    marks = (
        "referenced_tweets.",
        "author.",
        "public_metrics.",
        "geo.",
        "entities.",
        "__twarc.",
        "edit_history_tweet_ids",
        "edit_controls.",
    )
    return {"id", "author_id", "text"} <= names and any(name.startswith(marks) for name in names)


def _present(cells: dict[str, pa.Array], names: Sequence[str], size: int) -> list[bool]:
    found = [cells[name].to_pylist() for name in names if name in cells]
    return [any(value not in {None, ""} for value in row) for row in zip(*found, strict=True)] if found else [False] * size


def _first(cells: dict[str, pa.Array], names: Sequence[str], size: int) -> list[str | None]:
    found = [cells[name].to_pylist() for name in names if name in cells]
    return [next((value for value in row if value), None) for row in zip(*found, strict=True)] if found else [None] * size


def _own(values: list[Any], reposts: Sequence[bool]) -> list[Any]:
    return [None if repost else value or None for value, repost in zip(values, reposts, strict=True)]


def _lists(cells: dict[str, pa.Array], name: str, length: int, size: int) -> list[Sequence[Any]]:
    """Number lists from their JSON text; nulls where there is none, NaN where the text is no such list."""
    none, wrong = (None,) * length, (NOT_A_PAIR,) * length
    found: list[Sequence[Any]] = []
    for text in cells[name].to_pylist() if name in cells else [None] * size:
        values = _json_list(text) if text and text not in {"{}", "[]"} else None
        found.append(none if not text or text in {"{}", "[]"} else values if values is not None and len(values) >= length else wrong)
    return found


def _json_list(text: str) -> list[Any] | None:
    try:
        values = json.loads(text)
    except ValueError:
        return None
    return values if isinstance(values, list) else None


def _hashtags(cells: dict[str, pa.Array], size: int) -> list[list[str] | None]:
    if "entities.hashtags" in cells:
        return [read_tags(value) or [] for value in cells["entities.hashtags"].to_pylist()]
    return [hashtags_in(text) for text in cells["text"].to_pylist()] if "text" in cells else [None] * size


def _visibility(cells: dict[str, pa.Array], size: int) -> list[str]:
    withheld = _present(cells, [name for name in _SOURCES["visibility"] if "withheld" in name], size)
    protected = _first(cells, ("author.protected",), size)
    words = {"true": "protected", "false": "public"}
    return ["withheld" if held else words.get(str(flag).casefold(), "unknown") for held, flag in zip(withheld, protected, strict=True)]
