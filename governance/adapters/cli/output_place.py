"""Where --out may be written: in a folder that is there, and never over what the command reads or the project lives on."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from governance.errors import BadRequest
from governance.project import Project, load_project
from governance.vocabulary import Kind

_NO_INPUT = frozenset({"out", "project", "folder"})
_HINT = "name another place with --out."


def checked_place(options: Mapping[str, Any], writes: Kind | None = None, *, folder: bool = False) -> None:
    """Refuse an --out that is an input, a file of the project, or declared data of another kind, or that can't be written.

    Parameters
    ----------
    options
        The options and arguments of the command; each path in them, but for the project's, is an input.
    writes
        The kind of data that the command writes; None for a report.
    folder
        Whether --out is a folder.

    Raises
    ------
    BadRequest
        It may not be written, and why.

    """
    out: Path = options["out"]
    if folder:
        if out.exists() and not out.is_dir():
            raise BadRequest(f"--out {out}: is a file, and a folder is written.", "name a folder with --out.")
        return
    if out.is_dir():
        raise BadRequest(f"--out {out}: is a folder.", "name a file with --out.")
    if not out.parent.is_dir():
        raise BadRequest(f"--out {out}: its folder is not there.", "make the folder first, or name another one.")
    for path in _inputs(options):
        refuse_over(out, path, "what this command reads")
    for path, what in _of_project(options, writes):
        refuse_over(out, path, what)


def refuse_over(out: Path, path: Path, what: str) -> None:
    """Refuse a place that is a file, or a file that lies in a folder already."""
    if same_file(out, path):
        raise BadRequest(f"--out {out}: is {what}, and would be overwritten.", _HINT)
    if path.is_dir() and out.exists() and out.resolve().is_relative_to(path.resolve()):
        raise BadRequest(f"--out {out}: lies in {what}, and would be overwritten.", _HINT)


def same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to the same file, by another spelling or a link too."""
    try:
        return one.resolve() == other.resolve() or (one.exists() and other.exists() and one.samefile(other))
    except (OSError, RuntimeError):  # a loop of links: whoever opens it says so
        return False


def _inputs(options: Mapping[str, Any]) -> Iterator[Path]:
    for name, value in options.items():
        if name not in _NO_INPUT:
            for one in value if isinstance(value, tuple) else (value,):
                if isinstance(one, Path) or (isinstance(one, str) and name == "releases"):
                    yield Path(one)


def _of_project(options: Mapping[str, Any], writes: Kind | None) -> Iterator[tuple[Path, str]]:
    """governance.yml, the ledger, the key, and the declared data that is of another kind than what is written."""
    from governance.ledger import Ledger
    from governance.project import BASELINE_FILE

    named = options.get("project")
    if named is not None:
        yield (named / "governance.yml" if named.is_dir() else named), "the project's governance.yml"
    try:
        home = load_project(named)
        files = Ledger.files(options.get("ledger"), project=home)
    except BadRequest:  # a command that needs the project says what is wrong with it
        return
    if home.path is not None:
        yield home.path, "the project's governance.yml"
    yield home.folder / BASELINE_FILE, "the project's baseline"
    *databases, key = files
    yield key, "the project's key"
    for database in databases:
        yield from ((database.with_name(database.name + ending), "the ledger") for ending in ("", "-journal", "-wal"))
    yield from _declared(home, writes)


def _declared(home: Project, writes: Kind | None) -> Iterator[tuple[Path, str]]:
    for name, data_set in home.datasets.items():
        place = home.resolve(data_set.location)
        if place and "://" not in place and data_set.kind is not writes:
            yield Path(place), f"the place of data set `{name}` ({data_set.kind})"
