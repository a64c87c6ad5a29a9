"""A real `airflow standalone`: attacks through REST, and canary values that must appear nowhere."""

import base64
import json
import shutil
import struct
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from governance.adapters.airflow.standalone import USER, free_port, password, running
from governance.ledger import Ledger

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
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
  board: {kind: share, location: public/board.csv}
"""
DAGS = """\
import csv
import shutil
from datetime import timedelta
from pathlib import Path
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import DAG, BaseOperator, task
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

    @task(**NOTES)
    def prints_otherwise():
        import json
        latitude, longitude, note = place()
        print(json.dumps([float(latitude), float(longitude)]))
        print(f"POINT({{longitude}} {{latitude}})", repr((float(latitude), float(longitude))))
        print({{"geo": {{"type": "Point", "coordinates": [float(latitude), float(longitude)]}}}})
        print(f"near {{float(latitude):.4f}} and {{float(longitude):.4f}}")
        print(f"latitude     {{latitude}}\\nlongitude    {{float(longitude):e}}")
        print(f"{{latitude}}N {{longitude}}E", f"{{latitude}}:{{longitude}}", f"{{latitude}}_{{longitude}}", latitude.replace(".", ","))

    @task(**NOTES)
    def pushes_by_key(ti):
        ti.xcom_push(key=",".join(place()[:2]), value=1)

    @task(**NOTES)
    def variable():
        from airflow.sdk import Variable
        Variable.set("where", ",".join(place()))

    @task(map_index_template="{{{{ place }}}}", **NOTES)
    def labels(number):
        from airflow.sdk import get_current_context
        get_current_context()["place"] = ", ".join(place())

    @task(**NOTES)
    def asset_state(**context):
        context["asset_state_store"][asset("leaky_notes", ROOT)].set("where", list(place()))

    class Asks(ApprovalOperator):
        def execute(self, context):
            self.body = ",".join(place()[:2])
            return super().execute(context)

    class Starts(TriggerDagRunOperator):
        def execute(self, context):
            self.note = ",".join(place()[:2])
            return super().execute(context)

    class Pauses(BaseOperator):
        def execute(self, context):
            copy("data/places.csv", "public/board.csv")
            self.defer(trigger=TimeDeltaTrigger(timedelta(seconds=0)), method_name="resume")

        def resume(self, context, event=None):
            return None

    Asks(task_id="asks", subject="publish?", **NOTES)
    Starts(task_id="starts", trigger_dag_id="lawful", **NOTES)
    Pauses(task_id="pauses", **NOTES)
    for one in (prints, raises, pushes, pushes_text, extra, state, prints_otherwise, pushes_by_key, variable, asset_state):
        one()
    labels.expand(number=[1])
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

    def text(self, address: str) -> str:
        """What an address answers with, refusals included."""
        request = urllib.request.Request(f"{self.address}{address}")  # noqa: S310 - our own server
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Accept", "application/json, application/x-ndjson, text/plain")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - our own server
                return str(answer.read().decode(errors="replace"))
        except urllib.error.HTTPError as problem:
            return ("" if problem.code in {404, 405, 422} else "refused ") + problem.read().decode(errors="replace") * (problem.code >= 500)

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
    states = {task: state for task, state in ends["leaky"][1].items() if task != "pauses"}
    assert states == {
        "prints": "success",
        "raises": "failed",
        "pushes": "failed",
        "pushes_text": "success",
        "extra": "failed",
        "state": "failed",
        "renders": "failed",
        "prints_otherwise": "success",
        "pushes_by_key": "failed",
        "variable": "failed",
        "labels": "success",
        "asset_state": "failed",
        "asks": "failed",
        "starts": "failed",
    }


def test_what_a_deferred_task_left_is_taken_away(server: Server, ends: dict[str, Any]) -> None:
    """By its own guard, which fails it, or by that of a task beside it, whichever looks first."""
    assert ends["leaky"][1]["pauses"] in {"failed", "success"}
    assert not (server.root / "public/board.csv").exists()
    assert "board" in {e.facts["data_set"] for e in Ledger.open(project=server.root).entries("withheld")}


def test_canaries_are_nowhere(server: Server, ends: dict[str, Any]) -> None:
    """Neither a coordinate nor a mark of the data is in Airflow's database, logs or any other file, or in the ledger."""
    assert ends
    kept = [p for p in server.home.rglob("*") if p.is_file()] + [server.root / "governance.db"]
    assert len(kept) > 10
    assert not {str(path): found for path in kept if (found := canaries(path.read_bytes()))}
    assert "<location>" in server.log("leaky", ends["leaky"][0], "prints")


