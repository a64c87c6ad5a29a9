"""A table as leaves: every column, and every path inside JSON text, lists, structs and maps, as numbers, text or bytes, row by row."""
# ruff: noqa: PLR2004 - thresholds stand in the tests that they belong to, with the name of what they measure

import ast
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from governance.detection.degrees import read_degrees, written_degrees
from governance.detection.headers import Header, header

Floats = NDArray[np.float64]

DISTINCT = 500
"""Distinct values of a text column that the recognisers look at."""
NESTED_ROWS = 1500
PATHS = 120
DECIMAL = re.compile(r"\s*[-+\u2212]?\d{1,9}[.,]\d+\s*")
INTEGER = re.compile(r"\s*[-+]?\d{1,20}\s*")
_LISTS = (list, tuple)
_NESTED = (dict, list)
VALUE_KEY = re.compile(r"\d{3,}|\d[.,]\d|@|^8[0-9a-f]{14}$")


@dataclass(repr=False)
class Numbers:
    """A leaf of numbers, row by row; NaN where there is none.

    Attributes
    ----------
    path
        Column name, with the path of a nested leaf.
    order
        Position among the leaves: neighbours are likelier partners.
    floats
        The numbers, shape (rows,).
    integers
        The same numbers exactly, without the missing ones, if all are integers.
    decimals
        Median count of decimals.
    pair
        Name of the list that this leaf is the first or second item of; such leaves are partners by construction.

    """

    path: str
    order: int
    floats: Floats
    integers: list[int] | None
    decimals: float
    pair: str = ""

    @cached_property
    def header(self) -> Header:
        """What the name says."""
        return header(self.path)

    @cached_property
    def finite(self) -> Floats:
        """The numbers that are there."""
        return self.floats[np.isfinite(self.floats)]

    @cached_property
    def reach(self) -> float:
        """The largest magnitude; 0 of nothing."""
        return float(np.abs(self.finite).max()) if len(self.finite) else 0.0


@dataclass(repr=False)
class Text:
    """A leaf of text: the rows, and a sample of the distinct values in an order of no meaning."""

    path: str
    order: int
    rows: list[str | None]
    numeric: bool = False

    @cached_property
    def header(self) -> Header:
        """What the name says."""
        return header(self.path)

    @cached_property
    def filled(self) -> list[str]:
        """The rows that hold something."""
        return [row for row in self.rows if row and not row.isspace()]

    @cached_property
    def values(self) -> list[str]:
        """Distinct values, without spaces around them."""
        distinct = list(dict.fromkeys(row.strip() for row in self.filled))
        if len(distinct) <= DISTINCT:
            return distinct
        chosen = np.random.default_rng(0).permutation(len(distinct))[:DISTINCT]
        return [distinct[i] for i in chosen]

    @cached_property
    def lengths(self) -> set[int]:
        """The lengths of the values."""
        return {len(value) for value in self.values}

    @cached_property
    def median_length(self) -> float:
        """The median length."""
        return float(np.median([len(value) for value in self.values])) if self.values else 0.0

    def share(self, test: Callable[[str], Any]) -> float:
        """Share of the distinct values that pass a test."""
        return sum(bool(test(value)) for value in self.values) / len(self.values) if self.values else 0.0


@dataclass(repr=False)
class Blob:
    """A leaf of bytes."""

    path: str
    order: int
    values: list[bytes]

    @cached_property
    def header(self) -> Header:
        """What the name says."""
        return header(self.path)


@dataclass(repr=False)
class Times:
    """A leaf of times, in milliseconds since 1970; NaN where there is none."""

    path: str
    order: int
    milliseconds: Floats


@dataclass(repr=False)
class Leaves:
    """All leaves of a table."""

    numbers: list[Numbers] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    blobs: list[Blob] = field(default_factory=list)
    times: list[Times] = field(default_factory=list)
    keys: dict[str, set[str]] = field(default_factory=dict)
    """Column -> names of the keys inside its JSON objects and structs."""

    @property
    def count(self) -> int:
        """How many leaves there are."""
        return len(self.numbers) + len(self.texts) + len(self.blobs) + len(self.times)


