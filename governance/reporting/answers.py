"""What the review site says first: the tiles, what needs a decision, what was refused, which thresholds were in force."""

from dataclasses import dataclass
from typing import Any

from governance.ledger import Entry
from governance.model import Thresholds
from governance.reporting.review import Review, loosened

_BAD_OUTCOMES = ("fail", "open", "review")


@dataclass(frozen=True, slots=True)
class Tile:
    """One number on the first page."""

    count: int
    label: str
    link: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing that waits for a person."""

    state: str
    what: str
    why: str
    link: str = ""


def tiles(review: Review) -> list[Tile]:
    """The numbers a reviewer looks at first."""
    outcomes = review.outcomes
    stopped = sum(outcomes[outcome] for outcome in _BAD_OUTCOMES)
    unchecked = outcomes["not checked"] + len(review.unchecked_tasks)
    due = len(review.attestations_due)
    return [
        Tile(outcomes["pass"], "data sets pass", "data-sets.html", "good" if outcomes["pass"] else ""),
        Tile(stopped, "data sets stopped", "data-sets.html", "bad" if stopped else ""),
        Tile(unchecked, "not checked", "data-sets.html", "warn" if unchecked else ""),
        Tile(len(review.of("release")), "releases", "released.html#releases"),
        Tile(len(review.of("match")), "matchings", "released.html#matches"),
        Tile(len(refusals(review)), "refusals", "released.html#refusals"),
        Tile(due, "statements due", "record.html#attestations", "warn" if due else ""),
    ]


def refusals(review: Review) -> list[Entry]:
    """What was stopped, newest first: refusals, and checks that did not pass."""
    stopped = [e for e in review.of("check", "gate", "audit", "expectations") if e.facts.get("outcome") in _BAD_OUTCOMES]
    return sorted([*review.of("refusal", "withheld"), *stopped], key=lambda e: e.seq, reverse=True)


def attention(review: Review) -> list[Attention]:
    """What waits for a person, worst first."""
    return [*_broken(review), *_data_sets(review), *_tasks(review), *_people(review)]


def _broken(review: Review) -> list[Attention]:
    found = []
    if not review.chain.intact:
        found.append(Attention("broken", "The ledger", "was changed after it was written; see the problems.", "record.html#ledger"))
    if review.made_at.date() > review.policy.due_at:
        found.append(Attention("expired", "The policy text", f"was to be read again by {review.policy.due_at}.", "policy.html"))
    return found


def _data_sets(review: Review) -> list[Attention]:
    found = []
    for one in review.data_sets:
        link = f"data-sets.html#{one.anchor}"
        if one.outcome in _BAD_OUTCOMES:
            codes = ", ".join(dict.fromkeys(f"{f['rule']} {f['name']}" for f in one.report.get("findings", ()) if not f.get("waived_by")))
            found.append(Attention(one.outcome, one.name, codes or "see the report.", link))
        elif one.outcome == "not checked":
            found.append(Attention("not checked", one.name, "is declared and was never checked.", link))
        elif one.stale:
            found.append(Attention("out of date", one.name, f"{one.stale}.", link))
    return sorted(found, key=lambda item: (*_BAD_OUTCOMES, "not checked", "out of date").index(item.state))


def _tasks(review: Review) -> list[Attention]:
    link = "data-sets.html#tasks"
    return [
        Attention("not checked", f"{one.dag}.{one.task}", one.problem or "touches data without a check or a gate.", link)
        for one in review.unchecked_tasks
    ]


def _people(review: Review) -> list[Attention]:
    found = [
        Attention(
            one.state,
            f"Waiver of {one.rule} for {one.data_set}",
            f"approved by {one.approver}, until {one.expires_at}.",
            "record.html#waivers",
        )
        for one in review.waivers
        if one.state != "active"
    ]
    weaker = loosened(review.project.thresholds)
    if weaker:
        found.append(Attention("review", "Thresholds", f"are weaker than usual: {', '.join(weaker)}.", "record.html#thresholds"))
    due = [one for one in review.attestations_due if one.state != "missing"]
    found += [
        Attention(one.state, f"Statement {one.clause.key}", f"by {one.by}, until {one.expires_at}.", "record.html#attestations")
        for one in due
    ]
    missing = len(review.attestations_due) - len(due)
    if missing:
        found.append(
            Attention(
                "missing", f"{missing} statements", "that only a person can make are not in governance.yml.", "record.html#attestations"
            )
        )
    return found


def thresholds(review: Review) -> list[dict[str, Any]]:
    """The thresholds in force and each set before them, newest first, as the ledger saw them."""
    rows: list[dict[str, Any]] = [
        {"since": f"{entry.at:%Y-%m-%d %H:%M} UTC", "sha256": entry.facts.get("project_sha256", ""), "by": entry.facts.get("by", "")}
        | _limits(entry.facts)
        for entry in review.of("project")
    ]
    now = review.project.thresholds
    current = {
        "minimum_people": now.minimum_people,
        "finest_resolution": now.finest_resolution,
        "state_max_age_days": f"{now.state_max_age_days:g}",
    }
    if not rows or any(rows[0][name] != value for name, value in current.items()):
        rows.insert(0, {"since": "now", "sha256": review.project.sha256, "by": "", **current})
    return rows


def _limits(facts: Any) -> dict[str, Any]:  # noqa: ANN401 - the facts of a journal entry
    usual = Thresholds()
    told = facts.get("thresholds", facts)
    return {
        "minimum_people": told.get("minimum_people", usual.minimum_people),
        "finest_resolution": told.get("finest_resolution", usual.finest_resolution),
        "state_max_age_days": f"{float(told.get('state_max_age_days', usual.state_max_age_days)):g}",
    }
