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
        return _read(Path(named))
    folder = Path(near).resolve().parent if near else Path.cwd()
    found = next((above / _FILE for above in (folder, *folder.parents) if (above / _FILE).is_file()), None)
    return _read(found) if found else load_project()


_kept: dict[Path, tuple[tuple[int, int, int], Project]] = {}


def _read(path: Path) -> Project:
    """A project, read again only when its file changed: a folder of DAGs asks for it once per DAG."""
    file = path if path.suffix else path / _FILE
    try:
        found = file.stat()
    except OSError:
        return load_project(path)
    stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
    if file not in _kept or _kept[file][0] != stamp:
        _kept[file] = (stamp, load_project(file))
    return _kept[file][1]


def configured(option: str) -> str:
    """An option of Airflow's `[governance]` section, empty if it is not set."""
    from airflow.configuration import conf

    return conf.get("governance", option, fallback="") or ""
