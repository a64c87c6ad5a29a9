"""Geometry as text and bytes: WKT, WKB, GeoJSON, TopoJSON, GML, KML, encoded polylines, NMEA, ISO 6709, degrees-minutes-seconds."""
# ruff: noqa: PLR2004 - thresholds stand in the tests that they belong to, with the name of what they measure

import re
from collections.abc import Callable, Iterator

import numpy as np
import shapely

from governance.detection.evidence import Hit, Test, at_least
from governance.detection.gazetteer import near_share, place_test
from governance.detection.headers import Header
from governance.detection.leaves import Blob, Leaves, Text
from governance.detection.pairs import tier_of
from governance.vocabulary import Status

POINT = "location.point"
WKT = re.compile(
    r"\s*(?:SRID\s*=\s*\d+\s*;)?\s*(?:MULTI)?(?:POINT|LINESTRING|POLYGON|CURVE|SURFACE|GEOMETRYCOLLECTION|CIRCULARSTRING)\s*(?:Z|M|ZM)?\s*\(",
    re.IGNORECASE,
)
SRID = re.compile(r"^\s*SRID\s*=\s*\d+\s*;", re.IGNORECASE)
WKB_HEX = re.compile(r"(?:\\x|0x)?0[01][0-9A-Fa-f]{40,}")
_POSITION = r"-?\d{1,8}(?:\.\d+)?[\s,]+-?\d{1,8}\.\d"
XML = re.compile(
    rf"<(?:\w+:)?(?:coordinates|pos|posList|point|where|LatLonBox)\b[^>]*>\s*{_POSITION}"
    r"|<(?:\w+:)?(?:latitude|longitude|lat|lon|long|lng)\b[^>]*>\s*-?\d{1,3}\.\d|<(?:trkpt|wpt|rtept|node|point)\s[^>]*\blat\s*=",
    re.IGNORECASE,
)
NMEA = re.compile(r"\$?G[PNLABQ](?:GGA|RMC|GLL|GNS),")
ISO_6709 = re.compile(r"[+-]\d{2}(?:\d{2}){0,2}(?:\.\d+)?[+-]\d{3}(?:\d{2}){0,2}(?:\.\d+)?(?:[+-]\d+(?:\.\d+)?)?(?:CRS\w+)?/?")
_DEGREE = (
    r"\d{1,3}\s*(?:°|º|˚|deg(?:rees)?|grad)\s*\d{1,2}(?:[.,]\d+)?\s*(?:'|\u2032|\u2019|min\b|m\b|(?=[NSEW]\b))\s*"
    r"(?:\d{1,2}(?:[.,]\d+)?\s*(?:\"|\u2033|\u201d|''|sec|s)?)?"
)
_DEGREE_SIGN = re.compile("[°º˚]|deg|grad")
"""Without one no text is searched for degrees, which is slow."""
_HEMISPHERE = re.compile("[NSEWO]")
DMS = re.compile(rf"(?:\b[NSEWO]\s*)?{_DEGREE}\s*(?:[NSEWO]\b)?")
DMS_DASHED = re.compile(r"\b\d{1,3}[-: ]\d{1,2}[-: ]\d{1,2}(?:\.\d+)?\s*[NSEW]\b|\b[NSEW]\s*\d{1,3}[-: ]\d{1,2}[-: ]\d{1,2}(?:\.\d+)?\b")
DEGREES_HEMISPHERE = re.compile(
    r"\d{1,3}[.,]\d{2,}\s*°?\s*[NS]\b.{0,4}?\d{1,3}[.,]\d{2,}\s*°?\s*[EWO]\b|\b[NS]\s*\d{1,3}[.,]\d{2,}\W{0,4}[EWO]\s*\d{1,3}[.,]\d{2,}"
)
DEGREE_MINUTE = re.compile(
    r"\b[NS]\s*\d{1,2}[° ]\s*\d{1,2}\.\d+['\u2032]?\W{1,4}[EW]\s*\d{1,3}[° ]\s*\d{1,2}\.\d+"
    r"|\b\d{2}(?:\d{2}){1,2}(?:\.\d+)?[NS][\s/,]*\d{3}(?:\d{2}){1,2}(?:\.\d+)?[EW]\b"
)
DMS_FULL = re.compile(
    r"[NSEWO]?\s*[-+]?\d{1,3}[\s:°º-]+\d{1,2}(?:\.\d+)?(?:[\s:'\u2032-]+\d{1,2}(?:\.\d+)?)?[\s\"\u2033']*[NSEWO]?", re.IGNORECASE
)


def wkt(text: Text) -> Iterator[Hit]:
    """Well-known text, with or without its SRID, that a parser reads."""
    if text.share(WKT.match) > 0.3:
        valid = text.share(lambda v: WKT.match(v) and shapely.from_wkt(SRID.sub("", v), on_invalid="ignore") is not None)
        test = at_least("share that parses as WKT", valid, 0.3)
        if test.passed:
            yield _parsed("well-known text", test, text.header)


