"""A made-up population and what it posts: numbers only, vectorised, the same for the same seed.

People live in clusters around real towns, in proportion to how many people live there; few of them write most of the Posts; most of what
they write comes from their home or their place of work. Half of the collection speaks of a flood, mostly along the rivers it reaches.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from governance.content.synthetic.towns import TAGS, TOWNS

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

ENDS_AT = datetime(2026, 11, 23, tzinfo=UTC)
"""The end of ISO week 47 of 2026: every sample ends here, so that closed windows exist."""
WEEKS = 5
SNOWFLAKE_EPOCH = 1_288_834_974_657
STATES = ("public", "protected", "suspended", "deleted", "withheld")
STATE_SHARES = (0.945, 0.02, 0.01, 0.015, 0.01)
POINT, PLACE, BOTH, NOWHERE = 0, 1, 2, 3
"""How a Post says where it is: an exact point, a tagged place, both, not at all."""
WHERE_SHARES = (0.54, 0.19, 0.13, 0.14)
ORIGINAL, QUOTE, REPOST, REPLY = 0, 1, 2, 3
KIND_SHARES = (0.78, 0.07, 0.10, 0.05)
_KILOMETRES_PER_DEGREE = 111.2


@dataclass(frozen=True, slots=True)
class Authors:
    """The accounts: where each lives and works, how much each writes, and the state it is in today."""

    user_id: Integers
    town: Integers
    home: tuple[Floats, Floats]
    work: tuple[Floats, Floats]
    activity: Floats
    state: Integers
    scrubbed: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Posts:
    """The Posts, in the order of time."""

    post_id: Integers
    author: Integers
    milliseconds: Integers
    latitude: Floats
    longitude: Floats
    town: Integers
    where: Integers
    kind: Integers
    refers_to: Integers
    """The index of the earlier Post that this one quotes, reposts or replies to; -1 if none."""
    flood: npt.NDArray[np.bool_]
    tag: Integers
    """A second hashtag, as an index into TAGS; 0 for none."""
    sentence: Integers


def make_authors(count: int, seed: int) -> Authors:
    """The accounts of a seed; they do not depend on how many Posts are asked for."""
    rng = np.random.default_rng([seed, 1])
    people = np.array([town.thousands for town in TOWNS], dtype=float) ** 0.75
    reached = np.array([1.0 + 14.0 * town.flood for town in TOWNS])
    weights = people * reached
    town = rng.choice(len(TOWNS), count, p=weights / weights.sum())
    spread = 0.9 + 0.075 * np.sqrt(np.array([town.thousands for town in TOWNS], dtype=float))
    old = rng.random(count) < 0.6  # noqa: PLR2004 - accounts from before Snowflake ids
    number = np.arange(count, dtype=np.int64)
    user_id = np.where(old, 20_000_000 + number * 104_729, 1_100_000_000_000_000_000 + number * 4_194_304_007)
    activity = rng.pareto(1.6, count) + 1.0
    return Authors(
        user_id=user_id,
        town=town,
        home=_around(rng, town, spread),
        work=_around(rng, town, spread * 0.5),
        activity=activity / activity.sum(),
        state=rng.choice(len(STATES), count, p=STATE_SHARES),
        scrubbed=rng.random(count) < 0.01,  # noqa: PLR2004 - one in a hundred took the location off
    )


def _around(rng: np.random.Generator, town: Integers, spread_km: Floats) -> tuple[Floats, Floats]:
    latitudes = np.array([town.latitude for town in TOWNS])[town]
    longitudes = np.array([town.longitude for town in TOWNS])[town]
    km = spread_km[town]
    north = rng.normal(0, 1, len(town)) * km / _KILOMETRES_PER_DEGREE
    east = rng.normal(0, 1, len(town)) * km / (_KILOMETRES_PER_DEGREE * np.cos(np.radians(latitudes)))
    return latitudes + north, _wrapped(longitudes + east)


def _wrapped(longitudes: Floats) -> Floats:
    return (longitudes + 180.0) % 360.0 - 180.0


def make_posts(count: int, authors: Authors, seed: int, part: int = 0) -> Posts:
    """The Posts of a seed; `part` makes further ones of the same people."""
    rng = np.random.default_rng([seed, 2, part])
    author = rng.choice(len(authors.user_id), count, p=authors.activity).astype(np.int64)
    milliseconds = np.sort(_times(rng, count))
    town = authors.town[author]
    latitude, longitude, town = _positions(rng, authors, author, milliseconds, town)
    kind = rng.choice(len(KIND_SHARES), count, p=KIND_SHARES).astype(np.int64)
    kind[:1] = ORIGINAL
    refers_to = _references(rng, kind)
    flooded = np.array([town.flood for town in TOWNS])[town] * 1.25
    flood = rng.random(count) < np.minimum(flooded, 0.95)
    other = rng.zipf(1.35, count) % len(TAGS)
    tag = np.where(rng.random(count) < 0.6, other, 0)  # noqa: PLR2004 - most Posts carry a second tag
    where = rng.choice(len(WHERE_SHARES), count, p=WHERE_SHARES).astype(np.int64)
    where[kind == REPOST] = NOWHERE
    return Posts(
        post_id=((milliseconds - SNOWFLAKE_EPOCH) << 22) | ((np.arange(count, dtype=np.int64) + part * 7919) & 0x3FFFFF),
        author=author,
        milliseconds=milliseconds,
        latitude=np.round(latitude, 6),
        longitude=np.round(longitude, 6),
        town=town,
        where=where,
        kind=kind,
        refers_to=refers_to,
        flood=flood,
        tag=tag,
        sentence=rng.integers(0, 1 << 30, count),
    )


def _times(rng: np.random.Generator, count: int) -> Integers:
    """Five weeks of times that swell in the third and fourth, with a day's rhythm."""
    weeks = rng.choice(WEEKS, count, p=(0.14, 0.18, 0.26, 0.24, 0.18))
    days = rng.integers(0, 7, count)
    hours = rng.normal(15.5, 4.5, count) % 24
    start = int(ENDS_AT.timestamp()) - WEEKS * 7 * 86_400
    seconds = start + weeks * 604_800 + days * 86_400 + hours * 3600.0
    return (seconds * 1000).astype(np.int64)


