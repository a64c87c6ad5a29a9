"""Tables: mapping by name, every library's form, types as people have them, only the columns that are asked for."""

import gzip
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from governance.content import POST_LABELS, POST_SCHEMA, read_posts, recognise
from governance.errors import BadRequest
from governance.vocabulary import is_label
from tests.content.x_shapes import post, reasons, rows, write

FRAME = pd.DataFrame(
    {
        "tweet_id": ["1249702384659554308", "1249702384659554309", "3"],
        "user": ["5", "6", "6"],
        "lat": [48.57, None, 48.4],
        "lon": [13.45, None, 9.99],
        "when": pd.to_datetime(["2026-11-01T10:00:00Z", "2026-11-02T10:00:00Z", None]),
        "tags": ["Flood;rain", None, "#Ulm"],
    },
)
MAPPING = {"author_id": "user", "created_at": "when", "hashtags": "tags"}
EXPECTED = [
    ("1249702384659554308", "5", datetime(2026, 11, 1, 10, tzinfo=UTC), ["flood", "rain"], 48.57, 13.45),
    ("1249702384659554309", "6", datetime(2026, 11, 2, 10, tzinfo=UTC), None, None, None),
    ("3", "6", None, ["ulm"], 48.4, 9.99),
]
COLUMNS = ("post_id", "author_id", "created_at", "hashtags", "latitude", "longitude")


def forms() -> Iterator[tuple[str, object]]:
    """The same three rows in every form."""
    FRAME.to_csv("t.csv", index=False)
    FRAME.to_csv("t.tsv", index=False, sep="\t")
    Path("t.csv.gz").write_bytes(gzip.compress(Path("t.csv").read_bytes()))
    FRAME.to_parquet("t.parquet")
    table = pa.Table.from_pandas(FRAME, preserve_index=False)
    pyarrow.feather.write_feather(table, "t.feather", compression="uncompressed")
    with pa.OSFile("t.arrow", "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    for name in ("t.csv", "t.tsv", "t.csv.gz", "t.parquet", "t.feather", "t.arrow"):
        yield name, Path(name)
    yield "pandas", FRAME
    yield "arrow", table
    yield "record batch", table.to_batches()[0]
    yield "polars", pl.from_pandas(FRAME)
    yield "lazy polars", pl.from_pandas(FRAME).lazy()
    yield "duckdb", duckdb.sql("select * from FRAME")


def test_every_form_gives_the_same_rows() -> None:
    """CSV, TSV, Parquet, Arrow files, pandas, pyarrow, Polars and DuckDB hold the same Posts."""
    for name, form in forms():
        posts = read_posts(form, columns=MAPPING)
        found = [tuple(row.values()) for row in posts.to_arrow(COLUMNS).to_pylist()]
        assert found == EXPECTED, name
        assert not posts.rejected, name
        assert posts.to_arrow().schema.equals(pa.schema([field for field in POST_SCHEMA if field.name != "raw"])), name


def test_a_canonical_table_reads_itself() -> None:
    """What a scan gives, written to Parquet, is read back unchanged, format of origin included."""
    table = read_posts(FRAME, columns=MAPPING).to_arrow()
    pq.write_table(table, "posts.parquet")
    again = read_posts("posts.parquet")
    assert again.to_arrow().equals(table)
    assert (again.row_count, again.formats) == (3, ("parquet",))


def test_names_that_can_mean_one_thing_need_no_mapping() -> None:
    """The names of public data sets are known, whatever their case."""
    frame = pd.DataFrame({"Status_ID": ["1"], "user_id": ["2"], "LAT": [48.0], "lng": [9.0], "full_text": ["x #A"]})
    assert rows(frame, "post_id", "author_id", "latitude", "longitude", "text", "hashtags") == [
        {"post_id": "1", "author_id": "2", "text": "x #A", "hashtags": ["a"], "latitude": 48.0, "longitude": 9.0},
    ]


def test_a_pair_in_one_column_is_never_guessed() -> None:
    """`tweet_coord` says "[a, b]" without saying which is which: no location is read from it."""
    frame = pd.DataFrame({"tweet_id": ["1"], "user_id": ["2"], "tweet_coord": ["[40.7, -74.0]"], "coordinates": ["-74.0 40.7"]})
    assert rows(frame, "latitude", "longitude") == [{"latitude": None, "longitude": None}]


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"author_id": "nobody"}, "no column `nobody`"),
        ({"person": "user"}, "`person` is no column of the canonical Post table"),
        ({}, "no column for author_id"),
    ],
)
def test_a_mapping_that_cannot_be(mapping: dict[str, str], words: str) -> None:
    """A source column that is missing, a name that is not canonical, an id that nobody named."""
    with pytest.raises(BadRequest, match=words):
        read_posts(FRAME, columns=mapping)