def wkb_hex(text: Text) -> Iterator[Hit]:
    """Well-known binary written in hex."""
    if text.share(WKB_HEX.fullmatch) > 0.8:
        valid = text.share(lambda v: _is_wkb(re.sub(r"^(?:\\x|0x)", "", v)))
        test = at_least("share that parses as WKB", valid, 0.8)
        if test.passed:
            yield _parsed("well-known binary", test, text.header)


def _parsed(what: str, test: Test, head: Header) -> Hit:
    """A geometry that a parser read."""
    says = head.says("geographic")
    return Hit(what=what, label=POINT, tier="T0", confidence=0.97, header=says, tests=(test,), share=test.statistic)


def _is_wkb(value: str | bytes) -> bool:
    """Whether a parser reads it."""
    try:
        return bool(shapely.from_wkb(value) is not None)
    except (shapely.errors.GEOSException, ValueError, TypeError):
        return False


def blob_geometry(blob: Blob) -> Iterator[Hit]:
    """Well-known binary in a column of bytes."""
    if not blob.values:
        return
    valid = sum(value[:1] in b"\0\1" and _is_wkb(value) for value in blob.values) / len(blob.values)
    test = at_least("share that parses as WKB", valid, 0.8)
    if test.passed:
        yield _parsed("well-known binary", test, blob.header)


def markup(text: Text) -> Iterator[Hit]:
    """GML, KML and GPX."""
    test = at_least("share with coordinates in XML", text.share(XML.search), 0.3)
    if test.passed:
        yield Hit(what="coordinates in XML", label=POINT, tier="T0", tests=(test,), share=test.statistic)


def nmea(text: Text) -> Iterator[Hit]:
    """Sentences of a GPS receiver, with their checksum."""
    if text.share(NMEA.match) > 0.3:
        import pynmea2

        def reads(value: str) -> bool:
            try:
                return pynmea2.parse(value) is not None
            except (pynmea2.ParseError, ValueError):
                return False

        test = at_least("share that parses as NMEA", text.share(reads), 0.3)
        if test.passed:
            yield Hit(what="GPS sentence", label=POINT, tier="T0", confidence=0.97, tests=(test,), share=test.statistic)


def iso_6709(text: Text) -> Iterator[Hit]:
    """ISO 6709 strings, as cameras write them."""
    if len(text.values) >= 3:
        test = at_least("share in the form of ISO 6709", text.share(ISO_6709.fullmatch), 0.8)
        if test.passed and text.median_length >= 8:
            yield Hit(what="ISO 6709", label=POINT, tier="T0", tests=(test,))


def dms(text: Text) -> Iterator[Hit]:
    """Degrees, minutes and seconds: with a hemisphere, or under a header that says latitude or longitude; else they may be any angle."""
    known = text.header.says("latitude", "longitude", "geographic")
    sided = text.share(_sided)
    angles = text.share(_angle)
    if sided >= 0.3 or (known and angles >= 0.3):
        test = at_least("share with degrees and minutes", max(sided, angles), 0.3)
        yield Hit(what="degrees and minutes", label=POINT, tier="T0", header=known, tests=(test,), share=test.statistic)
    elif angles >= 0.3:
        test = at_least("share with degrees and minutes", angles, 0.3)
        yield Hit(what="degrees and minutes", label=POINT, status=Status.REVIEW, tier="T0", confidence=0.4, tests=(test,), share=angles)
    elif text.header.says("latitude", "longitude") and len(text.values) >= 3 and not text.numeric:
        whole = at_least("share in the form of degrees and minutes", text.share(DMS_FULL.fullmatch), 0.8)
        if whole.passed:
            yield Hit(what="degrees and minutes", label=POINT, tier="T0", confidence=0.8, header=True, tests=(whole,))


def _angle(value: str) -> re.Match[str] | None:
    """Degrees and minutes that stand in a text."""
    return DMS.search(value) if _DEGREE_SIGN.search(value) else None


def _sided(value: str) -> bool:
    """Whether degrees with a hemisphere stand in a text."""
    if not _HEMISPHERE.search(value):
        return False
    angle = _angle(value)
    lettered = bool(angle and re.search(r"[NSEWO]", angle[0]))
    return lettered or any(pattern.search(value) for pattern in (DMS_DASHED, DEGREES_HEMISPHERE, DEGREE_MINUTE))


