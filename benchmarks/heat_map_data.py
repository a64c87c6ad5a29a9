"""Synthetic geo Posts for the benchmarks: population-like clusters, heavy-tailed authors, homes and workplaces; written as Parquet."""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

CHUNK = 1_000_000
DAYS = 28
TOWNS = 200


class World:
    """Towns, and people who live and work in them; every draw comes from the seed."""

    def __init__(self, people: int, seed: int = 3, towns: int = TOWNS, days: int = DAYS) -> None:
        """Draw towns and people."""
        self.rng = rng = np.random.default_rng(seed)
        self.days = days
        self.town_lat, self.town_lon = rng.uniform(45, 54, towns), rng.uniform(-4, 14, towns)
        weight = 1 / np.arange(1, towns + 1)
        self.weight = weight / weight.sum()
        town = rng.choice(towns, people, p=self.weight)
        spread = np.where(self.weight[town] > 0.03, 0.08, 0.04)  # noqa: PLR2004 - large towns are wider
        self.home = self._around(town, spread)
        self.work = self._around(town, spread * 0.4)
        activity = np.cumsum(rng.pareto(1.3, people) + 0.3)
        self.activity = activity / activity[-1]

    def _around(self, town: np.ndarray, spread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        lat = self.town_lat[town] + self.rng.normal(0, 1, len(town)) * spread
        return lat, self.town_lon[town] + self.rng.normal(0, 1, len(town)) * spread * 1.5

    def posts(self, count: int, first: int = 0) -> pa.Table:
        """Posts as a canonical table: author, time, hashtags, point."""
        rng = self.rng
        author = np.searchsorted(self.activity, rng.random(count))
        hour = rng.integers(0, self.days * 24, count)
        night = (hour % 24 < 8) | (hour % 24 > 19)  # noqa: PLR2004 - hours
        draw = rng.random(count)
        at_home = np.where(night, draw < 0.85, draw < 0.35)  # noqa: PLR2004 - shares
        at_work = ~at_home & (draw < 0.85)  # noqa: PLR2004 - a share
        away = self._around(rng.choice(len(self.weight), count, p=self.weight), np.full(count, 0.05))
        places = zip(self.home, self.work, away, strict=True)
        lat, lon = (np.where(at_home, h[author], np.where(at_work, w[author], a)) for h, w, a in places)
        at = np.datetime64("2026-10-05T00:00", "us") + hour.astype("timedelta64[h]") + rng.integers(0, 3600, count).astype("timedelta64[s]")
        tags = pa.array(["flood"] * 1, pa.string()).take(pa.array(np.zeros(count, np.int32)))
        return pa.table(
            {
                "post_id": pa.array(np.arange(first, first + count) + 10**18).cast(pa.string()),
                "author_id": pa.array(author + 10**9).cast(pa.string()),
                "created_at": pa.array(at, pa.timestamp("us", "UTC")),
                "hashtags": pa.ListArray.from_arrays(pa.array(np.arange(count + 1), pa.int32()), tags),
                "latitude": np.clip(lat + rng.normal(0, 0.0008, count), -89, 89),
                "longitude": lon + rng.normal(0, 0.001, count),
            },
        )


def write(path: Path, rows: int, people: int | None = None) -> Path:
    """Write `rows` Posts; a tenth as many people unless told otherwise."""
    world = World(people or max(rows // 10, 100))
    writer = None
    for first in range(0, rows, CHUNK):
        table = world.posts(min(CHUNK, rows - first), first)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table, row_group_size=250_000)
    if writer is not None:
        writer.close()
    return path


if __name__ == "__main__":
    print(write(Path(sys.argv[2]), int(sys.argv[1].replace("_", ""))))