def _positions(
    rng: np.random.Generator, authors: Authors, author: Integers, milliseconds: Integers, town: Integers
) -> tuple[Floats, Floats, Integers]:
    """Mostly at home by night and at work by day; one in eight Posts comes from another town."""
    count = len(author)
    hour = milliseconds // 3_600_000 % 24
    by_day = (hour >= 8) & (hour < 19)  # noqa: PLR2004 - working hours
    draw = rng.random(count)
    at_work = np.where(by_day, draw < 0.5, draw < 0.1)  # noqa: PLR2004 - shares
    away = draw > 0.875  # noqa: PLR2004 - one in eight
    latitude = np.where(at_work, authors.work[0][author], authors.home[0][author])
    longitude = np.where(at_work, authors.work[1][author], authors.home[1][author])
    visited = np.where(away, authors.town[rng.permutation(author)], town)
    elsewhere = _around(rng, visited, np.full(len(TOWNS), 2.0))
    jitter = rng.normal(0, 0.0009, (2, count))
    return (
        np.where(away, elsewhere[0], latitude + jitter[0]),
        _wrapped(np.where(away, elsewhere[1], longitude + jitter[1])),
        visited,
    )


def _references(rng: np.random.Generator, kind: Integers) -> Integers:
    """For each quote, repost and reply an earlier original Post, recent ones first."""
    originals = np.flatnonzero(kind == ORIGINAL)
    before = np.searchsorted(originals, np.arange(len(kind)))
    back = np.minimum(rng.geometric(0.01, len(kind)), np.maximum(before, 1))
    chosen = originals[np.maximum(before - back, 0)] if len(originals) else np.zeros(len(kind), dtype=np.int64)
    return np.where((kind != ORIGINAL) & (before > 0), chosen, -1)
