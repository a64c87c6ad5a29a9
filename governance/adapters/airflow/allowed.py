"""What a DAG may have Airflow keep: codes alone where it reads governed data, anything but places where it only writes some."""

from collections.abc import Iterator
from typing import Any

from governance.adapters.airflow.leaks import evidence, refused
from governance.adapters.airflow.policy import governed, strict


def unfit(value: Any, dag_id: str | None, at: str = "value") -> Iterator[str]:  # noqa: ANN401 - whatever a task has Airflow keep
    """Where a value is more than Airflow may keep for a DAG, or for any that this process parsed: positions and types, never the value."""
    if strict(dag_id):
        yield from refused(value, at)
    elif governed(dag_id):
        yield from evidence(value, at)
