"""A listener in the worker: after a task ended and its callbacks ran, what lies at the places of egress is looked at once more.

A listener can't fail a task, but it can take away what must not be published. Imports nothing heavy: Airflow loads it everywhere.
"""

from typing import Any

from airflow.listeners import hookimpl


@hookimpl
def on_task_instance_success(previous_state: Any, task_instance: Any) -> None:  # noqa: ANN401, ARG001 - Airflow's interface
    """Look after a success."""
    _look(task_instance)


@hookimpl
def on_task_instance_failed(previous_state: Any, task_instance: Any, error: Any) -> None:  # noqa: ANN401, ARG001 - Airflow's interface
    """Look after a failure."""
    _look(task_instance)


@hookimpl
def on_task_instance_skipped(previous_state: Any, task_instance: Any) -> None:  # noqa: ANN401, ARG001 - Airflow's interface
    """Look after a task that skipped itself."""
    _look(task_instance)


def _look(task_instance: Any) -> None:  # noqa: ANN401 - Airflow's task instance
    hook = getattr(getattr(task_instance, "task", None), "_pre_execute_hook", None)
    if type(hook).__module__ == "governance.adapters.airflow.hooks":
        from governance.adapters.airflow.hooks import late_look

        late_look(task_instance)
