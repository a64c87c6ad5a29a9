"""Splink behind the gate: it compares what `on` names and the mask lets through, scores gated pairs only, and makes no clusters."""
# ruff: noqa: ANN401, E501 - fixtures and cells are of any type; a table reads best with one case per line

import json
import random
from pathlib import Path
from typing import Any

import pytest

import governance as gov
from governance.matching.splink_gate import gated_database
from governance.matching.splink_settings import condition_columns

pytest.importorskip("splink")

ON = [("display_name", "full_name"), ("handle", "x_handle")]
LEVEL = {"comparison_levels": [
    {"sql_condition": '"display_name_l" IS NULL OR "display_name_r" IS NULL', "is_null_level": True},
    {"sql_condition": '"display_name_l" = "display_name_r"', "m_probability": 0.9, "u_probability": 0.0005},
    {"sql_condition": 'jaro_winkler_similarity("display_name_l", "display_name_r") >= 0.9', "m_probability": 0.08, "u_probability": 0.00005},
    {"sql_condition": "ELSE", "m_probability": 0.02, "u_probability": 0.999},
], "output_column_name": "display_name"}  # fmt: skip
HANDLES = {"comparison_levels": [
    {"sql_condition": '"handle_l" IS NULL OR "handle_r" IS NULL', "is_null_level": True},
    {"sql_condition": '"handle_l" = "handle_r"', "m_probability": 0.9, "u_probability": 0.0001},
    {"sql_condition": "ELSE", "m_probability": 0.1, "u_probability": 0.9999},
], "output_column_name": "handle"}  # fmt: skip


def settings(**changed: Any) -> dict[str, Any]:
    """A trained model of names and handles, with what differs."""
    model = {
        "link_type": "link_only",
        "probability_two_random_records_match": 1 / 60,
        "comparisons": [LEVEL, HANDLES],
        "blocking_rules_to_generate_predictions": ["substr(l.display_name, 1, 2) = substr(r.display_name, 1, 2)"],
    }
    return json.loads(json.dumps(model | changed))


def people(deployment: Any, count: int = 60) -> None:
    """Accounts and records of the same people, some names with a slip, bought handles beside."""
    rng = random.Random(3)  # noqa: S311 - synthetic names
    parts = ("an", "ber", "chris", "dan", "el", "fran", "ger", "han", "jo", "ka", "lu", "mar", "no", "pe")
    names = [f"{''.join(rng.sample(parts, 2))} {''.join(rng.sample(parts, 3))}" for _ in range(count)]
    looked = {"state": "public", "state_checked_at": "2026-11-23T00:00:00Z"}
    deployment.accounts = [
        {"user_id": str(100 + i), "handle": f"h{i}", "display_name": name.title(), **looked} for i, name in enumerate(names)
    ]
    deployment.records = [{"customer_id": f"c{i}", "full_name": name[:-1] if i % 5 == 0 else name} for i, name in enumerate(names)]


def run(deployment: Any, model: Any, **more: Any) -> Any:
    """A probabilistic match."""
    return deployment.run(*ON, method="splink", settings=model, **more)


def test_names_are_linked_and_stamped(deployment: Any) -> None:
    """Edges carry score, basis, evidence and the columns that supported them; nearly all people are found."""
    people(deployment)
    found = run(deployment, settings())
    edges = found.edges.to_pylist()
    right = sum(int(row["x_user_id"]) - 100 == int(row["off_x_id"][1:]) for row in edges)
    assert right >= 55
    assert right / len(edges) > 0.85  # some people share a name
    assert {row["basis"] for row in edges} == {"SELF_PROVIDED"}
    assert {tuple(row["support"]) for row in edges} == {("display_name=full_name",)}
    assert all(0.9 <= row["score"] <= 1 and "source:members" in row["evidence"] for row in edges)


def test_a_masked_column_gives_no_support(deployment: Any) -> None:
    """A bought handle agrees with every account and never counts; without names nothing is linked."""
    people(deployment)
    deployment.columns["x_handle"]["source"] = "append"
    for i, record in enumerate(deployment.records):
        record |= {"x_handle": f"h{i}", "full_name": ""}
    found = run(deployment, settings(blocking_rules_to_generate_predictions=["l.handle = r.handle"]))
    assert (found.edges.num_rows, dict(found.refused)) == (0, {"PROVENANCE_THIRD_PARTY": 60})


def test_consents_are_edges_and_objections_are_not_scored(deployment: Any) -> None:
    """A bound consent is an edge without a score; a pair that objected is not scored, whatever its name."""
    people(deployment)
    deployment.records[7]["full_name"] = ""
    deployment.consent({"off_x_id": "c7", "x_user_id": "107"})
    deployment.object(off_x_id="c8", x_user_id="108", at="2026-11-01")
    deployment.object(off_x_id="c9", x_user_id="", at="2026-11-01")
    rows = {row["off_x_id"]: row for row in run(deployment, settings()).edges.to_pylist()}
    assert (rows["c7"]["basis"], rows["c7"]["score"], rows["c7"]["support"]) == ("EXPRESS_OPT_IN", None, ["consent"])
    assert "c8" not in rows
    assert "c9" not in rows


