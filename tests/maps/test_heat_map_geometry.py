"""Outlines: a partition on the ground, valid on the globe, honest at the antimeridian and the poles."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h3
import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.disclosure.cells import codes_of, index, keys, parents, resolutions, strings, totals
from governance.disclosure.partition import locate
from governance.disclosure.rollup import roll_up
from governance.errors import BadRequest
from governance.reporting.maps import HeatMap, read_heat_map
from governance.reporting.maps.geojson import region_shapes
from governance.reporting.maps.page import to_html
from governance.reporting.maps.projection import EARTH_RADIUS_KM, Projection
from governance.reporting.maps.records import first_day
from governance.reporting.maps.regions import Outlines
from governance.reporting.maps.sphere import cut, unroll, wrap

Maker = Callable[..., pa.Table]
PLACES = {
    "europe": ((51.5, -0.1), (48.85, 2.35)),
    "fiji": ((-17.8, 179.6), (-16.8, -179.7)),
    "chukotka": ((66.5, 179.9), (66.9, -179.0)),
    "north pole": ((89.9, 0.0), (89.5, 120.0)),
    "south pole": ((-89.9, 0.0), (-89.6, 60.0)),
    "pentagon": ((64.7, 10.536), (64.6, 10.9)),
    "world": ((40.7, -74.0), (-33.9, 151.2), (35.7, 139.7), (-36.8, 174.8)),
}


@pytest.fixture(params=PLACES)
def placed(request: pytest.FixtureRequest, make_records: Maker) -> pa.Table:
    """Records in a place that is hard to draw."""
    return make_records(PLACES[request.param], people=3000, spread=0.3)


def test_regions_are_valid_and_on_the_globe(placed: pa.Table) -> None:
    """Every outline is a valid polygon or multipolygon, counter-clockwise outside, within -180..180 and -90..90, none spans the world."""
    for shape in region_shapes(placed):
        assert shape.is_valid
        assert shape.geom_type in {"Polygon", "MultiPolygon"}
        west, south, east, north = shape.bounds
        assert -180 <= west <= east <= 180
        assert -90 <= south <= north <= 90
        for part in shapely.get_parts(shape):
            assert part.exterior.is_ccw
            around_pole = max(abs(south), abs(north)) > 89
            assert around_pole or part.bounds[2] - part.bounds[0] < 20


def test_partition_does_not_overlap(placed: pa.Table) -> None:
    """Regions of one window lie side by side: their areas add up to the area of their union."""
    shapes = region_shapes(placed)
    total = sum(shape.area for shape in shapes)
    assert total == pytest.approx(shapely.union_all(shapes, grid_size=1e-7).area, rel=2e-4)


def test_area_is_the_area_that_was_counted(placed: pa.Table) -> None:
    """On the equal-area sheet each outline has the area its record names, within the error of flat edges and refined outlines."""
    shapes = region_shapes(placed)
    for shape, area in zip(shapes, placed["area_km2"].to_pylist(), strict=True):
        parts = [cut_area(part) for part in shapely.get_parts(shape)]
        assert sum(parts) == pytest.approx(area, rel=0.02)


def cut_area(part: shapely.Polygon) -> float:
    """The area in km2 by Lambert's cylindrical projection: longitude times the sine of latitude, with edges made short first."""
    dense = shapely.segmentize(part, 0.05)
    flat = shapely.transform(dense, lambda p: np.column_stack([np.radians(p[:, 0]), np.sin(np.radians(p[:, 1]))]))
    return float(flat.area) * EARTH_RADIUS_KM**2


def test_residual_is_parent_minus_its_published_descendants(records: pa.Table) -> None:
    """A residual covers the centre of each of its finest cells that no other record shows, and none of a record below it."""
    rows = [row for row in records.to_pylist() if row["kind"] == "residual"]
    assert rows
    by_cell = dict(zip(records["cell"].to_pylist(), region_shapes(records), strict=True))
    for row in rows[:20]:
        shape = by_cell[row["cell"]]
        inside = [cell for cell in by_cell if h3.get_resolution(cell) > row["resolution"]]
        inside = [cell for cell in inside if h3.cell_to_parent(cell, row["resolution"]) == row["cell"]]
        split = {h3.cell_to_parent(cell, row["resolution"] + 1) for cell in inside}
        for child in h3.cell_to_children(row["cell"], row["resolution"] + 1):
            latitude, longitude = h3.cell_to_latlng(child)
            assert shape.contains(shapely.Point(longitude, latitude)) == (child not in split)


