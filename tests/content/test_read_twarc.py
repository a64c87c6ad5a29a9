"""What twarc writes: flattened Posts with all inside them, and twarc-csv's table of JSON texts."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from governance.content import read_posts, recognise
from tests.content.x_shapes import Json, place, point, post, reasons, rows, user, write

HEADER = (
    "id", "author_id", "created_at", "text", "lang", "referenced_tweets.retweeted.id", "entities.hashtags", "geo.coordinates.coordinates",
    "geo.geo.bbox", "geo.place_id", "geo.place_type", "author.username", "author.location", "author.protected", "withheld.country_codes",
)  # fmt: skip


def flattened(post_id: str, author_id: str, **more: Any) -> Json:  # noqa: ANN401 - any JSON value
    """A Post as `twarc2 flatten` writes it."""
    return post(post_id, author_id, author=user(author_id, location="Ulm", protected=False), **more)


def table(name: str, *lines: Json, header: tuple[str, ...] = HEADER) -> Path:
    """A twarc-csv file."""
    with Path(name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, restval="")
        writer.writeheader()
        writer.writerows(lines)
    return Path(name)


def line(post_id: str = "1249702384659554308", **more: str) -> Json:
    """A row of a twarc-csv file."""
    return {"id": post_id, "author_id": "5", "created_at": "2020-04-13T14:17:46.000Z", "text": "Rain #Flood", "lang": "en", **more}


def test_a_flattened_post_brings_its_place_along() -> None:
    """The place is merged into geo, so that the box stands at geo.geo.bbox."""
    merged = {**point(13.45, 48.57), "place_id": "07d9db48bc083000", **place()}
    path = write("flat.jsonl", flattened("1", "5", geo=merged))
    (row,) = rows(path, "latitude", "place_id", "place_type", "place_north", "stated_location", "visibility", "source_format")
    assert row == {
        "latitude": 48.57,
        "place_id": "07d9db48bc083000",
        "place_type": "city",
        "place_north": 48.6,
        "stated_location": "Ulm",
        "visibility": "public",
        "source_format": "twarc_flattened",
    }
    assert recognise(path) == "twarc_flattened"


def test_referenced_posts_are_rows_with_their_own_authors() -> None:
    """Flattening nests what is referred to; each level becomes a Post of its own, with its own location."""
    deepest = flattened("1", "7", type="quoted", geo=point(9.99, 48.4))
    middle = flattened("2", "8", type="replied_to", referenced_tweets=[deepest], geo=point(11.6, 48.1))
    path = write("flat.jsonl", flattened("3", "9", referenced_tweets=[middle]))
    found = rows(path, "post_id", "author_id", "latitude", "relation")
    assert [tuple(row.values()) for row in found] == [
        ("3", "9", None, "original"),
        ("2", "8", 48.1, "replied_to"),
        ("1", "7", 48.4, "quoted"),
    ]


def test_an_unresolved_reference_is_no_row() -> None:
    """A reference to a Post that is gone has only type and id."""
    path = write("flat.jsonl", flattened("3", "9", referenced_tweets=[{"type": "retweeted", "id": "2"}]))
    assert rows(path, "post_id", "relation") == [{"post_id": "3", "relation": "reposted"}]


def test_a_half_written_last_line_is_counted() -> None:
    """A collection that was killed ends in the middle of a line."""
    path = write("flat.jsonl", flattened("1", "5"), flattened("2", "5"), '{"id": "3", "author_id": "5", "te')
    assert len(rows(path, "post_id")) == 2
    assert reasons(path) == [(3, "broken-line")]


def test_profile_locations_of_others_are_left_alone() -> None:
    """Mentioned users' profiles, which flattening spreads into each row, are nobody's stated location here."""
    mention = {"start": 0, "end": 3, "username": "x", "location": "Wien"}
    path = write(
        "flat.jsonl", flattened("1", "5", entities={"mentions": [mention], "hashtags": []}, in_reply_to_user=user("6", location="Linz"))
    )
    assert rows(path, "stated_location") == [{"stated_location": "Ulm"}]


def test_a_table_becomes_canonical_rows() -> None:
    """Points and boxes are JSON texts, longitude first."""
    path = table(
        "twarc.csv",
        line(
            **{
                "entities.hashtags": json.dumps([{"start": 5, "end": 11, "tag": "Flood"}]),
                "geo.coordinates.coordinates": "[13.45, 48.57]",
                "geo.geo.bbox": "[13.3, 48.5, 13.5, 48.6]",
                "geo.place_id": "07d9db48bc083000",
                "geo.place_type": "city",
                "author.username": "handle5",
                "author.location": "Ulm",
                "author.protected": "False",
            },
        ),
    )
    (row,) = rows(path)
    assert {
        name: row[name] for name in ("author_handle", "hashtags", "latitude", "longitude", "place_type", "place_west", "place_north")
    } == {
        "author_handle": "handle5",
        "hashtags": ["flood"],
        "latitude": 48.57,
        "longitude": 13.45,
        "place_type": "city",
        "place_west": 13.3,
        "place_north": 48.6,
    }
    assert (row["visibility"], row["source_format"], row["stated_location"]) == ("public", "twarc_csv", "Ulm")
    assert recognise(path) == "twarc_csv"


def test_reposts_in_a_table() -> None:
    """A row that repeats another Post says so, and carries no location."""
    more = {"referenced_tweets.retweeted.id": "2", "geo.coordinates.coordinates": "[13.45, 48.57]", "geo.place_id": "07d9db48bc083000"}
    path = table("twarc.csv", line("1"), line("3", **more))
    assert [tuple(row.values()) for row in rows(path, "latitude", "place_id", "relation")] == [
        (None, None, "original"),
        (None, None, "reposted"),
    ]
    assert reasons(path) == [(3, "location-on-repost")]


@pytest.mark.parametrize(
    ("point_text", "reason"),
    [
        ("[0, 0]", "null-island"),
        ("48.57 13.45", "not-a-number"),
        ("[13.45]", "not-a-number"),
        ("[13.45, 95]", "out-of-range"),
        ("{}", None),
        ("[]", None),
    ],
)
def test_points_that_are_none(point_text: str, reason: str | None) -> None:
    """What is no point is counted with its line; what is empty is not."""
    path = table("twarc.csv", line("1"), line("2", **{"geo.coordinates.coordinates": point_text}))
    assert [row["latitude"] for row in rows(path, "latitude")] == [None, None]
    assert reasons(path) == ([] if reason is None else [(3, reason)])


@pytest.mark.parametrize(
    ("more", "visibility"),
    [
        ({"author.protected": "True"}, "protected"),
        ({"author.protected": ""}, "unknown"),
        ({"author.protected": "False", "withheld.country_codes": '["DE"]'}, "withheld"),
    ],
)
def test_visibility_of_a_table(more: dict[str, str], visibility: str) -> None:
    """Flags are texts; an empty one is unknown."""
    assert rows(table("twarc.csv", line(**more)), "visibility") == [{"visibility": visibility}]


def test_columns_that_a_file_lacks_are_null() -> None:
    """Old files have fewer columns; what they lack is null, hashtags come from the text."""
    path = table(
        "twarc.csv",
        {"id": "1", "author_id": "5", "text": "a #Flood", "author.name": "N"},
        header=("id", "author_id", "text", "author.name"),
    )
    assert rows(path, "hashtags", "latitude", "place_id", "created_at") == [
        {"created_at": None, "hashtags": ["flood"], "latitude": None, "place_id": None},
    ]
    assert not read_posts(path).rejected
