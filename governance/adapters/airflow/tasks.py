"""The tasks of a folder of DAGs as the review site shows them: what each reads, writes and checks, and whether a gate stands before it."""

import io
import logging
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from governance.adapters.airflow.catalogue import Catalogue, catalogue
from governance.adapters.airflow.static import View, argument, inputs, is_ours, problems, view_of
from governance.project import Project
from governance.reporting.review import DagTask

_PARAMETER = re.compile(r"\{\{\s*params\.(\w+)\s*\}\}")
_DATA = ("data", "posts", "accounts", "records", "releases")
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


def tasks_in(folder: Path, project: Project) -> list[DagTask]:
    """Every task of every DAG in a folder; a DAG that can't be loaded, or that the policy refuses, is one task with its problem.

    Parameters
    ----------
    folder
        A folder of DAG files, or one file.
    project
        The governance.yml that says which data sets are governed.

    """
    with tempfile.TemporaryDirectory() as home:
        os.environ.setdefault("AIRFLOW_HOME", home)
        bag = _bag(folder)
    known = catalogue(project)
    found = [DagTask(dag=Path(path).name, task="(the file)", problem=_reason(text)) for path, text in bag.import_errors.items()]
    for dag_id in sorted(bag.dags):
        found += _of(view_of(bag.dags[dag_id], known), known)
    return found


def _bag(folder: Path) -> Any:  # noqa: ANN401 - Airflow's DagBag
    """The parsed DAGs; Airflow prints its progress, which is nobody's business here."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        from governance.adapters.airflow.bags import bag_of

        before = logging.root.manager.disable
        logging.disable(logging.CRITICAL)
        try:
            return bag_of(folder.resolve())
        finally:
            logging.disable(before)


def _of(view: View, known: Catalogue) -> Iterator[DagTask]:
    wrong = {problem.task_id: problem.what for problem in problems(view)}
    for task in view.dag.tasks:
        yield DagTask(
            dag=view.dag.dag_id,
            task=task.task_id,
            does=_does(task),
            reads=tuple(sorted(_names(task.inlets, known) | inputs(known, task) | _parameters(view.dag, task, known))),
            writes=tuple(sorted(_names(task.outlets, known) | {name.removeprefix("undeclared:") for name in view.egress(task)})),
            gated=bool(view.gates(task)),
            problem=wrong.get(task.task_id, ""),
        )


def _does(task: Any) -> str:  # noqa: ANN401 - an operator or a mapped operator
    """What one of our tasks does, from its class: `GovernanceHeatMapOperator` makes a heat map."""
    if not is_ours(task):
        return ""
    words = _WORDS.split(task.task_type.removeprefix("Governance").removesuffix("Operator"))
    return " ".join(words).lower()


def _names(things: Any, known: Catalogue) -> set[str]:  # noqa: ANN401 - Assets, references, or None
    return {name for thing in things or () for name in known.names(thing)}


def _parameters(dag: Any, task: Any, known: Catalogue) -> set[str]:  # noqa: ANN401 - Airflow's types
    """The data sets that a task reads if its DAG runs with the default parameters."""
    texts = [value for name in _DATA if isinstance(value := argument(task, name), str) and "{{" in value]
    places = (_PARAMETER.sub(lambda found: str(dag.params.get(found.group(1), "")), text) for text in texts)
    return {name for place in places if (name := known.at(place))}


def _reason(text: str) -> str:
    """Why a file is no DAG: the policy's own words, else the kind of error alone, since its text may quote a value."""
    last = text.strip().splitlines()[-1] if text.strip() else ""
    ours = last.partition("governance: ")[2]
    return ours or f"the file can't be loaded ({last.partition(':')[0].rpartition('.')[2] or 'unknown error'})"
