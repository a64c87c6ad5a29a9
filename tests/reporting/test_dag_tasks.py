"""The review site knows the tasks of real DAGs: what they read and write, and which of them touch data unchecked."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import governance as gov
from governance.reporting.review import DagTask, gather
from governance.reporting.site import render

PROJECT = """
version: 1
datasets:
  visits: {kind: working, location: visits.csv}
  public_map: {kind: heat_map, location: public/map.parquet}
"""
GATED = """
from airflow.sdk import DAG
from governance.adapters.airflow import GovernanceCheckOperator

with DAG("gated", schedule=None, params={"place": "visits.csv"}) as dag:
    GovernanceCheckOperator(task_id="look", data="{{ params.place }}") >> GovernanceCheckOperator(task_id="again", data_set="visits")
"""
UNGATED = """
from airflow.sdk import DAG, Asset
from airflow.providers.standard.operators.empty import EmptyOperator

with DAG("nightly", schedule=None) as dag:
    EmptyOperator(task_id="read", inlets=[Asset("visits")])
"""
LEAVES = UNGATED.replace("nightly", "leaves").replace('inlets=[Asset("visits")]', 'inlets=[Asset("visits")], outlets=[Asset("public_map")]')


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A project, a table, and four DAG files: gated, ungated, one that lets governed data leave, one that is broken."""
    (tmp_path / "governance.yml").write_text(PROJECT, encoding="utf-8")
    pd.DataFrame({"n": ["a", "b"]}).to_csv(tmp_path / "visits.csv", index=False)
    (tmp_path / "dags").mkdir()
    for name, text in {
        "gated": GATED,
        "nightly": UNGATED,
        "leaves": LEAVES,
        "broken": "from airflow.sdk import DAG\nimport no_such_module",
    }.items():
        (tmp_path / "dags" / f"{name}.py").write_text(text, encoding="utf-8")
    return tmp_path


def run(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own, as people run it."""
    environment = os.environ | {"AIRFLOW_HOME": str(home / "airflow"), "GOVERNANCE_PROJECT": str(home)}
    command = [sys.executable, "-m", "governance", *words]
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)


def test_tasks_of_real_dags(home: Path) -> None:
    """An ungated reader, a DAG that the policy refuses and a broken file are unchecked; gates are not, and Airflow's chatter stays out."""
    done = run(home, "report", "--dags", "dags", "--format", "json")
    assert done.returncode == 0, done.stderr
    unchecked = json.loads(done.stdout)["unchecked_tasks"]
    assert "nightly.read" in unchecked
    assert "broken.py.(the file)" in unchecked
    assert any(name.startswith("leaves") for name in unchecked)
    assert not any(name.startswith("gated") for name in unchecked)


def test_tasks_are_on_the_page(home: Path) -> None:
    """The page shows what each task does and reads, also where the path is a parameter of the DAG."""
    done = run(home, "report", "--dags", "dags", "--out", "site")
    assert done.returncode == 0, done.stderr
    page = (home / "site" / "data-sets.html").read_text(encoding="utf-8")
    row = page[page.index("gated.look") :].split("</tr>")[0]
    assert "check" in row
    assert "visits" in row
    assert "can&#39;t be loaded (ModuleNotFoundError)" in page
    assert "no_such_module" not in page


def test_a_missing_folder(home: Path) -> None:
    """A folder that is not there is a bad request with one sentence."""
    done = run(home, "report", "--dags", "nowhere")
    assert done.returncode == 2
    assert done.stderr.startswith("governance: nowhere: there is no such folder.")


def test_the_last_run_of_a_task(home: Path) -> None:
    """A task shows the outcome of its last gate on record."""
    project = gov.Ledger.open(project=home)
    gov.check(home / "visits.csv", project=home, gate={"dag": "gated", "run": "r1", "task": "look"})
    review = gather(project, _project(home), [DagTask(dag="gated", task="look", does="check", reads=("visits",))])
    assert review.tasks[0].outcome == "pass"
    assert "chip pass" in render(review)["data-sets.html"].split('id="tasks"')[1]


def _project(home: Path) -> object:
    from governance.project import load_project

    return load_project(home)
