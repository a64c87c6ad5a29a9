"""What a file holds outside its rows is found in every channel; opaque files are refused unopened; nothing prints a value."""

import io
import json
import pickle
import sqlite3
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from openpyxl.comments import Comment
from PIL import Image

import governance as gov
from governance.detection.artifacts import artifact_facts, scan_artifact
from governance.detection.artifacts.finding import ArtifactFinding
from governance.vocabulary import Family

MAIL = "someone@example.org"
SPOT = "48.85837, 2.29448"
CELL = "871fb4662ffffff"


def attributes(path: Path) -> None:
    """Pandas writes `attrs` into the file."""
    frame = pd.DataFrame({"n": [1, 2]})
    frame.attrs = {"home": [48.85837, 2.29448], "by": MAIL}
    frame.to_parquet(path)


def named_columns(path: Path) -> None:
    """A pivot makes column names of values."""
    pq.write_table(pa.table({f"n_{SPOT}": [1], CELL: [2]}), path)


def box(path: Path) -> None:
    """A GeoParquet box outlives the geometry it was made of."""
    geo = {"columns": {"geometry": {"encoding": "WKB", "bbox": [2.29, 48.85, 2.30, 48.86]}}}
    pq.write_table(pa.table({"n": [1]}).replace_schema_metadata({"geo": json.dumps(geo)}), path)


def field_metadata(path: Path) -> None:
    """A field carries a note."""
    pq.write_table(pa.table([pa.array([1])], schema=pa.schema([pa.field("n", pa.int64(), metadata={"note": f"seen at {SPOT}"})])), path)


def footer(path: Path) -> None:
    """Minima and maxima of a text column are whole values."""
    pq.write_table(pa.table({"t": [f"home {SPOT}", "x"]}), path)


def filtered_dictionary(path: Path) -> None:
    """A filtered dictionary keeps what was filtered away."""
    table = pa.table({"t": pa.array([MAIL, "b", "c"]).dictionary_encode()}).slice(1)
    (pyarrow.feather.write_feather if path.suffix == ".feather" else pq.write_table)(table, path)


def hidden_parts(path: Path) -> None:
    """A workbook with a hidden sheet, a hidden column, a comment and an author."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"], sheet["A2"] = "n", 1
    sheet["A1"].comment = Comment(f"ask {MAIL}", "a")
    sheet["C1"], sheet["C2"] = "zone", CELL
    sheet.column_dimensions["C"].hidden = True
    raw = book.create_sheet("raw")
    raw.append(["mail", "n"])
    for n in range(9):
        raw.append([f"u{n}@example.org", n])
    raw.sheet_state = "veryHidden"
    book.properties.creator = "A Person"
    book.save(path)


def photo(path: Path) -> None:
    """A picture that knows where it was taken."""
    picture = Image.new("RGB", (4, 4))
    exif = picture.getexif()
    exif[0x8825] = {1: "N", 2: (48.0, 51.0, 30.0), 3: "E", 4: (2.0, 17.0, 40.0)}
    picture.save(path, exif=exif)


def sqlite_file(path: Path) -> None:
    """A database with people in one table."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE people (mail TEXT, n INTEGER)")
        connection.executemany("INSERT INTO people VALUES (?, ?)", [(f"u{n}@example.org", n) for n in range(50)])


