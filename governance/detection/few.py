"""Tables of a few rows: too few for shares and place tests, so a telling header over a fitting value is enough for a person's eye.

One row with a latitude and a longitude is one person's place. Statistics cannot tell it from two other numbers; a header can, and undecided
is refused.
"""

import re
from collections.abc import Iterator

from governance.detection.evidence import Found, Hit
from governance.detection.freetext import pairs_in
from governance.detection.leaves import Leaves, Numbers, Text
from governance.vocabulary import Status

FEW_ROWS = 10
"""Below this many rows headers are believed."""

_ANYTHING = re.compile(r"\S")
_DIGIT = re.compile(r"\d")
_CODE = re.compile(r"(?=.*\d)[0-9A-Za-z+]{4,20}")
_GEOHASH = re.compile(r"(?=.*\d)[0-9b-hjkmnp-z]{4,12}")
_ADDRESS = re.compile(r"(?=.*\d)(?=.*[^\W\d_]{3})")
_HANDLE = re.compile(r"@?\w{1,15}")
_SNOWFLAKE = re.compile(r"[1-9]\d{16,18}$")
_TEXTS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("geohash", _GEOHASH, "location.derived"),
    ("cell_code", _CODE, "location.derived"),
    ("address", _ADDRESS, "location.derived"),
    ("postcode", _DIGIT, "location.derived"),
    ("place_id", _CODE, "location.place"),
    ("phone", _DIGIT, "off_x.person"),
    ("customer", _ANYTHING, "off_x.person"),
    ("household", _ANYTHING, "off_x.household"),
    ("adid", _ANYTHING, "off_x.device"),
    ("mac", _DIGIT, "off_x.device"),
    ("ip", _DIGIT, "off_x.device"),
    ("handle", _HANDLE, "x.user.handle"),
    ("x_post_id", _SNOWFLAKE, "x.post.id"),
    ("x_user_id", _SNOWFLAKE, "x.user.id"),
)
"""Role of a header, what a value under it must look like, what it may hold."""


def few_rows(leaves: Leaves, found: Found) -> Iterator[tuple[str, Hit]]:
    """What the leaves in which nothing was found may hold, by their headers and the look of their values."""
    for numbers in leaves.numbers:
        if not found.get(numbers.path):
            yield from ((numbers.path, hit) for hit in (*_degrees(numbers), *_ids(numbers)))
    for text in leaves.texts:
        if text.values and not text.numeric and not found.get(text.path):
            yield from ((text.path, hit) for hit in _told(text))


def _degrees(numbers: Numbers) -> Iterator[Hit]:
    """A latitude or longitude by its name, or an item of a list of two numbers with decimals."""
    head = numbers.header
    side = next((side for side in ("latitude", "longitude") if head.says(side)), "")
    limit = 90.0 if side == "latitude" else 360.0
    if not len(numbers.finite) or numbers.reach > limit or numbers.decimals < 1:
        return
    if side:
        yield _hit(side, f"location.{side}")
    elif numbers.pair and numbers.decimals >= 3:  # noqa: PLR2004 - a place needs them
        yield _hit("item of a pair", "location.point")


def _ids(numbers: Numbers) -> Iterator[Hit]:
    """Integers as long as today's ids of X, under a header of ids."""
    fitting = numbers.integers and all(_SNOWFLAKE.match(str(value)) for value in numbers.integers)
    roles = (("x_post_id", "x.post.id"), ("x_user_id", "x.user.id"))
    yield from (_hit(role, label) for role, label in roles if fitting and numbers.header.says(role))


def _told(text: Text) -> Iterator[Hit]:
    """A pair of decimals in the text, else what the header says if every value looks like it."""
    if any(next(pairs_in(value), None) for value in text.values):
        yield _hit("position in text", "location.point", header=text.header.says("geographic"))
        return
    fitting = [(role, label) for role, pattern, label in _TEXTS if text.header.says(role) and text.share(pattern.match) == 1.0]
    yield from (_hit(role, label) for role, label in fitting)


def _hit(what: str, label: str, *, header: bool = True) -> Hit:
    return Hit(what=what, label=label, status=Status.REVIEW, tier="T1", confidence=0.5, header=header, values=False)
