"""DAGs as people write them, lawful and not: parsed with the cluster policy, and where that lets them pass, run to their end."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.airflow.dag_texts import ended, named

MORE = """\
  copies: {kind: working, location: data/copies.csv}
  archive: {kind: working, location: data/archive}
  consents: {kind: consents, location: data/consents.csv}
"""
NAMES = """
from airflow.sdk import dag, setup, teardown

def work(name, paths, **kwargs):
    return PythonOperator(task_id=name, python_callable=copy, op_args=paths, **kwargs)

def leak(**kwargs):
    return publish("data/places.csv", "bucket/x.csv", inlets=[A("places")], outlets=[A("feed")], **kwargs)

"""


@pytest.fixture
def parsed(bag: Callable[..., Any], project: Path, request: pytest.FixtureRequest) -> Callable[[str], Any]:
    """Parse the text of a DAG file over a project with a few data sets more; its one DAG is named after the test."""
    with (project / "governance.yml").open("a") as file:
        file.write(MORE)
    (project / "data/archive").mkdir()
    shutil.copy(project / "data/places.csv", project / "data/archive/one.csv")
    shutil.copy(project / "data/tickets.csv", project / "data/copies.csv")
    return lambda text: bag(NAMES + named(text, request))


def public(project: Path) -> str:
    """All that lies where it can be seen."""
    return "".join(file.read_text() for file in (project / "public").glob("*")) if (project / "public").exists() else ""


REFUSED_AT_ONCE = {
    "a trigger: the read in one DAG, the egress in another": """
        from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
        with DAG("reader", schedule=None):
            @task(inlets=[A("places")])
            def stage():
                copy("data/places.csv", "stage/places.csv")
            stage() >> TriggerDagRunOperator(task_id="go", trigger_dag_id="writer")
        with DAG("writer", schedule=None):
            @task(outlets=[A("feed")])
            def publish():
                copy("stage/places.csv", "bucket/feed.csv")
            publish()
    """,
    "a staging Asset that nobody declared hands over": """
        with DAG("first", schedule=None):
            work("stage", ["data/places.csv", "stage/x.csv"], inlets=[A("places")], outlets=[Asset("staging-x")])
        with DAG("second", schedule=[Asset("staging-x")]):
            work("publish", ["stage/x.csv", "bucket/x.csv"], outlets=[A("feed")])
    """,
    "a declared staging table hands over by schedule": """
        with DAG("second", schedule=[A("places")]):
            work("publish", ["data/places.csv", "bucket/x.csv"], outlets=[A("feed")])
    """,
    "the gate on one side of a branch": """
        with DAG("d", schedule=None):
            @task.branch
            def choose():
                return "bypass"
            gate = GovernanceCheckOperator(task_id="gate", data_set="tickets")
            bypass = EmptyOperator(task_id="bypass")
            p = publish(inlets=[A("tickets")], trigger_rule="none_failed_min_one_success")
            choose() >> [gate, bypass] >> p
    """,
    "a branch that jumps over the gate": """
        with DAG("d", schedule=None):
            @task.branch
            def choose():
                return "publish"
            gate = GovernanceCheckOperator(task_id="gate", data_set="tickets")
            p = publish(inlets=[A("tickets")], trigger_rule="none_failed_min_one_success")
            c = choose()
            c >> gate >> p
            c >> p
    """,
    "the egress is a teardown": """
        with DAG("d", schedule=None):
            setup = EmptyOperator(task_id="setup")
            gate = GovernanceCheckOperator(task_id="gate", data_set="places")
            p = leak()
            setup >> gate >> p.as_teardown(setups=setup)
    """,
    "one_success over a gate and a bystander": """
        with DAG("d", schedule=None):
            [GovernanceCheckOperator(task_id="gate", data_set="places"), EmptyOperator(task_id="other")] >> leak(
                trigger_rule="one_success"
            )
    """,
    "trigger rule none_skipped": """
        with DAG("d", schedule=None):
            [GovernanceCheckOperator(task_id="gate", data_set="places"), EmptyOperator(task_id="other")] >> leak(
                trigger_rule="none_skipped"
            )
    """,
    "trigger rule all_done_min_one_success": """
        with DAG("d", schedule=None):
            [GovernanceCheckOperator(task_id="gate", data_set="places"), EmptyOperator(task_id="other")] >> leak(
                trigger_rule="all_done_min_one_success"
            )
    """,
    "trigger rule all_done_setup_success": """
        with DAG("d", schedule=None):
            [GovernanceCheckOperator(task_id="gate", data_set="places"), EmptyOperator(task_id="other")] >> leak(
                trigger_rule="all_done_setup_success"
            )
    """,
    "inlet spelled otherwise 2": """
        with DAG("d", schedule=None):
            publish(
                "data/places.csv",
                "bucket/x.csv",
                inlets=[Asset("innocent", uri="file://" + str(ROOT) + "/public/../data/places.csv")],
                outlets=[A("feed")],
            )
    """,
    "inlet spelled otherwise 5": """
        with DAG("d", schedule=None):
            publish(
                "data/places.csv",
                "bucket/x.csv",
                inlets=[Asset("innocent", uri="file://" + str(ROOT) + "/data/pl%61ces.csv")],
                outlets=[A("feed")],
            )
    """,
    "inlet spelled otherwise 8": """
        with DAG("d", schedule=None):
            publish(
                "data/places.csv",
                "bucket/x.csv",
                inlets=[Asset("innocent", uri="file://" + str(ROOT / "data/places.csv") + "?x=1")],
                outlets=[A("feed")],
            )
    """,
    "outlet spelled otherwise without a read": """
        with DAG("d", schedule=None):
            publish("data/places.csv", "bucket/x.csv", outlets=[Asset("innocent", uri="s3://bucket/x/../feed")])
    """,
    "outlet name in another case": """
        with DAG("d", schedule=None):
            publish("data/places.csv", "bucket/x.csv", inlets=[A("places")], outlets=[Asset("Feed")])
    """,
    "inlet name in another case": """
        with DAG("d", schedule=None):
            publish("data/places.csv", "bucket/x.csv", inlets=[Asset("Places")], outlets=[A("feed")])
    """,
    "@asset.multi": """
        @airflow_asset.multi(schedule=None, outlets=[A("feed"), Asset("fine")])
        def both(self, places):
            copy("data/places.csv", "bucket/x.csv")
    """,
    "@asset on a schedule of the read": """
        @airflow_asset(schedule=A("places"), uri="s3://bucket/other")
        def other():
            copy("data/places.csv", "bucket/x.csv")
    """,
    "the gate's execute is replaced on the instance": """
        with DAG("d", schedule=None):
            gate = GovernanceCheckOperator(task_id="gate", data_set="places")
            object.__setattr__(gate, "execute", lambda context: None)
            gate >> leak()
    """,
    "the gate's work is replaced on the instance": """
        with DAG("d", schedule=None):
            gate = GovernanceCheckOperator(task_id="gate", data_set="places")
            gate.__dict__["work"] = lambda context: {}
            gate >> leak()
    """,
    "a gate that names one data set and looks at another file": """
        with DAG("d", schedule=None):
            GovernanceCheckOperator(task_id="gate", data_set="places", data="data/tickets.csv") >> leak()
    """,
    "a gate over nothing, then a join that runs anyway": """
        with DAG("d", schedule=None):
            GovernanceCheckOperator.partial(task_id="gate", data_set="places").expand(data=[]) >> leak(
                trigger_rule="none_failed"
            )
    """,
    "the hooks are properties of the author's class": """
        class Free(PythonOperator):
            @property
            def _pre_execute_hook(self):
                return None
            @_pre_execute_hook.setter
            def _pre_execute_hook(self, value):
                pass
            @property
            def _post_execute_hook(self):
                return None
            @_post_execute_hook.setter
            def _post_execute_hook(self, value):
                pass
        with DAG("d", schedule=None):
            GovernanceCheckOperator(task_id="gate", data_set="tickets") >> Free(
                task_id="publish",
                python_callable=copy,
                op_args=["data/places.csv", "public/website.csv"],
                inlets=[A("tickets")],
                outlets=[A("website")],
            )
    """,
    "a virtual environment without a gate": """
        from airflow.providers.standard.operators.python import PythonVirtualenvOperator, ExternalPythonOperator
        import sys
        def send(source, target):
            import shutil
            shutil.copy(source, target)
        with DAG("d", schedule=None):
            ExternalPythonOperator(
                task_id="publish",
                python=sys.executable,
                python_callable=send,
                op_args=[str(ROOT / "data/places.csv"), str(ROOT / "out.csv")],
                inlets=[A("places")],
                outlets=[A("feed")],
            )
    """,
    "@task.bash without a gate": """
        with DAG("d", schedule=None):
            @task.bash(inlets=[A("places")], outlets=[A("feed")])
            def send():
                return f"mkdir -p {ROOT}/bucket; cp {ROOT}/data/places.csv {ROOT}/bucket/x.csv"
            send()
    """,
    "a time-or-asset schedule reads": """
        from airflow.timetables.assets import AssetOrTimeSchedule
        from airflow.timetables.trigger import CronTriggerTimetable
        with DAG(
            "d", schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("0 1 * * 4", timezone="UTC"), assets=[A("places")])
        ):
            publish("data/places.csv", "bucket/x.csv", outlets=[A("feed")])
    """,
    "nested AssetAny and AssetAll read": """
        from airflow.sdk import AssetAny, AssetAll
        with DAG("d", schedule=AssetAny(Asset("x"), AssetAll(Asset("y"), Asset.ref(name="places")))):
            publish("data/places.csv", "bucket/x.csv", outlets=[A("feed")])
    """,
    "dynamic DAGs, one without a gate": """
        for name in ("tickets", "places"):
            with DAG(f"d_{name}", schedule=None):
                p = publish(f"data/{name}.csv", "bucket/x.csv", inlets=[A(name)], outlets=[A("feed")])
                if name == "tickets":
                    GovernanceCheckOperator(task_id="gate", data_set=name) >> p
    """,
    "the gate in one instance of a group, the egress outside": """
        with DAG("d", schedule=None):
            @task_group
            def each(name):
                GovernanceCheckOperator(task_id="gate", data_set="tickets") >> EmptyOperator(task_id="x")
            each.expand(name=[1]) >> leak()
    """,
    "consents leave as a feed behind a gate on consents": """
        with DAG("d", schedule=None):
            GovernanceCheckOperator(task_id="gate", data_set="consents") >> publish(
                "data/consents.csv", "bucket/x.csv", inlets=[A("consents")], outlets=[A("feed")]
            )
    """,
    "a file in a governed folder, undeclared outlet": """
        with DAG("d", schedule=None):
            publish(
                "data/archive/one.csv",
                "bucket/x.csv",
                inlets=[Asset("one", uri=(ROOT / "data/archive/one.csv").as_uri())],
                outlets=[Asset("elsewhere", uri="https://example.org/x")],
            )
    """,
    "ExternalTaskSensor in place of a gate": """
        from airflow.providers.standard.sensors.external_task import ExternalTaskSensor
        with DAG("d", schedule=None):
            ExternalTaskSensor(task_id="gate", external_dag_id="gates", external_task_id="gate") >> leak()
    """,
    "the heat map operator certifies a feed": """
        with DAG("d", schedule=None):
            GovernanceCheckOperator(task_id="gate", data_set="posts") >> GovernanceHeatMapOperator(
                task_id="publish",
                posts="data/posts.csv",
                out="public/map.parquet",
                topic="#flood",
                inlets=[A("posts")],
                outlets=[A("heat_map"), A("feed")],
            )
    """,
}


@pytest.mark.parametrize("text", REFUSED_AT_ONCE.values(), ids=REFUSED_AT_ONCE.keys())
def test_a_dag_that_could_let_data_out_does_not_load(parsed: Callable[[str], Any], text: str) -> None:
    """What a parsed DAG can show is refused before it runs, in the policy's own words."""
    found = parsed(text)
    assert len(found.import_errors) == 1
    assert "governance: " in next(iter(found.import_errors.values()))


