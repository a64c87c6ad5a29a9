"""The cluster policy (entry point `airflow.policy`): the static check, and the guards that go into the worker.

It is loaded wherever the package is installed, and touches only DAGs that use our operators or name an Asset that governance.yml declares.
"""

from typing import Any

from airflow.exceptions import AirflowClusterPolicyViolation
from airflow.policies import hookimpl

from governance.adapters.airflow.built import places_from_elsewhere
from governance.adapters.airflow.catalogue import catalogue
from governance.adapters.airflow.finding import find_project
from governance.adapters.airflow.static import View, is_alias, is_ours, problems, scheduled, view_of
from governance.errors import BadRequest
from governance.project import Project

_latest: list[View | None] = [None]
"""The view of the DAG whose tasks Airflow shows to `task_policy` next."""
_governed: dict[str, bool] = {}
_strict: dict[str, bool] = {}


@hookimpl
def dag_policy(dag: Any) -> None:  # noqa: ANN401 - an Airflow DAG
    """Refuse a DAG in which governed data could leave without a passed gate."""
    _latest[0] = None
    _governed[dag.dag_id] = _strict[dag.dag_id] = False
    if not _concerned(dag):
        return
    try:
        view = view_of(dag, catalogue(project_of(dag)))
    except BadRequest as problem:
        raise AirflowClusterPolicyViolation(f"governance: the project file is broken, so nothing that it governs runs: {problem}") from None
    _governed[dag.dag_id], _strict[dag.dag_id] = view.governed, view.strict
    elsewhere = next(places_from_elsewhere(dag), None) if view.strict else None
    if elsewhere:
        what = f"governance: a place that does not stand in the DAG's source got into {elsewhere}, which Airflow keeps and shows."
        raise AirflowClusterPolicyViolation(f"{what} Hint: read it in a task, from a file.")
    found = problems(view)
    if found:
        raise AirflowClusterPolicyViolation("governance: " + " ".join(str(problem) for problem in found))
    if view.governed:
        from governance.adapters.airflow.installing import watch_callbacks

        watch_callbacks(view)
    _latest[0] = view if view.governed or view.catalogue.leaving else None


@hookimpl
def task_policy(task: Any) -> None:  # noqa: ANN401 - an operator or a mapped operator
    """Put the guards around the tasks of a governed DAG, in every process that parses it, the worker included."""
    view = _latest[0]
    if view is None or task.dag is not view.dag:
        return
    if view.governed:
        from governance.adapters.airflow.installing import install

        install(view, task)
    elif any(is_alias(outlet) for outlet in task.outlets or ()):
        from governance.adapters.airflow.installing import watch_aliases

        watch_aliases(view, task)


def governed(dag_id: str | None) -> bool:
    """Whether a DAG is governed; one that this process never parsed counts as governed. Without an id: whether any is."""
    return _any(_governed) if dag_id is None else _governed.get(dag_id, True)


def strict(dag_id: str | None) -> bool:
    """Whether a DAG does more with governed data than write it, by the same rules."""
    return _any(_strict) if dag_id is None else _strict.get(dag_id, True)


def _any(known: dict[str, bool]) -> bool:
    return not known or any(known.values())


def _concerned(dag: Any) -> bool:  # noqa: ANN401 - an Airflow DAG
    """Whether a DAG has any Asset or any task of ours: others are left alone without reading governance.yml."""
    return next(scheduled(dag), None) is not None or any(task.inlets or task.outlets or is_ours(task) for task in dag.tasks)


def project_of(dag: Any) -> Project:  # noqa: ANN401 - an Airflow DAG
    """The project that governs a DAG."""
    return find_project(dag.fileloc)
