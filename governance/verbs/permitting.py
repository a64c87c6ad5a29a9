"""What governance.yml says of a release: who approved its series, whether its people need more protection, which accounts never count."""

from datetime import date
from pathlib import Path

from governance.disclosure import clock
from governance.disclosure.exclusion import Exclusion, read_accounts
from governance.disclosure.scope import Terms, terms
from governance.project import Project
from governance.project.schema import SeriesApproval

SENSITIVE_PEOPLE = 25
"""The fewest people of a record about a sensitive topic or collection."""


def today() -> date:
    """The day approvals are judged by."""
    return clock.now().date()


def live_approval(project: Project, series: str) -> SeriesApproval | None:
    """The approval of a series that holds today."""
    found = project.file.releases.series.get(series)
    return found if found is not None and found.approved_at <= today() <= found.expires_at else None


def sensitive_because(project: Project, scope: str, topic: Terms, groups: tuple[tuple[str, Terms], ...]) -> tuple[str, ...]:
    """Which of `scope`, `topic` and `groups` is declared sensitive.

    A sensitive hashtag is sensitive as a keyword too, and within a keyword of several words.
    """
    listed = list(project.file.releases.sensitive_topics)
    named = {text.lstrip("#") for text in terms(listed, "releases.sensitive_topics").texts}
    found = {
        "scope": scope in project.scopes and project.scopes[scope].sensitive,
        "topic": _touches(topic, named),
        "groups": any(_touches(group, named) for _, group in groups),
    }
    return tuple(name for name, hit in found.items() if hit)


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
    places: list[tuple[tuple[str, ...], str]] = [(("releases", "exclude_accounts"), project.file.releases.exclude_accounts)]
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
