"""A match that writes its edges: the file with its edges in the ledger, or neither; whatever fails, and when the process is killed."""
# ruff: noqa: ANN401 - fixtures are of the test's own types

import errno
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.csv
import pytest

import governance as gov
from governance.ledger import Ledger
from governance.ledger.registers import Register
from governance.verbs.pairing import sweep_matches

OLD = "x_user_id,off_x_id\n11,c1\n"
KILLED = """
import os, signal, sys
from pathlib import Path
import governance as gov
from governance.matching import store
from governance.ledger.ledger import Ledger

def stop(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

when, project, out = sys.argv[1:]
if when == "before the register":
    import governance.verbs.pairing as pairing
    pairing.keep_edges = stop
elif when == "before the move":
    Path.replace = stop
else:
    Ledger.record = stop
gov.match("accounts.csv", "crm.csv", [("handle", "x_handle")], "member-support", project=project, as_of="2026-11-24T12:00:00Z", out=out)
"""


@pytest.fixture
def ready(deployment: Any) -> Any:
    """One account and one person who gave its handle."""
    deployment.record["x_handle"] = "alice"
    return deployment


def pairs(path: Path) -> list[tuple[str, str]]:
    """The edges of a file."""
    text = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(("x_user_id", "off_x_id"), pyarrow.string()))
    table = pyarrow.csv.read_csv(path, convert_options=text)
    return list(zip(table["x_user_id"].to_pylist(), table["off_x_id"].to_pylist(), strict=True))


def claims(deployment: Any) -> tuple[int, int]:
    """How many matches the journal tells of, and how many rows of edges are registered."""
    return len(list(deployment.ledger.entries("match"))), len(deployment.ledger.register("matches"))


@pytest.mark.parametrize("name", ["edges.csv", "edges.parquet", "edges.jsonl"])
def test_the_file_and_the_ledger_say_the_same(ready: Any, name: str) -> None:
    """The file holds the edges that the ledger knows, a sweep reaches it, and nothing lies beside it."""
    found = ready.run(out=ready.folder / name)
    assert (ready.folder / name).exists()
    assert [path.name for path in ready.folder.glob(".*part")] == []
    assert claims(ready) == (1, 1)
    (entry,) = ready.ledger.entries("match")
    assert (entry.id, entry.facts["match"]) == (found.entry, found.match_id)
    assert gov.check(ready.folder / name, kind="matches", project=ready.project).outcome == "pass"
    ready.object(off_x_id="c1", x_user_id="11", at="2026-11-24T13:00:00Z")
    assert sweep_matches(project=ready.project, as_of="2026-11-25T00:00:00Z").rows_removed == 1


@pytest.mark.parametrize("name", ["edges.txt", "nowhere/edges.csv", "folder.csv"])
def test_a_place_that_takes_no_file_is_refused_before_anything_is_read(ready: Any, name: str) -> None:
    """Another ending, a folder that is not there, a folder instead of a file: refused, and the ledger knows of nothing."""
    (ready.folder / "folder.csv").mkdir()
    with pytest.raises(gov.BadRequest):
        gov.match("no accounts", "no records", [("handle", "x_handle")], ready.purpose, project=ready.project, out=ready.folder / name)
    assert claims(ready) == (0, 0)


def full(*_: Any, **__: Any) -> None:
    """What the system says when nothing more fits."""
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("there", [True, False], ids=["over an older file", "a new file"])
@pytest.mark.parametrize("what", ["pyarrow.csv.write_csv", "os.fsync", "pathlib.Path.replace"], ids=["write", "flush", "move"])
def test_a_disk_that_is_full_leaves_neither(ready: Any, monkeypatch: pytest.MonkeyPatch, what: str, *, there: bool) -> None:
    """Where the write, the flush or the move fails, nothing is half written, an older file stays, and the ledger claims no edge."""
    out = ready.folder / "edges.csv"
    if there:
        out.write_text(OLD)
    before = claims(ready)
    with monkeypatch.context() as patch:
        patch.setattr(what, full)
        with pytest.raises(gov.BadRequest, match="No space left"):
            ready.run(out=out)
    assert claims(ready) == before == (0, 0)
    assert (out.read_text() if out.exists() else None) == (OLD if there else None)
    assert list(ready.folder.glob(".*part")) == []
    assert ready.ledger.verify().intact
    ready.run(out=out)
    assert (pairs(out), claims(ready)) == ([("11", "c1")], (1, 1))


def test_a_failed_move_leaves_earlier_edges_registered(ready: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The edges of an older file stay those of its own match: it still passes its check."""
    out = ready.folder / "edges.csv"
    ready.run(out=out)
    old = out.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", full)
        with pytest.raises(gov.BadRequest):
            ready.run(out=out)
    assert (out.read_bytes(), claims(ready)) == (old, (1, 1))
    assert gov.check(out, kind="matches", project=ready.project).outcome == "pass"


def test_a_ledger_that_fails_leaves_no_file(ready: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No edge leaves that could not be registered."""

    def away(*_: Any) -> None:
        raise gov.LedgerUnavailable("the ledger can't be used.", "try again.")

    out = ready.folder / "edges.csv"
    with monkeypatch.context() as patch:
        patch.setattr(Register, "extend", away)
        with pytest.raises(gov.LedgerUnavailable):
            ready.run(out=out)
    assert not out.exists()
    assert list(ready.folder.glob(".*part")) == []
    assert claims(ready) == (0, 0)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize(("when", "written"), [("before the register", False), ("before the move", False), ("before the journal", True)])
def test_a_process_that_is_killed(ready: Any, when: str, *, written: bool) -> None:
    """Killed at any step: no file holds an edge the ledger does not know, the next match mends all, and a sweep clears what lies about."""
    out = ready.folder / "edges.csv"
    ready.write()
    Ledger.open(project=ready.project)
    command = [sys.executable, "-c", KILLED, when, str(ready.project), str(out)]
    assert subprocess.run(command, cwd=ready.folder, check=False, capture_output=True).returncode == -signal.SIGKILL
    assert out.exists() == written
    if written:
        assert gov.check(out, kind="matches", project=ready.project).outcome == "pass"
    left = list(ready.folder.glob(".*part"))
    assert bool(left) != written
    assert ready.ledger.verify().intact
    ready.run(out=out)
    assert (pairs(out), claims(ready)) == ([("11", "c1")], (1, 1))
    ready.object(off_x_id="c1", x_user_id="11", at="2026-11-24T13:00:00Z")
    sweep_matches(project=ready.project, as_of="2026-11-25T00:00:00Z")
    assert list(ready.folder.glob(".*part")) == []
    assert (pairs(out), len(ready.ledger.register("matches"))) == ([], 0)
