"""The XCom backend of governed DAGs: ids of releases, counts and paths pass, nothing else does.

`[core] xcom_backend = governance.adapters.airflow.xcom.GovernedXCom`; `[governance] xcom_backend` names the backend that it wraps.
"""

from typing import Any

from airflow.sdk.bases.xcom import BaseXCom

from governance.adapters.airflow.allowed import unfit
from governance.adapters.airflow.errors import GovernanceRefusal
from governance.adapters.airflow.leaks import without_texts
from governance.adapters.airflow.versions import conf


def _wrapped() -> type[BaseXCom]:
    from airflow.sdk.module_loading import import_string

    named = conf.get("governance", "xcom_backend", fallback="") or ""
    return import_string(named) if named else BaseXCom


_Base: Any = _wrapped()


class GovernedXCom(_Base):
    """Refuses what is no id, count or path before it is stored; other DAGs pass through untouched."""

    @classmethod
    def serialize_value(cls, value: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever a task pushes
        """Check the shape, then let the wrapped backend store it."""
        return super().serialize_value(checked(value, str(kwargs.get("dag_id")), kwargs.get("key")), **kwargs)

    @classmethod
    def _set_xcom_in_db(cls, key: str, value: Any, **kwargs: Any) -> None:  # noqa: ANN401 - what an operator's link pushes
        """Check the shape of what would go around the backend."""
        super()._set_xcom_in_db(key=key, value=checked(value, str(kwargs.get("dag_id")), key), **kwargs)


def checked(value: Any, dag_id: str, key: str | None = None) -> Any:  # noqa: ANN401 - whatever a task pushes
    """The value if it may be stored; mere texts that show no place are withheld, everything else that is no allowed shape is refused."""
    if next(unfit(key, dag_id, "key"), None):
        raise GovernanceRefusal("the key of an XCom is no plain name. Hint: write the data to a file and push its path.")
    if next(unfit(value, dag_id), None) is None:
        return value
    kept = without_texts(value)
    problem = next(unfit(kept, dag_id), None)
    if problem is None:
        return kept
    raise GovernanceRefusal(f"an XCom is no release id, count or path: {problem}. Hint: write the data to a file and push its path.")
