"""The world the attacks run in: people with homes and workplaces who post, and the published files a reader has."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import governance as gov
from governance.disclosure import cells
from governance.reporting.maps import read_heat_map

TOWNS = [(48.85, 2.35), (51.51, -0.12), (52.52, 13.40), (45.76, 4.84), (50.85, 4.35), (47.37, 8.54), (43.60, 1.44), (53.55, 9.99)]
MONDAY = datetime(2026, 10, 5, tzinfo=UTC)
AS_OF = "2026-12-20"
K = 10


@dataclass
class World:
    """Posts as arrays, with what only the truth knows: who wrote each, and where people live."""

    author: np.ndarray
    lat: np.ndarray
    lon: np.ndarray
    minute: np.ndarray
    tag: np.ndarray
    home: np.ndarray
    tags: Sequence[str] = field(default_factory=lambda: ("flood",))

    def table(self, rows: np.ndarray | None = None) -> pa.Table:
        """The Posts (or some of them) as a canonical table."""
        at = np.arange(len(self.author)) if rows is None else np.flatnonzero(rows)
        times = [MONDAY + timedelta(minutes=int(m)) for m in self.minute[at]]
        return pa.table(
            {
                "post_id": pa.array([str(10**15 + int(n)) for n in at]),
                "author_id": pa.array([str(10_000 + int(a)) for a in self.author[at]]),
                "created_at": pa.array(times, pa.timestamp("us", "UTC")),
                "hashtags": pa.array([[self.tags[t], "all"] for t in self.tag[at]], pa.list_(pa.string())),
                "latitude": self.lat[at],
                "longitude": self.lon[at],
            },
        )

    @property
    def codes(self) -> np.ndarray:
        """The base cell of each Post."""
        return cells.index(self.lat, self.lon)


def make(people: int, posts: int, days: int = 7, *, seed: int = 1, tags: Sequence[str] = ("flood",), spread: float = 0.04) -> World:
    """People live around towns, work near their centres, and post at home by night and elsewhere by day; activity is heavy-tailed."""
    rng = np.random.default_rng(seed)
    weight = 1 / np.arange(1, len(TOWNS) + 1)
    town = rng.choice(len(TOWNS), people, p=weight / weight.sum())
    centre = np.array(TOWNS)
    home = centre[town] + rng.normal(0, spread, (people, 2))
    work = centre[town] + rng.normal(0, spread * 0.4, (people, 2))
    activity = rng.pareto(1.3, people) + 0.3
    author = np.r_[np.arange(people), rng.choice(people, posts - people, p=activity / activity.sum())]
    minute = rng.integers(0, days * 24 * 60, posts)
    hour = minute // 60 % 24
    night = (hour < 8) | (hour > 19)
    draw = rng.random(posts)
    at_home, away = np.where(night, draw < 0.85, draw < 0.35), draw > 0.85
    there = centre[rng.integers(0, len(TOWNS), posts)] + rng.normal(0, spread, (posts, 2))
    point = np.where(at_home[:, None], home[author], np.where(away[:, None], there, work[author])) + rng.normal(0, 0.0006, (posts, 2))
    share = 1 / np.arange(1, len(tags) + 1)
    tag = rng.choice(len(tags), posts, p=share / share.sum())
    return World(author, point[:, 0], point[:, 1], minute, tag, home, tags)


@dataclass(frozen=True)
class Published:
    """What a reader has: the records of one published file."""

    records: pa.Table

    def column(self, name: str) -> list[Any]:
        """A column as a list."""
        return self.records[name].to_pylist()

    @property
    def codes(self) -> np.ndarray:
        """The cells as codes."""
        return cells.from_strings(self.column("cell"))

    @property
    def people(self) -> np.ndarray:
        """The published people."""
        return np.array(self.column("people"), np.int64)

    def region_of(self, codes: np.ndarray) -> np.ndarray:
        """For base cells, the record whose region holds each (the deepest one above it), -1 for none; of one window."""
        from governance.disclosure.partition import locate

        order = np.argsort(self.codes)
        at = locate(self.codes[order], codes, finest=cells.BASE, coarsest=0)
        return np.where(at >= 0, order[at], -1)


def publish(posts: pa.Table, folder: Path, name: str = "map", **call: Any) -> Published | None:  # noqa: ANN401 - arguments of gov.heat_map
    """Make, write and read a map as an outsider would; None if it was refused."""
    settings = {"topic": "#flood", "as_of": AS_OF, **call}
    try:
        heat = gov.heat_map(posts, ledger=f"sqlite:///{folder}/governance.db", **settings)
    except gov.PolicyViolation:
        return None
    return Published(read_heat_map(heat.write(folder / f"{name}.parquet"))[0])


@contextmanager
def laboratory() -> Iterator[tuple[Path, pytest.MonkeyPatch]]:
    """A folder of its own with a known key, so that figures repeat, and a way to switch defences off that is undone afterwards."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        key = Path(folder) / "key"
        key.write_text("5e" * 32 + "\n", encoding="ascii")
        patch.setenv("GOVERNANCE_KEY_FILE", str(key))
        yield Path(folder), patch


def exact_numbers(patch: pytest.MonkeyPatch) -> None:
    """Switch rounding off."""
    patch.setattr("governance.disclosure.records.rounded", lambda counts: counts)


def no_audit(patch: pytest.MonkeyPatch) -> None:
    """Switch the refusals of a second map and of differencing off."""
    from governance.verbs import judging

    patch.setattr(judging, "_second_maps", lambda *_: iter(()))
    patch.setattr(judging, "audit_plan", lambda _people, planned, *_: judging.Verdict(planned))


def no_threshold(patch: pytest.MonkeyPatch, k: int = 1) -> None:
    """Let records hold as few people as k."""
    patch.setattr("governance.disclosure.specification.FLOOR_PEOPLE", k)
    patch.setattr("governance.disclosure.specification.max", lambda *_: k, raising=False)
