"""API v2: every envelope and both namings, includes resolved, nested Posts as Posts of their own, geo that is and is not there."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from governance.content import read_posts, recognise
from tests.content.x_shapes import Json, place, point, post, reasons, rows, user, write

LOCATED = ("post_id", "author_id", "latitude", "longitude", "relation")


def page(*posts: Json, **includes: list[Json]) -> Json:
    """A page with what its Posts refer to."""
    return {"data": list(posts), **({"includes": includes} if includes else {}), "meta": {"result_count": len(posts)}}


def test_a_page_becomes_canonical_rows() -> None:
    """Each canonical column is filled from where the OpenAPI description says it stands."""
    geo = point(13.45, 48.57) | {"place_id": "07d9db48bc083000"}
    path = write(
        "page.json",
        page(post(geo=geo), users=[user(location="Passau", protected=False)], places=[place()]),
    )
    (row,) = rows(path)
    assert row == {
        "post_id": "1249702384659554308",
        "author_id": "5",
        "author_handle": "handle5",
        "text": "Rain again #Flood",
        "created_at": datetime(2020, 4, 13, 14, 17, 46, tzinfo=UTC),
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
        "stated_location": "Passau",
        "visibility": "public",
        "relation": "original",
        "source_format": "api_v2",
    }


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("page line", [page(post(), post("2"))]),
        ("two pages", [page(post()), page(post("2"))]),
        ("stream", [{"data": post()}, {"data": post("2"), "matching_rules": [{"id": "1", "tag": "t"}]}]),
        ("bare Posts", [post(), post("2")]),
        ("an array", [[post(), post("2")]]),
        ("arrays", [[post()], [post("2")]]),
        ("pretty page", [json.dumps(page(post(), post("2")), indent=2)]),
        ("pretty array", [json.dumps([post(), post("2")], indent=4)]),
        ("pretty objects, one after the other", [json.dumps({"data": post()}, indent=2), json.dumps({"data": post("2")}, indent=2)]),
        ("array, an object a line", ["[" + json.dumps(post()) + ",", json.dumps(post("2")) + "]"]),
        ("array with brackets alone", ["[", json.dumps(post()) + ",", json.dumps(post("2")), "]"]),
        ("array as mongoexport writes", ["[ {", json.dumps(post())[1:-1], "}, {", json.dumps(post("2"))[1:-1], "} ]"]),
        ("blank lines and Windows ends", [b"", json.dumps(post()).encode() + b"\r", b"\r", json.dumps(post("2")).encode() + b"\r"]),
        ("a byte order mark", [b"\xef\xbb\xbf" + json.dumps(post()).encode(), post("2")]),
    ],
)
def test_every_envelope_gives_the_same_posts(name: str, values: list[object]) -> None:
    """A page, a stream, bare Posts and arrays in any layout hold the same two Posts."""
    path = write("posts.json", *values)
    assert [row["post_id"] for row in rows(path, "post_id")] == ["1249702384659554308", "2"], name
    assert not read_posts(path).rejected
    assert recognise(path) == "api_v2"


@pytest.mark.parametrize(
    ("included", "references", "history", "note", "repost"),
    [
        ("tweets", "referenced_tweets", "edit_history_tweet_ids", "note_tweet", "retweeted"),
        ("posts", "referenced_posts", "edit_history_post_ids", "note_post", "reposted"),
    ],
)
def test_both_namings(included: str, references: str, history: str, note: str, repost: str) -> None:
    """Live payloads say tweets, the current description says posts; both give the same rows."""
    inner = {"id": "2", "author_id": "7", "text": "short", history: ["2"], "geo": point(9.99, 48.4)}
    inner |= {note: {"text": "the whole long text #Ulm", "entities": {"hashtags": [{"tag": "Ulm"}]}}}
    outer = {"id": "3", "author_id": "8", "text": "RT", history: ["3"], references: [{"type": repost, "id": "2"}]}
    path = write("page.jsonl", {"data": [outer], "includes": {included: [inner], "users": [user("7"), user("8")]}})
    found = rows(path, *LOCATED, "text", "hashtags", "author_handle")
    assert [(row["post_id"], row["author_handle"], row["latitude"], row["relation"]) for row in found] == [
        ("3", "handle8", None, "reposted"),
        ("2", "handle7", 48.4, "reposted"),
    ]
    assert (found[1]["text"], found[1]["hashtags"]) == ("the whole long text #Ulm", ["ulm"])


@pytest.mark.parametrize(("kind", "relation"), [("quoted", "quoted"), ("replied_to", "replied_to"), ("retweeted", "reposted")])
def test_an_included_post_keeps_its_own_author_and_place(kind: str, relation: str) -> None:
    """The location of a quoted, replied-to or reposted Post belongs to its own author."""
    outer = post("3", "8", referenced_tweets=[{"type": kind, "id": "2"}], geo={})
    inner = post("2", "7", geo={"place_id": "07d9db48bc083000"})
    path = write("page.jsonl", page(outer, tweets=[inner], places=[place()], users=[user("7", protected=True), user("8")]))
    found = rows(path, "author_id", "place_id", "place_west", "relation", "visibility")
    assert found[0] | {"relation": ""} == {"author_id": "8", "place_id": None, "place_west": None, "relation": "", "visibility": "unknown"}
    assert found[1] == {
        "author_id": "7",
        "place_id": "07d9db48bc083000",
        "place_west": 13.3,
        "relation": relation,
        "visibility": "protected",
    }


def test_a_repost_cannot_carry_its_own_location() -> None:
    """What stands as location on a repost is counted and not read."""
    outer = post("3", "8", referenced_tweets=[{"type": "retweeted", "id": "2"}], geo=point(9.99, 48.4) | {"place_id": "07d9db48bc083000"})
    path = write("page.jsonl", page(post()), page(outer))
    assert rows(path, "latitude", "place_id")[1] == {"latitude": None, "place_id": None}
    assert reasons(path) == [(2, "location-on-repost")]


@pytest.mark.parametrize(
    "geo",
    [None, {}, [], {"coordinates": {}}, {"coordinates": None}, {"coordinates": {"coordinates": {}}}, {"coordinates": {"coordinates": []}}],
)
def test_key_present_is_not_geo_present(geo: object) -> None:
    """Empty geo objects, as most files of some tools hold, are no location and no error."""
    path = write("posts.jsonl", post(geo=geo))
    (row,) = rows(path, "latitude", "longitude", "place_id")
    assert set(row.values()) == {None}
    assert not read_posts(path).rejected


def test_a_place_id_without_its_place_is_still_location() -> None:
    """A place id is kept where the place was not included, beside an empty coordinates object too."""
    path = write("posts.jsonl", post(geo={"place_id": "07d9db48bc083000", "coordinates": {"coordinates": {}}}))
    (row,) = rows(path, "latitude", "place_id", "place_west")
    assert row == {"latitude": None, "place_id": "07d9db48bc083000", "place_west": None}


def test_a_point_may_come_without_a_place() -> None:
    """Longitude stands first; a latitude near the pole is a latitude."""
    (row,) = rows(write("posts.jsonl", post(geo=point(42.8, 88.0))), "latitude", "longitude", "place_id")
    assert row == {"latitude": 88.0, "longitude": 42.8, "place_id": None}


def test_boxes_across_the_antimeridian_stay_as_x_gives_them() -> None:
    """Both ways of writing such a box are kept: wider than half the earth, and west beyond east."""
    wide, turned = place("a" * 16, (-179.2, 18.9, 179.9, 71.4), "country"), place("b" * 16, (177.0, -21.0, -178.0, -12.0), "country")
    path = write("page.jsonl", page(post(geo={"place_id": "a" * 16}), post("2", geo={"place_id": "b" * 16}), places=[wide, turned]))
    assert [(row["place_west"], row["place_east"]) for row in rows(path, "place_west", "place_east")] == [(-179.2, 179.9), (177.0, -178.0)]


@pytest.mark.parametrize(
    ("more", "author", "visibility"),
    [
        ({}, {"protected": False}, "public"),
        ({}, {"protected": True}, "protected"),
        ({}, {}, "unknown"),
        ({"withheld": {"country_codes": ["DE"], "copyright": False}}, {"protected": False}, "withheld"),
        ({}, {"protected": False, "withheld": {"country_codes": ["XX"], "scope": "user"}}, "withheld"),
    ],
)
def test_visibility_is_what_the_payload_says(more: Json, author: Json, visibility: str) -> None:
    """Withheld wins over protected; what is not said is unknown."""
    path = write("page.jsonl", page(post(**more), users=[user(**author)]))
    assert rows(path, "visibility") == [{"visibility": visibility}]


def test_hashtags_come_from_the_text_where_entities_were_not_asked_for() -> None:
    """API v2 gives no entities by default; a topic must be found all the same."""
    bare = {"id": "1", "text": "Wasser! #Hochwasser2026 #1 a#b https://t.co/#x"}
    assert rows(write("posts.jsonl", {"data": bare}), "hashtags") == [{"hashtags": ["hochwasser2026"]}]


def test_the_default_fields_alone_are_a_post_without_author() -> None:
    """`id` and `text` are all that API v2 gives unasked; the missing author is counted, the Post is kept."""
    path = write("posts.jsonl", {"data": {"id": "1", "text": "t"}})
    assert rows(path, "post_id", "author_id") == [{"post_id": "1", "author_id": None}]
    assert reasons(path) == [(1, "missing-author")]


def test_raw_is_the_post_as_it_came_and_only_on_demand() -> None:
    """`raw` holds each Post's own JSON, nested ones included, and is not among the default columns."""
    outer = post("3", "8", referenced_tweets=[{"type": "quoted", "id": "2"}], geo=point(9.99, 48.4))
    path = write("page.jsonl", page(outer, tweets=[post("2", "7")]), {"data": {"delete": {}}}, page(post("4")))
    assert "raw" not in read_posts(path).to_arrow().schema.names
    assert [json.loads(row["raw"]) for row in rows(path, "raw")] == [outer, post("2", "7"), post("4")]