def test_full_cell_at_the_finest_resolution_is_the_h3_cell(records: pa.Table) -> None:
    """A record at the finest resolution is drawn as H3 draws its cell."""
    finest = max(records["resolution"].to_pylist())
    for row, shape in zip(records.to_pylist(), region_shapes(records), strict=True):
        if row["resolution"] == finest:
            ring = [(longitude, latitude) for latitude, longitude in h3.cell_to_boundary(row["cell"])]
            assert shape.symmetric_difference(shapely.Polygon(ring)).area < 1e-4 * shape.area


@settings(max_examples=80, deadline=None)
@given(latitude=st.floats(-90, 90), longitude=st.floats(-180, 180), resolution=st.integers(1, 8), depth=st.integers(0, 2))
def test_any_cell_holds_its_centre(latitude: float, longitude: float, resolution: int, depth: int) -> None:
    """Anywhere on the globe, at any resolution, an outline is valid, holds the centre of its cell and not its antipode."""
    cell = h3.latlng_to_cell(latitude, longitude, resolution)
    shape = cut(Outlines(finest=resolution + depth).of(h3.str_to_int(cell), ()))
    assert shape.is_valid
    south, west = h3.cell_to_latlng(cell)
    assert shape.buffer(1e-9).contains(shapely.Point(west, south))
    assert not shape.contains(shapely.Point((west + 360) % 360 - 180, -south))


@settings(max_examples=40, deadline=None)
@given(latitude=st.floats(-89, 89), longitude=st.floats(-180, 180), radius=st.floats(0.1, 40))
def test_projection_keeps_areas(latitude: float, longitude: float, radius: float) -> None:
    """A circle on the globe keeps its area on the flat map, wherever the map is aimed."""
    sheet = Projection(longitude, latitude, radius)
    flat = shapely.Polygon(sheet.flat(sheet.circle(radius, 720)))
    cap = 2 * np.pi * EARTH_RADIUS_KM**2 * (1 - np.cos(np.radians(radius)))
    assert flat.area == pytest.approx(cap, rel=1e-3)


def test_world_map_keeps_areas() -> None:
    """Equal Earth draws equal areas equal: a band of latitude has its share of the globe."""
    sheet = Projection(0.0, 0.0, 180.0)
    assert sheet.name == "Equal Earth"
    band = shapely.segmentize(shapely.box(-180, 30, 180, 60), 0.5)
    share = shapely.transform(band, sheet.flat).area / (4 * np.pi * EARTH_RADIUS_KM**2)
    assert share == pytest.approx((np.sin(np.radians(60)) - 0.5) / 2, rel=1e-4)


def test_geojson_is_rfc_7946(placed: pa.Table, certificate: dict[str, Any], tmp_path: Path) -> None:
    """The file is a FeatureCollection with closed rings, a certificate, a bounding box, all columns, and no coordinate system member."""
    found = json.loads(HeatMap(placed, certificate).write(tmp_path / "map.geojson").read_text(encoding="utf-8"))
    assert found["type"] == "FeatureCollection"
    assert found["certificate"] == certificate
    assert "crs" not in found
    assert len(found["bbox"]) == 4
    assert len(found["features"]) == placed.num_rows
    for feature, row in zip(found["features"], placed.to_pylist(), strict=True):
        assert feature["properties"] == {**row, "window_start": first_day(row["window"])}
        polygons = feature["geometry"]["coordinates"]
        for polygon in polygons if feature["geometry"]["type"] == "MultiPolygon" else [polygons]:
            for ring in polygon:
                assert len(ring) >= 4
                assert ring[0] == ring[-1]


def test_bounding_box_over_the_antimeridian(make_records: Maker, tmp_path: Path) -> None:
    """In Fiji the box begins west of the antimeridian and ends east of it, as RFC 7946 asks."""
    path = HeatMap(make_records(PLACES["fiji"]), {}).write(tmp_path / "map.geojson")
    west, _, east, _ = json.loads(path.read_text(encoding="utf-8"))["bbox"]
    assert 170 < west < 180
    assert -180 < east < -170


def test_written_outlines_are_read_back(placed: pa.Table, tmp_path: Path) -> None:
    """At the antimeridian and at the poles too, a file has exactly the outlines that its records have."""
    heat = HeatMap(placed, {})
    assert read_heat_map(heat.write(tmp_path / "map.geojson"))[0].equals(heat.records)


