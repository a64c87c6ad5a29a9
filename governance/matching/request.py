"""What was asked of the gate: two tables, the columns to compare, the purpose and the moment; read once, checked once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property

from governance.errors import BadRequest
from governance.matching.facts import FactGround, Facts
from governance.matching.keys import ACCOUNT_LABELS, PUBLIC_ATTRIBUTES
from governance.matching.purposes import ancestors
from governance.matching.waivers import live_waivers
from governance.project import DataSet, Project

_MOST, _WIDEST = 100, 7


@dataclass(frozen=True, slots=True)
class Comparison:
    """One account column against one record column, and what the account column shows."""

    account_column: str
    record_column: str
    account_label: str

    @property
    def is_public(self) -> bool:
        """Whether the account column is one that X shows everyone."""
        return self.account_label in PUBLIC_ATTRIBUTES

    @property
    def support(self) -> str:
        """How an edge names this comparison."""
        return f"{self.account_column}={self.record_column}"


@dataclass(frozen=True)
class Request:
    """A match that was asked for.

    `alternatives` holds the conjunctions of comparisons: any one of them links a pair. `moment` is the association time, aware and in UTC.
    """

    project: Project
    data_set_name: str
    purpose: str
    moment: datetime
    alternatives: tuple[tuple[Comparison, ...], ...]

    @property
    def data_set(self) -> DataSet | None:
        """The declaration of the records, None where there is none."""
        return self.project.datasets.get(self.data_set_name)

    @property
    def purposes(self) -> list[str]:
        """The purpose and its parents, nearest first."""
        return ancestors(self.purpose)

    @cached_property
    def facts(self) -> Facts:
        """What is declared of the records' columns."""
        return Facts(self.project, self.data_set, self.purpose, self.moment)

    @cached_property
    def waivers(self) -> Mapping[str, datetime]:
        """The checks of ours that are waived for the records at the moment, each with the end of its waiver."""
        return live_waivers(self.project, self.data_set_name, self.moment)

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Every comparison once, in the order it was asked for."""
        return tuple(dict.fromkeys(one for alternative in self.alternatives for one in alternative))

    def grounds(self, comparison: Comparison) -> dict[str, FactGround]:
        """By the word of the provenance column: whether the record column may be compared."""
        return {word: self.facts.ground(comparison.record_column, word) for word in self.facts.words}


def read_on(on: Iterable[object], labels: dict[str, str]) -> tuple[tuple[Comparison, ...], ...]:
    """The alternatives of `on`: pairs of names, or tuples of pairs that must all agree.

    >>> read_on([("handle", "x_handle")], {})[0][0].account_label
    'x.user.handle'
    """
    if not isinstance(on, Iterable):
        raise BadRequest("`on` is no list of pairs.", 'pass on=[("handle", "x_handle")].')
    alternatives = tuple(tuple(_comparison(pair, labels) for pair in _pairs(item)) for item in on)
    if not alternatives or not all(alternatives):
        raise BadRequest("`on` names no columns to compare.", 'pass on=[("handle", "x_handle")].')
    if len(alternatives) > _MOST or max(map(len, alternatives)) > _WIDEST:
        raise BadRequest(f"`on` holds more than {_MOST} alternatives, or one of more than {_WIDEST} pairs.", "compare fewer columns.")
    return alternatives


def _pairs(item: object) -> list[object]:
    if isinstance(item, str):
        return [tuple(part.strip() for part in pair.split("=", 1)) for pair in item.split("+")]
    parts = list(item) if isinstance(item, Sequence) else [item]
    return [item] if parts and all(isinstance(part, str) for part in parts) else parts


def _comparison(pair: object, labels: dict[str, str]) -> Comparison:
    match pair:
        case (str(account), str(record)) | [str(account), str(record)] if account and record:
            return Comparison(account, record, labels.get(account) or ACCOUNT_LABELS.get(account.lower(), "x.user.other"))
    raise BadRequest("`on` holds something that is no pair of column names.", "each pair is (account column, record column).")


def read_moment(as_of: datetime | date | str | None) -> datetime:
    """The association time in UTC: now, a moment (UTC where it names no zone), or the start of a day.

    >>> read_moment("2026-11-24T10:00:00+02:00").isoformat()
    '2026-11-24T08:00:00+00:00'
    """
    if as_of is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    except ValueError:
        raise BadRequest("as_of is no time.", "write it as 2026-11-24T10:00:00Z.") from None
    if not isinstance(moment, date):
        raise BadRequest("as_of is no time.", "write it as 2026-11-24T10:00:00Z.")
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
