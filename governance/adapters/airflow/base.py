"""What every operator here shares: the project, the ledger, and how errors end a task."""

from abc import abstractmethod
from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from airflow.sdk import BaseOperator

from governance.adapters.airflow.errors import airflow_errors
from governance.adapters.airflow.policy import project_of
from governance.project import Project, load_project


class GovernanceOperator(BaseOperator):
    """What every operator here shares: the project and the ledger.

    Parameters
    ----------
    project
        A governance.yml or its folder (templated); by default GOVERNANCE_PROJECT, `[governance] project`, then the nearest one above
        the DAG file.
    ledger
        The ledger's URL (templated); by default GOVERNANCE_LEDGER, then the project's.

    """

    template_fields: Collection[str] = ("project", "ledger")
    ui_color: str = "#e8f1ec"
    governance_gate: ClassVar[bool] = False
    governance_certifies: ClassVar[str] = ""

    def __init__(self, *, project: str | None = None, ledger: str | None = None, **kwargs: Any) -> None:  # noqa: ANN401 - Airflow's arguments
        """Keep the project and the ledger."""
        super().__init__(**kwargs)
        self.project = project
        self.ledger = ledger

    def home(self) -> Project:
        """The project this task belongs to."""
        return load_project(self.project) if self.project else project_of(self.dag)

    def execute(self, context: Any) -> Any:  # noqa: ANN401 - Airflow's context
        """Do the work, and turn the product's errors into Airflow's."""
        with airflow_errors():
            return self.work(context)

    @abstractmethod
    def work(self, context: Any) -> Any:  # noqa: ANN401 - Airflow's context
        """What this operator does."""


def announce(task: BaseOperator, context: Any, extra: Mapping[str, Any]) -> None:  # noqa: ANN401 - Airflow's context
    """Put codes and counts into the events of a task's outlets."""
    for outlet in task.outlets or ():
        context["outlet_events"][outlet].extra = dict(extra)
