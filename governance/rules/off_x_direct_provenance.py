"""OFX003: what a person is said to have given directly comes from someone with whom we had a relationship before."""

from governance.model import Example, Rule
from governance.rules.edges import EDGE_COLUMNS, FACT, deciding, is_edge_table
from governance.vocabulary import Ground, Kind

RULE = Rule(
    code="OFX003",
    slug="off-x-direct-provenance",
    clause="off-x-direct-provenance",
    ground=Ground.POLICY,
    kinds=frozenset({Kind.MATCHES}),
    summary="What a person is said to have given directly comes from someone with whom we had a relationship before.",
    decide=deciding(("NO_DIRECT_",), "rest on values without a direct relationship"),
    applies=is_edge_table,
    compliant=(
        Example(title="edges that all stand", kind=Kind.MATCHES, columns=EDGE_COLUMNS, facts={FACT: ""}),
        Example(title="edges refused for another reason", kind=Kind.MATCHES, columns=EDGE_COLUMNS, facts={FACT: "OTHER:12"}),
    ),
    violating=(
        Example(
            title="edges of people whose membership ended",
            kind=Kind.MATCHES,
            columns=EDGE_COLUMNS,
            facts={FACT: "NO_DIRECT_RELATIONSHIP:25"},
        ),
        Example(title="edges no ledger can vouch for", kind=Kind.MATCHES, columns=EDGE_COLUMNS),
    ),
)
