"""A table that calls itself a heat map: its names of ours are no cloak, its numbers are counts, its cells are cells."""

from pathlib import Path

import h3
import pyarrow as pa
import pytest

import governance as gov

FINE = [h3.latlng_to_cell(47.5 + n / 9, 7.5 + n % 7, 9) for n in range(40)]
CELLS = sorted({h3.cell_to_parent(cell, 6) for cell in FINE})
SIZE = len(CELLS)
MAP = {"cell": CELLS, "people": [20] * SIZE, "window": ["2026-W47"] * SIZE}


@pytest.fixture(autouse=True)
def _scope() -> None:
    """A declared map with a scope, so that only its columns decide."""
    Path("governance.yml").write_text(
        "version: 1\npurposes: {p: {description: d}}\nscopes: {s: {collected_by: r, purpose: p}}\n"
        "datasets:\n  map: {kind: heat_map, scope: s}\n",
    )


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"group": ["#flood", "#fire"] * (SIZE // 2) + ["#flood"] * (SIZE % 2)},
        {"posts": [40] * SIZE, "resolution": [6] * SIZE, "kind": ["full"] * SIZE, "area_km2": [36.1] * SIZE},
        {"cell_id": pa.array([h3.str_to_int(cell) for cell in CELLS], pa.uint64())},
        {"cell": pa.array([h3.str_to_int(cell) for cell in CELLS], pa.uint64())},
    ],
    ids=["bare", "groups", "what our files say", "ids of cells", "cells as integers"],
)
def test_an_aggregate_passes(columns: dict[str, object]) -> None:
    """Cells, windows, groups and counts pass."""
    assert gov.check(pa.table({**MAP, **columns}), data_set="map").outcome == "pass"


@pytest.mark.parametrize(
    "columns",
    [
        {"group": [f"@user{n}" for n in range(SIZE)]},
        {"group": [f"p{n}@example.org" for n in range(SIZE)]},
        {"group": FINE[:SIZE]},
        {"window": [f"p{n}@example.org" for n in range(SIZE)]},
        {"window": [f"2026-11-16T12:{n:02}:01" for n in range(SIZE)]},
        {"kind": [f"name {n}" for n in range(SIZE)]},
        {"cell_id": FINE[:SIZE]},
        {"cell": ["86" + cell[2:] for cell in FINE[:SIZE]]},
        {"people": [float("nan")] * SIZE},
        {"people": [20.5 + n / 1000 for n in range(SIZE)]},
        {"people": [1_500_000_000_000_000_000 + n for n in range(SIZE)]},
        {"posts": [48.1 + n / 1000 for n in range(SIZE)]},
    ],
    ids=[
        "groups of one account",
        "groups of one person",
        "groups of fine cells",
        "windows of addresses",
        "windows of a minute",
        "kinds of names",
        "ids of fine cells",
        "fine cells called coarse",
        "no number of people",
        "a fraction of people",
        "ids for people",
        "degrees for Posts",
    ],
)
def test_a_name_of_ours_is_no_cloak(columns: dict[str, object]) -> None:
    """What the values say counts more than what the column is called."""
    assert gov.check(pa.table({**MAP, **columns}), data_set="map").outcome == "fail"
