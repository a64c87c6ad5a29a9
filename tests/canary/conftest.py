"""Marked data: every value carries a mark that no output may repeat."""

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

ROWS = 400
MARK = "kanarienvogel"
DIGITS = "7391"
DIGEST = 32
"""The length of the shortest digest that is written."""
"""Every number of the marked data holds these digits in a row."""


def coordinates(at: float, count: int = ROWS) -> list[float]:
    """Degrees near `at` whose decimals start with the marked digits."""
    return [float(f"{at:.0f}.{DIGITS}{n:05d}") for n in range(count)]


@pytest.fixture
def posts() -> pa.Table:
    """Whole Posts: ids, texts, handles, places and coordinates are all marked."""
    when = [dt.datetime(2026, 11, 9, 8, tzinfo=dt.UTC) + dt.timedelta(minutes=n) for n in range(ROWS)]
    return pa.table(
        {
            "post_id": [f"15{DIGITS}{n:013d}" for n in range(ROWS)],
            "author_id": [f"88{DIGITS}{n % 200:06d}" for n in range(ROWS)],
            "author_handle": [f"{MARK}_{n % 200}" for n in range(ROWS)],
            "text": [f"{MARK} says #flood at number {DIGITS}{n}" for n in range(ROWS)],
            "created_at": pa.array(when, pa.timestamp("us", "UTC")),
            "hashtags": [["flood"]] * ROWS,
            "latitude": coordinates(48),
            "longitude": coordinates(11),
            "stated_location": [f"{MARK} town"] * ROWS,
            "place_id": [f"{DIGITS}d9db48bc{n:04d}" for n in range(ROWS)],
        },
    )


@pytest.fixture
def people() -> pa.Table:
    """Off-X people with marked ids, addresses and handles."""
    return pa.table(
        {
            "customer": [f"{MARK}-customer-{n}" for n in range(ROWS)],
            "mail": [f"{MARK}{n}@example.org" for n in range(ROWS)],
            "phone": [f"+49 89 {DIGITS}{n:05d}" for n in range(ROWS)],
            "handle": [f"@{MARK}_{n}" for n in range(ROWS)],
            "lat": coordinates(48),
            "lon": coordinates(11),
        },
    )


def _marks(text: str) -> list[str]:
    lowered = text.lower()
    found = [MARK] if MARK in lowered else []
    return found + re.findall(rf"(?<![0-9a-f])[0-9]*{DIGITS}[0-9]*(?![0-9a-f])", lowered)


def _marked_numbers(content: bytes) -> list[bytes]:
    """Marked numbers in the bytes of a file; a digest in hexadecimal may hold the same five digits by chance."""
    runs = re.findall(rb"[0-9a-f]*" + DIGITS.encode() + rb"0[0-9a-f]*", content)
    return [run for run in runs if len(run) < DIGEST or run.isdigit()]


@pytest.fixture
def clean() -> Callable[..., None]:
    """Assert that texts, and the bytes of files and folders, carry no mark."""

    def look(*outputs: object) -> None:
        assert outputs
        for output in outputs:
            if isinstance(output, Path):
                files = [f for f in output.rglob("*") if f.is_file()] if output.is_dir() else [output]
                assert files, "nothing was written"
                for file in files:
                    content = file.read_bytes()
                    assert MARK.encode() not in content.lower(), f"{file.name} holds a mark"
                    assert not _marked_numbers(content), f"{file.name} holds a marked number"
            else:
                text = str(output)
                assert text, "an empty output proves nothing"
                assert not _marks(text), "an output holds a mark"

    return look
