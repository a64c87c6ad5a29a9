"""Codes that stand for a place: H3, S2, geohash, quadkeys and tiles, plus codes, MGRS, UTM, Maidenhead, what3words.

A format alone means little (every random base-32 coupon is a geohash): the codes are decoded, and the places must lie where people live.
"""
# ruff: noqa: PLR2004 - thresholds stand in the tests that they belong to, with the name of what they measure

import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import h3

from governance.detection.evidence import Hit, at_least
from governance.detection.geometry import decoded_status
from governance.detection.leaves import Numbers, Text
from governance.vocabulary import Status

DERIVED = "location.derived"
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Code:
    """One grid: its form, its decoder, and how fine it is."""

    what: str
    shape: re.Pattern[str]
    decode: Callable[[str], Point]
    tier: Callable[[int], str]
    """From the median length of a value."""
    same_length: bool = False
    lengths: int = 2
    suits: Callable[[Text], bool] = lambda _text: True


def _geohash(value: str) -> Point:
    import pygeohash

    lat, lon = pygeohash.decode(value)[:2]
    return lat, lon


def _quadkey(value: str) -> Point:
    import mercantile

    return _middle(mercantile.quadkey_to_tile(value))


def _middle(tile: object) -> Point:
    import mercantile

    box = mercantile.bounds(tile)
    return (box.south + box.north) / 2, (box.west + box.east) / 2


TILE = re.compile(r"(?:^|/)(\d{1,2})[/_-](\d{1,7})[/_-](\d{1,7})(?:\.\w+)?$")


def _tile(value: str) -> Point:
    import mercantile

    found = TILE.search(value)
    if not found:
        raise ValueError
    zoom, x, y = map(int, found.groups())
    if zoom > 23 or max(x, y) >= 2**zoom:
        raise ValueError
    return _middle(mercantile.Tile(x, y, zoom))


def _mgrs(value: str) -> Point:
    import mgrs

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its warnings quote nothing, but a screen full of them helps nobody
        lat, lon = mgrs.MGRS().toLatLon(value.replace(" ", ""))
    return lat, lon


UTM = re.compile(r"(?:zone\s*)?(\d{1,2})\s?([C-HJ-NP-X])[\s,]+(\d{6}(?:\.\d+)?)\s*m?E?[\s,]+(\d{6,8}(?:\.\d+)?)\s*m?N?", re.IGNORECASE)


def _utm(value: str) -> Point:
    from governance.detection.projections import utm_to_degrees

    found = UTM.fullmatch(value)
    if not found:
        raise ValueError
    return utm_to_degrees(int(found[1]), found[2].upper(), float(found[3]), float(found[4]))


def _maidenhead(value: str) -> Point:
    import maidenhead

    lat, lon = maidenhead.to_location(value, center=True)
    return lat, lon


def _by_length(*steps: tuple[int, str]) -> Callable[[int], str]:
    return lambda length: next((tier for least, tier in steps if length >= least), "T5")


def _digits(text: Text) -> bool:
    """Whether enough characters are digits: words in the alphabet of geohash have none."""
    joined = "".join(text.values)
    return sum(c.isdigit() for c in joined) > 0.05 * len(joined) and text.share(lambda v: not re.fullmatch(r"[0-3]+|\d+", v)) > 0.5


CODES = (
    Code(
        "geohash",
        re.compile(r"[0-9b-hjkmnp-z]{4,12}"),
        _geohash,
        _by_length((9, "T0"), (8, "T1"), (6, "T2"), (4, "T3"), (3, "T4")),
        suits=_digits,
    ),
    Code(
        "quadkey",
        re.compile(r"[0-3]{6,23}"),
        _quadkey,
        _by_length((20, "T0"), (17, "T1"), (13, "T2"), (8, "T3"), (5, "T4")),
        same_length=True,
    ),
    Code("map tile", TILE, _tile, lambda _length: "T2", lengths=30),
    Code(
        "MGRS",
        re.compile(r"\d{1,2}[C-HJ-NP-X]\s?[A-HJ-NP-Z]{2}\s?(?:\d\s?\d|\d{2}\s?\d{2}|\d{3}\s?\d{3}|\d{4}\s?\d{4}|\d{5}\s?\d{5})"),
        _mgrs,
        _by_length((13, "T0"), (11, "T1"), (9, "T2"), (7, "T3")),
        lengths=6,
    ),
    Code("UTM", UTM, _utm, lambda _length: "T0", lengths=30),
    Code(
        "Maidenhead",
        re.compile(r"[A-Ra-r]{2}\d{2}(?:[A-Xa-x]{2}(?:\d{2}(?:[A-Xa-x]{2})?)?)?"),
        _maidenhead,
        _by_length((8, "T2"), (6, "T3")),
    ),
)


