"""A sensor that waits for data that no gate has seen yet."""

from collections.abc import Collection
from typing import Any

from airflow.sdk import BaseSensorOperator, PokeReturnValue

from governance.adapters.airflow.checking import path_of
from governance.adapters.airflow.errors import airflow_errors
from governance.adapters.airflow.fingerprint import fingerprint
from governance.adapters.airflow.policy import project_of
from governance.ledger import Ledger
from governance.project import load_project


class GovernanceNewDataSensor(BaseSensorOperator):
    """Waits until a data set holds data that no check has seen.

    Parameters
    ----------
    data
        The path of a file or folder (templated); without one, the declared location of `data_set`.
    data_set
        The name of a data set in governance.yml (templated).
    project, ledger
        As for the operators.

    Returns
    -------
    `{"sha256": ...}`: the fingerprint of the new data.

    Examples
    --------
    >>> GovernanceNewDataSensor(task_id="wait", data_set="posts", mode="reschedule").data_set
    'posts'

    """

    template_fields: Collection[str] = ("data", "data_set", "project", "ledger")
    ui_color: str = "#e8f1ec"

    def __init__(
        self,
        *,
        data: str | None = None,
        data_set: str | None = None,
        project: str | None = None,
        ledger: str | None = None,
        **kwargs: Any,  # noqa: ANN401 - Airflow's arguments
    ) -> None:
        """Say what is awaited."""
        super().__init__(**kwargs)
        self.data = data
        self.data_set = data_set
        self.project = project
        self.ledger = ledger

    def poke(self, context: Any) -> PokeReturnValue:  # noqa: ANN401 - Airflow's context
        """Whether something new is there."""
        del context
        with airflow_errors():
            home = load_project(self.project) if self.project else project_of(self.dag)
            place = path_of(self.data, self.data_set, home)
            found = fingerprint(place) if place else ""
            if not found:
                return PokeReturnValue(is_done=False)
            book = Ledger.open(self.ledger, project=home)
            seen = any(entry.facts.get("data_sha256") == found for event in ("check", "gate") for entry in book.entries(event))
            return PokeReturnValue(is_done=not seen, xcom_value={"sha256": found})
