"""OFX006: a reviewed assessment says that people would expect this use; some purposes never pass."""

from governance.model import Example, Rule
from governance.rules.edges import EDGE_COLUMNS, FACT, deciding, is_edge_table
from governance.vocabulary import Ground, Kind

RULE = Rule(
    code="OFX006",
    slug="off-x-expectation",
    clause="off-x-expectation",
    ground=Ground.POLICY,
    kinds=frozenset({Kind.MATCHES}),
    summary="A reviewed assessment says that people would expect this use; some purposes never pass.",
    decide=deciding(("EXPECTATION_", "PURPOSE_"), "lack a standing assessment, or serve a purpose that never passes"),
    applies=is_edge_table,
    compliant=(
        Example(title="edges that all stand", kind=Kind.MATCHES, columns=EDGE_COLUMNS, facts={FACT: ""}),
        Example(title="edges refused for another reason", kind=Kind.MATCHES, columns=EDGE_COLUMNS, facts={FACT: "OTHER:12"}),
    ),
    violating=(
        Example(
            title="edges whose assessment expired", kind=Kind.MATCHES, columns=EDGE_COLUMNS, facts={FACT: "EXPECTATION_NOT_ASSESSED:20"}
        ),
        Example(title="edges no ledger can vouch for", kind=Kind.MATCHES, columns=EDGE_COLUMNS),
    ),
)
