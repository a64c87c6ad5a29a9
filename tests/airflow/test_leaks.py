"""The allow-list of shapes and the evidence of location, and the backends that use them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.adapters.airflow.leaks import evidence, located, refused, scrub, scrub_text

ALLOWED = [
    None,
    True,
    0,
    999_999_999,
    "pass",
    "data/posts.jsonl",
    "s3://bucket/a/b.parquet",
    "/srv/run-7/map.html",
    "manual__2026-11-24T10:37:44.123456+00:00",
    "2026-11-24T10:00:00Z",
    "0c7f9f5a-5b0e-4b7e-9d0f-1d6a3f1f2b3c",
    "a" * 64,
    "<10",
    {"entry": "b" * 32, "rows": 12, "paths": ["a.csv", "b.csv"]},
    [1, 2, 3],
]
REFUSED = [
    48.8566,
    0.5,
    -73.98,
    10**12,
    "48.8566,2.3522",
    "861fb4667ffffff",
    "0x861fb4667ffffff",
    "POINT(2.35 48.85)",
    "Ada Lovelace",
    "ada@example.org",
    "1583094187360784384",
    "+441632960961",
    {"lat": 48},
    {"bbox": [1, 2]},
    {"a": {"b": {"place_id": "x"}}},
    [48_856_600, 2_352_200],
    [[1.5]],
    b"bytes",
    ["x"] * 1001,
    {1: 2},
]


@pytest.mark.parametrize("value", ALLOWED, ids=repr)
def test_ids_counts_times_and_paths_pass(value: Any) -> None:  # noqa: ANN401 - any shape
    """What tasks tell each other about data passes."""
    assert not list(refused(value))


@pytest.mark.parametrize("value", REFUSED, ids=lambda value: repr(value)[:40])
def test_everything_else_is_refused_without_being_quoted(value: Any) -> None:  # noqa: ANN401 - any shape
    """What could be data is refused by its position and type alone."""
    (problem, *_) = list(refused(value))
    assert "48" not in problem
    assert "Ada" not in problem


@given(st.floats(-90, 90, allow_nan=False), st.floats(-180, 180, allow_nan=False))
def test_no_pair_of_coordinates_passes_in_any_dress(latitude: float, longitude: float) -> None:
    """Lists, dicts, sets and tuples of fractions are refused, whatever their keys."""
    for value in ([latitude, longitude], {"a": latitude, "b": longitude}, (latitude, longitude), {"p": [[longitude, latitude]]}):
        assert list(refused(value))


@given(st.floats(-89, 89), st.floats(-179, 179))
def test_logged_pairs_are_redacted(latitude: float, longitude: float) -> None:
    """A pair with at least two decimals does not survive in a log line."""
    a, b = f"{latitude:.5f}", f"{longitude:.5f}"
    for line in (f"at {a}, {b}", f"({a} {b})", f"lat={a} lon={b}", f'{{"latitude": {a}, "longitude": {b}}}', f"[{b},{a}]"):
        kept = scrub_text(line)
        assert a not in kept
        assert b not in kept


def test_ordinary_lines_stay_as_they_are() -> None:
    """Times, versions, addresses and counts are no places."""
    for line in ("took 1.25 s", "version 3.3.2", "2026-11-24T10:00:00.123456Z", "127.0.0.1:8080", "rows: 1,234", "50.0 % done"):
        assert scrub_text(line) == line
        assert not located(line)


def test_structured_events_are_scrubbed_to_their_depth() -> None:
    """Keys that name a place lose their value; nested traces lose their pairs."""
    event = {"event": "bad", "latitude": 48.1, "error_detail": [{"exc_value": "at 48.8566, 2.3522"}], "rows": 3, "ok": True}
    kept = scrub(event)
    assert kept == {"event": "bad", "latitude": "<location>", "error_detail": [{"exc_value": "at <location>"}], "rows": 3, "ok": True}


def test_rendered_fields_may_hold_code_but_no_place() -> None:
    """SQL and commands render as they are; a place in them is found, in whatever container."""
    assert not list(
        evidence(["SELECT count(*) FROM t WHERE n > 3", {"env": {"A": "b"}}, 3, 2.5, {"rate": 0.00015, "keep": "quantile(0.9999)"}])
    )
    for value in (
        "ST_Point(2.3522, 48.8566)",
        {"x": {"lat": 48.1}},
        [48.12345, 2.12345],
        48.12345,
        [["48.8566 2.3522"]],
        [51.5074, -0.1278],
        [0.1278, 0.5074],
    ):
        assert list(evidence(value)), value