def test_a_table_may_know_its_authors_by_handle_alone() -> None:
    """Such Posts are read, without author ids, each of which is counted as missing: nothing is put in their place."""
    frame = pd.DataFrame({"tweet_id": ["1"], "screen_name": ["someone"], "text": ["x"]})
    posts = read_posts(frame)
    assert posts.to_arrow(["author_id", "author_handle"]).to_pylist() == [{"author_id": None, "author_handle": "someone"}]
    assert posts.rejected.counts == {"missing-author": 1}


def test_a_mapping_concerns_the_tables_of_a_list() -> None:
    """JSON files beside them have their own names."""
    FRAME.to_csv("t.csv", index=False)
    lines = write("posts.jsonl", post("7"))
    assert [row["post_id"] for row in rows(["t.csv", lines], "post_id", mapping=MAPPING)] == [row[0] for row in EXPECTED] + ["7"]


def test_half_a_pair_is_refused() -> None:
    """A latitude without a longitude column is a mistake of the call, not of each row."""
    with pytest.raises(BadRequest, match="no column for longitude"):
        read_posts(FRAME.drop(columns="lon"), columns=MAPPING)


@pytest.mark.parametrize(
    ("values", "kept", "count"),
    [
        (np.array([1249702384659554308, 2], dtype="int64"), ["1249702384659554308", "2"], 0),
        (np.array([1.249702384659554e18, 2.0]), [], 2),
        (["5.70306E+17", "2"], ["2"], 1),
        (["12497023846595543080", "2"], ["2"], 1),
        (["٣٤", "2"], ["2"], 1),
        (["-5", "2"], ["2"], 1),
        ([" 7 ", "2"], ["7", "2"], 0),
        ([None, "2"], ["2"], 0),
        (["", "2"], ["2"], 0),
    ],
)
def test_ids_of_any_type(values: object, kept: list[str], count: int) -> None:
    """Whole numbers are exact; floats, exponents and anything but 1 to 19 digits are corrupted; an absent id is missing."""
    posts = read_posts(pd.DataFrame({"post_id": values, "author_id": ["8", "9"]}))
    assert posts.to_arrow(["post_id"])["post_id"].to_pylist() == kept
    assert posts.rejected.counts["corrupted-id"] == count
    assert posts.rejected.counts["missing-id"] == 2 - len(kept) - count


def test_ids_that_a_spreadsheet_rounded_are_seen_together() -> None:
    """Long ids that all end in 000 were cut to 15 digits; a few that do so by chance were not."""
    ids = [f"{570306133677760 + number}000" for number in range(40)]
    posts = read_posts(pd.DataFrame({"post_id": ids, "author_id": ["1"] * 40}))
    assert posts.to_arrow(["post_id"]).num_rows == 0
    assert posts.rejected.counts == {"corrupted-id": 40}
    ids[10:] = [f"{570306133677760 + number}123" for number in range(30)]
    assert read_posts(pd.DataFrame({"post_id": ids, "author_id": ["1"] * 40})).to_arrow(["post_id"]).num_rows == 40


@pytest.mark.parametrize(
    ("latitude", "longitude", "reason"),
    [
        ("48.5", "9.9", None),
        ("", "", None),
        ("95", "9.9", "out-of-range"),
        ("48.5", "-180.5", "out-of-range"),
        ("0", "0.0", "null-island"),
        ("NaN", "9.9", "not-a-number"),
        ("inf", "9.9", "not-a-number"),
        ("48,5", "9.9", "not-a-number"),
        ("48.5", "", "half-coordinate"),
        ("0", "9.9", None),
        ("-90", "180", None),
    ],
)
def test_coordinates_of_a_csv(latitude: str, longitude: str, reason: str | None) -> None:
    """The Post is kept, its location is not, and the line and the reason are counted."""
    Path("t.csv").write_text(f'post_id,author_id,latitude,longitude,text\n1,2,,,"a\nb"\n3,2,"{latitude}",{longitude},x\n')
    found = rows("t.csv", "post_id", "latitude")
    assert [row["post_id"] for row in found] == ["1", "3"]
    assert (found[1]["latitude"] is None) == (reason is not None or latitude == "")
    assert reasons("t.csv") == ([] if reason is None else [(4, reason)])


