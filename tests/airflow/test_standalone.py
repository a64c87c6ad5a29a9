"""A real `airflow standalone`: attacks through REST, and canary values that must appear nowhere."""

import json
import shutil
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from governance.adapters.airflow.standalone import USER, free_port, password, running
from governance.ledger import Ledger

LATITUDE, LONGITUDE = "48.871234", "2.346789"
MARK = "CANARYMARK"
PROJECT = """\
version: 1
controller: Example Ltd
datasets:
  tickets: {kind: working, location: data/tickets.csv}
  places: {kind: working, location: data/places.csv}
  leaky_notes: {kind: working, location: data/notes.csv}
  website:
    kind: share
    location: public/website.csv
    columns: {ticket: {holds: none}, state: {holds: none}, minutes: {holds: none}}
"""
DAGS = """\
import csv
import shutil
from pathlib import Path
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, task
from governance.adapters.airflow import GovernanceCheckOperator, asset

ROOT = Path({root!r})

def copy(source, target):
    (ROOT / target).parent.mkdir(exist_ok=True)
    shutil.copy(ROOT / source, ROOT / target)

def place():
    with (ROOT / "data/places.csv").open() as file:
        row = next(csv.DictReader(file))
    return row["latitude"], row["longitude"], row["note"]

def publish(source):
    return PythonOperator(task_id="publish", python_callable=copy, op_args=[source, "public/website.csv"],
                          inlets=[asset(Path(source).stem, ROOT)], outlets=[asset("website", ROOT)])

for name, source in (("lawful", "tickets"), ("marked_success", "places"), ("forged_xcom", "places")):
    with DAG(name, schedule=None) as dag:
        GovernanceCheckOperator(task_id="gate", data_set=source) >> publish(f"data/{{source}}.csv")
    globals()[name] = dag

NOTES = {{"inlets": [asset("tickets", ROOT)], "outlets": [asset("leaky_notes", ROOT)]}}

with DAG("leaky", schedule=None) as leaky:
    @task(**NOTES)
    def prints():
        latitude, longitude, note = place()
        print(f"found {{latitude}}, {{longitude}}")
        print(dict(latitude=float(latitude)))
        import logging
        logging.getLogger("mine").warning("at lat=%s lon=%s", latitude, longitude)

    @task(**NOTES)
    def raises():
        latitude, longitude, note = place()
        raise ValueError(f"bad row ({{latitude}}, {{longitude}})")

    @task(**NOTES)
    def pushes():
        latitude, longitude, note = place()
        return {{"where": [float(latitude), float(longitude)], "note": note}}

    @task(**NOTES)
    def pushes_text():
        return "the note says " + place()[2]

    @task(**NOTES)
    def extra(*, outlet_events):
        outlet_events[asset("leaky_notes", ROOT)].extra = dict(where=place()[0], note=place()[2] + " !")

    @task(**NOTES)
    def state(**context):
        context["task_state_store"].set("where", list(place()))

    @task
    def renders(text):
        pass

    for one in (prints(), raises(), pushes(), pushes_text(), extra(), state()):
        pass
    PythonOperator(task_id="renders", python_callable=len, op_args=["{{{{ (dag.user_defined_macros or {{}})['place']() }}}}"])
    leaky.user_defined_macros = {{"place": lambda: ", ".join(place()[:2])}}
"""
UNGUARDED = """\
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG
from governance.adapters.airflow import asset

with DAG("unguarded", schedule=None) as unguarded:
    PythonOperator(task_id="publish", python_callable=print, inlets=[asset("places")], outlets=[asset("website")])
"""


