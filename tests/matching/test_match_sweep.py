"""After the match: withdrawals, objections, changed facts and accounts, and time unlink; nothing of the pair is left."""
# ruff: noqa: ANN401 - fixtures and cells are of any type

import csv
import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import governance as gov
from governance.matching.store import stored
from governance.verbs.pairing import register_downstream, sweep_matches, withdraw_consent

MOMENT = "2026-11-24T12:00:00Z"
LATER = "2026-11-25T12:00:00Z"
FRESH = "2026-11-25T00:00:00Z"
X_ID, OFF_ID = "1184500000000000011", "customer-0011"


def people(deployment: Any, count: int = 30) -> None:
    """Several people who gave their handles, and one whose pair is looked for afterwards."""
    deployment.accounts = [
        {"user_id": str(1184500000000000000 + i), "handle": f"name{i}", "state": "public", "state_checked_at": "2026-11-23T00:00:00Z"}
        for i in range(count)
    ]
    deployment.records = [{"customer_id": f"customer-{i:04d}", "x_handle": f"@name{i}"} for i in range(count)]


def pairs_on_register(deployment: Any) -> set[tuple[str, str]]:
    """The pairs the ledger holds."""
    return {
        (row["user_id"], row["off_id"])
        for part in stored(deployment.ledger)
        for row in part.edges.select(["user_id", "off_id"]).to_pylist()
    }


def sweep(deployment: Any, at: str = LATER, **more: Any) -> Any:
    """Sweep a deployment at a moment."""
    return sweep_matches(project=deployment.project, as_of=at, **more)


def consented(deployment: Any) -> None:
    """One pair linked by consent alone, among the others."""
    people(deployment)
    deployment.records[11]["x_handle"] = ""
    deployment.consent({"off_x_id": OFF_ID, "x_user_id": X_ID})


