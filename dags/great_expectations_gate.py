"""Gate a table with a Great Expectations suite: one expectation per rule, the projected result in the ledger, no value anywhere.

airflow dags test great_expectations_gate
"""

from airflow.sdk import DAG, Param

from governance.adapters.airflow import GovernanceExpectationsOperator

with DAG(
    "great_expectations_gate",
    description="A suite of expectations as a gate",
    schedule=None,
    catchup=False,
    tags=["governance"],
    params={
        "data": Param("data/tickets.csv", type="string", description="a CSV or Parquet file"),
        "suite": Param("working", type="string", description="a suite that ships with the library, or the path of one"),
    },
) as dag:
    GovernanceExpectationsOperator(task_id="validate", suite="{{ params.suite }}", data="{{ params.data }}")
