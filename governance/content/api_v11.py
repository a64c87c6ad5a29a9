"""API v1.1, premium and enriched native JSON: one Post per line, or arrays of them.

`coordinates` is [longitude, latitude]; its deprecated twin `geo` is [latitude, longitude] and read only where the first is missing. A
place's ring is [[[longitude, latitude] x 4]], south-west first and not closed. Only `*_str` ids are right: the numeric `id` is rounded by
most JSON tools. Retweeted and quoted statuses are Posts of their own.

Source: X API v1.1 Tweet, User and Place objects; premium `extended_tweet`.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from governance.content.draft import BATCH_ROWS, Draft, Scan
from governance.content.hashtags import hashtags_in
from governance.content.json_values import converted, decoded
from governance.content.lines import Unit, decode_loosely
from governance.content.rows import NO_PLACE, Row, Rows

_NO_EDGES = (None, None, None, None)
_MONTHS = {
    name: f"{number:02}"
    for number, name in enumerate(("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1)
}


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


class Status(msgspec.Struct, gc=False):
    """A Post, or a page of the search (`statuses`)."""

    id_str: str | None = None
    id: int | float | str | None = None
    user: User | None = None
    text: str | None = None
    full_text: str | None = None
    created_at: str | int | float | None = None
    lang: str | None = None
    entities: Entities | None = None
    extended_tweet: Extended | None = None
    coordinates: Point | list[Any] | None = None
    geo: Point | list[Any] | None = None
    place: Place | None = None
    retweeted_status: "Status | None" = None
    quoted_status: "Status | None" = None
    withheld_in_countries: list[str] | str | None = None
    withheld_copyright: bool | None = None
    statuses: list["Status"] | None = None


_DECODER = msgspec.json.Decoder(Status)


def recognises(sample: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Whether a JSON value is a v1.1 Post, or a page of the v1.1 search."""
    if not isinstance(sample, dict):
        return False
    statuses = sample.get("statuses")
    if isinstance(statuses, list) and "search_metadata" in sample:
        return all(recognises(status) for status in statuses[:1])
    has_id = "id_str" in sample or isinstance(sample.get("id"), int)
    return has_id and ("text" in sample or "full_text" in sample) and isinstance(sample.get("user"), dict)


def drafts(units: Iterable[Unit], scan: Scan) -> Iterator[Draft]:
    """The Posts of a file, nested ones included, in batches."""
    rows = Rows()
    with_raw = scan.wants("raw")
    for line, value, status in decoded(units, _DECODER, scan, _repair):
        for one in (status,) if status.statuses is None else status.statuses:
            if one.id_str is None and one.id is None and one.user is None:
                scan.reject(line, "not-a-post")
            else:
                _add(one, line, "original", rows, scan)
        if with_raw:
            rows.raws += _raw_statuses(value)
        if len(rows.lines) >= BATCH_ROWS:
            yield rows.draft(scan)
            rows = Rows()
    if rows.lines:
        yield rows.draft(scan)


def _repair(value: Any, line: int, scan: Scan) -> Status | None:  # noqa: ANN401 - any JSON value
    status = converted(value, Status)
    if status is None:
        scan.reject(line, "wrong-shape")
    return status


def _add(status: Status, line: int, relation: str, rows: Rows, scan: Scan) -> None:
    user, extended, repeated = status.user, status.extended_tweet, status.retweeted_status
    text = (extended.full_text if extended is not None else None) or status.full_text or status.text
    entities = (extended.entities if extended is not None else None) or status.entities
    latitude, longitude = _point(status)
    place = NO_PLACE if status.place is None or status.place.id is None else _place(status.place)
    if repeated is not None and (latitude is not None or place is not NO_PLACE):
        scan.reject(line, "location-on-repost")
        latitude, longitude, place = None, None, NO_PLACE
    rows.add(
        line,
        hashtags_in(text) if entities is None else [tag.text.casefold() for tag in entities.hashtags or () if tag.text],
        (
            status.id if status.id_str is None else status.id_str,
            None if user is None else user.id if user.id_str is None else user.id_str,
            None if user is None else user.screen_name,
            text,
            _time(status.created_at),
            status.lang,
            latitude,
            longitude,
            *place,
            None if user is None else user.location or None,
            _visibility(status),
            relation if repeated is None else "reposted",
        ),
    )
    if repeated is not None:
        _add(repeated, line, "reposted", rows, scan)
    if status.quoted_status is not None:
        _add(status.quoted_status, line, "quoted", rows, scan)


def _point(status: Status) -> tuple[Any, Any]:
    """Latitude and longitude as they came: from `coordinates`, else from `geo`, which has the other order."""
    where = status.coordinates
    pair = where.coordinates if isinstance(where, Point) else None
    if pair and isinstance(pair, list):
        return (pair[1], pair[0]) if len(pair) > 1 else (None, pair[0])
    where = status.geo
    pair = where.coordinates if isinstance(where, Point) else None
    if pair and isinstance(pair, list):
        return (pair[0], pair[1]) if len(pair) > 1 else (pair[0], None)
    return None, None


def _place(place: Place) -> Row:
    """Place id, type, west, south, east, north."""
    return (place.id, place.place_type, *(_NO_EDGES if place.bounding_box is None else _edges(place.bounding_box)))


def _edges(ring: Ring) -> tuple[float | None, float | None, float | None, float | None]:
    """West, south, east, north of a ring; scrapers write `[[], []]` where there is none."""
    corners = ring.coordinates[0] if ring.coordinates else None
    if not corners:
        return _NO_EDGES
    try:
        longitudes, latitudes, *_ = zip(*corners, strict=False)
    except ValueError:
        return _NO_EDGES
    return min(longitudes), min(latitudes), max(longitudes), max(latitudes)


def _time(text: str | float | None) -> str | float | None:
    """`Wed Aug 27 13:08:45 +0000 2008` as ISO 8601; anything else as it came, to be judged later."""
    if isinstance(text, str) and text[19:26] == " +0000 " and (month := _MONTHS.get(text[4:7])) is not None:
        return f"{text[26:]}-{month}-{text[8:10]}T{text[11:19]}Z"
    return text


def _visibility(post: Status) -> str:
    user = post.user
    if post.withheld_in_countries or post.withheld_copyright or (user is not None and user.withheld_in_countries):
        return "withheld"
    if user is None or user.protected is None:
        return "unknown"
    return "protected" if user.protected else "public"


def _raw_statuses(value: bytes) -> list[str]:
    """The JSON of each Post of a value, in the order `_add` takes them."""
    found: list[Any] = []
    whole = decode_loosely(value)
    for item in whole.get("statuses") or [whole]:
        if any(item.get(key) is not None for key in ("id_str", "id", "user")):
            _raw_nested(item, found)
    return [msgspec.json.encode(item).decode() for item in found]


def _raw_nested(item: dict[str, Any], found: list[Any]) -> None:
    found.append(item)
    for key in ("retweeted_status", "quoted_status"):
        if item.get(key) is not None:
            _raw_nested(item[key], found)