def codes(text: Text) -> Iterator[Hit]:
    """Grid codes whose places lie where people live."""
    if len(text.values) < 5:
        return
    for code in CODES:
        yield from _judge(text, code)


def _search(code: Code) -> Callable[[str], object]:
    return code.shape.search if code.what == "map tile" else code.shape.fullmatch


def _judge(text: Text, code: Code) -> Iterator[Hit]:
    """One grid against one column."""
    shape = at_least(f"share in the form of {code.what}", text.share(_search(code)), 0.95)
    if not shape.passed or len(text.lengths) > (1 if code.same_length else code.lengths) or not code.suits(text):
        return
    points = list(_decoded(text, code))
    decoded = at_least("share that decodes", len(points) / len(text.values), 0.9)
    known = text.header.says("cell_code", "geohash", "geographic")
    status, near = decoded_status([p[0] for p in points], [p[1] for p in points], known=known)
    if decoded.passed and status is not Status.NONE:
        test = at_least("share near a town", near, 0.1 if known else 0.45)
        length = int(text.median_length)
        yield Hit(what=code.what, label=DERIVED, tier=code.tier(length), header=known, tests=(shape, decoded, test), confidence=0.93)


def _decoded(text: Text, code: Code) -> Iterator[Point]:
    for value in text.values:
        try:
            yield code.decode(value)
        except Exception:  # noqa: BLE001, S112 - whatever a decoder raises, the value is no code; its message may quote the value
            continue


CELL = re.compile(r"(?:0x)?0?(8[0-9a-f]{14})", re.IGNORECASE)
CELL_INSIDE = re.compile(r"(?<![0-9a-f])0?(8[0-9a-f]{14})(?![0-9a-f])", re.IGNORECASE)


def is_cell(value: str) -> bool:
    """Whether a text is an H3 index.

    >>> is_cell("871fb4662ffffff"), is_cell("871fb4662fffff0")
    (True, False)
    """
    return resolution_of(value) is not None


def resolution_of(value: str) -> int | None:
    """The resolution of an H3 index in a text of its own or inside a longer id; None if there is none."""
    found = CELL.fullmatch(value) or CELL_INSIDE.search(value)
    cell = found[1].lower() if found else ""
    return int(h3.get_resolution(cell)) if cell and h3.is_valid_cell(cell) else None


def cell_tier(resolution: int) -> str:
    """How fine an H3 resolution is, by its average edge."""
    return next(tier for least, tier in ((12, "T0"), (10, "T1"), (8, "T2"), (5, "T3"), (2, "T4"), (0, "T5")) if resolution >= least)


def cells(text: Text) -> Iterator[Hit]:
    """H3 indexes as text; the finest resolution names the column."""
    valid = text.share(is_cell)
    test = at_least("share of valid H3 indexes", valid, 0.9)
    if test.passed:
        resolution = max(found for v in text.values if (found := resolution_of(v)) is not None)
        yield Hit(
            what="H3 index", label=f"location.cell:{resolution}", tier=cell_tier(resolution), confidence=0.98, tests=(test,), share=valid,
            header=text.header.says("cell_code"),
        )  # fmt: skip


def cell_numbers(numbers: Numbers) -> Iterator[Hit]:
    """H3 indexes as 64-bit integers."""
    values = list(dict.fromkeys(numbers.integers or ()))[:2000]
    large = [v for v in values if 2**59 <= v < 2**60]
    if not values or len(large) < 0.9 * len(values):
        return
    valid = [v for v in large if h3.is_valid_cell(h3.int_to_str(v))]
    test = at_least("share of valid H3 indexes", len(valid) / len(values), 0.9)
    if test.passed:
        resolution = max(h3.get_resolution(h3.int_to_str(v)) for v in valid)
        header = numbers.header.says("cell_code")
        yield Hit(
            what="H3 index", label=f"location.cell:{resolution}", tier=cell_tier(resolution), confidence=0.98, tests=(test,), header=header
        )


