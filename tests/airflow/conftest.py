"""One Airflow home per session: its own database, folder of DAGs and configuration, set before Airflow is imported."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HOME = Path(tempfile.mkdtemp(prefix="governance-airflow-"))
SETTINGS = {
    "AIRFLOW_HOME": str(HOME),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    "AIRFLOW__CORE__XCOM_BACKEND": "governance.adapters.airflow.xcom.GovernedXCom",
    "AIRFLOW__WORKERS__STATE_STORE_BACKEND": "governance.adapters.airflow.state.GovernedStateStore",
    "AIRFLOW__LOGGING__LOGGING_CONFIG_CLASS": "governance.adapters.airflow.logs.LOGGING_CONFIG",
    "AIRFLOW__CORE__DAG_IGNORE_FILE_SYNTAX": "glob",
    "GX_ANALYTICS_ENABLED": "False",
}
os.environ.update(SETTINGS)
(HOME / "dags").mkdir()
atexit.register(shutil.rmtree, HOME, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Airflow warns on its own account: only this library's warnings stay errors. All tests here share one process and its home."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("error:::governance"))
            item.add_marker(pytest.mark.filterwarnings("ignore"), append=False)
            item.add_marker(pytest.mark.xdist_group("airflow"))


@pytest.fixture(scope="session")
def airflow_home() -> Path:
    """An Airflow home with a migrated SQLite database."""
    done = subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=False, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr[-2000:]
    return HOME


@dataclass(frozen=True)
class Result:
    """How a run of a DAG ended."""

    run: Any
    states: dict[str, str]
    events: list[dict[str, Any]]
    log: str

    @property
    def refused(self) -> list[str]:
        """The tasks that failed, if it was this library that refused."""
        assert "GovernanceRefusal" in self.log or "GovernanceBadRequest" in self.log, self.log[-3000:]
        return [name for name, state in self.states.items() if state == "failed"]

    @property
    def ok(self) -> bool:
        """Whether every task succeeded."""
        assert set(self.states.values()) == {"success"}, self.log[-6000:]
        return True


@pytest.fixture
def project(airflow_home: Path) -> Iterator[Path]:
    """A project with data that pass and that do not, at one place for all tests: Airflow refuses an Asset whose URI changes."""
    folder = airflow_home / "project"
    fill(folder)
    yield folder
    shutil.rmtree(folder)


def fill(folder: Path) -> None:
    """Write governance.yml and its data."""
    (folder / "data").mkdir(parents=True)
    (folder / "governance.yml").write_text(PROJECT)
    (folder / "data/tickets.csv").write_text("ticket,state,minutes\n1,open,3\n2,closed,5\n3,open,9\n")
    (folder / "data/places.csv").write_text(PLACES)
    (folder / "data/dry_run.csv").write_text(PLACES)


PLACES = "user_id,latitude,longitude\n" + "".join(f"{20 + n},48.{8566 + n},2.{3522 + n}\n" for n in range(30))
PROJECT = """\
version: 1
controller: Example Ltd
datasets:
  tickets: {kind: working, location: data/tickets.csv}
  places: {kind: working, location: data/places.csv}
  dry_run: {kind: working, location: data/dry_run.csv, mode: report}
  posts: {kind: posts, location: data/posts.csv}
  website:
    kind: share
    location: public/website.csv
    columns: {ticket: {holds: none}, state: {holds: none}, minutes: {holds: none}}
  feed: {kind: share, uri: "s3://bucket/feed"}
  heat_map: {kind: heat_map, location: public/map.parquet}
"""


@pytest.fixture
def bag(airflow_home: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Parse the text of a DAG file in Airflow's own folder as Airflow does, with the cluster policy."""
    from governance.adapters.airflow.versions import dag_bag

    monkeypatch.setenv("GOVERNANCE_PROJECT", str(project))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # two files of one length in one second would share their bytecode
    folder = airflow_home / "dags"
    shutil.rmtree(folder / "__pycache__", ignore_errors=True)

    def parse(text: str, name: str = "dag_file.py") -> Any:  # noqa: ANN401 - a DagBag
        (folder / name).write_text(PREAMBLE.format(root=str(project)) + textwrap.dedent(text))
        return dag_bag()(folder / name, safe_mode=False)

    yield parse
    for file in folder.glob("*.py"):
        file.unlink()


PREAMBLE = """\
import shutil
from pathlib import Path
from airflow.providers.standard.operators.python import PythonOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Asset, AssetAlias, TriggerRule, asset as airflow_asset, task, task_group
from governance.adapters.airflow import *
from governance.adapters.airflow.assets import declared

ROOT = Path({root!r})

def A(name):
    return asset(name, ROOT)

def copy(source, target):
    (ROOT / target).parent.mkdir(exist_ok=True)
    shutil.copy(ROOT / source, ROOT / target)

def publish(source="data/tickets.csv", target="public/website.csv", **kwargs):
    kwargs.setdefault("outlets", [A("website")])
    return PythonOperator(task_id="publish", python_callable=copy, op_args=[source, target], **kwargs)

"""


@pytest.fixture
def run(bag: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Run the one DAG of a file in process, after it was parsed with the cluster policy."""

    def execute(text: str, conf: dict[str, Any] | None = None) -> Result:
        found = bag(text)
        assert not found.import_errors, found.import_errors
        (dag,) = found.dags.values()
        capsys.readouterr()
        result = dag.test(run_conf=conf)
        states = {_name(ti): str(ti.state) for ti in result.get_task_instances()}
        return Result(result, states, _events(result), capsys.readouterr().out)

    return execute


def _name(ti: Any) -> str:  # noqa: ANN401 - a task instance
    return ti.task_id if ti.map_index < 0 else f"{ti.task_id}[{ti.map_index}]"


def _events(run: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - a run of a DAG
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        rows = session.scalars(select(AssetEvent).where(AssetEvent.source_run_id == run.run_id, AssetEvent.source_dag_id == run.dag_id))
        return [{"extra": row.extra} for row in rows]
