"""The guards in the worker, on DAGs that Airflow itself parses and runs."""

import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from governance.adapters.airflow.proof import Run, proofs
from governance.ledger import Ledger

HEAD = "\n    with DAG({name!r}, schedule=None) as dag:"


@pytest.fixture
def go(run: Callable[..., Any], request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Run the tasks of one DAG that is named after the test."""
    name = re.sub(r"\W+", "_", request.node.name)[:100].strip("_")

    def execute(tasks: str, **conf: Any) -> Any:  # noqa: ANN401 - a result
        return run(HEAD.format(name=name) + tasks, **conf)

    return execute


def test_a_gated_egress_runs(go: Callable[..., Any], project: Path) -> None:
    """A DAG with a passed gate publishes, and its proof is in the ledger over DAG, run, rules and data."""
    result = go("""
        GovernanceCheckOperator(task_id="gate", data_set="tickets") >> publish(inlets=[A("tickets")])
    """)
    assert result.ok
    assert (project / "public/website.csv").exists()
    ledger = Ledger.open(project=project)
    (entry,) = [e for e in ledger.entries("gate") if e.facts["task"] == "gate"]
    assert entry.facts["outcome"] == "pass"
    assert len(entry.facts["run_sha256"]) == len(entry.facts["rules_sha256"]) == len(entry.facts["data_sha256"]) == 64
    assert ledger.verify().intact


def test_a_violating_input_stops_the_dag_without_retry(go: Callable[..., Any], project: Path) -> None:
    """A refusal fails at the first try although retries are set, is in the ledger, and nothing is published."""
    result = go("""
        GovernanceCheckOperator(task_id="gate", data_set="places", retries=3) >> publish("data/places.csv", inlets=[A("places")])
    """)
    assert result.refused == ["gate"]
    assert result.states == {"gate": "failed", "publish": "upstream_failed"}
    assert not (project / "public").exists()
    assert not result.events
    (entry,) = Ledger.open(project=project).entries("gate")
    assert entry.facts["outcome"] == "fail"


def test_data_swapped_after_the_gate_is_caught(go: Callable[..., Any], project: Path) -> None:
    """The fingerprint of what was checked must be that of what leaves."""
    result = go("""
        gate = GovernanceCheckOperator(task_id="gate", data_set="tickets")
        swap = PythonOperator(task_id="swap", python_callable=copy, op_args=["data/places.csv", "data/tickets.csv"])
        gate >> swap >> publish(inlets=[A("tickets")])
    """)
    assert result.refused == ["publish"]
    assert "the data changed after the gate" in result.log
    assert not (project / "public").exists()


def test_data_swapped_by_the_egress_itself_is_withheld(go: Callable[..., Any], project: Path) -> None:
    """A task that changes its input while it publishes fails, and what it wrote is taken away."""
    result = go("""
        def swap_and_publish():
            copy("data/places.csv", "data/tickets.csv")
            copy("data/tickets.csv", "public/website.csv")

        gate = GovernanceCheckOperator(task_id="gate", data_set="tickets")
        gate >> PythonOperator(task_id="publish", python_callable=swap_and_publish, inlets=[A("tickets")], outlets=[A("website")])
    """)
    assert result.refused == ["publish"]
    assert not (project / "public/website.csv").exists()
    assert len(list((project / ".governance/withheld").iterdir())) == 1
    assert not result.events


def test_location_written_past_a_passed_gate_is_withheld(go: Callable[..., Any], project: Path) -> None:
    """A gate on lawful data does not let a task publish other data: what lies at the place of egress is looked at."""
    result = go("""
        GovernanceCheckOperator(task_id="gate", data_set="tickets") >> publish("data/places.csv", inlets=[A("tickets")])
    """)
    assert result.refused == ["publish"]
    assert not (project / "public/website.csv").exists()
    assert not result.events
    assert [e.facts["data_set"] for e in Ledger.open(project=project).entries("withheld")] == ["website"]


def test_an_undeclared_read_does_not_help(go: Callable[..., Any], project: Path) -> None:
    """A DAG that names nothing it reads is looked at all the same where it writes what leaves."""
    result = go("""
        publish("data/places.csv")
    """)
    assert result.refused == ["publish"]
    assert not (project / "public/website.csv").exists()


def test_a_staged_file_that_was_gated_may_be_moved_into_place(go: Callable[..., Any], project: Path) -> None:
    """Gate the outgoing file, then move it: the same bytes need no second check."""
    result = go("""
        paths = ["data/tickets.csv", "data/staged.csv"]
        stage = PythonOperator(task_id="stage", python_callable=copy, op_args=paths, inlets=[A("tickets")])

        def move():
            (ROOT / "public").mkdir()
            (ROOT / "data/staged.csv").rename(ROOT / "public/website.csv")

        gate = GovernanceCheckOperator(task_id="gate", data="data/staged.csv", data_set="website")
        out = PythonOperator(task_id="publish", python_callable=move, outlets=[A("website")])
        stage >> gate >> out
    """)
    assert result.ok, result.states
    assert (project / "public/website.csv").exists()


def test_report_mode_records_and_lets_inner_work_go_on(go: Callable[..., Any], project: Path) -> None:
    """`mode: report` stops nothing inside; the finding is in the ledger."""
    result = go("""
        GovernanceCheckOperator(task_id="gate", data_set="dry_run") >> PythonOperator(task_id="work", python_callable=print)
    """)
    assert result.ok
    (entry,) = Ledger.open(project=project).entries("gate")
    assert (entry.facts["outcome"], entry.facts["mode"]) == ("fail", "report")


def test_report_mode_never_lets_data_leave(go: Callable[..., Any], project: Path) -> None:
    """A recorded finding is no passed gate for what leaves."""
    result = go("""
        GovernanceCheckOperator(task_id="gate", data_set="dry_run") >> publish("data/dry_run.csv", inlets=[A("dry_run")])
    """)
    assert result.refused == ["publish"]
    assert not (project / "public").exists()


def test_every_instance_of_a_mapped_gate_must_have_passed(go: Callable[..., Any], project: Path) -> None:
    """A mapped gate is one proof per instance; all pass here, and the egress runs."""
    result = go("""
        gate = GovernanceCheckOperator.partial(task_id="gate", data_set="tickets").expand(data=["data/tickets.csv", "data/tickets.csv"])
        gate >> publish(inlets=[A("tickets")])
    """)
    assert result.ok, result.states
    run = Run(dag_id=result.run.dag_id, run_id=result.run.run_id, task_id="gate")
    assert {key for key in proofs(Ledger.open(project=project), run) if key[0] == "gate"} == {("gate", 0), ("gate", 1)}


def test_a_mapped_egress_is_guarded_in_every_instance(go: Callable[..., Any], project: Path) -> None:
    """Expanding the task that publishes does not lose the guard."""
    result = go("""
        gate = GovernanceCheckOperator(task_id="gate", data_set="tickets")
        out = PythonOperator.partial(task_id="publish", python_callable=copy, inlets=[A("tickets")], outlets=[A("website")]).expand(
            op_args=[["data/tickets.csv", "public/website.csv"], ["data/places.csv", "public/website.csv"]])
        gate >> out
    """)
    assert result.refused == ["publish[1]"]
    assert [e.facts["data_set"] for e in Ledger.open(project=project).entries("withheld")] == ["website"]


def test_a_gate_inside_a_mapped_group_counts_for_its_own_instance(go: Callable[..., Any]) -> None:
    """In a mapped task group each instance's gate guards that instance."""
    result = go("""
        @task_group
        def one(path):
            gate = GovernanceCheckOperator(task_id="gate", data=path, data_set="tickets")
            gate >> publish(inlets=[A("tickets")])

        one.expand(path=["data/tickets.csv", "data/tickets.csv"])
    """)
    assert result.ok, result.states


def test_a_write_that_airflow_saw_must_be_declared(go: Callable[..., Any]) -> None:
    """Airflow's lineage sees a write through ObjectStoragePath; in a governed DAG it has to be an outlet."""
    result = go("""
        def sneak():
            from airflow.sdk import ObjectStoragePath
            with ObjectStoragePath(f"file://{ROOT}/elsewhere.csv").open("w") as file:
                file.write("x")

        PythonOperator(task_id="sneak", python_callable=sneak, inlets=[A("tickets")])
    """)
    assert result.refused == ["sneak"]


def test_a_declared_write_passes(go: Callable[..., Any]) -> None:
    """The same write is fine into a declared working table."""
    result = go("""
        def write():
            from airflow.sdk import ObjectStoragePath
            with ObjectStoragePath(f"file://{ROOT}/data/places.csv").open("w") as file:
                file.write("x")

        PythonOperator(task_id="write", python_callable=write, inlets=[A("tickets")], outlets=[A("places")])
    """)
    assert result.ok


@pytest.mark.parametrize(
    "pushed",
    [
        "[48.8566, 2.3522]",
        '{"lat": 48}',
        '["20", 48.8566, 2.3522]',
        "48.8566",
        '"48.8566, 2.3522"',
        '"861fb4667ffffff"',
        "__import__('pandas').DataFrame()",
    ],
)
def test_an_xcom_that_carries_a_place_is_refused(go: Callable[..., Any], pushed: str) -> None:
    """Whatever its shape, a place is no XCom of a governed DAG."""
    result = go(f"""
        @task(inlets=[A("tickets")])
        def push():
            return {pushed}
        push()
    """)
    assert result.refused == ["push"]


def test_counts_paths_and_ids_pass_as_xcoms(go: Callable[..., Any]) -> None:
    """What tasks need to tell each other passes, and a later task reads it unchanged."""
    result = go("""
        @task(inlets=[A("tickets")])
        def push():
            return {"path": "s3://bucket/tickets.parquet", "rows": 300, "release": "a" * 32, "files": ["a.csv", "b.csv"], "done": True}

        @task
        def pull(value):
            assert value["files"] == ["a.csv", "b.csv"] and value["rows"] == 300
        pull(push())
    """)
    assert result.ok


def test_a_mere_text_is_withheld(go: Callable[..., Any]) -> None:
    """A command's last line is no reason to fail, and no place to keep text either."""
    result = go("""
        @task(inlets=[A("tickets")])
        def push():
            return "Ada Lovelace wrote this"

        @task
        def pull(value):
            assert value == "<withheld>"
        pull(push())
    """)
    assert result.ok


def test_ungoverned_dags_push_what_they_like(go: Callable[..., Any]) -> None:
    """The backend leaves DAGs alone that have nothing to do with governed data."""
    result = go("""
        @task
        def push():
            return {"lat": 48.8566}

        @task
        def pull(value):
            assert value == {"lat": 48.8566}
        pull(push())
    """)
    assert result.ok


def test_the_extra_of_an_asset_event_is_checked(go: Callable[..., Any]) -> None:
    """Coordinates in an outlet's event extra fail the task, and no event is made."""
    result = go("""
        @task(inlets=[A("tickets")], outlets=[A("places")])
        def work(*, outlet_events):
            outlet_events[A("places")].extra = {"where": [48.8566, 2.3522]}
        work()
    """)
    assert result.refused == ["work"]
    assert not result.events


def test_rendered_fields_are_checked_before_they_are_stored(go: Callable[..., Any]) -> None:
    """A template that renders to a place fails the task before Airflow stores the field."""
    from airflow.models.renderedtifields import RenderedTaskInstanceFields
    from airflow.utils.session import create_session
    from sqlalchemy import select

    result = go(
        """
        PythonOperator(task_id="work", python_callable=print, op_args=["{{ dag_run.conf.where }}"], inlets=[A("tickets")])
    """,
        conf={"where": "48.8566, 2.3522"},
    )
    assert result.refused == ["work"]
    with create_session() as session:
        stored = session.scalars(select(RenderedTaskInstanceFields).where(RenderedTaskInstanceFields.run_id == result.run.run_id)).all()
    assert not stored


def test_rendered_fields_of_a_mapped_task_are_checked_too(go: Callable[..., Any]) -> None:
    """Expanding over places stores nothing either."""
    result = go("""
        PythonOperator.partial(task_id="work", python_callable=print, inlets=[A("tickets")]).expand(op_args=[["48.8566, 2.3522"]])
    """)
    assert "a rendered field would store a place" in result.log
    assert set(result.states.values()) == {"failed"}


needs_state_stores = pytest.mark.skipif(find_spec("airflow.sdk.state") is None, reason="state stores came with Airflow 3.3")


@needs_state_stores
@pytest.mark.parametrize("store", ['context["task_state_store"]', 'context["asset_state_store"][A("tickets")]'])
def test_state_stores_take_no_place(go: Callable[..., Any], store: str) -> None:
    """Airflow's task and Asset state stores are not a way around."""
    result = go(f"""
        @task(inlets=[A("tickets")])
        def keep(**context):
            {store}.set("where", {{"lat": 48.8566}})
        keep()
    """)
    assert result.refused == ["keep"]


@needs_state_stores
def test_state_stores_keep_counts(go: Callable[..., Any]) -> None:
    """What is allowed comes back as it was stored."""
    result = go("""
        @task(inlets=[A("tickets")])
        def keep(**context):
            context["task_state_store"].set("rows", 300)
            assert context["task_state_store"].get("rows") == 300
        keep()
    """)
    assert result.ok


def test_returned_values_are_not_logged(go: Callable[..., Any]) -> None:
    """The task's own "Returned value was" line comes before any XCom backend, so it is switched off in governed DAGs."""
    result = go("""
        @task(inlets=[A("tickets")])
        def push():
            return ["CANARY", 48.8566]
        push()
    """)
    assert result.refused == ["push"]
    assert "CANARY" not in result.log


def test_an_unreachable_ledger_lets_airflow_retry(go: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Ledger trouble is no refusal: the gate waits for its retry, and nothing leaves meanwhile."""
    monkeypatch.setenv("GOVERNANCE_LEDGER", "sqlite:////nowhere/at/all.db")
    from governance.adapters.airflow.errors import GovernanceLedgerUnavailable, airflow_errors
    from governance.errors import LedgerUnavailable

    with pytest.raises(GovernanceLedgerUnavailable), airflow_errors():
        raise LedgerUnavailable("gone")
    result = go("""
        GovernanceCheckOperator(task_id="gate", data_set="tickets") >> publish(inlets=[A("tickets")])
    """)
    assert result.states["gate"] == "failed"
    assert result.states["publish"] == "upstream_failed"


def test_a_gate_without_data_is_a_bad_request(go: Callable[..., Any], project: Path) -> None:
    """A missing file fails the gate at once with its name."""
    (project / "data/tickets.csv").unlink()
    result = go("""
        GovernanceCheckOperator(task_id="gate", data_set="tickets", retries=2) >> publish(inlets=[A("tickets")])
    """)
    assert result.states == {"gate": "failed", "publish": "upstream_failed"}


def test_an_empty_table_does_not_pass_a_gate(go: Callable[..., Any], project: Path) -> None:
    """No rows is undecided, and undecided is refused."""
    (project / "data/tickets.csv").write_text("ticket,state,minutes\n")
    result = go("""
        GovernanceCheckOperator(task_id="gate", data_set="tickets") >> publish(inlets=[A("tickets")])
    """)
    assert result.states == {"gate": "failed", "publish": "upstream_failed"}


def test_a_proof_holds_for_its_own_run_alone(go: Callable[..., Any], project: Path) -> None:
    """The proof of one run is not found, nor accepted if it is copied, in another."""
    result = go("""
        GovernanceCheckOperator(task_id="gate", data_set="tickets")
    """)
    ledger = Ledger.open(project=project)
    run = Run(dag_id=result.run.dag_id, run_id=result.run.run_id, task_id="gate")
    other = Run(dag_id=run.dag_id, run_id="manual__other", task_id="gate")
    assert proofs(ledger, run)
    assert not proofs(ledger, other)
    from dataclasses import asdict

    from governance.adapters.airflow.proof import REGISTER
    from governance.adapters.airflow.worker import verify
    from governance.errors import PolicyViolation
    from governance.project import load_project

    (stolen,) = proofs(ledger, run).values()
    ledger.register(REGISTER).append(other.key, asdict(stolen))
    with pytest.raises(PolicyViolation, match="not of this run"):
        verify(stolen, other, ledger, load_project(project))


def test_a_gate_over_a_table_in_memory_does_not_let_data_leave(go: Callable[..., Any]) -> None:
    """A table in memory can't be recognised again, so the egress is undecided and refused."""
    result = go("""
        @task.governance_check(data_set="tickets")
        def gate():
            import pandas as pd
            return pd.read_csv(ROOT / "data/tickets.csv")
        gate() >> publish(inlets=[A("tickets")])
    """)
    assert result.refused == ["publish"]
