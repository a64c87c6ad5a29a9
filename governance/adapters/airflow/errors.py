"""How the product's errors end a task: a refusal fails at once, ledger trouble is retried."""

from collections.abc import Iterator
from contextlib import contextmanager

from governance.adapters.airflow.versions import AirflowException, AirflowFailException
from governance.errors import BadRequest, LedgerUnavailable, PolicyViolation


class GovernanceRefusal(AirflowFailException):
    """A check refused: the task fails without retry. Says what, where, how many; never a value."""


class GovernanceBadRequest(AirflowFailException):
    """The task asks for what can't be read or makes no sense: it fails without retry, naming the file and the line."""


class GovernanceLedgerUnavailable(AirflowException):
    """The ledger can't be reached: the task fails and Airflow may retry it."""


@contextmanager
def airflow_errors() -> Iterator[None]:
    """Turn the product's errors into Airflow's, without a cause that could carry a value."""
    try:
        yield
    except PolicyViolation as problem:
        raise GovernanceRefusal(str(problem)) from None
    except BadRequest as problem:
        raise GovernanceBadRequest(str(problem)) from None
    except LedgerUnavailable as problem:
        raise GovernanceLedgerUnavailable(str(problem)) from None
