"""The operators, decorators, sensor and guard, each in a DAG that Airflow runs."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from governance.adapters.airflow.proof import Run, proofs
from governance.ledger import Ledger


@pytest.fixture
def go(run: Callable[..., Any], request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Run the tasks of one DAG that is named after the test."""
    name = re.sub(r"\W+", "_", request.node.name)[:100].strip("_")

    def execute(tasks: str, **conf: Any) -> Any:  # noqa: ANN401 - a result
        return run(f'\n    with DAG("{name}", schedule=None) as dag:' + tasks, **conf)

    return execute


@pytest.fixture
def posts(project: Path) -> Path:
    """Posts of 300 people in one town, within one closed week."""
    rows = "".join(
        f"{10**15 + n},{5000 + n},2026-11-{9 + n % 7:02d}T10:00:00Z,High water #flood,{48.85 + (n % 20) / 2000},{2.35 + (n % 15) / 2000}\n"
        for n in range(300)
    )
    (project / "data/posts.csv").write_text("post_id,author_id,created_at,text,latitude,longitude\n" + rows)
    return project / "data/posts.csv"


def test_a_heat_map_is_checked_placed_and_announced(go: Callable[..., Any], posts: Path, project: Path) -> None:
    """The map is in place with its certificate, the event carries its release id, nothing is left beside it."""
    result = go("""
        gate = GovernanceCheckOperator(task_id="gate", data_set="posts")
        heat = GovernanceHeatMapOperator(task_id="heat", posts="data/posts.csv", topic="#flood", as_of="2026-11-20", series="s",
            out=["public/map.parquet", "public/map.html"], inlets=[A("posts")], outlets=[A("heat_map")])
        gate >> heat >> GovernanceAuditOperator(task_id="audit", releases="public")
    """)
    assert posts
    assert result.ok
    assert sorted(p.name for p in (project / "public").iterdir()) == ["map.html", "map.parquet"]
    (event,) = result.events
    assert re.fullmatch(r"\w+(-\w+)*", event["extra"]["certificate"])


def test_every_argument_of_a_heat_map_is_an_argument_of_its_operator() -> None:
    """What `governance.heat_map` takes, the operator and its decorator take by the same name and with the same default."""
    import inspect

    from governance import heat_map
    from governance.adapters.airflow import GovernanceHeatMapOperator

    asked = inspect.signature(heat_map).parameters
    taken = inspect.signature(GovernanceHeatMapOperator.__init__).parameters
    assert {name: taken[name].default for name in asked if name not in {"posts", "ledger", "project"}} == {
        name: one.default for name, one in asked.items() if name not in {"posts", "ledger", "project"}
    }


