"""Tables whose columns are mapped by name onto the canonical ones: CSV, Parquet, Arrow, data frames.

Only names that can mean one thing are matched without being told. The order of a coordinate pair in one column is never guessed: such a
column has to be split, or read by the reader of its own format.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from governance.content.clean import pc, python_values
from governance.content.draft import NEEDED, Draft, Scan
from governance.content.hashtags import MARKS, hashtags_in
from governance.content.schema import COLUMNS, POST_SCHEMA
from governance.engines.layout import laid_out
from governance.errors import BadRequest

OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "post_id": ("tweet_id", "status_id", "id_str", "tweetid", "id"),
    "author_id": ("user_id", "user_id_str", "author.id", "userid", "user.id_str", "user.id"),
    "author_handle": ("username", "screen_name", "user_screen_name", "handle"),
    "text": ("full_text", "tweet_text", "tweet"),
    "lang": ("language", "tweet_language"),
    "hashtags": ("hashtag",),
    "latitude": ("lat",),
    "longitude": ("lon", "lng", "long"),
    "stated_location": ("user_location", "user_reported_location", "author.location"),
}
"""Other names a canonical column goes by; a name is taken only if the canonical one is absent."""

_NOT_ASCII = 128
_CAPITALS = ord("Z") - ord("A")
_SEPARATORS = re.compile(r"[\s,;|]+")


class TableForm(Protocol):
    """How one kind of table becomes the canonical Post table."""

    @property
    def name(self) -> str:
        """The form's name, which becomes `source_format`."""
        ...

    @property
    def given(self) -> frozenset[str]:
        """The canonical columns that the form may fill."""
        ...

    def sources(self, scan: Scan) -> list[str]:
        """The source columns that this scan needs."""
        ...

    def draft(self, batch: pa.RecordBatch, lines: Sequence[int], scan: Scan) -> Draft:
        """The extracted columns of one batch."""
        ...


@dataclass(frozen=True, slots=True)
class MappedTable:
    """A table with one source column per canonical column."""

    name: str
    mapping: Mapping[str, str]

    @property
    def given(self) -> frozenset[str]:
        """The canonical columns it may fill."""
        return frozenset(self.mapping) | ({"hashtags"} if "text" in self.mapping else set[str]())

    def sources(self, scan: Scan) -> list[str]:
        """The source columns that this scan needs."""
        wanted = [*NEEDED, *(name for name in COLUMNS if name in scan.wanted)]
        if "hashtags" in wanted and "hashtags" not in self.mapping:
            wanted.append("text")
        return list(dict.fromkeys(self.mapping[name] for name in wanted if name in self.mapping))

    def draft(self, batch: pa.RecordBatch, lines: Sequence[int], scan: Scan) -> Draft:
        """The mapped columns, lists and numbers read where they came as text."""
        columns: dict[str, Any] = {}
        for name, source in self.mapping.items():
            if source in batch.schema.names and (name in scan.wanted or name in NEEDED):
                columns[name] = _as_canonical(name, batch.column(source))
        if scan.wants("hashtags") and "hashtags" not in columns and (text := self.mapping.get("text")) in batch.schema.names:
            columns["hashtags"] = [hashtags_in(value if isinstance(value, str) else None) for value in python_values(batch.column(text))]
        return Draft(lines, columns, {"source_format": self.name})


def _as_canonical(name: str, values: pa.Array) -> Any:  # noqa: ANN401 - an Arrow array, or the list that was read from its text
    if name == "hashtags":
        return _tags(values)
    if name == "stated_location" and pa.types.is_string(values.type):
        return pc.if_else(pc.equal(values, ""), None, values)
    return values


def _tag_lists(lists: pa.Array) -> pa.Array:
    """Lists of hashtags, each distinct one cleaned once."""
    tags = lists.flatten()
    if _plain_tags(tags):
        return lists
    encoded = tags.dictionary_encode()
    words = encoded.dictionary.to_pylist()
    clean = [str(word).lstrip(MARKS).casefold() for word in words]
    if encoded.null_count or "" in clean:
        return pa.array([None if tags is None else read_tags(tags) for tags in lists.to_pylist()], pa.list_(pa.string()))
    if clean == words:
        return lists
    sizes = pc.fill_null(pc.list_value_length(lists), 0)
    offsets = pa.array(np.concatenate([[0], np.cumsum(sizes.to_numpy())]), pa.int32())
    return pa.ListArray.from_arrays(offsets, pa.array(clean).take(encoded.indices), mask=lists.is_null() if lists.null_count else None)