REFUSED_AT_WORK = {
    "a Variable carries a place": """
        from airflow.sdk import Variable
        with DAG("d", schedule=None):
            @task(inlets=[A("places")])
            def one():
                Variable.set("where", (ROOT / "data/places.csv").read_text().splitlines()[1].partition(",")[2])
            one()
    """,
    "a deferred task hands a place to itself": """
        from datetime import timedelta
        from airflow.sdk import BaseOperator
        from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
        class Later(BaseOperator):
            def execute(self, context):
                where = (ROOT / "data/places.csv").read_text().splitlines()[1].partition(",")[2]
                self.defer(trigger=TimeDeltaTrigger(timedelta(seconds=0)), method_name="resume", kwargs={"where": where})
            def resume(self, context, event=None, where=None):
                return None
        with DAG("d", schedule=None):
            Later(task_id="later", inlets=[A("places")])
    """,
    "an alias that becomes the feed at run time": """
        with DAG("d", schedule=None):
            @task(outlets=[AssetAlias("later")])
            def publish(*, outlet_events):
                copy("data/places.csv", "bucket/x.csv")
                outlet_events[AssetAlias("later")].add(Asset("feed", uri="s3://bucket/feed"))
            publish()
    """,
    "an outlet that is added while the task runs": """
        with DAG("d", schedule=None):
            @task(inlets=[A("places")])
            def publish(**context):
                copy("data/places.csv", "bucket/x.csv")
                context["task"].outlets.append(A("feed"))
            publish()
    """,
    "pre_execute and post_execute overridden, other data than the gate's": """
        class Free(PythonOperator):
            def pre_execute(self, context):
                pass
            def post_execute(self, context, result=None):
                pass
        with DAG("d", schedule=None):
            GovernanceCheckOperator(task_id="gate", data_set="tickets") >> Free(
                task_id="publish",
                python_callable=copy,
                op_args=["data/places.csv", "public/website.csv"],
                inlets=[A("tickets")],
                outlets=[A("website")],
            )
    """,
    "the hook is emptied in execute": """
        class Free(PythonOperator):
            def execute(self, context):
                self._post_execute_hook = None
                return super().execute(context)
        with DAG("d", schedule=None):
            GovernanceCheckOperator(task_id="gate", data_set="tickets") >> Free(
                task_id="publish",
                python_callable=copy,
                op_args=["data/places.csv", "public/website.csv"],
                inlets=[A("tickets")],
                outlets=[A("website")],
            )
    """,
    "a gate on a harmless copy by template": """
        with DAG("d", schedule=None, params={"data": "data/tickets.csv"}):
            GovernanceCheckOperator(task_id="gate", data_set="places", data="{{ params.data }}") >> leak()
    """,
    "a gate that brings its own project": """
        with DAG("d", schedule=None):
            other = ROOT / "other.yml"
            other.write_text("version: 1\\ncontroller: X\\ndatasets: {places: {kind: posts, location: data/places.csv}}\\n")
            GovernanceCheckOperator(task_id="gate", data_set="places", project=str(other)) >> leak()
    """,
    "a gate that brings its own ledger": """
        with DAG("d", schedule=None):
            GovernanceCheckOperator(task_id="gate", data_set="tickets", ledger=f"sqlite:///{ROOT}/mine.db") >> publish(
                "data/places.csv", "bucket/x.csv", inlets=[A("tickets")], outlets=[A("feed")]
            )
    """,
    "data swapped while the egress is deferred": """
        from datetime import timedelta
        from airflow.sdk import BaseOperator
        from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
        class Later(BaseOperator):
            def execute(self, context):
                copy("data/places.csv", "data/tickets.csv")
                self.defer(trigger=TimeDeltaTrigger(timedelta(seconds=0)), method_name="resume")
            def resume(self, context, event=None):
                copy("data/tickets.csv", "bucket/x.csv")
        with DAG("d", schedule=None):
            GovernanceCheckOperator(task_id="gate", data_set="tickets") >> Later(
                task_id="publish", inlets=[A("tickets")], outlets=[A("feed")]
            )
    """,
    "a later task writes over what was published": """
        with DAG("d", schedule=None):
            later = PythonOperator(task_id="later", python_callable=copy, op_args=["data/places.csv", "public/website.csv"])
            GovernanceCheckOperator(task_id="gate", data_set="tickets") >> publish(inlets=[A("tickets")]) >> later
    """,
    "conf of a trigger carries places": """
        from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
        with DAG("d", schedule=None):
            TriggerDagRunOperator(
                task_id="go", trigger_dag_id="d2", conf={"latitude": 48.8566, "longitude": 2.3522}, inlets=[A("places")]
            )
        with DAG("d2", schedule=None):
            EmptyOperator(task_id="x")
    """,
    "a run id that carries a place": """
        from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
        with DAG("d", schedule=None):
            TriggerDagRunOperator(task_id="go", trigger_dag_id="d2", trigger_run_id="at 48.8566,2.3522", inlets=[A("places")])
        with DAG("d2", schedule=None):
            EmptyOperator(task_id="x")
    """,
    "the key of an XCom carries a place": """
        with DAG("d", schedule=None):
            @task(inlets=[A("places")])
            def one(ti):
                ti.xcom_push(key=(ROOT / "data/places.csv").read_text().splitlines()[1].partition(",")[2], value=1)
            one()
    """,
    "metadata of an Asset event carries a place": """
        from airflow.sdk import Metadata
        with DAG("d", schedule=None):
            @task(outlets=[A("tickets")], inlets=[A("places")])
            def one():
                yield Metadata(A("tickets"), {"where": [48.8566, 2.3522]})
            one()
    """,
    "the proof of another gate": """
        with DAG("d", schedule=None):
            (
                GovernanceCheckOperator(task_id="gate", data_set="tickets")
                >> GovernanceProofOperator(task_id="proof", data_set="places", gate_id="gate")
                >> leak()
            )
    """,
    "a mapped gate with one that fails": """
        with DAG("d", schedule=None):
            GovernanceCheckOperator.partial(task_id="gate").expand(data_set=["tickets", "places"]) >> leak(
                trigger_rule="one_success"
            )
    """,
}


