"""Audit released heat maps together, every day: what one map hides, the others must not show.

airflow dags test audit_releases
"""

from airflow.sdk import DAG, Param

from governance.adapters.airflow import GovernanceAuditOperator

with DAG(
    "audit_releases",
    description="All released maps, audited together",
    schedule="@daily",
    catchup=False,
    is_paused_upon_creation=True,
    tags=["governance"],
    params={"releases": Param("public/heat-map", type="string", description="a folder of released maps, or one map")},
) as dag:
    GovernanceAuditOperator(task_id="audit", releases="{{ params.releases }}")
