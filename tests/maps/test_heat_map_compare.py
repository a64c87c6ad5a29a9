"""Comparing maps and shares: only common regions, only published numbers, with bounds that hold."""

from collections.abc import Callable
from typing import Any

import h3
import h3.api.basic_int as h3i
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.disclosure.cells import codes_of, index, keys, resolutions, strings, totals
from governance.disclosure.partition import locate
from governance.disclosure.rollup import Partition, roll_up
from governance.errors import BadRequest
from governance.reporting.maps import HeatMap
from governance.reporting.maps.overlay import common_regions

Maker = Callable[..., pa.Table]
FINEST, COARSEST, K = 7, 3, 10


def drawn(seed: int, people: int) -> tuple[np.ndarray, Partition]:
    """The cell of each person of a small town, and the partition the method makes of them."""
    rng = np.random.default_rng(seed)
    codes = index(51.5 + rng.normal(scale=0.2, size=people), rng.normal(scale=0.3, size=people))
    key = keys(np.zeros(people, np.int64), codes)
    return key, roll_up(*totals(key), k=K, finest=FINEST, coarsest=COARSEST)


def released(partition: Partition, window: str) -> HeatMap:
    """The partition as a map."""
    cells = codes_of(partition.key)
    table = pa.table(
        {
            "cell": strings(cells),
            "resolution": resolutions(cells),
            "kind": np.where(partition.residual, "residual", "full").tolist(),
            "window": pa.array([window] * len(cells), pa.string()),
            "group": pa.nulls(len(cells), pa.string()),
            "people": (partition.people + 5) // 10 * 10,
            "area_km2": [1.0] * len(cells),
        },
    )
    return HeatMap(table, {"scope": "#flood", "minimum_people": K, "rounding_base": 10})


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), before=st.integers(200, 3000), after=st.integers(200, 3000))
def test_bounds_hold_for_the_exact_counts(seed: int, before: int, after: int) -> None:
    """For any two populations, the exact change of each common region lies within the bounds that the rounded numbers give."""
    sides = [drawn(seed, before), drawn(seed + 1, after)]
    maps = [released(partition, window) for (_, partition), window in zip(sides, ("2026-W44", "2026-W45"), strict=True)]
    try:
        table = maps[0].compare(maps[1]).to_arrow()
    except BadRequest:
        return
    owner = [locate(partition.key, key, finest=FINEST, coarsest=COARSEST) for key, partition in sides]
    exact = [dict(zip(map(h3i.str_to_int, strings(codes_of(p.key)).to_pylist()), p.people.tolist(), strict=True)) for _, p in sides]
    regions = common_regions([list(people) for people in exact])
    assert len(regions) == table.num_rows
    for region, row in zip(regions, table.to_pylist(), strict=True):
        counts = [sum(people[cell] for cell in cells) for people, cells in zip(exact, region.cells, strict=True)]
        assert row["change_low"] <= counts[1] - counts[0] <= row["change_high"]
        assert row["change_low"] <= row["change"] <= row["change_high"]
    assert all((found >= -1).all() for found in owner)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), before=st.integers(200, 3000), after=st.integers(200, 3000))
def test_common_regions_are_unions_on_both_sides(seed: int, before: int, after: int) -> None:
    """A person's cell lies in a common region on one side exactly if it does on the other: both sides cover the same ground."""
    sides = [drawn(seed, before), drawn(seed + 1, after)]
    cells = [list(map(h3i.str_to_int, strings(codes_of(partition.key)).to_pylist())) for _, partition in sides]
    regions = common_regions(cells)
    everyone = np.unique(np.concatenate([key for key, _ in sides]))
    places = []
    for (_, partition), own, side in zip(sides, cells, (0, 1), strict=True):
        number = {cell: at for at, region in enumerate(regions) for cell in region.cells[side]}
        found = locate(partition.key, everyone, finest=FINEST, coarsest=COARSEST)
        places.append([number.get(own[at], -1) if at >= 0 else -1 for at in found.tolist()])
    assert places[0] == places[1]


def test_every_record_is_in_one_region_at_most(make_records: Maker) -> None:
    """Common regions are disjoint: no record of either map is used twice."""
    sides = [[h3.str_to_int(cell) for cell in make_records(seed=seed)["cell"].to_pylist()] for seed in (1, 2)]
    regions = common_regions(sides)
    for side in (0, 1):
        used = [cell for region in regions for cell in region.cells[side]]
        assert len(used) == len(set(used))


def test_a_map_against_itself_is_all_regions(records: pa.Table) -> None:
    """The same partition twice has every record as a common region of its own, whole exactly where the record is full."""
    cells = [h3.str_to_int(cell) for cell in records["cell"].to_pylist()]
    regions = common_regions([cells, cells])
    assert sorted(region.cells[0] for region in regions) == sorted((cell,) for cell in cells)
    kinds = dict(zip(cells, records["kind"].to_pylist(), strict=True))
    assert all(region.whole == (kinds[region.cell] == "full") for region in regions)