def downstream(folder: Path, edges: pa.Table) -> list[str]:
    """The edges in every kind of table that a sweep rewrites."""
    plain = edges.select(["x_user_id", "off_x_id"]).append_column(
        "note", pa.array([f"row {i}, with a comma" for i in range(edges.num_rows)])
    )
    pq.write_table(plain, folder / "down.parquet", row_group_size=7)
    rows = plain.to_pylist()
    with (folder / "down.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["note", "x_user_id", "off_x_id"])
        writer.writeheader()
        writer.writerows(rows)
    (folder / "down.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with sqlite3.connect(folder / "down.db") as connection:
        connection.execute("CREATE TABLE edges (x_user_id TEXT, off_x_id TEXT, note TEXT)")
        connection.executemany("INSERT INTO edges VALUES (:x_user_id, :off_x_id, :note)", rows)
    connection.close()
    with duckdb.connect(str(folder / "down.duckdb")) as database:
        database.register("plain", plain)
        database.execute("CREATE TABLE edges AS SELECT * FROM plain")
    files = [str(folder / name) for name in ("down.parquet", "down.csv", "down.jsonl")]
    return [*files, f"sqlite:///{folder}/down.db#edges", f"duckdb:///{folder}/down.duckdb#edges"]


def traces(folder: Path, *marks: str) -> list[str]:
    """The files below a folder in whose bytes one of the marks stands."""
    return [str(path.name) for path in sorted(folder.rglob("*")) if path.is_file() and any(m.encode() in path.read_bytes() for m in marks)]


def test_a_withdrawal_leaves_no_trace_of_the_pair(deployment: Any, tmp_path: Path) -> None:
    """After a withdrawal no registered table and no file byte names the pair; the register row is gone, the others stay."""
    consented(deployment)
    found = deployment.run()
    found.write(tmp_path / "edges.parquet")
    for place in [*downstream(tmp_path, found.edges), str(tmp_path / "edges.parquet")]:
        register_downstream(place, deployment.project)
    for name in ("crm.csv", "accounts.csv", "consents.csv"):
        (tmp_path / name).unlink()
    assert len(traces(tmp_path, OFF_ID)) == 6
    report = withdraw_consent("k1", deployment.project, at=datetime(2026, 11, 25, tzinfo=UTC))
    assert dict(report.unlinked) == {"CONSENT_STATE": 1}
    assert (report.tables, report.rows_removed) == (6, 6)
    assert traces(tmp_path, X_ID, OFF_ID) == []
    assert (X_ID, OFF_ID) not in pairs_on_register(deployment)
    assert len(pairs_on_register(deployment)) == 29
    assert pq.read_table(tmp_path / "down.parquet").num_rows == 29
    assert len((tmp_path / "down.csv").read_text(encoding="utf-8").splitlines()) == 30
    with sqlite3.connect(tmp_path / "down.db") as connection:
        assert connection.execute("SELECT count(*) FROM edges").fetchone() == (29,)
    connection.close()
    with duckdb.connect(str(tmp_path / "down.duckdb")) as database:
        assert database.execute("SELECT count(*) FROM edges").fetchone() == (29,)
    assert deployment.ledger.verify().intact


def test_a_withdrawn_pair_is_not_linked_on_another_basis_until_a_new_consent(deployment: Any) -> None:
    """No fall-back: the handle the person gave does not link the pair again; a later consent does."""
    deployment.record["x_handle"] = "alice"
    deployment.consent()
    assert deployment.run().edges["basis"].to_pylist() == ["EXPRESS_OPT_IN"]
    withdraw_consent("k1", deployment.project, at=datetime(2026, 11, 25, tzinfo=UTC))
    assert dict(deployment.run(as_of="2027-01-01T00:00:00Z").refused) != {}
    deployment.account["state_checked_at"] = "2027-01-01T00:00:00Z"
    again = deployment.run(as_of="2027-01-02T00:00:00Z")
    assert (again.edges.num_rows, dict(again.refused)) == (0, {"OBJECTION_ON_FILE": 1})
    deployment.consent({"consent_id": "k2", "at": "2027-01-01T12:00:00Z"})
    assert deployment.run(as_of="2027-01-02T00:00:00Z").edges["basis"].to_pylist() == ["EXPRESS_OPT_IN"]


@pytest.mark.parametrize(("purposes", "left"), [("member-support", 0), ("newsletter", 1)])
def test_a_withdrawal_ends_older_consents_for_the_same_purpose(deployment: Any, purposes: str, left: int) -> None:
    """With two consents on file, withdrawing one for the purpose unlinks the pair at once; withdrawing one for another purpose does not."""
    deployment.consent({"consent_id": "k0"}, {"purposes": purposes})
    assert deployment.run().edges["evidence"].to_pylist() == [["k0"]]
    report = withdraw_consent("k1", deployment.project, at=datetime(2026, 11, 25, tzinfo=UTC))
    assert (report.unlinked_count, len(pairs_on_register(deployment))) == (1 - left, left)
    assert deployment.run(as_of="2026-11-25T12:00:00Z").edges.num_rows == left
    assert sum(sweep(deployment).unlinked.values()) == 0


def test_an_objection_unlinks_and_stops_every_later_attempt(deployment: Any) -> None:
    """An objection takes the edge away in the next sweep, and no run links the person again."""
    people(deployment)
    deployment.run()
    deployment.object(off_x_id=OFF_ID, x_user_id="", at="2026-11-25T00:00:00Z")
    assert dict(sweep(deployment).unlinked) == {"OBJECTION_ON_FILE": 1}
    assert (X_ID, OFF_ID) not in pairs_on_register(deployment)
    assert deployment.run(as_of=LATER).refused["OBJECTION_ON_FILE"] == 1


@pytest.mark.parametrize("state", ["protected", "suspended", "deleted", "withheld"])
def test_a_changed_account_unlinks(deployment: Any, state: str) -> None:
    """A new accounts table in which one account is no longer public takes its edge away, and no other."""
    people(deployment)
    deployment.run()
    for account in deployment.accounts:
        account["state_checked_at"] = FRESH
    deployment.accounts[11]["state"] = state
    accounts, _ = deployment.write()
    report = sweep(deployment, accounts=accounts)
    assert dict(report.unlinked) == {f"X_{state.upper()}": 1}
    assert len(pairs_on_register(deployment)) == 29


@pytest.mark.parametrize(("state", "unlinked"), [("protected", {}), ("suspended", {"X_SUSPENDED": 1}), ("deleted", {"X_DELETED": 1})])
def test_consent_edges_outlive_protection_only(deployment: Any, state: str, unlinked: dict[str, int]) -> None:
    """An edge that stands on consent stays when the account becomes protected, and goes when it is suspended or deleted."""
    deployment.consent()
    deployment.run()
    deployment.account |= {"state": state, "state_checked_at": FRESH}
    accounts, _ = deployment.write()
    assert dict(sweep(deployment, accounts=accounts).unlinked) == unlinked


def test_a_renamed_handle_unlinks_and_is_not_given_to_its_next_owner(deployment: Any) -> None:
    """When the handle moves to another account the edge goes, and the new owner is not linked in the person's place."""
    deployment.record["x_handle"] = "alice"
    deployment.run()
    moved = {"handle": "alice", "user_id": "99", "state": "public", "state_checked_at": FRESH}
    deployment.accounts = [deployment.account | {"handle": "alice_2", "state_checked_at": FRESH}, moved]
    first = deployment.run(as_of=LATER)
    assert (first.edges.num_rows, dict(first.refused)) == (0, {"HANDLE_RENAMED": 1})
    accounts, _ = deployment.write()
    assert dict(sweep(deployment, accounts=accounts).unlinked) == {"HANDLE_RENAMED": 1}
    second = deployment.run(as_of=LATER)
    assert (second.edges.num_rows, dict(second.refused)) == (0, {"HANDLE_RENAMED": 1})


def test_rows_of_one_account_tell_of_a_rename(deployment: Any) -> None:
    """Two rows of one account with two handles: the old handle links nobody, the new one does."""
    old = deployment.account | {"state_checked_at": "2026-11-20T00:00:00Z", "handle": "old_name"}
    deployment.accounts = [old, deployment.account | {"handle": "new_name"}, deployment.account | {"user_id": "12", "handle": "old_name"}]
    deployment.records = [{"customer_id": "c1", "x_handle": "old_name"}, {"customer_id": "c2", "x_handle": "new_name"}]
    found = deployment.run()
    assert [(r["x_user_id"], r["off_x_id"]) for r in found.edges.to_pylist()] == [("11", "c2")]
    assert dict(found.refused) == {"HANDLE_RENAMED": 1}


def test_a_numeric_id_that_disagrees_shows_a_recycled_handle(deployment: Any) -> None:
    """The handle agrees and the id the person gave does not: the handle went to someone else."""
    deployment.record |= {"x_handle": "alice", "x_id": "4711"}
    deployment.tree["expectations"][1]["status"] = "expected"
    found = deployment.run(("handle", "x_handle"), ("user_id", "x_id"))
    assert (found.edges.num_rows, dict(found.refused)) == (0, {"HANDLE_RENAMED": 1})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda d: d.records[11].update(x_handle="someone_else"), "FACT_STALE"),
        (lambda d: d.records.pop(11), "FACT_STALE"),
    ],
    ids=["corrected", "gone"],
)
def test_a_changed_fact_unlinks(deployment: Any, change: Any, code: str) -> None:
    """A handle that was corrected, or a record that is gone, takes its edge away; the records are read from their declared place."""
    people(deployment)
    deployment.run()
    change(deployment)
    deployment.write()
    assert dict(sweep(deployment).unlinked) == {code: 1}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda d: d.columns["x_handle"].update(source="append"), "PROVENANCE_THIRD_PARTY"),
        (lambda d: d.tree["sources"]["members"].update(relationship_until="2026-11-25"), "NO_DIRECT_RELATIONSHIP"),
        (lambda d: d.tree["expectations"][0].update(status="unexpected"), "EXPECTATION_UNEXPECTED"),
        (lambda d: d.tree["purposes"].update({"member-support": {"description": "retargeting members with ads"}}), "PURPOSE_PROHIBITED"),
    ],
    ids=["bought", "relationship ends", "not expected", "purpose prohibited"],
)
def test_a_changed_declaration_unlinks(deployment: Any, change: Any, code: str) -> None:
    """An edge is decided again under today's governance.yml."""
    people(deployment, 3)
    deployment.run()
    change(deployment)
    assert dict(sweep(deployment).unlinked) == {code: 3}


