"""X Content: ids by the structure of their bits, handles, links to Posts and profiles, mentions.

Source: the published layout of Snowflake ids (41 bits of milliseconds since 2010-11-04, 10 of machine, 12 of sequence) and its habits.
"""
# ruff: noqa: PLR2004 - thresholds stand in the tests that they belong to, with the name of what they measure

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from governance.detection.evidence import Hit, Test, at_least
from governance.detection.headers import Header
from governance.detection.leaves import Numbers, Text
from governance.vocabulary import Status

EPOCH_MS = 1_288_834_974_657
LEGACY_USERS = 5_000_000_000
EMPTY_UNTIL = 3 * 10**16
NAMED_USER = frozenset(("twitterid", "twitteruserid", "xuserid", "xid", "twitteraccountid", "tweeterid"))
NAMED_POST = frozenset(("tweetid", "statusid", "twitterid", "twitteruserid", "tweet", "postid", "xpostid"))
MAYBE_USER = frozenset(("authorid", "userid", "useridstr", "accountid"))
LINK = re.compile(
    r"(?:^|//|\s)(?:www\.|mobile\.|m\.)?(?:twitter|x)\.com/(?:i/(?:user|status|web/status)/\d+|[A-Za-z0-9_]{1,15})(?:/status(?:es)?/\d+)?(?:[/?#\s]|$)",
    re.IGNORECASE,
)
AT_HANDLE = re.compile(r"@[A-Za-z0-9_]{1,15}")
HANDLE = re.compile(r"@?[A-Za-z0-9_]{1,15}")
MENTION = re.compile(r"(?<![\w@/.])@[A-Za-z0-9_]{3,15}(?![\w/.@-])")
RETWEET = re.compile(r"^RT @[A-Za-z0-9_]{1,15}:")
SHORT_LINK = re.compile(r"https?://t\.co/\w{8,12}")


@dataclass(frozen=True, slots=True)
class Structure:
    """What the bits of a column of integers look like, as shares."""

    large: float
    low_sequence: float
    legacy: float
    gap: float
    machines: int
    count: int

    @property
    def is_x(self) -> bool:
        """Whether the integers are ids of X: low sequence numbers, nothing in the gap between old and new ids, few data centres."""
        return (
            self.count >= 5
            and self.low_sequence >= 0.85
            and self.gap <= 0.05
            and self.large >= 0.3
            and self.machines <= max(6, 0.2 * self.count)
        )

    @property
    def is_mixed(self) -> bool:
        """Whether small old ids and large new ones stand together with nothing between, as user ids do."""
        return self.legacy >= 0.1 and self.large >= 0.05 and self.gap <= 0.01

    @property
    def tests(self) -> tuple[Test, ...]:
        """The numbers behind it."""
        return (
            at_least("share of low sequence numbers", self.low_sequence, 0.85),
            Test("share in the empty range", round(self.gap, 4), 0.05, self.gap <= 0.05),
            at_least("share of snowflakes", self.large, 0.3),
        )


def structure(values: Sequence[int]) -> Structure | None:
    """Measure the bits of ids."""
    ids = np.array([v for v in dict.fromkeys(values) if 0 < v < 2**63][:2000], dtype=np.int64)
    if len(ids) < 5:
        return None
    now = (int(datetime.now(UTC).timestamp() * 1000) + 86_400_000 - EPOCH_MS) << 22
    large = ids[(ids > EMPTY_UNTIL) & (ids < now)]
    gap = float(((ids >= LEGACY_USERS) & (ids < EMPTY_UNTIL)).mean()) + float((ids >= now).mean())
    if len(large) and float(((large & 0x1FFFF) == 0).mean()) > 0.5:
        return None  # no machine and no sequence: cells of a grid, rounded numbers
    machines = len(np.unique((large >> 17) & 31)) if len(large) else 0
    low = float(((large & 4095) < 64).mean()) if len(large) else 0.0
    return Structure(len(large) / len(ids), low, float((ids < LEGACY_USERS).mean()), gap, machines, len(large))


