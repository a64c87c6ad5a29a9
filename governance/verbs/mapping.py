"""`gov.heat_map`: from Posts to a map of people that may be published, or to a refusal that says what to do instead."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from governance.content import Posts, read_posts
from governance.disclosure import clock as moment_of
from governance.disclosure import refusals
from governance.disclosure.causes import nothing_counted
from governance.disclosure.exclusion import EXCLUSION_KEY
from governance.disclosure.gather import MAY_LACK, Gathering, Reading, Removed
from governance.disclosure.joint import Verdict, audit_plan, drawn_again
from governance.disclosure.planning import People, Plan, plan
from governance.disclosure.regions import region_cells
from governance.disclosure.rounding import banded
from governance.disclosure.scope import group_terms, terms
from governance.disclosure.specification import FLOOR_PEOPLE, Specification, checked_settings
from governance.disclosure.windows import FINEST, Calendar, calendar
from governance.errors import BadRequest, LedgerUnavailable
from governance.ledger import Ledger
from governance.model import Undecided
from governance.project import Project, SeriesApproval, load_project
from governance.reporting.maps import HeatMap
from governance.verbs.permitting import SENSITIVE_PEOPLE, approval_line, departures, live_approval, sensitive_because
from governance.verbs.planning_advice import advice_for
from governance.verbs.publishing import publish
from governance.verbs.releasing import PEOPLE_KEY, History, Series, lettered, read_history, removals
from governance.verbs.requesting import Request, refused

QUICK_TO_READ = {"parquet", "arrow", "feather", "pandas", "pyarrow", "polars", "duckdb"}
"""Formats that are read a second time more cheaply than their Posts' ids are kept."""
ATTEMPTS = 5
"""How often a map is audited anew because another one was released during its audit."""
_SERIES_NAME = re.compile(r"(?!.*\d{9})(?!.*8[0-9a-f]{14})[A-Za-z0-9][A-Za-z0-9_-]{0,59}")