def test_time_suspends(deployment: Any) -> None:
    """An edge lives as long as what it stands on: when its account's state goes stale it waits for a new look."""
    deployment.record["x_handle"] = "alice"
    assert deployment.run().edges["valid_until"][0].as_py().isoformat() == "2026-11-30T00:00:00+00:00"
    assert dict(sweep(deployment, "2026-11-29T23:00:00Z").suspended) == {}
    assert dict(sweep(deployment, "2026-11-30T00:00:00Z").suspended) == {"X_STATE_STALE": 1}


def test_an_expired_consent_unlinks(deployment: Any) -> None:
    """A consent that runs out takes its edge with it."""
    deployment.consent({"expires_at": "2026-11-26T00:00:00Z"})
    assert deployment.run().edges["valid_until"][0].as_py().isoformat() == "2026-11-26T00:00:00+00:00"
    assert dict(sweep(deployment, "2026-11-26T00:00:00Z").unlinked) == {"CONSENT_EXPIRED": 1}


def test_new_account_states_prolong_an_edge(deployment: Any) -> None:
    """A fresh look at a public account moves the end of the edge."""
    deployment.record["x_handle"] = "alice"
    deployment.run()
    deployment.account["state_checked_at"] = FRESH
    accounts, _ = deployment.write()
    assert dict(sweep(deployment, accounts=accounts).suspended) == {}
    assert dict(sweep(deployment, "2026-12-01T12:00:00Z").suspended) == {}
    assert dict(sweep(deployment, "2026-12-02T12:00:00Z").suspended) == {"X_STATE_STALE": 1}


