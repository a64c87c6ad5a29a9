"""What passes between the layers: columns with labels, measures, evidence, verdicts, findings, reports.

A rule sees a `Subject` (names, labels, thresholds) and `Evidence` (numbers). No type in this module can hold a value of the data.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from governance.errors import PolicyViolation
from governance.vocabulary import EGRESS, Family, Ground, Kind, Outcome, Status, cell_resolution, family

_DIGITS = re.compile(r"[-+]?\d+[.,]\d+|\d{3,}|8[0-9a-f]{14}")


def masked(name: str) -> str:
    """A column name as a report may show it: numbers that could be a coordinate or an id become `#`.

    >>> masked("visits_48.85_2.29"), masked("c12")
    ('visits_#_#', 'c12')
    """
    return _DIGITS.sub("#", name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A clause of the X Developer Policy, paraphrased: a row of the coverage table."""

    key: str
    chapter: str
    heading: str
    summary: str
    coverage: str
    rules: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column as the rules see it: its name, its type and what it holds; never its values."""

    name: str
    type: str = "string"
    label: str = "none"
    status: Status = Status.NONE
    found: str = "none"
    found_status: Status = Status.NONE
    tier: str = ""
    claims: str = ""
    source: str = ""
    provenance: str = ""
    reason: str = ""

    @property
    def family(self) -> Family:
        """The family of the label."""
        return family(self.label)

    @property
    def declared(self) -> bool:
        """Whether a person declared the label."""
        return self.status is Status.DECLARED

    @property
    def is_off_x_location(self) -> bool:
        """Whether this location is declared to come from off X (an office address), so the location rules leave it alone."""
        return self.family is Family.LOCATION and self.declared and self.provenance not in {"", "public_x", "unknown"}

    @property
    def is_x_location(self) -> bool:
        """Whether this column holds location that came with X Content, or may have."""
        return self.family is Family.LOCATION and not self.is_off_x_location

    @property
    def resolution(self) -> int | None:
        """The H3 resolution of a cell label."""
        return cell_resolution(self.label)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The numbers that are ours and not the policy's; a project may only make them stricter, a reviewed change loosens them."""

    minimum_people: int = 10
    finest_resolution: int = 7
    state_max_age_days: float = 7.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a rule may know of a data set before anything is measured."""

    kind: Kind
    columns: tuple[Column, ...]
    data_set: str = ""
    declared: bool = False
    post_store: bool = False
    thresholds: Thresholds = field(default_factory=Thresholds)
    as_of: date = field(default_factory=lambda: datetime.now(UTC).date())
    facts: Mapping[str, str] = field(default_factory=dict)
    """What is known besides columns, by name: `certificate` (valid | altered | unverifiable | absent), `scope`, `policy_read_at`, ..."""

    def holding(self, *labels: str) -> tuple[Column, ...]:
        """The columns whose label is one of `labels`, or starts with one that ends in a dot or a colon."""
        prefixes = tuple(label for label in labels if label.endswith((".", ":")))
        return tuple(c for c in self.columns if c.label in labels or (prefixes and c.label.startswith(prefixes)))

    @property
    def location(self) -> tuple[Column, ...]:
        """The columns that hold location of X Content."""
        return tuple(c for c in self.columns if c.is_x_location)


@dataclass(frozen=True, slots=True)
class Measure:
    """A number that a rule needs; an engine knows how to count each `what` (see governance/engines)."""

    what: str
    columns: tuple[str, ...] = ()
    bound: float | str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """The numbers an engine measured. A number that could not be measured is absent, and reading it raises `Undecided`."""

    numbers: Mapping[Measure, int]

    def __getitem__(self, measure: Measure) -> int:
        """The number, or Undecided."""
        if measure not in self.numbers:
            raise Undecided(measure.what)
        return self.numbers[measure]


class Undecided(Exception):
    """A rule could not decide: the finding is `open`, enforced as fail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a rule decided about one group of columns, in numbers and names."""

    outcome: Outcome
    message: str
    columns: tuple[str, ...] = ()
    count: int | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A small table that a rule must accept or refuse; synthetic, run by the tests and shown in the docs."""

    title: str
    kind: Kind
    columns: Mapping[str, tuple[str, list[Any]]]
    """Column name -> (label, values)."""
    facts: Mapping[str, str] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)
    thresholds: Thresholds = field(default_factory=Thresholds)
    found: Mapping[str, tuple[str, Status]] = field(default_factory=dict)
    """What the detector says of a column, where it differs from the declared label."""
    undeclared: frozenset[str] = frozenset()
    """Columns that nobody declared: their status is the detector's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One check: which numbers it needs, and what it decides from them. One pure file per rule."""

    code: str
    slug: str
    clause: str
    ground: Ground
    kinds: frozenset[Kind]
    summary: str
    decide: Callable[[Subject, Evidence], Iterable[Verdict]]
    """Verdicts other than pass; none means pass."""
    measures: Callable[[Subject], Iterable[Measure]] = lambda _subject: ()
    applies: Callable[[Subject], bool] = lambda _subject: True
    compliant: tuple[Example, ...] = ()
    violating: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A verdict with the rule and the clause it stands on; what reports, logs and ledgers carry."""

    rule: str
    name: str
    ground: Ground
    outcome: Outcome
    columns: tuple[str, ...]
    count: int | None
    message: str
    hint: str
    clause: str
    waived_by: str = ""
    baseline_until: str = ""
    """The day until which a finding that was there when the project began to be checked is recorded and not enforced."""


_SEVERITY = (Outcome.FAIL, Outcome.OPEN, Outcome.REVIEW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was checked, and what was found: counts, names and codes, never a value.

    `rules` maps each rule's code to its outcome, passes and not-applicable ones included; `findings` holds all that did not pass.
    """

    data_set: str
    kind: Kind
    scanned_rows: int
    findings: tuple[Finding, ...]
    rules: Mapping[str, Outcome]
    columns: tuple[Column, ...] = ()
    policy: Mapping[str, str] = field(default_factory=dict)
    library: str = ""
    rules_sha256: str = ""
    project_sha256: str = ""
    data_sha256: str = ""
    thresholds: Thresholds = field(default_factory=Thresholds)
    mode: str = "enforce"
    unread: Mapping[str, int] = field(default_factory=dict)
    """How many lines or values of X Content were not read, by reason (see `governance.content`)."""
    remembered: bool = False
    """Whether the evidence was kept from an earlier gate of the same bytes; the decision is always made anew."""
    entry: str = ""
    """The ledger entry that proves this check; empty where none was written."""

    @property
    def outcome(self) -> Outcome:
        """The worst outcome of all that is not waived: fail, open, review, else pass."""
        found = {f.outcome for f in self.findings if not f.waived_by}
        return next((o for o in _SEVERITY if o in found), Outcome.PASS)

    @property
    def stops(self) -> bool:
        """Whether a pipeline must stop: something stands that is not waived, not in the baseline and not in report mode."""
        standing = [f for f in self.findings if not f.waived_by and not f.baseline_until]
        return bool(standing) and (self.mode != "report" or self.kind in EGRESS)

    def enforce(self) -> "Report":
        """Return the report if nothing stops the pipeline; raise PolicyViolation on fail, review and open."""
        if self.stops:
            raise violation(self)
        return self

    def __iter__(self) -> Iterator[Finding]:
        """The findings."""
        return iter(self.findings)


def violation(report: Report) -> PolicyViolation:
    """The refusal a report stands for: rule codes, columns and counts."""
    standing = [f for f in report.findings if not f.waived_by and not f.baseline_until]
    what = "; ".join(f"{f.rule} {f.name} ({f.outcome}): {f.message}" for f in standing)
    hints = " ".join(dict.fromkeys(f.hint for f in standing if f.hint))
    return PolicyViolation(f"{report.data_set or 'data'} ({report.kind}): {what}", hints)
