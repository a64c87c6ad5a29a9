"""What a gate measured is used by the next gate of the same bytes alone; the decision is made anew, and doubt measures again."""

import os
import re
import shutil
import sqlite3
import sys
from collections.abc import Callable
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import governance as gov
from governance import detection, engines
from governance.detection import Detected, detect_source
from governance.engines import open_table
from governance.ledger import Ledger
from governance.model import Report
from governance.reporting import report_json, report_text
from governance.verbs import remembering

GATE = {"dag": "d", "task": "t", "instance": "-1"}
ROWS = 400
LEDGER = "sqlite:///book.db"


def posts(**other: Any) -> pa.Table:  # noqa: ANN401 - columns of any type
    """Whole Posts, some columns exchanged."""
    rng = np.random.default_rng(1)
    columns = {
        "post_id": [str(1_700_000_000_000_000_000 + n) for n in range(ROWS)],
        "author_id": [str(10_000 + n % 70) for n in range(ROWS)],
        "text": ["sandbags at the bridge"] * ROWS,
        "latitude": rng.normal(48, 3, ROWS).round(5),
        "longitude": rng.normal(11, 5, ROWS).round(5),
    }
    return pa.table(columns | other)


def gate(path: str = "p.parquet", kind: str | None = "posts", **other: Any) -> Report:  # noqa: ANN401 - arguments of check
    """One gate."""
    return gov.check(path, kind, ledger=other.pop("ledger", LEDGER), gate=GATE, **other)


@pytest.fixture(autouse=True)
def _data() -> None:
    pq.write_table(posts(), "p.parquet")


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the tables whose rows were looked at."""
    seen: list[str] = []

    def look(table: Any) -> tuple[Detected, ...]:  # noqa: ANN401 - a table
        seen.append(table.name)
        return detect_source(table)

    monkeypatch.setattr(remembering, "detect_source", look)
    return seen


def rows() -> list[dict[str, Any]]:
    """What is kept."""
    return [value for _, value in Ledger.open(LEDGER).register("evidence").items()]


def test_the_same_bytes_are_measured_once(measured: list[str]) -> None:
    """The second gate takes all numbers from the ledger and decides the same; report, text and journal say so."""
    first, second = gate(), gate()
    assert (first.remembered, second.remembered) == (False, True)
    assert len(measured) == 1
    same = {"entry": "", "remembered": False}
    assert report_json(first) | same == report_json(second) | same
    assert first.columns == second.columns
    assert first.data_sha256 == second.data_sha256 != ""
    assert report_json(second)["remembered"] is True
    assert "Measured by an earlier gate of the same bytes, decided now." in report_text(second)
    assert [entry.facts.get("remembered") for entry in Ledger.open(LEDGER).entries("gate")] == [None, True]
    assert Ledger.open(LEDGER).verify().intact


def test_only_gates_remember(measured: list[str]) -> None:
    """A check that is no gate neither keeps nor uses anything."""
    gov.check("p.parquet", "posts", ledger=LEDGER)
    assert rows() == []
    gate()
    assert gov.check("p.parquet", "posts", ledger=LEDGER).remembered is False
    assert len(measured) == 3


def test_it_can_be_switched_off(measured: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """GOVERNANCE_REMEMBER=no measures every time, also what is kept already."""
    gate()
    monkeypatch.setenv("GOVERNANCE_REMEMBER", "no")
    assert not gate().remembered
    assert len(measured) == 2
    assert len(rows()) == 1


def test_a_word_that_says_neither_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistyped switch is refused, not taken for yes; the words for yes and no are told apart in any case."""
    for word, on in {"YES": True, "1": True, "": True, "off": False, " No ": False, "false": False}.items():
        monkeypatch.setenv("GOVERNANCE_REMEMBER", word)
        assert remembering.remembers() is on
    monkeypatch.setenv("GOVERNANCE_REMEMBER", "nope")
    with pytest.raises(gov.BadRequest, match="GOVERNANCE_REMEMBER is neither yes nor no"):
        gate()