@pytest.mark.parametrize("text", REFUSED_AT_WORK.values(), ids=REFUSED_AT_WORK.keys())
def test_what_only_a_run_shows_is_refused_there(
    parsed: Callable[[str], Any], project: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    """A task fails by a refusal, what it wrote is no place of egress any more, and no place is logged."""
    states, log = ended(parsed(text), capsys)
    assert "failed" in states.values()
    assert "GovernanceRefusal" in log or "GovernanceBadRequest" in log
    assert "48.8566" not in public(project) + log


def test_what_a_callback_publishes_is_taken_away(parsed: Callable[[str], Any], project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A callback runs after the guards; what it left at a place of egress is looked at once more, after a failure and after a success."""
    states, _ = ended(
        parsed("""
        def anyway(context):
            copy("data/places.csv", "public/website.csv")
        with DAG("called_back", schedule=None):
            bad = GovernanceCheckOperator(task_id="gate", data_set="places", on_failure_callback=anyway)
            good = GovernanceCheckOperator(task_id="good", data_set="tickets", on_success_callback=anyway)
            [good, bad] >> publish(inlets=[A("places"), A("tickets")])
    """),
        capsys,
    )
    assert states["gate"] == "failed"
    assert "48.8566" not in public(project)


def test_a_look_is_no_gate(parsed: Callable[[str], Any], project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A gate that failed has no passed proof although its callback put a lawful file in place, which was looked at and passed."""
    from governance.ledger import Ledger

    found = parsed("""
        with DAG("looked_at", schedule=None):
            gate = GovernanceCheckOperator(task_id="gate", data="data/places.csv", data_set="website",
                on_failure_callback=lambda context: copy("data/tickets.csv", "public/website.csv"))
            gate >> publish("data/places.csv", inlets=[A("places")])
    """)
    states, _ = ended(found, capsys)
    assert states == {"gate": "failed", "publish": "upstream_failed"}
    rows = [row for key, row in Ledger.open(project=project).register("airflow-gate").items() if key.startswith("looked_at")]
    assert {row["task_id"]: row["outcome"] for row in rows if row["task_id"] != "gate"} == {"gate#look": "pass"}
    assert {row["outcome"] for row in rows if row["task_id"] == "gate"} <= {"fail", "open", "review"}


def test_the_label_of_a_mapped_task_shows_no_place(parsed: Callable[[str], Any], capsys: pytest.CaptureFixture[str]) -> None:
    """Airflow stores and shows the label: a plain name stays, anything else is withheld."""
    found = parsed("""
        with DAG("labelled", schedule=None):
            @task(map_index_template="{{ place }}", inlets=[A("places")])
            def one(n):
                from airflow.sdk import get_current_context
                line = (ROOT / "data/places.csv").read_text().splitlines()[n]
                get_current_context()["place"] = line.partition(",")[2] if n else "north"
            one.expand(n=[0, 1])
    """)
    (dag,) = found.dags.values()
    run = dag.test()
    assert "48.8566" not in capsys.readouterr().out
    assert sorted(str(ti.rendered_map_index) for ti in run.get_task_instances()) == ["<withheld>", "north"]


LAWFUL = {
    "a short circuit before the gate": """
        with DAG("d", schedule=None):
            @task.short_circuit
            def any_rows():
                return True
            any_rows() >> GovernanceCheckOperator(task_id="gate", data_set="tickets") >> publish(inlets=[A("tickets")])
    """,
    "setup in a with": """
        with DAG("d", schedule=None):
            @setup
            def make():
                return None
            @teardown
            def drop():
                return None
            with make() >> drop():
                GovernanceCheckOperator(task_id="gate", data_set="tickets") >> publish(inlets=[A("tickets")])
    """,
    "task groups": """
        from airflow.sdk import TaskGroup
        with DAG("d", schedule=None):
            with TaskGroup("checks") as checks:
                GovernanceCheckOperator(task_id="tickets", data_set="tickets")
            with TaskGroup("out") as out:
                publish(inlets=[A("tickets")])
            checks >> out
    """,
    "a label on the edge": """
        from airflow.sdk import Label
        with DAG("d", schedule=None):
            GovernanceCheckOperator(task_id="gate", data_set="tickets") >> Label("passed") >> publish(inlets=[A("tickets")])
    """,
    "external python behind a gate": """
        import sys
        from airflow.providers.standard.operators.python import ExternalPythonOperator
        def send(source, target):
            import os, shutil
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy(source, target)
        with DAG("d", schedule=None):
            GovernanceCheckOperator(task_id="gate", data_set="tickets") >> ExternalPythonOperator(
                task_id="publish",
                python=sys.executable,
                python_callable=send,
                op_args=[str(ROOT / "data/tickets.csv"), str(ROOT / "public/website.csv")],
                inlets=[A("tickets")],
                outlets=[A("website")],
            )
    """,
    "a schedule of Assets, gated": """
        with DAG("d", schedule=(A("tickets") | Asset("x"))):
            GovernanceCheckOperator(task_id="gate", data_set="tickets") >> publish()
    """,
    "a time-or-asset schedule, gated": """
        from airflow.timetables.assets import AssetOrTimeSchedule
        from airflow.timetables.trigger import CronTriggerTimetable
        with DAG(
            "d",
            schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("0 1 * * 4", timezone="UTC"), assets=[A("tickets")]),
        ):
            GovernanceCheckOperator(task_id="gate", data_set="tickets") >> publish()
    """,
    "inner work needs no gate": """
        with DAG("d", schedule=[A("places")]):
            work("clean", ["data/tickets.csv", "data/copies.csv"], inlets=[A("places")], outlets=[A("copies")])
    """,
    "a read without a write": """
        with DAG("d", schedule=None):
            work("look", ["data/tickets.csv", "tmp/x.csv"], inlets=[A("places")])
    """,
    "nothing of ours at all": """
        from airflow.sdk import Variable
        with DAG("d", schedule=[Asset("s3://other/thing")]):
            PythonOperator(
                task_id="x", python_callable=lambda: {"lat": 1.5, "text": "hello world"}, outlets=[Asset("s3://other/result")]
            )
    """,
    "a published map is read and shown elsewhere": """
        with DAG("d", schedule=[A("heat_map")]):
            work(
                "show",
                ["data/tickets.csv", "tmp/y.csv"],
                inlets=[A("heat_map")],
                outlets=[Asset("dashboard", uri="https://example.org/dashboard")],
            )
    """,
    "dynamic DAGs, all gated": """
        def make(name):
            with DAG(f"d_{name}", schedule=None) as made:
                GovernanceCheckOperator(task_id="gate", data_set=name) >> publish(f"data/{name}.csv", inlets=[A(name)])
            return made
        globals()["d_tickets"] = make("tickets")
    """,
    "a deferrable sensor between": """
        from datetime import timedelta
        from airflow.providers.standard.sensors.time_delta import TimeDeltaSensor
        with DAG("d", schedule=None):
            (
                GovernanceCheckOperator(task_id="gate", data_set="tickets")
                >> TimeDeltaSensor(task_id="wait", delta=timedelta(seconds=0), deferrable=True)
                >> publish(inlets=[A("tickets")])
            )
    """,
    "a trigger of another DAG with counts": """
        from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
        with DAG("d", schedule=None):
            GovernanceCheckOperator(task_id="gate", data_set="tickets") >> publish(inlets=[A("tickets")])
            TriggerDagRunOperator(
                task_id="go", trigger_dag_id="d", conf={"rows": 3, "day": "2026-11-01"}, inlets=[A("tickets")]
            )
    """,
    "AssetAll and refs, gated": """
        from airflow.sdk import AssetAll
        with DAG("d", schedule=AssetAll(Asset.ref(name="tickets"), Asset("y"))):
            GovernanceCheckOperator(task_id="gate", data_set="tickets") >> publish()
    """,
    "@asset behind nothing, of working data": """
        @airflow_asset(schedule=None, uri=A("copies").uri)
        def copies(tickets):
            copy("data/tickets.csv", "data/copies.csv")
    """,
    "two gates, one egress": """
        with DAG("d", schedule=None):
            [GovernanceCheckOperator(task_id=f"gate_{n}", data_set=n) for n in ("tickets", "copies")] >> publish(
                inlets=[A("tickets"), A("copies")]
            )
    """,
    "latest only and a sensor before": """
        from airflow.providers.standard.operators.latest_only import LatestOnlyOperator
        with DAG("d", schedule=None):
            @task.sensor(poke_interval=1, timeout=5)
            def there():
                return (ROOT / "data/tickets.csv").exists()
            (
                LatestOnlyOperator(task_id="latest")
                >> there()
                >> GovernanceCheckOperator(task_id="gate", data_set="tickets")
                >> publish(inlets=[A("tickets")])
            )
    """,
    "a callback that tells": """
        def tell(context):
            print("failed")
        with DAG("d", schedule=None, on_failure_callback=tell):
            GovernanceCheckOperator(task_id="gate", data_set="tickets", on_failure_callback=tell) >> publish(
                inlets=[A("tickets")], on_success_callback=tell
            )
    """,
}


@pytest.mark.parametrize("text", LAWFUL.values(), ids=LAWFUL.keys())
def test_a_lawful_dag_loads(parsed: Callable[[str], Any], text: str) -> None:
    """Nobody is blocked who does nothing wrong, however the DAG is written."""
    found = parsed(text)
    assert not found.import_errors
    assert found.dags


LAWFUL_TO_THE_END = {
    "a Variable that keeps where one stood": """
        from airflow.sdk import Variable
        with DAG("d", schedule=None):
            @task(inlets=[A("places")])
            def one():
                Variable.set("last_day", "2026-11-20")
                assert Variable.get("last_day") == "2026-11-20"
            one()
    """,
    "TaskFlow behind a decorated gate": """
        @dag(schedule=None)
        def d():
            @task.governance_check(data_set="tickets")
            def gate():
                return None
            @task(inlets=[A("tickets")], outlets=[A("website")])
            def send():
                copy("data/tickets.csv", "public/website.csv")
            gate() >> send()
        d()
    """,
    "a branch after the gate, joined": """
        with DAG("d", schedule=None):
            gate = GovernanceCheckOperator(task_id="gate", data_set="tickets")
            @task.branch
            def choose():
                return "full"
            full, part = EmptyOperator(task_id="full"), EmptyOperator(task_id="part")
            gate >> choose() >> [full, part] >> publish(inlets=[A("tickets")], trigger_rule="none_failed_min_one_success")
    """,
    "a branch between gate and egress": """
        with DAG("d", schedule=None):
            gate = GovernanceCheckOperator(task_id="gate", data_set="tickets")
            @task.branch
            def choose():
                return "publish"
            join = EmptyOperator(task_id="join", trigger_rule="none_failed_min_one_success")
            gate >> choose() >> [publish(inlets=[A("tickets")]), EmptyOperator(task_id="nothing")] >> join
    """,
    "a short circuit behind the gate": """
        with DAG("d", schedule=None):
            gate = GovernanceCheckOperator(task_id="gate", data_set="tickets")
            @task.short_circuit
            def any_rows():
                return True
            gate >> any_rows() >> publish(inlets=[A("tickets")])
    """,
    "setup and teardown around": """
        with DAG("d", schedule=None):
            make = EmptyOperator(task_id="make")
            drop = EmptyOperator(task_id="drop")
            gate = GovernanceCheckOperator(task_id="gate", data_set="tickets")
            make.as_setup() >> gate >> publish(inlets=[A("tickets")]) >> drop.as_teardown(setups=make)
    """,
    "the gate is a setup": """
        with DAG("d", schedule=None):
            GovernanceCheckOperator(task_id="gate", data_set="tickets").as_setup() >> publish(inlets=[A("tickets")])
    """,
    "bash behind a gate": """
        from airflow.providers.standard.operators.bash import BashOperator
        with DAG("d", schedule=None):
            GovernanceCheckOperator(task_id="gate", data_set="tickets") >> BashOperator(
                task_id="publish",
                bash_command=f"mkdir -p {ROOT}/public && cp {ROOT}/data/tickets.csv {ROOT}/public/website.csv",
                inlets=[A("tickets")],
                outlets=[A("website")],
            )
    """,
    "mapped over paths from a task": """
        with DAG("d", schedule=None):
            @task
            def names():
                return ["tickets", "tickets"]
            @task(inlets=[A("tickets")], outlets=[A("website")])
            def send(name):
                copy(f"data/{name}.csv", "public/website.csv")
            GovernanceCheckOperator(task_id="gate", data_set="tickets") >> send.expand(name=names())
    """,
    "a mapped gate over the declared data sets": """
        with DAG("d", schedule=None):
            GovernanceCheckOperator.partial(task_id="gate").expand(data_set=["tickets", "copies"]) >> publish(
                inlets=[A("tickets"), A("copies")]
            )
    """,
    "a factory class of operators": """
        class Publish(PythonOperator):
            def __init__(self, *, source, **kwargs):
                super().__init__(python_callable=copy, op_args=[source, "public/website.csv"], outlets=[A("website")], **kwargs)
            def pre_execute(self, context):
                self.log.info("starting")
            def post_execute(self, context, result=None):
                self.log.info("done")
        with DAG("d", schedule=None):
            GovernanceCheckOperator(task_id="gate", data_set="tickets") >> Publish(
                task_id="publish", source="data/tickets.csv", inlets=[A("tickets")]
            )
    """,
    "hooks of the author run": """
        def before(context):
            (ROOT / "before").write_text("x")
        def after(context, result=None):
            (ROOT / "after").write_text("x")
        with DAG("d", schedule=None):
            GovernanceCheckOperator(task_id="gate", data_set="tickets") >> publish(
                inlets=[A("tickets")], pre_execute=before, post_execute=after
            )
    """,
    "a deferrable egress": """
        from datetime import timedelta
        from airflow.sdk import BaseOperator
        from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
        class Later(BaseOperator):
            def execute(self, context):
                self.defer(trigger=TimeDeltaTrigger(timedelta(seconds=0)), method_name="resume")
            def resume(self, context, event=None):
                copy("data/tickets.csv", "public/website.csv")
        with DAG("d", schedule=None):
            GovernanceCheckOperator(task_id="gate", data_set="tickets") >> Later(
                task_id="publish", inlets=[A("tickets")], outlets=[A("website")]
            )
    """,
    "an egress that fails once and is retried": """
        from datetime import timedelta
        def flaky():
            mark = ROOT / "tried"
            if not mark.exists():
                mark.write_text("x")
                raise RuntimeError("network")
            copy("data/tickets.csv", "public/website.csv")
        with DAG("d", schedule=None):
            GovernanceCheckOperator(task_id="gate", data_set="tickets") >> PythonOperator(
                task_id="publish",
                python_callable=flaky,
                inlets=[A("tickets")],
                outlets=[A("website")],
                retries=1,
                retry_delay=timedelta(seconds=0),
            )
    """,
    "an alias that has nothing to do with governed data": """
        with DAG("d", schedule=None):
            @task(outlets=[AssetAlias("mine")])
            def one(*, outlet_events):
                outlet_events[AssetAlias("mine")].add(Asset("s3://other/thing2"))
            one()
    """,
    "a feed that was gated as share": """
        with DAG("d", schedule=None):
            stage = work("stage", ["data/tickets.csv", "public/website.csv"], inlets=[A("tickets")], outlets=[A("website")])
            first = GovernanceCheckOperator(task_id="gate", data_set="tickets")
            second = GovernanceCheckOperator(task_id="gate2", data_set="website")
            (
                first
                >> stage
                >> second
                >> work("send", ["public/website.csv", "bucket/x.csv"], inlets=[A("website")], outlets=[A("feed")])
            )
    """,
}


@pytest.mark.parametrize("text", LAWFUL_TO_THE_END.values(), ids=LAWFUL_TO_THE_END.keys())
def test_a_lawful_dag_runs_to_its_end(parsed: Callable[[str], Any], capsys: pytest.CaptureFixture[str], text: str) -> None:
    """The guards let pass what is lawful, whatever operators and hooks its author uses."""
    states, log = ended(parsed(text), capsys)
    assert set(states.values()) <= {"success", "skipped"}, log[-3000:]
