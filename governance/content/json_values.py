"""JSON values: typed decoding with a reason for what fails, and a second, looser try before that."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import msgspec

from governance.content.draft import Scan
from governance.content.lines import Unit, decode_loosely

T = TypeVar("T")
Repair = Callable[[Any, int, Scan], T | None]
"""Makes a typed value of loosely decoded JSON, or counts why not and gives None."""


def decoded(units: Iterable[Unit], decoder: "msgspec.json.Decoder[T]", scan: Scan, repair: Repair[T]) -> Iterator[tuple[int, bytes, T]]:
    """Each unit's line, bytes and typed value; what is no JSON or of another shape is counted."""
    decode = decoder.decode
    for line, value in units:
        try:
            yield line, value, decode(value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            try:
                loose = decode_loosely(value)
            except ValueError:
                scan.reject(line, "broken-line")
                continue
            mended = repair(loose, line, scan)
            if mended is not None:
                yield line, value, mended


def converted(value: Any, kind: type[T]) -> T | None:  # noqa: ANN401 - any JSON value
    """A typed value, None if it has another shape. Objects without a key count as absent: R writes them for what is not there."""
    try:
        return msgspec.convert(without_empty(value), kind)
    except (msgspec.ValidationError, RecursionError):
        return None


def without_empty(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """The value with each `{}` in it replaced by null.

    >>> without_empty({"geo": {}, "tags": [{"tag": "a"}]})
    {'geo': None, 'tags': [{'tag': 'a'}]}
    """
    if isinstance(value, dict):
        return {key: without_empty(item) for key, item in value.items()} or None
    return [without_empty(item) for item in value] if isinstance(value, list) else value
