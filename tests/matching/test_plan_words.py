"""The plan of a match keeps to SQL that several engines read; what is DuckDB's alone stands in the documentation."""

import re
from pathlib import Path

import pytest

from governance.matching.consent_plan import consents_sql
from governance.matching.plan import Plan
from governance.matching.request import Request, read_moment, read_on
from governance.project import load_project

ROOT = Path(__file__).parents[2]
COMMON = {
    "abs", "cast", "coalesce", "concat", "floor", "greatest", "instr", "last_value", "least", "lower", "max", "md5", "nullif",
    "regexp_extract", "row_number", "substr", "translate", "trim", "try_cast",
}  # fmt: skip
"""Functions that DuckDB and Spark 4 both have, with the same arguments."""
DUCKDB = {"make_timestamp", "epoch_us"}
WORDS = {"and", "as", "by", "case", "else", "exists", "from", "in", "join", "not", "on", "or", "over", "then", "when", "where", "with"}


@pytest.fixture
def plan_text(deployment: object) -> str:
    """The text of a plan with every kind of key, both relationship columns and a provenance column, without its literals."""
    tree = deployment.tree  # type: ignore[attr-defined]
    tree["datasets"]["crm"] |= {"provenance_column": "origin"}
    for side in ("since", "until"):
        tree["datasets"]["crm"]["columns"][side] = {"holds": f"off_x.relationship_{side}"}
    project = load_project(deployment.project)  # type: ignore[attr-defined]
    on = [("handle", "x_handle"), (("user_id", "x_id"), ("display_name", "full_name"))]
    request = Request(project, "crm", "member-support", read_moment("2026-11-24T12:00:00Z"), read_on(on, {}))
    accounts = dict.fromkeys(("user_id", "handle", "display_name", "state", "state_checked_at"), "VARCHAR")
    records = dict.fromkeys(("customer_id", "x_handle", "full_name", "origin", "since", "until"), "VARCHAR") | {"x_id": "DOUBLE"}
    plan = Plan(request, accounts, records, "customer_id", "salt")
    parts = (
        plan.accounts_sql(),
        plan.records_sql(),
        plan.pairs_sql(shut=True, renamed=True, distinct=True),
        consents_sql(request, "person"),
    )
    return re.sub(r"'(?:[^']|'')*'", "''", "\n".join(parts))


def test_the_plan_uses_common_functions_and_those_that_are_listed(plan_text: str) -> None:
    """Every function is common to both engines or stands in the list of what has to be translated."""
    used = {word.lower() for word in re.findall(r"\b([A-Za-z_0-9]+)\s?\(", plan_text)} - WORDS
    assert used - COMMON == DUCKDB
    listed = (ROOT / "docs/explanation/architecture.md").read_text(encoding="utf-8")
    assert all(word in listed for word in (*DUCKDB, "TIMESTAMPTZ", "IGNORE NULLS", "CAST('0x'"))


def test_nothing_in_the_plan_is_a_form_of_duckdb_alone(plan_text: str) -> None:
    """No `::`, QUALIFY, EXCLUDE, REPLACE, LAMBDA, list or struct literal stands in the plan itself."""
    assert not re.search(r"::|\b(?:QUALIFY|EXCLUDE|REPLACE|LAMBDA|ASOF|PIVOT|SEMI|ANTI)\b|[\[{]", plan_text)
