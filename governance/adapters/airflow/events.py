"""What a task tells Airflow of its outlets: the extra of events, what an AssetAlias became, outlets that were added while it ran."""

from collections.abc import Collection, Iterator
from typing import Any

from governance.adapters.airflow.allowed import unfit
from governance.adapters.airflow.catalogue import Catalogue
from governance.adapters.airflow.leaks import evidence
from governance.adapters.airflow.static import UNDECLARED, is_alias, shown
from governance.errors import PolicyViolation


def check_events(context: Any, catalogue: Catalogue, *, reads: bool, egress: Collection[str], extras: bool = True) -> None:  # noqa: ANN401
    """Refuse events that say more than codes, or that name what may not leave by this task.

    Parameters
    ----------
    context
        Airflow's context, after the task ran.
    catalogue
        What the Assets are.
    reads
        Whether the DAG reads governed data: then an Asset that nobody declared leaves too.
    egress
        What the static check found to leave by this task.
    extras
        Whether the extra of events is looked at.

    Raises
    ------
    PolicyViolation
        For the first that may not be.

    """
    dag_id = str(context["ti"].dag_id)
    found = next((problem for extra in (_extras(context) if extras else ()) for problem in unfit(extra, dag_id, "extra")), None)
    if found:
        raise PolicyViolation(f"the extra of an Asset event is no release id, count or path: {found}.", "put the data in a file.")
    aliased = list(_aliased(context))
    if next(evidence([[thing.name, thing.uri] for thing in aliased]), None):
        raise PolicyViolation("an AssetAlias became an Asset whose name shows a place.", "name it by an id.")
    for thing in (*aliased, *(one for one in context["task"].outlets or () if not is_alias(one))):
        names = catalogue.names(thing)
        leaving = {name for name in names if catalogue.is_egress(name)}
        if reads and (not names or catalogue.elsewhere(thing)):
            leaving |= {f"{UNDECLARED}{shown(thing)}"}
        if leaving - set(egress):
            what = "an Asset that leaves was named while the task ran, where no check of the DAG could see it."
            raise PolicyViolation(what, "write the Asset itself into `outlets`, with a gate upstream.")


def _accessors(context: Any) -> Iterator[Any]:  # noqa: ANN401 - Airflow's context and accessors
    events = context["outlet_events"]
    return (events[key] for key in list(events))


def _extras(context: Any) -> Iterator[Any]:  # noqa: ANN401 - Airflow's context, any extra
    for accessor in _accessors(context):
        yield accessor.extra
        yield [part for key in getattr(accessor, "partition_keys", None) or () for part in key.split("|")]
        for event in accessor.asset_alias_events:
            yield from (event.extra, getattr(event, "dest_asset_extra", None))


def _aliased(context: Any) -> Iterator[Any]:  # noqa: ANN401 - Airflow's context and keys of Assets
    return (event.dest_asset_key for accessor in _accessors(context) for event in accessor.asset_alias_events)
