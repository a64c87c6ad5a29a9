"""What the gate and the policy cost: `python benchmarks/gate.py [ROWS]`.

Prints the time of a gate on a Parquet file of 1,000,000 rows against reading the checked columns once, and what the policy adds to parsing
a folder of 100 DAG files. Imports are left out; medians of repeats.
"""

import contextlib
import io
import logging
import os
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
GATE_GOAL = 1.5
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


def timed(work: Callable[[], Any]) -> float:
    """The median of some repeats, in seconds."""
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return median(times)


def gate_cost(folder: Path, rows: int) -> None:
    """A gate against one read of the columns it checks."""
    import duckdb
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from governance.adapters.airflow.checking import gate
    from governance.adapters.airflow.proof import Run
    from governance.ledger import Ledger
    from governance.project import load_project

    rng = np.random.default_rng(1)
    path = folder / "tickets.parquet"
    columns = {"ticket": np.arange(rows), "agent": rng.integers(0, 500, rows), "minutes": rng.gamma(2, 4, rows).round(1)}
    states = pa.array(rng.choice(["open", "closed", "waiting"], rows))
    pq.write_table(pa.table({**columns, "state": states, "subject": pa.array([f"subject {n % 977}" for n in range(rows)])}), path)
    (folder / "governance.yml").write_text("version: 1\ndatasets:\n  tickets: {kind: working, location: tickets.parquet}\n")
    home = load_project(folder)
    book = Ledger.open(project=home)
    run = Run(dag_id="benchmark", run_id="manual__1", task_id="gate")
    read = timed(lambda: pq.read_table(path))
    scan = timed(
        lambda: (
            duckdb.connect()
            .sql(f"SELECT {', '.join(f'count({c}), max({c})' for c in pq.read_schema(path).names)} FROM '{path}'")
            .fetchall()
        )
    )
    report, _ = gate(None, run, data_set="tickets", project=home, ledger=book)
    cost = timed(lambda: gate(None, run, data_set="tickets", project=home, ledger=book))
    empty = folder / "small.csv"
    empty.write_text("a,b\n1,2\n")
    fixed = timed(lambda: gate(empty, run, project=home, ledger=book))
    print(f"{rows:,} rows, outcome {report.outcome}: read once {read:.3f} s (Arrow), {scan:.3f} s (DuckDB scan)")
    ratio = cost / max(read, scan)
    print(f"gate {cost:.3f} s, of which {fixed:.3f} s whatever the size (ledger, plan): {ratio:.2f} x read once (goal {GATE_GOAL})")


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
