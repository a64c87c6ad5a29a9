"""Masking: a value without a basis reaches no join, no temporary table, no spill file and no model."""
# ruff: noqa: ANN401 - fixtures and cells are of any type

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

import governance as gov
from governance.ledger import Ledger
from governance.matching.gate import Gate
from governance.matching.inputs import KNOWN, read_registers
from governance.matching.request import Request, read_moment, read_on
from governance.project import load_project

ROWS = 60_000
POISON = "poisonedcell"
CLEAN = "permittedcell"


@pytest.fixture
def poisoned(tmp_path: Path, deployment: Any) -> Path:
    """Big tables of which half the cells must never be seen: bought rows, and accounts that are not public."""
    deployment.tree["datasets"]["crm"] |= {"provenance_column": "origin", "location": "records.parquet"}
    deployment.tree["datasets"]["crm"]["columns"] = {
        "customer_id": {"holds": "off_x.person"},
        "x_handle": {"holds": "off_x.attribute", "claims": "x.user.handle"},
        "full_name": {"holds": "off_x.attribute", "claims": "x.user.display_name", "source": "append"},
        "origin": {"holds": "none"},
    }
    (tmp_path / "governance.yml").write_text(yaml.safe_dump(deployment.tree), encoding="utf-8")
    half = [i % 2 == 0 for i in range(ROWS)]
    handles = [f"{CLEAN if ok else POISON}{i:07d}{'x' * 40}" for i, ok in enumerate(half)]
    accounts = {
        "user_id": [str(10**17 + i) for i in range(ROWS)],
        "handle": handles,
        "display_name": [f"{CLEAN if ok else POISON} name {i % 100}" for i, ok in enumerate(half)],
        "state": ["public" if ok else "suspended" for ok in half],
        "state_checked_at": ["2026-11-23T00:00:00Z"] * ROWS,
    }
    records = {
        "customer_id": [f"c{i}" for i in range(ROWS)],
        "x_handle": handles[::-1],
        "full_name": [f"{POISON} name {i % 100}" for i in range(ROWS)],
        "origin": ["members" if ok else "append" for ok in half[::-1]],
    }
    pq.write_table(pa.table(accounts), tmp_path / "accounts.parquet")
    pq.write_table(pa.table(records), tmp_path / "records.parquet")
    return tmp_path


def _gate(folder: Path, spill: Path) -> Gate:
    project = load_project(folder)
    on = read_on([("handle", "x_handle"), ("display_name", "full_name")], {})
    request = Request(project, "crm", "member-support", read_moment("2026-11-24T12:00:00Z"), on)
    registers = read_registers(Ledger.open(project=project), KNOWN.empty_table())
    return Gate.open(request, registers, (folder / "accounts.parquet", folder / "records.parquet"), "salt", spill)


def _nodes(tree: Any) -> Iterator[Any]:
    yield tree
    for child in tree.get("children", []):
        yield from _nodes(child)


def test_the_spill_files_hold_no_cell(poisoned: Path, tmp_path: Path) -> None:
    """Forced to spill, DuckDB writes files, and no cell, masked or permitted, can be read in them."""
    spill = tmp_path / "spill"
    gate = _gate(poisoned, spill)
    gate.connection.execute("SET memory_limit = '40MB'; SET threads = 1")
    gate.mask()
    sql = gate.plan.pairs_sql(shut=False, renamed=False, distinct=True)
    wide = f"SELECT * FROM ({sql}) JOIN (SELECT off_id AS o, key_0 FROM r) ON o = off_id, range(4) ORDER BY key_0, user_id"
    result = gate.connection.execute(wide)
    assert result.fetchmany(10)
    files = [path.read_bytes() for path in spill.rglob("*") if path.is_file()]
    assert sum(map(len, files)) > 1_000_000, "nothing was spilled: the test proves nothing"
    assert not any(mark.encode() in content for content in files for mark in (POISON, CLEAN))


def test_masked_tables_hold_no_poison(poisoned: Path, tmp_path: Path) -> None:
    """Neither the masked accounts nor the masked records hold a cell without a basis."""
    gate = _gate(poisoned, tmp_path / "spill")
    gate.mask()
    with gate.connection as connection:
        for table in ("x", "r"):
            held = connection.execute(f"SELECT * FROM {table}").fetchall()
            texts = {str(cell) for row in held for cell in row if isinstance(cell, str)}
            assert any(CLEAN in text for text in texts)
            assert not any(POISON in text for text in texts)


def test_no_join_stands_before_the_mask(poisoned: Path, tmp_path: Path) -> None:
    """The plans that mask are scans and projections alone: no value meets another before it is masked."""
    gate = _gate(poisoned, tmp_path / "spill")
    with gate.connection as connection:
        for sql in (gate.plan.accounts_sql(), gate.plan.records_sql()):
            plan = connection.execute(f"EXPLAIN {sql}").fetchall()[0][1].upper()
            assert "JOIN" not in plan
            assert "AGGREGATE" not in plan


def test_every_statement_reads_the_raw_tables_only_through_the_mask(poisoned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a whole match the raw views are named by the masking statements and by none other."""
    ran: list[str] = []
    for name in ("_run", "_arrow"):
        known = getattr(Gate, name)
        monkeypatch.setattr(Gate, name, lambda self, sql, known=known: (ran.append(sql), known(self, sql))[1])
    found = gov.match(
        poisoned / "accounts.parquet", poisoned / "records.parquet", [("handle", "x_handle")], "member-support", project=poisoned,
        as_of="2026-11-24T12:00:00Z")  # fmt: skip
    assert found.edges.num_rows > 0
    raw = [sql for sql in ran if "FROM accounts" in sql or "FROM records" in sql]
    assert len(raw) == 2
    assert all(sql.startswith(("CREATE TEMP TABLE x AS", "CREATE TEMP VIEW r AS")) for sql in raw)
