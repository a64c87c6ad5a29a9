"""What is asked of a match: keys in every spelling, purposes, moments, tables; and what is not understood is refused in one sentence."""
# ruff: noqa: ANN401, E501 - fixtures and cells are of any type; a table reads best with one case per line

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import governance as gov
from governance.matching.keys import key, text_of
from governance.matching.purposes import is_prohibited
from governance.matching.request import read_moment
from governance.verbs.pairing import sweep_matches


def comparable(attribute: str, value: Any, sql_type: str = "VARCHAR") -> Any:
    """A cell as it is compared."""
    with duckdb.connect() as connection:
        return connection.execute(f"SELECT {key(attribute, text_of('v', sql_type))} FROM (SELECT ?::{sql_type} AS v)", [value]).fetchall()[
            0
        ][0]


@pytest.mark.parametrize(
    ("written", "handle"),
    [
        ("Alice_1", "alice_1"),
        ("@alice_1", "alice_1"),
        ("  @Alice_1 ", "alice_1"),
        ("\uff20alice_1", "alice_1"),
        ("https://x.com/Alice_1", "alice_1"),
        ("http://www.twitter.com/@alice_1/", "alice_1"),
        ("twitter.com/alice_1?lang=en", "alice_1"),
        ("https://mobile.twitter.com/alice_1/status/20", "alice_1"),
        ("https://twitter.com/#!/alice_1", "alice_1"),
        ("https://x.com/intent/user?screen_name=alice_1", "alice_1"),
        ("https://x.com/intent/follow?x=1&screen_name=alice_1&y=2", "alice_1"),
        ("https://x.com/i/user/42", None),
        ("https://x.com/home", None),
        ("https://x.com/", None),
        ("https://example.org/alice_1", None),
        ("n/a", "n"),
        ("not a handle", None),
        ("@", None),
        ("", None),
        ("   ", None),
    ],
)
def test_handles_in_every_spelling(written: str, handle: str | None) -> None:
    """Case, `@`, blanks and the URL forms of X come to one key; what is no handle comes to none."""
    assert comparable("x.user.handle", written) == handle


@pytest.mark.parametrize(
    ("written", "sql_type", "number"),
    [
        ("1330278736554582016", "VARCHAR", 1330278736554582016),
        (" 42 ", "VARCHAR", 42),
        ("0042", "VARCHAR", 42),
        ("https://x.com/i/user/42", "VARCHAR", 42),
        ("https://twitter.com/intent/user?user_id=42", "VARCHAR", 42),
        (42, "BIGINT", 42),
        (42.0, "DOUBLE", 42),
        (1.330278736554582e18, "DOUBLE", None),
        (42.5, "DOUBLE", None),
        ("5.70306E+17", "VARCHAR", None),
        ("42.0", "VARCHAR", None),
        ("-42", "VARCHAR", None),
        ("alice", "VARCHAR", None),
        ("99999999999999999999999", "VARCHAR", None),
    ],
)
def test_numeric_ids_in_every_spelling(written: Any, sql_type: str, number: int | None) -> None:
    """Digits are digits however they are stored; a damaged id is none."""
    assert comparable("x.user.id", written, sql_type) == number


@pytest.mark.parametrize(
    "purpose",
    [
        "advertising", "off-x-ads", "ad-targeting", "growth.retargeting", "lookalike-audience", "surveillance", "law_enforcement", "police-requests",
        "protest-monitoring", "sensitive-traits.inference", "health-status", "political-affiliation", "ethnicity", "background-check",
        "infer-religion", "tracking-individuals", "credit-eligibility", "credit-scoring", "tenant-screening", "insurance_underwriting", "skip-tracing",
    ],
)  # fmt: skip
def test_purposes_that_never_pass(deployment: Any, purpose: str) -> None:
    """No basis permits them: every record is refused before anything is compared, express opt-in or not."""
    deployment.record["x_handle"] = "alice"
    deployment.tree["purposes"][purpose] = {"description": "something"}
    deployment.tree["expectations"][0]["purpose"] = purpose
    deployment.purpose = purpose
    deployment.consent({"purposes": purpose})
    found = deployment.run()
    assert (found.edges.num_rows, dict(found.refused)) == (0, {"PURPOSE_PROHIBITED": 1})