def leaves_of(table: pa.Table) -> Leaves:
    """The leaves of a table, in the order of its columns.

    >>> found = leaves_of(pa.table({"geo": [{"lat": 1.25, "lon": 2.5}]}))
    >>> [leaf.path for leaf in found.numbers]
    ['geo.lat', 'geo.lon']
    """
    found = Leaves()
    for name in table.column_names:
        _add_array(found, name, table.column(name).combine_chunks())
    return found


def _add_array(found: Leaves, name: str, array: Any) -> None:  # noqa: ANN401 - pyarrow's arrays have no useful common type
    """Sort one column into the leaves."""
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    kind = array.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        _add_numbers(found, name, array)
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        _add_text(found, name, array.to_pylist())
    elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind) or pa.types.is_binary_view(kind):
        found.blobs.append(Blob(name, found.count, [value for value in array.to_pylist() if value][:DISTINCT]))
    elif pa.types.is_timestamp(kind):
        since = array.cast(pa.timestamp("ms", tz=kind.tz), safe=False).cast(pa.int64()).cast(pa.float64(), safe=False)
        found.times.append(Times(name, found.count, np.asarray(since.to_numpy(zero_copy_only=False), dtype=float)))
    elif pa.types.is_nested(kind):
        objects = array[:NESTED_ROWS].to_pylist()
        _add_objects(found, name, [dict(o) if o else None for o in objects] if pa.types.is_map(kind) else objects)


def _add_numbers(found: Leaves, name: str, array: Any, pair: str = "") -> None:  # noqa: ANN401 - see above
    """One column of numbers."""
    integers = [int(v) for v in array.to_pylist() if v is not None] if pa.types.is_integer(array.type) else None
    if pa.types.is_float16(array.type):
        array = array.cast(pa.float32())
    floats = np.asarray(array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=float)
    text = array.to_numpy(zero_copy_only=False) if pa.types.is_float32(array.type) else floats
    found.numbers.append(Numbers(name, found.count, floats, integers, 0.0 if integers else decimals_of(text), pair))


def decimals_of(values: Any) -> float:  # noqa: ANN401 - an array of either float width
    """Median count of decimals of the first 200 numbers."""
    counts = []
    for value in values[np.isfinite(values)][:200]:
        digits = str(value)
        counts.append(len(digits.split(".")[1]) if "." in digits and "e" not in digits and not digits.endswith(".0") else 0)
    return float(np.median(counts)) if counts else 0.0


def _add_text(found: Leaves, name: str, rows: list[str | None]) -> None:
    """One column of text; numbers written as text become numbers as well, JSON its leaves."""
    leaf = Text(name, found.count, rows)
    found.texts.append(leaf)
    values = leaf.values
    if not values:
        return
    if all(DECIMAL.fullmatch(v) or INTEGER.fullmatch(v) for v in values) and sum("." in v or "," in v for v in values) > len(values) / 2:
        leaf.numeric = True
        floats = np.array([_number(row) for row in rows])
        places = float(np.median([len(re.split("[.,]", v)[1]) if re.search("[.,]", v) else 0 for v in values]))
        found.numbers.append(Numbers(name, leaf.order, floats, None, places))
    elif all(INTEGER.fullmatch(v) for v in values):
        integers = [whole for row in leaf.filled if (whole := _whole(row)) is not None]
        found.numbers.append(Numbers(name, leaf.order, np.array([_number(row) for row in rows]), integers, 0.0))
    elif written_degrees(values):
        floats = read_degrees(rows)
        if np.isfinite(floats).sum() >= 0.9 * len(leaf.filled):
            found.numbers.append(Numbers(name, leaf.order, floats, None, 5.0))
    elif sum(v[:1] in "{[(" for v in values) > 0.8 * len(values):
        _add_objects(found, name, [_parsed(row) for row in rows[:NESTED_ROWS]])


