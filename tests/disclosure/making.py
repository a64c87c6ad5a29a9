"""Small synthetic worlds for the tests: towns, people who post at home and away, topics, places."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

TOWNS = [(48.85, 2.35), (51.51, -0.12), (52.52, 13.40), (45.76, 4.84), (50.85, 4.35), (47.37, 8.54)]
MONDAY = datetime(2026, 10, 5, tzinfo=UTC)
AS_OF = "2026-11-20"


def world(
    people: int = 400,
    posts: int = 3000,
    days: int = 7,
    *,
    seed: int = 1,
    tags: Sequence[str] = ("flood",),
    towns: int = 6,
    spread: float = 0.05,
) -> pa.Table:
    """Posts of people who live around towns; every third Post is written in another town."""
    rng = np.random.default_rng(seed)
    weight = 1 / np.arange(1, towns + 1)
    home = rng.choice(towns, people, p=weight / weight.sum())
    centre = np.array(TOWNS[:towns])
    at = centre[home] + rng.normal(0, spread, (people, 2))
    who = np.r_[np.arange(people), rng.integers(0, people, max(posts - people, 0))]
    away = rng.random(len(who)) < 0.33
    there = centre[rng.integers(0, towns, len(who))] + rng.normal(0, spread, (len(who), 2))
    point = np.where(away[:, None], there, at[who]) + rng.normal(0, 0.001, (len(who), 2))
    minutes = rng.integers(0, days * 24 * 60, len(who))
    tag = rng.integers(0, len(tags), len(who))
    return table(
        authors=[str(10_000 + w) for w in who],
        points=[(float(lat), float(lon)) for lat, lon in point],
        at=[MONDAY + timedelta(minutes=int(m)) for m in minutes],
        hashtags=[[tags[t]] for t in tag],
    )


def table(
    *,
    authors: Sequence[str | None],
    points: Sequence[tuple[float | None, float | None]],
    at: Sequence[datetime] | None = None,
    hashtags: Sequence[Sequence[str]] | None = None,
    **more: Sequence[object],
) -> pa.Table:
    """A canonical Post table from lists; ids count up, the time is a Monday, the topic is #flood."""
    rows = len(authors)
    columns = {
        "post_id": pa.array([str(10**15 + n) for n in range(rows)]),
        "author_id": pa.array(authors, pa.string()),
        "created_at": pa.array(at or [MONDAY + timedelta(hours=10)] * rows, pa.timestamp("us", "UTC")),
        "hashtags": pa.array(hashtags or [["flood"]] * rows, pa.list_(pa.string())),
        "latitude": pa.array([lat for lat, _ in points], pa.float64()),
        "longitude": pa.array([lon for _, lon in points], pa.float64()),
    }
    return pa.table({**columns, **{name: pa.array(values) for name, values in more.items()}})


def crowd(
    people: int, lat: float = 48.85, lon: float = 2.35, *, first: int = 1, step: float = 0.0004, **more: Sequence[object]
) -> pa.Table:
    """That many people with one Post each, a few tens of metres apart."""
    points = [(lat, lon + n * step / 10) for n in range(people)]
    return table(authors=[str(first + n) for n in range(people)], points=points, **more)


def stacked(*tables: pa.Table) -> pa.Table:
    """Tables below each other, with ids that count up over all of them."""
    whole = pa.concat_tables(tables, promote_options="default")
    ids = pa.array([str(10**15 + n) for n in range(whole.num_rows)])
    return whole.set_column(whole.schema.get_field_index("post_id"), "post_id", ids)