def test_no_canary_comes_through_any_endpoint(server: Server, ends: dict[str, Any]) -> None:
    """Every address that REST clients and the pages of the UI read from, for every task of every run: none answers with a canary."""
    answered: dict[str, str] = {}
    for template, wanted in endpoints():
        for known in places(server, ends, template):
            path = template.format(**known)
            asked = {name: value for name, value in (QUERY | known).items() if name in wanted}
            address = f"{path}?{urllib.parse.urlencode(asked)}" if asked else path
            answered[address] = server.text(address)
    assert not {address: found for address, text in answered.items() if (found := canaries(text.encode()))}
    full = [address for address, text in answered.items() if text]
    assert len(full) > 150
    for part in ("/xcomEntries", "/logs/", "/ui/grid", "/ui/structure", "/dagSources/", "/eventLogs", "/importErrors", "/assets/events"):
        assert any(part in address for address in full), part


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)")
def test_no_canary_is_on_any_page(server: Server, ends: dict[str, Any]) -> None:
    """The pages of the UI as a browser shows them to somebody who is logged in."""
    from playwright.sync_api import sync_playwright

    run = f"/dags/leaky/runs/{ends['leaky'][0]}"
    log = f"{run}/tasks/prints_otherwise"
    tasks = [f"{run}/tasks/{end}" for end in ("raises", "renders/rendered_templates", "pushes/xcom", "labels/mapped/0")]
    dag = [f"/dags/leaky{end}" for end in ("", "/code", "/events")]
    pages = ["/", "/dags", *dag, run, log, *tasks, "/assets", "/events", "/variables"]
    seen: dict[str, str] = {}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = chromium.new_page()
        page.goto(f"{server.address}/", wait_until="load")
        page.fill("input[name=username]", USER)
        page.fill("input[name=password]", password(server.home))
        page.press("input[name=password]", "Enter")
        page.wait_for_url(f"{server.address}/", timeout=30_000)
        for path in pages:
            page.goto(f"{server.address}{path}", wait_until="load")
            page.wait_for_timeout(1_500)
            if path == log:
                page.get_by_text("Returned value not shown").first.wait_for(timeout=30_000)
            seen[path] = page.content() + page.inner_text("body")
        chromium.close()
    assert not {path: found for path, text in seen.items() if (found := canaries(text.encode()))}
    assert all("sign in" not in text.lower() for text in seen.values())
    assert "leaky" in seen["/dags"]


def canaries(content: bytes) -> list[str]:
    """Which canaries a content holds, in any spelling: digits, rounded, by four bytes or eight, in base64, in hexadecimal."""
    return [name for name, needle in NEEDLES if needle in content]


def _spelled() -> Iterator[tuple[str, bytes]]:
    for text in (LATITUDE, LONGITUDE):
        value = float(text)
        for digits in (6, 5, 4):
            yield f"{digits} decimals", f"{value:.{digits}f}".encode()
        yield "without a point", text.replace(".", "").encode()
        yield "escaped", text.replace(".", "%2E").encode()
        yield "a comma for the point", text.replace(".", ",").encode()
        yield "as bytes", struct.pack(">d", value)
        yield "as bytes, little endian", struct.pack("<d", value)
        yield "hexadecimal", text.encode().hex().encode()
        for shift in range(3):
            yield "base64", base64.b64encode(b" " * shift + text.encode())[4 if shift else 0 : -4]
    yield "mark", MARK.encode()
    yield "mark in base64", base64.b64encode(MARK.encode())[:-4]


NEEDLES = tuple(_spelled())
QUERY = {
    "interval": "1",
    "start_date": "2026-01-01T00:00:00Z",
    "external_dependencies": "true",
    "limit": "100",
    "partition_key": "none",
    "full_content": "true",
    "deserialize": "false",
}


def endpoints() -> list[tuple[str, set[str]]]:
    """The address of every GET of Airflow's public API and of the one behind its pages, with the queries that it takes."""
    import yaml
    from airflow.api_fastapi.core_api import openapi

    found = []
    for name in ("v2-rest-api-generated.yaml", "_private_ui.yaml"):
        tree = yaml.load((Path(openapi.__path__[0]) / name).read_text(), yaml.CSafeLoader)
        for path, methods in tree["paths"].items():
            if "get" in methods and not path.endswith("/logout"):  # that one takes the token back
                asked = methods["get"].get("parameters", [])
                found.append((path, {one["name"] for one in asked if one["in"] == "query"}))
    return found


def places(server: Server, ends: dict[str, Any], template: str) -> list[dict[str, str]]:
    """What stands for the names in an address: every DAG, and every task of its run where the address asks for one."""
    same = {
        "try_number": "1",
        "task_try_number": "1",
        "version_number": "1",
        "event_log_id": "1",
        "import_error_id": "1",
        "backfill_id": "1",
        "asset_alias_id": "1",
        "asset_id": "1",
        "connection_id": "none",
        "variable_key": "where",
        "pool_name": "default_pool",
        "xcom_key": "return_value",
        "key": "where",
        "section": "core",
        "option": "parallelism",
    }
    if "{asset_id}" in template and "{dag_id}" not in template:
        return [same | {"asset_id": str(one["id"])} for one in server.call("GET", "/api/v2/assets")["assets"]]
    found: list[dict[str, str]] = []
    for dag, (run, states) in ends.items():
        of_run = same | {"dag_id": dag, "dag_run_id": run, "run_id": run, "root": "", "node_id": f"dag:{dag}"}
        tasks = states if "{task_id}" in template else {"": ""}
        found += [of_run | {"task_id": task, "map_index": "0" if task == "labels" else "-1"} for task in tasks]
    return found if "{dag_id}" in template else found[:1]
