"""`governance dags FOLDER`: the same check without a scheduler, a database or a cluster policy."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

HEAD = """\
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG
from governance.adapters.airflow import GovernanceCheckOperator, asset

def publish():
    return PythonOperator(task_id="publish", python_callable=print,
                          inlets=[asset("tickets", near=__file__)], outlets=[asset("website", near=__file__)])

"""
LAWFUL = 'with DAG("lawful", schedule=None):\n    GovernanceCheckOperator(task_id="gate", data_set="tickets") >> publish()\n'
MAKE = "def make(name):\n    with DAG(name, schedule=None) as made:\n        publish()\n    return made\n"
UNLAWFUL = 'with DAG("unlawful", schedule=None):\n    publish()\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a folder of DAGs."""
    text = "version: 1\ndatasets:\n  tickets: {kind: working, location: t.csv}\n  website: {kind: share, location: public/w.csv}\n"
    (tmp_path / "governance.yml").write_text(text)
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags/lawful.py").write_text(HEAD + LAWFUL)
    return tmp_path


def _governance(*arguments: str) -> "subprocess.CompletedProcess[str]":
    env = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    command = [sys.executable, "-m", "governance", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env, timeout=120)


def test_a_lawful_folder_passes(folder: Path) -> None:
    """Exit 0, and nothing but the result on the terminal; no Airflow home is left behind."""
    done = _governance("dags", "dags")
    assert (done.returncode, done.stdout, done.stderr) == (0, "1 DAGs pass, 0 files refused, 0 can't be parsed\n", "")
    assert sorted(p.name for p in folder.iterdir()) == ["dags", "governance.yml"]


def test_an_unlawful_file_is_refused(folder: Path) -> None:
    """Exit 1, with the file, the task and what to do; JSON says the same."""
    (folder / "dags/unlawful.py").write_text(HEAD + UNLAWFUL)
    done = _governance("dags", "dags/unlawful.py", "--format", "json")
    assert done.returncode == 1
    tree = json.loads(done.stdout)
    assert tree["outcome"] == "fail"
    assert "unlawful.publish: writes website while tickets has no passed gate" in tree["refused"]["dags/unlawful.py"]


def test_a_file_that_does_not_parse_is_no_pass(folder: Path) -> None:
    """What can't be parsed is undecided, and undecided is refused."""
    (folder / "dags/broken.py").write_text("from airflow.sdk import DAG, nothing_of_that_name\n")
    done = _governance("dags", "dags")
    assert done.returncode == 1
    assert "BROKEN   dags/broken.py: ImportError" in done.stdout


def test_a_missing_folder_is_a_bad_request(folder: Path) -> None:
    """Exit 2 and one sentence."""
    assert folder
    done = _governance("dags", "nowhere")
    assert done.returncode == 2
    assert "nowhere: there is no such file or folder." in done.stderr


def test_the_pre_commit_hook_runs_this_command(pytestconfig: pytest.Config) -> None:
    """The hook's entry is the command that these tests run."""
    (hook,) = yaml.safe_load((pytestconfig.rootpath / ".pre-commit-hooks.yaml").read_text())
    assert hook["entry"] == "governance dags"


def test_a_place_in_the_source_is_told_for_review(folder: Path) -> None:
    """Airflow keeps a DAG's source; a place in that of a governed DAG is told by file and line, never by its digits, and blocks nothing."""
    places = "CENTRE = [48.8566, 2.3522]\nSHARES = (0.25, 0.75)\n"
    (folder / "dags/centred.py").write_text(HEAD + LAWFUL.replace("lawful", "centred") + places)
    (folder / "dags/other.py").write_text("from airflow.sdk import DAG\nCENTRE = (48.8566, 2.3522)\nDAG('other', schedule=None)\n")
    done = _governance("dags", str(folder / "dags"))
    assert done.returncode == 0, done.stderr
    told = [line for line in done.stdout.splitlines() if line.startswith("REVIEW")]
    assert len(told) == 1
    assert "centred.py:11: a place stands in the source" in told[0]
    assert "48.8566" not in done.stdout


@pytest.mark.parametrize("named", ["dags", "dags/team/made.py", "dags/team"])
def test_modules_beside_the_dags_are_found(folder: Path, named: str) -> None:
    """Airflow has the folder of DAGs on its import path: so has the check, whether a folder or a file below it is named."""
    (folder / "dags/common").mkdir()
    (folder / "dags/team").mkdir()
    (folder / "dags/common/factory.py").write_text(
        HEAD + "def make(name):\n    with DAG(name, schedule=None) as made:\n        publish()\n    return made\n"
    )
    (folder / "dags/team/made.py").write_text("from common.factory import make\nfrom airflow.sdk import DAG\n\nmade = make('made')\n")
    done = _governance("dags", named)
    assert done.returncode == 1
    assert "REFUSED  dags/team/made.py: made.publish: writes website" in done.stdout
    assert "BROKEN" not in done.stdout


def test_a_file_that_breaks_on_data_is_told_without_it(folder: Path) -> None:
    """What a DAG file raises while it is parsed may quote data: the kind of error and the line are told, in every format."""
    (folder / "dags/quotes.py").write_text("from airflow.sdk import DAG\nrow = 'Ada,48.8566,2.3522'\nraise ValueError(f'bad row {row}')\n")
    for form in ("text", "json", "markdown"):
        done = _governance("dags", "dags", "--format", form)
        assert done.returncode == 1
        assert "ValueError (line 3)" in done.stdout
        assert "Ada" not in done.stdout + done.stderr
