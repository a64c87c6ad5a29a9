"""Whether a planned map may be released: the input is sound, the people were not shown in another way, the audit passes; else why not.

A refusal names a call that was tried on the same Posts and would be released, where there is one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property

from governance.content import Posts
from governance.disclosure import clock as moment_of
from governance.disclosure import refusals
from governance.disclosure.causes import nothing_counted
from governance.disclosure.gather import Gathering, Reading
from governance.disclosure.joint import Verdict, audit_plan, drawn_again
from governance.disclosure.planning import People, Plan, plan
from governance.disclosure.rounding import banded
from governance.disclosure.specification import FLOOR_PEOPLE, Specification
from governance.disclosure.standing import Released
from governance.disclosure.windows import FINEST, concurrent
from governance.model import Undecided
from governance.verbs.gathering import gathered_people
from governance.verbs.permitting import SENSITIVE_PEOPLE
from governance.verbs.planning_advice import advice_apart, advice_for
from governance.verbs.releasing import History, Series, removals
from governance.verbs.requesting import Request, refused

FEWER = "pass the Posts of fewer windows at a time; neither coarser cells nor more people per record were enough."
NEXT_WINDOW = (
    "neither coarser cells nor more people per record were enough: publish the topics as groups of one map from the next window on, or "
    "read the released map: its call gives it again."
)


@dataclass(frozen=True)
class Trial:
    """What was read for a call, on which it is judged; other settings can be tried on it, so that no hint names a call that fails."""

    ask: Request
    history: History
    scan: Posts
    people: People
    readings: list[Reading]
    others: list[Series]
    own: tuple[Series, Reading]
    """What stands of the series itself, read as it was released: to a map with other settings it is a series like any other."""

    def works(self, spec: Specification) -> bool:
        """Whether a map with these settings would be released: it shows something, and passes the audit against all that stands."""
        if spec.sha256 in self.history.series or (self.ask.name and self.history.named(self.ask.name)):
            return False
        standing = [self.own] if self.own[0].windows else []
        others = [*self.others, *(series for series, _ in standing)]
        reading = replace(self.readings[0], specification=spec, calendar=replace(self.ask.clock, kind=spec.window))
        readings = [reading, *self.readings[1:], *(one for _, one in standing)]
        people = self._people_and_own if standing else self.people
        if not _same_people(spec, self.ask.spec):
            gathered, people = gathered_people(self.scan, readings, removals(self.ask.ledger))
            if not any(slot.reading == 0 for slot in gathered.slots):
                return False
        planned = plan(people, spec, Released({}, ()))
        if not planned.windows or next(_second_maps(planned, spec, others, readings, people), None):
            return False
        try:
            verdict = audit_plan(people, planned, readings, {number + 1: one.released for number, one in enumerate(others)})
        except Undecided:
            return False
        return bool(verdict.plan.windows) and not (verdict.found or verdict.doubted or _unseen(verdict, spec, others))

    @cached_property
    def _people_and_own(self) -> People:
        """Everybody, with one reading more: the series itself."""
        return gathered_people(self.scan, [*self.readings, self.own[1]], removals(self.ask.ledger))[1]

    def advice(self) -> str:
        """The first wider call that works, as a hint."""
        project, sensitive = self.ask.project, self.ask.sensitive
        least = max(project.thresholds.minimum_people, FLOOR_PEOPLE, SENSITIVE_PEOPLE if sensitive else 0)
        return advice_for(self.ask.spec, least, self.works)

    def apart(self) -> str:
        """The first call that earlier releases do not give away, as a hint; empty where none was found."""
        return advice_apart(self.ask.spec, self.works)


def _same_people(one: Specification, other: Specification) -> bool:
    """Whether two settings, of the same regions, count the same people in the same cells."""
    names = ("topic", "scope", "groups", "window", "zone", "assign", "coarsest")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def refuse_input(gathered: Gathering, trial: Trial, ours: Series) -> None:
    """Refuse Posts of which nobody can be counted, with the cause that took most of them."""
    counts, scan, ask = gathered.counts, trial.scan, trial.ask
    if counts["no_author"]:
        raise refusals.no_authors(counts["no_author"])
    off_globe = scan.rejected.counts["out-of-range"]
    boxed, turned = counts["boxed_points"], counts["in_box_if_swapped"]
    if off_globe > counts["points"] or (boxed and turned * 2 > boxed):
        raise refusals.swapped()
    if not any(slot.reading == 0 for slot in gathered.slots) and counts["window_not_closed"]:
        looking_back = ask.clock.as_of < moment_of.now() - timedelta(minutes=1)
        raise refusals.nothing_closed(ask.spec.window, _shorter_that_is_over(trial), looking_back=looking_back)
    if not ours.windows and not trial.people.holds(0):
        wide = range(ask.spec.coarsest - 1, -1, -1) if counts["place_too_wide"] else ()
        level = next((level for level in wide if trial.works(replace(ask.spec, coarsest=level))), None)
        raise nothing_counted(counts, scan.rejected.counts, ask.spec, f"coarsest={level}" if level is not None else "")


def _shorter_that_is_over(trial: Trial) -> str:
    """The longest shorter kind of window of which one with Posts is over and may be shown; the Posts are read again for it."""
    spec = trial.ask.spec
    for kind in {"month": ("week", "day"), "week": ("day",)}.get(spec.window, ()):
        finest = min(spec.finest, FINEST[kind])
        if trial.works(replace(spec, window=kind, finest=finest)):
            return f'window="{kind}"' + (f", finest={finest}" if finest < spec.finest else "")
    return ""


def judged(trial: Trial, ours: Series, planned: Plan) -> Verdict:
    """The verdict on a plan that may be released; any other is refused, and the refusal recorded."""
    ask, others, people, readings = trial.ask, trial.others, trial.people, trial.readings
    spec = ours.specification
    if not planned.windows and (planned.absent or not people.holds(0)):
        raise refused(ask, "not_at_hand", refusals.not_at_hand(ours.releases), ours.releases)
    if not planned.windows:
        raise refused(ask, "too_few", refusals.too_few(spec, trial.advice()))
    for other, labels in _second_maps(planned, spec, others, readings, people):
        raise refused(ask, "second_map", refusals.second_map(other.name, _call_of(other, spec), labels), other.releases)
    try:
        verdict = audit_plan(people, planned, readings, {number + 1: one.released for number, one in enumerate(others)})
    except Undecided:
        raise refused(ask, "undecided", refusals.undecided(trial.apart() or FEWER)) from None
    if named := _unseen(verdict, spec, others):
        raise refused(ask, "not_at_hand", refusals.not_at_hand(named), named)
    if verdict.found or verdict.doubted:
        code, word = ("differencing", refusals.discloses) if verdict.found else ("added_since", refusals.added_since)
        problem = word(verdict.blamed, verdict.people, spec.minimum_people, trial.apart() or NEXT_WINDOW)
        raise refused(ask, code, problem, verdict.blamed, people=banded(verdict.people, spec.minimum_people))
    if not verdict.plan.windows:
        raise refused(ask, "too_few", refusals.too_few(spec, trial.advice()))
    return verdict


def _unseen(verdict: Verdict, spec: Specification, others: list[Series]) -> list[str]:
    """The releases whose people are not in the input, where one of them may show the same people."""
    if not any(_related(spec, others[number - 1].specification) for number in verdict.unseen):
        return []
    return [name for number in verdict.unseen for name in others[number - 1].releases]


def _related(one: Specification, two: Specification) -> bool:
    """Whether two series may show the same people: they share a word, or a collection; declared collections differ by their names."""
    if one.scope and two.scope:
        return one.scope == two.scope
    ours, theirs = ({word for text in spec.topic.texts for word in text.lstrip("#").split()} for spec in (one, two))
    return bool(ours & theirs)


def _second_maps(
    planned: Plan, spec: Specification, others: list[Series], readings: list[Reading], people: People
) -> Iterator[tuple[Series, list[str]]]:
    """Series that show the same people in another way over the same time: refused whatever the counts say, people would be drawn twice."""
    for number, other in enumerate(others, start=1):
        clock = readings[number].calendar
        hit = concurrent(other.windows, clock, planned.new, readings[0].calendar)
        if not hit:
            continue
        same = other.specification.population == spec.population
        if same or (_shown_otherwise(spec, other.specification) and drawn_again(people, planned, number, hit, spec.minimum_people)):
            yield other, [clock.label(b) for b in hit]


def _shown_otherwise(one: Specification, other: Specification) -> bool:
    """Whether two maps split or draw people in other ways."""
    return one.settings != other.settings or any(one.population[name] != other.population[name] for name in ("groups", "regions"))


def _call_of(series: Series, asked: Specification) -> str:
    spec = series.specification
    groups = {name: found.texts for name, found in spec.groups}
    said = {"topic": spec.topic.texts or None, "scope": spec.scope or None, "groups": groups or None}
    named = {name: value for name, value in said.items() if spec.population[name] != asked.population[name]}
    shown = {"window": spec.window, "minimum_people": spec.minimum_people, "finest": spec.finest, "coarsest": spec.coarsest}
    shown |= {"strategy": spec.strategy, "assign": spec.assign, "timezone": spec.zone, "include_posts": spec.include_posts}
    return ", ".join(f"{name}={value!r}" for name, value in (named | shown).items())
