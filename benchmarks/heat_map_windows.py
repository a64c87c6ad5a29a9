"""A year of days: what a series of hundreds of windows costs, in CPU seconds, and a second series that is refused against it.

    python -m benchmarks.heat_map_windows

The first series is made in one call for the whole year, and again in a ledger of its own by one call a day: with the Posts of that day, and
(every tenth day, scaled up) with all Posts so far. The second one shows the Posts that also bear another hashtag, over the same days.
"""

import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa

import governance as gov
from benchmarks.heat_map_data import World

DAYS = 365
WORLD, START = np.datetime64("2026-10-05", "us"), np.datetime64("2024-10-05", "us")
"""When the Posts of `heat_map_data` begin, and when these do: every window is over."""
SIZES = ((120, 20_000, 1), (3_000, 200_000, 4))
"""People, Posts, towns."""
SOME = 10


def year(people: int, posts: int, towns: int) -> pa.Table:
    """A year of Posts in order of time; seven in ten bear a second hashtag."""
    world = World(people, towns=towns, days=DAYS)
    table = world.posts(posts)
    tags = pa.array([["flood", "storm"] if both else ["flood"] for both in world.rng.random(posts) < 0.7])  # noqa: PLR2004 - a share
    table = table.set_column(table.schema.get_field_index("hashtags"), "hashtags", tags)
    over = pa.array(table["created_at"].to_numpy() - (WORLD - START), pa.timestamp("us", "UTC"))
    return table.set_column(table.schema.get_field_index("created_at"), "created_at", over).sort_by("created_at")


def seconds(calls: Iterable[Callable[[], object]]) -> tuple[float, str]:
    """CPU seconds of some calls, and how they ended."""
    ends = {"released": 0, "refused": 0}
    begun = time.process_time()
    for call in calls:
        try:
            call()
            ends["released"] += 1
        except gov.PolicyViolation:
            ends["refused"] += 1
    return time.process_time() - begun, ", ".join(f"{count} {end}" for end, count in ends.items() if count)


def measure(people: int, posts: int, towns: int) -> None:
    """Print the rows of one size."""
    table = year(people, posts, towns)
    days = START + np.arange(DAYS + 1) * np.timedelta64(1, "D")
    last = np.searchsorted(table["created_at"].to_numpy(), days)
    until = [str(day)[:10] for day in days]

    def made(day: int, first: int, ledger: str, topic: str = "#flood") -> Callable[[], object]:
        return lambda: gov.heat_map(table.slice(first, last[day] - first), topic=topic, window="day", as_of=until[day], ledger=ledger)

    with tempfile.TemporaryDirectory() as folder:
        one, two, three = (f"sqlite:///{Path(folder, name)}.db" for name in ("one", "two", "three"))
        results = {
            "the year in one call": seconds([made(DAYS, 0, one)]),
            "a second series over the same days": seconds([made(DAYS, 0, one, "#storm")]),
            "day by day, the Posts of the day": seconds(made(day, last[day - 1], two) for day in range(1, DAYS + 1)),
        }
        spent, ends = seconds(made(day, 0, three) for day in range(SOME, DAYS + 1, SOME))
        results[f"day by day, all Posts so far (each {SOME}th day, scaled)"] = (spent * SOME, ends)
    for name, (spent, ends) in results.items():
        print(f"| {people:,} people, {posts:,} Posts: {name} | {spent:.1f} | {ends} |")


if __name__ == "__main__":
    print("| | CPU s | |\n|---|---|---|")
    for size in SIZES:
        measure(*size)
