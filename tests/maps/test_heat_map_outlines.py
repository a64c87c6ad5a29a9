"""Outlines travel with a map, and nothing travels in them: a frame or a file whose geometry says anything of its own is no released map."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import shapely

from governance.errors import BadRequest
from governance.reporting.maps import HeatMap, read_heat_map
from governance.reporting.maps.memory import carried, without_outlines

pytest.importorskip("geopandas")

POST = {"id": "1", "coordinates": [2.2945, 48.8584]}
COLUMNS = ["cell", "resolution", "kind", "window", "window_start", "group", "people", "area_km2"]
CHANGES: dict[str, Callable[[Any], Any]] = {
    "a Post's point": lambda _: shapely.Point(2.2945, 48.8584),
    "nothing": lambda _: None,
    "moved by a millionth of a degree": lambda shape: shapely.transform(shape, lambda points: points + 1e-6),
    "a height in which a number hides": lambda shape: shapely.force_3d(shape, 7.0),
    "a number of its own as the reference system": lambda shape: shapely.set_srid(shape, 4858429),
    "one more part": lambda shape: shapely.MultiPolygon([*shapely.get_parts(shape), shapely.box(0, 0, 1e-9, 1e-9)]),
}


def test_a_frame_with_its_own_outlines_is_the_map_it_came_from(heat: HeatMap) -> None:
    """Records and certificate are those of the map; without its outlines it is the plain frame, certificate and all."""
    frame = heat.to_geopandas()
    found = carried(frame)
    assert found is not None
    assert found[0].equals(heat.records)
    assert found[1] == heat.certificate
    plain = without_outlines(frame)
    assert type(plain).__name__ == "DataFrame"
    assert plain.equals(heat.to_pandas())
    assert plain.attrs["certificate"] == heat.certificate
    assert "geometry" in frame.columns


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_any_other_outline_is_refused_and_stays_in_sight(change: str, heat: HeatMap) -> None:
    """One record's geometry is changed: the certificate counts as altered, and the column is checked like any other."""
    frame = heat.to_geopandas()
    frame["geometry"] = [CHANGES[change](shape) if row == 0 else shape for row, shape in enumerate(frame["geometry"])]
    with pytest.raises(BadRequest, match="outline is not that of its record"):
        carried(frame)
    assert without_outlines(frame) is frame


def test_swapped_outlines_and_another_projection_are_refused(heat: HeatMap) -> None:
    """Each outline belongs to its own record, in degrees."""
    frame = heat.to_geopandas()
    turned = frame.assign(geometry=list(frame["geometry"])[::-1])
    for changed in (turned, frame.to_crs(3857)):
        with pytest.raises(BadRequest, match="outline is not that of its record"):
            carried(changed)


def test_outlines_without_a_certificate_or_beside_another_column_stay(heat: HeatMap) -> None:
    """Undecided is refused: nothing says what such a frame is, so it is checked with its geometry."""
    bare = heat.to_geopandas()
    bare.attrs.clear()
    wider = heat.to_geopandas().assign(note="x")
    assert carried(bare) is None
    assert without_outlines(bare) is bare
    assert without_outlines(wider) is wider
    table = pa.table({"a": [1]})
    assert without_outlines(table) is table
    assert without_outlines(heat) is heat


@pytest.mark.parametrize(
    ("where", "member"),
    [
        ("collection", {"posts": [{"id": "1", "coordinates": [2.2945, 48.8584]}]}),
        ("feature", {"id": "1234567890"}),
        ("feature", {"bbox": [2.2945, 48.8584, 2.2945, 48.8584]}),
        ("collection", {"bbox": [2.2945, 48.8584, 2.2945, 48.8584]}),
        ("collection", {"bbox": [[2.2945, 48.8584]]}),
        ("collection", {"type": "jo@example.org"}),
        ("collection", {"type": [POST]}),
        ("collection", {"columns": POST}),
        ("collection", {"columns": [*COLUMNS, POST]}),
        ("feature", {"type": "jo@example.org"}),
        ("geometry", {"posts": [POST]}),
        ("geometry", {"bbox": [2.2945, 48.8584, 2.2945, 48.8584]}),
        ("geometry", {"crs": POST}),
    ],
    ids=str,
)
def test_a_geojson_file_holds_nothing_beside_its_map(where: str, member: dict[str, Any], heat: HeatMap, tmp_path: Path) -> None:
    """Members that readers pass over, a box that is not the map's: what could carry Posts past a check is altered."""
    path = heat.write(tmp_path / "map.geojson")
    found = json.loads(path.read_text(encoding="utf-8"))
    places = {"collection": found, "feature": found["features"][0], "geometry": found["features"][0]["geometry"]}
    places[where].update(member)
    path.write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(BadRequest, match="altered or is damaged"):
        read_heat_map(path)


def test_a_geojson_file_hides_no_number_in_heights(heat: HeatMap, tmp_path: Path) -> None:
    """A third coordinate is no part of an outline."""
    path = heat.write(tmp_path / "map.geojson")
    found = json.loads(path.read_text(encoding="utf-8"))
    shape = shapely.force_3d(shapely.geometry.shape(found["features"][0]["geometry"]), 7.0)
    found["features"][0]["geometry"] = shapely.geometry.mapping(shape)
    path.write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(BadRequest, match="outline is not that of its record"):
        read_heat_map(path)


@pytest.mark.parametrize("shift", [4.8584e-5, 4.8584e-7, 4.8584e-11], ids=str)
def test_a_geojson_file_hides_no_number_in_decimals(shift: float, heat: HeatMap, tmp_path: Path) -> None:
    """A point that is moved by less than anyone sees is no part of an outline."""
    path = heat.write(tmp_path / "map.geojson")
    found = json.loads(path.read_text(encoding="utf-8"))
    ring = found["features"][0]["geometry"]["coordinates"]
    while isinstance(ring[0][0], list):
        ring = ring[0]
    ring[1][0] += shift
    path.write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(BadRequest, match="outline is not that of its record"):
        read_heat_map(path)


@pytest.mark.parametrize(("name", "start"), [("map.geojson", '{"features": ["a Post"], '), ("map.html", '{"records": ["a Post"], ')])
def test_no_member_stands_twice(name: str, start: str, heat: HeatMap, tmp_path: Path) -> None:
    """Of two members of one name the first would go unseen."""
    path = heat.write(tmp_path / name)
    head, brace, rest = path.read_text(encoding="utf-8").partition('{"bbox"' if name.endswith("geojson") else '{"certificate"')
    path.write_text(head + start + brace[1:] + rest, encoding="utf-8")
    with pytest.raises(BadRequest, match="stands twice"):
        read_heat_map(path)