PLUS = re.compile(r"(?<![A-Z0-9])[23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{2,7}(?![A-Z0-9])", re.IGNORECASE)


def plus_codes(text: Text) -> Iterator[Hit]:
    """Plus codes, whole or short, alone or in text."""
    from openlocationcode import openlocationcode as olc

    def holds(value: str) -> bool:
        return any(olc.isValid(found) for found in PLUS.findall(value))

    test = at_least("share with a plus code", text.share(holds), 0.3)
    if test.passed:
        yield Hit(what="plus code", label="location.point", tier="T0", confidence=0.95, tests=(test,), share=test.statistic)


def s2_numbers(numbers: Numbers) -> Iterator[Hit]:
    """S2 cell ids: one level, and places where people live."""
    values = list(dict.fromkeys(numbers.integers or ()))[:300]
    if len(values) >= 10 and all(abs(v) > 2**50 for v in values):
        yield from _s2([v & (2**64 - 1) for v in values], known=numbers.header.says("cell_code"))


def s2_tokens(text: Text) -> Iterator[Hit]:
    """S2 tokens: hex without trailing zeros."""
    tokens = text.share(lambda v: re.fullmatch(r"[0-9a-f]{4,16}", v) and not v.endswith("0"))
    if len(text.values) >= 10 and tokens >= 0.95 and text.share(lambda v: re.search("[a-f]", v)) > 0.3 and text.share(is_cell) < 0.5:
        values = [int(v.ljust(16, "0"), 16) for v in text.values[:300] if re.fullmatch(r"[0-9a-f]{4,16}", v)]
        yield from _s2(values, known=text.header.says("cell_code"))


def _s2(values: list[int], *, known: bool) -> Iterator[Hit]:
    import s2sphere

    cell_ids = [s2sphere.CellId(v) for v in values]
    levels = {c.level() for c in cell_ids if c.is_valid()}
    if not all(c.is_valid() for c in cell_ids) or len(levels) != 1:
        return
    points = [c.to_lat_lng() for c in cell_ids]
    status, near = decoded_status([p.lat().degrees for p in points], [p.lng().degrees for p in points], known=known)
    level = levels.pop()
    if status is not Status.NONE:
        tier = next(t for least, t in ((20, "T0"), (17, "T1"), (13, "T2"), (9, "T3"), (0, "T4")) if level >= least)
        yield Hit(
            what="S2 cell",
            label=DERIVED,
            tier=tier,
            confidence=0.95,
            header=known,
            tests=(at_least("share near a town", near, 0.1 if known else 0.45),),
        )


THREE_WORDS = re.compile(r"(///)?([^\W\d_]{2,})\.([^\W\d_]{2,})\.([^\W\d_]{2,})")


def three_words(text: Text) -> Iterator[Hit]:
    """what3words: three dotted words; it can't be decoded offline, so only slashes or a header confirm it."""
    found = [THREE_WORDS.fullmatch(v) for v in text.values]
    if len(found) < 10 or not all(found):
        return
    spread = len({m[k] for m in found if m for k in (3, 4)}) / (2 * len(found))
    slashes = all(m[1] for m in found if m)
    known = text.header.says("words3", "geographic")
    if slashes or spread > 0.6:
        status = Status.CONFIRMED if slashes or known else Status.REVIEW
        yield Hit(
            what="three words",
            label="location.point",
            status=status,
            tier="T0",
            confidence=0.7,
            header=known,
            tests=(at_least("spread of words", spread, 0.6),),
        )


TEXT_RECOGNISERS: tuple[Callable[[Text], Iterator[Hit]], ...] = (cells, plus_codes, codes, s2_tokens, three_words)
NUMBER_RECOGNISERS: tuple[Callable[[Numbers], Iterator[Hit]], ...] = (cell_numbers, s2_numbers)