def _plain_tags(tags: pa.Array) -> bool:
    """Whether hashtags are clean as they stand, by a look at the bytes of all at once: ASCII, nowhere a capital or a #, none empty."""
    if not pa.types.is_string(tags.type) or tags.null_count:
        return False
    edge, data = laid_out(tags)
    if not len(data):
        return not len(tags)
    folded = data - np.uint8(ord("A"))  # a byte below A wraps around
    return bool(np.diff(edge).min() > 0 and data.max() < _NOT_ASCII and folded.min() > _CAPITALS and not (data == ord("#")).any())


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _tags(values: pa.Array) -> pa.Array:
    """Hashtags of a column: lists of words, or cells of text, each distinct one read once; anything else one by one."""
    kind = values.type
    if pa.types.is_large_list(kind):
        values = pc.cast(values, pa.list_(kind.value_type))
    if pa.types.is_list(values.type) and _is_text(values.type.value_type):
        return _tag_lists(values)
    if _is_text(kind):
        cells = values.dictionary_encode()
        return pa.array([read_tags(cell) for cell in cells.dictionary.to_pylist()], pa.list_(pa.string())).take(cells.indices)
    return pa.array([read_tags(None if cell is ... else cell) for cell in python_values(values)], pa.list_(pa.string()))


def read_tags(value: Any) -> list[str] | None:  # noqa: ANN401 - text in one of several forms
    """Hashtags from one cell: a JSON list (of words, or of X's entities), or words with separators.

    >>> read_tags('["Flood", "rain"]'), read_tags("#Flood;rain"), read_tags('[{"start": 0, "tag": "Flood"}]')
    (['flood', 'rain'], ['flood', 'rain'], ['flood'])
    """
    if value is None:
        return None
    items: Iterable[Any]
    text = "" if isinstance(value, list) else str(value).strip()
    if isinstance(value, list):
        items = value
    elif text.startswith("["):
        try:
            items = json.loads(text)
        except ValueError:
            items = re.findall(r"""['"]([^'"]+)['"]""", text)
        items = [(item.get("tag") or item.get("text")) if isinstance(item, dict) else item for item in items]
    else:
        items = _SEPARATORS.split(text)
    return [str(item).lstrip(MARKS).casefold() for item in items if item]


def mapping_of(names: Sequence[str], columns: Mapping[str, str] | None, where: str) -> dict[str, str]:
    """Canonical name -> source column, from what was told and from names that can mean one thing.

    Raises BadRequest for a column that is told but missing, for a name that is not canonical, and where an ID is missing.
    """
    mapping = dict(columns or {})
    for name, source in mapping.items():
        if name not in POST_SCHEMA.names:
            raise BadRequest(f"{where}: `{name}` is no column of the canonical Post table.", f"use one of {', '.join(COLUMNS)}.")
        if source not in names:
            raise BadRequest(f"{where}: no column `{source}` (told to be {name}).", "check the header and the column mapping.")
    _add_known_names(mapping, names)
    missing = [] if "post_id" in mapping else ["post_id"]
    if "author_id" not in mapping and "author_handle" not in mapping:
        missing.append("author_id")
    pair = [name for name in ("latitude", "longitude") if name not in mapping]
    if len(pair) == 1:
        missing += pair
    if missing:
        raise BadRequest(
            f"{where}: no column for {missing[0]}.", f'name it: columns={{"{missing[0]}": "..."}} or --columns {missing[0]}=...'
        )
    return mapping


def _add_known_names(mapping: dict[str, str], names: Sequence[str]) -> None:
    folded = {name.casefold(): name for name in reversed(names)}
    for name in COLUMNS:
        known = (folded.get(key) for key in (name, *OTHER_NAMES.get(name, ())))
        found = next((source for source in known if source is not None and source not in mapping.values()), None)
        if name not in mapping and found is not None:
            mapping[name] = found


def looks_like_posts(names: Sequence[str]) -> bool:
    """Whether a header names Posts clearly enough to read it without being told: ids of Post and author, and something a Post has."""
    folded = {name.casefold() for name in names}
    strong = [not folded.isdisjoint((name, *OTHER_NAMES[name])) for name in NEEDED]
    has_content = not folded.isdisjoint({"text", "full_text", "created_at", "hashtags", "relation", "tweet", "tweet_text"})
    return all(strong) and has_content
