"""What the gate and the policy cost: `python benchmarks/gate.py [ROWS]`.

Prints the CPU and wall time of a gate on Parquet files of 1,000,000 rows, and of a second gate on the unchanged file, against reading all
their columns once (with pyarrow, pandas and DuckDB) and against the least that a look at every row costs: the file's digest, the reading
and one pass of all patterns over the text. Then what the policy adds to parsing a folder of 100 DAG files. Imports are left out; medians
of repeats.
"""

import contextlib
import io
import logging
import os
import re
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

ROWS = 1_000_000
REPEATS = 5
GATE_AIM = 1.5
WORDS = "the river is over the road near us again and we need sand bags now please take care all of you 12 2026"
PARSE_GOAL = 0.2
DAG = """\
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, Asset

with DAG("dag_{number}", schedule=None) as dag:
    tasks = [PythonOperator(task_id=f"task_{{n}}", python_callable=print) for n in range(8)]
    for one, two in zip(tasks, tasks[1:]):
        one >> two
    tasks[0].inlets = [Asset("{inlet}")]
    tasks[-1].outlets = [Asset("{outlet}")]
"""


def timed(work: Callable[[], Any], before: Callable[[], Any] = int) -> tuple[float, float]:
    """The median CPU and wall seconds of some repeats, after one that is not counted; what comes `before` each is not timed."""
    work()
    spent = []
    for _ in range(REPEATS):
        before()
        began, clock = time.process_time(), time.perf_counter()
        work()
        spent.append((time.process_time() - began, time.perf_counter() - clock))
    cpu, wall = zip(*spent, strict=True)
    return median(cpu), median(wall)