def duck_file(path: Path) -> None:
    """A DuckDB file with cells."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"CREATE TABLE t AS SELECT '{CELL}' AS zone FROM range(20)")


CASES = [
    (attributes, "a.parquet", "schema metadata", "location"),
    (attributes, "a.parquet", "schema metadata", "offx"),
    (named_columns, "a.parquet", "column name", "location"),
    (box, "a.parquet", "GeoParquet box", "location"),
    (field_metadata, "a.parquet", "metadata of n", "location"),
    (footer, "a.parquet", "footer statistics", "location"),
    (filtered_dictionary, "a.parquet", "dictionary leftovers", "offx"),
    (filtered_dictionary, "a.feather", "dictionary leftovers", "offx"),
    (hidden_parts, "a.xlsx", "veryHidden sheet", "offx"),
    (hidden_parts, "a.xlsx", "hidden column", "location"),
    (hidden_parts, "a.xlsx", "cell comments", "offx"),
    (hidden_parts, "a.xlsx", "document author", "offx"),
    (photo, "a.jpg", "picture position", "location"),
    (photo, "a.png", "picture position", "location"),
    (sqlite_file, "a.db", "table", "offx"),
    (duck_file, "a.duckdb", "table", "location"),
]


def found(path: Path) -> set[tuple[str, str]]:
    """Channels and families of what a scan finds."""
    return {(one.channel, str(one.family)) for one in scan_artifact(path)}


@pytest.mark.parametrize(("make", "name", "channel", "family"), CASES)
def test_channel(make: Callable[[Path], None], name: str, channel: str, family: str, tmp_path: Path) -> None:
    """Each channel gives up what it holds, and the finding holds no value."""
    make(tmp_path / name)
    assert (channel, family) in found(tmp_path / name)
    said = json.dumps([one.as_json() for one in scan_artifact(tmp_path / name)])
    assert not any(secret in said for secret in (MAIL, "48.85", "2.29", CELL, "A Person", "example.org"))


def test_a_clean_file_is_quiet(tmp_path: Path) -> None:
    """A plain table, a plain picture and a plain workbook hold nothing outside their rows."""
    pd.DataFrame({"n": [1, 2], "word": ["a", "b"]}).to_parquet(tmp_path / "a.parquet")
    Image.new("RGB", (4, 4)).save(tmp_path / "a.jpg")
    book = openpyxl.Workbook()
    book.active.append(["n", 1])
    book.save(tmp_path / "a.xlsx")
    assert [one for name in ("a.parquet", "a.jpg", "a.xlsx") for one in scan_artifact(tmp_path / name)] == []


class Trap:
    """Something that runs when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        """Write a file when loaded."""
        return (open, ("loaded.txt", "w"))


@pytest.mark.parametrize("name", ["a.pkl", "a.joblib", "a.csv"])
def test_pickles_are_refused_unopened(name: str, tmp_path: Path) -> None:
    """A pickle is told by its first bytes whatever it is called, and is never loaded."""
    (tmp_path / name).write_bytes(pickle.dumps(Trap()))
    assert [(one.channel, str(one.status)) for one in scan_artifact(tmp_path / name)] == [("opaque file", "review")]
    assert not (tmp_path / "loaded.txt").exists()


def test_numpy_files_are_refused(tmp_path: Path) -> None:
    """An array file is opaque too."""
    np.save(tmp_path / "a.npy", np.zeros(3))
    assert [one.channel for one in scan_artifact(tmp_path / "a.npy")] == ["opaque file"]


def test_names_of_folders_and_files(tmp_path: Path) -> None:
    """Partition keys, escaped ones too, and file names are values; findings mask them."""
    for folder in ("lat=48.858/lon=2.294", "mail=someone%40example.org", f"zone={CELL}", "customer_id=u1"):
        (tmp_path / "set" / folder).mkdir(parents=True)
        pq.write_table(pa.table({"n": [1]}), tmp_path / "set" / folder / "part-0.parquet")
    pq.write_table(pa.table({"n": [1]}), tmp_path / "set" / "visits_48.8584_2.2945.parquet")
    findings = scan_artifact(tmp_path / "set")
    assert {(one.where, one.label) for one in findings} == {
        ("lat=", "location.latitude"),
        ("lon=", "location.longitude"),
        ("mail=", "off_x.person"),
        ("zone=", "location.cell:7"),
        ("customer_id=", "off_x.person"),
        ("file name", "location.point"),
    }


def test_values_under_nulls(tmp_path: Path) -> None:
    """Arrow files keep numbers under a null mask: the count is reported, for review."""
    values = pa.Array.from_buffers(pa.float64(), 2, [pa.py_buffer(b"\x01"), pa.py_buffer(np.array([1.5, 48.85837]).tobytes())])
    pyarrow.feather.write_feather(pa.table({"v": values}), tmp_path / "a.feather", compression="uncompressed")
    assert [(one.channel, one.count, str(one.status)) for one in scan_artifact(tmp_path / "a.feather")] == [
        ("values under nulls", 1, "review")
    ]


def test_deleted_pages_of_a_database(tmp_path: Path) -> None:
    """Pages of deleted rows stay in a SQLite file until it is rewritten."""
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("CREATE TABLE t (v TEXT)")
        connection.executemany("INSERT INTO t VALUES (?)", [("x" * 500,)] * 500)
        connection.commit()
        connection.execute("DELETE FROM t")
    assert ("deleted pages", "none") in found(tmp_path / "a.db")


