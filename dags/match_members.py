"""Match members who may be matched: consents and withdrawals first, then earlier edges again, then new edges, made and checked.

A person who withdraws stands in `withdrawals` (the columns of consents, with `event` = withdrawn). The sweep takes their edge out of the
ledger and out of every table that was written before; the match that follows does not make it again.

    airflow dags test match_members
"""

from airflow.sdk import DAG, Param

from governance.adapters.airflow import GovernanceCheckOperator, GovernanceConsentOperator, GovernanceMatchOperator, GovernanceSweepOperator
from governance.adapters.airflow.assets import declared

with DAG(
    "match_members",
    description="X accounts and members in, lawful edges out",
    schedule=None,
    catchup=False,
    tags=["governance"],
    params={
        "accounts": Param("data/accounts.csv", type="string", description="X accounts with their state"),
        "records": Param("data/members.csv", type="string", description="members, declared in governance.yml"),
        "consents": Param("data/consents.csv", type="string", description="consent events"),
        "withdrawals": Param("data/withdrawals.csv", type="string", description="consent events that withdraw"),
        "objections": Param("data/objections.csv", type="string", description="objections"),
        "purpose": Param("member-support", type="string", description="a purpose of governance.yml"),
        "as_of": Param("", type="string", description="the moment of the decision; now if empty"),
        "out": Param("data/matches.parquet", type="string", description="where the edges go"),
    },
) as dag:
    consents = GovernanceConsentOperator(task_id="import_consents", consents="{{ params.consents }}")
    withdrawals = GovernanceConsentOperator(
        task_id="import_withdrawals",
        consents="{{ params.withdrawals }}",
        objections="{{ params.objections }}",
    )
    sweep = GovernanceSweepOperator(task_id="unlink_withdrawn", accounts="{{ params.accounts }}", records="{{ params.records }}")
    gate = GovernanceCheckOperator(
        task_id="check_members",
        data="{{ params.records }}",
        kind="records",
        inlets=declared("members", near=__file__),
    )
    match = GovernanceMatchOperator(
        task_id="match_members",
        accounts="{{ params.accounts }}",
        records="{{ params.records }}",
        on=[["handle", "x_handle"]],
        purpose="{{ params.purpose }}",
        as_of="{{ params.as_of }}",
        out="{{ params.out }}",
        outlets=declared("matches", near=__file__),
    )
    consents >> withdrawals >> sweep >> gate >> match
