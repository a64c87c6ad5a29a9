"""What of a validation result may be kept: an allow-list of codes, outcomes, severities and integer counts, and names of exceptions.

Great Expectations' own results may quote values of the data whatever their format, so only this projection is ever stored.
"""

import re
from typing import Any

from great_expectations.expectations.registry import get_expectation_impl

from governance.adapters.great_expectations.expectations import expectation_classes
from governance.rules import all_rules
from governance.vocabulary import Outcome

_COUNTS = ("element_count", "unexpected_count", "missing_count")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}")
_WORST = (Outcome.PASS, Outcome.NOT_APPLICABLE, Outcome.REVIEW, Outcome.OPEN, Outcome.FAIL)


def project_result(result: Any) -> dict[str, Any]:  # noqa: ANN401 - ExpectationSuiteValidationResult
    """The projection of one suite's result on one batch.

    Parameters
    ----------
    result
        An `ExpectationSuiteValidationResult`.

    Returns
    -------
    `{"suite", "data_set", "kinds", "outcome", "rows", "rules", "severity", "others", "vacuous"}`. `outcome` is pass only if rows were
    there, every rule of the suite's kinds was decided, none failed, and no expectation let a share of rows through.

    """
    rows = [_row(one) for one in result.results]
    ours = [row for row in rows if row["rule"]]
    kinds = {str(one.expectation_config.kwargs.get("kind")) for one in result.results if _governed(one)}
    named = {str(one.expectation_config.kwargs.get("data_set") or "") for one in result.results if _governed(one)}
    counted = max((row["element_count"] for row in ours if "element_count" in row), default=0)
    vacuous = _vacuous(result, ours, kinds, counted)
    if len(kinds) > 1 or len(named) > 1:
        vacuous.append("its expectations ask of several kinds or data sets, so no rule was asked of them all")
    found = [Outcome(row["outcome"]) for row in rows] + ([Outcome.OPEN] if vacuous else [])
    worst = max(found, key=_WORST.index, default=Outcome.OPEN)
    outcome = Outcome.PASS if worst is Outcome.NOT_APPLICABLE else worst
    return {
        "suite": _name(result.suite_name),
        "data_set": next(iter(named)) if len(named) == 1 else "",
        "kinds": sorted(kinds),
        "outcome": str(outcome),
        "rows": counted,
        "rules": {row["rule"]: row["outcome"] for row in ours},
        "severity": _severity(rows),
        "others": [row for row in rows if not row["rule"]],
        "vacuous": vacuous,
    }


def _vacuous(result: Any, ours: list[dict[str, Any]], kinds: set[str], rows: int) -> list[str]:  # noqa: ANN401 - a GX result
    """Why a result that passed would say nothing."""
    found = [] if ours else ["no rule was checked"]
    if ours and not rows:
        found.append("no rows were checked")
    due = {code for code, rule in all_rules().items() if kinds & {str(kind) for kind in rule.kinds}}
    missing = sorted(due - {row["rule"] for row in ours})
    if missing and ours:
        found.append(f"rules left out: {', '.join(missing)}")
    if any(one.expectation_config.kwargs.get("mostly", 1) != 1 for one in result.results):
        found.append("an expectation lets a share of the rows through (mostly)")
    return found


def _row(one: Any) -> dict[str, Any]:  # noqa: ANN401 - ExpectationValidationResult
    config = one.expectation_config
    told = one.result or {}
    raised = _raised(one)
    ours = _governed(one)
    if ours and not raised:
        outcome = Outcome(str(told.get("observed_value", Outcome.OPEN)))
    else:
        outcome = Outcome.OPEN if raised else Outcome.PASS if one.success else Outcome.FAIL
    severity = getattr(config, "severity", None)
    row = {
        "rule": _rule(config.type) if ours else "",
        "type": _name(config.type),
        "outcome": str(outcome),
        "severity": _name(str(getattr(severity, "value", severity) or "critical")),
        "raised": raised,
    }
    counts = {name: told[name] for name in _COUNTS if isinstance(told.get(name), int)}
    return {**row, **counts} if ours else row


def _governed(one: Any) -> bool:  # noqa: ANN401 - ExpectationValidationResult
    return bool(_rule(one.expectation_config.type))


def _rule(expectation_type: str) -> str:
    """The rule of one of our expectations; none if Great Expectations knows somebody else's class by that name."""
    found = ((code, kind) for code, kind in expectation_classes().items() if kind.expectation_type == expectation_type)
    return next((code for code, kind in found if get_expectation_impl(expectation_type) is kind), "")


def _raised(one: Any) -> list[str]:  # noqa: ANN401 - ExpectationValidationResult
    """The class names of what was raised; never the text."""
    info = one.exception_info or {}
    single = [info] if info.get("raised_exception") else []
    several = [item for item in info.values() if isinstance(item, dict) and item.get("raised_exception", True)]
    traces = [str(item.get("exception_traceback") or "").strip() for item in (*single, *several)]
    names = {trace.splitlines()[-1].partition(":")[0].rpartition(".")[2] if trace else "Exception" for trace in traces}
    return sorted(_name(name) for name in names)


def _severity(rows: list[dict[str, Any]]) -> str:
    """The worst severity among what did not pass."""
    order = ("info", "warning", "critical")
    failed = [row["severity"] for row in rows if row["outcome"] not in {Outcome.PASS, Outcome.NOT_APPLICABLE}]
    return max((s for s in failed if s in order), key=order.index, default="")


def _name(text: Any) -> str:  # noqa: ANN401 - a name in a GX result
    return str(text) if _NAME.fullmatch(str(text)) else "unnamed"
