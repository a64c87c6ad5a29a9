"""The DAGs of dags/: they load under the policy, hold no logic, and run end to end by `airflow dags test`."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = ("audit_releases", "great_expectations_gate", "guard_a_task", "match_members", "publish_heat_map")


@pytest.fixture
def folder(pytestconfig: pytest.Config) -> Path:
    """The folder of example DAGs."""
    return pytestconfig.rootpath / "dags"


def test_all_load_under_the_policy(airflow_home: Path, folder: Path) -> None:
    """Every template is lawful as it stands, in a project that declares nothing."""
    from governance.adapters.airflow.versions import dag_bag

    assert airflow_home
    bag = dag_bag()(folder, safe_mode=True)
    assert not bag.import_errors
    assert sorted(bag.dags) == sorted(EXAMPLES)
    for dag in bag.dags.values():
        assert dag.doc_md or dag.description


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_template_holds_no_logic(folder: Path, name: str) -> None:
    """No function, loop, condition or import but Airflow's and ours: a template calls operators."""
    tree = ast.parse((folder / f"{name}.py").read_text())
    for node in ast.walk(tree):
        assert not isinstance(node, ast.FunctionDef | ast.For | ast.While | ast.If | ast.Lambda | ast.Try), node.lineno
        if isinstance(node, ast.ImportFrom):
            assert str(node.module).partition(".")[0] in {"airflow", "governance"}
    assert ast.get_docstring(tree)


@pytest.fixture(scope="module")
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An Airflow home of its own: the Assets of the examples lie elsewhere than those of other tests."""
    home = tmp_path_factory.mktemp("examples-home")
    env = {**os.environ, "AIRFLOW_HOME": str(home)}
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=True, capture_output=True, env=env, timeout=180)
    return home


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with made-up Posts and people, as `governance init --sample` lays it out."""
    from governance.content.synthetic import write_people, write_sample

    tmp_path = tmp_path_factory.mktemp("sample")
    write_sample(tmp_path / "data/posts", posts=6000)
    (tmp_path / "data/posts/posts.csv").unlink()
    write_people(tmp_path / "data", customers=150, authors=1200)
    (tmp_path / "data/tickets.csv").write_text("ticket,state\n1,open\n2,closed\n")
    (tmp_path / "governance.yml").write_text(PROJECT)
    return tmp_path


PROJECT = """\
version: 1
controller: Example Ltd
purposes:
  member-support: {description: answer members who write to us on X}
sources:
  members: {provenance: self_provided, relationship: member, collected_for: [member-support]}
  append: {provenance: third_party}
expectations:
  - {provenance: self_provided, attribute: x.user.handle, collected_for: member-support, purpose: member-support,
     status: expected, rationale: the form says so, reviewer: dpo, reviewed_at: 2026-10-01, expires_at: 2027-10-01}
datasets:
  posts: {kind: posts, location: data/posts}
  heat_map: {kind: heat_map, location: public/heat-map}
  matches: {kind: matches, location: data/matches.parquet}
  crm:
    kind: records
    location: data/crm.csv
    columns:
      customer_id: {holds: off_x.person}
      full_name: {holds: off_x.attribute, source: members}
      email: {holds: off_x.person, source: members}
      x_handle: {holds: off_x.attribute, claims: x.user.handle, source: members}
      bought_handle: {holds: off_x.attribute, claims: x.user.handle, source: append}
      member_since: {holds: off_x.relationship_since, source: members}
      member_until: {holds: off_x.relationship_until, source: members}
      plan: {holds: off_x.attribute, source: members}
      postcode_area: {holds: off_x.attribute, source: members, reason: an area of the customer's own address}
"""


@pytest.fixture
def dags_test(own_home: Path, folder: Path, sample: Path) -> Callable[..., Any]:
    """Run `airflow dags test`."""

    def run(dag: str, conf: str = "{}") -> "subprocess.CompletedProcess[str]":
        env = {
            **os.environ,
            "AIRFLOW_HOME": str(own_home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(folder),
            "GOVERNANCE_PROJECT": str(sample),
        }
        command = [sys.executable, "-m", "airflow", "dags", "test", dag, "--conf", conf]
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=180, cwd=sample)

    return run


def test_publish_a_heat_map(dags_test: Callable[..., Any], sample: Path) -> None:
    """Posts in, a map and its page out, audited; no coordinate on the way."""
    done = dags_test("publish_heat_map", '{"as_of": "2026-11-24"}')
    assert done.returncode == 0, done.stdout[-3000:]
    assert sorted(p.name for p in (sample / "public/heat-map").iterdir()) == ["heat-map.html", "heat-map.parquet"]


def test_match_members(dags_test: Callable[..., Any], sample: Path) -> None:
    """Consents, withdrawals, sweep, gate, match: edges with their basis."""
    import pyarrow.parquet as pq

    done = dags_test("match_members", '{"as_of": "2026-11-23T12:00:00Z", "records": "data/crm.csv"}')
    assert done.returncode == 0, done.stdout[-3000:]
    assert set(pq.read_table(sample / "data/matches.parquet")["basis"].to_pylist()) >= {"EXPRESS_OPT_IN", "SELF_PROVIDED"}


def test_guard_a_task_and_great_expectations(dags_test: Callable[..., Any], sample: Path) -> None:
    """The guarded copy is there, and the suite's result is in the ledger."""
    from governance.ledger import Ledger

    done = dags_test("guard_a_task", f'{{"folder": "{sample}"}}')
    assert done.returncode == 0, done.stdout[-3000:]
    assert (sample / "data/tickets-copy.csv").exists()
    done = dags_test("great_expectations_gate")
    assert done.returncode == 0, done.stdout[-3000:]
    assert [e.facts["outcome"] for e in Ledger.open(project=sample).entries("expectations")] == ["pass"]


def test_the_defaults_of_the_examples_are_in_the_sample(folder: Path, tmp_path: Path) -> None:
    """`make airflow` starts in the sample project: what an example reads by default lies there, and its data sets are declared."""
    from governance.adapters.airflow.standalone import sample_project
    from governance.project import load_project

    file = sample_project(tmp_path / "demo")
    assert {"posts", "heat_map", "members", "matches"} <= load_project(file).datasets.keys()
    asked = [pair for dag in folder.glob("*.py") for pair in re.findall(r'"(\w+)": Param\("(data/[^"]+)"', dag.read_text())]
    assert len(asked) > 6
    assert not [path for name, path in asked if name not in {"out", "target"} and not (file.parent / path).exists()]
    (file.parent / "data/tickets.csv").unlink()
    assert sample_project(tmp_path / "demo") == file
    assert not (file.parent / "data/tickets.csv").exists()
