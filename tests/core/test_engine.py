"""The embedded engine: what people hold becomes a table, measures are right, errors name the place and never a value."""

import gzip
import os
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import governance as gov
from governance.engines import open_table
from governance.errors import BadRequest
from governance.model import Measure

FRAME = pd.DataFrame({"a": [1, 2, 2], "b": ["x", None, "z"]})


def forms() -> dict[str, object]:
    """The same three rows in every form."""
    FRAME.to_csv("t.csv", index=False)
    FRAME.to_csv("semicolon.csv", index=False, sep=";")
    FRAME.to_csv("t.tsv", index=False, sep="\t")
    FRAME.to_parquet("t.parquet")
    FRAME.to_json("t.jsonl", orient="records", lines=True)
    FRAME.to_json("t.json", orient="records")
    FRAME.to_excel("t.xlsx", index=False)
    table = pa.Table.from_pandas(FRAME, preserve_index=False)
    pyarrow.feather.write_feather(table, "t.feather")
    Path("t.csv.gz").write_bytes(gzip.compress(Path("t.csv").read_bytes()))
    Path("part/p=1").mkdir(parents=True)
    FRAME.to_parquet("part/p=1/0.parquet")
    paths = ["t.csv", "semicolon.csv", "t.tsv", "t.parquet", "t.jsonl", "t.json", "t.xlsx", "t.feather", "t.csv.gz"]
    return {
        **{path: path for path in paths},
        "pandas": FRAME,
        "polars": pl.from_arrow(table),
        "lazy polars": pl.from_arrow(table).lazy(),
        "arrow": table,
        "batch": table.to_batches()[0],
        "reader": table.to_reader(),
        "relation": duckdb.sql("SELECT * FROM (VALUES (1, 'x'), (2, NULL), (2, 'z')) t(a, b)"),
    }


def test_every_form_is_the_same_table() -> None:
    """A path, a frame and a relation measure alike."""
    asked = [Measure("rows"), Measure("duplicates", ("a",)), Measure("nulls", ("b",))]
    for name, data in forms().items():
        table = open_table(data)
        assert [column for column, _ in table.columns] == ["a", "b"], name
        assert list(table.measure(asked).numbers.values()) == [3, 1, 1], name
    assert [name for name, _ in open_table("part").columns] == ["a", "b", "p"]


def test_an_index_is_a_column() -> None:
    """A pandas index that carries data is measured like a column."""
    table = open_table(FRAME.set_index("b"))
    assert {name for name, _ in table.columns} == {"a", "b"}


