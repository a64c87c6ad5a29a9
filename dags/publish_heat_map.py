"""Publish a heat map: Posts are gated, counted into cells of people, checked, put in place, and audited with all earlier maps.

Copy this file, or run it as it is: the paths are parameters, relative to the folder of governance.yml.

    airflow dags test publish_heat_map
    airflow dags trigger publish_heat_map --conf '{"posts": "data/posts", "topic": "#flood"}'
"""

from airflow.sdk import DAG, Param

from governance.adapters.airflow import GovernanceAuditOperator, GovernanceCheckOperator, GovernanceHeatMapOperator
from governance.adapters.airflow.assets import declared

with DAG(
    "publish_heat_map",
    description="Posts in, a heat map of people out",
    schedule=None,
    catchup=False,
    tags=["governance"],
    params={
        "posts": Param("data/posts", type="string", description="Posts in any X shape: a file, or a folder of files"),
        "topic": Param("#flood", type="string", description="#hashtag or keyword"),
        "window": Param("week", enum=["day", "week", "month"]),
        "as_of": Param("", type="string", description="until when windows count as closed; now if empty"),
        "series": Param("flood-map", type="string", description="maps that belong together"),
        "out": Param("public/heat-map", type="string", description="folder of the published map"),
    },
) as dag:
    gate = GovernanceCheckOperator(task_id="check_posts", data="{{ params.posts }}", kind="posts", inlets=declared("posts", near=__file__))
    publish = GovernanceHeatMapOperator(
        task_id="make_heat_map",
        posts="{{ params.posts }}",
        out=["{{ params.out }}/heat-map.parquet", "{{ params.out }}/heat-map.html"],
        topic="{{ params.topic }}",
        window="{{ params.window }}",
        as_of="{{ params.as_of }}",
        series="{{ params.series }}",
        outlets=declared("heat_map", near=__file__),
    )
    audit = GovernanceAuditOperator(task_id="audit_releases", releases="{{ params.out }}")
    gate >> publish >> audit