def tables(folder: Path, rows: int) -> dict[str, Path]:
    """A narrow table of tickets, one with a note of free text, one of whole Posts as X sends them, and one of Posts in no order."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(1)
    words = np.array(re.findall(r"\S+", WORDS))
    told = pa.array([" ".join(row) for row in words[rng.integers(0, len(words), (rows, 18))]])
    moments = pa.array(1_780_000_000_000_000 + rng.integers(0, 30 * 86_400_000_000, rows), pa.timestamp("us", "UTC"))
    agents, states = rng.integers(0, 500, rows), pa.array(rng.choice(["open", "closed", "waiting"], rows))
    tickets = {"ticket": np.arange(rows), "agent": agents, "minutes": rng.gamma(2, 4, rows).round(1), "state": states}
    posts = {
        "post_id": pa.array((1_700_000_000_000_000_000 + np.arange(rows)).astype(str)),
        "author_id": pa.array((10_000_000 + rng.integers(0, 200_000, rows)).astype(str)),
        "text": told,
        "created_at": moments,
        "hashtags": pa.array([["flood"]] * rows),
        "latitude": rng.normal(48, 3, rows).round(6),
        "longitude": rng.normal(11, 5, rows).round(6),
        "visibility": pa.array(["public"] * rows),
    }
    held = {
        "tickets": tickets | {"subject": pa.array([f"subject {n % 977}" for n in range(rows)])},
        "notes": tickets | {"note": told, "opened": moments},
        "posts": posts,
        "mixed": posts | {"post_id": posts["post_id"].take(pa.array(rng.permutation(rows)))},
    }
    for name, columns in held.items():
        pq.write_table(pa.table(columns), folder / f"{name}.parquet", row_group_size=122_880)
    return {name: folder / f"{name}.parquet" for name in held}


def least(path: Path) -> None:
    """What no gate of ours can leave out: the digest that its proof names, all columns, text that is UTF-8, and one pass over it."""
    import hashlib

    import pyarrow as pa
    import pyarrow.parquet as pq

    from governance.detection.screen import prefilter

    with path.open("rb") as file:
        hashlib.file_digest(file, "sha256")
    table: pa.Table = pq.read_table(path)
    table.validate(full=True)
    for column in table.columns:
        for part in column.chunks if pa.types.is_string(column.type) else ():
            prefilter().rows(part, most=0)


def by_duckdb(path: Path) -> None:
    """Read all columns with DuckDB, into Arrow."""
    import duckdb

    for _ in duckdb.connect().from_parquet(str(path)).to_arrow_reader(65_536):
        pass


def gate_cost(folder: Path, rows: int) -> None:
    """A gate against one read of the columns it checks, and the next gate on the same bytes."""
    import pandas as pd
    import pyarrow.parquet as pq

    from governance.adapters.airflow.checking import gate
    from governance.adapters.airflow.proof import Run
    from governance.ledger import Ledger
    from governance.project import load_project

    paths = tables(folder, rows)
    kinds = {name: "posts" if name in {"posts", "mixed"} else "working" for name in paths}
    declared = "".join(f"  {name}: {{kind: {kinds[name]}, location: {path.name}}}\n" for name, path in paths.items())
    (folder / "governance.yml").write_text(f"version: 1\ndatasets:\n{declared}")
    home = load_project(folder)
    book = Ledger.open(project=home)
    run = Run(dag_id="benchmark", run_id="manual__1", task_id="gate")
    evidence = book.register("evidence")

    def forget() -> None:
        for key in [key for key, _ in evidence.items()]:
            evidence.erase(key)

    small = folder / "small.csv"
    small.write_text("a,b\n1,2\n")
    fixed, _ = timed(lambda: gate(small, run, project=home, ledger=book))
    print(f"whatever the size: {fixed:.3f} CPU s (connection, plan, ledger)")
    for name, path in paths.items():
        report, _ = gate(None, run, data_set=name, project=home, ledger=book)
        if str(report.outcome) != "pass":
            raise SystemExit(f"{name}: {report.outcome}")
        floors = {
            "read with pyarrow": timed(lambda path=path: pq.read_table(path)),
            "read with pandas": timed(lambda path=path: pd.read_parquet(path)),
            "read with DuckDB": timed(lambda path=path: by_duckdb(path)),
            "the least": timed(lambda path=path: least(path)),
        }
        print(f"{name}, {rows:,} rows of {path.stat().st_size / 1e6:.0f} MB (seconds of CPU / wall)")
        for floor, (cpu, wall) in floors.items():
            print(f"  {floor}: {cpu:.3f} / {wall:.3f}")
        for what, before in (("a gate", forget), ("a second gate on the same bytes", int)):
            cpu, wall = timed(lambda name=name: gate(None, run, data_set=name, project=home, ledger=book), before)
            ratios = ", ".join(f"{cpu / floor:.2f} x {how}" for how, (floor, _) in floors.items())
            print(f"  {what}: {cpu:.3f} / {wall:.3f}; CPU {ratios} (aim {GATE_AIM} x the least)")


def parse_cost(folder: Path) -> None:
    """Parsing 100 DAG files with the policy against without it, half of them naming governed Assets."""
    os.environ |= {"AIRFLOW_HOME": str(folder / "home"), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "GOVERNANCE_PROJECT": str(folder)}
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    with contextlib.redirect_stdout(io.StringIO()):
        from airflow.dag_processing.dagbag import DagBag
        from airflow.settings import get_policy_plugin_manager

        from governance.adapters.airflow import policy
    (folder / "governance.yml").write_text("version: 1\ndatasets:\n  a: {kind: working}\n  b: {kind: working}\n")
    dags = folder / "dags"
    dags.mkdir()
    for number in range(100):
        names = ("a", "b") if number % 2 else ("other", "another")
        (dags / f"dag_{number}.py").write_text(DAG.format(number=number, inlet=names[0], outlet=names[1]))
    manager = get_policy_plugin_manager()

    def parse() -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            bag = DagBag(dags)
        if len(bag.dags) != len(list(dags.glob("*.py"))):
            raise SystemExit("the DAGs did not parse")

    if not manager.is_registered(policy):
        manager.register(policy)
    parse()
    costs: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(2 * REPEATS):
        for guarded in (False, True):
            if guarded:
                manager.register(policy)
            elif manager.is_registered(policy):
                manager.unregister(policy)
            began = time.process_time()
            parse()
            costs[guarded].append(time.process_time() - began)
    without, with_policy = min(costs[False]), min(costs[True])
    added = with_policy / without - 1
    print(f"100 DAG files: {without:.3f} CPU s without the policy, {with_policy:.3f} with it: {added:+.1%} (goal under {PARSE_GOAL:.0%})")


def main() -> None:
    """Measure both."""
    rows = int(sys.argv[1].replace(",", "")) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as one:
        gate_cost(Path(one), rows)
    with tempfile.TemporaryDirectory() as two:
        parse_cost(Path(two))


if __name__ == "__main__":
    main()
