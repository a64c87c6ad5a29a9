"""Facts: where each column of the off-X records comes from, and whether it may be compared for a purpose.

A fact is declared per column or per source, or row by row in a provenance column. Everything that can be decided from the declarations is
decided here, once per column and provenance word; what differs from row to row (relationships) is left to the plan.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from types import MappingProxyType

from governance.matching.reasons import PROVENANCE_REASON, REASONS
from governance.project import DataSet, Expectation, Project, Source
from governance.vocabulary import MatchBasis, Provenance

_ORDER = list(Provenance)
_BASIS: Mapping[Provenance, str] = MappingProxyType(
    {
        Provenance.SELF_PROVIDED: MatchBasis.SELF_PROVIDED.value,
        Provenance.PUBLIC_RESOURCE: MatchBasis.PUBLIC_DATA.value,
        Provenance.PUBLIC_X: MatchBasis.PUBLIC_DATA.value,
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FactGround:
    """Whether a column may be compared where its provenance reads one way.

    `refusal` is the code of the first check that fails, empty if the value may be compared; `direct` says that the person gave the value,
    so that a relationship must stand in the row too, where rows carry one.
    """

    provenance: Provenance
    refusal: str = ""
    basis: str = ""
    evidence: tuple[str, ...] = ()
    valid_until: datetime | None = None
    direct: bool = False

    @property
    def rank(self) -> int:
        """The place of the provenance, the best first."""
        return _ORDER.index(self.provenance)


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One origin a value goes back to."""

    provenance: Provenance
    source: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a data set declares of its columns, read for one purpose at one moment."""

    project: Project
    data_set: DataSet | None
    purpose: str
    moment: datetime
    cache: dict[tuple[str, str], FactGround] = field(default_factory=dict)

    def attribute(self, column: str) -> str:
        """The label an expectation or a consent names for this column: what it claims to be, else what it holds."""
        declared = self.data_set.columns.get(column) if self.data_set else None
        return (declared.claims or declared.holds) if declared else "off_x.attribute"

    @property
    def words(self) -> tuple[str, ...]:
        """What a cell of the provenance column may say; without such a column the one empty word."""
        if self.data_set is None or not self.data_set.provenance_column:
            return ("",)
        return tuple(dict.fromkeys([*(p.value for p in Provenance), *self.project.sources]))

    def ground(self, column: str, word: str = "") -> FactGround:
        """Whether the column may be compared in a row whose provenance column says `word`."""
        if (column, word) not in self.cache:
            self.cache[column, word] = self._decide(column, word)
        return self.cache[column, word]

    def _decide(self, column: str, word: str) -> FactGround:
        leaves = tuple(dict.fromkeys(self._leaves(column, word, ())))
        worst = max(leaves, key=lambda leaf: _ORDER.index(leaf.provenance)) if leaves else _Leaf(Provenance.UNKNOWN)
        if worst.provenance in PROVENANCE_REASON:
            return FactGround(provenance=worst.provenance, refusal=PROVENANCE_REASON[worst.provenance].code)
        direct = any(leaf.provenance is Provenance.SELF_PROVIDED for leaf in leaves)
        related = all(self._related(leaf) for leaf in leaves if leaf.provenance is Provenance.SELF_PROVIDED)
        expectation = self._expectation(worst, self.attribute(column))
        refusals = [code for leaf in leaves for code in self._refusals(leaf)]
        refusals += [_ASSESSED[self._standing(expectation)]] if self._standing(expectation) != "expected" else []
        refusals += ["NO_DIRECT_RELATIONSHIP"] if direct and not related else []
        return FactGround(
            provenance=worst.provenance,
            refusal=min(refusals, key=lambda code: REASONS[code].number, default=""),
            basis=_BASIS[worst.provenance],
            evidence=(*(item for leaf in leaves for item in self._evidence(leaf)), *_cited(expectation)),
            valid_until=min(self._ends(leaves, expectation), default=None),
            direct=direct,
        )

    def _leaves(self, column: str, word: str, seen: tuple[str, ...]) -> Iterator[_Leaf]:
        """Every origin of a column: its own, its row's, and those of the columns and sources it is derived from."""
        declared = self.data_set.columns.get(column) if self.data_set else None
        if declared is None or self.data_set is None or column in seen:
            yield _Leaf(Provenance.UNKNOWN)
            return
        source = declared.source or self.data_set.source
        if declared.provenance:
            yield _Leaf(declared.provenance, source)
        if source:
            yield from self._source_leaves(source, ())
        if self.data_set.provenance_column:
            yield from self._word_leaves(word, source)
        for parent in declared.derived_from:
            yield from self._leaves(parent, word, (*seen, column))
        if not (declared.provenance or source or self.data_set.provenance_column or declared.derived_from):
            yield _Leaf(Provenance.UNKNOWN)

    def _word_leaves(self, word: str, source: str) -> Iterator[_Leaf]:
        if word in self.project.sources:
            yield from self._source_leaves(word, ())
        else:
            yield _Leaf(Provenance(word) if word in set(Provenance) else Provenance.UNKNOWN, source)

    def _source_leaves(self, name: str, seen: tuple[str, ...]) -> Iterator[_Leaf]:
        source = self.project.sources.get(name)
        if source is None or name in seen:
            yield _Leaf(Provenance.UNKNOWN)
            return
        yield _Leaf(source.provenance, name)
        for parent in source.parents:
            yield from self._source_leaves(parent, (*seen, name))

    def _source(self, leaf: _Leaf) -> Source | None:
        return self.project.sources.get(leaf.source)

    def _related(self, leaf: _Leaf) -> bool:
        """Whether a direct relationship is declared (by the source, or row by row) and stands at the moment; a day counts as a whole."""
        source = self._source(leaf)
        by_row = relation_columns(self.data_set)["since"] is not None
        if source is None:
            return by_row
        if not source.relationship and not by_row:
            return False
        begun = source.relationship_since is None or _day_after(source.relationship_since) <= self.moment
        return begun and (source.relationship_until is None or self.moment < _start(source.relationship_until))

    def _refusals(self, leaf: _Leaf) -> Iterator[str]:
        source = self._source(leaf)
        if source and source.valid_until and self.moment >= _start(source.valid_until):
            yield "FACT_STALE"
        if leaf.provenance is Provenance.PUBLIC_RESOURCE and not (source and _is_public(source, self.moment.date())):
            yield "PUBLIC_RESOURCE_UNPROVEN"

    def _expectation(self, leaf: _Leaf, attribute: str) -> Expectation | None:
        """The reviewed row that stands at the moment: the most favourable purpose of collection, of each the latest review."""
        source = self._source(leaf)
        wanted = source.collected_for if source else ()
        public = leaf.provenance is not Provenance.SELF_PROVIDED
        latest: dict[str, Expectation] = {}
        for row in self.project.expectations:
            same = (row.provenance, row.attribute, row.purpose) == (leaf.provenance, attribute, self.purpose)
            collected = row.collected_for in wanted or (not wanted and (public or not row.collected_for))
            if same and collected and row.reviewed_at <= self.moment.date():
                known = latest.get(row.collected_for)
                latest[row.collected_for] = row if known is None or _later(row, known) else known
        ranked = sorted(latest.values(), key=lambda row: _FAVOUR[self._standing(row)])
        return (ranked[0] if wanted else ranked[-1]) if ranked else None

    def _standing(self, row: Expectation | None) -> str:
        """What an assessment says at the moment; none, and one that has expired, says nothing."""
        return row.status if row is not None and self.moment < _start(row.expires_at) else "uncertain"

    def _evidence(self, leaf: _Leaf) -> Iterator[str]:
        source = self._source(leaf)
        if source is not None:
            checked = f"@{source.checked_at.isoformat()}" if source.checked_at else ""
            yield f"source:{leaf.source}{checked}"
            if source.notice:
                yield f"notice:{source.notice}"

    def _ends(self, leaves: tuple[_Leaf, ...], expectation: Expectation | None) -> Iterator[datetime]:
        if expectation is not None:
            yield _start(expectation.expires_at)
        for source in filter(None, map(self._source, leaves)):
            yield from (_start(day) for day in (source.valid_until, source.relationship_until) if day)