def test_a_description_gives_a_purpose_away() -> None:
    """What is said of a purpose counts as much as its name; saying what it is not for does not."""
    assert is_prohibited("growth", "show members ads on other sites")
    assert not is_prohibited("member-support", "answer members; never used for advertising or credit checks")
    assert not is_prohibited("loads-of-help", "add heads and threads")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"purpose": "newsletter"}, "governance.yml:3: the purpose `newsletter` is not declared"),
        ({"purpose": ""}, "is not declared"),
        ({"on": []}, "`on` names no columns"),
        ({"on": [("handle",)]}, "no pair of column names"),
        ({"on": [("handle", "nothing")]}, "crm.csv:1: no column `nothing`"),
        ({"on": [("nothing", "x_handle")]}, "accounts.csv:1: no column `nothing`"),
        ({"method": "guess"}, "`guess` is no method"),
        ({"as_of": "yesterday"}, "as_of is no time"),
        ({"data_set": "other"}, "data set `other` is not declared"),
        ({"accounts": "none.csv"}, "none.csv"),
    ],
    ids=lambda v: next(iter(v)) + str(len(str(v))) if isinstance(v, dict) else "",
)
def test_what_makes_no_sense_is_refused(deployment: Any, more: dict[str, Any], said: str) -> None:
    """One sentence that names the file and the line."""
    accounts, records = deployment.write()
    asked = {
        "accounts": accounts,
        "records": records,
        "on": [("handle", "x_handle")],
        "purpose": "member-support",
        "project": deployment.project,
    }
    with pytest.raises(gov.BadRequest) as refused:
        gov.match(**(asked | more))
    assert said in str(refused.value)


def test_without_a_project_nothing_is_matched(deployment: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No declarations, no match."""
    accounts, records = deployment.write()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(gov.BadRequest, match=r"no governance\.yml"):
        gov.match(accounts, records, [("handle", "x_handle")], "member-support", ledger=f"sqlite:///{tmp_path}/l.db")


def test_undeclared_records_are_refused(deployment: Any, tmp_path: Path) -> None:
    """A file that governance.yml does not name has no provenance: each row is refused."""
    deployment.record["x_handle"] = "alice"
    accounts, records = deployment.write()
    copy = records.rename(tmp_path / "copy.csv")
    found = gov.match(accounts, copy, [("handle", "x_handle")], "member-support", project=deployment.project, as_of="2026-11-24T12:00:00Z")
    assert (found.edges.num_rows, dict(found.refused)) == (0, {"PROVENANCE_UNKNOWN": 1})


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame, pa.Table.from_pylist], ids=["pandas", "polars", "pyarrow"])
def test_tables_in_memory(deployment: Any, frame: Any) -> None:
    """A table in memory is the declared data set that has its columns."""
    empty = dict.fromkeys(deployment.columns, "")
    accounts = frame([deployment.account])
    records = frame([empty | {"customer_id": "c1", "x_handle": "alice"}])
    found = gov.match(
        accounts, records, [("handle", "x_handle")], "member-support", project=deployment.project, as_of="2026-11-24T12:00:00Z"
    )
    assert found.edges["basis"].to_pylist() == ["SELF_PROVIDED"]


def test_a_data_set_can_be_named(deployment: Any) -> None:
    """The name of a declared data set stands for its file."""
    deployment.record["x_handle"] = "alice"
    accounts, _ = deployment.write()
    found = gov.match(accounts, "crm", [("handle", "x_handle")], "member-support", project=deployment.project, as_of="2026-11-24T12:00:00Z")
    assert found.edges["basis"].to_pylist() == ["SELF_PROVIDED"]


def test_ids_keep_their_zeros(deployment: Any) -> None:
    """`007` in a text file stays `007`, in edges and in consents."""
    deployment.record = {"customer_id": "007"}
    deployment.consent({"off_x_id": "007"})
    assert deployment.run().edges["off_x_id"].to_pylist() == ["007"]


def test_a_household_is_no_person(deployment: Any) -> None:
    """A member's consent does not cover the household, unless it names households."""
    deployment.columns["customer_id"]["holds"] = "off_x.household"
    deployment.consent()
    assert dict(deployment.run().refused) == {"CONSENT_ID_KIND": 1}
    deployment.consent({"consent_id": "k2", "id_kinds": "household"})
    assert deployment.run().edges.num_rows == 1


def test_repeated_records_are_one_edge_and_one_refusal(deployment: Any) -> None:
    """A person in several rows is linked once, and refused once."""
    deployment.records = [{"customer_id": "c1", "x_handle": "alice"}] * 3 + [{"customer_id": "c2", "append_handle": "bob"}] * 3
    found = deployment.run(("handle", "x_handle"), ("handle", "append_handle"))
    assert (found.edges.num_rows, dict(found.refused)) == (1, {"PROVENANCE_THIRD_PARTY": 1})


def test_moments() -> None:
    """A moment without a zone is UTC, a day is its beginning."""
    assert read_moment(date(2026, 11, 24)) == datetime(2026, 11, 24, tzinfo=UTC)
    assert read_moment("2026-11-24T01:00:00+01:00") == datetime(2026, 11, 24, tzinfo=UTC)
    assert read_moment(datetime(2026, 11, 24)) == datetime(2026, 11, 24, tzinfo=UTC)  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".jsonl"])