def test_a_pandas_column_may_mix_types() -> None:
    """Numbers and text in one column, as spreadsheets give: exact ids are read, rounded ones and words as coordinates are counted."""
    frame = pd.DataFrame(
        {
            "post_id": ["7", 1249702384659554308, 5.70306e17, 9],
            "author_id": ["1", 2, 3, float("nan")],
            "latitude": ["48.5", 48.6, 1, "north"],
            "longitude": [9, 9.5, 1, 2],
        },
    )
    found = rows(frame, "post_id", "author_id", "latitude")
    assert [tuple(row.values()) for row in found] == [("7", "1", 48.5), ("1249702384659554308", "2", 48.6), ("9", None, None)]
    assert reasons(frame) == [(3, "corrupted-id"), (4, "missing-author"), (4, "not-a-number")]


@pytest.mark.parametrize("name", ["lang", "visibility", "text"])
def test_a_column_of_another_kind_is_a_bad_request(name: str) -> None:
    """A structure where text belongs is named by its column, without what it holds."""
    table = pa.table({"post_id": ["1"], "author_id": ["2"], name: [{"secret": 48.123456}]})
    with pytest.raises(BadRequest, match=f"arrow table: the column for {name} can't be read as string") as refused:
        read_posts(table).to_arrow([name])
    assert "123456" not in str(refused.value)


def test_nan_in_arrow_is_counted_and_null_is_not() -> None:
    """A NaN that someone computed is reported; an absent value is just absent."""
    table = pa.table({"post_id": ["1", "2"], "author_id": ["1", "1"], "latitude": [float("nan"), None], "longitude": [1.0, None]})
    assert reasons(table) == [(1, "not-a-number")]


def test_times_as_people_have_them() -> None:
    """Zones are converted, a naive time is taken as UTC, a date is its midnight, a bare number has no unit and is counted."""

    def times(values: object) -> list[object]:
        return [row["created_at"] for row in rows(pa.table({"post_id": ["1"], "author_id": ["2"], "created_at": values}), "created_at")]

    noon = datetime(2026, 11, 1, 12, tzinfo=UTC)
    assert times(["2026-11-01T12:00:00Z"]) == times(["2026-11-01 14:00:00+02:00"]) == times(["2026-11-01 12:00:00"]) == [noon]
    assert times(["Sun Nov 01 12:00:00 +0000 2026"]) == [noon]
    assert (
        times(pa.array([noon], pa.timestamp("ns", "Europe/Berlin")))
        == times(pa.array([noon.replace(tzinfo=None)], pa.timestamp("s")))
        == [noon]
    )
    assert times(pa.array([date(2026, 11, 1)])) == [noon.replace(hour=0)]
    assert times([1793534400]) == times([1793534400.5]) == times(["42059.48"]) == [None]
    assert reasons(pa.table({"post_id": ["1"], "author_id": ["2"], "created_at": [1793534400]})) == [(1, "bad-time")]


@pytest.mark.parametrize(
    ("cell", "tags"),
    [
        ("Flood;rain", ["flood", "rain"]),
        ("#Flood #Rain", ["flood", "rain"]),
        ('["Flood", "rain"]', ["flood", "rain"]),
        ("['Flood', 'rain']", ["flood", "rain"]),
        ('[{"start": 0, "tag": "Flood"}]', ["flood"]),
        ('[{"text": "Flood", "indices": [0, 1]}]', ["flood"]),
        ("[]", []),
        (["#Flood", None, "Straße"], ["flood", "strasse"]),
        (None, None),
    ],
)
def test_hashtags_of_any_form(cell: object, tags: list[str] | None) -> None:
    """Lists, JSON, Python's own way of writing lists, and words with separators."""
    table = pa.table({"post_id": ["1"], "author_id": ["2"], "hashtags": pa.array([cell])})
    assert rows(table, "hashtags") == [{"hashtags": tags}]