@pytest.mark.parametrize("content", [b"PAR1 broken", b"ARROW1\0\0 broken", b"SQLite format 3\0 broken", b"PK\x03\x04 broken"])
def test_damaged_files_are_bad_requests(content: bytes, tmp_path: Path) -> None:
    """A damaged file is a bad request that names the file and quotes nothing of it."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(content + SPOT.encode())
    with pytest.raises(gov.BadRequest, match=r"a\.xlsx") as caught:
        scan_artifact(path)
    assert "48.85" not in str(caught.value)


def test_a_missing_file_is_a_bad_request() -> None:
    """There is nothing to scan."""
    with pytest.raises(gov.BadRequest, match="no such file"):
        scan_artifact("gone.parquet")


def test_facts_for_the_rules(tmp_path: Path) -> None:
    """Rules read counts by family; statistics, which only repeat rows, do not count."""
    attributes(tmp_path / "a.parquet")
    footer(tmp_path / "b.parquet")
    facts = artifact_facts([*scan_artifact(tmp_path / "a.parquet"), *scan_artifact(tmp_path / "b.parquet")])
    assert set(facts) == {"artifact_location", "artifact_offx"}
    assert artifact_facts([]) == {}


def test_findings_are_plain_data() -> None:
    """A finding's JSON has the same keys always."""
    one = ArtifactFinding(channel="path", where="x", count=1, family=Family.NONE)
    assert set(one.as_json()) == {"channel", "where", "count", "family", "holds", "status"}


def test_bytes_of_a_cleaned_table() -> None:
    """What was filtered, dropped or masked is gone from the bytes of Parquet, Arrow and pickle after `clean_table`."""
    secret = MAIL
    table = pa.table(
        {
            "kind": pa.array([secret, "b", "c"]).dictionary_encode(),
            "text": [secret, "d", "e"],
            "nested": [{"m": secret}, {"m": "f"}, None],
            "list": [[secret], ["g"], []],
            "n": pa.array([1, None, 3]),
        },
    ).replace_schema_metadata({"note": secret, "geo": "{}"})
    kept = table.slice(1)
    assert secret.encode() in written(kept)
    cleaned = gov.clean_table(kept)
    assert secret.encode() not in written(cleaned)
    assert secret.encode() not in pickle.dumps(cleaned)
    assert cleaned.to_pylist() == kept.to_pylist()
    assert cleaned.schema.metadata is None


def test_numbers_under_nulls_are_gone_after_cleaning() -> None:
    """A number under the null mask does not survive, in any width."""
    hidden = np.array([1.5, 48.858370123])
    values = pa.Array.from_buffers(pa.float64(), 2, [pa.py_buffer(b"\x01"), pa.py_buffer(hidden.tobytes())])
    assert hidden.tobytes()[8:] in ipc(pa.table({"v": values}))
    assert hidden.tobytes()[8:] not in ipc(gov.clean_table(pa.table({"v": values})))


def ipc(table: pa.Table) -> bytes:
    """The bytes of an Arrow file."""
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def written(table: pa.Table) -> bytes:
    """The bytes of a Parquet file and an Arrow file of a table."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="none")
    return sink.getvalue() + ipc(table)


def test_footer_bounds_that_python_cannot_hold_are_no_crash() -> None:
    """Dates beyond the year 9999 and texts that are no UTF-8 in the footer are passed over; a label beside such bytes is found."""
    cells = [b"caf\xe9", MAIL.encode() + b" \xe9"]
    texts = pa.Array.from_buffers(pa.string(), len(cells), pa.array(cells, pa.binary()).buffers())
    pq.write_table(pa.table({"day": pa.array([2**30, -(2**30)], pa.date32()), "note": texts}), "bounds.parquet")
    found = scan_artifact(Path("bounds.parquet"))
    assert [f.channel for f in found] == ["footer statistics"]


def test_a_dictionary_of_text_that_is_no_utf_8_is_worded() -> None:
    """A dictionary that can't be decoded is a refusal that names the file, without the text."""
    cells = [b"open", b"caf\xe9 secret"]
    texts = pa.Array.from_buffers(pa.string(), len(cells), pa.array(cells, pa.binary()).buffers())
    pq.write_table(pa.table({"note": pa.DictionaryArray.from_arrays(pa.array([0, 1, 0], pa.int32()), texts)}), "coded.parquet")
    with pytest.raises(gov.BadRequest, match=r"coded\.parquet: holds text that is no UTF-8") as refused:
        scan_artifact(Path("coded.parquet"))
    assert refused.value.__suppress_context__
    assert "secret" not in str(refused.value)