def test_a_heat_map_in_regions_by_template(go: Callable[..., Any], posts: Path, project: Path) -> None:
    """Regions come from a GeoJSON file, numbers from templates, columns by their own names, and the map is counted in that region."""
    west = {"type": "Polygon", "coordinates": [[[2.2, 48.7], [2.357, 48.7], [2.357, 49.0], [2.2, 49.0], [2.2, 48.7]]]}
    feature = {"type": "Feature", "properties": {"name": "west"}, "geometry": west}
    (project / "west.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    (project / "data/own.csv").write_text(posts.read_text().replace("latitude,longitude", "lat,lon"))
    result = go("""
        columns = {"latitude": "lat", "longitude": "lon"}
        say = {"topic": "#flood", "as_of": "{{ params.until }}", "finest": "{{ params.finest }}", "minimum_people": ""}
        dag.params["until"], dag.params["finest"], dag.params["regions"] = "2026-11-20", 6, "west.geojson"
        gate = GovernanceCheckOperator(task_id="gate", data_set="posts")
        gate >> GovernanceHeatMapOperator(task_id="heat", posts="data/own.csv", columns=columns, regions="{{ params.regions }}", **say,
            out="public/map.parquet", inlets=[A("posts")], outlets=[A("heat_map")])
    """)
    assert result.ok
    records = pq.read_table(project / "public/map.parquet").to_pylist()
    assert {row["resolution"] <= 6 for row in records} == {True}
    assert "west" in {row["group"] for row in records}


def test_a_map_is_checked_as_the_data_set_of_its_place(go: Callable[..., Any], posts: Path, project: Path) -> None:
    """The journal knows what was released by the name that governance.yml gives it, whatever the file is called."""
    result = go("""
        GovernanceHeatMapOperator(task_id="heat", posts="data/posts.csv", topic="#flood", as_of="2026-11-20",
            out=["public/map.parquet", "public/map.html"], inlets=[A("posts")], outlets=[A("heat_map")])
    """)
    assert posts
    assert result.ok
    assert {e.facts["data_set"] for e in Ledger.open(project=project).entries("gate")} == {"heat_map"}


def test_a_map_that_may_not_be_published_leaves_nothing(go: Callable[..., Any], posts: Path, project: Path) -> None:
    """Too few people: the task fails at once, and no file is there."""
    posts.write_text("\n".join(posts.read_text().splitlines()[:5]) + "\n")
    result = go("""
        GovernanceHeatMapOperator(task_id="heat", posts="data/posts.csv", topic="#flood", as_of="2026-11-20", retries=2,
            out="public/map.parquet", inlets=[A("posts")], outlets=[A("heat_map")])
    """)
    assert result.refused == ["heat"]
    assert not list(project.glob("public/**/*.parquet"))
    assert not result.events


def test_decorated_heat_map(go: Callable[..., Any], posts: Path, project: Path) -> None:
    """The function says which Posts; the operator does the rest."""
    result = go("""
        both = {"inlets": [A("posts")], "outlets": [A("heat_map")]}

        @task.governance_heat_map(topic="#flood", as_of="2026-11-20", out="public/map.parquet", **both)
        def heat():
            return "data/posts.csv"

        @task.governance_audit
        def audit():
            return ["public/map.parquet"]
        heat() >> audit()
    """)
    assert posts
    assert result.ok
    assert (project / "public/map.parquet").exists()


def test_a_decorated_operator_does_not_certify_what_its_function_writes(go: Callable[..., Any], posts: Path, project: Path) -> None:
    """The function behind `@task.governance_heat_map` writes to the place of egress itself: it is looked at and withheld."""
    result = go("""
        both = {"inlets": [A("posts")], "outlets": [A("heat_map")]}

        @task.governance_heat_map(topic="#flood", as_of="2026-11-20", out="elsewhere.parquet", **both)
        def heat():
            import pandas as pd
            (ROOT / "public").mkdir()
            pd.read_csv(ROOT / "data/posts.csv").to_parquet(ROOT / "public/map.parquet")
            return "data/posts.csv"
        heat()
    """)
    assert posts
    assert result.refused == ["heat"]
    assert not (project / "public/map.parquet").exists()


def test_guard_task_checks_inputs_and_outputs(go: Callable[..., Any], project: Path) -> None:
    """Someone else's operator fails if what it wrote does not pass."""
    result = go("""
        good = PythonOperator(task_id="good", python_callable=copy, op_args=["data/tickets.csv", "data/out.csv"])
        bad = PythonOperator(task_id="bad", python_callable=copy, op_args=["data/places.csv", "data/out.csv"])
        never = PythonOperator(task_id="never", python_callable=copy, op_args=["data/tickets.csv", "data/never.csv"])
        guard_task(good, inputs=["tickets"], outputs=["data/out.csv"])
        guard_task(bad, inputs=["tickets"], outputs=["data/out.csv"])
        guard_task(never, inputs=["places"])
        good >> bad
    """)
    assert sorted(result.refused) == ["bad", "never"]
    assert result.states["good"] == "success"
    assert not (project / "data/never.csv").exists()


def test_guard_task_on_a_mapped_task(go: Callable[..., Any]) -> None:
    """The guard stays with every instance."""
    result = go("""
        work = PythonOperator.partial(task_id="work", python_callable=copy).expand(
            op_args=[["data/tickets.csv", "data/a.csv"], ["data/tickets.csv", "data/b.csv"]])
        guard_task(work, inputs=["places"])
    """)
    assert sorted(result.refused) == ["work[0]", "work[1]"]


def test_decorated_guard(go: Callable[..., Any]) -> None:
    """A function with its data checked around it returns what it returns."""
    result = go("""
        @task.governance_guard(inputs=["tickets"], outputs=["data/out.csv"])
        def work():
            copy("data/tickets.csv", "data/out.csv")
            return 7

        @task
        def after(value):
            assert value == 7
        after(work())
    """)
    assert result.ok


def test_decorated_check_of_a_table_in_memory(go: Callable[..., Any]) -> None:
    """The function's frame is gated; location outside a Post is refused."""
    result = go("""
        @task.governance_check
        def gate():
            import pandas as pd
            return pd.read_csv(ROOT / "data/places.csv")
        gate()
    """)
    assert result.refused == ["gate"]


def test_a_gate_in_another_environment(go: Callable[..., Any], project: Path) -> None:
    """A command without Airflow leaves the proof of its gate in the ledger; the DAG finds it, and publishes."""
    command = [sys.executable, "-c", ELSEWHERE, str(project), "data/tickets.csv"]
    result = go(f"""
        @task
        def elsewhere(**context):
            import subprocess
            ids = "/".join([dag.dag_id, context["run_id"], "outside"])
            subprocess.run([*{command!r}, ids], check=True, capture_output=True)

        elsewhere() >> GovernanceProofOperator(task_id="proof", gate_id="outside", data_set="tickets") >> publish(inlets=[A("tickets")])
    """)
    assert result.ok
    assert (project / "public/website.csv").exists()


ELSEWHERE = """
import sys
class NoAirflow:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "airflow":
            raise ModuleNotFoundError("no Airflow here", name="airflow")
sys.meta_path.insert(0, NoAirflow())
from governance.adapters.airflow.checking import gate
from governance.adapters.airflow.proof import Run
report, proof = gate(sys.argv[2], Run.parse(sys.argv[3]), data_set="tickets", project=sys.argv[1])
print(proof.entry)
"""


def test_a_missing_outside_proof_stops(go: Callable[..., Any]) -> None:
    """Without the command's proof nothing goes on."""
    result = go("""
        GovernanceProofOperator(task_id="proof", gate_id="outside", data_set="tickets") >> publish(inlets=[A("tickets")])
    """)
    assert result.refused == ["proof"]


def test_great_expectations_as_a_gate(go: Callable[..., Any]) -> None:
    """A suite stops its DAG where location stands outside its Post, from a file or a database, and no value is logged."""
    result = go("""
        import sqlite3, csv
        with sqlite3.connect(ROOT / "data/places.db") as book, (ROOT / "data/places.csv").open() as file:
            book.execute("CREATE TABLE IF NOT EXISTS places (user_id, latitude, longitude)")
            book.executemany("INSERT INTO places VALUES (?, ?, ?)", list(csv.reader(file))[1:])
        book.close()
        GovernanceExpectationsOperator(task_id="lawful", suite="working", data="data/tickets.csv")
        GovernanceExpectationsOperator(task_id="file", suite="working", data="data/places.csv")
        place = {"url": f"sqlite:///{ROOT}/data/places.db", "query": "SELECT * FROM places"}
        GovernanceExpectationsOperator(task_id="table", suite="working", **place)
    """)
    assert sorted(result.refused) == ["file", "table"]
    assert result.states["lawful"] == "success"
    assert "48.8566" not in result.log


def test_a_suite_lets_data_leave_as_a_check_does(go: Callable[..., Any], project: Path) -> None:
    """The whole suite of the kind, passed, leaves a proof over run, rules and bytes; the journal's entry names the data set."""
    result = go("""
        GovernanceExpectationsOperator(task_id="gate", suite="working", data_set="tickets") >> publish(inlets=[A("tickets")])
    """)
    assert result.ok
    assert (project / "public/website.csv").exists()
    assert [e.facts["data_set"] for e in Ledger.open(project=project).entries("expectations")] == ["tickets"]


@pytest.mark.parametrize(
    ("suite", "data_set"),
    [("short.json", "tickets"), ("empty.json", "tickets"), ("posts", "tickets"), ("working", "places"), ("share.json", "tickets")],
)
def test_a_suite_that_leaves_something_undecided_lets_nothing_out(go: Callable[..., Any], project: Path, suite: str, data_set: str) -> None:
    """A rule left out, no rule, a suite of another kind, or a rule that fails: the gate stops, and no passed proof is there."""
    whole = json.loads((Path(__file__).parents[2] / "expectations/working.json").read_text())
    (project / "short.json").write_text(json.dumps(whole | {"expectations": whole["expectations"][1:]}))
    (project / "empty.json").write_text(json.dumps(whole | {"expectations": []}))
    (project / "share.json").write_text((Path(__file__).parents[2] / "expectations/share.json").read_text())
    result = go(f"""
        gate = GovernanceExpectationsOperator(task_id="gate", suite={suite!r}, data_set={data_set!r})
        gate >> publish(inlets=[A({data_set!r})])
    """)
    assert result.refused == ["gate"]
    assert not (project / "public").exists()
    ledger = Ledger.open(project=project)
    found = proofs(ledger, Run(dag_id=result.run.dag_id, run_id=result.run.run_id, task_id="gate"))
    assert [p.outcome == "pass" for p in found.values()] == [False]


def test_data_swapped_after_the_suite_is_caught(go: Callable[..., Any]) -> None:
    """The proof of a suite is over the file's bytes."""
    result = go("""
        swap = PythonOperator(task_id="swap", python_callable=copy, op_args=["data/places.csv", "data/tickets.csv"])
        GovernanceExpectationsOperator(task_id="gate", suite="working", data_set="tickets") >> swap >> publish(inlets=[A("tickets")])
    """)
    assert result.refused == ["publish"]


def test_the_sensor_waits_for_data_that_no_gate_saw(go: Callable[..., Any], project: Path) -> None:
    """New data ends the wait; data that was checked before does not."""
    from governance.adapters.airflow import GovernanceNewDataSensor

    result = go("""
        GovernanceNewDataSensor(task_id="wait", data_set="tickets", timeout=5, poke_interval=1) >> GovernanceCheckOperator(
            task_id="gate", data_set="tickets")
    """)
    assert result.ok
    sensor = GovernanceNewDataSensor(task_id="again", data_set="tickets", project=str(project))
    assert not sensor.poke({}).is_done
    (project / "data/tickets.csv").write_text("ticket,state,minutes\n9,open,1\n")
    assert sensor.poke({}).is_done


def test_a_match_and_its_withdrawal(go: Callable[..., Any], project: Path) -> None:
    """Edges are made where there is a basis; who withdraws is gone from the table and stays away."""
    _people(project)
    tasks = """
        given = GovernanceConsentOperator(task_id="given", consents="data/consents.csv")
        gone = GovernanceConsentOperator(task_id="gone", consents="data/withdrawals.csv")
        sweep = GovernanceSweepOperator(task_id="sweep", accounts="data/accounts.csv")
        match = GovernanceMatchOperator(task_id="match", accounts="data/accounts.csv", records="data/crm.csv", on=[["handle", "x_handle"]],
            purpose="member-support", out="data/matches.parquet", as_of="2026-11-23T12:00:00Z")
        given >> gone >> sweep >> match
    """
    import pyarrow.parquet as pq

    assert go(tasks).ok
    before = pq.read_table(project / "data/matches.parquet").to_pylist()
    edge = next(row for row in before if "EXPRESS_OPT_IN" in row["basis"])
    consent = edge["evidence"][0]
    (project / "data/withdrawals.csv").write_text(f"consent_id,event,at\n{consent},withdrawn,2026-11-23T11:00:00Z\n")
    assert go(tasks).ok
    after = pq.read_table(project / "data/matches.parquet").to_pylist()
    assert edge["off_x_id"] not in {row["off_x_id"] for row in after}
    assert Ledger.open(project=project).verify().intact


def _people(project: Path) -> None:
    from governance.content.synthetic import write_people

    write_people(project / "data", customers=200, authors=2000)
    text = (project / "governance.yml").read_text()
    (project / "governance.yml").write_text(text + PEOPLE)


PEOPLE = """\
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
purposes:
  member-support: {description: answer members who write to us on X}
sources:
  members: {provenance: self_provided, relationship: member, collected_for: [member-support]}
  append: {provenance: third_party}
expectations:
  - {provenance: self_provided, attribute: x.user.handle, collected_for: member-support, purpose: member-support,
     status: expected, rationale: the form says so, reviewer: dpo, reviewed_at: 2026-10-01, expires_at: 2027-10-01}
"""