def test_a_bad_post_does_not_take_its_page_along() -> None:
    """One Post of another shape is counted; the others of its page are read, with their places."""
    bad = post("9", entities={"hashtags": "flood"})
    path = write("page.jsonl", page(post(geo={"place_id": "07d9db48bc083000"}), bad, post("2"), places=[place(), {"id": 7}]))
    assert [row["post_id"] for row in rows(path, "post_id")] == ["1249702384659554308", "2"]
    assert rows(path, "place_type")[0] == {"place_type": "city"}
    assert reasons(path) == [(1, "wrong-shape"), (1, "wrong-shape")]


def test_empty_objects_of_r_are_absent_values() -> None:
    """R writes `{}` for an empty list; such Posts are read."""
    path = write("data.json", [post(entities={"hashtags": {}}, referenced_tweets={}), post("2")])
    assert [row["hashtags"] for row in rows(path, "hashtags")] == [[], ["flood"]]
    assert not read_posts(path).rejected


def test_academictwitter_keeps_accounts_and_places_in_a_second_file() -> None:
    """`users_N.json` beside `data_N.json` is resolved like includes, in a folder and for the file alone."""
    Path("store").mkdir()
    write("store/data_7.json", [post(geo={"place_id": "07d9db48bc083000", "coordinates": {"coordinates": {}}})])
    write("store/users_7.json", {"users": [user(location="Passau")], "places": [place()], "tweets": [post("2", "9")]})
    for source in ("store", "store/data_7.json"):
        found = rows(source, "post_id", "stated_location", "place_north")
        assert found == [
            {"post_id": "1249702384659554308", "stated_location": "Passau", "place_north": 48.6},
            {"post_id": "2", "stated_location": None, "place_north": None},
        ]
    before = read_posts("store").fingerprint
    write("store/users_7.json", {"users": [], "places": []})
    assert read_posts("store").fingerprint != before


def test_pages_that_hold_nothing_are_no_error() -> None:
    """The last page of a search has only `meta`."""
    path = write("pages.jsonl", page(post()), {"meta": {"result_count": 0}})
    assert len(rows(path, "post_id")) == 1
    assert not read_posts(path).rejected


def test_gzip_is_seen_by_its_bytes() -> None:
    """A gzipped file is read whatever it is called, and a truncated one is read up to where it ends."""
    whole = gzip.compress(b"\n".join(json.dumps(post(str(number))).encode() for number in range(1, 4001)))
    Path("posts.jsonl").write_bytes(whole)
    assert len(rows("posts.jsonl", "post_id")) == 4000
    Path("cut.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    posts = read_posts("cut.jsonl.gz")
    count = posts.to_arrow(["post_id"]).num_rows
    assert 0 < count < 4000
    assert posts.rejected.counts["truncated-file"] == 1
