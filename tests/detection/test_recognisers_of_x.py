"""X Content: ids by the structure of their bits and by their times, handles, links, mentions; other vendors' ids stay quiet."""

import datetime as dt
import random

import pyarrow as pa
import pytest

from governance.detection import detect_source
from governance.detection.sampling import ArrowSource
from governance.detection.xcontent import EPOCH_MS

R = random.Random(5)  # noqa: S311 - synthetic rows
N = 80
TIMES = [1_600_000_000_000 + R.randrange(10**10) for _ in range(N)]


def snowflake(milliseconds: int) -> int:
    """An id as X makes them: few data centres, low sequence numbers."""
    sequence = min(int(R.expovariate(0.5)), 4095)
    return ((milliseconds - EPOCH_MS) << 22) | (R.choice([10, 11, 13]) << 17) | (R.randrange(32) << 12) | sequence


IDS = [snowflake(t) for t in TIMES]
USERS = [R.randrange(10_000, 4 * 10**9) if n % 3 else snowflake(t) for n, t in enumerate(TIMES)]


def verdict(values: list[object], header: str = "c1") -> tuple[str, str]:
    """Label and status of one column."""
    column = detect_source(ArrowSource(pa.table({header: values})))[0]
    return column.holds, str(column.status)


CASES = {
    "Post ids": (IDS, "x.post.id"),
    "Post ids as text": ([str(i) for i in IDS], "x.post.id"),
    "Post ids of spreadsheets": ([f"ID: {i}" for i in IDS], "x.post.id"),
    "Post ids damaged by floating point": ([float(i) for i in IDS], "x.post.id"),
    "user ids": (USERS, "x.user.id"),
    "handles": ([f"@name_{n}" for n in range(N)], "x.user.handle"),
    "profiles": ([f"https://twitter.com/name_{n}" for n in range(N)], "x.user.handle"),
    "links to Posts": ([f"https://x.com/name_{n}/status/{i}?s=20" for n, i in enumerate(IDS)], "x.post.id"),
    "text with mentions": ([f"thanks @name_{n} for the long and good evening we had" for n in range(N)], "x.post.text"),
}


@pytest.mark.parametrize("name", CASES)
def test_found_without_header(name: str) -> None:
    """Each is confirmed under a header that says nothing."""
    values, label = CASES[name]
    assert verdict(values) == (label, "confirmed")


def test_bare_handles_need_a_header() -> None:
    """A slug is a handle only where the header says so."""
    slugs = [f"name_{n}" for n in range(N)]
    assert verdict(slugs, "twitter_handle") == ("x.user.handle", "confirmed")
    assert verdict(slugs, "slug")[1] == "none"


def test_ids_made_when_the_row_says() -> None:
    """An id whose time is the row's time is a Post id, even if its other bits are unusual."""
    odd = [((t - EPOCH_MS) << 22) | R.getrandbits(22) for t in TIMES]
    assert verdict(odd)[1] == "none"
    made = pa.array([dt.datetime.fromtimestamp(t / 1000, dt.UTC) for t in TIMES], pa.timestamp("ms", tz="UTC"))
    first = detect_source(ArrowSource(pa.table({"c1": odd, "c2": made})))[0]
    assert (first.holds, str(first.status)) == ("x.post.id", "confirmed")


def test_text_beside_post_ids() -> None:
    """The text of Posts is Post text, also where one row mentions an address."""
    text = [f"a Post without any mention, number {n}" for n in range(N)]
    text[3] = "write to someone@example.org"
    found = detect_source(ArrowSource(pa.table({"id": IDS, "text": text})))
    assert [column.holds for column in found] == ["x.post.id", "x.post.text"]
    assert ("off_x.person", "confirmed") in {(hit.label, str(hit.status)) for hit in found[1].hits}


def test_user_ids_of_random_bits_under_a_header() -> None:
    """Old and new ids together are user ids under a header that says so, and ask for review under none."""
    mixed = [R.randrange(10_000, 4 * 10**9) if n % 3 else 1_100_000_000_000_000_000 + R.randrange(10**15) for n in range(N)]
    assert verdict(mixed, "author_id") == ("x.user.id", "confirmed")
    assert verdict(mixed) == ("x.user.id", "review")


def test_authors_beside_posts() -> None:
    """Beside Post ids, what the headers call author and username is an X user."""
    table = pa.table({"id": IDS, "author_id": list(range(1000, 1000 + N)), "username": [f"name_{n}" for n in range(N)]})
    assert [column.holds for column in detect_source(ArrowSource(table))] == ["x.post.id", "x.user.id", "x.user.handle"]


QUIET = {
    "another vendor's snowflakes": [((t - 1_420_070_400_000) << 22) | R.getrandbits(22) for t in TIMES],
    "nanoseconds": [t * 10**6 + R.randrange(10**6) for t in TIMES],
    "milliseconds": TIMES,
    "random": [R.getrandbits(62) for _ in range(N)],
    "sequence": list(range(10**15, 10**15 + N)),
}


@pytest.mark.parametrize("name", QUIET)
def test_other_integers_stay_quiet(name: str) -> None:
    """Integers of the same size are no ids of X."""
    assert verdict(QUIET[name])[1] == "none"
