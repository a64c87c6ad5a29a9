"""Whatever stands in a file: a Post is read or counted, and nothing but a BadRequest is ever raised."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.content import REASONS, read_posts, recognise
from governance.content.rejected import ROW_REASONS
from governance.errors import BadRequest
from tests.content.x_shapes import Json, place, point, post, status, user, write

MANY = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
V2 = {
    "data": [post(geo=point(13.4, 48.5) | {"place_id": "a"}, referenced_tweets=[{"type": "quoted", "id": "2"}]), post("3")],
    "includes": {"users": [user(location="Ulm", protected=False)], "places": [place("a")], "tweets": [post("2", "7")]},
}
BOX = {"id": "a", "place_type": "city", "bounding_box": {"type": "Polygon", "coordinates": [[[1, 2], [1, 3], [2, 3], [2, 2]]]}}
V11 = status(coordinates={"type": "Point", "coordinates": [13.4, 48.5]}, place=BOX, quoted_status=status("2", "7"))
FLAT = post(author=user(), geo=point(13.4, 48.5) | place(), referenced_tweets=[post("2", "7", type="quoted", author=user("7"))])
COLUMNS = ("text", "lang", "hashtags", "created_at", "latitude", "place_west", "visibility", "stated_location")
SHAPES = {"v2.jsonl": V2, "v11.jsonl": V11, "flat.jsonl": FLAT}


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401 - any JSON value
    """The path of each value inside a value."""
    items = list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    return [found for key, item in items for found in [(*path, key), *paths_of(item, (*path, key))]]


def replaced(value: Json, path: tuple[Any, ...], new: Any) -> Json:  # noqa: ANN401 - any JSON value
    """A copy with one value replaced."""
    made = copy.deepcopy(value)
    at: Any = made
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = new
    return made


def refusal(reading: Callable[[Any], object], source: object) -> str:
    """What a BadRequest says of a source, nothing if it is read; any other error is a failure."""
    try:
        reading(source)
    except BadRequest as refused:
        return refused.message
    return ""


def accounted(path: Path, rows: int) -> None:
    """All rows are read, or counted as left out; raw can be had for those that are read."""
    posts = read_posts(path)
    table = posts.to_arrow()
    assert table.num_rows + posts.rejected.row_count >= rows or posts.rejected.counts["wrong-shape"]
    assert set(posts.rejected.counts) <= set(REASONS)
    assert all(place.line in {1, 2, 3} for place in posts.rejected)
    assert table["post_id"].null_count == 0
    texts = posts.to_arrow(["post_id", "raw"])
    assert texts["post_id"].equals(table["post_id"])
    assert all(json.loads(text) for text in texts["raw"].to_pylist())


@pytest.mark.parametrize("name", list(SHAPES))
@MANY
@given(data=st.data())
def test_any_value_anywhere_in_a_post(name: str, data: st.DataObject) -> None:
    """One value of a Post replaced by anything: its neighbours are read, itself is read or counted."""
    good = SHAPES[name]
    path = data.draw(st.sampled_from(paths_of(good)))
    spoilt = replaced(good, path, data.draw(VALUES))
    accounted(write(name, good, json.dumps(spoilt), good), 5)


@pytest.mark.parametrize("name", list(SHAPES))
@MANY
@given(data=st.data())
def test_any_text_between_posts(name: str, data: st.DataObject) -> None:
    """Any JSON, or a line cut off anywhere, between two Posts: both are read."""
    good = SHAPES[name]
    text = json.dumps(good)
    between = data.draw(VALUES.map(json.dumps) | st.integers(1, len(text) - 1).map(lambda size: text[:size]))
    path = write(name, good, between, good)
    posts = read_posts(path)
    rows = posts.to_arrow(["post_id"]).num_rows
    alone = read_posts(write(f"alone_{name}", good)).to_arrow(["post_id"]).num_rows
    assert rows >= 2 * alone


@MANY
@given(st.binary(max_size=200))
def test_any_bytes_as_a_file(content: bytes) -> None:
    """A file of anything at all is read as nothing, or refused with a sentence."""
    Path("any.json").write_bytes(content)
    for reading in (recognise, lambda path: read_posts(path).to_arrow()):
        said = refusal(reading, "any.json")
        assert said == "" or said.startswith(("any.json:1: ", "any.json: "))


@MANY
@given(st.lists(st.lists(st.text(max_size=6), min_size=1, max_size=4), max_size=8))
def test_any_cells_in_a_table(lines: list[list[str]]) -> None:
    """A CSV with cells of anything: every line that holds cells is a row, or counted."""
    cells = ["\t".join(cell.replace("\t", " ").replace("\n", " ").replace("\r", " ").replace('"', "'") for cell in line) for line in lines]
    kept = [line for line in cells if line.strip("\t ")]
    Path("t.tsv").write_text("post_id\tauthor_id\tlatitude\tlongitude\n" + "".join(f"{line}\n" for line in kept), encoding="utf-8")
    posts = read_posts("t.tsv")
    table = posts.to_arrow()
    dropped = sum(count for reason, count in posts.rejected.counts.items() if reason in ROW_REASONS)
    assert table.num_rows + dropped == len(kept)
    assert all(2 <= place.line <= len(kept) + 1 for place in posts.rejected)


@MANY
@given(
    st.dictionaries(st.sampled_from(["text", "lang", "hashtags", "created_at", "latitude", "place_west", "visibility"]), VALUES, min_size=1)
)
def test_any_type_in_an_arrow_column(columns: dict[str, Any]) -> None:
    """A column of any type is read, counted, or refused by its name."""
    try:
        made = {name: pa.array([value]) for name, value in columns.items()}
    except (pa.ArrowException, OverflowError, UnicodeEncodeError):
        return
    longitude = {"longitude": pa.array([1.0])} if "latitude" in made else {}
    table = pa.table({"post_id": ["1"], "author_id": ["2"], **made, **longitude})
    said = refusal(lambda given: read_posts(given).to_arrow(), table)
    assert said == "" or any(f"column for {name} " in said for name in made)
