"""The full scan: one vectorised pass over every row; only rows that a screen hits are looked at exactly.

Text columns meet a prefilter, and what that names one alternation of RE2 patterns. Integer columns meet a test of their bits. RE2 knows no
look-around, so the screen is wider than what it looks for; each hit is then judged by a parser. A column that is full of hits is judged on
its first ones.
"""
# ruff: noqa: PLR2004 - thresholds stand in the tests that they belong to, with the name of what they measure

import re
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

import h3
import numpy as np
import pyarrow as pa
import pyarrow.compute
import shapely
from numpy.typing import NDArray

from governance.detection.counting import ColumnCounter
from governance.detection.evidence import Hit, at_least
from governance.detection.freetext import MAP_LINK, judge_points, pairs_in
from governance.detection.gridcodes import CELL_INSIDE, PLUS
from governance.detection.persons import PERSON, emails_in
from governance.detection.prefilter import Prefilter
from governance.engines.layout import laid_out
from governance.model import Measure
from governance.rules.no_credentials_in_data import CREDENTIAL, TOKENS
from governance.vocabulary import Status

pc: Any = pyarrow.compute
"""Arrow's functions are made at run time, out of sight of a type checker."""

SCREENS = {
    "e-mail in text": r"[A-Za-z0-9_%+-]@[A-Za-z0-9-]+\.[A-Za-z]",
    "position in text": r"\d[.,]\d{3,}[^\d\n]{1,16}\d{1,3}[.,]\d{3}",
    "well-known text": r"(?i:POINT|LINESTRING|POLYGON) ?Z? ?\(+ ?-?\d",
    "plus code": r"[23456789CFGHJMPQRVWX]{8}\+[23456789CFGHJMPQRVWX]{2}",
    "H3 index": r"8[0-9a-f]{14}",
    "map link": r"geo:-?\d|!3d-?\d|/maps|openstreetmap\.org|mlat=|waze\.com",
    "degrees and minutes": r"\d° ?\d{1,2}",
    "GPS sentence": r"\$G[PNLABQ](?:GGA|RMC|GLL|GNS),",
    "phone number": r"\+\d{1,3}[ .(-]{1,2}\d{1,4}[ .)-]",
}
ALTERNATION = "|".join(f"(?:{pattern})" for pattern in (*SCREENS.values(), CREDENTIAL))
SCARCE = 16
"""More than one place to look at in so many rows, and every row is looked at: telling them apart would cost more than it saves."""
AT_ONCE = 4
"""Batches that are screened at the same time: more would hold more of the table in memory than they save time."""
CONFIRMED_ROWS = 5_000
"""Hits of one column that are looked at exactly; the rest are counted."""
_WKT = re.compile(r"(?:POINT|LINESTRING|POLYGON)\s*Z?\s*\([^)]*\)+", re.IGNORECASE)
_DMS = re.compile(r"\d{1,3}\s*°\s*\d{1,2}(?:\.\d+)?\s*['\u2032]")
_PHONE = re.compile(r"\+\d{1,3}[ .(-]{1,2}\d{1,4}[ .)-]{1,2}[\d .-]{4,14}\d")


def _plus_code(value: str) -> bool:
    from openlocationcode import openlocationcode as olc

    return any(olc.isFull(found) for found in PLUS.findall(value))


def _phone(value: str) -> bool:
    import phonenumbers

    for found in _PHONE.finditer(value):
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(found[0], None)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False


def _wkt(value: str) -> bool:
    return any(shapely.from_wkt(found[0], on_invalid="ignore") is not None for found in _WKT.finditer(value))


EXACT: dict[str, tuple[str, str, Callable[[str], object]]] = {
    "e-mail in text": (PERSON, "", lambda value: next(emails_in(value), None)),
    "well-known text": ("location.point", "T0", _wkt),
    "plus code": ("location.point", "T0", _plus_code),
    "map link": ("location.point", "T0", lambda value: MAP_LINK.search(value) and next(pairs_in(value), None)),
    "degrees and minutes": ("location.point", "T0", lambda value: len(_DMS.findall(value)) >= 2),
    "GPS sentence": ("location.point", "T0", re.compile(SCREENS["GPS sentence"]).search),
    "phone number": (PERSON, "", _phone),
}
"""What a screen hit must be to count: label, tier, and the exact test."""


@dataclass(frozen=True, slots=True, repr=False)
class Glance:
    """What one batch of one column showed: how many values were hit, and the first of them for an exact look."""

    rows: int
    hits: int = 0
    first: Sequence[Any] = ()
    credentials: int = 0


@lru_cache(maxsize=1)
def prefilter() -> Prefilter:
    """All that the screens look for, compiled once."""
    return Prefilter((*SCREENS.values(), *TOKENS))


