"""Every Asset, defined once from governance.yml: one per declared data set, under its name.

Airflow refuses to run a task whose Asset has the same name as another with a different URI, so DAGs take theirs from here. What an
Asset may do is decided from governance.yml, never from what is written on the Asset.
"""

from pathlib import Path

from airflow.sdk import Asset

from governance.adapters.airflow.finding import find_project
from governance.errors import BadRequest
from governance.project import Project, load_project


def asset(name: str, project: Project | str | Path | None = None, *, near: str | None = None) -> Asset:
    """The Asset of a declared data set.

    Parameters
    ----------
    name
        A data set of governance.yml.
    project
        A governance.yml, its folder, or a Project; by default GOVERNANCE_PROJECT, `[governance] project`, then the nearest one.
    near
        The DAG's file, above which the nearest governance.yml is looked for; by default the working folder.

    Raises
    ------
    BadRequest
        The data set is not declared.

    """
    home = load_project(project) if project else find_project(near)
    declared = home.datasets.get(name)
    if declared is None:
        raise BadRequest(f"the data set `{name}` is not declared in {home.path or 'governance.yml'}.", "add it under `datasets:`.")
    place = declared.uri or declared.location
    if not place:
        return Asset(name=name, group="governance")
    uri = place if "://" in place else Path(home.resolve(place)).as_uri()
    return Asset(name=name, uri=uri, group="governance")


def declared(*names: str, near: str | None = None) -> list[Asset]:
    """The Assets of those of these data sets that governance.yml declares; for template DAGs, which also run where nothing is declared."""
    home = find_project(near)
    return [asset(name, home) for name in names if name in home.datasets]