_FAVOUR = {"expected": 0, "uncertain": 1, "unexpected": 2}
_ASSESSED = {"uncertain": "EXPECTATION_NOT_ASSESSED", "unexpected": "EXPECTATION_UNEXPECTED"}


def _later(row: Expectation, known: Expectation) -> bool:
    """Whether a review replaces another one: it is later, or of the same day and less favourable."""
    return (row.reviewed_at, _FAVOUR[row.status]) > (known.reviewed_at, _FAVOUR[known.status])


def _cited(row: Expectation | None) -> tuple[str, ...]:
    return (f"expectation:{expectation_id(row)}",) if row else ()


def expectation_id(row: Expectation) -> str:
    """A short name of a reviewed assessment, as edges cite it."""
    text = f"{row.provenance}|{row.attribute}|{row.collected_for}|{row.purpose}|{row.reviewer}|{row.reviewed_at.isoformat()}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _is_public(source: Source, today: date) -> bool:
    """A page anyone can open, and a day on which someone did."""
    is_page = source.url.startswith(("https://", "http://")) and not source.behind_login
    return is_page and source.checked_at is not None and source.checked_at <= today


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _day_after(day: date) -> datetime:
    return datetime.fromordinal(day.toordinal() + 1).replace(tzinfo=UTC)


def relation_columns(data_set: DataSet | None) -> dict[str, str | None]:
    """The columns that say row by row since when and until when a relationship stands."""
    columns = data_set.columns.items() if data_set else ()
    found = {declared.holds: name for name, declared in columns if declared.holds.startswith("off_x.relationship_")}
    return {"since": found.get("off_x.relationship_since"), "until": found.get("off_x.relationship_until")}
