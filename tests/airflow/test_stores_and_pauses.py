"""What a task has Airflow keep besides XComs, what it leaves behind when it pauses, and folders that leave: attacks and lawful DAGs."""

import re
import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from governance.adapters.airflow.catalogue import uri_keys
from governance.adapters.airflow.leaks import evidence, located, refused, scrub_text
from tests.airflow.dag_texts import ended, named

MORE = """\
  copies: {kind: working, location: data/copies.csv}
  parts: {kind: working, location: data/parts}
  opendata:
    kind: share
    location: open
    columns: {ticket: {holds: none}, state: {holds: none}, minutes: {holds: none}}
"""
NAMES = """
import csv
from datetime import timedelta
from airflow.sdk import BaseOperator
from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger

def place():
    return (ROOT / "data/places.csv").read_text().splitlines()[1].partition(",")[2]

"""
PLACE = re.compile(r"48\.8566|(?<!\d)2\.3522")
"""Seconds of a time have two digits before the point."""


@pytest.fixture
def parsed(bag: Callable[..., Any], project: Path, request: pytest.FixtureRequest) -> Callable[[str], Any]:
    """Parse the text of a DAG file; its one DAG is named after the test."""
    with (project / "governance.yml").open("a") as file:
        file.write(MORE)
    return lambda text: bag(NAMES + named(text, request))


def rows(home: Path) -> list[str]:
    """All that Airflow's database holds, the sources of DAGs aside."""
    with sqlite3.connect(f"file:{home}/airflow.db?mode=ro", uri=True) as book:
        tables = [name for (name,) in book.execute("SELECT name FROM sqlite_master WHERE type = 'table'") if name != "dag_code"]
        return [f"{name} {row}" for name in tables for row in book.execute(f'SELECT * FROM "{name}"')]


@pytest.fixture
def kept(airflow_home: Path) -> Callable[[], str]:
    """What Airflow's database holds that it did not hold before: DAGs of other tests may name places in their own code."""
    before = frozenset(rows(airflow_home))
    return lambda: "\n".join(row for row in rows(airflow_home) if row not in before)


