"""Ctrl-C, whenever it comes: exit 130, one line, no result, and a ledger that still verifies."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from governance.ledger import Ledger

POSTS = 120_000
LINE = "governance: interrupted; nothing is half written."
PROJECT = """version: 1
controller: Example Ltd
purposes:
  support: {description: answer members who write to us}
sources:
  members: {provenance: self_provided, relationship: member, collected_for: [support]}
datasets:
  crm:
    kind: records
    location: crm.csv
    columns:
      customer_id: {holds: off_x.person}
      x_handle: {holds: off_x.attribute, claims: x.user.handle, source: members}
"""
CHECK = "check posts.jsonl --out result"
HEAT_MAP = "heat-map posts.jsonl --topic #flood --as-of 2026-11-24 --out map.csv"
MATCH = "match --accounts accounts.csv --records crm.csv --on handle=x_handle --purpose support --out result.csv"


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough Posts, accounts and records that a command takes its time."""
    folder = tmp_path_factory.mktemp("crowd")
    with (folder / "posts.jsonl").open("w", encoding="utf-8") as file:
        for n in range(POSTS):
            place = {"type": "Point", "coordinates": [2 + n % 997 / 1e4, 48 + n % 991 / 1e4]}
            post = {"id": str(10**15 + n), "author_id": str(10**9 + n % 5000), "text": "High water #flood", "lang": "en"}
            post |= {"created_at": "2026-11-17T10:00:00.000Z", "geo": {"coordinates": place}}
            file.write(json.dumps({"data": post}) + "\n")
    accounts = [f"{10**9 + n},name{n},public,2026-11-23T12:00:00Z" for n in range(POSTS)]
    (folder / "accounts.csv").write_text("\n".join(["user_id,handle,state,state_checked_at", *accounts]) + "\n")
    (folder / "crm.csv").write_text("\n".join(["customer_id,x_handle", *(f"C{n},name{n}" for n in range(POSTS))]) + "\n")
    (folder / "governance.yml").write_text(PROJECT)
    Ledger.open(project=folder)
    return folder


def interrupted(words: str, folder: Path, sign: str, wait: float = 0.0) -> tuple[int, list[str], bool]:
    """Run a command, send SIGINT once it has loaded a module (and a while later): exit code, lines, whether it still ran."""
    command = [sys.executable, "-X", "importtime", "-m", "governance", *words.split()]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any(line.endswith(f" {sign}\n") for line in process.stderr), "the sign never came"
        time.sleep(wait)
        ran = process.poll() is None
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=60)
    return process.returncode, [line for line in (*out.splitlines(), *errors.splitlines()) if not line.startswith("import time:")], ran


MOMENTS = [
    *((CHECK, sign, 0.0) for sign in ("click", "governance.adapters.cli.ending", "governance.adapters.cli.options", "duckdb", "pyarrow")),
    *((CHECK, "governance.verbs.checking", wait) for wait in (0.0, 0.1, 0.3, 0.5, 0.7, 0.9)),
    *((HEAT_MAP, "governance.verbs.mapping", wait) for wait in (0.0, 0.2, 0.5)),
    *((MATCH, "governance.verbs.pairing", wait) for wait in (0.0, 0.1, 0.3)),
]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to send to a process of its own")
@pytest.mark.parametrize(("words", "sign", "wait"), MOMENTS, ids=[f"{words.split()[0]}-{sign}-{wait}" for words, sign, wait in MOMENTS])
def test_ctrl_c_is_130_at_every_moment(words: str, sign: str, wait: float, crowd: Path) -> None:
    """While it loads, reads, measures, decides: one line, exit 130, nothing new in the folder, and the ledger holds."""
    before = sorted(path.name for path in crowd.iterdir())
    code, lines, ran = interrupted(words, crowd, sign, wait)
    assert ran, "the command was too quick for this moment"
    assert (code, lines) == (130, [LINE])
    assert sorted(path.name for path in crowd.iterdir()) == before
    assert Ledger.open(project=crowd).verify().intact


def test_an_interrupt_in_what_a_query_reads_stays_one() -> None:
    """A KeyboardInterrupt of a stream that DuckDB reads is not turned into a bad request."""
    import pyarrow as pa

    from governance.engines.opening import over_arrow

    def batches() -> object:
        yield pa.record_batch({"a": [1]})
        raise KeyboardInterrupt

    reader = pa.RecordBatchReader.from_batches(pa.schema([("a", pa.int64())]), batches())
    with pytest.raises(KeyboardInterrupt):
        over_arrow(reader)


def test_an_interrupted_query_is_an_interrupt() -> None:
    """DuckDB's own error for an interrupt, and the one it makes of a signal, are KeyboardInterrupt; others stay what they are."""
    import duckdb

    from governance.engines.duck import worded
    from governance.errors import BadRequest

    for raised in (duckdb.InterruptException("INTERRUPT Error"), RuntimeError("Query interrupted")):
        with pytest.raises(KeyboardInterrupt), worded(lambda _: BadRequest("no")):
            raise raised
    with pytest.raises(BadRequest), worded(lambda _: BadRequest("no")):
        raise duckdb.InvalidInputException("what")
    with pytest.raises(RuntimeError, match="another"), worded(lambda _: BadRequest("no")):
        raise RuntimeError("another")


def test_files_that_belong_together_are_not_parted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C between two renames waits for the second; before the first, nothing has changed."""
    from governance.reporting.maps.atomic import write_all

    one, two = Path("map.csv.certificate.json"), Path("map.csv")
    write_all({one: b"old", two: b"old"})
    replace, write = Path.replace, Path.open

    def pressed(path: Path, target: Path) -> Path:
        signal.raise_signal(signal.SIGINT)
        return replace(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", pressed)
        with pytest.raises(KeyboardInterrupt):
            write_all({one: b"new", two: b"new"})
    assert (one.read_bytes(), two.read_bytes()) == (b"new", b"new")

    def pressed_before(path: Path, mode: str = "r") -> object:
        signal.raise_signal(signal.SIGINT)
        return write(path, mode)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", pressed_before)
        with pytest.raises(KeyboardInterrupt):
            write_all({one: b"newer", two: b"newer"})
    assert (one.read_bytes(), two.read_bytes()) == (b"new", b"new")
    assert sorted(path.name for path in Path().iterdir()) == sorted([one.name, two.name])


LOST = """
import signal, time
from importlib.machinery import ExtensionFileLoader
import click
from governance.adapters.cli.ending import guarded

scope = {}
exec(compile("def exec_module(self, work): work()", "<frozen importlib._bootstrap_external>", "exec"), scope)

def press():
    signal.raise_signal(signal.SIGINT)

class Lost:
    def __del__(self):
        press()

@click.command()
@click.argument("where")
def command(where):
    if where == "finalizer":
        Lost()
    if where == "extension":
        scope["exec_module"](ExtensionFileLoader("x", "x.so"), press)
        print("loaded", flush=True)
    if where == "library":
        try:
            press()
        except KeyboardInterrupt:
            raise ValueError("what a library makes of it") from None
    if where == "swallowed":
        try:
            press()
        except KeyboardInterrupt:
            return
    time.sleep(20)

guarded(command)
"""


@pytest.mark.parametrize("where", ["finalizer", "extension", "library", "swallowed"])
def test_no_interrupt_is_lost(where: str) -> None:
    """In a finalizer, while a compiled module is loaded, made another error, or swallowed: still exit 130, soon, and one line."""
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", LOST, where], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr.strip()) == (130, LINE)
    assert done.stdout == ("loaded\n" if where == "extension" else "")
    assert time.monotonic() - started < 15
