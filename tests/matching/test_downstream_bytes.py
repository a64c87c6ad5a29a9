"""What a database or a spreadsheet keeps besides its rows: free pages, logs, other delimiters; a sweep leaves no byte of a pair there."""
# ruff: noqa: ANN401 - fixtures are of any type

import sqlite3
from pathlib import Path
from typing import Any

import pytest

import governance as gov
from governance.verbs.pairing import register_downstream, sweep_matches

X_ID, OFF_ID = "1184500000000000011", "customer-0011"
LATER = "2026-11-25T12:00:00Z"


@pytest.fixture
def pairs(deployment: Any) -> list[tuple[str, str]]:
    """Thirty edges, one of which somebody objects to after the match."""
    looked = {"state": "public", "state_checked_at": "2026-11-23T00:00:00Z"}
    deployment.accounts = [{"user_id": str(1184500000000000000 + i), "handle": f"name{i}", **looked} for i in range(30)]
    deployment.records = [{"customer_id": f"customer-{i:04d}", "x_handle": f"@name{i}"} for i in range(30)]
    found = deployment.run().edges.select(["x_user_id", "off_x_id"]).to_pylist()
    deployment.object(off_x_id=OFF_ID, x_user_id=X_ID, at="2026-11-25T00:00:00Z")
    return [(row["x_user_id"], row["off_x_id"]) for row in found]


def _database(folder: Path, pairs: list[tuple[str, str]], mode: str) -> sqlite3.Connection:
    """A database that holds the edges, and on free pages what an older copy of them left; the connection stays open."""
    connection = sqlite3.connect(folder / "down.sqlite")
    connection.execute(f"PRAGMA journal_mode={mode}")
    connection.execute("PRAGMA secure_delete=OFF")
    for table in ("older", "edges"):
        connection.execute(f"CREATE TABLE {table} (x_user_id TEXT, off_x_id TEXT)")
        connection.executemany(f"INSERT INTO {table} VALUES (?, ?)", pairs)
    connection.commit()
    connection.execute("DROP TABLE older")
    connection.commit()
    return connection


def _traces(folder: Path) -> list[str]:
    """The files of the database in whose bytes the pair stands."""
    return [f.name for f in sorted(folder.glob("down.*")) if any(mark.encode() in f.read_bytes() for mark in (X_ID, OFF_ID))]


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_free_pages_and_the_log_are_overwritten(deployment: Any, tmp_path: Path, pairs: list[tuple[str, str]], mode: str) -> None:
    """A dropped copy of the edges and the write-ahead log of an idle connection hold the pair no more."""
    held = _database(tmp_path, pairs, mode)
    register_downstream(f"sqlite:///{tmp_path}/down.sqlite#edges", deployment.project)
    assert _traces(tmp_path)
    assert sweep_matches(project=deployment.project, as_of=LATER).rows_removed == 1
    assert _traces(tmp_path) == []
    assert held.execute("SELECT count(*) FROM edges").fetchone() == (29,)
    held.close()


def test_a_reader_that_keeps_the_log_stops_the_sweep_until_it_ends(deployment: Any, tmp_path: Path, pairs: list[tuple[str, str]]) -> None:
    """While another program reads, the log can't be emptied: the sweep says so and keeps the edge on register; run again, it ends both."""
    held = _database(tmp_path, pairs, "WAL")
    register_downstream(f"sqlite:///{tmp_path}/down.sqlite#edges", deployment.project)
    held.execute("BEGIN")
    held.execute("SELECT count(*) FROM edges").fetchone()
    with pytest.raises(gov.BadRequest, match="another program reads the database") as refused:
        sweep_matches(project=deployment.project, as_of=LATER)
    assert X_ID not in str(refused.value)
    held.rollback()
    assert dict(sweep_matches(project=deployment.project, as_of=LATER).unlinked) == {"OBJECTION_ON_FILE": 1}
    assert _traces(tmp_path) == []
    held.close()


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_a_spreadsheet_with_another_delimiter_is_rewritten(
    deployment: Any, tmp_path: Path, pairs: list[tuple[str, str]], sign: str
) -> None:
    """Whatever separates the columns, the row of the pair goes and the others stay as they were written."""
    path = tmp_path / "down.csv"
    lines = [f"x_user_id{sign}off_x_id", *(sign.join(pair) for pair in pairs)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    register_downstream(path, deployment.project)
    assert sweep_matches(project=deployment.project, as_of=LATER).rows_removed == 1
    assert path.read_text(encoding="utf-8").splitlines() == [line for line in lines if X_ID not in line]


def test_an_empty_file_stays_empty(deployment: Any, tmp_path: Path, pairs: list[tuple[str, str]]) -> None:
    """A registered file that somebody emptied since then is no reason to stop."""
    path = tmp_path / "down.csv"
    path.write_text("x_user_id,off_x_id\n" + "".join(",".join(pair) + "\n" for pair in pairs), encoding="utf-8")
    register_downstream(path, deployment.project)
    path.write_text("", encoding="utf-8")
    assert sweep_matches(project=deployment.project, as_of=LATER).rows_removed == 0
