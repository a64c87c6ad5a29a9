"""API v1.1, premium and enriched native JSON: one Post per line, or arrays of them.

`coordinates` is [longitude, latitude]; its deprecated twin `geo` is [latitude, longitude] and read only where the first is missing. A
place's ring is [[[longitude, latitude] x 4]], south-west first and not closed. Only `*_str` ids are right: the numeric `id` is rounded by
most JSON tools. Retweeted and quoted statuses are Posts of their own.

Source: X API v1.1 Tweet, User and Place objects; premium `extended_tweet`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from governance.content.draft import BATCH_ROWS, NEEDED, Draft, Scan
from governance.content.hashtags import hashtags_in
from governance.content.json_values import decoded
from governance.content.lines import Unit, decode_loosely
from governance.content.schema import BOX_COLUMNS

_NO_EDGES = (None, None, None, None)


class Point(msgspec.Struct, gc=False):
    """A GeoJSON point, or `geo`, its twin in the other order."""

    coordinates: list[float | str | None] | dict[str, Any] | None = None


class Ring(msgspec.Struct, gc=False):
    """The bounding box of a place."""

    coordinates: list[list[list[float]]] | None = None


class Place(msgspec.Struct, gc=False):
    """A tagged place."""

    id: str | None = None
    place_type: str | None = None
    bounding_box: Ring | None = None


class Tag(msgspec.Struct, gc=False):
    """A hashtag."""

    text: str | None = None


class Entities(msgspec.Struct, gc=False):
    """What was found in a text; only the hashtags are read."""

    hashtags: list[Tag] | None = None


class Extended(msgspec.Struct, gc=False):
    """The whole text of a Post of more than 140 characters."""

    full_text: str | None = None
    entities: Entities | None = None


class User(msgspec.Struct, gc=False):
    """The author."""

    id_str: str | None = None
    id: int | float | str | None = None
    screen_name: str | None = None
    location: str | None = None
    protected: bool | None = None
    withheld_in_countries: list[str] | str | None = None


class Status(msgspec.Struct):
    """A Post."""

    id_str: str | None = None
    id: int | float | str | None = None
    user: User | None = None
    text: str | None = None
    full_text: str | None = None
    created_at: str | int | float | None = None
    lang: str | None = None
    entities: Entities | None = None
    extended_tweet: Extended | None = None
    coordinates: Point | None = None
    geo: Point | None = None
    place: Place | None = None
    retweeted_status: "Status | None" = None
    quoted_status: "Status | None" = None
    withheld_in_countries: list[str] | str | None = None
    withheld_copyright: bool | None = None


_DECODER: msgspec.json.Decoder[Status | list[Status]] = msgspec.json.Decoder(Status | list[Status])


@dataclass(slots=True)
class Rows:
    """Posts of a batch, each with its line and its relation."""

    posts: list[Status] = field(default_factory=list)
    relations: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    raws: list[str | None] = field(default_factory=list)


def recognises(sample: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Whether a JSON value is a v1.1 Post."""
    return (
        isinstance(sample, dict)
        and ("id_str" in sample or isinstance(sample.get("id"), int))
        and ("text" in sample or "full_text" in sample)
        and isinstance(sample.get("user"), dict)
    )


def drafts(units: Iterable[Unit], scan: Scan) -> Iterator[Draft]:
    """The Posts of a file, nested ones included, in batches."""
    rows = Rows()
    with_raw = scan.wants("raw")
    for line, value, found in decoded(units, _DECODER, scan):
        statuses = found if isinstance(found, list) else (found,)
        for status in statuses:
            if status.id_str is None and status.id is None and status.user is None:
                scan.reject(line, "not-a-post")
            else:
                _collect(status, line, "original", rows)
        if with_raw:
            rows.raws.extend(_raw_statuses(value))
        if len(rows.posts) >= BATCH_ROWS:
            yield _draft(rows, scan)
            rows = Rows()
    if rows.posts:
        yield _draft(rows, scan)


def _collect(status: Status, line: int, relation: str, rows: Rows) -> None:
    repeated = status.retweeted_status
    rows.posts.append(status)
    rows.relations.append(relation if repeated is None else "reposted")
    rows.lines.append(line)
    if repeated is not None:
        _collect(repeated, line, "reposted", rows)
    if status.quoted_status is not None:
        _collect(status.quoted_status, line, "quoted", rows)


