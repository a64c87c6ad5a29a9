"""What a reviewer needs to know of a deployment, gathered from its ledger and its governance.yml: names, codes, counts and times."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from governance.ledger import ChainReport, Entry, Ledger
from governance.matching.reasons import REASONS
from governance.model import Clause, Thresholds
from governance.policy import Coverage, Policy, load_policy
from governance.project import Project
from governance.reporting.reports import banded
from governance.rules import all_rules, rules_sha256
from governance.vocabulary import Ground

NOT_CHECKED = "not checked"
_WORST_FIRST = ("fail", "open", "review", "pass", "notApplicable")
_DUE_SOON_DAYS = 30
_TEXT = "policy-text-current"
"""The clause that no data set decides: its rule looks at the date of the reading."""
_COUNTS_PEOPLE = frozenset({"match", "match.sweep", "consent.import", "consent.withdrawn", "objection.import"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DagTask:
    """A task of a DAG as the review sees it: which data sets it reads and writes, and whether a gate stands before it."""

    dag: str
    task: str
    does: str = ""
    """check, heat map, match, ... ; empty for a task that is not one of ours."""
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    gated: bool = False
    problem: str = ""
    outcome: str = ""
    """The outcome of its last run on record, filled in by `gather`."""

    @property
    def is_unchecked(self) -> bool:
        """Whether it touches data without a check of its own or a gate before it."""
        return bool(self.problem) or (not self.does and not self.gated and bool(self.reads or self.writes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One check of a data set, as the journal tells it."""

    at: datetime
    outcome: str
    entry: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSetReview:
    """A data set: what it is declared to be, its last report and the checks before it."""

    name: str
    kind: str
    declared: bool
    mode: str = "enforce"
    description: str = ""
    history: tuple[Checked, ...] = ()
    report: Mapping[str, Any] = field(default_factory=dict)
    stale: str = ""
    """Why the last report no longer tells how things are; empty if it does."""

    @property
    def outcome(self) -> str:
        """The last check's outcome, or `not checked`."""
        return self.history[-1].outcome if self.history else NOT_CHECKED

    @property
    def checked_at(self) -> datetime | None:
        """When it was last checked."""
        return self.history[-1].at if self.history else None

    @property
    def anchor(self) -> str:
        """A name for links within a page."""
        return "data-set-" + "".join(c if c.isalnum() else "-" for c in self.name.lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseReview:
    """A clause of the policy, the rules that stand on it and what they last found."""

    clause: Clause
    rules: tuple[tuple[str, str], ...]
    outcomes: Mapping[str, int]
    """How many data sets had each outcome at their last check."""
    attested: str = ""

    @property
    def worst(self) -> str:
        """The worst of the last outcomes, empty if nothing was checked."""
        return next((outcome for outcome in _WORST_FIRST if self.outcomes.get(outcome)), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverReview:
    """An accepted finding: of which rule, by whom, why and until when."""

    rule: str
    name: str
    data_set: str
    reason: str
    approver: str
    expires_at: date
    state: str
    """active, expires soon, expired, or void (the rule is the policy's)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationReview:
    """A clause that only a person can state, and what was stated."""

    clause: Clause
    state: str
    """stated, expires soon, expired or missing."""
    by: str = ""
    at: date | None = None
    expires_at: date | None = None
    statement: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseReview:
    """A heat map that left: its journal entry, and its certificate unless the register's row was erased."""

    entry: Entry
    certificate: Mapping[str, Any]

    @property
    def topic(self) -> str:
        """What the map is about: its terms, or the name of a declared scope."""
        scope = self.certificate.get("scope") or {}
        return ", ".join(scope.get("topic") or ()) or str(scope.get("scope") or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Everything the review site shows."""

    made_at: datetime
    controller: str
    project: Project
    policy: Policy
    data_sets: tuple[DataSetReview, ...]
    tasks: tuple[DagTask, ...]
    clauses: tuple[ClauseReview, ...]
    waivers: tuple[WaiverReview, ...]
    attestations: tuple[AttestationReview, ...]
    entries: tuple[Entry, ...]
    releases: tuple[ReleaseReview, ...]
    chain: ChainReport
    began_at: datetime
    ledger_place: str
    key_fingerprint: str

    @property
    def coverage(self) -> dict[str, int]:
        """How many clauses are enforced, planned, attested and out of reach."""
        return self.policy.coverage()

    @property
    def outcomes(self) -> Counter[str]:
        """How many data sets have each outcome, `not checked` included."""
        return Counter(data_set.outcome for data_set in self.data_sets)

    def of(self, *events: str) -> list[Entry]:
        """The journal entries of some events, newest first."""
        return [entry for entry in reversed(self.entries) if entry.event in events]

    @property
    def unchecked_tasks(self) -> list[DagTask]:
        """Tasks that touch data without a check."""
        return [task for task in self.tasks if task.is_unchecked]

    @property
    def attestations_due(self) -> list[AttestationReview]:
        """Statements that are missing, expired or expire soon."""
        return [one for one in self.attestations if one.state != "stated"]


def gather(ledger: Ledger, project: Project, dag_tasks: Iterable[DagTask] = (), *, as_of: datetime | None = None) -> Review:
    """Read the ledger and the project once and put together what a reviewer needs.

    Parameters
    ----------
    ledger
        The ledger of the deployment.
    project
        Its governance.yml.
    dag_tasks
        Tasks of its DAGs, if they are known.
    as_of
        The moment that expiries are judged by; now, if not given.

    """
    now = as_of or datetime.now(UTC)
    policy = load_policy()
    entries = tuple(_shown(entry, project.thresholds.minimum_people) for entry in ledger.entries())
    data_sets = tuple(_data_sets(ledger, project, entries))
    attestations = tuple(_attestations(policy, project, now.date()))
    return Review(
        made_at=now,
        controller=project.controller,
        project=project,
        policy=policy,
        data_sets=data_sets,
        tasks=tuple(_tasks(dag_tasks, entries)),
        clauses=tuple(_clauses(policy, data_sets, attestations, now.date())),
        waivers=tuple(_waivers(project, now.date())),
        attestations=attestations,
        entries=entries,
        releases=tuple(_releases(ledger, entries)),
        chain=ledger.verify(),
        began_at=ledger.began_at,
        ledger_place=ledger.place,
        key_fingerprint=ledger.key_fingerprint,
    )


def _shown(entry: Entry, minimum: int) -> Entry:
    """An entry as it may be shown: where its counts are people, small ones are bands."""
    return replace(entry, facts=_bands(entry.facts, minimum)) if entry.event in _COUNTS_PEOPLE else entry


def _bands(value: Any, minimum: int) -> Any:  # noqa: ANN401 - facts of a journal entry, of any shape
    if isinstance(value, Mapping):
        return {name: _bands(item, minimum) for name, item in value.items()}
    return banded(value, minimum) if isinstance(value, int) and not isinstance(value, bool) else value


def _releases(ledger: Ledger, entries: Sequence[Entry]) -> Iterator[ReleaseReview]:
    known = dict(ledger.register("releases").items())
    for entry in entries:
        if entry.event == "release":
            yield ReleaseReview(entry=entry, certificate=known.get(str(entry.facts.get("release", "")), {}).get("certificate", {}))


def _data_sets(ledger: Ledger, project: Project, entries: Sequence[Entry]) -> Iterator[DataSetReview]:
    reports = ledger.register("reports")
    checks: dict[str, list[Entry]] = {name: [] for name in project.datasets}
    for entry in entries:
        if entry.event in {"check", "gate"} and "outcome" in entry.facts:
            checks.setdefault(str(entry.facts.get("data_set", "")) or "(unnamed)", []).append(entry)
    for name, found in checks.items():
        declared = project.datasets.get(name)
        report = (reports.get(found[-1].id) or {}) if found else {}
        yield DataSetReview(
            name=name,
            kind=str(declared.kind) if declared else str(found[-1].facts.get("kind", "working")),
            declared=declared is not None,
            mode=declared.mode if declared else "enforce",
            description=declared.description if declared else "",
            history=tuple(Checked(at=e.at, outcome=str(e.facts.get("outcome", "open")), entry=e.id) for e in found),
            report=report,
            stale=_stale(report, project) if found else "",
        )


def _tasks(tasks: Iterable[DagTask], entries: Sequence[Entry]) -> Iterator[DagTask]:
    """The tasks with the outcome of their last run on record."""
    last = {(e.facts["dag"], e.facts["task"]): str(e.facts["outcome"]) for e in entries if {"dag", "task", "outcome"} <= set(e.facts)}
    for task in tasks:
        yield replace(task, outcome=last.get((task.dag, task.task), ""))


def _stale(report: Mapping[str, Any], project: Project) -> str:
    if not report:
        return "its report was erased"
    if report.get("rules_sha256") not in {"", None, rules_sha256()}:
        return "checked with other rules than today's"
    if report.get("project_sha256") not in {"", None, project.sha256}:
        return "checked before governance.yml changed"
    return ""


def _clauses(
    policy: Policy, data_sets: Sequence[DataSetReview], attestations: Sequence[AttestationReview], today: date
) -> Iterator[ClauseReview]:
    stated = {one.clause.key: one.state for one in attestations}
    for clause in policy.clauses.values():
        outcomes = [[str(o) for code, o in one.report.get("rules", {}).items() if code in clause.rules] for one in data_sets]
        found = Counter(min(of_one, key=_WORST_FIRST.index) for of_one in outcomes if of_one)
        if clause.key == _TEXT:
            found = Counter({"pass" if today <= policy.due_at else "review": 1})
        yield ClauseReview(
            clause=clause,
            rules=tuple((code, policy.codes[code]) for code in clause.rules),
            outcomes=found,
            attested=stated.get(clause.key, ""),
        )


def _waivers(project: Project, today: date) -> Iterator[WaiverReview]:
    rules = all_rules()
    for waiver in project.waivers:
        rule = rules.get(waiver.rule)
        named = rule or REASONS.get(waiver.rule)
        state = "void" if named is None or named.ground is Ground.POLICY else _until(waiver.expires_at, today, "active")
        yield WaiverReview(
            rule=waiver.rule,
            name=rule.slug if rule else "",
            data_set=waiver.data_set,
            reason=waiver.reason,
            approver=waiver.approver,
            expires_at=waiver.expires_at,
            state=state,
        )


def _attestations(policy: Policy, project: Project, today: date) -> Iterator[AttestationReview]:
    for clause in policy.clauses.values():
        if clause.coverage != Coverage.ATTESTED:
            continue
        made = project.attestations.get(clause.key)
        if made is None:
            yield AttestationReview(clause=clause, state="missing")
            continue
        yield AttestationReview(
            clause=clause,
            state=_until(made.expires_at, today, "stated"),
            by=made.by,
            at=made.at,
            expires_at=made.expires_at,
            statement=made.statement,
            evidence=made.evidence,
        )


def _until(expires_at: date | None, today: date, fine: str) -> str:
    if expires_at is None:
        return fine
    left = (expires_at - today).days
    return "expired" if left < 0 else "expires soon" if left <= _DUE_SOON_DAYS else fine


def loosened(thresholds: Thresholds) -> list[str]:
    """The names of thresholds that are weaker than the defaults.

    >>> loosened(Thresholds(minimum_people=5))
    ['minimum_people']
    """
    usual = Thresholds()
    weaker = {
        "minimum_people": thresholds.minimum_people < usual.minimum_people,
        "finest_resolution": thresholds.finest_resolution > usual.finest_resolution,
        "state_max_age_days": thresholds.state_max_age_days > usual.state_max_age_days,
    }
    return [name for name, is_weaker in weaker.items() if is_weaker]