def ids(values: Sequence[int], head: Header) -> Iterator[Hit]:
    """Ids of Posts and users."""
    found = structure(values)
    named_user = head.says("x_user_id") and not head.says("x_post_id")
    if found and found.is_x:
        user = (
            found.legacy > 0.05 or named_user or (bool(head.words & {"user", "author", "owner", "account"}) and not head.says("x_post_id"))
        )
        yield Hit(
            what="X user id" if user else "Post id",
            label="x.user.id" if user else "x.post.id",
            header=head.says("x_user_id", "x_post_id"),
            tests=found.tests,
        )
    elif found and found.is_mixed:
        named = head.says("x_user_id") or bool(head.words & {"user", "author"})
        status = Status.CONFIRMED if named else Status.REVIEW
        yield Hit(what="X user id", label="x.user.id", status=status, confidence=0.7, header=named, tests=found.tests)
    elif head.words & NAMED_USER:
        yield Hit(what="X user id", label="x.user.id", confidence=0.6, header=True, values=False)
    elif head.words & {"authorid"} and found is not None and found.legacy > 0.95:
        yield Hit(what="X user id", label="x.user.id", status=Status.REVIEW, confidence=0.4, header=True, values=False)
    elif found and found.large > 0.5 and head.words & NAMED_POST:
        yield Hit(what="Post id", label="x.post.id", confidence=0.6, header=True, values=False)
    elif found and found.large > 0.5 and found.gap <= 0.05 and head.words & MAYBE_USER:
        yield Hit(what="X user id", label="x.user.id", status=Status.REVIEW, confidence=0.4, header=True, values=False)


def id_numbers(numbers: Numbers) -> Iterator[Hit]:
    """Ids as integers, and ids that floating point has damaged."""
    if numbers.integers:
        yield from ids(numbers.integers, numbers.header)
    elif len(numbers.finite) >= 5:
        values = numbers.finite
        large = values[(values > 1e17) & (values < 3e18)]
        if len(large) > 0.3 * len(values) and (large == np.floor(large)).all() and (large % 16 == 0).all():
            named = numbers.header.says("x_post_id", "x_user_id")
            share = len(large) / len(values)
            yield Hit(what="Post id damaged by floating point", label="x.post.id", confidence=0.6, header=named, share=share)


def id_text(text: Text) -> Iterator[Hit]:
    """Ids as text, also with the prefix that spreadsheets and archives need."""
    digits = [m[1] for v in text.values if (m := re.fullmatch(r"(?:ID:|tweet:|x|'|t)?\s?(\d{1,19})", v))]
    if text.values and len(digits) > 0.97 * len(text.values):
        yield from ids([int(d) for d in digits], text.header)


def handles(text: Text) -> Iterator[Hit]:
    """Handles: an at-sign before every value, or a header; bare words can't be told from user names elsewhere."""
    values = text.values
    if len(values) < 3:
        return
    at = at_least("share of @handles", text.share(AT_HANDLE.fullmatch), 0.95)
    named = text.header.says("handle")
    shape = at_least("share in the form of a handle", text.share(HANDLE.fullmatch), 0.95)
    if at.passed and (len(values) >= 10 or named):
        yield Hit(what="handle", label="x.user.handle", confidence=0.8, header=named, tests=(at,))
    elif named and shape.passed and not text.numeric and text.share(str.isdigit) < 0.5:
        yield Hit(what="handle", label="x.user.handle", confidence=0.85, header=True, tests=(shape,))
    elif text.header.says("user_name") and shape.passed and text.share(str.isdigit) < 0.1 and "name" in text.header.words:
        yield Hit(what="user name", label="x.user.handle", status=Status.REVIEW, confidence=0.4, header=True, tests=(shape,))


def links(text: Text) -> Iterator[Hit]:
    """Links to Posts and profiles."""
    test = at_least("share of links to X", text.share(LINK.search), 0.3)
    if test.passed:
        status = text.share(lambda v: "/status" in v) > 0.5
        yield Hit(what="link to X", label="x.post.id" if status else "x.user.handle", confidence=0.9, tests=(test,), share=test.statistic)


def mentions(text: Text) -> Iterator[Hit]:
    """Text with mentions or the short links that only Posts have."""
    share = text.share(lambda v: bool(MENTION.search(v) or RETWEET.search(v) or SHORT_LINK.search(v)))
    test = at_least("share with mentions", share, 0.3)
    if test.passed and text.median_length > 25:
        yield Hit(what="Post text", label="x.post.text", confidence=0.6, header=text.header.says("post_text"), tests=(test,), share=share)


def decoded_times(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """When ids were made, in milliseconds since 1970."""
    return (values >> 22) + EPOCH_MS


TEXT_RECOGNISERS: tuple[Callable[[Text], Iterator[Hit]], ...] = (id_text, handles, links, mentions)
NUMBER_RECOGNISERS: tuple[Callable[[Numbers], Iterator[Hit]], ...] = (id_numbers,)
