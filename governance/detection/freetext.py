"""Positions inside longer text: decimal pairs in prose, log lines, ids and links, also behind base64 and percent signs."""
# ruff: noqa: PLR2004 - thresholds stand in the tests that they belong to, with the name of what they measure

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

import numpy as np

from governance.detection.evidence import Hit, Test, at_least
from governance.detection.gazetteer import Floats, near_share, place_test
from governance.detection.leaves import Text

_DECIMAL = r"[-+\u2212]?\d{1,3}[.,]\d{3,}"
_BETWEEN = r"(?:\s*[,;/|~_:&\t ]|!4d|!2d|\s*[a-zA-Z]{1,10}\s*[=:]\s*|\"?\s*,\s*\"?\w{1,12}\"?\s*:\s*){1,4}"
EMBEDDED = re.compile(rf"(?<![\d.,])(?P<a>{_DECIMAL})\s*°?\s*[NSEWO]?{_BETWEEN}\s*(?P<b>{_DECIMAL})(?!\d)")
MAP_LINK = re.compile(
    r"google\.[a-z.]+/maps|maps\.google|goo\.gl/maps|maps\.apple|openstreetmap\.org|osm\.org|waze\.com|bing\.com/maps|yandex\.[a-z]+/maps|here\.com|"
    r"geo:-?\d|!3d-?\d|#map=\d|[?&](?:m?lat|ll|sll|center|daddr|saddr|cbll)=-?\d|/@-?\d{1,2}\.\d+,-?\d",
    re.IGNORECASE,
)
BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
DIGITS = re.compile(r"\d{12,20}")


def embedded(text: Text) -> Iterator[Hit]:
    """Decimal pairs in text, confirmed by where they lie or by a map's address."""
    if text.numeric or not text.values:
        return
    found = [pair for value in text.values for pair in pairs_in(value)]
    if len(found) < 3:
        return
    rows = sum(1 for value in text.filled if next(pairs_in(value), None)) / len(text.filled)
    links = text.share(MAP_LINK.search)
    what = "map link" if links > 0.3 else "position in text"
    tests = judge_points(np.array(found))
    if tests:
        yield Hit(what=what, label="location.point", tier="T0", confidence=0.85, tests=tests, share=rows)
    elif links > 0.3:
        yield Hit(
            what=what, label="location.point", tier="T0", confidence=0.8, tests=(at_least("share of map links", links, 0.3),), share=rows
        )


def pairs_in(value: str) -> Iterator[tuple[float, float]]:
    """The decimal pairs in one text that could be degrees.

    >>> list(pairs_in("seen at 48.8584, 2.2945 today"))
    [(48.8584, 2.2945)]
    """
    for match in EMBEDDED.finditer(unquote(value) if "%" in value else value):
        one, other = (float(match[k].replace(",", ".").replace("\u2212", "-")) for k in "ab")
        if min(abs(one), abs(other)) <= 90 and max(abs(one), abs(other)) <= 180:
            yield one, other


def judge_points(points: Floats) -> tuple[Test, ...]:
    """The tests that pairs in one unknown order pass, none if they are no positions."""
    for lat, lon in ((0, 1), (1, 0)):
        placed = place_test(points[:, lat], points[:, lon])
        if placed and placed.passed:
            return (at_least("place test z", placed.z, 6.0),)
    each = [max(near_share([a], [b]), near_share([b], [a])) for a, b in points[:150]]
    shuffled = points[:150].copy()
    shuffled[:, 1] = np.random.default_rng(0).permutation(shuffled[:, 1])
    chance = np.mean([max(near_share([a], [b]), near_share([b], [a])) for a, b in shuffled])
    share = float(np.mean(each))
    few = len(points) < 25
    if share >= 0.5 and share - chance > 0.25:
        return (at_least("share near a town above re-paired", share - float(chance), 0.25),)
    varied = points.std(axis=0).min() > 0.5
    if few and share >= 0.6 and varied:
        return (at_least("share near a town", share, 0.6),)
    return ()


def encoded(text: Text) -> Iterator[Hit]:
    """Whole values that hide a pair: in base64, or as one run of digits that is a latitude and a longitude shifted to be positive."""
    if text.values and text.share(BASE64.fullmatch) > 0.95:
        plain = [decoded for value in text.values if (decoded := _base64(value))]
        if len(plain) > 0.9 * len(text.values):
            inner = Text(text.path, text.order, list(plain))
            found = [pair for value in inner.values for pair in pairs_in(value)]
            tests = judge_points(np.array(found)) if len(found) >= 3 else ()
            if tests:
                yield Hit(what="position in base64", label="location.point", tier="T0", confidence=0.85, tests=tests)
    if text.values and text.share(DIGITS.fullmatch) == 1.0 and len(text.lengths) == 1:
        yield from _shifted(text)


def _base64(value: str) -> str:
    try:
        plain = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_" if set(value) & set("-_") else None).decode("ascii")
    except (binascii.Error, ValueError):
        return ""
    return plain if plain.isprintable() else ""


def _shifted(text: Text) -> Iterator[Hit]:
    """Halves of a run of digits as latitude + 90 and longitude + 180."""
    length = next(iter(text.lengths))
    if length % 2 or len(text.values) < 12:
        return
    half = length // 2
    numbers = np.array([[int(v[:half]), int(v[half:])] for v in text.values], dtype=float) / 10 ** (half - 3)
    for lat, lon in ((numbers[:, 0] - 90, numbers[:, 1] - 180), (numbers[:, 1] - 90, numbers[:, 0] - 180)):
        placed = place_test(lat, lon)
        if placed and (placed.passed or (placed.tight and placed.near_town > 0.95)):
            yield Hit(
                what="position in digits",
                label="location.point",
                tier="T0",
                confidence=0.8,
                tests=(at_least("share near a town", placed.near_town, 0.95),),
            )
            return


RECOGNISERS: tuple[Callable[[Text], Iterator[Hit]], ...] = (embedded, encoded)