def test_every_reader_that_the_detector_imports_is_named() -> None:
    """Another version of any package that detection imports is other code."""
    imported = re.compile(r"^\s*(?:import|from) (\w+)", re.MULTILINE)
    files = [*Path(detection.__file__).parent.rglob("*.py"), *Path(engines.__file__).parent.rglob("*.py")]
    names = {name for file in files for name in imported.findall(file.read_text())}
    by_name = packages_distributions()
    used = {by_name[name][0].lower().replace("_", "-") for name in names - sys.stdlib_module_names - {"governance"} if name in by_name}
    assert used <= set(remembering._READERS)


def test_the_decision_is_made_anew(measured: list[str]) -> None:
    """The same evidence is judged by the kind, the declarations and the thresholds of today."""
    assert gate().outcome == "pass"
    assert {f.rule for f in gate(kind="working")} >= {"LOC001"}
    assert len(measured) == 1
    Path("governance.yml").write_text(
        "version: 1\ndatasets:\n  p:\n    kind: posts\n    location: p.parquet\n    columns: {text: {holds: off_x.person}}\n"
    )
    changed = gate(kind=None)
    assert changed.outcome != "pass"
    assert {c.name: c.label for c in changed.columns}["text"] == "off_x.person"
    assert len(measured) == 1


def test_numbers_that_nobody_asked_for_are_measured_then(measured: list[str]) -> None:
    """Another kind asks for other numbers: they are measured from the file, kept beside the others, and the gate is no remembered one."""
    shuffled = posts().take(pa.array(np.random.default_rng(2).permutation(ROWS)))
    pq.write_table(pa.concat_tables([shuffled, shuffled.slice(0, 3)]), "p.parquet")
    assert not gate(kind="working").remembered
    second = gate()
    assert not second.remembered
    assert [f.count for f in second if f.rule == "LOC001"] == [3]
    third = gate()
    assert third.remembered
    assert third.findings == second.findings
    assert len(measured) == 1
    assert len(rows()) == 1


def test_other_bytes_of_the_same_size_and_time_are_measured(measured: list[str]) -> None:
    """The fingerprint is one of content: size, inode and times of the file say nothing."""
    Path("note.csv").write_text("note\n" + "closed\n" * 50)
    before = Path("note.csv").stat()
    assert gate("note.csv", "working").outcome == "pass"
    with Path("note.csv").open("r+") as file:
        file.write("note\njo@a.b\n")  # as long as what was there
    os.utime("note.csv", ns=(before.st_atime_ns, before.st_mtime_ns))
    after = Path("note.csv").stat()
    assert (after.st_size, after.st_ino, after.st_mtime_ns) == (before.st_size, before.st_ino, before.st_mtime_ns)
    second = gate("note.csv", "working")
    assert not second.remembered
    assert len(measured) == 2
    assert len(rows()) == 2


def test_swapped_data_is_measured(measured: list[str]) -> None:
    """A file put in another's place, and a column renamed, are measured; the first file put back is known."""
    shutil.copy("p.parquet", "first.parquet")
    gate()
    pq.write_table(posts(text=[""] * ROWS, author_id=[""] * ROWS), "p.parquet")
    assert gate().outcome == "fail"
    pq.write_table(posts().rename_columns(["post_id", "author_id", "text", "latitude", "other"]), "p.parquet")
    assert not gate().remembered
    shutil.copy("first.parquet", "p.parquet")
    assert gate().remembered
    assert len(measured) == 3


