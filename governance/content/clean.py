"""Checks of one column at a time: ids, points, boxes, times. Each gives the clean column and where it was not clean."""

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from governance.engines.layout import laid_out

pc: Any = pyarrow.compute
"""Typed loosely: most of its functions are made when it is imported, so that no type checker sees them."""

LONGEST_ID = 19
SHORTEST_ROUNDED = 16
ENOUGH_IDS = 20
EXACT_INTEGER = 2**53
"""Whole numbers up to here survive every JSON tool and spreadsheet; a larger one that came as a number may have been rounded."""
_MOST = 0.8
_ZERO, _NINE = ord("0"), ord("9")
_UTC_MICROSECONDS = pa.timestamp("us", tz="UTC")
_LEGACY_TIME = "%a %b %d %H:%M:%S %z %Y"
_LEGACY = re.compile(r"[A-Z][a-z]{2} [A-Z][a-z]{2} ")
type_error = (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError)


def clean_ids(values: Any) -> tuple[pa.Array, np.ndarray]:  # noqa: ANN401 - a list or an Arrow array of any type
    """Ids as decimal strings, and a mask of the corrupted ones (which are null in the array)."""
    array = _as_strings(values)
    if array is None:
        return _ids_one_by_one(python_values(values))
    if _plain_ids(array):
        return array, np.zeros(len(array), dtype=bool)
    present = array.is_valid()
    good = pc.and_(pc.ascii_is_decimal(array), pc.less_equal(pc.binary_length(array), LONGEST_ID))
    fine = pc.or_(pc.fill_null(good, fill_value=False), pc.invert(present))
    if pc.all(fine).as_py() is not False:
        return array, np.zeros(len(array), dtype=bool)
    return _ids_one_by_one(array.to_pylist())


def _plain_ids(ids: pa.Array) -> bool:
    """Whether every id is there and is 1 to 19 digits, by a look at the bytes of all of them at once."""
    edge, data = laid_out(ids)
    if ids.null_count or not len(data):
        return not len(ids)
    length = np.diff(edge)
    return bool(length.min() > 0 and length.max() <= LONGEST_ID and data.min() >= _ZERO and data.max() <= _NINE)


def rounded_ids(ids: pa.Array) -> np.ndarray:
    """A mask of ids that were rounded to 15 digits, as spreadsheets do: told by most long ids of a batch ending in 000.

    One in a thousand ends so by chance; a single id can't be told.
    """
    if _seldom_zero(ids):
        return np.zeros(len(ids), dtype=bool)
    long, ends = pc.greater_equal(pc.binary_length(ids), SHORTEST_ROUNDED), pc.ends_with(ids, "000")
    long_count, end_count = (pc.sum(flags).as_py() or 0 for flags in (long, ends))
    if long_count < ENOUGH_IDS or end_count < _MOST * long_count:
        return np.zeros(len(ids), dtype=bool)
    both = pc.fill_null(pc.and_(long, ends), fill_value=False)
    end_count = pc.sum(both).as_py() or 0
    return both.to_numpy(zero_copy_only=False) if end_count >= _MOST * long_count else np.zeros(len(ids), dtype=bool)


def _seldom_zero(ids: pa.Array) -> bool:
    """Whether too few ids end in a single 0 for most to end in 000: the bytes of most batches say so at once."""
    edge, data = laid_out(ids)
    length = np.diff(edge)
    if ids.null_count or not len(data) or not length.min():
        return False
    return bool(np.count_nonzero(data[edge[1:] - 1] == _ZERO) < _MOST * np.count_nonzero(length >= SHORTEST_ROUNDED))


def _as_strings(values: Any) -> pa.Array | None:  # noqa: ANN401 - a list or an Arrow array of any type
    if isinstance(values, list):
        try:
            return pa.array(values, pa.string())
        except type_error:
            return None
    array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    kind = array.type
    if pa.types.is_string(kind):
        return array
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) or pa.types.is_dictionary(kind) or pa.types.is_integer(kind):
        return pc.cast(array, pa.string())
    return None


