"""What is known of a data set of matches: which edges are on register, and why some of them are refused today."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from governance.model import Evidence, Subject, Verdict
from governance.rules.wording import counted
from governance.vocabulary import Outcome

FACT = "edge_refusals"
"""`CODE:count;...` over the edges of the table, by what refuses them today; empty while all of them stand."""

UNREGISTERED = "UNREGISTERED"
"""The code of an edge that no match registered."""

_HINTS: Mapping[str, str] = MappingProxyType(
    {
        "unlink": "run `governance match --sweep`: it unlinks what has no live basis, in every registered table.",
        "ledger": "name the ledger that registered them (--ledger, GOVERNANCE_LEDGER or `ledger:`), and make it reachable.",
        "match": "make edges with gov.match, which decides each pair and registers it.",
    },
)


PAIR = ("match.x_user_id", "match.off_x_id")
"""What the two columns hold that make a table one of edges."""


def is_edge_table(subject: Subject) -> bool:
    """Whether the table names both sides of each edge."""
    return {column.label for column in subject.columns}.issuperset(PAIR)


def no_edge_table(subject: Subject) -> Verdict:
    """Said once for all rules of edges: which columns are missing, and what to do."""
    missing = [label for label in PAIR if label not in {column.label for column in subject.columns}]
    names = " and ".join(f"`{label.removeprefix('match.')}`" for label in missing)
    return Verdict(
        outcome=Outcome.OPEN,
        message=f"undecided: this is no table of edges, it has no column {names}",
        hint="an edge table needs `x_user_id` and `off_x_id`: write it with Matches.write or `governance match --out`, or declare what"
        " holds them (`holds: match.x_user_id`, `holds: match.off_x_id`). No edges? Check them as another kind.",
    )


def refusals(subject: Subject) -> dict[str, int] | None:
    """The counts by code; None where no ledger could tell."""
    if FACT not in subject.facts:
        return None
    pairs = (item.split(":") for item in subject.facts[FACT].split(";") if item)
    return {code: int(count) for code, count in pairs}


def verdicts(subject: Subject, prefixes: tuple[str, ...], what: str) -> Iterator[Verdict]:
    """One failure for all refusals whose code begins with one of these."""
    refused = refusals(subject)
    if refused is None:
        yield Verdict(outcome=Outcome.OPEN, message="undecided: no ledger could tell which edges stand", hint=_HINTS["ledger"])
        return
    found = {code: count for code, count in refused.items() if code.startswith(prefixes)}
    if found:
        codes = ", ".join(sorted(code.lower().replace("_", "-") for code in found))
        hint = _HINTS["match" if UNREGISTERED in found else "unlink"]
        count = sum(found.values())
        yield Verdict(outcome=Outcome.FAIL, message=f"{counted(count, subject, 'edges')} {what} ({codes})", count=count, hint=hint)


def deciding(prefixes: tuple[str, ...], what: str):  # noqa: ANN201 - the type of a rule's `decide`
    """A `decide` for these codes."""

    def decide(subject: Subject, _evidence: Evidence) -> Iterator[Verdict]:
        return verdicts(subject, prefixes, what) if is_edge_table(subject) else iter([no_edge_table(subject)])

    return decide


EDGE_COLUMNS: Mapping[str, tuple[str, list[str]]] = MappingProxyType(
    {"x_user_id": ("match.x_user_id", ["11"]), "off_x_id": ("match.off_x_id", ["c1"]), "basis": ("match.basis", ["PUBLIC_DATA"])},
)
"""The columns of an example of edges."""