@pytest.mark.parametrize("part", ["library", "rules", "detector", "reader"])
def test_other_code_measures_again(part: str, measured: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Evidence of another version of the library, its rules, its detector or a reader is not used."""
    gate()
    at = {"library": 0, "rules": 1, "detector": 2, "reader": 3}[part]
    made = list(remembering.made_with())
    made[at] += "x"
    monkeypatch.setattr(remembering, "made_with", lambda: tuple(made))
    assert not gate().remembered
    assert len(measured) == 2


def with_row(change: Callable[[bytes], object]) -> None:
    """Change the encrypted row from outside."""
    with sqlite3.connect("book.db") as book:
        ((seq, payload),) = book.execute("SELECT seq, payload FROM governance_register WHERE register = 'evidence'").fetchall()
        book.execute("UPDATE governance_register SET payload = ? WHERE seq = ?", (change(payload), seq))
    book.close()


TAMPERED: dict[str, Callable[[bytes], object]] = {
    "bit": lambda payload: payload[:-1] + bytes([payload[-1] ^ 1]),
    "cut": lambda payload: payload[:20],
    "empty": lambda _payload: b"",
    "short": lambda payload: payload[:3],
    "text": lambda _payload: "abc",
    "whole number": lambda _payload: 40,
    "number": lambda _payload: 1.5,
}


@pytest.mark.parametrize("change", TAMPERED)
def test_a_tampered_row_is_measured_again(change: str, measured: list[str], caplog: pytest.LogCaptureFixture) -> None:
    """One bit, a cut row, an empty row, a value of another type: a notice, a measurement, and a sound row in its place."""
    gate()
    with_row(TAMPERED[change])
    assert not gate().remembered
    assert "is measured again" in caplog.text
    assert gate().remembered
    assert len(measured) == 2


def test_a_row_of_another_type_leaves_the_register_in_use(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A register over its bound with a value that is no payload can't be shortened: a notice, and the gate decides."""
    gate()
    with_row(lambda _payload: "abc")
    monkeypatch.setattr(remembering, "KEPT", 1)
    pq.write_table(posts(text=["another"] * ROWS), "p.parquet")
    assert gate().outcome == "pass"
    assert "can't be shortened" in caplog.text


@pytest.mark.parametrize("change", ["about", "columns", "number", "unknown", "negative", "type"])
def test_a_partial_or_foreign_row_is_measured_again(change: str, measured: list[str], caplog: pytest.LogCaptureFixture) -> None:
    """A row that is sound but about anything else, or not whole, is not believed."""
    gate()
    register = Ledger.open(LEDGER).register("evidence")
    ((key, row),) = register.items()
    number = row["numbers"][0]
    changed: dict[str, Any] = {
        "about": row | {"about": "0" * 64},
        "columns": row | {"columns": row["columns"][:-1]},
        "number": row | {"numbers": [number | {"columns": [99]}]},
        "unknown": row | {"more": 1},
        "negative": row | {"numbers": [number | {"count": -1}]},
        "type": row | {"rows": "many"},
    }
    register.put(key, changed[change])
    assert not gate().remembered
    assert "is measured again" in caplog.text
    assert len(measured) == 2


def test_a_row_of_another_file_put_under_this_one_is_not_believed(measured: list[str]) -> None:
    """Two encrypted rows that change places in the database are both measured again."""
    pq.write_table(posts(text=[""] * ROWS, author_id=[""] * ROWS), "q.parquet")
    assert (gate().outcome, gate("q.parquet").outcome) == ("pass", "fail")
    with sqlite3.connect("book.db") as book:
        (one, first), (two, second) = book.execute("SELECT seq, payload FROM governance_register WHERE register = 'evidence'").fetchall()
        book.executemany("UPDATE governance_register SET payload = ? WHERE seq = ?", [(second, one), (first, two)])
    book.close()
    assert (gate().outcome, gate("q.parquet").outcome) == ("pass", "fail")
    assert len(measured) == 4


def test_another_ledger_knows_nothing(measured: list[str]) -> None:
    """Evidence in one ledger is none in another, which has a key of its own; tables in memory are measured each time."""
    gate()
    Path("other").mkdir()
    gate(ledger="sqlite:///other/book.db")
    table = posts()
    for _ in range(2):
        assert not gov.check(table, "posts", ledger=LEDGER, gate=GATE).remembered
    assert len(measured) == 4


def test_a_file_that_changes_meanwhile_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was measured of a file that somebody wrote to stands for nothing, and is not kept."""

    def meddle(table: Any) -> tuple[Detected, ...]:  # noqa: ANN401 - a table
        found = detect_source(table)
        pq.write_table(posts(text=["another"] * ROWS), "p.parquet")
        return found

    monkeypatch.setattr(remembering, "detect_source", meddle)
    with pytest.raises(gov.PolicyViolation, match="changed while it was checked"):
        gate()
    assert rows() == []


@pytest.mark.parametrize("how", ["copy", "rename", "link"])
def test_a_file_that_is_another_for_a_while_is_refused(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other data that stands under the path while rows are looked at, and is gone after, is not kept as evidence of the first."""
    path, first, other = Path("p.parquet"), Path("first.parquet"), Path("other.parquet")
    pq.write_table(posts(text=["another"] * ROWS), other)
    shutil.copy(path, first)
    if how == "link":
        path.unlink()
        path.symlink_to(first)

    def put(file: Path) -> None:
        if how == "copy":
            shutil.copy(file, path)
            return
        path.unlink()
        path.symlink_to(file) if how == "link" else os.link(file, path)

    def meddle(table: Any) -> tuple[Detected, ...]:  # noqa: ANN401 - a table
        put(other)
        found = detect_source(table)
        put(first)
        return found

    monkeypatch.setattr(remembering, "detect_source", meddle)
    with pytest.raises(gov.PolicyViolation, match="changed while it was checked"):
        gate()
    assert rows() == []


def test_a_file_that_is_gone_meanwhile_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that was removed after its rows were looked at is one that changed."""

    def meddle(table: Any) -> tuple[Detected, ...]:  # noqa: ANN401 - a table
        found = detect_source(table)
        Path("p.parquet").unlink()
        return found

    monkeypatch.setattr(remembering, "detect_source", meddle)
    with pytest.raises(gov.GovernanceError):
        gate()


def test_the_register_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound the oldest quarter is erased; erasing all is honoured, and the chain still holds."""
    monkeypatch.setattr(remembering, "KEPT", 8)
    for n in range(10):
        Path("n.csv").write_text(f"note\nnumber {n}\n")
        gate("n.csv", "working")
    assert len(rows()) == 7
    assert gate("n.csv", "working").remembered
    ledger = Ledger.open(LEDGER)
    for key in [key for key, _ in ledger.register("evidence").items()]:
        ledger.register("evidence").erase(key)
    assert not gate("n.csv", "working").remembered
    assert ledger.verify().intact


def test_folders_are_known_by_their_paths(measured: list[str]) -> None:
    """A partition's value stands in its path: the same bytes under another name are another table."""
    Path("folder/state=open").mkdir(parents=True)
    pq.write_table(pa.table({"n": range(50)}), "folder/state=open/a.parquet")
    gate("folder", "working")
    assert gate("folder", "working").remembered
    Path("folder/state=open").rename("folder/state=done")
    assert not gate("folder", "working").remembered
    assert len(measured) == 2


TEXTS = st.sampled_from(["open", "", "jo@example.org", "at 48.13743, 11.57549", "AKIA" + "Q" * 16, "4.5", "sandbags"])


@settings(max_examples=25)
@given(
    st.lists(st.tuples(TEXTS, st.one_of(st.none(), st.floats(-90, 90))), min_size=1, max_size=40), st.sampled_from(["working", "records"])
)
def test_remembered_is_what_would_be_measured(cells: list[tuple[str, float | None]], kind: str) -> None:
    """Whatever the data is, the remembered report says what the measured one said, and the columns are equal in all they carry."""
    texts, numbers = zip(*cells, strict=True)
    pq.write_table(pa.table({"note": texts, "lat": pa.array(numbers, pa.float64())}), "drawn.parquet")
    Path("drawn.db").unlink(missing_ok=True)
    first, second = (gate("drawn.parquet", kind, ledger="sqlite:///drawn.db") for _ in range(2))
    assert second.remembered
    assert (first.columns, first.findings, first.rules) == (second.columns, second.findings, second.rules)
    table = open_table(Path("drawn.parquet").resolve())
    register = Ledger.open("sqlite:///drawn.db").register("evidence")
    assert len(register) == 1
    assert table.row_count == next(register.items())[1]["rows"]
