"""What governance.yml says of a release: who approved its series, whether its people need more protection, which accounts never count."""

import json
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from governance.disclosure import clock
from governance.disclosure.exclusion import Exclusion, read_accounts
from governance.disclosure.regions import digest
from governance.disclosure.scope import Terms, group_terms, terms
from governance.disclosure.specification import Specification
from governance.project import ApprovedMap, Project, SeriesApproval

SENSITIVE_PEOPLE = 25
"""The fewest people of a record about a sensitive topic or collection."""


def today() -> date:
    """The day approvals are judged by."""
    return clock.now().date()


def live_approval(project: Project, series: str) -> SeriesApproval | None:
    """The approval of a series that holds today."""
    found = project.releases.series.get(series)
    return found if found is not None and found.approved_at <= today() <= found.expires_at else None


def departures(approved: ApprovedMap, asked: Specification) -> list[str]:
    """The settings in which a map is not what was approved.

    It may hold more people per record and go less fine than approved; all else is as it was approved, or as in a call without the setting.
    """
    people, finest = approved.minimum_people, approved.finest
    same = {
        "topic": terms(approved.topic, "approves.topic").texts == asked.topic.texts,
        "scope": approved.scope == asked.scope,
        "groups": group_terms(approved.groups) == asked.groups,
        "regions": list(approved.regions.items()) == [(name, digest(codes)) for name, codes in asked.regions],
        "minimum_people": people is None or asked.minimum_people >= people,
        "finest": finest is None or asked.finest <= finest,
        "timezone": approved.timezone == asked.zone,
    }
    same |= {name: getattr(approved, name) == getattr(asked, name) for name in _AS_APPROVED}
    return [name for name, fits in same.items() if not fits]


_AS_APPROVED = ("window", "coarsest", "strategy", "assign", "include_posts")


def approval_line(series: str, asked: Specification) -> str:
    """The line of governance.yml that approves a map, with what is left to fill in as capitals."""
    plain = ApprovedMap()
    settings = {
        "topic": asked.topic.texts,
        "scope": asked.scope,
        "groups": {name: found.texts for name, found in asked.groups},
        "regions": {name: digest(codes) for name, codes in asked.regions},
        "timezone": asked.zone,
        **{name: getattr(asked, name) for name in _AS_APPROVED},
    }
    said = {name: value for name, value in settings.items() if value and value != getattr(plain, name)}
    said |= {"window": asked.window, "minimum_people": asked.minimum_people, "finest": asked.finest}
    approves = ", ".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in said.items())
    return f"{series}: {{approver: NAME, approved_at: DATE, expires_at: DATE, approves: {{{approves}}}}}"


def sensitive_because(
    project: Project, scope: str, topic: Terms, groups: tuple[tuple[str, Terms], ...], regions: Iterable[str] = ()
) -> tuple[str, ...]:
    """Which of `scope`, `topic`, `groups` and `regions` is declared sensitive; groups by their names and terms, regions by their names.

    A sensitive hashtag is sensitive as a keyword too, and within a keyword of several words.
    """
    listed = list(project.releases.sensitive_topics)
    named = {text.lstrip("#") for text in terms(listed, "releases.sensitive_topics").texts}
    found = {
        "scope": scope in project.scopes and project.scopes[scope].sensitive,
        "topic": _touches(topic, named),
        "groups": any(_touches(group, named) or _touches(_name(name), named) for name, group in groups),
        "regions": any(_touches(_name(name), named) for name in regions),
    }
    return tuple(name for name, hit in found.items() if hit)


def _name(name: str) -> Terms:
    """A name as the keyword it reads like."""
    return Terms(keywords=(" ".join(re.findall(r"\w+", name.casefold().replace("_", " "))),))


def _touches(asked: Terms, named: set[str]) -> bool:
    texts = [text.lstrip("#") for text in asked.texts]
    return any(f" {name} " in f" {text} " for text in texts for name in named)


def exclusion(project: Project, scope: str) -> Exclusion:
    """The accounts that do not count in maps of a scope: those of the project and those of the collection.

    Raises
    ------
    BadRequest
        A list can't be read, or a line of it is no account id; names the file and the line.

    """
    places: list[tuple[tuple[str, ...], str]] = [(("releases", "exclude_accounts"), project.releases.exclude_accounts)]
    if scope in project.scopes:
        places.append((("scopes", scope, "exclude_accounts"), project.scopes[scope].exclude_accounts))
    ids: list[str] = []
    for node, location in places:
        if not location:
            continue
        try:
            ids += read_accounts(Path(project.resolve(location)))
        except OSError as problem:
            what = f"exclude_accounts: the file can't be read ({problem.strerror})."
            raise project.error(what, *node, hint="name a file with one user id per line, from the folder of governance.yml.") from None
    return Exclusion.of(ids)
