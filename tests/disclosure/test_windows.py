"""Windows follow the calendar of one time zone; nothing slides."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import governance as gov
from governance.disclosure.windows import Calendar, calendar

TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2037, 1, 1))  # noqa: DTZ001 - made aware in the tests; time zone tables end in 2037
ZONES = st.sampled_from(["UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"])


@given(TIMES, ZONES, st.sampled_from(["day", "week", "month"]))
@settings(max_examples=200, deadline=None)
def test_a_bucket_is_the_local_calendars(naive: datetime, zone: str, kind: str) -> None:
    """The label of a time's bucket is the local date's day, ISO week or month, and its span holds the time."""
    at = naive.replace(tzinfo=UTC)
    clock = Calendar(kind, zone, at)
    bucket = int(clock.buckets(pa.array([at], pa.timestamp("us", "UTC")))[0])
    local = at.astimezone(ZoneInfo(zone))
    expected = {"day": local.strftime("%Y-%m-%d"), "month": local.strftime("%Y-%m"), "week": "{}-W{:02d}".format(*local.isocalendar()[:2])}
    assert clock.label(bucket) == expected[kind]
    begin, end = clock.span(bucket)
    assert begin <= at < end
    assert clock.span(bucket + 1)[0] == end


@given(TIMES, st.sampled_from(["day", "week", "month"]))
@settings(deadline=None)
def test_open_from_is_the_first_window_that_is_not_over(naive: datetime, kind: str) -> None:
    """All windows before it are closed, it and those behind it are not."""
    clock = Calendar(kind, "Europe/Paris", naive.replace(tzinfo=UTC))
    first = clock.open_from
    assert clock.closed(first - 1)
    assert not clock.closed(first)


def test_as_of_in_every_form_is_the_series_own_time() -> None:
    """A date, a text and an aware time mean the same moment; a naive one is local."""
    paris = datetime(2026, 10, 12, tzinfo=ZoneInfo("Europe/Paris"))
    forms = (date(2026, 10, 12), "2026-10-12", paris, "2026-10-11T22:00:00+00:00")
    assert {calendar("week", "Europe/Paris", form).as_of for form in forms} == {paris.astimezone(UTC)}
    assert abs(calendar("day", "UTC", None).as_of - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("kind", ["hour", "H", "1h", "Hourly"])
def test_hours_are_a_violation_with_a_lawful_call(kind: str) -> None:
    """Hours are refused as such, not as a typing mistake."""
    with pytest.raises(gov.PolicyViolation, match="finest=6"):
        calendar(kind, "UTC", None)


@pytest.mark.parametrize("kind", ["7d", "sliding", "", "Week", 7, None, ("a", "b"), ["a", "b"], {"start": 1}], ids=str)
def test_other_spans_are_bad_requests(kind: object) -> None:
    """Only day, week and month are windows."""
    with pytest.raises(gov.BadRequest, match="calendar windows"):
        calendar(kind, "UTC", None)  # type: ignore[arg-type]
