"""Degrees written as text, one half of a position per value: `48° 51' 30" N`, `48.8584N`, `485130N`, `-2 17 40.5`."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_FRACTION = r"\d{1,2}(?:[.,]\d+)?"
SIGNED = re.compile(
    rf"[NSEWO]?\s*[-+]?\d{{1,3}}[\s:°º˚d-]+{_FRACTION}(?:[\s:'\u2032m-]+{_FRACTION})?[\s\"\u2033\u201d's]*[NSEWO]?", re.IGNORECASE
)
DECIMAL = re.compile(r"[NSEWO]\s*\d{1,3}[.,]\d+\s*°?|\d{1,3}[.,]\d+\s*°?\s*[NSEWO]|[-+]?\d{1,3}[.,]\d+\s*°", re.IGNORECASE)
COMPACT = re.compile(r"(\d{2,3})([0-5]\d)([0-5]\d(?:\.\d+)?)?([NSEW])|([NSEW])(\d{2,3})([0-5]\d)([0-5]\d(?:\.\d+)?)?", re.IGNORECASE)
SHARE = 0.95


def written_degrees(values: Sequence[str]) -> bool:
    r"""Whether nearly all values are degrees of one coordinate.

    >>> written_degrees(["48° 51' 30\" N", "12 5 1.5"]), written_degrees(["12.5", "13.5"])
    (True, False)
    """
    good = sum(bool(SIGNED.fullmatch(v) or DECIMAL.fullmatch(v) or COMPACT.fullmatch(v)) for v in values)
    return bool(values) and good >= SHARE * len(values)


def read_degrees(rows: Sequence[str | None]) -> NDArray[np.float64]:
    """The degrees, row by row; NaN where a value can't be read."""
    return np.array([_degrees(row.strip()) if row else np.nan for row in rows])


def _degrees(value: str) -> float:
    from lat_lon_parser import parse

    found = COMPACT.fullmatch(value)
    if found:
        parts = found.groups()
        side, degrees, minutes, seconds = (parts[3], *parts[:3]) if parts[3] else parts[4:]
        total = float(degrees) + float(minutes) / 60 + float(seconds or 0) / 3600
        return -total if side.upper() in "SW" else total
    try:
        return float(parse(value))
    except (ValueError, TypeError, IndexError):
        return np.nan
