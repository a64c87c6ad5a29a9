"""Synthetic heat maps, rolled up by the real method from seeded clusters around real towns."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from governance.disclosure.cells import codes_of, index, keys, resolutions, strings, totals
from governance.disclosure.partition import record_areas
from governance.disclosure.rollup import roll_up
from governance.reporting.maps import HeatMap

TOWNS = ((51.507, -0.128), (53.48, -2.24), (48.85, 2.35), (50.85, 4.35), (52.37, 4.9))
CERTIFICATE = {
    "release": "r-000001",
    "scope": {"topic": ["#flood"]},
    "window": "week",
    "minimum_people": 10,
    "rounding": 10,
    "library": "0.1.0",
    "approver": None,
}


@pytest.fixture(scope="session")
def make_records() -> Callable[..., pa.Table]:
    """A maker of records: clusters of people around towns, rolled up at k = 10 and rounded."""

    def make(
        towns: Sequence[tuple[float, float]] = TOWNS,
        *,
        seed: int = 1,
        people: int = 4000,
        spread: float = 0.2,
        finest: int = 7,
        window: str = "2026-W44",
        group: str | None = None,
    ) -> pa.Table:
        rng = np.random.default_rng(seed)
        town = np.array(towns)[rng.integers(len(towns), size=people)]
        latitude = np.clip(town[:, 0] + rng.normal(scale=spread, size=people), -90, 90)
        longitude = town[:, 1] + rng.normal(scale=spread, size=people) / np.maximum(np.cos(np.radians(town[:, 0])), 0.05)
        codes = index(latitude, (longitude + 180) % 360 - 180)
        key, count = totals(keys(np.zeros(people, np.int64), codes))
        found = roll_up(key, count, k=10, finest=finest, coarsest=3)
        cells = codes_of(found.key)
        return pa.table(
            {
                "cell": strings(cells),
                "resolution": resolutions(cells),
                "kind": np.where(found.residual, "residual", "full").tolist(),
                "window": pa.array([window] * len(cells), pa.string()),
                "group": pa.array([group] * len(cells), pa.string()),
                "people": (found.people + 5) // 10 * 10,
                "area_km2": record_areas(found.key, found.residual, 3),
            },
        )

    return make


@pytest.fixture(scope="session")
def records(make_records: Callable[..., pa.Table]) -> pa.Table:
    """One window without groups."""
    return make_records()


@pytest.fixture(scope="session")
def grouped(make_records: Callable[..., pa.Table]) -> pa.Table:
    """Two windows with two groups."""
    parts = [
        make_records(seed=seed, window=window, group=group)
        for seed, (window, group) in enumerate([(w, g) for w in ("2026-W44", "2026-W45") for g in ("rescue", "other")])
    ]
    return pa.concat_tables(parts)


@pytest.fixture
def certificate() -> dict[str, Any]:
    """A certificate as a release makes it, without its seal."""
    return {**CERTIFICATE, "scope": {"topic": ["#flood"]}}


@pytest.fixture
def heat(records: pa.Table, certificate: dict[str, Any]) -> HeatMap:
    """One window without groups, as a heat map."""
    return HeatMap(records, certificate)