def heat_map(
    posts: Any,  # noqa: ANN401 - gov.Posts, paths, or any table
    topic: str | Sequence[str] | None = None,
    scope: str | None = None,
    groups: Mapping[str, str | Sequence[str]] | None = None,
    regions: Mapping[str, Any] | None = None,
    window: str = "week",
    timezone: str = "UTC",
    as_of: datetime | date | str | None = None,
    minimum_people: int | None = None,
    finest: int | None = None,
    coarsest: int = 3,
    strategy: str = "residual",
    assign: str = "random",
    include_posts: bool = False,
    series: str | None = None,
    ledger: "str | Ledger | None" = None,
    project: Any = None,  # noqa: ANN401 - Project, path or None
) -> HeatMap:
    """A heat map of people who posted about a topic, safe to publish, recorded in the ledger.

    Every closed window with located Posts in scope is in the map, each a partition of its own; the column `window` names it. The same call
    gives the same bytes; a later call adds windows, and shows released ones again by the refresh rule.

    Parameters
    ----------
    posts
        gov.Posts, a path (or several), or a table (see `read_posts`).
    topic
        "#hashtag", "keyword", or a list of them: a Post with any of them counts.
    scope
        A collection declared under `scopes:` in governance.yml; all its Posts count, or those of them that match `topic`.
    groups
        Name -> terms. Exclusive in their order; all other Posts are the group `other`. A group of fewer than 50 people is not shown.
    regions
        Name -> shapely polygon (longitude first), turned into base cells; the column `group` names the region. Not with `groups`.
    window
        day, week (ISO) or month, closed as of `as_of`, in `timezone`.
    timezone
        An IANA name; one per series.
    as_of
        Until when windows count as closed; now if left out. A window that is closed by a future `as_of` alone is shown, and certificate,
        legend and a warning say that it was not over.
    minimum_people
        The fewest people of a record; None is the project's (10 by default), 25 where topic or scope is sensitive. Fewer is refused.
    finest, coarsest
        H3 resolutions of records; None is the stricter of the project's and the window's limit (day 6, week 7, month 8).
    strategy
        residual (default), merge or fixed: how small cells are joined or left out.
    assign
        random (default, by a secret key) or modal: in which of their cells a person counts.
    include_posts
        Also show rounded Posts, at most 5 of each person, null where one or two people dominate.
    series
        A name for maps that belong together; without it one is derived from the settings.
    ledger, project
        Where releases are recorded and what is declared; found as everywhere.

    Returns
    -------
    HeatMap
        Records (cell, resolution, kind, window, group, people, area_km2) and their certificate.

    Raises
    ------
    BadRequest
        What was asked can't be read or makes no sense: no scope, a weaker threshold, no authors, a series with other settings.
    PolicyViolation
        The map may not be released (it conflicts with the releases that are named, nobody approved it); the hint is a lawful next call.
    LedgerUnavailable
        Without a ledger there is no release.

    Examples
    --------
    >>> import tempfile, pyarrow as pa, governance as gov
    >>> folder = tempfile.mkdtemp()
    >>> rows = pa.table({
    ...     "post_id": [str(10**15 + n) for n in range(40)], "author_id": [str(n) for n in range(1, 41)],
    ...     "text": ["High water #flood"] * 40, "created_at": ["2026-11-17T10:00:00Z"] * 40,
    ...     "latitude": [48.85] * 40, "longitude": [2.35 + n / 1e4 for n in range(40)],
    ... })
    >>> heat = gov.heat_map(rows, topic="#flood", as_of="2026-11-24", ledger=f"sqlite:///{folder}/governance.db")
    >>> heat.to_pandas()[["window", "people"]].sum().people.item()
    40

    Source: X Developer Policy, geographic data: location stays with its Post; heat maps that show aggregated activity, such as how many
    people in a city use a hashtag, are the exception. The method is in docs/explanation/disclosure-control.md.

    """
    home = load_project(project)
    clock = calendar(window, timezone, as_of)
    cells = region_cells(regions)
    limits = (home.thresholds.minimum_people, home.thresholds.finest_resolution)
    about = {"topic": terms(topic), "scope": _scope(scope, home), "groups": group_terms(groups)}
    sensitive = sensitive_because(home, **about, regions=regions or ())
    if sensitive:
        limits = (max(limits[0], SENSITIVE_PEOPLE), limits[1])
    settings = checked_settings(
        window=window, minimum_people=minimum_people, finest=finest, coarsest=coarsest, strategy=strategy, assign=assign, limits=limits
    )
    spec = Specification(
        **about,
        regions=cells,
        zone=timezone,
        include_posts=include_posts,
        **settings,
    )
    _refuse_shape(spec, series)
    ask = Request(posts, spec, clock, series, Ledger.open(ledger, project=home), home, sensitive)
    for _ in range(ATTEMPTS):
        released = _release(ask)
        if released is not None:
            return released
    raise LedgerUnavailable(
        f"other maps were released during each of {ATTEMPTS} audits of this one.", "call again when the other calls have ended."
    )


def _scope(name: str | None, project: Project) -> str:
    if name is not None and not (isinstance(name, str) and name in project.scopes):
        what = f"scopes: `{name}` is not declared."
        raise project.error(what, "scopes", hint="declare it in governance.yml with `collected_by` and `purpose`, or name a topic.")
    return name or ""


def _refuse_shape(spec: Specification, series: str | None) -> None:
    if not spec.topic and not spec.scope:
        raise refusals.no_scope()
    if not isinstance(spec.include_posts, bool):
        raise BadRequest("include_posts: neither True nor False.", "write include_posts=True, or leave it out.")
    if spec.groups and spec.regions:
        raise BadRequest("groups, regions: a map is split by one of them.", "make two series, or leave one out.")
    if series is not None and not (isinstance(series, str) and _SERIES_NAME.fullmatch(series)):
        raise BadRequest("series: a name has up to 60 letters, digits, - and _, and no long number.", 'write series="flood-map".')


def _release(ask: Request) -> HeatMap | None:
    """Gather, plan, audit, record; nothing is written before the audit passed. None if another map was released meanwhile."""
    history = read_history(ask.ledger)
    ours = _own_series(ask, history)
    approval = _approval(ask, ours)
    later = ours.after(ask.clock)
    others = [*(one for one in history.series.values() if one is not ours), *([later] if later else [])]
    readings = [_reading(ask, ours, ask.clock), *(_released_reading(ask, one) for one in others)]
    scan = ask.posts if isinstance(ask.posts, Posts) else read_posts(ask.posts)
    gathered, people = gathered_people(scan, readings, removals(ask.ledger))
    trial = Trial(ask, history, scan, people, readings, others)
    _refuse_input(gathered, trial, ours)
    planned = plan(people, ours.specification, ours.windows)
    verdict = _judged(trial, ours, planned)
    return publish(ask, ours, history, verdict, gathered, scan, people, approval)


