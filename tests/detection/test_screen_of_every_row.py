"""The full scan: what it skips can't match, and its counts do not depend on how the rows are cut into batches."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.detection.prefilter import Prefilter
from governance.detection.screen import ALTERNATION, SCREENS, Screen, glance, prefilter
from governance.engines import open_table
from governance.model import Measure
from governance.rules.no_credentials_in_data import CREDENTIAL

TELLING = st.text(alphabet="8fab0123456789.,@+(:!/=$°' -AKIAghp_xoxeyJPOINTgeomlat", max_size=40)
MATCHES = {name: st.from_regex(f"(?a:{pattern})") for name, pattern in {**SCREENS, "credential": CREDENTIAL}.items()}
KEY = "AKIA" + "Q" * 16


def matching(values: list[str | None]) -> int:
    """How many values the whole alternation matches."""
    text = open_table(pa.table({"c": pa.array(values, pa.string())}))
    asked = Measure("like", ("c",), ALTERNATION)
    return text.measure([asked])[asked]


def counted(column: pa.Array, rows: int) -> tuple[int, int, int, dict[str, int]]:
    """What the screen counts when the column comes in batches of some rows."""
    screen = Screen()
    table = pa.table({"c": column})
    assert sum(batch.num_rows for batch in screen.over(table.to_batches(max_chunksize=rows))) == len(column)
    text = screen.texts["c"]
    return text.rows, text.hits, screen.credentials("c"), dict(text.counts)


def named(values: list[str | None]) -> list[int]:
    """The rows that are to be looked at exactly."""
    rows = prefilter().rows(pa.array(values, pa.string()), most=1000)
    assert rows is not None
    return [int(row) for row in rows]


@settings(max_examples=100)
@given(st.lists(TELLING | st.none(), min_size=1, max_size=8))
def test_rows_that_are_not_named_do_not_match(values: list[str | None]) -> None:
    """Whatever stands in the rows beside it, a row that the alternation matches is named."""
    passed_over = [value for row, value in enumerate(values) if row not in named(values)]
    assert matching(passed_over) == 0


@pytest.mark.parametrize("name", MATCHES)
@given(data=st.data())
def test_every_pattern_is_looked_for(name: str, data: st.DataObject) -> None:
    """No text that one of the patterns matches is passed over, between rows of any letters."""
    value, before, after = data.draw(MATCHES[name]), data.draw(TELLING), data.draw(TELLING)
    assert 1 in named([before, value, after])


def test_letters_of_several_bytes_and_rows_that_end_in_words() -> None:
    """Sixteen letters between two numbers may be 64 bytes, and a key that begins its row begins a word."""
    assert named(["48.1374" + "\N{CJK UNIFIED IDEOGRAPH-20000}" * 16 + "11.5755", "closed", KEY, "closed"]) == [0, 2]


def test_a_batch_with_more_places_than_asked_for_is_left_to_the_exact_look() -> None:
    """None says that any row may match; the counts are the same either way."""
    scarce, common = ["open"] * 99 + ["jo@example.org"], ["open"] + ["jo@example.org"] * 99
    mail = Prefilter([SCREENS["e-mail in text"]])
    assert mail.rows(pa.array(common), most=50) is None
    assert [int(row) for row in mail.rows(pa.array(scarce), most=50)] == [99]
    assert [glance(pa.array(column), 10).hits for column in (scarce, common)] == [1, 99]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())])
@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_counts_do_not_depend_on_the_batches(kind: pa.DataType, rows: int) -> None:
    """Any text type, cut anywhere: the same rows, hits and credentials."""
    values = [None, "closed", KEY, "write to jo@example.org", f"key {KEY}", KEY] * 20
    assert counted(pa.array(values, pa.string()).cast(kind), rows) == (120, 80, 60, {"e-mail in text": 20})


def test_a_slice_is_read_where_it_begins() -> None:
    """A slice of a longer array is screened by its own rows alone."""
    whole = pa.array(["jo@example.org"] * 5 + ["open"] * 5 + [KEY] * 5)
    assert [glance(whole.slice(start, 5), 5).hits for start in (0, 4, 5, 6, 10)] == [5, 1, 0, 1, 5]
    assert glance(whole.slice(6, 5), 5).credentials == 1


def test_digits_alone_are_no_cell() -> None:
    """Fifteen digits that begin with an eight may be an id; in a batch of nothing else they are not looked at."""
    assert glance(pa.array(["812345678901234", "1790000000000000001"]), 5).hits == 0


def test_credentials_inside_nested_columns_are_counted() -> None:
    """Lists and structs are screened by their values."""
    column = pa.array([[{"note": KEY}, {"note": "open"}], [{"note": KEY}], None])
    assert counted(column, 2)[2] == 2
