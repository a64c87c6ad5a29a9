"""What may pass through Airflow's own stores: an allow-list of shapes for values, evidence of location for text.

XComs, asset events and state stores hold ids of releases, counts and paths, nothing else. Logs and rendered fields hold text that others
wrote, so there what looks like a place is refused or redacted.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

_NUMBER = r"[-+]?\d{1,3}[.]\d{2,}(?:[eE][-+]\d\d?)?(?:\s?°)?(?:\s?[NSEW](?![A-Za-z]))?"
_SEPARATOR = r"(?:\s*[,;:|/ ]\s*|\s+)"
_SHARE = r"[-+]?(?:0?[.]\d{1,3}|1[.]0{1,3})(?![\d.])"
_PAIR = re.compile(rf"(?!{_SHARE}{_SEPARATOR}{_SHARE}){_NUMBER}{_SEPARATOR}{_NUMBER}")
"""Two numbers beside each other that could be degrees; two shares of at most three decimals are none."""
_KEYED = re.compile(
    r"""(?ix) (?<![a-z]) (
        (?:lat|latitude|lon|lng|long|longitude|geo|coordinates?)\b ["']? \s* [:=(]\s* [\["'(]*
      | (?:lat|latitude|lon|lng|longitude) ["']? \s* [\["'(]*
    ) [-+]?\d{1,3}[.]\d+(?:e[-+]\d\d?)?""",
)
_FINE = re.compile(r"(?<![A-Za-z0-9.])(?<!\d:)[-+]?(?!0[.])\d{1,3}[.]\d{4,}(?:[eE][-+]\d\d?|\s?[NSEW])?(?![A-Za-z0-9.:])")
"""A number as fine as a degree of a place; a share, a rate or a threshold below 1 is none unless another stands beside it."""
_CELL = re.compile(r"(?i)(?<![0-9a-z])(?:0x)?8[0-9a-f]{14}(?![0-9a-z])")
_WKT = re.compile(r"(?i)\b(?:POINT|LINESTRING|POLYGON|MULTIPOINT|MULTIPOLYGON)\s*Z?\s*\([^)]*\)?")
_WKB = re.compile(r"(?i)(?<![0-9a-z])(?:01[0-9a-f]{2}0000[0-9a-f]{2}|00[0-9a-f]{2}0000[0-9a-f]{2})[0-9a-f]{32,}(?![0-9a-z])")
"""A geometry as databases print it: byte order, type, then at least two doubles."""
_MINUTES = re.compile(r"\d{1,3}\s?°\s?\d{1,2}\s?['\u2032]\s?(?:[\d.]+\s?(?:\"|\u2033|''))?\s?[NSEW]?")
_CODE = re.compile(r"(?<![0-9A-Z])[23456789CFGHJMPQRVWX]{8}\+[23456789CFGHJMPQRVWX]{2,3}(?![0-9A-Z])")
"""An Open Location Code."""
_PATTERNS = (_WKT, _WKB, _MINUTES, _CODE, _PAIR, _CELL, _FINE)
_COMMA = re.compile(r"(?<![\w.,])[-+]?\d{1,3},\d{4,}(?![\w.,])")
"""A number with a decimal comma; in a log alone, since elsewhere it may be a list of counts."""
_KEYS = re.compile(
    r"(?i)(?:^|_)(?:lat|latitude|lon|lng|longitude|coordinates?|geo|place|place_id|bbox|bounding_box|h3|h3_cell|geohash|wkt|wkb|geometry)(?:$|_)",
)
REDACTED = "<location>"
NUMBER = "<number>"
WITHHELD = "<withheld>"
_DEEPEST = 6
_LONGEST = 500
_MOST = 1000
_LARGEST_COUNT = 10**9
_DEGREES = 180
_LISTS: tuple[type[Any], ...] = (list, tuple, set, frozenset)
_TEXTS: tuple[type[Any], ...] = (str, date, UUID)

_DIGEST = r"(?=[0-9]*[a-f])[0-9a-f]{16,128}"
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_TIME = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?"
_RUN = rf"(?:manual|scheduled|backfill|asset_triggered|dataset_triggered)__{_TIME}(?:_\w{{4,16}})?"
_WORD = r"[A-Za-z_][A-Za-z0-9_.-]{0,119}"
_URL = r"[a-z][a-z0-9+.-]{1,15}:///?(?:[\w.-]{1,64}@)?[\w.+=~*-]+(?::\d{2,5})?"
_PATH = rf"(?:{_URL}|(?:\.{{0,2}}/)?[\w.+=~*-]+)(?:/[\w.@+=~*-]*)*/?"
_BANDED = r"<\d{1,4}"
_SHAPES = re.compile(rf"(?:{_BANDED}|{_DIGEST}|{_UUID}|{_TIME}|{_RUN}|{_WORD}|{_PATH})")
_IDENTIFIER = re.compile(r"\d{9,}|\d[.,]\d{3,}")


def refused(value: Any, at: str = "value", depth: int = 0) -> Iterator[str]:  # noqa: ANN401 - whatever a task pushes
    """Where a value is no allowed shape: positions and types, never the value.

    >>> list(refused({"release": "8f14e45fceea167a5a36dedd4bea2543", "cells": 12}))
    []
    >>> list(refused([48.8566, 2.3522]))
    ['value[0] is a float', 'value[1] is a float']
    """
    if value is None or isinstance(value, bool | time | timedelta):
        return
    if isinstance(value, int):
        if not -1 <= value < _LARGEST_COUNT:
            yield f"{at} is a number too large for a count"
    elif (text := _text(value)) is not None:
        if not _plain(text):
            yield f"{at} is a text that is no id, count, time or path"
    elif depth >= _DEEPEST:
        yield f"{at} is nested too deep"
    elif isinstance(value, Mapping):
        yield from _refused_mapping(value, at, depth)
    elif isinstance(value, _LISTS):
        yield from _refused_sequence(list(value), at, depth)
    else:
        yield f"{at} is a {type(value).__name__}"


def _refused_mapping(value: Mapping[Any, Any], at: str, depth: int) -> Iterator[str]:
    for place, (key, item) in enumerate(value.items()):
        if not isinstance(key, str) or _KEYS.search(key) or not _plain(key):
            yield f"{at}, key {place + 1} names a place or is no plain name"
        else:
            yield from refused(item, f"{at}, key {place + 1}", depth + 1)


def _refused_sequence(items: list[Any], at: str, depth: int) -> Iterator[str]:
    if len(items) > _MOST:
        yield f"{at} has more than {_MOST} items"
        return
    if sum(isinstance(item, int) and not isinstance(item, bool) and abs(item) > _MOST for item in items) > 1:
        yield f"{at} is a list of large numbers"
    for place, item in enumerate(items):
        yield from refused(item, f"{at}[{place}]", depth + 1)


def _text(value: Any) -> str | None:  # noqa: ANN401 - whatever a task pushes
    """What is kept as a text: a text, a time, a UUID or an Airflow path."""
    if isinstance(value, _TEXTS) or any(above.__name__ == "ObjectStoragePath" for above in type(value).__mro__):
        return str(value)
    return None


def without_texts(value: Any, depth: int = 0) -> Any:  # noqa: ANN401 - whatever a task pushes
    """A value in which every mere text, one that is no allowed shape and shows no place, is withheld.

    >>> without_texts({"chosen": ["Yes, publish"], "rows": 12})
    {'chosen': ['<withheld>'], 'rows': 12}
    """
    if isinstance(value, str):
        return value if _plain(value) or located(value) else WITHHELD
    if isinstance(value, Mapping) and depth < _DEEPEST:
        return {key: without_texts(item, depth + 1) for key, item in value.items()}
    if isinstance(value, _LISTS) and depth < _DEEPEST:
        return [without_texts(item, depth + 1) for item in value]
    return value


def _plain(text: str) -> bool:
    if len(text) > _LONGEST or _CELL.fullmatch(text) or _WKB.fullmatch(text):
        return False
    if re.fullmatch(rf"{_DIGEST}|{_UUID}|{_TIME}|{_RUN}", text):
        return True
    rest = re.sub(rf"{_RUN}|{_UUID}|{_TIME}|(?<![0-9a-f]){_DIGEST}(?![0-9a-f])", "", text)
    return text in {"", WITHHELD} or (_SHAPES.fullmatch(text) is not None and _IDENTIFIER.search(rest) is None and not located(text))


def located(text: str) -> bool:
    """Whether a text holds what looks like a place: a pair of coordinates, a keyed or fine one, an H3 cell, a geometry.

    >>> located("at 48.8566, 2.3522"), located("took 1.25 s")
    (True, False)
    """
    return _KEYED.search(text) is not None or any(pattern.search(text) for pattern in _PATTERNS)


def evidence(value: Any, at: str = "value", depth: int = 0) -> Iterator[str]:  # noqa: ANN401 - whatever a field renders to
    """Where a value shows a place: positions only, never the value."""
    if value is None or isinstance(value, bool | int) or depth > _DEEPEST:
        return
    if isinstance(value, float):
        if located(repr(value)):
            yield f"{at} looks like a coordinate"
    elif isinstance(value, Mapping):
        for place, (key, item) in enumerate(value.items()):
            if _names_place(key, item) and not isinstance(item, str | None):
                yield f"{at}, key {place + 1} names a place"
            yield from evidence(item, f"{at}, key {place + 1}", depth + 1)
    elif isinstance(value, _LISTS):
        yield from _evidence_items(list(value), at, depth)
    elif located(str(value)):
        yield f"{at} shows a place"


def _evidence_items(items: list[Any], at: str, depth: int) -> Iterator[str]:
    if _pairs(items):
        yield f"{at} looks like coordinates"
    for place, item in enumerate(items[:_MOST]):
        yield from evidence(item, f"{at}[{place}]", depth + 1)


def _pairs(items: list[Any]) -> bool:
    """Whether a list holds at least two fractions that could be degrees; shares of at most three decimals are none."""
    return sum(isinstance(item, float) and abs(item) <= _DEGREES and not item.is_integer() and not _share(item) for item in items) > 1


def _share(number: float) -> bool:
    return abs(number) <= 1 and round(number, 3) == number


def scrub(value: Any, depth: int = 0) -> Any:  # noqa: ANN401 - a log event's part
    """A log event's part with every place replaced.

    >>> scrub("at 48.8566, 2.3522")
    'at <location>'
    """
    if isinstance(value, str):
        return scrub_text(value)
    if isinstance(value, Mapping) and depth <= _DEEPEST:
        return {key: REDACTED if _names_place(key, item) else scrub(item, depth + 1) for key, item in value.items()}
    if isinstance(value, _LISTS) and depth <= _DEEPEST:
        items = list(value)
        return REDACTED if _pairs(items) else [scrub(item, depth + 1) for item in items]
    if value is None or isinstance(value, bool | int):
        return value
    return scrub_text(str(value)) if located(str(value)) else value


def _names_place(key: Any, item: Any) -> bool:  # noqa: ANN401 - keys and values of a mapping
    return isinstance(key, str) and _KEYS.search(key) is not None and not isinstance(item, bool)


def scrub_text(text: str) -> str:
    """A text with every place replaced."""
    if not any(c.isdigit() for c in text):
        return text
    kept = _KEYED.sub(lambda found: f"{found[1]}{REDACTED}", text)
    for pattern in _PATTERNS:
        kept = pattern.sub(NUMBER if pattern is _FINE else REDACTED, kept)
    return _COMMA.sub(NUMBER, kept)
