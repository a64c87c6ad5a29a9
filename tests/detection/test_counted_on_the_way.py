"""What the one pass counts for the rules is what the engine would count, whatever the cells and the batches are."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import governance as gov
from governance.detection import detect_source
from governance.detection.screen import Screen
from governance.engines import DuckTable, open_table
from governance.engines.parquet import coded_reader
from governance.engines.plan import MEASURES, settled
from governance.model import Measure
from governance.rules.post_id_intact import FORM

CELLS = st.one_of(
    st.none(),
    st.sampled_from(["", " ", "\t\r\n ", "\u00a0", "0", "007", " 12", "!", "9223372036854775807", "9999999999999999999", "1" * 25]),
    st.integers(0, 2**63 - 1).map(str),
    st.integers(10**14, 10**16).map(lambda n: f"{n}000"),
    st.text(" \t\n\r!a1\u00e9", max_size=4),
)
IDS = st.one_of(st.none(), st.integers(0, 99).map(str), st.integers(10**17, 2**63 - 1).map(str))
NUMBERS = st.one_of(st.none(), st.integers(-5, 5), st.integers(10**13, 9 * 10**15).map(lambda n: n * 1000), st.integers(0, 2**62))
KINDS = (pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string()))
ROWS = st.integers(1, 7)


def asked(name: str) -> list[Measure]:
    """All that may be counted on the way."""
    plain = [Measure(what, (name,)) for what in ("nulls", "empty", "long_ids", "rounded_ids", "duplicates")]
    return [*plain, Measure("unlike", (name,), FORM)]


def by_the_engine(table: pa.Table, measures: list[Measure]) -> dict[Measure, int]:
    """The same numbers by SQL."""
    return dict(open_table(table).measure(measures).numbers)


def on_the_way(table: pa.Table, rows: int) -> dict[Measure, int]:
    """What the screen counts of a table that comes in batches of some rows, the last batch first."""
    screen = Screen()
    for _ in screen.over(reversed(table.to_batches(max_chunksize=rows))):
        pass
    return {measure: count for name in table.column_names for measure, count in screen.measured(name).items()}


def agree(column: pa.Array, rows: int) -> dict[Measure, int]:
    """Compare the two, and hand back what was counted on the way."""
    table = pa.table({"c": column})
    counted = on_the_way(table, rows)
    expected = by_the_engine(table, asked("c"))
    assert counted == {measure: expected[measure] for measure in counted}
    return counted


@given(st.lists(CELLS, min_size=1, max_size=12), st.sampled_from(KINDS), ROWS)
def test_texts_are_counted_as_the_engine_counts_them(values: list[str | None], kind: pa.DataType, rows: int) -> None:
    """Nulls and blanks are counted for every text column; ids only where all cells are digits, and then alike."""
    assert {"nulls", "empty"} <= {measure.what for measure in agree(pa.array(values, pa.string()).cast(kind), rows)}


@given(st.lists(IDS, min_size=1, max_size=12), ROWS)
def test_ids_are_counted_as_the_engine_counts_them(values: list[str | None], rows: int) -> None:
    """Columns of digits: their form, length and rounding, and whether one is there twice if their order tells."""
    assert Measure("long_ids", ("c",)) in agree(pa.array(values, pa.string()), rows)


@given(st.lists(NUMBERS, min_size=1, max_size=12), ROWS)
def test_numbers_are_counted_as_the_engine_counts_them(values: list[int | None], rows: int) -> None:
    """Integer columns likewise; those with a sign are left to the engine."""
    counted = agree(pa.array(values, pa.int64()), rows)
    assert (Measure("long_ids", ("c",)) in counted) == all(value is None or value >= 0 for value in values)


@given(st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=40, unique=True), st.booleans(), ROWS)
def test_ids_in_order_are_known_to_be_there_once(values: list[int], falling: bool, rows: int) -> None:
    """Sorted ids need no second look, in whatever order the batches come."""
    column = pa.array([str(value) for value in sorted(values, reverse=falling)])
    assert agree(column, rows)[Measure("duplicates", ("c",))] == 0


@pytest.mark.parametrize("again", [0, 3, 8])
def test_an_id_that_comes_again_is_never_overlooked(again: int) -> None:
    """Rising batches that reach into each other prove nothing."""
    ids = [*range(10, 20), *range(10 + again, 20 + again)]
    assert Measure("duplicates", ("c",)) not in agree(pa.array(ids), 10)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS, st.one_of(st.none(), st.floats(-90, 90))), min_size=1, max_size=8), ROWS)
def test_what_follows_from_counts_is_true(rows: list[tuple[str | None, str | None, str | None, float | None]], cut: int) -> None:
    """Where no id is blank and one column of content never is, no location stands without; else the rows are asked."""
    columns = zip(*rows, strict=True)
    kinds = (pa.string(), pa.string(), pa.string(), pa.float64())
    table = pa.table({name: pa.array(list(c), kind) for name, c, kind in zip("iabl", columns, kinds, strict=True)})
    measure = Measure("located_without", ("l", "i", "a", "b"), 1.0)
    said = settled(measure, on_the_way(table, cut))
    assert said in {None, by_the_engine(table, [measure])[measure]}


def test_whole_posts_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A data set of whole Posts in order is decided without a second look at its rows."""
    rows = 300
    posts = {
        "post_id": [str(1_700_000_000_000_000_000 + n) for n in range(rows)],
        "author_id": [str(10_000 + n % 7) for n in range(rows)],
        "text": ["sandbags at the bridge"] * rows,
        "latitude": np.random.default_rng(1).normal(48, 3, rows),
        "longitude": np.random.default_rng(2).normal(11, 5, rows),
    }
    pq.write_table(pa.table(posts), "posts.parquet")
    said: list[str] = []
    plain = DuckTable.rows

    def rows_of(self: DuckTable, sql: str) -> list[tuple[int, ...]]:
        said.append(sql)
        return plain(self, sql)

    monkeypatch.setattr(DuckTable, "rows", rows_of)
    assert gov.check("posts.parquet", kind="posts").outcome == "pass"
    assert said == ["SELECT count(*) FROM data"]


