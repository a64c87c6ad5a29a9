"""One expectation class per rule, made from the registry when this module is imported, and importable from it by name."""

from typing import Any, ClassVar

from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.validator.metric_configuration import MetricConfiguration

from governance.adapters.great_expectations.metric import METRIC
from governance.model import Rule
from governance.rules import all_rules
from governance.vocabulary import Outcome

PASSING = frozenset({Outcome.PASS, Outcome.NOT_APPLICABLE})


class GovernanceExpectation(BatchExpectation):
    """A batch keeps one rule of the X Developer Policy.

    Parameters
    ----------
    kind
        What the data is for: posts, working, heat_map, records, matches, consents or share.
    minimum_people, finest_resolution
        The thresholds that were reviewed; the stricter of these and the project's decide. They have no defaults, since Great Expectations
        leaves a value that equals a default out of the stored suite, and a later default would change old suites unseen.
    data_set
        The name of a data set in governance.yml.

    """

    kind: str
    minimum_people: int
    finest_resolution: int
    data_set: str | None = None

    rule: ClassVar[str] = ""
    metric_dependencies: ClassVar[tuple[str, ...]] = (METRIC,)
    success_keys: ClassVar[tuple[str, ...]] = ("kind", "data_set", "minimum_people", "finest_resolution")

    @classmethod
    def is_abstract(cls) -> bool:
        """Whether this class stands for no rule."""
        return not cls.rule

    def get_validation_dependencies(self, execution_engine: Any = None, runtime_configuration: Any = None) -> Any:  # noqa: ANN401 - GX's types
        """Ask for the report of the batch; the same question is measured once for the whole suite."""
        needed: Any = super().get_validation_dependencies(execution_engine, runtime_configuration)
        domain = needed.get_metric_configuration(METRIC).metric_domain_kwargs
        asked = {name: getattr(self, name) for name in self.success_keys}
        needed.set_metric_configuration(METRIC, MetricConfiguration(METRIC, domain, asked))
        return needed

    def _validate(self, metrics: dict[str, Any], runtime_configuration: Any = None, execution_engine: Any = None) -> dict[str, Any]:  # noqa: ANN401
        """Take this rule's outcome from the report; what could not be decided is open, and open is no success."""
        del runtime_configuration, execution_engine
        return verdict(self.rule, metrics[METRIC])


def verdict(rule: str, report: dict[str, Any]) -> dict[str, Any]:
    """What one rule says of a batch, in the form that Great Expectations stores: outcomes, counts and codes."""
    findings = [f for f in report["findings"] if f["rule"] == rule]
    undecided = next((f for f in report["findings"] if f["rule"] == "GOV001"), None)
    outcome = Outcome.OPEN if report["raised"] or undecided or rule not in report["rules"] else Outcome(report["rules"][rule])
    reasons = [f["message"] for f in findings]
    if report["raised"]:
        reasons = [report.get("message") or f"the check raised {report['raised']}"]
    elif undecided:
        reasons = [undecided["message"]]
    return {
        "success": outcome in PASSING,
        "result": {
            "observed_value": str(outcome),
            "element_count": report["scanned_rows"],
            "details": {"rule": rule, "raised": report["raised"], "reasons": reasons, "counts": [f["count"] for f in findings]},
        },
    }


def class_name(rule: Rule) -> str:
    """The name of a rule's class.

    >>> class_name(all_rules()["LOC001"])
    'ExpectLocationWithPost'
    """
    return "Expect" + "".join(part.capitalize() for part in rule.slug.split("-"))


def _made(rule: Rule) -> type[GovernanceExpectation]:
    name = class_name(rule)
    body = {
        "__module__": __name__,
        "__qualname__": name,
        "__doc__": f"{rule.code} {rule.slug}: {rule.summary}",
        "__annotations__": {"rule": "ClassVar[str]"},
        "rule": rule.code,
    }
    make: Any = type(GovernanceExpectation)
    return make(name, (GovernanceExpectation,), body)


_CLASSES = {code: _made(rule) for code, rule in all_rules().items()}
globals().update({made.__name__: made for made in _CLASSES.values()})


def expectation_classes() -> dict[str, type[GovernanceExpectation]]:
    """The expectation class of every rule, by the rule's code."""
    return dict(_CLASSES)