def _whole(row: str) -> int | None:
    """A whole number; None for anything else, which a row beyond the sample may hold."""
    try:
        return int(row) if INTEGER.fullmatch(row) else None
    except ValueError:  # not every space is one to Python
        return None


def _number(row: str | None) -> float:
    """A number with a decimal point or comma; NaN otherwise."""
    try:
        return float(row.replace(",", ".").replace("\u2212", "-")) if row else np.nan
    except ValueError:
        return np.nan


def _parsed(row: str | None) -> Any:  # noqa: ANN401 - JSON
    """The JSON in a text, or the Python literal that a careless export left; None if it holds neither."""
    if not row:
        return None
    try:
        return json.loads(row)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(row.strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def _add_objects(found: Leaves, name: str, objects: list[Any]) -> None:
    """The leaves inside nested values, as columns of their own."""
    paths: dict[str, dict[int, Any]] = {}
    pairs: set[str] = set()
    names: set[str] = set()
    for row, thing in enumerate(objects):
        for path, value, paired in walk(thing, name):
            if paired:
                pairs.add(path.rsplit("[", 1)[0])
            paths.setdefault(path, {})[row] = value
        if isinstance(thing, _NESTED):
            names.update(_key_names(thing))
    found.keys[name] = names
    for path, by_row in list(paths.items())[:PATHS]:
        column = [by_row.get(row) for row in range(len(objects))]
        parent = path.rsplit("[", 1)[0]
        _add_leaf(found, path, column, parent if parent in pairs else "")


def _add_leaf(found: Leaves, path: str, column: list[Any], pair: str) -> None:
    """One nested leaf, if its values are of one kind."""
    kinds = {type(value) for value in column if value is not None}
    if kinds and kinds <= {int, float}:
        floats = np.array([np.nan if value is None else _float(value) for value in column])
        integers = [value for value in column if value is not None] if kinds == {int} else None
        found.numbers.append(Numbers(path, found.count, floats, integers, 0.0 if integers else decimals_of(floats), pair))
    elif kinds == {str}:
        _add_text(found, path, column)
    elif kinds == {bytes}:
        found.blobs.append(Blob(path, found.count, [value for value in column if value]))


def _float(value: float) -> float:
    """A number of JSON, whose integers may be greater than any float."""
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf


def walk(thing: Any, path: str) -> Iterator[tuple[str, Any, bool]]:  # noqa: ANN401 - JSON
    """Each leaf of a nested value: its path, its value, and whether it is half of a pair of numbers.

    A key that could be a value itself (an id, a coordinate) is told apart: it stands in the path as `*` and is a leaf of `path{}`.

    >>> list(walk({"box": [1.5, 2.5]}, "place"))
    [('place.box[0]', 1.5, True), ('place.box[1]', 2.5, True)]
    """
    if isinstance(thing, dict):
        for key, value in thing.items():
            if VALUE_KEY.search(str(key)):
                yield f"{path}{{}}", str(key), False
                yield from walk(value, f"{path}.*")
            else:
                yield from walk(value, f"{path}.{key}")
    elif isinstance(thing, _LISTS):
        if len(thing) in {2, 3, 4, 6} and all(isinstance(x, int | float) and not isinstance(x, bool) for x in thing):
            far = len(thing) // 2 if len(thing) > 3 else 0  # a box is known by its middle
            yield f"{path}[0]", (thing[0] + thing[far]) / 2 if far else thing[0], True
            yield f"{path}[1]", (thing[1] + thing[far + 1]) / 2 if far else thing[1], True
        else:
            for item in thing[:5]:
                yield from walk(item, path if not isinstance(item, list) else f"{path}[]")
    elif thing is not None:
        yield path, thing, False


def _key_names(thing: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    """The names of keys, all levels down."""
    if isinstance(thing, dict):
        for key, value in thing.items():
            yield str(key)
            yield from _key_names(value)
    elif isinstance(thing, _LISTS):
        for item in thing[:5]:
            yield from _key_names(item)
