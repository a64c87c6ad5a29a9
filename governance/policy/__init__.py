"""What the policy says: every clause as a row of data, and what this library does about it."""

import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files

import msgspec

from governance.model import Clause

__all__ = ["Coverage", "Policy", "load_policy"]
_FILE = "x_developer_policy.toml"


class Coverage(StrEnum):
    """What this library does about a clause."""

    ENFORCED = "enforced"
    PLANNED = "planned"
    ATTESTED = "attested"
    OUT_OF_REACH = "out_of_reach"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The X Developer Policy as it was read on one day: its clauses in our own words, and the codes of their rules.

    Examples
    --------
    >>> policy = load_policy()
    >>> policy.clauses["location-with-post"].rules[0], policy.codes["LOC001"]
    ('LOC001', 'location-with-post')

    """

    name: str
    read_at: date
    length: int
    """Bytes of the text that was read."""
    sha256: str
    read_again_after_days: int
    clauses: Mapping[str, Clause]
    """Clause key -> clause, in reading order."""
    codes: Mapping[str, str]
    """Rule code -> rule slug, reserved codes included; a code never changes its meaning."""

    @property
    def due_at(self) -> date:
        """The day after which the text should be read again."""
        return self.read_at + timedelta(days=self.read_again_after_days)

    def coverage(self) -> dict[str, int]:
        """How many clauses are enforced, planned, attested and out of reach.

        >>> sum(load_policy().coverage().values()) == len(load_policy().clauses)
        True
        """
        found = Counter(clause.coverage for clause in self.clauses.values())
        return {state.value: found[state.value] for state in Coverage}

    def chapters(self) -> dict[str, tuple[Clause, ...]]:
        """The clauses by chapter, in reading order.

        >>> next(iter(load_policy().chapters()))
        'Set yourself up for success'
        """
        names = dict.fromkeys(clause.chapter for clause in self.clauses.values())
        return {name: tuple(clause for clause in self.clauses.values() if clause.chapter == name) for name in names}

    def clause_of(self, code: str) -> Clause | None:
        """The clause a rule's code stands on.

        >>> load_policy().clause_of("LOC020").key
        'location-with-post'
        """
        return next((clause for clause in self.clauses.values() if code in clause.rules), None)

    def facts(self) -> dict[str, str]:
        """What a report says of the policy it was checked against."""
        return {"name": self.name, "read_at": self.read_at.isoformat(), "sha256": self.sha256}


@cache
def load_policy() -> Policy:
    """The policy that ships with this version of the library.

    >>> load_policy().read_at.isoformat()
    '2026-11-24'
    """
    content = tomllib.loads(files(__name__).joinpath(_FILE).read_text(encoding="utf-8"))
    clauses = msgspec.convert(content["clause"], list[Clause])
    return Policy(**content["text"], clauses={clause.key: clause for clause in clauses}, codes=content["codes"])
