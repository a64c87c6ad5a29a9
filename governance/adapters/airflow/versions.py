"""Where Airflow 3.1, 3.2 and 3.3 keep the same thing: each name here is the first of its places that exists."""

from importlib import import_module
from typing import TYPE_CHECKING, Any


def _first(*places: str) -> Any:  # noqa: ANN401 - a class or an object of Airflow
    for place in places:
        module, _, name = place.partition(":")
        try:
            return getattr(import_module(module), name)
        except AttributeError:
            continue
        except ModuleNotFoundError as problem:
            if not module.startswith(str(problem.name)):
                raise
    raise ImportError(f"this Airflow has none of {', '.join(places)}; 3.1 to 3.3 are supported")


if TYPE_CHECKING:
    from airflow.sdk.configuration import conf
    from airflow.sdk.exceptions import AirflowException, AirflowFailException
    from airflow.sdk.lineage import HookLineageReader, get_hook_lineage_collector

_PLACES = {
    "AirflowException": ("airflow.sdk.exceptions:AirflowException", "airflow.exceptions:AirflowException"),
    "AirflowFailException": ("airflow.sdk.exceptions:AirflowFailException", "airflow.exceptions:AirflowFailException"),
    "HookLineageReader": ("airflow.sdk.lineage:HookLineageReader", "airflow.lineage.hook:HookLineageReader"),
    "conf": ("airflow.sdk.configuration:conf", "airflow.configuration:conf"),
    "get_hook_lineage_collector": (
        "airflow.sdk.lineage:get_hook_lineage_collector",
        "airflow.lineage.hook:get_hook_lineage_collector",
    ),
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a class or an object of Airflow
    """Find a name when it is asked for: Airflow, while it starts, may already need it from here."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _first(*_PLACES[name])


def dag_bag() -> Any:  # noqa: ANN401 - Airflow's class
    """The DagBag class, which moved."""
    return _first("airflow.dag_processing.dagbag:DagBag", "airflow.models.dagbag:DagBag")


__all__ = ["AirflowException", "AirflowFailException", "HookLineageReader", "conf", "dag_bag", "get_hook_lineage_collector"]
