"""A guard around any existing task: its inputs are checked before it runs, its outputs before Airflow takes note of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from governance.adapters.airflow.checking import enforce, gate
from governance.adapters.airflow.errors import airflow_errors
from governance.adapters.airflow.static import is_mapped
from governance.adapters.airflow.worker import run_of
from governance.project import load_project

T = TypeVar("T")


def guard_task(
    task: T, *, inputs: Sequence[str] = (), outputs: Sequence[str] = (), project: str | None = None, ledger: str | None = None
) -> T:
    """Check the data around someone else's task.

    Parameters
    ----------
    task
        Any operator, mapped operator or the result of calling a `@task` function.
    inputs
        Data sets of governance.yml, or paths (templated), that are checked before the task runs.
    outputs
        Data sets (or paths) that are checked after it ran; a refusal fails the task, and no Asset event is made.
    project, ledger
        As for the operators.

    Returns
    -------
    The same task.

    Examples
    --------
    >>> from airflow.providers.standard.operators.python import PythonOperator
    >>> task = guard_task(PythonOperator(task_id="work", python_callable=print), inputs=["crm"])
    >>> task.task_id
    'work'

    """
    operator: Any = getattr(task, "operator", task)
    before = Checking(tuple(inputs), project, ledger)
    after = Checking(tuple(outputs), project, ledger)
    if is_mapped(operator):
        arguments = operator.partial_kwargs
        arguments["pre_execute"] = Around(before, arguments.get("pre_execute"))
        arguments["post_execute"] = Around(after, arguments.get("post_execute"))
    else:
        operator._pre_execute_hook = Around(before, operator._pre_execute_hook)  # noqa: SLF001 - where Airflow keeps the hook
        operator._post_execute_hook = Around(after, operator._post_execute_hook)  # noqa: SLF001 - likewise
    return task


@dataclass(frozen=True, slots=True)
class Checking:
    """Data sets or paths to check, and where."""

    items: tuple[str, ...]
    project: str | None
    ledger: str | None

    def __call__(self, context: Any) -> None:  # noqa: ANN401 - Airflow's context
        """Check each; the first that does not pass raises."""
        from governance.adapters.airflow.policy import project_of

        with airflow_errors():
            home = load_project(self.project) if self.project else project_of(context["task"].dag)
            for item in map(str, context["task"].render_template(self.items, context)):
                named = item in home.datasets
                data, data_set = (None, item) if named else (item, None)
                report, _ = gate(data, run_of(context), data_set=data_set, project=home, ledger=self.ledger, looking=True)
                enforce(report)


@dataclass(frozen=True, slots=True)
class Around:
    """A hook that checks, after the author's own hook."""

    check: Checking
    inner: Callable[..., Any] | None

    def __call__(self, context: Any, *result: Any) -> None:  # noqa: ANN401 - Airflow's context and the task's result
        """Run the author's own hook, then check."""
        if self.inner is not None:
            self.inner(context, *result)
        self.check(context)