@dataclass(frozen=True)
class Server:
    """A running Airflow, spoken to as its users do."""

    address: str
    token: str
    root: Path
    home: Path

    def call(self, method: str, path: str, body: Any = None) -> Any:  # noqa: ANN401 - JSON
        """Call the REST API."""
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.address}{path}", data, method=method)  # noqa: S310 - our own server
        request.add_header("Content-Type", "application/json")
        request.add_header("Authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - our own server
            return json.load(answer) if answer.status != 204 else None

    def start(self, dag: str) -> str:
        """Trigger a DAG and return the run's id."""
        return str(self.call("POST", f"/api/v2/dags/{dag}/dagRuns", {"logical_date": None})["dag_run_id"])

    def ended(self, dag: str, run: str) -> dict[str, str]:
        """Wait for the end of a run, and return the state of each task."""
        until = time.monotonic() + 120
        while time.monotonic() < until:
            if self.call("GET", f"/api/v2/dags/{dag}/dagRuns/{run}")["state"] in {"success", "failed"}:
                found = self.call("GET", f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances")["task_instances"]
                return {one["task_id"]: one["state"] for one in found}
            time.sleep(0.5)
        raise TimeoutError(f"{dag} did not end")

    def log(self, dag: str, run: str, task: str) -> str:
        """The log of a task's last try, as the UI shows it."""
        tries = self.call("GET", f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}")["try_number"]
        return json.dumps(self.call("GET", f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}/logs/{tries}"))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One Airflow for all tests here, ended for certain with all its processes."""
    folder = Path(tempfile.mkdtemp(prefix="governance-standalone-"))
    root, home, dags = folder / "project", folder / "home", folder / "dags"
    (root / "data").mkdir(parents=True)
    dags.mkdir()
    (root / "governance.yml").write_text(PROJECT)
    (root / "data/tickets.csv").write_text("ticket,state,minutes\n1,open,3\n2,closed,5\n")
    rows = "".join(f"{2000000 + n},{MARK}{n},{LATITUDE},{LONGITUDE}\n" for n in range(40))
    (root / "data/places.csv").write_text("user_id,note,latitude,longitude\n" + rows)
    (dags / "all.py").write_text(DAGS.format(root=str(root)))
    (dags / "unguarded.py").write_text(UNGUARDED)
    environment = {"GOVERNANCE_PROJECT": str(root), "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False"}
    try:
        with running(home, dags, free_port(), environment) as address:
            login = {"username": USER, "password": password(home)}
            made = Server(address, "", root, home).call("POST", "/auth/token", login)
            found = Server(address, made["access_token"], root, home)
            _await_dags(found)
            yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _await_dags(server: Server) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until:
        known = {dag["dag_id"] for dag in server.call("GET", "/api/v2/dags")["dags"]}
        if {"lawful", "marked_success", "forged_xcom", "leaky"} <= known and server.call("GET", "/api/v2/importErrors")["total_entries"]:
            return
        time.sleep(0.5)
    raise TimeoutError("the DAGs were not parsed")


@pytest.fixture(scope="module")
def ends(server: Server) -> dict[str, tuple[str, dict[str, str]]]:
    """All DAGs, started together and run to their end: id and task states by DAG."""
    runs = {dag: server.start(dag) for dag in ("lawful", "marked_success", "forged_xcom", "leaky")}
    return {dag: (run, server.ended(dag, run)) for dag, run in runs.items()}


def test_an_unguarded_dag_is_an_import_error_and_cannot_be_started(server: Server) -> None:
    """The red badge says why, and a trigger finds no DAG."""
    (problem,) = server.call("GET", "/api/v2/importErrors")["import_errors"]
    assert "unguarded.publish: writes website while places has no passed gate upstream" in problem["stack_trace"]
    with pytest.raises(urllib.error.HTTPError, match="404"):
        server.start("unguarded")


def test_a_lawful_dag_runs(server: Server, ends: dict[str, Any]) -> None:
    """The guards let pass what is lawful; the proof is in the ledger."""
    assert ends["lawful"][1] == {"gate": "success", "publish": "success"}
    assert (server.root / "public/website.csv").read_text().startswith("ticket")
    assert Ledger.open(project=server.root).verify().intact


def test_a_failed_gate_marked_success_lets_nothing_out(server: Server, ends: dict[str, Any]) -> None:
    """Marking the gate success through REST and clearing the egress does not replace the proof."""
    run, states = ends["marked_success"]
    assert states == {"gate": "failed", "publish": "upstream_failed"}
    here = f"/api/v2/dags/marked_success/dagRuns/{run}/taskInstances/gate"
    server.call("PATCH", here, {"new_state": "success"})
    _clear(server, "marked_success", run)
    assert server.ended("marked_success", run) == {"gate": "success", "publish": "failed"}
    assert "did not pass in this run" in server.log("marked_success", run, "publish")
    assert MARK not in (server.root / "public/website.csv").read_text()


def test_a_forged_xcom_lets_nothing_out(server: Server, ends: dict[str, Any]) -> None:
    """An XCom that claims a pass, written by REST, is no proof."""
    run, _ = ends["forged_xcom"]
    here = f"/api/v2/dags/forged_xcom/dagRuns/{run}/taskInstances/gate"
    forged = {"key": "return_value", "value": {"passed": True, "outcome": "pass", "entry": "0" * 32}, "map_index": -1}
    server.call("POST", f"{here}/xcomEntries", forged)
    server.call("PATCH", here, {"new_state": "success"})
    _clear(server, "forged_xcom", run)
    assert server.ended("forged_xcom", run) == {"gate": "success", "publish": "failed"}
    assert MARK not in (server.root / "public/website.csv").read_text()


def _clear(server: Server, dag: str, run: str) -> None:
    body = {"dry_run": False, "dag_run_id": run, "task_ids": ["publish"], "only_failed": False, "reset_dag_runs": True}
    server.call("POST", f"/api/v2/dags/{dag}/clearTaskInstances", body)


def test_what_leaks_is_refused_or_redacted(ends: dict[str, Any]) -> None:
    """Prints are redacted and run on; values that would be stored fail their task; a mere text is withheld."""
    assert ends["leaky"][1] == {
        "prints": "success",
        "raises": "failed",
        "pushes": "failed",
        "pushes_text": "success",
        "extra": "failed",
        "state": "failed",
        "renders": "failed",
    }


def test_canaries_are_nowhere(server: Server, ends: dict[str, Any]) -> None:
    """Neither a coordinate nor a mark of the data is in Airflow's database, logs, XComs, rendered fields, events, or in the ledger."""
    assert ends
    needles = [text.encode() for text in (LATITUDE, LONGITUDE, MARK)]
    kept = [p for p in server.home.rglob("*") if p.is_file()] + [server.root / "governance.db"]
    assert len(kept) > 10
    for path in kept:
        content = path.read_bytes()
        assert not [needle for needle in needles if needle in content], path
    pages = [
        "/api/v2/dags/~/dagRuns/~/taskInstances?limit=100",
        "/api/v2/assets/events",
        "/api/v2/eventLogs?limit=100",
        "/api/v2/importErrors",
    ]
    pages += [
        f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}/xcomEntries" for dag, (run, states) in ends.items() for task in states
    ]
    for page in pages:
        text = json.dumps(server.call("GET", page)).encode()
        assert not [needle for needle in needles if needle in text], page
    for task in ends["leaky"][1]:
        log = server.log("leaky", ends["leaky"][0], task).encode()
        assert not [needle for needle in needles if needle in log], task
    assert "<location>" in server.log("leaky", ends["leaky"][0], "prints")
