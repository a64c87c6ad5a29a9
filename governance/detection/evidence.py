"""What the detector says of a column: tests with their numbers, hits, and the verdict. No type here can hold a value of the data."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from governance.detection.headers import tokens, words
from governance.model import Column, Measure
from governance.vocabulary import Family, Status, family

_VALUES = re.compile(
    r"[^\s@/=]+@[^\s@/=]+\.\w+|[-+]?\d+[.,]\d{2,}|\b8[0-9a-f]{14}\b|\d{5,}|[23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{2,3}",
    re.IGNORECASE,
)
_ORDER = {Status.CONFIRMED: 2, Status.REVIEW: 1}
MINIMUM = 10
"""The fewest rows that are counted exactly where no project says otherwise."""
_STRICT = {Family.LOCATION: 3, Family.OFF_X: 2, Family.X: 1}


def shown(name: str) -> str:
    """A name as a finding may show it: what could be a coordinate, an id, a cell or an e-mail address becomes `#`.

    >>> shown("visits/lat=48.8584/user=jo@example.org"), shown("sales_2024")
    ('visits/lat=#/user=#', 'sales_2024')
    """
    return _VALUES.sub("#", name)


def shown_path(path: str) -> str:
    """The path of a nested leaf as a finding may show it: keys that are words of ours stay, any other may be a value.

    >>> shown_path(".geo.coordinates[0]"), shown_path(".someone.lat")
    ('.geo.coordinates[0]', '.#.lat')
    """
    return re.sub(r"[^.\[\]{}+*]+", lambda part: part[0] if part[0].isdigit() and len(part[0]) == 1 else _word(part[0]), path)


def _word(key: str) -> str:
    return key if tokens(key) and set(tokens(key)) <= words() else "#"


@dataclass(frozen=True, slots=True)
class Test:
    """One test of a column: what was measured, against which threshold, and whether it passed."""

    name: str
    statistic: float
    threshold: float
    passed: bool

    __test__ = False  # not a test case of pytest


def at_least(name: str, statistic: float, threshold: float) -> Test:
    """A test that passes from the threshold on.

    >>> at_least("share of valid cells", 0.98, 0.9).passed
    True
    """
    return Test(name, round(float(statistic), 4), threshold, bool(statistic >= threshold))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One thing a column may hold, with the evidence: its header and its values are told apart."""

    what: str
    label: str
    status: Status = Status.CONFIRMED
    tier: str = ""
    confidence: float = 0.9
    header: bool = False
    values: bool = True
    tests: tuple[Test, ...] = ()
    share: float = 1.0
    path: str = ""

    @property
    def family(self) -> Family:
        """The family of the label."""
        return family(self.label)

    @property
    def rank(self) -> tuple[int, float, int, float]:
        """Confirmed before review, whole columns before rare hits, then the stricter family, then the surer."""
        dense = 1.0 if self.share >= DENSE else 0.0
        return _ORDER.get(self.status, 0), dense, _STRICT.get(self.family, 0), self.confidence


DENSE = 0.3
"""From this share of rows on a column is what was found in it; below, it holds some of it."""


