"""OFX005: public matches use public fields of public accounts on one side, a public resource on the other."""

from governance.model import Example, Rule
from governance.rules.edges import EDGE_COLUMNS, FACT, deciding, is_edge_table
from governance.vocabulary import Ground, Kind

RULE = Rule(
    code="OFX005",
    slug="off-x-public-fields-only",
    clause="off-x-public-fields-only",
    ground=Ground.POLICY,
    kinds=frozenset({Kind.MATCHES}),
    summary="Public matches use public fields of public accounts on one side, a public resource on the other.",
    decide=deciding(("X_", "PUBLIC_RESOURCE_"), "use what is not public, or no longer"),
    applies=is_edge_table,
    compliant=(
        Example(title="edges that all stand", kind=Kind.MATCHES, columns=EDGE_COLUMNS, facts={FACT: ""}),
        Example(title="edges refused for another reason", kind=Kind.MATCHES, columns=EDGE_COLUMNS, facts={FACT: "OTHER:12"}),
    ),
    violating=(
        Example(title="edges of accounts that became protected", kind=Kind.MATCHES, columns=EDGE_COLUMNS, facts={FACT: "X_PROTECTED:16"}),
        Example(title="edges no ledger can vouch for", kind=Kind.MATCHES, columns=EDGE_COLUMNS),
    ),
)