def glance(column: pa.Array, wanted: int) -> Glance:
    """The dear part of the screen, on one batch of text: no state, and Arrow works without Python's lock."""
    column = column.cast(pa.string()) if pa.types.is_string_view(column.type) else column
    coded = isinstance(column, pa.DictionaryArray)
    rows = _matching(column.dictionary if coded else column)
    if not len(rows):
        return Glance(len(column))
    if coded:
        rows = np.flatnonzero(np.isin(column.indices.to_numpy(zero_copy_only=False), rows))
    found = column.take(pa.array(rows))
    found = found.dictionary_decode() if coded else found
    secrets = pc.sum(pc.match_substring_regex(found.cast(pa.large_string()), CREDENTIAL)).as_py() or 0
    return Glance(len(column), len(found), found.slice(0, wanted).to_pylist(), secrets)


def _matching(text: pa.Array) -> NDArray[np.intp]:
    """The rows that one of the patterns matches; nothing in digits alone does."""
    _, data = laid_out(text)
    if not len(data) or (data.min() >= ord("0") and data.max() <= ord("9")):
        return np.empty(0, np.intp)
    rows = prefilter().rows(text, most=len(text) // SCARCE)
    asked = text if rows is None else text.take(pa.array(rows))
    matched = np.flatnonzero(pc.match_substring_regex(asked, ALTERNATION).fill_null(False).to_numpy(zero_copy_only=False))
    return matched if rows is None else rows[matched]


@dataclass(repr=False)
class TextScreen:
    """What the full scan saw in one text column: counts, and decimal pairs for the place test."""

    rows: int = 0
    hits: int = 0
    looked: int = 0
    credentials: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    cells: int = 0
    valid_cells: int = 0
    pairs: list[tuple[float, float]] = field(default_factory=list)

    def glance(self, column: pa.Array) -> Glance:
        """Look at one batch; several may look at once."""
        return glance(column, CONFIRMED_ROWS - self.looked)

    def take(self, seen: Glance) -> None:
        """Count what was seen, and judge the first hits exactly."""
        self.rows += seen.rows
        self.hits += seen.hits
        self.credentials += seen.credentials
        for value in seen.first[: CONFIRMED_ROWS - self.looked]:
            self.looked += 1
            self._look(value)

    def _look(self, value: str) -> None:
        """Judge one hit exactly."""
        for name, (_, _, test) in EXACT.items():
            if test(value):
                self.counts[name] += 1
        pair = next(pairs_in(value), None)
        if pair:
            self.counts["position in text"] += 1
            self.pairs.append(pair)
        cell = CELL_INSIDE.search(value)
        if cell:
            self.cells += 1
            self.valid_cells += h3.is_valid_cell(cell[1].lower())

    def found(self) -> Iterator[Hit]:
        """What the column holds in some rows."""
        scale = self.hits / self.looked if self.looked else 0.0
        for name, count in self.counts.items():
            share = min(1.0, count * scale / max(1, self.rows))
            if name == "position in text":
                yield from self._positions(share)
            else:
                label, tier, _ = EXACT[name]
                status = Status.REVIEW if name == "phone number" and count < 3 else Status.CONFIRMED
                tests = (at_least("rows", round(count * scale), 1),)
                yield Hit(what=name, label=label, status=status, tier=tier, confidence=0.8, share=share, tests=tests)
        if self.valid_cells >= 3 and self.valid_cells > 0.5 * self.cells:
            test = at_least("share of valid H3 indexes", self.valid_cells / self.cells, 0.5)
            share = min(1.0, self.valid_cells * scale / max(1, self.rows))
            yield Hit(what="H3 index in text", label="location.derived", tier="T2", confidence=0.8, share=share, tests=(test,))

    def _positions(self, share: float) -> Iterator[Hit]:
        tests = judge_points(np.array(self.pairs)) if len(self.pairs) >= 3 else ()
        if tests:
            yield Hit(what="position in text", label="location.point", tier="T0", confidence=0.85, share=share, tests=tests)


@dataclass(repr=False)
class IntegerScreen:
    """What the full scan saw in one integer column: how many values have the bits of an H3 index."""

    rows: int = 0
    cells: int = 0
    looked: int = 0
    valid: int = 0
    resolution: int = 0

    def glance(self, column: pa.Array) -> Glance:
        """Look at one batch; several may look at once."""
        highest = pc.max(column).as_py()
        if highest is None or highest < 2**59:
            return Glance(len(column))
        values = column.drop_null().to_numpy(zero_copy_only=False).astype(np.uint64)
        shaped = values[is_cell_bits(values)]
        return Glance(len(column), len(shaped), shaped[: CONFIRMED_ROWS - self.looked].tolist())

    def take(self, seen: Glance) -> None:
        """Count what was seen, and judge the first hits exactly."""
        self.rows += seen.rows
        self.cells += seen.hits
        for value in seen.first[: CONFIRMED_ROWS - self.looked]:
            self.looked += 1
            cell = h3.int_to_str(value)
            if h3.is_valid_cell(cell):
                self.valid += 1
                self.resolution = max(self.resolution, int(h3.get_resolution(cell)))

    def found(self) -> Iterator[Hit]:
        """Cells beyond what chance explains (2 in 100,000 random integers are valid)."""
        share = self.cells / self.rows * self.valid / self.looked if self.looked else 0.0
        if self.valid >= 3 and share > 0.001:
            test = at_least("share of valid H3 indexes", share, 0.001)
            status = Status.CONFIRMED if share > 0.5 else Status.REVIEW
            label = f"location.cell:{self.resolution}"
            yield Hit(what="H3 index in some rows", label=label, status=status, tier="T2", confidence=0.7, share=share, tests=(test,))


def is_cell_bits(values: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether integers have the bits of an H3 cell: mode 1, no reserved bits, a base cell below 122, unused digits all 7.

    >>> is_cell_bits(np.array([0x871FB4662FFFFFF, 5], dtype=np.uint64)).tolist()
    [True, False]

    Notes
    -----
    Source: the H3 index layout (64 bits: reserved, mode, reserved, resolution, base cell, 15 digits of 3 bits).

    """
    mode = (values >> np.uint64(59)) & np.uint64(31)
    reserved = (values >> np.uint64(56)) & np.uint64(7)
    base = (values >> np.uint64(45)) & np.uint64(127)
    resolution = (values >> np.uint64(52)) & np.uint64(15)
    unused = np.uint64(3) * (np.uint64(15) - resolution)
    ones = (np.uint64(1) << unused) - np.uint64(1)
    return (mode == 1) & (reserved == 0) & (base < 122) & ((values & ones) == ones)


_Look = tuple[TextScreen | IntegerScreen | ColumnCounter, pa.Array]
_Seen = list[Callable[[], None]]


def _glances(parts: Iterable[_Look]) -> _Seen:
    return [_seen(screen, part) for screen, part in parts]


def _seen(screen: TextScreen | IntegerScreen | ColumnCounter, part: pa.Array) -> Callable[[], None]:
    """Look at one part, and hand back how to take what was seen."""
    taking: Any = screen.take  # each takes what it has seen itself
    return partial(taking, screen.glance(part))


class Screen:
    """The full scan of a table, batch by batch."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self.texts: dict[str, TextScreen] = defaultdict(TextScreen)
        self.integers: dict[str, IntegerScreen] = defaultdict(IntegerScreen)
        self.counters: dict[str, ColumnCounter] = defaultdict(ColumnCounter)
        self.unseen: set[str] = set()

    def over(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Screen every batch, a few at once while the next is read, and hand each on in its turn."""
        ahead = min(pa.cpu_count(), AT_ONCE)
        waiting: deque[tuple[pa.RecordBatch, Future[_Seen]]] = deque()
        with ThreadPoolExecutor(ahead) as pool:
            for batch in batches:
                waiting.append((batch, pool.submit(_glances, list(self._screens(batch)))))
                if len(waiting) > ahead:
                    yield self._taken(*waiting.popleft())
            while waiting:
                yield self._taken(*waiting.popleft())

    def _taken(self, batch: pa.RecordBatch, seen: "Future[_Seen]") -> pa.RecordBatch:
        for take in seen.result():
            take()
        return batch

    def _screens(self, batch: pa.RecordBatch) -> Iterator[_Look]:
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            yield self.counters[name], column
            yield from self._parts(name, column)

    def _parts(self, name: str, column: pa.Array) -> Iterator[tuple[TextScreen | IntegerScreen, pa.Array]]:
        """What of a column can be screened, and by which screen; what is nested in it counts as its own."""
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
            yield self.texts[name], column
        elif pa.types.is_integer(kind) and kind.bit_width == 64 and not pa.types.is_dictionary(column.type):
            yield self.integers[name], column
        elif isinstance(column, pa.ExtensionArray):
            yield from self._parts(name, column.storage)
        elif pa.types.is_struct(kind):
            for part in column.flatten():
                yield from self._parts(name, part)
        elif pa.types.is_map(kind):
            yield from self._parts(name, column.keys)
            yield from self._parts(name, column.items)
        elif pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
            yield from self._parts(name, column.flatten())
        elif "string" in str(kind):
            self.unseen.add(name)

    def credentials(self, name: str) -> int | None:
        """How many values of a column look like a key or token, at any depth; None where the screen can't look into all of them."""
        if name in self.unseen:
            return None
        return self.texts[name].credentials if name in self.texts else 0

    def measured(self, name: str) -> dict[Measure, int]:
        """What the rules may ask of a column, as far as it was counted; nothing of a table without rows."""
        return self.counters[name].measured(name) if name in self.counters else {}

    def found(self, name: str) -> Iterator[Hit]:
        """What the scan saw in a column."""
        for screens in (self.texts, self.integers):
            if name in screens:
                yield from screens[name].found()