def _band(count: int, minimum: int) -> int | str:
    return f"<{minimum}" if 0 < count < minimum else count


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Detected:
    """What one column holds, and why.

    Attributes
    ----------
    column
        Name of the column as the table has it (a report shows `shown(column)`).
    type
        Its type, as text.
    hits
        Everything found, best first; empty if nothing was.
    rows_hit, rows_scanned, rows_sampled
        Rows that the best hit stands on, rows that were screened (all of them), and rows whose values the recognisers looked at.
    credentials
        Values that look like a key or token, among all rows and at any depth; None where nobody has looked at all of them.
    measured
        What was counted of all rows on the way, for the rules.

    """

    column: str
    type: str
    hits: tuple[Hit, ...] = ()
    rows_hit: int = 0
    rows_scanned: int = 0
    rows_sampled: int = 0
    credentials: int | None = None
    measured: Mapping[Measure, int] = field(default_factory=dict)
    companions: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """What it says, its name masked."""
        return f"Detected(column={shown(self.column)!r}, holds={self.holds!r}, status={str(self.status)!r}, tier={self.tier!r})"

    @property
    def best(self) -> Hit | None:
        """The hit that names the column."""
        return self.hits[0] if self.hits else None

    @property
    def holds(self) -> str:
        """The label."""
        return self.best.label if self.best else "none"

    @property
    def family(self) -> Family:
        """The family of the label."""
        return family(self.holds)

    @property
    def status(self) -> Status:
        """How sure it is."""
        return self.best.status if self.best else Status.NONE

    @property
    def tier(self) -> str:
        """How fine a location is: T0 (under 11 m) to T5 (a country); empty for other families."""
        return self.best.tier if self.best else ""

    def as_column(self) -> Column:
        """The column as the rules see it."""
        return Column(
            name=self.column,
            type=self.type,
            label=self.holds,
            status=self.status,
            found=self.holds,
            found_status=self.status,
            tier=self.tier,
        )

    def as_json(self, minimum: int = MINIMUM) -> dict[str, Any]:
        """The column as JSON: names masked, numbers only, small counts and what they could be told from as bands such as `<10`."""
        return {
            "column": shown(self.column),
            "holds": self.holds,
            "family": str(self.family),
            "tier": self.tier,
            "status": str(self.status),
            "type": self.type,
            "rows_hit": _band(self.rows_hit, minimum),
            "rows_scanned": self.rows_scanned,
            "rows_sampled": _band(self.rows_sampled, minimum),
            "companions": [shown(name) for name in self.companions],
            "evidence": [
                asdict(hit)
                | {"family": str(hit.family), "path": hit.path, "status": str(hit.status), "share": self._share(hit.share, minimum)}
                for hit in self.hits
            ],
        }

    def _share(self, share: float, minimum: int) -> float | str:
        """A share, or a band where rows under the minimum could be counted from it."""
        rows = self.rows_scanned
        return f"<{min(minimum / rows, 1):.2g}" if 0 < share * rows < minimum else round(share, 4)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Detection:
    """What each column of a data set holds; iterable, never a value in it."""

    data_set: str
    columns: tuple[Detected, ...]
    scanned_rows: int = 0
    total_rows: int = 0
    outside_rows: tuple[Mapping[str, Any], ...] = ()
    """What the file holds besides its rows, as JSON: channel, masked place, count, family."""
    minimum_people: int = MINIMUM
    """Counts below it are shown as bands."""

    def __repr__(self) -> str:
        """The columns, names masked."""
        return f"Detection({shown(self.data_set)!r}, {list(self.columns)!r})"

    def __iter__(self) -> Iterator[Detected]:
        """The columns, in the order of the table."""
        return iter(self.columns)

    def __getitem__(self, name: str) -> Detected:
        """The column of that name."""
        for column in self.columns:
            if column.column == name:
                return column
        raise KeyError(shown(name))

    @property
    def found(self) -> tuple[Detected, ...]:
        """The columns that hold something."""
        return tuple(c for c in self.columns if c.status is not Status.NONE)

    def to_json(self) -> dict[str, Any]:
        """The detection as JSON, in the shape that the command line prints."""
        return {
            "data_set": shown(self.data_set),
            "columns": [column.as_json(self.minimum_people) for column in self.columns],
            "scanned_rows": self.scanned_rows,
            "total_rows": self.total_rows,
            "outside_rows": [{**one, "count": _band(one["count"], self.minimum_people)} for one in self.outside_rows],
        }


Found = dict[str, list[Hit]]
"""Hits by the path of the leaf they are about."""


def ranked(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """The hits, best first, one of each kind and place."""
    best: dict[tuple[str, str], Hit] = {}
    for hit in hits:
        key = (hit.what, hit.path)
        if key not in best or hit.rank > best[key].rank:
            best[key] = hit
    return tuple(sorted(best.values(), key=lambda h: h.rank, reverse=True))