def _own_series(ask: Request, history: History) -> Series:
    """The series of this call: the one with these settings, or a new one; a name that has other settings is refused."""
    same_settings = history.series.get(ask.spec.sha256)
    named = history.named(ask.name) if ask.name else None
    if named is not None and named is not same_settings:
        before, after = ({**one.population, **one.settings} for one in (named.specification, ask.spec))
        raise refusals.series_reused(named.name, [name for name in after if after[name] != before[name]])
    return same_settings or Series(ask.name or f"auto-{lettered(ask.spec.sha256[:12])}", ask.spec)


def _approval(ask: Request, ours: Series) -> SeriesApproval | None:
    """Who approved the series, where somebody did.

    A project that asks for approval releases nothing without, and nobody releases another map under a name that was approved.
    """
    name = ask.name or ours.name
    declared = ask.project.releases.series.get(name)
    line = approval_line(name, ask.spec)
    differing = departures(declared.approves, ask.spec) if declared else []
    if differing:
        raise refused(ask, "approved_otherwise", refusals.approved_otherwise(name, differing, line))
    found = live_approval(ask.project, name)
    if found is None and ask.project.releases.approval == "required":
        ended = declared.expires_at.isoformat() if declared else None
        raise refused(ask, "not_approved", refusals.not_approved(name, ended, line))
    return found


def _reading(ask: Request, series: Series, clock: Calendar) -> Reading:
    spec = series.specification
    return Reading(spec, clock, ask.ledger.subkey(PEOPLE_KEY), ask.excluded(spec.scope).words)


def _released_reading(ask: Request, series: Series) -> Reading:
    """How a series that stands was read: accounts on a list that is not the one of its last release counted then, or may have."""
    found = _reading(ask, series, series.calendar)
    listed = (series.last.get("certificate") or {}).get("exclusion_list")
    same = listed and listed["hmac_sha256"] == ask.excluded(series.specification.scope).digest(ask.ledger.subkey(EXCLUSION_KEY))
    return found if same else replace(found, excluded=np.empty(0, np.uint64))


def gathered_people(posts: Any, readings: list[Reading], removed: Removed) -> tuple[Gathering, People]:  # noqa: ANN401
    """Everybody, by one pass over the Posts; a second only where some occurrence of a Post says that it is withheld or deleted."""
    scan = posts if isinstance(posts, Posts) else read_posts(posts)
    posts_needed = any(r.specification.include_posts or r.specification.assign == "modal" for r in readings)
    gathering = _pass(scan, readings, removed, posts_needed=posts_needed)
    if gathering.contradicted:
        gone = np.unique(np.concatenate([*gathering.hidden_posts, removed.posts]))
        gathering = _pass(scan, readings, replace(removed, posts=gone), posts_needed=posts_needed)
    assigned = gathering.assigned()
    return gathering, People.of(assigned, gathering.slots)


def _pass(scan: Posts, readings: list[Reading], removed: Removed, *, posts_needed: bool) -> Gathering:
    tables_only = set(scan.formats) <= QUICK_TO_READ
    gathering = Gathering(readings, removed, with_posts=posts_needed, remembering=not tables_only)
    lacking = set(MAY_LACK) - scan.given
    for batch in scan.batches([name for name in gathering.columns if name not in lacking]):
        gathering.add(batch)
    return gathering