def test_an_untrained_model_is_trained_on_masked_values(deployment: Any) -> None:
    """Without probabilities the gate trains the model; names are still found."""
    import splink.comparison_library as cl
    from splink import SettingsCreator, block_on

    people(deployment, 200)
    for i, record in enumerate(deployment.records):
        record["x_handle"] = f"h{i}" if i % 3 else ""
    model = SettingsCreator(
        link_type="link_only",
        probability_two_random_records_match=1 / 200,
        comparisons=[cl.JaroWinklerAtThresholds("display_name", [0.92]), cl.ExactMatch("handle")],
        blocking_rules_to_generate_predictions=[block_on("handle"), block_on("substr(display_name, 1, 3)")],
    )
    rows = run(deployment, model, threshold=0.5).edges.to_pylist()
    assert len(rows) > 100
    assert sum(int(row["x_user_id"]) - 100 == int(row["off_x_id"][1:]) for row in rows) / len(rows) > 0.9


def _level(sql: str) -> dict[str, Any]:
    return {"comparison_levels": [{"sql_condition": sql}, {"sql_condition": "ELSE"}], "output_column_name": "more"}


@pytest.mark.parametrize(
    "changed",
    [
        {"comparisons": [LEVEL, _level('"ssn_l" = "ssn_r"')]},
        {"comparisons": [LEVEL, _level("list_reduce(list_transform([1], z -> z + length(email_l)), (a, b) -> a + b) > 1")]},
        {"comparisons": [LEVEL, _level("(SELECT count(*) FROM accounts) > 0")]},
        {"comparisons": [LEVEL, _level("read_text('/etc/passwd') IS NOT NULL")]},
        {"comparisons": [LEVEL, _level("other.name_l = other.name_r")]},
        {"blocking_rules_to_generate_predictions": ["l.phone = r.phone"]},
        {"additional_columns_to_retain": ["email"]},
        {"comparisons": [json.loads(json.dumps(LEVEL).replace('"m_probability": 0.9', '"tf_adjustment_column": "town", "m_probability": 0.9'))]},
    ],
    ids=["level", "lambda body", "subquery", "table function", "other table", "blocking rule", "retained", "term frequency"],
)  # fmt: skip
def test_a_model_that_reads_more_is_refused(deployment: Any, changed: dict[str, Any]) -> None:
    """Whatever a model reads beside the declared columns refuses it, before a value is read."""
    people(deployment, 5)
    with pytest.raises(gov.PolicyViolation):
        run(deployment, settings(**changed))


def test_settings_come_from_a_file_too(deployment: Any, tmp_path: Path) -> None:
    """A model saved as JSON works; a broken file is named with its line."""
    people(deployment)
    path = tmp_path / "model.json"
    path.write_text(json.dumps(settings()), encoding="utf-8")
    assert run(deployment, path).edges.num_rows > 50
    path.write_text("{\n", encoding="utf-8")
    with pytest.raises(gov.BadRequest, match=r"model\.json:2"):
        run(deployment, path)
    with pytest.raises(gov.BadRequest, match="settings"):
        run(deployment, None)


def test_the_database_behind_the_gate_reads_registered_tables_only() -> None:
    """Even past the inspection no statement reads a file, another table or the disk."""
    database = gated_database(("x_accounts",))
    for sql in ("SELECT * FROM secrets", "SELECT * FROM read_csv('/etc/passwd')", "COPY (SELECT 1) TO '/tmp/leak.csv'", "ATTACH 'x.db'"):
        with pytest.raises(gov.PolicyViolation):
            database._execute_sql_against_backend(sql)


def test_columns_of_a_condition() -> None:
    """Sides, suffixes and lambda parameters are told apart."""
    assert condition_columns("l.a = r.b AND lower(c_l) = lower(c_r)") == {"a", "b", "c"}
    assert condition_columns("list_transform(tags_l, t -> t || suffix_r) = tags_r") == {"tags", "suffix"}


def test_splink_edges_are_swept_like_all_others(deployment: Any) -> None:
    """An edge that a model found lives and ends as every edge: an objection takes it away."""
    from governance.verbs.pairing import sweep_matches

    people(deployment)
    edges = run(deployment, settings()).edges.num_rows
    deployment.object(off_x_id="c8", x_user_id="", at="2026-11-25T00:00:00Z")
    report = sweep_matches(project=deployment.project, as_of="2026-11-25T12:00:00Z")
    assert (report.checked, dict(report.unlinked)) == (edges, {"OBJECTION_ON_FILE": 1})


def test_a_stale_account_is_scored_under_a_waiver_and_the_edge_says_so(deployment: Any) -> None:
    """Accounts nobody looked at are kept out of the model, and scored once the check is waived."""
    people(deployment)
    for account in deployment.accounts[:20]:
        account["state_checked_at"] = ""
    without = run(deployment, settings())
    assert without.refused["X_STATE_STALE"] == 20
    row = {"rule": "X_STATE_STALE", "data_set": "crm", "reason": "old records", "approver": "dpo", "expires_at": "2026-11-27"}
    deployment.tree["waivers"] = [row]
    found = run(deployment, settings())
    cited = [edge["x_user_id"] for edge in found.edges.to_pylist() if "waiver:X_STATE_STALE" in edge["evidence"]]
    assert len(cited) > 15
    assert set(cited) <= {account["user_id"] for account in deployment.accounts[:20]}
    assert (found.waived, "X_STATE_STALE" in found.refused) == ({"X_STATE_STALE": len(cited)}, False)
    assert len(found) == len(without) + len(cited)