def test_compare_windows_of_one_map(grouped: pa.Table, certificate: dict[str, Any]) -> None:
    """Without another map the last two windows are compared, group by group, and the result says how it was made."""
    found = HeatMap(grouped, certificate).compare()
    frame = found.to_pandas()
    assert set(frame["group"]) == {"rescue", "other"}
    assert set(frame["before"]) == {"2026-W44"}
    assert set(frame["after"]) == {"2026-W45"}
    assert (frame["people_after"] - frame["people_before"] == frame["change"]).all()
    assert "rounded" in frame.attrs["note"]
    assert found.to_arrow().schema.metadata[b"governance.note"]
    summary = found.summary()
    assert summary["up"] + summary["down"] + summary["unclear"] == summary["regions"] == len(frame)
    assert 0 <= found.left_out < 1
    assert "common regions" in repr(found)


def test_changes_can_be_drawn(heat: HeatMap, make_records: Maker, certificate: dict[str, Any]) -> None:
    """Each row has the outline of its common region: the same from both sides, disjoint, as large as its area says."""
    geopandas = pytest.importorskip("geopandas")
    found = heat.compare(HeatMap(make_records(seed=2, window="2026-W45"), certificate))
    frame = found.to_geopandas()
    assert isinstance(frame, geopandas.GeoDataFrame)
    assert frame.attrs["note"] == found.note
    assert frame.geometry.is_valid.all()
    flat = frame.to_crs("EPSG:6933").geometry
    areas = flat.area / 1e6
    assert flat.union_all().area / 1e6 == pytest.approx(areas.sum(), rel=1e-4)
    assert np.allclose(areas, frame["area_km2"], rtol=0.02)


def test_order_of_the_maps_does_not_matter(make_records: Maker, certificate: dict[str, Any]) -> None:
    """The earlier window is always before, whichever map is asked."""
    one, other = (HeatMap(make_records(seed=seed, window=window), certificate) for seed, window in ((1, "2026-W44"), (2, "2026-W45")))
    assert one.compare(other).to_arrow().equals(other.compare(one).to_arrow())


def test_what_can_not_be_compared_is_refused(make_records: Maker, records: pa.Table, certificate: dict[str, Any]) -> None:
    """Another scope, another grouping, the same window, a window that is not there, and no common ground: each says what to do."""
    heat = HeatMap(records, certificate)
    later = make_records(seed=2, window="2026-W45")
    for other, message in (
        (HeatMap(later, {**certificate, "scope": "#storm"}), "different scopes"),
        (HeatMap(make_records(window="2026-W45", group="a"), certificate), "different groups"),
        (HeatMap(records, certificate), "no two windows"),
        (HeatMap(make_records(((10.0, 10.0),), window="2026-W45"), certificate), "no region in common"),
        (None, "no two windows"),
    ):
        with pytest.raises(BadRequest, match=message) as error:
            heat.compare(other)
        assert error.value.hint
    with pytest.raises(BadRequest, match="2026-W40"):
        heat.compare(HeatMap(later, certificate), windows=("2026-W40", "2026-W45"))
    with pytest.raises(BadRequest, match="later one"):
        heat.compare(HeatMap(later, certificate), windows=("2026-W45", "2026-W44"))


def test_shares_add_up_and_stay_within_bounds(grouped: pa.Table, certificate: dict[str, Any]) -> None:
    """In each region the shares of all groups add up to one, and each lies within its bounds."""
    frame = HeatMap(grouped, certificate).shares().to_pandas()
    sums = frame.groupby(["window", "cell", "kind"])["share"].sum()
    assert np.allclose(sums, 1)
    assert (frame["share_low"] <= frame["share"]).all()
    assert (frame["share"] <= frame["share_high"]).all()


def test_shares_need_groups(heat: HeatMap) -> None:
    """A map without groups has no shares to give."""
    with pytest.raises(BadRequest, match="no groups"):
        heat.shares()


def test_ground_that_no_record_shows_is_never_common() -> None:
    """A child that was split without a remainder hides what lies outside its parts: its parent's residual has no counterpart in a whole."""
    parent = h3i.str_to_int("851fb467fffffff")
    child = min(h3i.cell_to_children(parent, 6))
    shown = sorted(h3i.cell_to_children(child, 7))[:2]
    assert common_regions([[parent, *shown], [parent]]) == []
    whole = [parent, *sorted(h3i.cell_to_children(child, 7))]
    [region] = common_regions([whole, [parent]])
    assert region.whole
    assert region.cells == (tuple(sorted(whole)), (parent,))
