"""What else a running task can have Airflow store: Variables, what it hands on when it pauses, questions to people, reasons of a retry."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from governance.adapters.airflow.allowed import unfit
from governance.adapters.airflow.errors import GovernanceRefusal, airflow_errors
from governance.adapters.airflow.leaks import evidence, scrub_text
from governance.adapters.airflow.policy import governed


def guard_variables() -> None:
    """Let no task of a governed DAG set a Variable to what its XComs may not hold."""
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

        dag_id = str(get_current_context()["ti"].dag_id)
        problem = next((found for one in (key, value) for found in unfit(one, dag_id)), None)
        if problem is not None:
            raise GovernanceRefusal(f"a Variable is no release id, count or path: {problem}. Hint: write the data to a file.")
        if governed(dag_id):
            _refuse_places([rest, options], "a Variable would store a place")
        return self.inner(key, value, *rest, **options)


@dataclass(frozen=True, slots=True)
class Working:
    """A task's `execute` or `resume_execution`: however it leaves off, what it wrote is looked at before Airflow takes note."""

    inner: Callable[..., Any]
    look: Callable[..., None]

    def __call__(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - Airflow's interface
        """Run it; one that only pauses may neither leave anything behind that is refused, nor have Airflow store a place."""
        try:
            return self.inner(*arguments, **options)
        except BaseException as left:
            pauses = any(kind.__name__ in _PAUSES for kind in type(left).__mro__)
            if pauses:
                _refuse_places(_told(left), "a task that pauses would store a place")
            with airflow_errors():
                self.look(quietly=not pauses)
            raise


@dataclass(frozen=True, slots=True)
class Killed:
    """A task's `on_kill`: nobody looks any more at what a killed task wrote, so it is withheld."""

    inner: Callable[..., Any]
    take_away: Callable[[], None]

    def __call__(self) -> None:
        """Let the task end its work, then take away what it wrote to places that leave."""
        try:
            self.inner()
        finally:
            self.take_away()


_PAUSES = frozenset({"TaskDeferred", "TaskAwaitingInput", "AirflowRescheduleException", "DagRunTriggerException"})
"""What a task raises to go on later: deferred, waiting for a person or its next poke, or for a run that it starts."""


def _told(left: BaseException) -> dict[str, Any]:
    told = dict(vars(left))
    trigger = told.pop("trigger", None)
    return told | {"trigger": trigger.serialize()[1] if hasattr(trigger, "serialize") else None}


def _refuse_places(value: Any, what: str) -> None:  # noqa: ANN401 - whatever a task has Airflow store
    found = next(evidence(value, "its arguments"), None)
    if found:
        raise GovernanceRefusal(f"{what}: {found}. Hint: pass a path to the data instead.")


def guard_messages() -> None:
    """Look at what this process sends to Airflow to keep: XComs past the backend, questions to people, reasons of retries."""
    from airflow.sdk.execution_time import task_runner

    channel = getattr(task_runner, "SUPERVISOR_COMMS", None)
    if channel is not None and not isinstance(channel, Sending):
        setattr(task_runner, "SUPERVISOR_COMMS", Sending(channel))  # noqa: B010 - stands in for a class of Airflow's


@dataclass(frozen=True, slots=True)
class Sending:
    """A worker's channel to Airflow, after a look at what would be stored and shown."""

    channel: Any

    def send(self, msg: Any) -> Any:  # noqa: ANN401 - Airflow's messages
        """Send a message without a place."""
        return self.channel.send(_fit(msg))

    async def asend(self, msg: Any) -> Any:  # noqa: ANN401 - Airflow's messages
        """Send a message without a place."""
        return await self.channel.asend(_fit(msg))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else the channel offers
        """Whatever else the channel offers."""
        return getattr(self.channel, name)


def _fit(msg: Any) -> Any:  # noqa: ANN401 - Airflow's messages
    kind = type(msg).__name__
    if kind == "SetXCom":
        _refuse_places([msg.key, msg.value], "an XCom would store a place")
    elif "HITLDetail" in kind and not kind.startswith("Get"):
        _refuse_places(msg.model_dump(), "a question to a person would store a place")
    elif getattr(msg, "retry_reason", None):
        return msg.model_copy(update={"retry_reason": scrub_text(msg.retry_reason)})
    return msg
