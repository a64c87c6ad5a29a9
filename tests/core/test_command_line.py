"""The command line as its users meet it: exit codes, JSON, one sentence for bad input."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from governance.adapters.cli import COMMANDS


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Run `governance` as a process of its own."""
    return subprocess.run([sys.executable, "-m", "governance", *words], check=False, capture_output=True, text=True)


def test_help_names_every_command() -> None:
    """`governance --help` and each command's help work."""
    shown = run("--help").stdout
    assert all(name in shown for name in COMMANDS)
    assert "Exit codes" in shown


def test_exit_codes_and_json() -> None:
    """0 pass, 1 refused, 2 bad request, 3 ledger unavailable; several paths make an array."""
    Path("good.csv").write_text("note\nwords\n")
    Path("bad.csv").write_text("api_key\nx\n")
    good = run("check", "good.csv", "--format", "json")
    assert good.returncode == 0, good.stderr
    tree = json.loads(good.stdout)
    assert {"outcome", "data_set", "kind", "scanned_rows", "findings", "policy", "library", "rules_sha256", "thresholds"} <= tree.keys()
    both = run("check", "good.csv", "bad.csv", "--format", "json")
    assert both.returncode == 1
    assert [one["outcome"] for one in json.loads(both.stdout)] == ["pass", "fail"]
    assert {"rule", "name", "ground", "outcome", "columns", "count", "message", "hint", "clause"} <= json.loads(both.stdout)[1]["findings"][
        0
    ].keys()
    assert run("check", "nowhere.csv").returncode == 2
    assert run("check").returncode == 2
    assert run("check", "good.csv", "--gate", "a/b/c", "--ledger", "sqlite:////nowhere/at/all.db").returncode == 3


BAD = {
    "empty.csv": b"",
    "empty.json": b"",
    "zero.parquet": b"",
    "wrong.json": b'{"data": [',
    "latin.csv": "name,text\na,b\nc,caf\xe9\n".encode("latin-1"),
    "noise.bin": b"\x00\x01",
}


@pytest.mark.parametrize("name", [*BAD, "folder", "missing.csv"])
def test_bad_input_is_one_sentence(name: str) -> None:
    """Exit 2, one sentence on the error stream that names the file, nothing half written."""
    Path("folder").mkdir()
    if name in BAD:
        Path(name).write_bytes(BAD[name])
    done = run("check", name, "--out", "report.txt")
    assert done.returncode == 2
    assert done.stdout == ""
    assert name in done.stderr
    assert "Hint:" in done.stderr
    assert "Traceback" not in done.stderr
    assert not Path("report.txt").exists()


def test_out_is_written_whole() -> None:
    """--out writes the same text to a file; a place that can't be written is a bad request."""
    Path("good.csv").write_text("note\nwords\n")
    assert run("check", "good.csv", "--out", "report.md", "--format", "markdown").returncode == 0
    assert "good.csv" in Path("report.md").read_text()
    assert run("check", "good.csv", "--out", "no/such/folder/report.md").returncode == 2


def test_ledger_commands() -> None:
    """The journal verifies and exports as JSON lines; a changed row is exit 1."""
    import sqlite3

    Path("good.csv").write_text("note\nwords\n")
    run("check", "good.csv")
    assert run("ledger", "verify").stdout.startswith("intact: 3 entries")
    rows = [json.loads(line) for line in run("ledger", "export").stdout.splitlines()]
    assert [row["event"] for row in rows] == ["ledger.began", "check", "register.added"]
    with sqlite3.connect("governance.db") as connection:
        connection.execute("UPDATE governance_journal SET facts = '{}' WHERE seq = 2")
    done = run("ledger", "verify", "--format", "json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["intact"] is False


def test_a_gate_leaves_its_proof_for_one_run() -> None:
    """What `--gate` records is found under that run alone, and a mistyped run is a bad request."""
    from governance.adapters.airflow.proof import Run, proofs
    from governance.ledger import Ledger

    Path("good.csv").write_text("note\nwords\n")
    assert run("check", "good.csv", "--gate", "my_dag/manual__1/gate").returncode == 0
    ledger = Ledger.open()
    assert len(proofs(ledger, Run.parse("my_dag/manual__1/gate"))) == 1
    assert not proofs(ledger, Run.parse("my_dag/manual__2/gate"))
    assert run("check", "good.csv", "--gate", "my_dag").returncode == 2