def test_moved_outline_is_refused(records: pa.Table, tmp_path: Path) -> None:
    """An outline that was moved by hand is found when the file is read."""
    path = HeatMap(records, {}).write(tmp_path / "map.geojson")
    found = json.loads(path.read_text(encoding="utf-8"))
    found["features"][0]["geometry"] = found["features"][1]["geometry"]
    path.write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(BadRequest, match="outline is not that of its record"):
        read_heat_map(path)
    found["features"][0]["geometry"] = None
    path.write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(BadRequest, match="outline is not that of its record"):
        read_heat_map(path)


def test_geopandas_is_ready(heat: HeatMap) -> None:
    """The frame has the outlines in WGS 84, longitude first, and the certificate beside it."""
    geopandas = pytest.importorskip("geopandas")
    frame = heat.to_geopandas()
    assert isinstance(frame, geopandas.GeoDataFrame)
    assert frame.crs.to_authority() == ("OGC", "CRS84")
    assert frame.geometry.is_valid.all()
    assert frame.attrs["certificate"] == heat.certificate
    assert frame["people"].tolist() == heat.records["people"].to_pylist()


@pytest.mark.parametrize("place", ["europe", "fiji", "pentagon", "south pole"])
def test_picture_shows_where_people_were_counted(place: str) -> None:
    """The centre of each person's cell lies in the outline of the very record that counted them, and in no other."""
    rng = np.random.default_rng(5)
    town = np.array(PLACES[place])[rng.integers(2, size=1500)]
    latitude = np.clip(town[:, 0] + rng.normal(scale=0.25, size=1500), -90, 90)
    longitude = (town[:, 1] + rng.normal(scale=0.25, size=1500) + 180) % 360 - 180
    codes = parents(index(latitude, longitude), 7)
    key = keys(np.zeros(1500, np.int64), codes)
    partition = roll_up(*totals(key), k=10, finest=7, coarsest=4)
    cells = codes_of(partition.key)
    table = pa.table(
        {
            "cell": strings(cells),
            "resolution": resolutions(cells),
            "kind": np.where(partition.residual, "residual", "full").tolist(),
            "window": ["2026-W44"] * len(cells),
            "group": pa.nulls(len(cells), pa.string()),
            "people": partition.people,
            "area_km2": [1.0] * len(cells),
        },
    )
    tree = shapely.STRtree(region_shapes(HeatMap(table, {}).records))
    counted = locate(partition.key, key, finest=7, coarsest=4)
    for cell, record in set(zip(strings(codes).to_pylist(), counted.tolist(), strict=True)):
        south, west = h3.cell_to_latlng(cell)
        assert tree.query(shapely.Point(west, south), "within").tolist() == ([record] if record >= 0 else [])


def test_page_draws_the_same_areas(records: pa.Table) -> None:
    """The flat shapes inside the page have the areas that their records name, in the page's own unit."""
    block = re.search(rb'id="heat-map">(.*?)</script>', to_html(records, {}))
    assert block
    value = json.loads(block[1])
    unit = value["drawing"]["unit"]
    for place, area in zip(value["drawing"]["shape"], value["records"]["area_km2"], strict=True):
        rings = [np.cumsum(np.array(steps).reshape(-1, 2), axis=0) * unit for steps in value["drawing"]["shapes"][place]]
        outer, *holes = (shapely.Polygon(ring) for ring in rings)
        inside = [hole for hole in holes if outer.contains(hole.representative_point())]
        apart = [part for part in holes if part not in inside]
        drawn = outer.area + sum(part.area for part in apart) - sum(hole.area for hole in inside)
        assert drawn == pytest.approx(area, rel=0.05)


@settings(max_examples=100, deadline=None)
@given(start=st.floats(-180, 180), steps=st.lists(st.floats(-170, 170), min_size=1, max_size=8))
def test_unrolling_takes_the_short_way(start: float, steps: list[float]) -> None:
    """A line unrolled makes the very steps it was made of, however often it crosses the antimeridian."""
    longitude = start + np.concatenate([[0.0], np.cumsum(steps)])
    line = np.column_stack([wrap(longitude), np.zeros(len(longitude))])
    assert np.allclose(np.diff(unroll(line)[:, 0]), steps, atol=1e-9)
