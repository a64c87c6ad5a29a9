"""v1.1 and premium native lines: the two orders of coordinates, rings, text ids, nested statuses, whole texts."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from governance.content import read_posts, recognise
from tests.content.x_shapes import Json, reasons, rows, status, write

LONLAT = {"type": "Point", "coordinates": [13.45, 48.57]}
LATLON = {"type": "Point", "coordinates": [48.57, 13.45]}
RING = [[[13.3, 48.5], [13.3, 48.6], [13.5, 48.6], [13.5, 48.5]]]


def tagged(ring: object = RING) -> Json:
    """A v1.1 place."""
    return {"id": "07d9db48bc083000", "place_type": "city", "full_name": "Passau", "bounding_box": {"type": "Polygon", "coordinates": ring}}


def test_a_line_becomes_a_canonical_row() -> None:
    """Each canonical column is filled from where the v1.1 description says it stands."""
    path = write("posts.jsonl", status(coordinates=LONLAT, geo=LATLON, place=tagged()))
    (row,) = rows(path)
    assert row == {
        "post_id": "1249702384659554308",
        "author_id": "5",
        "author_handle": "handle5",
        "text": "Rain again #Flood",
        "created_at": datetime(2008, 8, 27, 13, 8, 45, tzinfo=UTC),
        "lang": "en",
        "hashtags": ["flood"],
        "latitude": 48.57,
        "longitude": 13.45,
        "place_id": "07d9db48bc083000",
        "place_type": "city",
        "place_west": 13.3,
        "place_south": 48.5,
        "place_east": 13.5,
        "place_north": 48.6,
        "stated_location": "Ulm",
        "visibility": "public",
        "relation": "original",
        "source_format": "api_v11",
    }
    assert recognise(path) == "api_v11"


@pytest.mark.parametrize(
    ("coordinates", "geo"),
    [(LONLAT, LATLON), (LONLAT, None), (None, LATLON), ({}, LATLON), ([], LATLON), ({"coordinates": []}, LATLON)],
)
def test_the_order_is_that_of_the_field(coordinates: object, geo: object) -> None:
    """`coordinates` is longitude first, `geo` latitude first; each alone gives the same point."""
    (row,) = rows(write("posts.jsonl", status(coordinates=coordinates, geo=geo)), "latitude", "longitude")
    assert row == {"latitude": 48.57, "longitude": 13.45}


def test_only_text_ids_are_read() -> None:
    """The rounded numeric id beside `id_str` is never taken."""
    line = status("1249702384659554308")
    assert line["id"] != 1249702384659554308
    assert rows(write("posts.jsonl", line), "post_id") == [{"post_id": "1249702384659554308"}]


def test_a_numeric_id_alone_is_taken_only_while_it_is_exact() -> None:
    """Ids of the first years fit into any number type; later ones may have been rounded and are refused."""
    old, late = status("20"), status("2")
    del old["id_str"], late["id_str"]
    late["id"] = 1249702384659554300
    path = write("posts.jsonl", old, late)
    assert rows(path, "post_id") == [{"post_id": "20"}]
    assert reasons(path) == [(2, "corrupted-id")]


def test_nested_statuses_are_posts_of_their_own() -> None:
    """A repost of a quote gives three Posts, each with its author and its location, all on one line."""
    quoted = status("2", "7", coordinates=LONLAT)
    repeated = status("3", "8", quoted_status=quoted, place=tagged())
    path = write("posts.jsonl", status("9"), status("4", "9", retweeted_status=repeated))
    found = rows(path, "post_id", "author_id", "latitude", "place_id", "relation")
    assert [tuple(row.values()) for row in found[1:]] == [
        ("4", "9", None, None, "reposted"),
        ("3", "8", None, "07d9db48bc083000", "reposted"),
        ("2", "7", 48.57, None, "quoted"),
    ]


def test_a_repost_cannot_carry_its_own_location() -> None:
    """What stands as location on a repost is counted, once, and not read."""
    path = write("posts.jsonl", status("4", "9", retweeted_status=status("3", "8"), coordinates=LONLAT, place=tagged()))
    assert [row["latitude"] for row in rows(path, "latitude")] == [None, None]
    assert reasons(path) == [(1, "location-on-repost")]


@pytest.mark.parametrize("ring", [None, [], [[]], [[], []], [[[]]]])
def test_a_ring_may_be_empty(ring: object) -> None:
    """Scrapers write empty rings; the place id stays, there is no box, and no error."""
    path = write("posts.jsonl", status(place=tagged(ring)))
    assert rows(path, "place_id", "place_west") == [{"place_id": "07d9db48bc083000", "place_west": None}]
    assert not read_posts(path).rejected


def test_the_whole_text_and_its_hashtags() -> None:
    """`extended_tweet` (streams) and `full_text` (extended mode) win over the truncated text."""
    extended = {"full_text": "long #Ulm", "entities": {"hashtags": [{"text": "Ulm"}]}}
    full = status("2", full_text="full #Flood")
    del full["text"]
    path = write("posts.jsonl", status(text="lo…", truncated=True, extended_tweet=extended), full)
    assert rows(path, "text", "hashtags") == [
        {"text": "long #Ulm", "hashtags": ["ulm"]},
        {"text": "full #Flood", "hashtags": ["flood"]},
    ]


@pytest.mark.parametrize(
    ("more", "visibility"),
    [
        ({}, "public"),
        ({"user": {"id_str": "5"}}, "unknown"),
        ({"user": {"id_str": "5", "protected": True}}, "protected"),
        ({"withheld_in_countries": ["XX"]}, "withheld"),
        ({"withheld_copyright": True}, "withheld"),
        ({"user": {"id_str": "5", "protected": False, "withheld_in_countries": "XY"}}, "withheld"),
    ],
)
def test_visibility_is_what_the_payload_says(more: Json, visibility: str) -> None:
    """Withheld wins; a payload without `protected` is unknown."""
    assert rows(write("posts.jsonl", status(**more)), "visibility") == [{"visibility": visibility}]


def test_notices_between_posts_are_counted() -> None:
    """Deletions, limits and scrubs of a stream are no Posts; each is counted with its line."""
    notices = ({"delete": {"status": {"id_str": "1"}}}, {"limit": {"track": 3}}, {"scrub_geo": {"user_id_str": "1"}})
    path = write("posts.jsonl", status(), *notices, status("2"))
    assert len(rows(path, "post_id")) == 2
    assert reasons(path) == [(2, "not-a-post"), (3, "not-a-post"), (4, "not-a-post")]


@pytest.mark.parametrize("indent", [None, 2])
def test_arrays(indent: int | None) -> None:
    """A downloaded timeline is an array, on one line or pretty-printed; an element's line is where it begins."""
    bad = status("3", coordinates={"type": "Point", "coordinates": [13.45, 98.57]})
    path = write("timeline.json", json.dumps([status(), status("2"), bad], indent=indent))
    assert [row["post_id"] for row in rows(path, "post_id")] == ["1249702384659554308", "2", "3"]
    lines = Path("timeline.json").read_text().splitlines()
    expected = 1 if indent is None else next(at for at, line in enumerate(lines, 1) if '"3"' in line and "id_str" in line) - 3
    assert reasons(path) == [(expected, "out-of-range")]


