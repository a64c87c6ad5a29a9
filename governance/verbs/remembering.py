"""What a gate measured of a file, kept for the next gate of the same bytes: labels, statuses and numbers, never a verdict, never a value.

A row of the register `evidence` stands under a keyed digest of all that decides what would be measured: the SHA-256 of the file's bytes,
how and where it is read, its columns and their types, and the versions of the library, its detector, its rules and its readers. Columns are
numbered, so that no name of one is kept. Whatever can't be read, or was made of anything else, is measured again.
"""

import hashlib
import hmac
import json
import logging
import os
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import msgspec

import governance
from governance.detection import Detected, detect_source
from governance.detection.evidence import Hit, Test
from governance.engines import DuckTable
from governance.errors import BadRequest, PolicyViolation
from governance.ledger import Ledger, Register
from governance.model import Measure, masked
from governance.rules import rules_sha256
from governance.vocabulary import Status

REGISTER = "evidence"
KEPT = 256
"""Measurements that are kept; beyond them the oldest quarter is erased."""
ENVIRONMENT = "GOVERNANCE_REMEMBER"
_OFF = frozenset({"0", "no", "off", "false"})
_ON = frozenset({"", "1", "yes", "on", "true"})
_READERS = (
    "duckdb",
    "email-validator",
    "h3",
    "hyperscan",
    "lat-lon-parser",
    "maidenhead",
    "mercantile",
    "mgrs",
    "numpy",
    "openlocationcode",
    "openpyxl",
    "pandas",
    "phonenumbers",
    "pillow",
    "polyline",
    "pyarrow",
    "pygeohash",
    "pynmea2",
    "pyproj",
    "s2sphere",
    "scipy",
    "shapely",
)
"""What reads and recognises beside our own code."""
_log = logging.getLogger("governance")


