"""Which governance.yml governs a DAG: the deployment's, else the nearest one above the DAG's file."""

import os
from pathlib import Path

from governance.project import Project, load_project

_ENVIRONMENT = "GOVERNANCE_PROJECT"
_FILE = "governance.yml"


def find_project(near: str | None = None) -> Project:
    """The project: GOVERNANCE_PROJECT, `[governance] project`, else the nearest governance.yml above a file, else above the working folder.

    A platform team sets one of the first two: then no file beside a DAG can declare anything.
    """
    named = os.environ.get(_ENVIRONMENT) or configured("project")
    if named:
        return load_project(named)
    folder = Path(near).resolve().parent if near else Path.cwd()
    found = next((above / _FILE for above in (folder, *folder.parents) if (above / _FILE).is_file()), None)
    return load_project(found)


def configured(option: str) -> str:
    """An option of Airflow's `[governance]` section, empty if it is not set."""
    from airflow.configuration import conf

    return conf.get("governance", option, fallback="") or ""
