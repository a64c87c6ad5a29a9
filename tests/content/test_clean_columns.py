"""Columns that are clean are known at a look at their bytes; the look never passes what the slow way would not."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.content import clean, mapped_tables
from governance.content.clean import clean_ids, python_values, rounded_ids

IDS = st.lists(
    st.one_of(st.none(), st.from_regex(r"[0-9]{0,21}", fullmatch=True), st.sampled_from(["12x", " 7", "٣", "-5", "0", "9" * 19, "/", ":"])),
    max_size=30,
)
WORDS = st.sampled_from(["flood", "Flood", "#flood", "", "é", "É", "a_1", "\uff03x", "@", "z["])
TAGS = st.lists(st.one_of(st.none(), st.lists(WORDS)), max_size=12)


@given(IDS, st.integers(0, 3))
@settings(deadline=None)
def test_ids_are_judged_one_by_one_or_by_their_bytes_alike(ids: list[str | None], skipped: int) -> None:
    """An id stands, or is corrupted, or is absent, whatever stands beside it; slices of a column begin where they begin."""
    array, corrupted = clean_ids(pa.array(ids, pa.string()).slice(skipped))
    single = [clean._clean_id(value) for value in ids[skipped:]]
    assert array.to_pylist() == [value or None for value in single]
    assert corrupted.tolist() == [value is False for value in single]


@given(st.lists(st.sampled_from(["1234567890123456", "1234567890123000", "1234567890123010", "7000", "12"]), min_size=1, max_size=60))
@settings(deadline=None)
def test_rounded_ids_are_found_with_and_without_the_look_at_bytes(ids: list[str]) -> None:
    """The short way says no only where the long way says no."""
    found = rounded_ids(pa.array(ids))
    long = [value for value in ids if len(value) >= clean.SHORTEST_ROUNDED]
    most = len(long) >= clean.ENOUGH_IDS and sum(value.endswith("000") for value in long) >= 0.8 * len(long)
    wanted = [most and len(value) >= clean.SHORTEST_ROUNDED and value.endswith("000") for value in ids]
    if sum(value.endswith("000") for value in ids) >= 0.8 * len(long):
        assert found.tolist() == wanted
    else:
        assert not found.any()


@given(TAGS)
@settings(deadline=None)
def test_hashtags_are_cleaned_one_by_one_or_as_a_column_alike(tags: list[list[str | None] | None]) -> None:
    """A column comes out as if each list had been cleaned alone."""
    cleaned = mapped_tables._tag_lists(pa.array(tags, pa.list_(pa.string()))).to_pylist()
    assert cleaned == [None if one is None else mapped_tables.read_tags(one) for one in tags]


def test_a_column_of_another_form_is_not_taken_at_a_look() -> None:
    """Nulls, empty texts and an empty column are told apart."""
    assert not clean._plain_ids(pa.array(["1", None]))
    assert not clean._plain_ids(pa.array(["1", ""]))
    assert not clean._plain_ids(pa.array([""]))
    assert not clean._plain_ids(pa.array([None], pa.string()))
    assert clean._plain_ids(pa.array([], pa.string()))
    assert clean._plain_ids(pa.array(["12", "345"]).slice(1))


def test_times_that_python_has_no_date_for_are_no_ids_and_no_numbers() -> None:
    """A column of times beyond the year 9999 where ids should be is corrupted in each row that holds one, and is no error."""
    times = pa.array([2**62, None, 2**61], pa.timestamp("us"))
    assert python_values(times) == [..., None, ...]
    ids, corrupted = clean_ids(times)
    assert ids.null_count == 3
    assert corrupted.tolist() == [True, False, True]
    _, present, bad = clean._numbers(times, 3)
    assert (present.tolist(), bad.tolist()) == ([True, False, True], [True, False, True])
