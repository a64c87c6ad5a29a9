"""What is known of a data set of matches: which edges are on register, and why some of them are refused today."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from governance.model import Evidence, Subject, Undecided, Verdict
from governance.rules.wording import counted
from governance.vocabulary import Outcome

FACT = "edge_refusals"
"""`CODE:count;...` over the edges of the table, by what refuses them today; empty while all of them stand."""

UNREGISTERED = "UNREGISTERED"
"""The code of an edge that no match registered."""

_HINTS: Mapping[str, str] = MappingProxyType(
    {
        "unlink": "run `governance match --sweep`: it unlinks what has no live basis, in every registered table.",
        "match": "make edges with gov.match, which decides each pair and registers it.",
    },
)


def refusals(subject: Subject) -> dict[str, int]:
    """The counts by code; Undecided where no ledger could tell."""
    if FACT not in subject.facts:
        raise Undecided(FACT)
    pairs = (item.split(":") for item in subject.facts[FACT].split(";") if item)
    return {code: int(count) for code, count in pairs}


def verdicts(subject: Subject, prefixes: tuple[str, ...], what: str) -> Iterator[Verdict]:
    """One failure for all refusals whose code begins with one of these."""
    found = {code: count for code, count in refusals(subject).items() if code.startswith(prefixes)}
    if found:
        codes = ", ".join(sorted(code.lower().replace("_", "-") for code in found))
        hint = _HINTS["match" if UNREGISTERED in found else "unlink"]
        count = sum(found.values())
        yield Verdict(outcome=Outcome.FAIL, message=f"{counted(count, subject, 'edges')} {what} ({codes})", count=count, hint=hint)


def deciding(prefixes: tuple[str, ...], what: str):  # noqa: ANN201 - the type of a rule's `decide`
    """A `decide` for these codes."""

    def decide(subject: Subject, _evidence: Evidence) -> Iterator[Verdict]:
        return verdicts(subject, prefixes, what)

    return decide


EDGE_COLUMNS: Mapping[str, tuple[str, list[str]]] = MappingProxyType(
    {"x_user_id": ("match.x_user_id", ["11"]), "off_x_id": ("match.off_x_id", ["c1"]), "basis": ("match.basis", ["PUBLIC_DATA"])},
)
"""The columns of an example of edges."""