REFUSED = {
    "a task that leaves a file and defers": """
        class Later(BaseOperator):
            def execute(self, context):
                copy("data/places.csv", "public/website.csv")
                self.defer(trigger=TimeDeltaTrigger(timedelta(seconds=0)), method_name="resume")
            def resume(self, context, event=None):
                copy("data/tickets.csv", "public/website.csv")
        with DAG("d", schedule=None):
            Later(task_id="later", outlets=[A("website")])
    """,
    "a deferral that is raised without the method for it": """
        from airflow.sdk.exceptions import TaskDeferred
        class Later(BaseOperator):
            def execute(self, context):
                raise TaskDeferred(trigger=TimeDeltaTrigger(timedelta(seconds=0)), method_name="resume", kwargs={"where": place()})
            def resume(self, context, event=None, where=None):
                return None
        with DAG("d", schedule=None):
            Later(task_id="later", inlets=[A("places")])
    """,
    "the note of a run that is started": """
        from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
        class Noting(TriggerDagRunOperator):
            def execute(self, context):
                self.note = self.conf = place()
                self.conf = {"near": place()}
                return super().execute(context)
        with DAG("d", schedule=None):
            Noting(task_id="go", trigger_dag_id="noted", inlets=[A("places")])
        with DAG("noted", schedule=None):
            EmptyOperator(task_id="x")
    """,
    "a hidden file in a folder that leaves": """
        with DAG("d", schedule=None):
            @task(outlets=[A("opendata")])
            def publish():
                copy("data/tickets.csv", "open/fine.csv")
                copy("data/places.csv", "open/.more.csv")
            publish()
    """,
    "a link out of a folder that leaves": """
        with DAG("d", schedule=None):
            @task(outlets=[A("opendata")])
            def publish():
                copy("data/tickets.csv", "open/fine.csv")
                (ROOT / "open/more").symlink_to(ROOT / "data")
            publish()
    """,
    "another file beside the maps": """
        with DAG("d", schedule=None):
            @task
            def publish():
                copy("data/places.csv", "maps/more.txt")
            publish() >> EmptyOperator(task_id="x", outlets=[A("maps")])
    """,
    "a DAG that only writes governed data publishes beside its outlets": """
        with DAG("d", schedule=None):
            @task(outlets=[A("tickets")])
            def collect():
                copy("data/places.csv", "public/website.csv")
            collect()
    """,
    "a DAG that only writes governed data pushes a place": """
        with DAG("d", schedule=None):
            @task(outlets=[A("places")])
            def collect():
                return [float(number) for number in place().split(",")]
            collect()
    """,
    "a geometry in hexadecimal": """
        with DAG("d", schedule=None):
            @task(inlets=[A("places")])
            def one():
                from shapely import Point
                return Point(*map(float, place().split(","))).wkb.hex()
            one()
    """,
    "an alias that becomes an Asset named after a place": """
        with DAG("d", schedule=None):
            @task(outlets=[A("places"), AssetAlias("tiles")])
            def collect(*, outlet_events):
                outlet_events[AssetAlias("tiles")].add(Asset("tile " + place().replace(",", " ")))
            collect()
    """,
    "an XCom past the backend": """
        with DAG("d", schedule=None):
            @task(inlets=[A("places")])
            def one(ti):
                from airflow.sdk.bases.xcom import BaseXCom
                BaseXCom.set(key="k", value=place(), dag_id=ti.dag_id, task_id=ti.task_id, run_id=ti.run_id)
            one()
    """,
    "the description of a Variable": """
        from airflow.sdk import Variable
        with DAG("d", schedule=None):
            @task(inlets=[A("places")])
            def one():
                Variable.set("last", 1, description=place())
            one()
    """,
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_what_a_run_shows_is_refused(
    parsed: Callable[[str], Any], project: Path, kept: Callable[[], str], capsys: pytest.CaptureFixture[str], text: str
) -> None:
    """A task fails by a refusal; nothing of the data is public, in Airflow's database or in its log."""
    with (project / "governance.yml").open("a") as file:
        file.write("  maps: {kind: heat_map, location: maps}\n")
    states, log = ended(parsed(text), capsys)
    assert "failed" in states.values()
    assert "GovernanceRefusal" in log or "GovernanceBadRequest" in log
    left = [f for name in ("public", "open", "maps") for f in (project / name).rglob("*") if f.is_file()]
    assert not PLACE.search(log + kept() + "".join(f.read_text() for f in left))


def test_the_reason_of_a_retry_shows_no_place(
    parsed: Callable[[str], Any], kept: Callable[[], str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A retry policy may quote the exception: Airflow keeps its reason, without the place."""
    retries = pytest.importorskip("airflow.sdk.definitions.retry_policy", reason="retry policies came with Airflow 3.3")
    assert retries
    states, _ = ended(
        parsed("""
        from airflow.sdk.definitions.retry_policy import RetryAction, RetryDecision, RetryPolicy
        class Quoting(RetryPolicy):
            def evaluate(self, exception, try_number, max_tries, context=None):
                return RetryDecision(action=RetryAction.RETRY, reason=f"why: {exception}", retry_delay=timedelta(seconds=0))
        with DAG("d", schedule=None):
            @task(inlets=[A("places")], retries=1, retry_policy=Quoting())
            def one(ti):
                if ti.try_number == 1:
                    raise ValueError(place())
            one()
        """),
        capsys,
    )
    assert states == {"one": "success"}
    text = kept()
    assert "why: <location>" in text
    assert not PLACE.search(text)


def test_what_the_callback_of_a_dag_publishes_is_taken_away(
    parsed: Callable[[str], Any], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It runs after all tasks, in the DAG processor: what it left at a place that leaves is looked at all the same."""
    states, _ = ended(
        parsed("""
        def anyway(context):
            copy("data/places.csv", "public/website.csv")
        with DAG("d", schedule=None, on_success_callback=anyway):
            GovernanceCheckOperator(task_id="gate", data_set="tickets")
        """),
        capsys,
    )
    assert states == {"gate": "success"}
    assert not (project / "public/website.csv").exists()
    assert len(list((project / ".governance/withheld").iterdir())) == 1


def test_nothing_stays_public_that_no_ledger_can_record(
    parsed: Callable[[str], Any], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A ledger that goes away while a task publishes: the task fails, and what it wrote is withheld until it can be looked at."""
    states, log = ended(
        parsed("""
        def publish_and_break(target):
            copy("data/places.csv", target)
            (ROOT / "governance.db").unlink()
            (ROOT / "governance.db").mkdir()
        with DAG("d", schedule=None):
            gate = GovernanceCheckOperator(task_id="gate", data_set="tickets")
            website = {"inlets": [A("tickets")], "outlets": [A("website")]}
            gate >> PythonOperator(task_id="publish", python_callable=publish_and_break, op_args=["public/website.csv"], **website)
        """),
        capsys,
    )
    assert states == {"gate": "success", "publish": "failed"}
    assert "GovernanceLedgerUnavailable" in log
    assert not (project / "public/website.csv").exists()


def test_what_a_killed_task_wrote_is_withheld(parsed: Callable[[str], Any], project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A person who marks a running task as a success ends its process before any look: what it wrote goes with it."""
    states, log = ended(
        parsed("""
        import os
        import signal
        def write_and_be_killed():
            copy("data/places.csv", "public/website.csv")
            os.kill(os.getpid(), signal.SIGTERM)
            print("left:", (ROOT / "public/website.csv").exists())
        with DAG("d", schedule=None):
            gate = GovernanceCheckOperator(task_id="gate", data_set="tickets")
            gate >> PythonOperator(task_id="publish", python_callable=write_and_be_killed, inlets=[A("tickets")], outlets=[A("website")])
        """),
        capsys,
    )
    assert states["gate"] == "success"
    assert "left: False" in log
    assert len(list((project / ".governance/withheld").iterdir())) == 1


FROM_DATA = {
    "task ids": """
        with DAG("d", schedule=None):
            PythonOperator(task_id="at_" + place().replace(",", "_"), python_callable=print, inlets=[A("places")])
    """,
    "the doc of a DAG": """
        with DAG("d", schedule=None, doc_md="centre: " + place()):
            PythonOperator(task_id="x", python_callable=print, inlets=[A("places")])
    """,
    "parameters": """
        with DAG("d", schedule=None, params={"centre": [float(number) for number in place().split(",")]}):
            PythonOperator(task_id="x", python_callable=print, inlets=[A("places")])
    """,
    "the tooltip of a task group": """
        from airflow.sdk import TaskGroup
        with DAG("d", schedule=None):
            with TaskGroup("group", tooltip=place()):
                PythonOperator(task_id="x", python_callable=print, inlets=[A("places")])
    """,
    "the extra of an Asset": """
        with DAG("d", schedule=None):
            outlet = Asset("copies", uri=A("copies").uri, extra={"centre": place()})
            PythonOperator(task_id="x", python_callable=print, inlets=[A("places")], outlets=[outlet])
    """,
    "the name of an Asset": """
        with DAG("d", schedule=None):
            PythonOperator(task_id="x", python_callable=print, inlets=[A("places"), Asset("tile " + place().replace(",", " "))])
    """,
    "what a task is expanded over": """
        with DAG("d", schedule=None):
            @task(inlets=[A("places")])
            def one(where):
                return None
            one.expand(where=[place()])
    """,
}


@pytest.mark.parametrize("text", FROM_DATA.values(), ids=FROM_DATA.keys())
def test_a_dag_that_was_built_from_data_does_not_load(parsed: Callable[[str], Any], text: str) -> None:
    """Airflow keeps and shows what a DAG is made of, so a place that was read while the file was parsed stops it, unquoted."""
    found = parsed(text)
    (problem,) = found.import_errors.values()
    assert "a place that does not stand in the DAG's source got into" in problem
    assert not PLACE.search(problem)


UNLAWFUL = {
    "an outlet with the name of a working table, elsewhere": """
        with DAG("d", schedule=None):
            PythonOperator(task_id="x", python_callable=print, inlets=[A("places")], outlets=[Asset("copies", uri="s3://elsewhere/x")])
    """,
    "an operator that throws its hooks away": """
        class Free(PythonOperator):
            def prepare_for_execution(self):
                other = super().prepare_for_execution()
                other.__dict__["_post_execute_hook"] = None
                return other
        with DAG("d", schedule=None):
            arguments = {"op_args": ["data/places.csv", "public/website.csv"], "inlets": [A("tickets")], "outlets": [A("website")]}
            GovernanceCheckOperator(task_id="gate", data_set="tickets") >> Free(task_id="x", python_callable=copy, **arguments)
    """,
}


@pytest.mark.parametrize("text", UNLAWFUL.values(), ids=UNLAWFUL.keys())
def test_further_unlawful_dags_do_not_load(parsed: Callable[[str], Any], text: str) -> None:
    """What a parsed DAG can show is refused before it runs."""
    (problem,) = parsed(text).import_errors.values()
    assert "governance: " in problem
    assert "Hint: " in problem


@pytest.mark.parametrize("uri", ['A("copies").uri', '"copies"', 'A("copies").uri + "/part-0"'])
def test_an_outlet_where_its_data_set_lies_is_that_data_set(parsed: Callable[[str], Any], uri: str) -> None:
    """By name alone, at its place, or at a part of it."""
    found = parsed(f"""
        with DAG("d", schedule=None):
            PythonOperator(task_id="x", python_callable=print, inlets=[A("places")], outlets=[Asset("copies", uri={uri})])
    """)
    assert not found.import_errors


def test_a_place_in_the_source_does_not_stop_a_dag(parsed: Callable[[str], Any]) -> None:
    """The centre of a city that an engineer wrote down is no data."""
    found = parsed("""
        with DAG("d", schedule=None, params={"centre": [48.8566, 2.3522]}, doc_md="around 48.8566, 2.3522"):
            PythonOperator(task_id="x", python_callable=print, inlets=[A("places")])
    """)
    assert not found.import_errors


LAWFUL = {
    "times, ids and paths of Airflow's own as XComs": """
        with DAG("d", schedule=None):
            @task(inlets=[A("tickets")])
            def tell():
                import uuid
                from datetime import date, datetime, timezone
                from airflow.sdk import ObjectStoragePath
                here = ObjectStoragePath(f"file://{ROOT}/data/tickets.csv")
                return [datetime.now(timezone.utc), date(2026, 11, 20), timedelta(seconds=3), uuid.uuid4(), here, str(here)]
            @task
            def use(told):
                assert told[0].year and told[4].exists() and told[5].startswith("file:///")
            use(tell())
    """,
    "shares and percentiles as arguments": """
        from airflow.providers.standard.operators.bash import BashOperator
        with DAG("d", schedule=None):
            arguments = {"split": [0.8, 0.2], "percentiles": [0.05, 0.5, 0.95], "train": 0.75, "test": 0.25}
            PythonOperator(task_id="one", python_callable=lambda **_: None, op_kwargs=arguments, inlets=[A("tickets")])
            BashOperator(task_id="two", bash_command="echo --split 0.75 0.25 --python 3.11", inlets=[A("tickets")])
    """,
    "a person's answer as an XCom": """
        with DAG("d", schedule=None):
            @task(inlets=[A("tickets")])
            def answer():
                from datetime import datetime, timezone
                who = {"id": "1", "name": "Ada Lovelace"}
                return {"chosen_options": ["Yes, publish"], "responded_at": datetime.now(timezone.utc), "responded_by_user": who}
            answer()
    """,
    "an empty marker among Parquet files": """
        def write(folder):
            import pandas as pd
            (ROOT / folder).mkdir()
            for number in range(2):
                frame = pd.DataFrame({"ticket": [1, 2, 3], "state": ["a", "b", "a"], "minutes": [3, 5, 9]})
                frame.to_parquet(ROOT / folder / f"part-{number}.parquet")
            (ROOT / folder / "_SUCCESS").touch()
        with DAG("d", schedule=None):
            first = PythonOperator(task_id="write", python_callable=write, op_args=["data/parts"], outlets=[A("parts")])
            gate = GovernanceCheckOperator(task_id="gate", data_set="parts")
            share = PythonOperator(task_id="share", python_callable=write, op_args=["open"], inlets=[A("parts")], outlets=[A("opendata")])
            first >> gate >> share
    """,
    "a link to the latest folder beside it": """
        with DAG("d", schedule=None):
            @task(outlets=[A("opendata")])
            def publish():
                (ROOT / "open/2026-11-20").mkdir(parents=True)
                copy("data/tickets.csv", "open/2026-11-20/tickets.csv")
                (ROOT / "open/latest").symlink_to("2026-11-20")
            publish()
    """,
    "partition keys of several parts": """
        with DAG("d", schedule=None):
            @task(inlets=[A("tickets")], outlets=[A("copies")])
            def one(*, outlet_events):
                add = getattr(outlet_events[A("copies")], "add_partitions", print)
                add(["2026-11-20", "2026-11-20T10", "eu|2026-11-20"])
            one()
    """,
    "a query for Posts of an area": """
        with DAG("d", schedule=None):
            @task
            def query():
                return "#flood lang:en -is:retweet"
            @task(outlets=[A("posts")])
            def fetch(text, area):
                assert text == "#flood lang:en -is:retweet"
                return {"result_count": 100, "seconds": 3.25}
            fetch(query(), "point_radius:[2.355128 48.861118 16km]")
    """,
}


@pytest.mark.parametrize("text", LAWFUL.values(), ids=LAWFUL.keys())
def test_lawful_work_is_not_stopped(parsed: Callable[[str], Any], capsys: pytest.CaptureFixture[str], text: str) -> None:
    """Nobody is blocked who has Airflow keep nothing of the data."""
    states, log = ended(parsed(text), capsys)
    assert set(states.values()) == {"success"}, log[-3000:]


@pytest.mark.parametrize(
    "line",
    [
        "latitude     48.871234",
        "longitude   -0.127758",
        "longitude    2.346789e+00",
        '{"latitude":{"0":48.871234}}',
        "48.871234:2.346789",
        "48.871234N 2.346789E",
        "48.871234_2.346789",
        "[2.0000000e+06 4.8871234e+01 2.3467890e+00]",
        "lat48.871234lon2.346789",
        "48,871234 2,346789",
        "could not convert string to float: '48.871234N'",
        "0101000000cf66d5e76ac60240f0a7c64b37694840",
        "48\u00b052'16.4\"N 2\u00b020'48.4\"E",
        "8FW4V75V+8Q",
        "cell_8a1fb46622dffff.parquet",
    ],
)
def test_a_place_is_redacted_in_every_print(line: str) -> None:
    """Frames, series, arrays, JSON, geometries and codes lose the place as tasks print them."""
    kept_line = scrub_text(line)
    assert "<" in kept_line
    assert not re.search(r"\d[.,]\d{3}|\d{6}|\d{2}\u00b0|8FW4|8a1f", kept_line), kept_line


@pytest.mark.parametrize(
    "line",
    ["--split 0.75 0.25", "p50=0.123 p95=0.456", "pool 0.5, 0.75, 0.95", "10:37:44.123456", "latest 3.5", "pandas==2.2.10 x==1.26.4"],
)
def test_shares_times_and_versions_are_no_places(line: str) -> None:
    """What is no place stays in the log, and in a rendered field."""
    assert scrub_text(line) == line
    assert not located(line)
    assert not list(evidence([0.8, 0.2, {"quantiles": (0.25, 0.5)}]))


def test_times_ids_and_paths_may_be_kept() -> None:
    """Objects that stand for a time, an id or a path are as good as their texts; a geometry in hexadecimal is no digest."""
    told = [datetime.now(UTC), date(2026, 1, 2), timedelta(seconds=2.5), UUID(int=1), "file:///srv/x.csv", "hdfs://name:8020/x/*.parquet"]
    assert not list(refused(told))
    assert list(refused("0101000000cf66d5e76ac60240f0a7c64b37694840"))
    assert list(refused("out/cell_8a1fb46622dffff.parquet"))


def test_a_connection_in_a_url_names_the_same_place() -> None:
    """ObjectStoragePath writes a connection before the bucket; in an Azure URL the container stands there."""
    assert uri_keys("s3://aws_default@bucket/feed") == uri_keys("s3://bucket/feed")
    assert uri_keys("abfss://one@account.net/x") != uri_keys("abfss://two@account.net/x")
