"""OFX002: a consent an edge stands on was express, came before the association, and still stands."""

from governance.model import Example, Rule
from governance.rules.edges import EDGE_COLUMNS, FACT, deciding, is_edge_table
from governance.vocabulary import Ground, Kind

RULE = Rule(
    code="OFX002",
    slug="off-x-consent-before-link",
    clause="off-x-consent-before-link",
    ground=Ground.POLICY,
    kinds=frozenset({Kind.MATCHES}),
    summary="A consent an edge stands on was express, came before the association, and still stands.",
    decide=deciding(("CONSENT_",), "stand on a consent that does not permit them"),
    applies=is_edge_table,
    compliant=(
        Example(title="edges that all stand", kind=Kind.MATCHES, columns=EDGE_COLUMNS, facts={FACT: ""}),
        Example(title="edges refused for another reason", kind=Kind.MATCHES, columns=EDGE_COLUMNS, facts={FACT: "OTHER:12"}),
    ),
    violating=(
        Example(title="edges whose consent was withdrawn", kind=Kind.MATCHES, columns=EDGE_COLUMNS, facts={FACT: "CONSENT_STATE:30"}),
        Example(title="edges no ledger can vouch for", kind=Kind.MATCHES, columns=EDGE_COLUMNS),
    ),
)
