"""No value of the data reaches a report, a log, an exception, the terminal or the ledger."""

import json
import logging
import pickle
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

import governance as gov
from governance.reporting import report_json, report_markdown, report_text
from governance.vocabulary import Kind

Clean = Callable[..., None]
MARK, DIGITS = "kanarienvogel", "7391"
"""As in the marked data."""


def test_the_look_finds_marks(clean: Clean, posts: pa.Table) -> None:
    """The test can fail: a mark in a text, a number or a file is found."""
    Path("leak.txt").write_text(str(posts.column("latitude")[3].as_py()))
    for leak in (posts.column("text")[0].as_py(), posts.column("author_id")[1].as_py(), Path("leak.txt")):
        with pytest.raises(AssertionError):
            clean(leak)


@pytest.mark.parametrize("kind", list(Kind))
def test_check(kind: Kind, posts: pa.Table, people: pa.Table, clean: Clean, caplog: pytest.LogCaptureFixture) -> None:
    """Reports of every kind, in every form, and everything logged on the way."""
    caplog.set_level(logging.DEBUG)
    for table in (posts, people):
        report = gov.check(table, kind=kind)
        clean(report, repr(report), report_json(report), report_markdown(report), report_text(report), caplog.text)
        try:
            report.enforce()
        except gov.PolicyViolation as refusal:
            clean(refusal, repr(refusal), pickle.loads(pickle.dumps(refusal)), traceback.format_exc())  # noqa: S301 - our own error
    clean(Path("governance.db"))


@pytest.mark.parametrize("kind", ["posts", "working", "records"])
def test_remembered_evidence(kind: str, posts: pa.Table, people: pa.Table, clean: Clean, caplog: pytest.LogCaptureFixture) -> None:
    """What gates keep of a file for the next gate, also decrypted: no value, and no name of a column or a key, which may be a value too."""
    caplog.set_level(logging.DEBUG)
    nested = [{f"{MARK}_{n}": {"lat": float(f"48.{DIGITS}{n:05d}")} for n in range(3)}] * people.num_rows
    odd = people.append_column(f"visits_{MARK}_48.{DIGITS}12", people.column("lat")).append_column("nested", pa.array(nested))
    for name, table in (("posts", posts), ("people", odd)):
        pa.parquet.write_table(table, f"{name}.parquet")
        for again in (False, True):
            report = gov.check(f"{name}.parquet", kind, gate={"dag": "d", "task": "t", "instance": "-1"})
            assert report.remembered is again
            clean(caplog.text or "nothing")
    kept = [value for _, value in gov.Ledger.open().register("evidence").items()]
    assert [row["rows"] for row in kept] == [posts.num_rows, people.num_rows]
    said = json.dumps([{name: part for name, part in row.items() if name != "about"} for row in kept])
    clean(said, Path("governance.db"))
    names = {*posts.column_names, *people.column_names} - {"text", "lat", "latitude", "longitude", "handle", "phone", "mail", "customer"}
    assert not [name for name in names if f'"{name}"' in said]


def test_detect(posts: pa.Table, people: pa.Table, clean: Clean) -> None:
    """What the detector says of columns, its evidence included."""
    for table in (posts, people):
        found = gov.detect(table)
        clean(found, repr(found), found.to_json())


def test_broken_files(posts: pa.Table, people: pa.Table, clean: Clean) -> None:
    """Errors about damaged files name the place, not the content."""
    pa.csv.write_csv(people, "people.csv")
    text = Path("people.csv").read_text().splitlines()
    text[5] += ",one,too,many"
    Path("ragged.csv").write_text("\n".join(text))
    pa.parquet.write_table(posts, "posts.parquet")
    Path("cut.parquet").write_bytes(Path("posts.parquet").read_bytes()[:-200])
    for path in ("ragged.csv", "cut.parquet"):
        with pytest.raises(gov.BadRequest) as caught:
            gov.check(path)
        clean(caught.value, "".join(traceback.format_exception(caught.value)))


@pytest.mark.parametrize("output", ["text", "json", "markdown"])
def test_command_line(output: str, people: pa.Table, clean: Clean) -> None:
    """What the commands print, on both streams."""
    pa.csv.write_csv(people, "people.csv")
    for command in ("check", "detect"):
        call = [sys.executable, "-m", "governance", command, "people.csv", "--format", output]
        done = subprocess.run(call, check=False, capture_output=True, text=True)
        assert done.stdout
        clean(done.stdout, done.stderr or "nothing")
