"""From a labelled table to findings: measure once what the rules ask for, let each rule decide, keep what did not pass."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from governance.engines import DuckTable
from governance.model import Evidence, Finding, Rule, Subject, Undecided, Verdict
from governance.policy import load_policy
from governance.project import Project, baseline_until
from governance.rules import all_rules
from governance.vocabulary import EGRESS, Ground, Outcome


@dataclass(frozen=True, slots=True)
class Decision:
    """What every rule said about one subject."""

    findings: tuple[Finding, ...]
    rules: Mapping[str, Outcome]


def decide(subject: Subject, table: DuckTable | None, project: Project, chosen: Collection[str] | None = None) -> Decision:
    """Run the rules of the subject's kind (or the chosen codes of them) over one table.

    A rule that lacks a number, or raises, is `open`: undecided is refused.
    """
    rules = [rule for code, rule in all_rules().items() if chosen is None or code in chosen]
    due = [rule for rule in rules if subject.kind in rule.kinds and rule.applies(subject)]
    measures = [measure for rule in due for measure in rule.measures(subject)]
    evidence = table.measure(measures) if table is not None and measures else Evidence({})
    outcomes = {rule.code: Outcome.NOT_APPLICABLE for rule in rules}
    findings: list[Finding] = []
    for rule in due:
        found = [_finding(rule, verdict, subject, project) for verdict in _verdicts(rule, subject, evidence)]
        findings += found
        outcomes[rule.code] = _worst(f.outcome for f in found if not f.waived_by)
    return Decision(tuple(findings), outcomes)


def nothing_to_check() -> Finding:
    """The finding of a table without rows, columns or values, or of a check without rules: never a pass."""
    return Finding(
        rule="GOV001",
        name="nothing-to-check",
        ground=Ground.POLICY,
        outcome=Outcome.OPEN,
        columns=(),
        count=0,
        message="there is nothing to check: no rows, no columns, no value in any cell, or no rule applies",
        hint="check that the step before wrote its data; an empty input never passes.",
        clause="",
    )


def _verdicts(rule: Rule, subject: Subject, evidence: Evidence) -> list[Verdict]:
    try:
        return list(rule.decide(subject, evidence))
    except Undecided as missing:
        what = f"the number `{missing}` could not be measured"
    except Exception as problem:  # noqa: BLE001 - a check that raised is open, and its text may quote a value
        what = f"the check raised {type(problem).__name__}"
    return [Verdict(outcome=Outcome.OPEN, message=f"undecided: {what}", hint="report this with the rule's code; until then it is refused.")]


def _finding(rule: Rule, verdict: Verdict, subject: Subject, project: Project) -> Finding:
    clause = load_policy().clauses.get(rule.clause)
    return Finding(
        rule=rule.code,
        name=rule.slug,
        ground=rule.ground,
        outcome=verdict.outcome,
        columns=verdict.columns,
        count=verdict.count,
        message=verdict.message,
        hint=verdict.hint,
        clause=f"{clause.chapter} > {clause.heading}" if clause else rule.clause,
        waived_by=_waiver(rule, verdict, subject, project),
        baseline_until=_baseline(rule, verdict, subject, project),
    )


def _baseline(rule: Rule, verdict: Verdict, subject: Subject, project: Project) -> str:
    """Until when a finding of the project's first days is only recorded; never on the way out, never what was not decided."""
    if subject.kind in EGRESS or verdict.outcome is Outcome.OPEN or not subject.data_set:
        return ""
    return baseline_until(project, subject.data_set, rule.code, verdict.columns)


def _waiver(rule: Rule, verdict: Verdict, subject: Subject, project: Project) -> str:
    """Who waived this finding: only a rule that is ours, only what was decided, never on the way out."""
    if rule.ground is Ground.POLICY or subject.kind in EGRESS or verdict.outcome is Outcome.OPEN:
        return ""
    today = datetime.now(UTC).date()
    standing = (w for w in project.waivers if w.rule == rule.code and w.data_set == subject.data_set and w.expires_at >= today)
    return next((waiver.approver for waiver in standing), "")


def _worst(outcomes: Iterable[Outcome]) -> Outcome:
    found = set(outcomes)
    return next((o for o in (Outcome.FAIL, Outcome.OPEN, Outcome.REVIEW) if o in found), Outcome.PASS)