def polyline(text: Text) -> Iterator[Hit]:
    """Encoded polylines: they decode, on the globe, in small steps."""
    likely = text.share(lambda v: len(v) >= 8 and all(63 <= ord(c) <= 126 for c in v))
    if likely < 0.95 or len(text.values) < 3:
        return
    import polyline as codec

    def route(value: str) -> bool:
        for precision in (5, 6):
            try:
                points = np.array(codec.decode(value, precision))
            except (IndexError, ValueError):
                continue
            if (
                len(points) >= 3
                and np.abs(points[:, 0]).max() <= 90
                and np.abs(points[:, 1]).max() <= 180
                and np.abs(np.diff(points, axis=0)).max() < 2
            ):
                return True
        return False

    test = at_least("share that decodes to a route", text.share(route), 0.8)
    if test.passed:
        yield Hit(what="encoded polyline", label=POINT, tier="T0", confidence=0.85, tests=(test,))


_NUMBER = r"[-+\u2212]?\d{1,3}(?:[.,]\d+)?"
PAIR = re.compile(
    rf"[\[({{<\"']*\s*(?P<a>{_NUMBER})\s*°?\s*(?:[,;/|~_\t:]|\s)\s*(?P<b>{_NUMBER})\s*°?\s*(?:[,; ]\s*-?\d+(?:\.\d+)?)?\s*[\])}}>\"']*",
)


BOX = re.compile(
    rf"[\[({{<\"']*\s*({_NUMBER})(?:\s*[,; ]\s*)({_NUMBER})(?:\s*[,; ]\s*)({_NUMBER})(?:\s*[,; ]\s*)({_NUMBER})\s*[\])}}>\"']*"
)


def box_text(text: Text) -> Iterator[Hit]:
    """A whole value that is a box of four decimals, known by its middle."""
    matches = [m for m in map(BOX.fullmatch, text.values) if m]
    if len(matches) < max(12, 0.9 * len(text.values)) or text.share(lambda v: v.count(".") >= 3) < 0.8:
        return
    corners = np.array([[float(n) for n in m.groups()] for m in matches if "," not in m[1]])
    if len(corners) < len(matches):
        return
    one, other = (corners[:, 0] + corners[:, 2]) / 2, (corners[:, 1] + corners[:, 3]) / 2
    for lat, lon in ((one, other), (other, one)):
        placed = place_test(lat, lon)
        if placed and (placed.passed or (placed.clustered and text.header.says("geographic"))):
            yield Hit(
                what="box", label=POINT, tier="T2", header=text.header.says("geographic"), tests=(at_least("place test z", placed.z, 6.0),)
            )
            return


def pair_text(text: Text) -> Iterator[Hit]:
    """A whole value that is a pair of decimals, in either order."""
    matches = [m for m in map(PAIR.fullmatch, text.values) if m]
    if not text.values or len(matches) < max(3, 0.5 * len(text.values)):
        return
    numbers = np.array([[float(m[k].replace(",", ".").replace("\u2212", "-")) for k in "ab"] for m in matches])
    places = float(np.median([len(re.split("[.,]", m["a"])[1]) if re.search("[.,]", m["a"]) else 0 for m in matches]))
    known = text.header.says("geographic")
    if places < (1 if known else 2):
        return
    for lat, lon in ((0, 1), (1, 0)):
        placed = place_test(numbers[:, lat], numbers[:, lon])
        if placed and (placed.passed or (known and (placed.clustered or placed.tight))):
            tests = (at_least("place test z", placed.z, 6.0), at_least("decimals", places, 2))
            yield Hit(
                what="coordinate pair", label=POINT, tier=tier_of(places), header=known, tests=tests, share=len(matches) / len(text.values)
            )
            return
        if placed and (placed.clustered or (placed.tight and places >= 4)):
            tests = (at_least("share near a town", placed.near_town, 0.85),)
            yield Hit(what="coordinate pair", label=POINT, status=Status.REVIEW, tier=tier_of(places), confidence=0.6, tests=tests)


def structures(leaves: Leaves, column: str) -> Iterator[Hit]:
    """TopoJSON and picture metadata by the names of their keys."""
    names = leaves.keys.get(column, set())
    if {"type", "arcs", "objects"} <= names:
        yield Hit(what="TopoJSON", label=POINT, tier="T0", confidence=0.8)
    if any(name.startswith(("GPSLat", "GPSLon", "GPSPos")) for name in names):
        yield Hit(what="picture position", label=POINT, tier="T0", confidence=0.95, header=True)


def decoded_status(latitudes: list[float], longitudes: list[float], *, known: bool) -> tuple[Status, float]:
    """Whether decoded points lie where people live, more than random codes would; a header lowers the bar."""
    near = near_share(latitudes, longitudes) if len(latitudes) >= 3 else 0.0
    if near >= (0.1 if known else 0.45):
        return Status.CONFIRMED, near
    placed = place_test(np.array(latitudes), np.array(longitudes)) if len(latitudes) >= 12 else None
    return (Status.CONFIRMED if placed and placed.passed else Status.NONE), near


RECOGNISERS: tuple[Callable[[Text], Iterator[Hit]], ...] = (wkt, wkb_hex, markup, nmea, iso_6709, dms, polyline, pair_text, box_text)
