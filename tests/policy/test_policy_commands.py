"""The commands policy, rules and explain."""

import json
from collections.abc import Callable

import pytest

from governance.errors import BadRequest
from governance.policy import load_policy
from governance.rules import all_rules

POLICY = load_policy()


@pytest.mark.parametrize("output_format", ["text", "json", "markdown"])
def test_policy_shows_every_clause(invoke: Callable[..., object], output_format: str) -> None:
    """Each form of the coverage table holds every clause and the four counts."""
    shown = invoke("policy", "--format", output_format).output
    assert all(key in shown for key in POLICY.clauses)
    assert all(str(count) in shown for count in POLICY.coverage().values())


def test_policy_json_is_the_table(invoke: Callable[..., object]) -> None:
    """The JSON names each clause's rules by code and name, and the text that was read."""
    tree = json.loads(invoke("policy", "--format", "json").output)
    assert len(tree["clauses"]) == len(POLICY.clauses)
    assert tree["policy"]["sha256"] == POLICY.sha256
    first = next(clause for clause in tree["clauses"] if clause["key"] == "location-with-post")
    assert {"code": "LOC001", "name": "location-with-post"} in first["rules"]


def test_policy_filters_by_coverage(invoke: Callable[..., object]) -> None:
    """One coverage can be listed alone."""
    tree = json.loads(invoke("policy", "--format", "json", "--coverage", "out_of_reach").output)
    assert {clause["coverage"] for clause in tree["clauses"]} == {"out_of_reach"}
    assert all(clause["reason"] for clause in tree["clauses"])


@pytest.mark.parametrize("output_format", ["text", "json", "markdown"])
def test_rules_lists_every_rule(invoke: Callable[..., object], output_format: str) -> None:
    """Each form of the list holds every rule with its summary."""
    shown = invoke("rules", "--format", output_format).output
    assert all(rule.code in shown and rule.slug in shown and rule.summary in shown for rule in all_rules().values())


@pytest.mark.parametrize("rule", all_rules().values(), ids=lambda rule: rule.code)
def test_explain_tells_clause_ground_and_examples(invoke: Callable[..., object], rule: object) -> None:
    """Explaining a rule shows its clause, its ground and the title of each of its examples; its name works like its code."""
    shown = invoke("explain", rule.code).output
    assert POLICY.clauses[rule.clause].heading in shown
    assert f"Ground: {rule.ground}" in shown
    assert all(example.title in shown for example in (*rule.compliant, *rule.violating))
    assert invoke("explain", rule.slug).output == shown


def test_explain_a_planned_rule(invoke: Callable[..., object]) -> None:
    """A code that is reserved is explained as planned, with the reason, not as unknown."""
    assert "planned" in invoke("explain", "RED002").output
    assert json.loads(invoke("explain", "RED002", "--format", "json").output)["coverage"] == "planned"


def test_explain_an_unknown_code(invoke: Callable[..., object]) -> None:
    """An unknown code is a bad request that says where the list is."""
    with pytest.raises(BadRequest, match="governance rules"):
        invoke("explain", "LOC999")