def python_values(values: Any) -> Sequence[Any]:  # noqa: ANN401 - a list or an Arrow array of any type
    """A column as Python has it; where Python has no such time or number, `...` stands for each, which is neither an id nor a number."""
    if isinstance(values, list):
        return values
    try:
        found: list[Any] = values.to_pylist()
    except (OverflowError, ValueError):
        return [... if there else None for there in values.is_valid().to_pylist()]
    return found


def _ids_one_by_one(values: Sequence[Any]) -> tuple[pa.Array, np.ndarray]:
    cleaned = [_clean_id(value) for value in values]
    corrupted = np.fromiter((clean is False for clean in cleaned), dtype=bool, count=len(cleaned))
    return pa.array([clean or None for clean in cleaned], pa.string()), corrupted


def _clean_id(value: Any) -> str | bool | None:  # noqa: ANN401 - whatever stood where the id should be
    """The id as text, None if there is none, False if it is corrupted."""
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, str):
        value = value.strip()
        return value if value.isascii() and value.isdecimal() and len(value) <= LONGEST_ID else (False if value else None)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= EXACT_INTEGER:
        return str(value)
    return False


def _numbers(values: Any, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # noqa: ANN401 - a list, an Arrow array or None
    """Floats (NaN where there is none), a mask of what is present, a mask of what is present and no number."""
    if values is None:
        return np.full(size, np.nan), np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    try:
        array = pa.array(values, pa.float64()) if isinstance(values, list) else pc.cast(values, pa.float64())
    except type_error:
        return _numbers_one_by_one(python_values(values))
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    present = array.is_valid().to_numpy(zero_copy_only=False)
    numbers = array.to_numpy(zero_copy_only=False)
    return numbers, present, present & ~np.isfinite(numbers)


def _numbers_one_by_one(values: Sequence[Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    numbers = np.array([_number(value) for value in values], dtype=float)
    present = np.array([value is not None and str(value).strip() != "" for value in values], dtype=bool)
    return numbers, present, present & ~np.isfinite(numbers)


def _number(value: Any) -> float:  # noqa: ANN401 - whatever stood where the number should be
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _sound(values: Any, limit: int) -> bool:  # noqa: ANN401 - a list, an Arrow array or None
    """Whether a column needs no closer look: floats throughout, none NaN, out of range or zero."""
    if not isinstance(values, pa.Array) or values.type != pa.float64() or values.null_count or not len(values):
        return False
    numbers = np.abs(values.to_numpy())
    return bool(numbers.min() > 0 and numbers.max() <= limit)


def clean_point(latitudes: Any, longitudes: Any, size: int) -> tuple[pa.Array, pa.Array, dict[str, np.ndarray]]:  # noqa: ANN401 - lists or arrays
    """Latitude and longitude, both null where the point does not stand, and the row indices by reason."""
    if _sound(latitudes, 90) and _sound(longitudes, 180):
        return latitudes, longitudes, {}
    latitude, has_latitude, bad_latitude = _numbers(latitudes, size)
    longitude, has_longitude, bad_longitude = _numbers(longitudes, size)
    some = has_latitude | has_longitude
    if not some.any():
        return pa.nulls(size, pa.float64()), pa.nulls(size, pa.float64()), {}
    wrong = bad_latitude | bad_longitude
    half = some & ~wrong & ~(has_latitude & has_longitude)
    whole = some & ~wrong & ~half
    with np.errstate(invalid="ignore"):
        outside = whole & ((np.abs(latitude) > 90) | (np.abs(longitude) > 180))  # noqa: PLR2004 - the poles and the date line
        island = whole & (latitude == 0) & (longitude == 0)
    absent = ~whole | outside | island
    masks = {"not-a-number": wrong, "half-coordinate": half, "out-of-range": outside, "null-island": island}
    problems = {reason: np.flatnonzero(mask) for reason, mask in masks.items() if mask.any()}
    return pa.array(latitude, mask=absent), pa.array(longitude, mask=absent), problems


def clean_box(edges: Sequence[Any], size: int) -> tuple[list[pa.Array], dict[str, np.ndarray]]:
    """West, south, east, north, all null where the box does not stand, and the row indices of those.

    A box whose west lies east of its east is left as it is: it crosses the antimeridian.
    """
    read = [_numbers(values, size) for values in edges]
    some = np.logical_or.reduce([present for _, present, _ in read])
    if not some.any():
        return [pa.nulls(size, pa.float64())] * 4, {}
    west, south, east, north = (numbers for numbers, _, _ in read)
    with np.errstate(invalid="ignore"):
        sound = (np.abs(west) <= 180) & (np.abs(east) <= 180) & (south >= -90) & (north <= 90) & (south <= north)  # noqa: PLR2004 - degrees
    absent = ~(some & sound)
    bad = np.flatnonzero(some & ~sound)
    return [pa.array(numbers, mask=absent) for numbers in (west, south, east, north)], ({"bad-box": bad} if bad.size else {})


def clean_times(values: Any) -> tuple[pa.Array, np.ndarray]:  # noqa: ANN401 - a list of text, or an Arrow array
    """UTC timestamps, and the row indices of what is no time. A bare number is none: its unit is not known."""
    nothing = np.empty(0, dtype=np.int64)
    try:
        array = pa.array(values, pa.string()) if isinstance(values, list) else values
    except type_error:
        return _times_one_by_one(values)
    kind = array.type
    if kind == _UTC_MICROSECONDS:
        return array, nothing
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        stamped = array if getattr(kind, "tz", None) else pc.cast(array, pa.timestamp("us"), safe=False)
        return pc.cast(stamped, _UTC_MICROSECONDS, safe=False), nothing
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return pa.nulls(len(array), _UTC_MICROSECONDS), np.flatnonzero(array.is_valid().to_numpy(zero_copy_only=False))
    try:
        return pc.cast(array, _UTC_MICROSECONDS), nothing
    except type_error:
        return _legacy_times(array)


def _legacy_times(array: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """The v1.1 way, `Wed Aug 27 13:08:45 +0000 2008`, a whole column at a time where it holds throughout."""
    if pa.types.is_string(array.type):
        try:
            naive = pc.strptime(array, format="%a %b %d %H:%M:%S +0000 %Y", unit="us")
            return pc.cast(naive, _UTC_MICROSECONDS), np.empty(0, dtype=np.int64)
        except type_error:
            pass
    return _times_one_by_one(array.to_pylist())


def _times_one_by_one(values: Sequence[Any]) -> tuple[pa.Array, np.ndarray]:
    times = [_time(value) for value in values]
    bad = [
        index for index, (value, time) in enumerate(zip(values, times, strict=True)) if time is None and not (value is None or value == "")
    ]
    return pa.array(times, _UTC_MICROSECONDS), np.array(bad, dtype=np.int64)


def _time(value: Any) -> datetime | None:  # noqa: ANN401 - whatever stood where the time should be
    if not isinstance(value, str):
        return None
    try:
        time = datetime.strptime(value, _LEGACY_TIME) if _LEGACY.match(value) else datetime.fromisoformat(value.strip())  # noqa: DTZ007 - the zone follows
    except ValueError:
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def clean_words(values: Any, known: frozenset[str], otherwise: str) -> pa.Array:  # noqa: ANN401 - a list or an Arrow array of text
    """Words of a closed list, case-folded; anything else becomes `otherwise`."""
    if isinstance(values, list):
        return pa.array([value if value in known else otherwise for value in values], pa.string())
    encoded = pc.cast(values, pa.string()).dictionary_encode()
    words = encoded.dictionary.to_pylist()
    clean = [word if word in known else otherwise for word in (word.lower() for word in words)]
    if clean == words and not encoded.null_count and values.type == pa.string():
        return values
    return pc.fill_null(pa.array(clean, pa.string()).take(encoded.indices), fill_value=otherwise)
