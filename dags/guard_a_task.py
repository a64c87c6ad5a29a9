"""Guard someone else's task: its input is checked before it runs, its output before Airflow takes note of it.

The task in the middle is any operator at all; here it copies a file. `@task.governance_guard` does the same for a function.

    airflow dags test guard_a_task
"""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Param

from governance.adapters.airflow import guard_task

with DAG(
    "guard_a_task",
    description="The data around any task, checked",
    schedule=None,
    catchup=False,
    tags=["governance"],
    params={
        "folder": Param(".", type="string", description="where the task works"),
        "source": Param("data/tickets.csv", type="string", description="what the task reads"),
        "target": Param("data/tickets-copy.csv", type="string", description="what the task writes"),
    },
) as dag:
    copy_file = BashOperator(
        task_id="copy_file",
        bash_command='cp "$SOURCE" "$TARGET"',
        env={"SOURCE": "{{ params.source }}", "TARGET": "{{ params.target }}"},
        append_env=True,
        cwd="{{ params.folder }}",
        do_xcom_push=False,
    )
    guard_task(copy_file, inputs=["{{ params.source }}"], outputs=["{{ params.target }}"])