@dataclass(frozen=True, slots=True)
class Trial:
    """What was read for a call, on which it is judged; other settings can be tried on it, so that no hint names a call that fails."""

    ask: Request
    history: History
    scan: Posts
    people: People
    readings: list[Reading]
    others: list[Series]

    def works(self, spec: Specification) -> bool:
        """Whether a map with these settings would be released: it shows something, and passes the audit against all that stands."""
        if spec.sha256 in self.history.series:
            return False
        reading = replace(self.readings[0], specification=spec, calendar=replace(self.ask.clock, kind=spec.window))
        readings, people = [reading, *self.readings[1:]], self.people
        if not _same_people(spec, self.ask.spec):
            gathered, people = gathered_people(self.scan, readings, removals(self.ask.ledger))
            if not any(slot.reading == 0 for slot in gathered.slots):
                return False
        planned = plan(people, spec, {})
        if not planned.windows or next(_second_maps(planned, spec, self.others, readings, people), None):
            return False
        try:
            verdict = audit_plan(people, planned, readings, {number + 1: one.windows for number, one in enumerate(self.others)})
        except Undecided:
            return False
        return bool(verdict.plan.windows) and not verdict.found and not _unseen(verdict, spec, self.others)

    def advice(self) -> str:
        """The first wider call that works, as a hint."""
        project, sensitive = self.ask.project, self.ask.sensitive
        least = max(project.thresholds.minimum_people, FLOOR_PEOPLE, SENSITIVE_PEOPLE if sensitive else 0)
        return advice_for(self.ask.spec, least, self.works)


def _same_people(one: Specification, other: Specification) -> bool:
    """Whether two settings, of the same regions, count the same people in the same cells."""
    names = ("topic", "scope", "groups", "window", "zone", "assign", "coarsest")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def _refuse_input(gathered: Gathering, trial: Trial, ours: Series) -> None:
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


def _judged(trial: Trial, ours: Series, planned: Plan) -> Verdict:
    ask, others, people, readings = trial.ask, trial.others, trial.people, trial.readings
    spec = ours.specification
    if not planned.windows and planned.absent:
        raise refused(ask, "not_at_hand", refusals.not_at_hand(ours.releases), ours.releases)
    if not planned.windows:
        raise refused(ask, "too_few", refusals.too_few(spec, trial.advice()))
    for other, labels in _second_maps(planned, spec, others, readings, people):
        raise refused(ask, "second_map", refusals.second_map(other.name, _call_of(other, spec), labels), other.releases)
    try:
        verdict = audit_plan(people, planned, readings, {number + 1: one.windows for number, one in enumerate(others)})
    except Undecided:
        raise refused(ask, "undecided", refusals.undecided()) from None
    if named := _unseen(verdict, spec, others):
        raise refused(ask, "not_at_hand", refusals.not_at_hand(named), named)
    if verdict.found:
        hint = "publish the topics as groups of one map from the next window on, or read the released map again: repeat its call."
        problem = refusals.discloses(verdict.blamed, verdict.people, spec.minimum_people, hint)
        raise refused(ask, "differencing", problem, verdict.blamed, people=banded(verdict.people, spec.minimum_people))
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
    spans = [readings[0].calendar.span(bucket) for bucket in planned.new]
    for number, other in enumerate(others, start=1):
        clock = readings[number].calendar
        hit = [b for b in sorted(other.windows) if any(_overlap(clock.span(b), span) for span in spans)]
        if not hit:
            continue
        same = other.specification.population == spec.population
        if same or (_shown_otherwise(spec, other.specification) and drawn_again(people, planned, number, hit, spec.minimum_people)):
            yield other, [clock.label(b) for b in hit]


def _shown_otherwise(one: Specification, other: Specification) -> bool:
    """Whether two maps split or draw people in other ways."""
    return one.settings != other.settings or any(one.population[name] != other.population[name] for name in ("groups", "regions"))


def _overlap(one: tuple[datetime, datetime], other: tuple[datetime, datetime]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _call_of(series: Series, asked: Specification) -> str:
    spec = series.specification
    groups = {name: found.texts for name, found in spec.groups}
    said = {"topic": spec.topic.texts or None, "scope": spec.scope or None, "groups": groups or None}
    named = {name: value for name, value in said.items() if spec.population[name] != asked.population[name]}
    shown = {"window": spec.window, "minimum_people": spec.minimum_people, "finest": spec.finest, "coarsest": spec.coarsest}
    shown |= {"strategy": spec.strategy, "assign": spec.assign, "timezone": spec.zone, "include_posts": spec.include_posts}
    return ", ".join(f"{name}={value!r}" for name, value in (named | shown).items())
