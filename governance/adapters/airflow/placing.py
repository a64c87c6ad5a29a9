"""Results go into place only after they passed: written beside their place, checked there, then moved in one step."""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from governance.adapters.airflow.catalogue import catalogue
from governance.adapters.airflow.checking import enforce, gate
from governance.adapters.airflow.proof import Run
from governance.ledger import Ledger
from governance.project import Project

TABLES = frozenset({".parquet", ".csv", ".arrow", ".feather"})


def resolved(path: str | Path, project: Project) -> Path:
    """A path, relative ones in the project's folder."""
    return Path(project.resolve(str(path)))


def place_checked(
    write: Callable[[Path], Any],
    paths: Sequence[Path],
    run: Run,
    *,
    kind: str,
    project: Project,
    ledger: Ledger,
    may_be_empty: bool = False,
) -> str:
    """Write each path's table beside it, check it, and move all into place once all passed.

    Parameters
    ----------
    write
        Writes the result to a path, in the form its suffix names.
    paths
        Where the result goes; pictures and pages are written by the same certified result and are not tables to check. What lies at a
        declared place is checked as that data set.
    run, kind, project, ledger
        As for a gate.
    may_be_empty
        Whether a table without rows is a lawful result.

    Returns
    -------
    The ledger entry of the last check, empty if none was due.

    """
    stages = {path: path.parent / f".{secrets.token_hex(6)}" for path in paths}
    entry = ""
    try:
        for path, stage in stages.items():
            stage.mkdir(parents=True)
            write(stage / path.name)
        for path, table in [] if may_be_empty else _tables(write, stages):
            name = catalogue(project).at(path)
            report, proof = gate(table, run, data_set=name, kind=kind, project=project, ledger=ledger, looking=True)
            enforce(report)
            entry = proof.entry
        for path, stage in stages.items():
            for file in sorted(stage.iterdir(), key=lambda made: made.name == path.name):
                os.replace(file, path.parent / file.name)  # noqa: PTH105 - one atomic step
    finally:
        for stage in stages.values():
            shutil.rmtree(stage, ignore_errors=True)
    return entry


@contextmanager
def _spare(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _tables(write: Callable[[Path], Any], stages: dict[Path, Path]) -> Iterator[tuple[Path, Path]]:
    """The staged tables by their place; where only pictures and pages are asked for, the same result written once more as a table."""
    tables = [(path, stage / path.name) for path, stage in stages.items() if path.suffix in TABLES]
    yield from tables
    if not tables:
        path, stage = next(iter(stages.items()))
        with _spare(stage / "spare") as folder:
            write(folder / "result.parquet")
            yield path, folder / "result.parquet"
