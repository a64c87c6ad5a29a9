"""The coverage table tells the truth about the rules that exist."""

import pytest

from governance.model import Rule
from governance.policy import Coverage, load_policy
from governance.rules import all_rules

POLICY = load_policy()


@pytest.mark.parametrize("rule", all_rules().values(), ids=lambda rule: rule.code)
def test_a_rule_stands_on_a_clause(rule: Rule) -> None:
    """Every rule names a clause of the table, the clause names the rule, and the code has the rule's name."""
    clause = POLICY.clauses[rule.clause]
    assert rule.code in clause.rules
    assert POLICY.codes[rule.code] == rule.slug
    assert clause.coverage == Coverage.ENFORCED


def test_enforced_means_a_rule_runs() -> None:
    """A clause is called enforced if and only if one of its rules exists."""
    running = set(all_rules())
    called = {clause.key for clause in POLICY.clauses.values() if clause.coverage == Coverage.ENFORCED}
    assert called == {clause.key for clause in POLICY.clauses.values() if running & set(clause.rules)}


def test_first_rules_are_there() -> None:
    """The clauses that this version promises to enforce are enforced."""
    promised = """
    location-with-post no-trajectory no-location-cache geo-aggregate-shape geo-aggregate-min-people geo-aggregate-topic no-location-export
    stated-location-scope post-id-intact no-undeclared-link off-x-match-basis no-credentials-in-data policy-text-current
    """
    assert all(POLICY.clauses[key].coverage == Coverage.ENFORCED for key in promised.split())