def test_edges_are_written_whole(deployment: Any, tmp_path: Path, suffix: str) -> None:
    """Edges come back from every form they are written in, and no other is accepted."""
    deployment.record["x_handle"] = "alice"
    path = deployment.run().write(tmp_path / f"edges{suffix}")
    with duckdb.connect() as connection:
        assert connection.sql(f"SELECT x_user_id, off_x_id, basis FROM '{path}'").fetchall() in (
            [("11", "c1", "SELF_PROVIDED")],
            [(11, "c1", "SELF_PROVIDED")],
        )
    with pytest.raises(gov.BadRequest, match="edges are written as"):
        deployment.run().write(tmp_path / "edges.xlsx")


def test_the_command_line_matches_sweeps_and_withdraws(deployment: Any, tmp_path: Path) -> None:
    """Import, match, withdraw, sweep: each command says counts and codes, and the edge is gone from the file."""
    import json

    from click.testing import CliRunner

    from governance.adapters.cli import cli

    now = datetime.now(UTC).isoformat()
    deployment.account["state_checked_at"] = now
    accounts, records = deployment.write()
    consents = deployment.table("consents.csv", [deployment.good | {"at": "2020-01-01T00:00:00Z", "expires_at": ""}])
    project = ["--project", str(deployment.project), "--format", "json"]

    def run(*arguments: str) -> Any:
        done = CliRunner().invoke(cli, [*arguments, *project], catch_exceptions=False)
        assert done.exit_code == 0
        return json.loads(done.stdout)

    assert run("consent", "import", str(consents))[0]["added"] == {"given": 1}
    out = tmp_path / "edges.parquet"
    asked = ("--accounts", str(accounts), "--records", str(records), "--on", "handle=x_handle", "--purpose", "member-support")
    matched = run("match", *asked, "--out", str(out))
    assert (matched["edges"], matched["refused"]) == (1, {})
    assert pd.read_parquet(out)["basis"].to_list() == ["EXPRESS_OPT_IN"]
    assert run("consent", "show")["by_last_event"] == {"given": 1}
    withdrawn = run("consent", "withdraw", "k1")
    assert (withdrawn["unlinked"], withdrawn["rows_removed"]) == ({"CONSENT_STATE": "<10"}, 1)
    assert len(pd.read_parquet(out)) == 0
    assert run("match", "--sweep")["checked"] == 0
    assert run("match", *asked)["refused"] == {"CONSENT_STATE": "<10"}


def test_no_value_of_the_tables_leaves(deployment: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Marks in every cell come back in the edges alone: no journal row, summary, repr, log or error holds one."""
    mark = "canarycell"
    deployment.account |= {"handle": f"{mark}1", "user_id": "998877665544332211"}
    deployment.record |= {"customer_id": f"{mark}-customer", "x_handle": f"{mark}1", "full_name": f"{mark} name"}
    found = deployment.run()
    assert found.edges.num_rows == 1
    sweep = sweep_matches(project=deployment.project, as_of="2026-12-24T00:00:00Z")
    journal = " ".join(str(entry.facts) for entry in deployment.ledger.entries())
    said = [repr(found), str(found.summary()), repr(sweep), str(sweep.summary()), journal, caplog.text]
    with pytest.raises(gov.BadRequest) as refused:
        gov.match([deployment.account], tmp_path / "crm.csv", [("handle", "x_handle")], "member-support", project=deployment.project)
    said.append(str(refused.value))
    assert not any(mark in text or "998877665544332211" in text for text in said)
    assert not any(mark.encode() in path.read_bytes() for path in tmp_path.glob("governance.db*"))