def test_raw_is_the_post_as_it_came() -> None:
    """Each Post's own JSON, nested ones as they stand inside."""
    inner = status("3", "8", coordinates=LONLAT)
    outer = status("4", "9", retweeted_status=inner)
    path = write("posts.jsonl", {"limit": {"track": 1}}, outer)
    assert [json.loads(row["raw"]) for row in rows(path, "raw")] == [outer, inner]


def test_a_page_of_the_search() -> None:
    """The v1.1 search wraps its Posts in `statuses`; an empty page holds none."""
    path = write(
        "search.jsonl", {"statuses": [status(), status("2")], "search_metadata": {"count": 2}}, {"statuses": [], "search_metadata": {}}
    )
    assert [row["post_id"] for row in rows(path, "post_id")] == ["1249702384659554308", "2"]
    assert [json.loads(row["raw"]) for row in rows(path, "raw")] == [status(), status("2")]
    assert not read_posts(path).rejected


def test_gzipped_lines() -> None:
    """Archives of the v1.1 sample stream are gzipped lines."""
    Path("posts.json.gz").write_bytes(gzip.compress(json.dumps(status()).encode() + b"\n"))
    assert rows("posts.json.gz", "source_format") == [{"source_format": "api_v11"}]


def test_times_in_another_offset_or_form() -> None:
    """A legacy time with another offset is converted, ISO is read, anything else is counted."""
    forms = ("Wed Aug 27 13:08:45 +0200 2008", "2008-08-27T11:08:45Z", "yesterday", "Wed Foo 27 13:08:45 +0000 2008")
    path = write("posts.jsonl", *(status(str(at), created_at=form) for at, form in enumerate(forms, 1)))
    times = [row["created_at"] for row in rows(path, "created_at")]
    assert times == [datetime(2008, 8, 27, 11, 8, 45, tzinfo=UTC)] * 2 + [None, None]
    assert reasons(path) == [(3, "bad-time"), (4, "bad-time")]