TABLE = pa.table(
    {
        "few": pa.array(["open", None, "closed"] * 400),
        "many": pa.array([f"note {n} to jo{n}@example.org" for n in range(1200)]),
        "at": pa.array(range(1200), pa.timestamp("us", "UTC")),
        "tags": pa.array([["a", None], []] * 600),
        "part": pa.array([{"x": 1, "y": "b"}] * 1200),
        "kind": pa.array(["a", "b"] * 600).dictionary_encode(),
    }
)


@settings(max_examples=20)
@given(st.integers(1, 700), st.sampled_from(["snappy", "zstd", "none"]))
def test_a_file_read_in_codes_is_the_same_table(group: int, packed: str) -> None:
    """Row by row what the engine reads, whatever the row groups are; repeated texts come as codes."""
    pq.write_table(TABLE, "t.parquet", row_group_size=group, compression=packed)
    table = open_table("t.parquet")
    coded = list(table.coded_batches(100))
    rows, by_engine = ([row for batch in batches for row in batch.to_pylist()] for batches in (coded, table.batches()))
    assert rows == sorted(by_engine, key=lambda row: row["at"])
    if group > 100:
        assert pa.types.is_dictionary(coded[0].schema.field("few").type)
    assert not pa.types.is_dictionary(coded[0].schema.field("many").type)


def test_a_file_that_two_readers_read_otherwise_is_left_to_the_engine() -> None:
    """Names that differ in case alone, and types that the two spell otherwise, are read by the engine."""
    pq.write_table(pa.table({"a": [1], "A": [2]}), "twice.parquet")
    table = open_table("twice.parquet")
    assert coded_reader(Path("twice.parquet"), table.reader("FROM data LIMIT 0").schema) is None
    assert [name for name, _ in table.columns] == next(iter(table.coded_batches())).schema.names


def test_what_is_in_a_coded_column_is_found() -> None:
    """One e-mail address among many repeated texts is found as in any other column."""
    notes = ["closed"] * 5_000 + ["write to jo@example.org"] + ["open"] * 5_000
    pq.write_table(pa.table({"note": notes}), "notes.parquet")
    assert pa.types.is_dictionary(next(iter(open_table("notes.parquet").coded_batches())).schema.field("note").type)
    (found,) = detect_source(open_table("notes.parquet"))
    assert (found.holds, found.rows_hit) == ("off_x.person", 1)


def test_the_engine_knows_each_measure_that_is_counted() -> None:
    """No count stands under a name that no rule could ask for."""
    counted = on_the_way(pa.table({"c": ["1", "2"]}), 10)
    assert {measure.what for measure in counted} <= set(MEASURES)
    assert set(counted) == set(asked("c"))
