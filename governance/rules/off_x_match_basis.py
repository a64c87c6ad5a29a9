"""OFX001: every edge of a data set of matches is on register and has a live basis."""

from governance.model import Example, Rule
from governance.rules.edges import EDGE_COLUMNS, FACT, deciding
from governance.vocabulary import Ground, Kind

RULE = Rule(
    code="OFX001",
    slug="off-x-match-basis",
    clause="off-x-match-basis",
    ground=Ground.POLICY,
    kinds=frozenset({Kind.MATCHES}),
    summary="Every edge of a data set of matches is on register and has a live basis.",
    decide=deciding(("UNREGISTERED", "FACT_", "HANDLE_", "OBJECTION_"), "have no live basis"),
    compliant=(
        Example(title="edges that all stand", kind=Kind.MATCHES, columns=EDGE_COLUMNS, facts={FACT: ""}),
        Example(title="edges refused for another reason", kind=Kind.MATCHES, columns=EDGE_COLUMNS, facts={FACT: "OTHER:12"}),
    ),
    violating=(
        Example(title="edges nobody registered", kind=Kind.MATCHES, columns=EDGE_COLUMNS, facts={FACT: "UNREGISTERED:40"}),
        Example(title="an edge of people who objected", kind=Kind.MATCHES, columns=EDGE_COLUMNS, facts={FACT: "OBJECTION_ON_FILE:12"}),
        Example(title="a table that names no account", kind=Kind.MATCHES, columns={"off_x_id": EDGE_COLUMNS["off_x_id"]}, facts={FACT: ""}),
        Example(title="edges no ledger can vouch for", kind=Kind.MATCHES, columns=EDGE_COLUMNS),
    ),
)