BROKEN = {
    "empty.csv": (b"", "empty.csv:1: is empty"),
    "latin.csv": ("a,b\n1,x\n2,caf\xe9\n".encode("latin-1"), "latin.csv:3:"),
    "ragged.csv": (b"a,b\n1,2\n1,2,3\n", "ragged.csv:3:"),
    "short.tsv": (b"a\tb\n1\t'2\n'\n1\n", "short.tsv:3:"),
    "quoted.csv": (b'a,b\n1,"two\nlines"\n1,2,3\n', "quoted.csv:4:"),
    "packed.csv.gz": (gzip.compress(b"a;b\n1;2\n1;2;3\n"), "packed.csv.gz:3:"),
    "cut.jsonl": (b'{"a": 1}\n\n{"a":\n{"a": 3}\n', "cut.jsonl:3:"),
    "zero.parquet": (b"", "zero.parquet:1: is empty"),
    "cut.parquet": (b"PAR1xx", "cut.parquet"),
    "bad.json": (b'{"a": 1}\n{"a": ', "bad.json"),
    "text.xyz": (b"x", "no reader for `.xyz`"),
    "no.xlsx": (b"x", "no.xlsx"),
    "no.feather": (b"x", "no.feather"),
    "no.csv.gz": (b"not gzip", "no.csv.gz"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_a_bad_request(name: str) -> None:
    """One sentence that names the file (and the line where there is one); never the content."""
    content, said = BROKEN[name]
    Path(name).write_bytes(content)
    with pytest.raises(BadRequest) as caught:
        assert open_table(name).row_count
    assert said in str(caught.value)
    assert "caf" not in str(caught.value)
    assert "Hint:" in str(caught.value)


def test_damage_in_the_middle_is_a_bad_request() -> None:
    """A file whose pages are damaged is refused while it streams; so is text in memory that is no UTF-8."""
    rng = np.random.default_rng(3)
    pd.DataFrame({"n": [f"ticket {n}" for n in range(200_000)]}).to_parquet("damaged.parquet", compression="snappy", row_group_size=20_000)
    content = bytearray(Path("damaged.parquet").read_bytes())
    content[len(content) // 2 : len(content) // 2 + 5_000] = rng.bytes(5_000)
    Path("damaged.parquet").write_bytes(content)
    with pytest.raises(BadRequest, match=r"^damaged\.parquet: can't be read as a table"):
        gov.check("damaged.parquet")
    offsets, data = pa.py_buffer(np.array([0, 4, 12], np.int32)), pa.py_buffer(b"abcd\xff\xfesecret")
    with pytest.raises(BadRequest, match="no UTF-8") as caught:
        gov.check(pa.table({"a": pa.Array.from_buffers(pa.string(), 2, [None, offsets, data])}))
    assert "secret" not in str(caught.value)


def test_missing_forbidden_and_folders() -> None:
    """A path that is not there, may not be read, or is a folder without data says so."""
    Path("folder").mkdir()
    for path, said in (("nowhere.csv", "No such file"), ("folder", "a directory without Parquet files")):
        with pytest.raises(BadRequest, match=said):
            open_table(path)
    with pytest.raises(BadRequest, match="a int is no table"):
        open_table(3)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become someone else")
def test_no_permission() -> None:
    """A file that may not be read is a bad request; tried as another user, since root may read all."""
    folder = Path("/tmp") / f"governance-permission-{os.getpid()}"  # noqa: S108 - another user must reach it
    folder.mkdir(mode=0o755)
    secret = folder / "secret.csv"
    secret.write_text("a\n1\n")
    secret.chmod(0o600)
    os.seteuid(65534)
    try:
        with pytest.raises(BadRequest, match="Permission denied"):
            open_table(secret)
    finally:
        os.seteuid(0)
        secret.unlink()
        folder.rmdir()


@given(
    st.lists(
        st.tuples(st.one_of(st.none(), st.integers(-5, 5)), st.one_of(st.none(), st.text("ab1", max_size=3))),
        min_size=1,
        max_size=30,
    ),
)
def test_measures_agree_with_python(rows: list[tuple[int | None, str | None]]) -> None:
    """Each measure counts what plain Python counts."""
    numbers, texts = [n for n, _ in rows], [t for _, t in rows]
    table = open_table(pa.table({"n": pa.array(numbers, pa.int64()), "t": pa.array(texts, pa.string())}))
    kept = [n for n in numbers if n is not None]
    moving = {t for t in texts if t is not None and len({n for n, u in rows if u == t and n is not None}) >= 2}
    expected = {
        Measure("rows"): len(rows),
        Measure("nulls", ("n",)): numbers.count(None),
        Measure("empty", ("t",)): sum(not t for t in texts),
        Measure("distinct", ("n",)): len(set(kept)),
        Measure("duplicates", ("n",)): len(kept) - len(set(kept)),
        Measure("below", ("n",), 0.0): sum(n < 0 for n in kept),
        Measure("unlike", ("t",), "a*"): sum(t is not None and t.strip("a") != "" for t in texts),
        Measure("like", ("t",), "b"): sum("b" in (t or "") for t in texts),
        Measure("several", ("t", "n")): len(moving),
    }
    assert table.measure(list(expected)).numbers == expected


def test_an_unknown_column_is_absent() -> None:
    """What can't be measured is missing from the evidence, so that the rule is open."""
    assert Measure("nulls", ("zz",)) not in open_table(FRAME).measure([Measure("nulls", ("zz",))]).numbers


def test_a_column_name_can_not_inject() -> None:
    """A column name is an identifier whatever it holds."""
    name = 'a" FROM data; DROP VIEW data; --'
    table = open_table(pa.table({name: [1, None]}))
    assert table.measure([Measure("nulls", (name,))]).numbers[Measure("nulls", (name,))] == 1


def test_fingerprint_follows_the_bytes() -> None:
    """Another content is another fingerprint; a table in memory has none."""
    Path("t.csv").write_text("a\n1\n")
    first = open_table("t.csv").fingerprint()
    Path("t.csv").write_text("a\n2\n")
    assert first != open_table("t.csv").fingerprint()
    assert open_table(FRAME).fingerprint() == ""


@pytest.mark.parametrize("coded", [True, False])
def test_text_that_is_no_utf_8_is_refused_by_either_reader(coded: bool) -> None:
    """A Parquet text of other bytes is refused with the file's name, whether the engine reads it or the shortcut, and is not quoted."""
    cells = [b"open"] * 100 + [b"caf\xe9 secret"]
    texts = pa.Array.from_buffers(pa.string(), len(cells), pa.array(cells, pa.binary()).buffers())
    pq.write_table(pa.table({"note": texts}), "u.parquet", use_dictionary=coded, write_statistics=False)
    table = open_table("u.parquet")
    for read in (table.batches, table.coded_batches):
        with pytest.raises(BadRequest, match=r"u\.parquet: can't be read as a table") as refused:
            list(read())
        assert "UTF-8" in refused.value.hint
        assert "secret" not in str(refused.value)
        assert refused.value.__suppress_context__
