"""What else a running task can have Airflow store: Variables, and what a deferred task hands to its trigger and to itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from governance.adapters.airflow.errors import GovernanceRefusal
from governance.adapters.airflow.leaks import evidence, refused
from governance.adapters.airflow.policy import governed


def guard_variables() -> None:
    """Let no task of a governed DAG set a Variable to anything but an id, a count, a time or a path."""
    from airflow.sdk.execution_time import context as place

    own = getattr(place, "_set_variable", None)
    if own is not None and not isinstance(own, Setting):
        place._set_variable = Setting(own)  # noqa: SLF001 - the one function through which tasks set Variables


@dataclass(frozen=True, slots=True)
class Setting:
    """Airflow's own function, after a look at what it would store."""

    inner: Callable[..., Any]

    def __call__(self, key: str, value: Any, *rest: Any, **options: Any) -> Any:  # noqa: ANN401 - Airflow's function
        """Refuse in a governed DAG what a Variable may not hold."""
        from airflow.sdk import get_current_context

        problem = next((found for one in (key, value) for found in refused(one)), None)
        if problem is not None and governed(str(get_current_context()["ti"].dag_id)):
            raise GovernanceRefusal(f"a Variable is no release id, count or path: {problem}. Hint: write the data to a file.")
        return self.inner(key, value, *rest, **options)


@dataclass(frozen=True, slots=True)
class Deferring:
    """A task's `defer`, after a look at what Airflow would store until the task goes on."""

    inner: Callable[..., Any]

    def __call__(self, *, trigger: Any, method_name: str, kwargs: Any = None, **options: Any) -> None:  # noqa: ANN401 - Airflow's interface
        """Refuse what shows a place."""
        told = (trigger.serialize()[1] if hasattr(trigger, "serialize") else None, kwargs)
        found = next((problem for one in told for problem in evidence(one, "its arguments")), None)
        if found:
            raise GovernanceRefusal(f"a deferred task would store a place: {found}. Hint: pass a path to the data instead.")
        self.inner(trigger=trigger, method_name=method_name, kwargs=kwargs, **options)