def test_hashtags_of_large_lists_are_cleaned_by_the_word() -> None:
    """Polars' lists are large ones; null rows, empty lists and slices keep their place."""
    frame = pl.DataFrame({"post_id": ["1", "2", "3", "4"], "author_id": ["2"] * 4, "hashtags": [["#Flood", "rain"], None, [], ["rain"]]})
    for source in (frame, frame.to_arrow(), frame.to_arrow().slice(1)):
        tags = [row["hashtags"] for row in rows(source, "hashtags")]
        assert tags == [["flood", "rain"], None, [], ["rain"]][-len(tags) :]


def test_each_column_has_a_label() -> None:
    """The labels are those of the vocabulary, one for each canonical column, location for all that tells where."""
    assert list(POST_LABELS) == POST_SCHEMA.names
    assert all(is_label(label) for label in POST_LABELS.values())
    where = {name for name, label in POST_LABELS.items() if label.startswith("location.")}
    assert where == {name for name in POST_SCHEMA.names if name.startswith(("place_", "lat", "lon"))}


def test_unknown_words_become_the_cautious_ones() -> None:
    """A visibility or relation that is not in the list is unknown, or original."""
    table = pa.table({"post_id": ["1", "2"], "author_id": ["2", "2"], "visibility": ["Protected", "hidden"], "relation": ["QUOTED", None]})
    assert rows(table, "visibility", "relation") == [
        {"visibility": "protected", "relation": "quoted"},
        {"visibility": "unknown", "relation": "original"},
    ]


def test_broken_rows_of_a_csv_are_counted_where_they_stand() -> None:
    """Rows with too few or too many cells, between cells that hold line breaks."""
    Path("t.csv").write_text('post_id,author_id,text\n1,2,"a\n\nb"\n3\n4,2,x\n5,2,x,y\n6,2,"c\nd"\n7.5E+17,2,x\n')
    assert [row["post_id"] for row in rows("t.csv", "post_id")] == ["1", "4", "6"]
    assert reasons("t.csv") == [(5, "broken-line"), (7, "broken-line"), (10, "corrupted-id")]


def test_only_the_columns_asked_for_are_read() -> None:
    """A column of a Parquet file that nobody asked for may be unreadable; one that was asked for may not."""
    table = pa.table({"post_id": ["1"] * 5000, "author_id": ["2"] * 5000, "text": ["#x"] * 5000, "lang": [f"l{n}" for n in range(5000)]})
    pq.write_table(table, "t.parquet", use_dictionary=False, compression="none")
    chunk = pq.read_metadata("t.parquet").row_group(0).column(3)
    content = bytearray(Path("t.parquet").read_bytes())
    content[chunk.data_page_offset : chunk.data_page_offset + 64] = b"\xff" * 64
    Path("t.parquet").write_bytes(content)
    assert read_posts("t.parquet").to_arrow(["post_id", "hashtags"]).num_rows == 5000
    with pytest.raises(BadRequest, match="can't be read as parquet"):
        read_posts("t.parquet").to_arrow(["lang"])


def test_recognise_names_a_table_of_posts() -> None:
    """A header with ids of Posts and authors and something that a Post has is a table of Posts; others are not."""
    Path("posts.csv").write_text("tweet_id,user_id,text\n1,2,x\n")
    Path("people.csv").write_text("user_id,name\n2,x\n")
    assert (recognise("posts.csv"), recognise("people.csv")) == ("csv", None)


def test_scanning_in_place() -> None:
    """Posts are an Arrow stream to DuckDB and Polars."""
    posts = read_posts(FRAME, columns=MAPPING)
    assert duckdb.sql("select count(*), count(latitude) from posts").fetchall() == [(3, 2)]
    assert pl.DataFrame(posts).height == 3


def test_a_fingerprint_is_of_the_content() -> None:
    """The same bytes or table give the same fingerprint, others another; a list has one of its own."""
    FRAME.to_csv("a.csv", index=False)
    FRAME.to_csv("b.csv", index=False)
    FRAME.head(2).to_csv("c.csv", index=False)
    prints = [
        read_posts(source, columns=MAPPING).fingerprint for source in ("a.csv", "b.csv", "c.csv", ["a.csv", "b.csv"], FRAME, FRAME.copy())
    ]
    assert prints[0] == prints[1]
    assert prints[4] == prints[5]
    assert len(set(prints)) == 4
    assert all(len(text) == 64 for text in prints)