class _Test(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    statistic: float
    threshold: float
    passed: bool


class _Hit(msgspec.Struct, forbid_unknown_fields=True):
    what: str
    label: str
    status: Status
    tier: str
    confidence: float
    header: bool
    values: bool
    tests: tuple[_Test, ...]
    share: float
    path: str


class _Column(msgspec.Struct, forbid_unknown_fields=True):
    hits: tuple[_Hit, ...]
    rows_hit: int
    rows_sampled: int
    credentials: int | None
    companions: tuple[int, ...]


class _Number(msgspec.Struct, forbid_unknown_fields=True):
    what: str
    columns: tuple[int, ...]
    bound: float | str | None
    count: int


class _Kept(msgspec.Struct, forbid_unknown_fields=True):
    about: str
    rows: int
    columns: tuple[_Column, ...]
    numbers: tuple[_Number, ...]


class Memory:
    """The evidence of earlier gates over one table.

    Parameters
    ----------
    table
        The table that is checked.
    ledger
        Where evidence is kept; None keeps and finds nothing.

    """

    def __init__(self, table: DuckTable, ledger: Ledger | None) -> None:
        """Look whether these bytes were measured before; if so the table learns the numbers."""
        self._table = table
        self._register = ledger.register(REGISTER) if ledger is not None and table.made_by and remembers() else None
        self._seen = table.state() if self._register is not None else ()  # before the digest: what comes later is noticed
        self._sha256 = table.fingerprint() if self._register is not None else ""
        self._about = _about(table, self._sha256, ledger) if ledger is not None and self._register is not None else ""
        kept = self._found()
        self._detected = _detected(table, kept) if kept is not None else None
        if kept is not None:
            table.learn(_numbers(table, kept), rows=kept.rows)
        self._known = set(table.learned) if kept is not None else None

    def detect(self, table: DuckTable) -> tuple[Detected, ...]:
        """What each column holds: as it was found before, else by looking at every row."""
        if self._detected is None:
            self._detected = detect_source(table)
        return self._detected

    def keep(self) -> bool:
        """Keep what was measured this time, if anything was; returns whether all of it was remembered.

        Raises
        ------
        PolicyViolation
            The file changed since its fingerprint was taken, if only for a while: what was found may not be what is there.

        """
        if self._register is None or self._detected is None:
            return False
        if self._changed():
            name = self._table.paths[0].name
            raise PolicyViolation(f"{masked(name)}: the data changed while it was checked.", "let its writer finish before the gate.")
        if self._known is not None and self._known >= set(self._table.learned):
            return True
        self._register.put(self._about, msgspec.to_builtins(_kept(self._table, self._detected, self._about)))
        _forget(self._register)
        return False

    def _changed(self) -> bool:
        """Whether anything else stood behind the table's paths since its fingerprint was taken."""
        try:
            return self._table.state() != self._seen or self._table.fingerprint() != self._sha256
        except OSError:
            return True

    def _found(self) -> _Kept | None:
        """The row of this table; None where there is none, it can't be read, or it is about anything else."""
        if self._register is None:
            return None
        try:
            row = self._register.get(self._about)
            if row is None:
                return None
            kept = msgspec.convert(row, _Kept)
        except (BadRequest, ValueError):  # msgspec.ValidationError is a ValueError
            kept = None
        if kept is not None and _fits(kept, self._about, len(self._table.columns)):
            return kept
        _log.warning("a row of the register `%s` was changed or can't be read: the data is measured again.", REGISTER)
        return None


def remembers() -> bool:
    """Whether measurements are kept and used; GOVERNANCE_REMEMBER=no switches both off."""
    word = os.environ.get(ENVIRONMENT, "").strip().lower()
    if word not in _OFF | _ON:
        raise BadRequest(f"{ENVIRONMENT} is neither yes nor no.", "set it to yes or no, or unset it.")
    return word in _ON


@lru_cache(maxsize=1)
def made_with() -> tuple[str, ...]:
    """All code that measures, by versions and digests: other code may find something else in the same bytes."""
    whole = hashlib.sha256()
    for part in ("detection", "engines", "vocabulary.py"):
        place = Path(governance.__file__).parent / part
        for file in sorted(f for f in place.rglob("*") if f.is_file() and f.suffix != ".pyc") if place.is_dir() else [place]:
            whole.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return (governance.__version__, rules_sha256(), whole.hexdigest(), *(f"{name} {version(name)}" for name in _READERS))


def _about(table: DuckTable, sha256: str, ledger: Ledger) -> str:
    """A keyed digest of all that decides what would be measured."""
    places = [str(path.resolve()) for path in table.paths]
    whole = json.dumps([sha256, table.made_by, places, table.columns, made_with()])
    return hmac.new(ledger.subkey("evidence"), whole.encode(), hashlib.sha256).hexdigest()


def _fits(kept: _Kept, about: str, columns: int) -> bool:
    """Whether a row is about this table, and speaks of columns that it has."""
    named = {at for column in kept.columns for at in column.companions} | {at for number in kept.numbers for at in number.columns}
    counts = (kept.rows, *(number.count for number in kept.numbers))
    return kept.about == about and len(kept.columns) == columns and named <= set(range(columns)) and min(counts) >= 0


def _kept(table: DuckTable, detected: tuple[Detected, ...], about: str) -> _Kept:
    at = {name: number for number, (name, _) in enumerate(table.columns)}
    columns = tuple(
        _Column(
            hits=tuple(_hit(hit) for hit in one.hits),
            rows_hit=one.rows_hit,
            rows_sampled=one.rows_sampled,
            credentials=one.credentials,
            companions=tuple(at[name] for name in one.companions),
        )
        for one in detected
    )
    numbers = tuple(_Number(m.what, tuple(at[name] for name in m.columns), m.bound, count) for m, count in table.learned.items())
    return _Kept(about=about, rows=table.row_count, columns=columns, numbers=numbers)


def _hit(hit: Hit) -> _Hit:
    tests = tuple(_Test(test.name, float(test.statistic), float(test.threshold), bool(test.passed)) for test in hit.tests)
    share, confidence = float(hit.share), float(hit.confidence)
    facts = {name: getattr(hit, name) for name in ("what", "label", "status", "tier", "header", "values", "path")}
    return _Hit(**facts, tests=tests, share=share, confidence=confidence)


def _detected(table: DuckTable, kept: _Kept) -> tuple[Detected, ...]:
    names = [name for name, _ in table.columns]
    return tuple(
        Detected(
            column=name,
            type=kind,
            hits=tuple(_as_hit(hit) for hit in one.hits),
            rows_hit=one.rows_hit,
            rows_scanned=kept.rows,
            rows_sampled=one.rows_sampled,
            credentials=one.credentials,
            companions=tuple(names[at] for at in one.companions),
        )
        for (name, kind), one in zip(table.columns, kept.columns, strict=True)
    )


def _as_hit(hit: _Hit) -> Hit:
    facts = msgspec.structs.asdict(hit)
    return Hit(**facts | {"tests": tuple(Test(**msgspec.structs.asdict(test)) for test in hit.tests)})


def _numbers(table: DuckTable, kept: _Kept) -> dict[Measure, int]:
    names = [name for name, _ in table.columns]
    return {Measure(one.what, tuple(names[at] for at in one.columns), one.bound): one.count for one in kept.numbers}


def _forget(register: Register) -> None:
    """Erase the oldest rows beyond the bound."""
    if len(register) <= KEPT:
        return
    try:
        keys = list(dict.fromkeys(key for key, _ in register.items()))
    except BadRequest:
        _log.warning("the register `%s` can't be shortened: run `governance ledger verify`.", REGISTER)
        return
    for key in keys[: len(keys) - KEPT + KEPT // 4]:
        register.erase(key)
