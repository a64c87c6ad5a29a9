"""The full scan: what it skips can't match, and its counts do not depend on how the rows are cut into batches."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.detection.screen import ALTERNATION, SCREENS, Screen, plain
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


@settings(max_examples=50)
@given(st.lists(TELLING, min_size=1, max_size=5))
def test_what_is_skipped_does_not_match(values: list[str]) -> None:
    """A batch that is called plain holds no match but of digits alone, which are no cell and no key."""
    if plain(pa.array(values, pa.string())):
        assert matching([v for v in values if not v.isdigit()]) == 0


@pytest.mark.parametrize("name", MATCHES)
@given(data=st.data())
def test_every_pattern_is_looked_for(name: str, data: st.DataObject) -> None:
    """No text that one of the patterns matches is skipped, unless it is digits alone."""
    value = data.draw(MATCHES[name])
    if not (value.isascii() and value.isdigit()):
        assert not plain(pa.array(["open", value], pa.string()))


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())])
@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_counts_do_not_depend_on_the_batches(kind: pa.DataType, rows: int) -> None:
    """Any text type, cut anywhere: the same rows, hits and credentials."""
    values = [None, "closed", KEY, "write to jo@example.org", f"key {KEY}", KEY] * 20
    assert counted(pa.array(values, pa.string()).cast(kind), rows) == (120, 80, 60, {"e-mail in text": 20})


def test_a_slice_is_read_where_it_begins() -> None:
    """A slice of a longer array is screened by its own rows alone."""
    whole = pa.array(["jo@example.org"] * 5 + ["open"] * 5 + [KEY] * 5)
    assert plain(whole.slice(5, 5))
    assert not plain(whole.slice(4, 5))
    assert not plain(whole.slice(6, 5))


def test_credentials_inside_nested_columns_are_counted() -> None:
    """Lists and structs are screened by their values."""
    column = pa.array([[{"note": KEY}, {"note": "open"}], [{"note": KEY}], None])
    assert counted(column, 2)[2] == 2
