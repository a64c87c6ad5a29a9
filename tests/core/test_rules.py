"""Every rule accepts its compliant examples and refuses its violating ones, on the real engine."""

import pytest

from governance.engines import open_table
from governance.engines.opening import over_arrow
from governance.model import Column, Evidence, Example, Rule, Subject
from governance.project import Project
from governance.rules import all_rules, rules_sha256
from governance.verbs.deciding import decide
from governance.vocabulary import Ground, Outcome, Status, is_label

CASES = [
    (rule, example, expected)
    for rule in all_rules().values()
    for examples, expected in ((rule.compliant, True), (rule.violating, False))
    for example in examples
]


def subject_of(example: Example) -> Subject:
    """The subject an example stands for; its labels count as declared."""
    import pyarrow as pa

    columns = tuple(
        Column(
            name=name,
            type=str(pa.array(values).type),
            label=label,
            status=example.found.get(name, ("", Status.NONE))[1] if name in example.undeclared else Status.DECLARED,
            found=example.found.get(name, ("none", Status.NONE))[0],
            found_status=example.found.get(name, ("none", Status.NONE))[1],
            provenance=example.provenance.get(name, ""),
        )
        for name, (label, values) in example.columns.items()
    )
    return Subject(kind=example.kind, columns=columns, facts=example.facts, thresholds=example.thresholds)


def table_of(example: Example):  # noqa: ANN201
    """The example's values as a table; an example of a project has none."""
    import pyarrow as pa

    return over_arrow(pa.table({name: pa.array(values) for name, (_, values) in example.columns.items()})) if example.columns else None


@pytest.mark.parametrize(("rule", "example", "passes"), CASES, ids=lambda v: getattr(v, "title", getattr(v, "code", str(v))))
def test_example(rule: Rule, example: Example, passes: bool) -> None:
    """The rule decides its own example as it says it does."""
    subject = subject_of(example)
    decision = decide(subject, table_of(example), Project(), [rule.code])
    outcome = decision.rules[rule.code]
    if passes:
        assert outcome in {Outcome.PASS, Outcome.NOT_APPLICABLE}
    else:
        assert outcome in {Outcome.FAIL, Outcome.REVIEW, Outcome.OPEN}


@pytest.mark.parametrize("rule", all_rules().values(), ids=lambda r: r.code)
def test_form(rule: Rule) -> None:
    """Every rule has both kinds of examples, labels that exist, a summary and a module of its slug."""
    assert rule.compliant
    assert rule.violating
    assert rule.summary.endswith(".")
    assert rule.ground in Ground
    labels = {label for example in (*rule.compliant, *rule.violating) for label, _ in example.columns.values()}
    assert all(is_label(label) for label in labels)
    assert rule.slug == rule.slug.lower()


@pytest.mark.parametrize("rule", all_rules().values(), ids=lambda r: r.code)
def test_no_number_is_open(rule: Rule) -> None:
    """A rule that needs numbers and gets none is open, never pass."""
    from governance.model import Undecided

    for example in (*rule.compliant, *rule.violating):
        subject = subject_of(example)
        if subject.kind in rule.kinds and rule.applies(subject) and list(rule.measures(subject)):
            with pytest.raises(Undecided):
                list(rule.decide(subject, Evidence({})))
            return


def test_registry_hash_is_stable() -> None:
    """The rule set has one hash a report can cite."""
    assert len(rules_sha256()) == 64
    assert rules_sha256() == rules_sha256()


def test_a_rule_that_raises_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error inside a check is open, and its text does not reach the report."""
    import dataclasses

    import pyarrow as pa

    from governance.verbs import deciding

    def broken(*_: object) -> list[object]:
        raise ValueError("48.8584 is the secret")

    rule = dataclasses.replace(all_rules()["SEC001"], decide=broken)
    monkeypatch.setattr(deciding, "all_rules", lambda: {"SEC001": rule})
    example = rule.compliant[0]
    decision = decide(subject_of(example), open_table(pa.table({"note": ["a"]})), Project())
    assert decision.rules == {"SEC001": Outcome.OPEN}
    assert "48.8584" not in str(decision)
    assert "ValueError" in decision.findings[0].message
