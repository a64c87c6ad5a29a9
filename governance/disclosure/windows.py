"""Windows of time: closed days, ISO weeks and months of one time zone; no sliding, no offsets, no hours.

Two windows that overlap by all but a day are subtracted in one line; so a series has one kind of window, its buckets follow the calendar,
and only closed ones count. The shorter the window, the coarser the cells: hourly maps of a small town give trajectories away even at
resolution 5.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from governance.disclosure import clock
from governance.errors import BadRequest, PolicyViolation

pc: Any = pyarrow.compute
FINEST = {"day": 6, "week": 7, "month": 8}
"""The finest resolution by kind of window."""
_EPOCH = date(1970, 1, 1)
_MONTHS = 12
_LAST_YEAR = 9999


@dataclass(frozen=True, slots=True)
class Calendar:
    """A kind of window in a time zone, and until when windows are closed."""

    kind: str
    zone: str
    as_of: datetime

    def buckets(self, created_at: pa.Array) -> npt.NDArray[np.int64]:
        """The bucket of each UTC timestamp (no nulls)."""
        if self.zone == "UTC":
            micros = created_at.cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy(zero_copy_only=False)
            days = micros // 86_400_000_000
        else:
            local = pc.local_timestamp(created_at.cast(pa.timestamp("us", self.zone)))
            days = local.cast(pa.int64()).to_numpy(zero_copy_only=False) // 86_400_000_000
        if self.kind == "day":
            return days
        if self.kind == "week":
            return (days + 3) // 7  # 1 January 1970 was a Thursday
        return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)

    def label(self, bucket: int) -> str:
        """How a bucket is written: 2026-11-23, 2026-W48, 2026-11.

        >>> Calendar("week", "UTC", datetime(2026, 12, 1, tzinfo=UTC)).label(2969)
        '2026-W48'
        """
        first = self.first_day(bucket)
        if self.kind == "week":
            year, week, _ = first.isocalendar()
            return f"{year:04d}-W{week:02d}"
        return first.isoformat() if self.kind == "day" else f"{first.year:04d}-{first.month:02d}"

    def first_day(self, bucket: int) -> date:
        """The first day of a bucket."""
        return _first_day(self.kind, bucket)

    def span(self, bucket: int) -> tuple[datetime, datetime]:
        """When a bucket begins and ends, in UTC."""
        return _span(self.kind, self.zone, bucket)

    def closed(self, bucket: int) -> bool:
        """Whether the bucket was over at `as_of`."""
        return self.span(bucket)[1] <= self.as_of

    def open_at(self, moment: datetime, buckets: Iterable[int]) -> dict[str, datetime]:
        """Those of the buckets that were not over at a moment, by label, with their ends.

        >>> week = Calendar("week", "UTC", datetime(2026, 12, 1, tzinfo=UTC))
        >>> week.open_at(datetime(2026, 11, 24, tzinfo=UTC), [2968, 2969])
        {'2026-W48': datetime.datetime(2026, 11, 30, 0, 0, tzinfo=datetime.timezone.utc)}
        """
        ends = {bucket: self.span(bucket)[1] for bucket in sorted(buckets)}
        return {self.label(bucket): end for bucket, end in ends.items() if end > moment}

    @property
    def open_from(self) -> int:
        """The first bucket that is not closed."""
        bucket = int(self.buckets(pa.array([self.as_of], pa.timestamp("us", "UTC")))[0])
        return bucket + 1 if self.closed(bucket) else bucket


def concurrent(buckets: Iterable[int], clock: Calendar, others: Iterable[int], other_clock: Calendar) -> list[int]:
    """Those of a calendar's buckets, in order, that share time with buckets of another calendar.

    >>> day, week = (Calendar(kind, "UTC", datetime(2026, 12, 1, tzinfo=UTC)) for kind in ("day", "week"))
    >>> concurrent([20780, 20776], day, [2969], week)
    [20780]
    """
    spans = sorted(map(other_clock.span, others))
    begins = [begin for begin, _ in spans]
    found = []
    for bucket in sorted(buckets):
        begin, end = clock.span(bucket)
        before_its_end = bisect_left(begins, end)
        if before_its_end and spans[before_its_end - 1][1] > begin:
            found.append(bucket)
    return found


def _first_day(kind: str, bucket: int) -> date:
    if kind == "month":
        return date(1970 + bucket // _MONTHS, bucket % _MONTHS + 1, 1)
    return _EPOCH + timedelta(days=bucket * 7 - 3 if kind == "week" else bucket)


@lru_cache(maxsize=4096)
def _span(kind: str, zone: str, bucket: int) -> tuple[datetime, datetime]:
    edges = (datetime.combine(_first_day(kind, b), time(), ZoneInfo(zone)) for b in (bucket, bucket + 1))
    begin, end = (edge.astimezone(UTC) for edge in edges)
    return begin, end


def calendar(kind: str, zone: str, as_of: datetime | date | str | None) -> Calendar:
    """A calendar from what a caller wrote; refuses hours, sliding windows and unknown zones."""
    if not isinstance(kind, str) or kind not in FINEST:
        raise _refused(kind)
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise BadRequest("timezone: not a name of the IANA time zone database.", 'write timezone="UTC" or "Europe/Paris".') from None
    return Calendar(kind, zone, _moment(as_of, zone))


def _refused(kind: object) -> PolicyViolation | BadRequest:
    if str(kind).lower() in {"hour", "hourly", "h", "1h"}:
        return PolicyViolation(
            "window: hourly maps give the ways of single people away (attack A8).",
            'the lawful next call is the latest closed day: window="day", finest=6.',
        )
    return BadRequest(
        "window: a map covers closed calendar windows, never a sliding or custom span (two of them subtract to a few people).",
        'write window="day", "week" or "month"; as_of= chooses which windows are closed.',
    )


def _moment(as_of: datetime | date | str | None, zone: str) -> datetime:
    if as_of is None:
        return clock.now()
    try:
        read = datetime.fromisoformat(as_of) if isinstance(as_of, str) else as_of
        read = read if isinstance(read, datetime) else datetime.combine(read, time())
        moment = (read if read.tzinfo else read.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        raise BadRequest("as_of: not an ISO date or time.", 'write as_of="2026-11-30".') from None
    if moment.year >= _LAST_YEAR:
        raise BadRequest("as_of: too far in the future.", "leave as_of out: then windows count as closed that are over now.")
    return moment
