"""OFX004: no edge rests on bought, inferred, observed or unknown data without express opt-in."""

from governance.model import Example, Rule
from governance.rules.edges import EDGE_COLUMNS, FACT, deciding, is_edge_table
from governance.vocabulary import Ground, Kind

RULE = Rule(
    code="OFX004",
    slug="off-x-no-third-party",
    clause="off-x-no-third-party",
    ground=Ground.POLICY,
    kinds=frozenset({Kind.MATCHES}),
    summary="No edge rests on bought, inferred, observed or unknown data without express opt-in.",
    decide=deciding(("PROVENANCE_",), "rest on data that no person gave or published"),
    applies=is_edge_table,
    compliant=(
        Example(title="edges that all stand", kind=Kind.MATCHES, columns=EDGE_COLUMNS, facts={FACT: ""}),
        Example(title="edges refused for another reason", kind=Kind.MATCHES, columns=EDGE_COLUMNS, facts={FACT: "OTHER:12"}),
    ),
    violating=(
        Example(
            title="edges on a column that turned out to be bought",
            kind=Kind.MATCHES,
            columns=EDGE_COLUMNS,
            facts={FACT: "PROVENANCE_THIRD_PARTY:18"},
        ),
        Example(title="edges no ledger can vouch for", kind=Kind.MATCHES, columns=EDGE_COLUMNS),
    ),
)
