"""`governance dags FOLDER`: the static check of DAGs, without a scheduler or a database."""

import contextlib
import io
import logging
import os
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from governance.adapters.cli.markdown import page, table
from governance.adapters.cli.options import FILE, common, emit, emit_json
from governance.errors import BadRequest

_POLICY = "AirflowClusterPolicyViolation"
_IN_SOURCE = "a place stands in the source, which Airflow keeps and shows. Hint: read it from a file."


@dataclass(frozen=True, slots=True)
class Parsed:
    """What became of the DAG files below some paths."""

    dags: tuple[str, ...]
    refused: dict[str, str]
    broken: dict[str, str]
    review: dict[str, list[int]]
    """The lines of governed DAG files on which a place stands."""

    def tree(self) -> dict[str, Any]:
        """The result as JSON-able data."""
        outcome = "fail" if self.refused else "open" if self.broken else "review" if self.review else "pass"
        return {"outcome": outcome, "dags": list(self.dags), "refused": self.refused, "broken": self.broken, "review": self.review}

    def markdown(self) -> str:
        """The result as a table of what does not pass."""
        rows = [("refused", path, why) for path, why in self.refused.items()]
        rows += [("broken", path, why) for path, why in self.broken.items()]
        rows += [("review", f"{path}:{line}", _IN_SOURCE) for path, found in self.review.items() for line in found]
        counts = f"{len(self.dags)} DAGs pass, {len(self.refused)} files refused, {len(self.broken)} can't be parsed."
        return page(f"DAGs: {self.tree()['outcome']}", [counts, "", *(table(("outcome", "where", "why"), rows) if rows else [])])

    def text(self) -> str:
        """The result for a terminal."""
        lines = [f"REFUSED  {path}: {why}" for path, why in self.refused.items()]
        lines += [f"BROKEN   {path}: {why}" for path, why in self.broken.items()]
        places = [f"{path}:{line}" for path, found in self.review.items() for line in found]
        lines += [f"REVIEW   {place}: {_IN_SOURCE}" for place in places]
        return "\n".join([*lines, f"{len(self.dags)} DAGs pass, {len(self.refused)} files refused, {len(self.broken)} can't be parsed"])


@click.command("dags")
@click.argument("paths", nargs=-1, required=True, type=FILE)
@common
def dags(paths: tuple[Path, ...], project: Path | None, ledger: str | None, output_format: str, out: Path | None) -> None:
    """Check DAG files: no DAG that reads governed data may write what leaves without a gate that surely passed.

    The same check runs in Airflow's cluster policy. Exit 1 if a file is refused or can't be parsed. A place that stands in the
    source of a governed DAG is told, for a review.
    """
    del ledger
    if project is not None:
        os.environ["GOVERNANCE_PROJECT"] = str(project.resolve())
    for path in paths:
        if not path.exists():
            raise BadRequest(f"{path}: there is no such file or folder.", "name a folder of DAG files.")
    found = parsed(paths)
    if output_format == "json":
        emit_json(found.tree(), out)
    else:
        emit(found.markdown() if output_format == "markdown" else found.text(), out)
    if found.refused or found.broken:
        raise click.exceptions.Exit(1)


def parsed(paths: tuple[Path, ...]) -> Parsed:
    """Parse every DAG file below some paths as Airflow does, and ask the policy about each DAG.

    Raises
    ------
    BadRequest
        Airflow is not installed.

    """
    with _quiet_airflow():
        bags = [_bag(path.resolve()) for path in paths]
    from governance.adapters.airflow.bags import reason

    problems = {_shown(name): text for bag in bags for name, text in bag.import_errors.items()}
    return Parsed(
        dags=tuple(sorted(dag_id for bag in bags for dag_id in bag.dags)),
        refused={name: _policy_words(text) for name, text in problems.items() if _POLICY in text},
        broken={name: reason(text) for name, text in problems.items() if _POLICY not in text},
        review={_shown(name): found for name in _governed_files(bags) if (found := _place_lines(Path(name)))},
    )


def _governed_files(bags: list[Any]) -> list[str]:
    from governance.adapters.airflow.policy import governed

    return sorted({str(dag.fileloc) for bag in bags for dag in bag.dags.values() if governed(dag.dag_id)})


def _place_lines(file: Path) -> list[int]:
    from governance.adapters.airflow.literals import place_lines

    return place_lines(file.read_text(encoding="utf-8", errors="replace")) if file.is_file() else []


def _bag(path: Path) -> Any:  # noqa: ANN401 - Airflow's DagBag
    try:
        from airflow.settings import get_policy_plugin_manager
    except ModuleNotFoundError as problem:
        if problem.name not in {"airflow", "airflow.settings"}:
            raise
        raise BadRequest("Airflow is not installed.", "install `post-governance[airflow]`.") from None
    from governance.adapters.airflow import policy
    from governance.adapters.airflow.bags import bag_of

    manager = get_policy_plugin_manager()
    if not manager.is_registered(policy):
        manager.register(policy)
    return bag_of(path, safe_mode=path.is_dir())


@contextlib.contextmanager
def _quiet_airflow() -> Iterator[None]:
    """Import and parse without Airflow's own lines on the terminal, in a home that is gone afterwards unless the machine has one."""
    with contextlib.ExitStack() as stack:
        if "AIRFLOW_HOME" not in os.environ:
            os.environ["AIRFLOW_HOME"] = stack.enter_context(tempfile.TemporaryDirectory(prefix="governance-dags-"))
            stack.callback(os.environ.pop, "AIRFLOW_HOME", None)
        os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        logging.disable(logging.CRITICAL)
        stack.callback(logging.disable, logging.NOTSET)
        yield


def _shown(name: str) -> str:
    path = Path(name)
    return str(path.relative_to(Path.cwd())) if path.is_absolute() and path.is_relative_to(Path.cwd()) else name


def _policy_words(text: str) -> str:
    last = text.strip().splitlines()[-1]
    return last.partition("governance: ")[2] or last
