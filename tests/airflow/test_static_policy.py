"""The static check through Airflow's own parsing: unlawful DAGs do not load, lawful ones do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

UNLAWFUL = {
    "no gate": """
        publish(inlets=[A("tickets")])
    """,
    "a gate that is not upstream": """
        GovernanceCheckOperator(task_id="gate", data_set="tickets")
        publish(inlets=[A("tickets")])
    """,
    "a gate on other data": """
        GovernanceCheckOperator(task_id="gate", data_set="places") >> publish(inlets=[A("tickets")])
    """,
    "a suite on a query, whose rows nobody can recognise again": """
        gate = GovernanceExpectationsOperator(task_id="gate", suite="working", data_set="tickets", url="sqlite:///x.db", query="SELECT 1")
        gate >> publish(inlets=[A("tickets")])
    """,
    "one of two inputs gated": """
        GovernanceCheckOperator(task_id="gate", data_set="tickets") >> publish(inlets=[A("tickets"), A("places")])
    """,
    "ALL_DONE on the egress": """
        GovernanceCheckOperator(task_id="gate", data_set="tickets") >> publish(inlets=[A("tickets")], trigger_rule=TriggerRule.ALL_DONE)
    """,
    "ALL_DONE between": """
        middle = EmptyOperator(task_id="middle", trigger_rule="all_done")
        GovernanceCheckOperator(task_id="gate", data_set="tickets") >> middle >> publish(inlets=[A("tickets")])
    """,
    "ALWAYS on the egress": """
        GovernanceCheckOperator(task_id="gate", data_set="tickets") >> publish(inlets=[A("tickets")], trigger_rule="always")
    """,
    "none_failed lets a skipped gate pass": """
        GovernanceCheckOperator(task_id="gate", data_set="tickets") >> publish(inlets=[A("tickets")], trigger_rule="none_failed")
    """,
    "an AssetAlias outlet": """
        GovernanceCheckOperator(task_id="gate", data_set="tickets") >> publish(inlets=[A("tickets")], outlets=[AssetAlias("anything")])
    """,
    "an AssetAlias inlet": """
        publish(inlets=[AssetAlias("anything")])
    """,
    "the reads on another task": """
        EmptyOperator(task_id="read", inlets=[A("tickets")])
        publish()
    """,
    "Asset.ref by name as inlet": """
        publish(inlets=[Asset.ref(name="tickets")])
    """,
    "Asset.ref by URI as inlet": """
        publish(inlets=[Asset.ref(uri=A("tickets").uri)])
    """,
    "an Asset without extra, by name alone": """
        publish(inlets=[Asset("tickets")])
    """,
    "an Asset under another name at the same place": """
        publish(inlets=[Asset("harmless", uri=A("tickets").uri)])
    """,
    "an outlet under another name at the same place": """
        publish(inlets=[A("tickets")], outlets=[Asset("harmless", uri=A("website").uri)])
    """,
    "an outlet that says it is internal": """
        publish(inlets=[A("tickets")], outlets=[Asset("website", extra={"governance": {"class": "internal"}})])
    """,
    "an outlet nobody declared": """
        publish(inlets=[A("tickets")], outlets=[Asset("mystery", uri="https://example.org/upload")])
    """,
    "a gate of somebody else's class": """
        class GovernanceCheckOperator(PythonOperator):
            governance_gate = True
            data_set = "tickets"
        GovernanceCheckOperator(task_id="gate", python_callable=print) >> publish(inlets=[A("tickets")])
    """,
    "a gate whose execute is overridden": """
        class Lax(GovernanceCheckOperator):
            def execute(self, context):
                return None
        Lax(task_id="gate", data_set="tickets") >> publish(inlets=[A("tickets")])
    """,
    "a gate whose work is overridden": """
        class Lax(GovernanceCheckOperator):
            def gate(self, data, context):
                return None
        Lax(task_id="gate", data_set="tickets") >> publish(inlets=[A("tickets")])
    """,
    "a gate whose execute is replaced on the instance": """
        gate = GovernanceCheckOperator(task_id="gate", data_set="tickets")
        gate.__dict__["execute"] = lambda context: None
        gate >> publish(inlets=[A("tickets")])
    """,
    "a gate whose data set is only known at run time": """
        GovernanceCheckOperator(task_id="gate", data_set="{{ params.name }}", params={"name": "tickets"}) >> publish(inlets=[A("tickets")])
    """,
    "Posts gated, then sent where nobody can look": """
        GovernanceCheckOperator(task_id="gate", data_set="posts") >> publish(inlets=[A("posts")], outlets=[A("feed")])
    """,
    "our operator reads, another task publishes": """
        GovernanceHeatMapOperator(task_id="map", posts="data/posts.csv", out="public/map.parquet", topic="#flood") >> publish()
    """,
    "a heat map operator that names another kind of outlet": """
        GovernanceHeatMapOperator(
            task_id="map", posts="data/posts.csv", out="x.parquet", topic="#flood", outlets=[A("website")], inlets=[A("posts")])
    """,
    "a mapped egress without a gate": """
        PythonOperator.partial(task_id="publish", python_callable=copy, inlets=[A("tickets")], outlets=[A("website")]).expand(
            op_args=[["a", "b"], ["c", "d"]])
    """,
    "a mapped gate over data sets that nobody knows yet": """
        @task
        def names():
            return ["tickets"]
        GovernanceCheckOperator.partial(task_id="gate").expand(data_set=names()) >> publish(inlets=[A("tickets")])
    """,
    "a mapped gate over other data sets": """
        GovernanceCheckOperator.partial(task_id="gate").expand(data_set=["places"]) >> publish(inlets=[A("tickets")])
    """,
    "an egress that starts in the triggerer": """
        out = publish(inlets=[A("tickets")])
        out.start_from_trigger = True
        GovernanceCheckOperator(task_id="gate", data_set="tickets") >> out
    """,
    "an egress in a task group": """
        @task_group
        def group():
            publish(inlets=[A("tickets")])
        group()
    """,
    "a teardown that publishes": """
        gate = GovernanceCheckOperator(task_id="gate", data_set="tickets")
        gate >> publish(inlets=[A("tickets")]).as_teardown(setups=EmptyOperator(task_id="set_up"))
    """,
}


@pytest.mark.parametrize("tasks", UNLAWFUL.values(), ids=UNLAWFUL.keys())
def test_unlawful_dags_do_not_load(bag: Callable[..., Any], tasks: str) -> None:
    """Each hole is closed by the cluster policy: the DAG is an import error that says what to do."""
    found = bag('\n    with DAG("held", schedule=None) as dag:' + tasks)
    assert not found.dags
    (problem,) = found.import_errors.values()
    assert "AirflowClusterPolicyViolation" in problem
    assert "Hint: " in problem


LAWFUL = {
    "a gate upstream": """
        GovernanceCheckOperator(task_id="gate", data_set="tickets") >> publish(inlets=[A("tickets")])
    """,
    "a gate by path": """
        GovernanceCheckOperator(task_id="gate", data="data/tickets.csv") >> publish(inlets=[A("tickets")])
    """,
    "tasks between, all of them all_success": """
        gate = GovernanceCheckOperator(task_id="gate", data_set="tickets")
        gate >> EmptyOperator(task_id="one") >> EmptyOperator(task_id="two") >> publish(inlets=[A("tickets")])
    """,
    "a side path with all_done": """
        gate, out = GovernanceCheckOperator(task_id="gate", data_set="tickets"), publish(inlets=[A("tickets")])
        gate >> out
        gate >> EmptyOperator(task_id="note", trigger_rule="all_done") >> out
    """,
    "both inputs gated": """
        gates = [GovernanceCheckOperator(task_id=f"gate_{n}", data_set=n) for n in ("tickets", "places")]
        gates >> publish(inlets=[A("tickets"), A("places")])
    """,
    "the outgoing file itself gated": """
        gate = GovernanceCheckOperator(task_id="gate", data="data/staged.csv", data_set="website")
        gate >> publish(inlets=[A("posts")])
    """,
    "the outgoing file gated, sent where nobody can look": """
        gate = GovernanceCheckOperator(task_id="gate", data="data/staged.csv", data_set="feed")
        gate >> publish(inlets=[A("posts")], outlets=[A("feed")])
    """,
    "no gate where nothing leaves": """
        PythonOperator(task_id="work", python_callable=print, inlets=[A("tickets")], outlets=[A("places")])
    """,
    "the heat map operator publishes by itself": """
        GovernanceHeatMapOperator(
            task_id="map", posts="data/posts.csv", out="public/map.parquet", topic="#flood", outlets=[A("heat_map")], inlets=[A("posts")])
    """,
    "a subclass that only sets defaults": """
        class House(GovernanceCheckOperator):
            ui_color = "#fff"
            def __init__(self, **kwargs):
                super().__init__(**{"retries": 1, **kwargs})
        House(task_id="gate", data_set="tickets") >> publish(inlets=[A("tickets")])
    """,
    "a decorated gate": """
        @task.governance_check(data_set="tickets")
        def gate():
            return str(ROOT / "data/tickets.csv")
        gate() >> publish(inlets=[A("tickets")])
    """,
    "a mapped gate over files of one data set": """
        gate = GovernanceCheckOperator.partial(task_id="gate", data_set="tickets").expand(data=["data/tickets.csv"])
        gate >> publish(inlets=[A("tickets")])
    """,
    "a mapped gate over named data sets": """
        gates = GovernanceCheckOperator.partial(task_id="gate").expand(data_set=["tickets", "places"])
        gates >> publish(inlets=[A("tickets"), A("places")])
    """,
    "other people's Assets": """
        theirs = {"inlets": [Asset("a")], "outlets": [Asset("b"), AssetAlias("c")]}
        PythonOperator(task_id="work", python_callable=print, trigger_rule="all_done", **theirs)
    """,
    "a map read, a page written": """
        publish(inlets=[A("heat_map")])
    """,
}


@pytest.mark.parametrize("tasks", LAWFUL.values(), ids=LAWFUL.keys())
def test_lawful_dags_load(bag: Callable[..., Any], tasks: str) -> None:
    """Nobody is blocked who does nothing wrong."""
    found = bag('\n    with DAG("lawful_one", schedule=None) as dag:' + tasks)
    assert not found.import_errors
    assert list(found.dags) == ["lawful_one"]


def test_a_read_by_schedule_alone_counts(bag: Callable[..., Any]) -> None:
    """A DAG that only its schedule ties to governed data still needs a gate, however the condition is nested."""
    found = bag("""
    with DAG("by_schedule", schedule=(Asset("other") | (A("tickets") & Asset("third")))) as dag:
        publish()
    """)
    assert "tickets has no passed gate" in next(iter(found.import_errors.values()))


def test_the_asset_decorator_is_policed(bag: Callable[..., Any]) -> None:
    """`@asset` functions read through their parameters and write the Asset they name."""
    found = bag("""
    @airflow_asset(schedule=None)
    def website(tickets):
        pass
    """)
    assert "website" in next(iter(found.import_errors.values()))


def test_an_unrelated_dag_is_not_even_looked_up(bag: Callable[..., Any], project: Path) -> None:
    """A DAG without our operators or any Asset loads although governance.yml is broken."""
    (project / "governance.yml").write_text("version: [")
    found = bag("""
    with DAG("unrelated", schedule=None) as dag:
        PythonOperator(task_id="work", python_callable=print)
    """)
    assert not found.import_errors
    assert found.dags["unrelated"].task_dict["work"]._pre_execute_hook is None


def test_a_broken_project_file_stops_its_dags_with_one_sentence(bag: Callable[..., Any], project: Path) -> None:
    """What governance.yml governs can't be known while it is broken, so its DAGs do not load; the file and the line are named."""
    (project / "governance.yml").write_text("version: 1\ndatasets:\n  tickets: {knd: working}\n")
    found = bag("""
    with DAG("governed_by_it", schedule=None) as dag:
        GovernanceCheckOperator(task_id="gate", data_set="tickets")
    """)
    (problem,) = found.import_errors.values()
    assert "the project file is broken" in problem
    assert "governance.yml:3" in problem


def test_the_project_of_the_platform_wins(bag: Callable[..., Any], airflow_home: Path) -> None:
    """A governance.yml laid beside a DAG can't declare an egress away when the platform named the project."""
    (airflow_home / "dags/governance.yml").write_text("version: 1\n")
    try:
        found = bag("""
        with DAG("beside", schedule=None) as dag:
            publish(inlets=[A("tickets")])
        """)
    finally:
        (airflow_home / "dags/governance.yml").unlink()
    assert found.import_errors
