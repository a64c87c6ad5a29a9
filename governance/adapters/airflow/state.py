"""The state store backend of governed DAGs: the same shapes as XComs (Airflow 3.3 and later).

`[workers] state_store_backend = governance.adapters.airflow.state.GovernedStateStore`; `[governance] state_store_backend` names the
backend that it wraps. Without one, the checked value itself goes to Airflow's own store.
"""

from typing import Any

from airflow.sdk.state import BaseStoreBackend

from governance.adapters.airflow.allowed import unfit
from governance.adapters.airflow.errors import GovernanceRefusal
from governance.adapters.airflow.versions import conf


class _InPlace(BaseStoreBackend):
    """Keeps nothing outside: the value travels as its own reference, so there is nothing to fetch, write or clear."""

    def get(self, scope: Any, key: str, *, session: Any = None) -> str | None:  # noqa: ANN401, ARG002 - Airflow's interface
        return None

    def set(self, scope: Any, key: str, value: str, **kwargs: Any) -> None:  # noqa: ANN401 - Airflow's interface
        del scope, key, value, kwargs

    def delete(self, scope: Any, key: str, *, session: Any = None) -> None:  # noqa: ANN401 - Airflow's interface
        del scope, key, session

    def clear(self, scope: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Airflow's interface
        del scope, kwargs

    async def aget(self, scope: Any, key: str, *, session: Any = None) -> str | None:  # noqa: ANN401, ARG002 - Airflow's interface
        return None

    async def aset(self, scope: Any, key: str, value: str, **kwargs: Any) -> None:  # noqa: ANN401 - Airflow's interface
        del scope, key, value, kwargs

    async def adelete(self, scope: Any, key: str, *, session: Any = None) -> None:  # noqa: ANN401 - Airflow's interface
        del scope, key, session

    async def aclear(self, scope: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Airflow's interface
        del scope, kwargs


def _wrapped() -> type[BaseStoreBackend]:
    from airflow.sdk.module_loading import import_string

    named = conf.get("governance", "state_store_backend", fallback="") or ""
    return import_string(named) if named else _InPlace


_Base: Any = _wrapped()


class GovernedStateStore(_Base):
    """Refuses to store what is no id, count or path."""

    def serialize_task_state_store_to_ref(self, *, value: Any, key: str, scope: Any) -> str:  # noqa: ANN401 - Airflow's interface
        """Check a task's state."""
        _check([value, key], scope.dag_id)
        return super().serialize_task_state_store_to_ref(value=value, key=key, scope=scope)

    def serialize_asset_state_store_to_ref(self, *, value: Any, key: str, scope: Any) -> str:  # noqa: ANN401 - Airflow's interface
        """Check an Asset's state."""
        _check([value, key], None)
        return super().serialize_asset_state_store_to_ref(value=value, key=key, scope=scope)


def _check(value: Any, dag_id: str | None) -> None:  # noqa: ANN401 - whatever a task stores
    problem = next(unfit(value, dag_id), None)
    if problem:
        raise GovernanceRefusal(f"a stored state is no release id, count or path: {problem}. Hint: write the data to a file.")