def test_tombstones_hold_hashes_only(deployment: Any) -> None:
    """A tombstone says why and by when, and names nobody."""
    people(deployment)
    deployment.run()
    deployment.object(off_x_id=OFF_ID, x_user_id=X_ID, at="2026-11-25T00:00:00Z")
    sweep(deployment)
    ((_, stone),) = deployment.ledger.register("tombstones").items()
    assert set(stone) == {"pair", "why", "at", "due"}
    assert (stone["why"], stone["due"][:10]) == ("OBJECTION_ON_FILE", "2026-11-26")
    assert X_ID not in json.dumps(stone)
    assert OFF_ID not in json.dumps(stone)


def test_a_table_that_cannot_be_rewritten_stops_the_sweep_before_anything_is_erased(deployment: Any, tmp_path: Path) -> None:
    """The pair stays on register until every table is clean, so that the next sweep finds it again."""
    people(deployment)
    deployment.run()
    (tmp_path / "broken.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    register_downstream(tmp_path / "broken.csv", deployment.project)
    deployment.object(off_x_id=OFF_ID, x_user_id=X_ID, at="2026-11-25T00:00:00Z")
    with pytest.raises(gov.BadRequest, match=r"broken\.csv"):
        sweep(deployment)
    assert (X_ID, OFF_ID) in pairs_on_register(deployment)
    (tmp_path / "broken.csv").unlink()
    assert dict(sweep(deployment).unlinked) == {"OBJECTION_ON_FILE": 1}


def test_a_second_run_registers_a_pair_once(deployment: Any) -> None:
    """Matching the same people again replaces their edges on register."""
    people(deployment)
    deployment.run()
    deployment.run(as_of="2026-11-24T13:00:00Z")
    assert sum(part.edges.num_rows for part in stored(deployment.ledger)) == 30


def test_a_checked_table_of_matches_is_decided_again(deployment: Any, tmp_path: Path) -> None:
    """`kind="matches"`: edges that stand pass; an edge that nobody registered, or whose consent is gone, fails its rule."""
    today = datetime.now(UTC).isoformat()
    deployment.account["state_checked_at"] = today
    deployment.tree["expectations"][0] |= {"reviewed_at": "2020-01-01", "expires_at": "2099-01-01"}
    deployment.consent({"at": "2020-01-01T00:00:00Z", "expires_at": ""})
    deployment.run(as_of=today).write(tmp_path / "edges.parquet")

    def outcome() -> dict[str, str]:
        report = gov.check(tmp_path / "edges.parquet", kind="matches", project=deployment.project)
        return {f.rule: str(f.outcome) for f in report.findings}

    assert outcome() == {}
    consents = deployment.ledger.register("consents")
    consents.append("k1", consents.all("k1")[0] | {"event": "withdrawn", "at": "2020-02-01T00:00:00+00:00"})
    assert outcome() == {"OFX002": "fail"}
    deployment.ledger.register("matches").erase(next(iter(stored(deployment.ledger))).key)
    assert outcome() == {"OFX001": "fail"}
