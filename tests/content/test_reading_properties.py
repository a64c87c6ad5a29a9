"""Any Post comes through every shape unchanged, and what is wrong with it is found, whatever stands around it."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.content import read_posts
from governance.content.clean import clean_ids, clean_point
from governance.content.lines import elements, is_line_wise, joined
from governance.content.mapped_tables import read_tags
from tests.content.x_shapes import Json, write

WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
TAGS = st.lists(st.from_regex(r"[A-Za-zÄÖÜßé][\w]{0,8}", fullmatch=True), max_size=3)
IDS = st.integers(1, 10**19 - 1).map(str)
TIMES = st.datetimes(datetime(2006, 3, 21), datetime(2037, 1, 1)).map(lambda at: at.replace(microsecond=0, tzinfo=UTC))  # noqa: DTZ001 - the zone follows
LATITUDES = st.floats(-90, 90).map(lambda value: round(value, 6)).filter(bool)
LONGITUDES = st.floats(-180, 180).map(lambda value: round(value, 6))
POSTS = st.fixed_dictionaries(
    {
        "post_id": IDS,
        "author_id": IDS,
        "text": st.text(st.characters(exclude_categories=("Cs",)), max_size=40),
        "created_at": TIMES,
        "lang": st.sampled_from(["de", "en", "und"]),
        "hashtags": TAGS,
        "point": st.none() | st.tuples(LATITUDES, LONGITUDES),
    },
)
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def expected(made: Json) -> Json:
    """The canonical row of a made Post."""
    latitude, longitude = made["point"] or (None, None)
    row = {name: made[name] for name in ("post_id", "author_id", "text", "created_at", "lang")}
    return {**row, "hashtags": [tag.casefold() for tag in made["hashtags"]], "latitude": latitude, "longitude": longitude}


def as_v2(made: Json) -> Json:
    """The Post as API v2 writes it."""
    geo = {} if made["point"] is None else {"geo": {"coordinates": {"type": "Point", "coordinates": list(reversed(made["point"]))}}}
    return {
        "id": made["post_id"],
        "author_id": made["author_id"],
        "text": made["text"],
        "created_at": f"{made['created_at']:%Y-%m-%dT%H:%M:%S}.000Z",
        "lang": made["lang"],
        "entities": {"hashtags": [{"tag": tag} for tag in made["hashtags"]]},
        **geo,
    }


def as_v11(made: Json) -> Json:
    """The Post as v1.1 writes it."""
    at, where = made["created_at"], made["point"]
    return {
        "id_str": made["post_id"],
        "id": int(float(made["post_id"])),
        "user": {"id_str": made["author_id"]},
        "text": made["text"],
        "created_at": f"{DAYS[at.weekday()]} {MONTHS[at.month - 1]} {at:%d %H:%M:%S} +0000 {at.year}",
        "lang": made["lang"],
        "entities": {"hashtags": [{"text": tag} for tag in made["hashtags"]]},
        "coordinates": None if where is None else {"type": "Point", "coordinates": list(reversed(where))},
        "geo": None if where is None else {"type": "Point", "coordinates": list(where)},
    }


def found(path: Any) -> list[Json]:  # noqa: ANN401 - a path or a table
    """What was read, without what no shape here says."""
    posts = read_posts(path)
    names = ("post_id", "author_id", "text", "created_at", "lang", "hashtags", "latitude", "longitude")
    table = posts.to_arrow(names)
    assert not posts.rejected
    return table.select(list(names)).to_pylist()


@MANY
@given(st.lists(POSTS, min_size=1, max_size=6), st.sampled_from([None, 1, 2]))
def test_posts_come_through_v2_unchanged(made: list[Json], indent: int | None) -> None:
    """As lines, as a page and as a pretty-printed array."""
    want = [expected(one) for one in made]
    values = [as_v2(one) for one in made]
    assert found(write("lines.jsonl", *values)) == want
    assert found(write("page.json", json.dumps({"data": values}, indent=indent))) == want
    assert found(write("array.json", json.dumps(values, indent=indent, ensure_ascii=False))) == want


@MANY
@given(st.lists(POSTS, min_size=1, max_size=6), st.sampled_from([None, 1, 2]))
def test_posts_come_through_v11_unchanged(made: list[Json], indent: int | None) -> None:
    """As lines and as an array."""
    want = [expected(one) for one in made]
    values = [as_v11(one) for one in made]
    assert found(write("lines.jsonl", *values)) == want
    assert found(write("array.json", json.dumps(values, indent=indent))) == want


@MANY
@given(st.lists(POSTS, min_size=1, max_size=6))
def test_posts_come_through_tables_unchanged(made: list[Json]) -> None:
    """As an Arrow table."""
    want = [expected(one) for one in made]
    assert found(pa.table({name: [row[name] for row in want] for name in want[0]})) == want


@given(st.lists(st.none() | IDS | st.floats() | st.text(max_size=22) | st.integers(-5, 10**20), max_size=30))
def test_an_id_is_clean_or_counted(values: list[object]) -> None:
    """What comes out is 1 to 19 ASCII digits; what does not come out is absent or corrupted."""
    ids, corrupted = clean_ids(values)
    for value, clean, bad in zip(values, ids.to_pylist(), corrupted.tolist(), strict=True):
        if clean is not None:
            assert str(value).strip() == clean
            assert clean.isascii()
            assert clean.isdigit()
            assert len(clean) <= 19
        else:
            assert bad or value is None or str(value).strip() in {"", "nan"}


@given(st.lists(st.tuples(st.none() | st.floats(), st.none() | st.floats()), max_size=30))
def test_a_point_is_on_earth_or_counted(pairs: list[tuple[float | None, float | None]]) -> None:
    """Each pair is a point on earth other than 0, 0, or absent, or counted under exactly one reason."""
    latitudes, longitudes, problems = clean_point([a for a, _ in pairs], [b for _, b in pairs], len(pairs))
    counted = sorted(index for indices in problems.values() for index in indices.tolist())
    assert len(counted) == len(set(counted))
    for index, (pair, latitude, longitude) in enumerate(zip(pairs, latitudes.to_pylist(), longitudes.to_pylist(), strict=True)):
        assert (latitude is None) == (longitude is None)
        if latitude is not None:
            assert (latitude, longitude) == pair
            assert -90 <= latitude <= 90
            assert -180 <= longitude <= 180
            assert (latitude, longitude) != (0, 0)
        else:
            assert pair == (None, None) or index in counted


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(WORDS, JSON_VALUES, min_size=1, max_size=4)


@MANY
@given(st.lists(OBJECTS, min_size=1, max_size=6), st.sampled_from([1, 2, 4]), st.booleans())
def test_values_are_cut_from_any_layout(values: list[Json], indent: int, ascii_only: bool) -> None:
    """Lines, a pretty array, pretty objects one after the other, an array on one line: the same values, on lines that begin them."""
    texts = [json.dumps(value, ensure_ascii=ascii_only) for value in values]
    pretty = [json.dumps(value, indent=indent, ensure_ascii=ascii_only) for value in values]
    layouts = ["\n".join(texts), "[" + ", ".join(texts) + "]", "[\n" + ",\n".join(texts) + "\n]", "\n".join(pretty)]
    layouts.append(json.dumps(values, indent=indent, ensure_ascii=ascii_only))
    for layout in layouts:
        lines = [(at, line) for at, line in enumerate(layout.encode().split(b"\n"), 1) if line.strip()]
        cut = list(elements(lines if is_line_wise([line for _, line in lines]) else joined(lines)))
        assert [msgspec.json.decode(value) for _, value in cut] == values
        numbers = [number for number, _ in cut]
        assert numbers == sorted(numbers)
        assert all("{" in layout.split("\n")[number - 1] for number in numbers)


@given(TAGS, st.sampled_from([";", ",", " ", "|", ", "]))
def test_hashtags_come_through_a_cell(tags: list[str], separator: str) -> None:
    """As a JSON list, as X's entities, and as words with a separator."""
    want = [tag.casefold() for tag in tags]
    assert read_tags(json.dumps(tags)) == want
    assert read_tags(json.dumps([{"tag": tag} for tag in tags])) == want
    assert read_tags(separator.join(f"#{tag}" for tag in tags)) == want