def _draft(rows: Rows, scan: Scan) -> Draft:
    posts = rows.posts
    columns: dict[str, list[Any]] = {name: extract(posts) for name, extract in _PLAIN.items() if scan.wants(name) or name in NEEDED}
    columns["relation"] = rows.relations
    if scan.wants("latitude", "longitude"):
        columns["latitude"], columns["longitude"] = _points(rows, scan)
    if scan.wants("place_id", "place_type", *BOX_COLUMNS):
        columns |= _places(posts)
    if scan.wants("raw"):
        columns["raw"] = rows.raws
    return Draft(rows.lines, columns)


def _author_id(user: User | None) -> str | int | float | None:
    if user is None:
        return None
    return user.id if user.id_str is None else user.id_str


def _text(post: Status) -> str | None:
    extended = post.extended_tweet
    if extended is not None and extended.full_text is not None:
        return extended.full_text
    return post.text if post.full_text is None else post.full_text


def _hashtags(post: Status) -> list[str] | None:
    extended = post.extended_tweet
    entities = post.entities if extended is None else extended.entities or post.entities
    if entities is None:
        return hashtags_in(_text(post))
    return [tag.text.casefold() for tag in entities.hashtags if tag.text] if entities.hashtags else []


_PLAIN: Mapping[str, Callable[[Sequence[Status]], list[Any]]] = {
    "post_id": lambda posts: [post.id if post.id_str is None else post.id_str for post in posts],
    "author_id": lambda posts: [_author_id(post.user) for post in posts],
    "author_handle": lambda posts: [None if post.user is None else post.user.screen_name for post in posts],
    "stated_location": lambda posts: [None if post.user is None else post.user.location or None for post in posts],
    "text": lambda posts: [_text(post) for post in posts],
    "created_at": lambda posts: [post.created_at for post in posts],
    "lang": lambda posts: [post.lang for post in posts],
    "hashtags": lambda posts: [_hashtags(post) for post in posts],
    "visibility": lambda posts: [_visibility(post) for post in posts],
}


def _points(rows: Rows, scan: Scan) -> tuple[list[Any], list[Any]]:
    latitudes: list[Any] = [None] * len(rows.posts)
    longitudes: list[Any] = [None] * len(rows.posts)
    for index, post in enumerate(rows.posts):
        if post.coordinates is not None and post.coordinates.coordinates:
            pair, turned = post.coordinates.coordinates, False
        elif post.geo is not None and post.geo.coordinates:
            pair, turned = post.geo.coordinates, True
        else:
            continue
        if post.retweeted_status is not None:
            scan.reject(rows.lines[index], "location-on-repost")
        elif isinstance(pair, list):
            first, second = pair[0], pair[1] if len(pair) > 1 else None
            latitudes[index], longitudes[index] = (first, second) if turned else (second, first)
    return latitudes, longitudes


def _places(posts: Sequence[Status]) -> dict[str, list[Any]]:
    places = [None if post.retweeted_status is not None else post.place for post in posts]
    edges = [_NO_EDGES if place is None or place.bounding_box is None else _edges(place.bounding_box) for place in places]
    return {
        "place_id": [None if place is None else place.id for place in places],
        "place_type": [None if place is None else place.place_type for place in places],
        **{name: [box[at] for box in edges] for at, name in enumerate(BOX_COLUMNS)},
    }


def _edges(ring: Ring) -> tuple[float | None, float | None, float | None, float | None]:
    """West, south, east, north of a ring; scrapers write `[[], []]` where there is none."""
    corners = [corner for line in ring.coordinates or () for corner in line if len(corner) >= 2]  # noqa: PLR2004 - a pair
    if not corners:
        return _NO_EDGES
    longitudes = [corner[0] for corner in corners]
    latitudes = [corner[1] for corner in corners]
    return min(longitudes), min(latitudes), max(longitudes), max(latitudes)


def _visibility(post: Status) -> str:
    user = post.user
    if post.withheld_in_countries or post.withheld_copyright or (user is not None and user.withheld_in_countries):
        return "withheld"
    if user is None or user.protected is None:
        return "unknown"
    return "protected" if user.protected else "public"


def _raw_statuses(value: bytes) -> list[str | None]:
    whole = decode_loosely(value)
    found: list[Any] = []
    for item in whole if isinstance(whole, list) else [whole]:
        if any(item.get(key) is not None for key in ("id_str", "id", "user")):
            _raw_nested(item, found)
    return [msgspec.json.encode(item).decode() for item in found]


def _raw_nested(item: dict[str, Any], found: list[Any]) -> None:
    found.append(item)
    for key in ("retweeted_status", "quoted_status"):
        if item.get(key) is not None:
            _raw_nested(item[key], found)
