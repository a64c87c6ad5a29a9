"""The plugin (entry point `airflow.plugins`): turns Airflow's lineage collector on, and listens to tasks that ended."""

from airflow.plugins_manager import AirflowPlugin

from governance.adapters.airflow import listening
from governance.adapters.airflow.versions import HookLineageReader


class GovernanceLineageReader(HookLineageReader):
    """Its presence turns the collector on; the guard reads what was collected."""


class GovernancePlugin(AirflowPlugin):
    """What Airflow loads."""

    name = "governance"
    hook_lineage_readers = [GovernanceLineageReader]  # noqa: RUF012 - Airflow declares it as an attribute of instances
    listeners = [listening]  # noqa: RUF012 - likewise
