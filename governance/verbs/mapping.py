"""`gov.heat_map`: from Posts to a map of people that may be published, or to a refusal that says what to do instead."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from governance.content import Posts, read_posts
from governance.disclosure import refusals
from governance.disclosure.gather import Reading
from governance.disclosure.planning import plan
from governance.disclosure.regions import region_cells
from governance.disclosure.scope import group_terms, terms
from governance.disclosure.specification import Specification, checked_settings
from governance.disclosure.windows import Calendar, calendar
from governance.errors import BadRequest, LedgerUnavailable
from governance.ledger import Ledger
from governance.project import Project, SeriesApproval, load_project
from governance.reporting.maps import HeatMap
from governance.verbs.gathering import as_released, gathered_people
from governance.verbs.judging import Trial, judged, refuse_input
from governance.verbs.permitting import SENSITIVE_PEOPLE, approval_line, departures, live_approval, sensitive_because
from governance.verbs.publishing import publish
from governance.verbs.releasing import PEOPLE_KEY, History, Series, lettered, read_history, removals
from governance.verbs.requesting import Request, refused

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
    over, later = ours.parted(ask.clock)
    others = [*(one for one in history.series.values() if one is not ours), *([later] if later else [])]
    readings = [_reading(ask, ours, ask.clock), *(_released_reading(ask, one) for one in others)]
    scan = ask.posts if isinstance(ask.posts, Posts) else read_posts(ask.posts)
    gathered, people = gathered_people(scan, readings, removals(ask.ledger))
    trial = Trial(ask, history, scan, people, readings, others, (over, _released_reading(ask, over)))
    refuse_input(gathered, trial, ours)
    planned = plan(people, ours.specification, over.released)
    verdict = judged(trial, ours, planned)
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
    return as_released(_reading(ask, series, series.calendar), series, ask.excluded(series.specification.scope), ask.ledger)
