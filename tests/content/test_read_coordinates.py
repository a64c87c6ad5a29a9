"""Coordinates of JSON Posts: the Post stays, a point that cannot be is counted with its line and reason, whatever the shape."""

from collections.abc import Callable

import pytest

from governance.content import read_posts
from tests.content.x_shapes import Json, point, post, reasons, rows, status, user, write


def v2(longitude: object, latitude: object) -> Json:
    """A v2 Post at a point."""
    return post("2", geo=point(longitude, latitude))


def flattened(longitude: object, latitude: object) -> Json:
    """A Post at a point as twarc flattens it."""
    return post("2", geo=point(longitude, latitude), author=user())


def v11(longitude: object, latitude: object) -> Json:
    """A v1.1 Post at a point, in the field that is longitude first."""
    return status("2", coordinates={"type": "Point", "coordinates": [longitude, latitude]})


def v11_turned(longitude: object, latitude: object) -> Json:
    """A v1.1 Post at a point, in the field that is latitude first."""
    return status("2", geo={"type": "Point", "coordinates": [latitude, longitude]})


SHAPES = [v2, flattened, v11, v11_turned]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("longitude", "latitude", "reason"),
    [
        (13.45, 48.57, None),
        (13, 48, None),
        ("13.5", "48.6", None),
        (-180, -90, None),
        (0, 48.57, None),
        (13.45, 0, None),
        (0, 0, "null-island"),
        (0.0, -0.0, "null-island"),
        (13.45, 90.001, "out-of-range"),
        (180.001, 48.57, "out-of-range"),
        (48.57, -122.3, "out-of-range"),
        (float("nan"), 48.57, "not-a-number"),
        (13.45, float("inf"), "not-a-number"),
        ("east", 48.57, "not-a-number"),
        (None, 48.57, "half-coordinate"),
        (13.45, None, "half-coordinate"),
        (None, None, None),
    ],
)
def test_a_point_is_read_or_counted(
    shape: Callable[[object, object], Json], longitude: object, latitude: object, reason: str | None
) -> None:
    """Each way a point can be wrong has its reason; the Post itself is read in every case."""
    path = write(
        "posts.jsonl", shape(9.99, 48.4) | {"id": "1", "id_str": "1"} if "id_str" in shape(1, 1) else post("1"), shape(longitude, latitude)
    )
    found = rows(path, "post_id", "latitude", "longitude")
    assert [row["post_id"] for row in found] == ["1", "2"]
    absent = reason is not None or longitude is None
    assert (found[1]["latitude"], found[1]["longitude"]) == ((None, None) if absent else (float(str(latitude)), float(str(longitude))))
    assert reasons(path) == ([] if reason is None else [(2, reason)])


@pytest.mark.parametrize("shape", SHAPES)
def test_a_column_is_judged_only_where_it_is_asked_for(shape: Callable[[object, object], Json]) -> None:
    """A scan without coordinates says nothing of them; the next one with them does; a latitude alone is judged as a pair."""
    posts = read_posts(write("posts.jsonl", shape(0, 0)))
    posts.to_arrow(["post_id", "text"])
    assert not posts.rejected
    posts.to_arrow(["latitude"])
    assert posts.rejected.counts == {"null-island": 1}


@pytest.mark.parametrize(
    ("box", "stands"),
    [
        ([13.3, 48.5, 13.5, 48.6], True),
        ([13.4, 48.5, 13.4, 48.5], True),
        ([179.0, -17.0, -179.0, -16.0], True),
        ([-180, -90, 180, 90], True),
        ([13.3, 48.6, 13.5, 48.5], False),
        ([13.3, 48.5, 200, 48.6], False),
        ([13.3, 48.5, 13.5], False),
        ([13.3, None, 13.5, 48.6], False),
        (["a", 48.5, 13.5, 48.6], False),
    ],
)
def test_a_box_is_read_or_counted(box: list[object], stands: bool) -> None:
    """A box that cannot be is counted; the place id stays, since it is location by itself."""
    where = {"id": "a", "full_name": "x", "place_type": "city", "geo": {"type": "Feature", "bbox": box, "properties": {}}}
    path = write("page.jsonl", {"data": [post(geo={"place_id": "a"})], "includes": {"places": [where]}})
    (row,) = rows(path, "place_id", "place_west", "place_south", "place_east", "place_north")
    assert row["place_id"] == "a"
    assert list(row.values())[1:] == (box if stands else [None] * 4)
    assert [reason for _, reason in reasons(path)] == ([] if stands else ["bad-box"])
