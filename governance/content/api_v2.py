"""API v2: pages, single objects, streams (one object per line), bare Posts, and Posts as twarc flattens them.

Both namings are read: `tweets` / `posts`, `referenced_tweets` / `referenced_posts`, `note_tweet` / `note_post`. Points are GeoJSON,
[longitude, latitude]; place boxes are [west, south, east, north].

Source: X API v2 OpenAPI description 2.167, schemas Post, User, Place, Expansions; twarc2 `flatten`.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from governance.content.draft import BATCH_ROWS, Draft, Scan
from governance.content.json_values import converted, decoded
from governance.content.lines import Unit, decode_loosely
from governance.content.rows import NO_PLACE, Row, Rows
from governance.content.schema import BOX_COLUMNS

T = TypeVar("T")
_RELATIONS = {"quoted": "quoted", "retweeted": "reposted", "reposted": "reposted", "replied_to": "replied_to"}
_MARKS = frozenset(
    {"author_id", "edit_history_tweet_ids", "edit_history_post_ids", "author", "public_metrics", "conversation_id", "created_at"}
)
_NOT_HERE = frozenset({"id_str", "user", "sender_id", "sender", "recipient_id", "recipient", "dm_conversation_id", "event_type"})
"""Keys of v1.1 Posts and of Direct Messages, which are private and never read as Posts."""
_NO_EDGES = (None, None, None, None)
_WRONG_EDGES = (math.nan,) * 4


class Point(msgspec.Struct, gc=False):
    """A GeoJSON point; real files hold `{}` where there is none."""

    coordinates: list[float | str | None] | dict[str, Any] | None = None


class Area(msgspec.Struct, gc=False):
    """The GeoJSON feature of a place."""

    bbox: list[float | str | None] | None = None


class Place(msgspec.Struct, gc=False):
    """A place of `includes.places`."""

    id: str | None = None
    place_type: str | None = None
    geo: Area | None = None


class Geo(msgspec.Struct, gc=False):
    """Where a Post says it is; twarc merges the place into it."""

    coordinates: Point | list[Any] | None = None
    place_id: str | None = None
    id: str | None = None
    place_type: str | None = None
    geo: Area | None = None


class Tag(msgspec.Struct, gc=False):
    """A hashtag."""

    tag: str | None = None


class Entities(msgspec.Struct, gc=False):
    """What was found in a text; only the hashtags are read."""

    hashtags: list[Tag] | None = None


class Note(msgspec.Struct, gc=False):
    """The whole text of a long Post."""

    text: str | None = None
    entities: Entities | None = None


class User(msgspec.Struct, gc=False):
    """An account as expanded."""

    id: str | int | float | None = None
    username: str | None = None
    location: str | None = None
    protected: bool | None = None
    withheld: Any = None


class Post(msgspec.Struct, gc=False):
    """A Post, and a reference to one (`type`, `id`), which twarc fills with the Post itself."""

    id: str | int | float | None = None
    author_id: str | int | float | None = None
    text: str | None = None
    created_at: str | int | float | None = None
    lang: str | None = None
    geo: Geo | list[Any] | None = None
    entities: Entities | None = None
    note_tweet: Note | None = None
    note_post: Note | None = None
    referenced_tweets: list["Post"] | None = None
    referenced_posts: list["Post"] | None = None
    withheld: Any = None
    author: User | None = None
    type: str | None = None


class Includes(msgspec.Struct, gc=False):
    """The objects that Posts refer to."""

    users: list[User] | None = None
    places: list[Place] | None = None
    tweets: list[Post] | None = None
    posts: list[Post] | None = None


class Page(Post, gc=False):
    """A page, a stream object, or a bare Post."""

    data: list[Post] | Post | None = None
    includes: Includes | None = None
    errors: Any = None
    meta: Any = None


_DECODER = msgspec.json.Decoder(Page)


def recognises(sample: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Whether a JSON value is a v2 page, a stream object, a bare or a flattened Post."""
    if not isinstance(sample, dict):
        return False
    data = sample.get("data", sample)
    if isinstance(data, list):
        return not data or (isinstance(data[0], dict) and _is_post(data[0])) if data is not sample else False
    if not isinstance(data, dict):
        return False
    return _is_post(data) or (data is sample and set(sample) <= {"meta", "errors", "includes", "__twarc"} and "meta" in sample)


def _is_post(item: Mapping[str, Any]) -> bool:
    if not {"id", "text"} <= item.keys() or not item.keys().isdisjoint(_NOT_HERE):
        return False
    return len(item) == 2 or not item.keys().isdisjoint(_MARKS)  # noqa: PLR2004 - just `id` and `text`, the oldest default


def drafts(units: Iterable[Unit], scan: Scan) -> Iterator[Draft]:
    """The Posts of a file, nested ones included, in batches."""
    rows = Rows()
    with_raw = scan.wants("raw")
    for line, value, page in decoded(units, _DECODER, scan, _repair):
        _collect(page, line, rows, scan)
        if with_raw:
            rows.raws += _raw_posts(value)[: len(rows.lines) - len(rows.raws)]
        if len(rows.lines) >= BATCH_ROWS:
            yield rows.draft(scan)
            rows = Rows()
    if rows.lines:
        yield rows.draft(scan)


def _repair(value: Any, line: int, scan: Scan) -> Page | None:  # noqa: ANN401 - any JSON value
    """A page without those of its objects that have another shape, each of which is counted."""
    page = converted(value, Page)
    if page is not None or not isinstance(value, dict) or not isinstance(value.get("data"), list):
        if page is None:
            scan.reject(line, "wrong-shape")
        return page
    included = value.get("includes")
    parts = included if isinstance(included, dict) else {}
    return Page(
        data=_sound(value["data"], Post, line, scan),
        includes=Includes(
            users=_sound(parts.get("users"), User, line, scan),
            places=_sound(parts.get("places"), Place, line, scan),
            tweets=_sound(parts.get("tweets"), Post, line, scan),
            posts=_sound(parts.get("posts"), Post, line, scan),
        ),
    )


def _sound(items: Any, kind: type[T], line: int, scan: Scan) -> list[T]:  # noqa: ANN401 - any JSON value
    found = [converted(item, kind) for item in (items if isinstance(items, list) else ())]
    scan.reject_all([line] * found.count(None), "wrong-shape")
    return [item for item in found if item is not None]


def _collect(page: Page, line: int, rows: Rows, scan: Scan) -> None:
    """All Posts of one value: those of `data` with what is nested in them, then the included ones."""
    data: Sequence[Post]
    if page.data is None:
        if page.id is None and page.text is None:
            if page.meta is None and page.errors is None and page.includes is None:
                scan.reject(line, "not-a-post")
            return
        data = (page,)
    else:
        data = (page.data,) if isinstance(page.data, Post) else page.data
    includes = page.includes
    if includes is None:
        for post in data:
            _add_outer(post, line, rows, scan, Around({}, {}))
        return
    around = Around(
        {user.id: user for user in includes.users or ()},
        {place.id: place for place in includes.places or ()},
    )
    for post in data:
        _add_outer(post, line, rows, scan, around)
    nested = [*(includes.tweets or ()), *(includes.posts or ())]
    for post in nested:
        for reference in post.referenced_tweets or post.referenced_posts or ():
            around.roles.setdefault(reference.id, _RELATIONS.get(reference.type or "", "original"))
    for post in nested:
        _add(post, line, around.roles.get(post.id, "original"), rows, scan, around)


@dataclass(slots=True)
class Around:
    """What the Posts of one value refer to: accounts, places, and which Post is quoted, reposted or replied to."""

    users: Mapping[Any, User]
    places: Mapping[Any, Place]
    roles: dict[Any, str] = field(default_factory=dict)


def _add_outer(post: Post, line: int, rows: Rows, scan: Scan, around: Around) -> None:
    """A Post of `data`; a notice, such as a deletion, has neither id nor text."""
    if post.id is None and post.text is None:
        scan.reject(line, "not-a-post")
    else:
        _add(post, line, "original", rows, scan, around)


def _add(post: Post, line: int, relation: str, rows: Rows, scan: Scan, around: Around) -> None:
    references = post.referenced_tweets or post.referenced_posts
    reposts = False
    if references:
        for reference in references:
            role = _RELATIONS.get(reference.type or "", "original")
            around.roles[reference.id] = role
            reposts = reposts or role == "reposted"
    user = post.author or around.users.get(post.author_id)
    note = post.note_tweet or post.note_post
    text, entities = (post.text, post.entities) if note is None else (note.text or post.text, note.entities or post.entities)
    if not isinstance(post.geo, Geo):
        latitude, longitude, place = None, None, NO_PLACE
    else:
        latitude, longitude = _point(post.geo)
        place = _place(post.geo, around.places)
        if reposts:
            if latitude is not None or place[0] is not None:
                scan.reject(line, "location-on-repost")
            latitude, longitude, place = None, None, NO_PLACE
    rows.add_tags(None if entities is None else [tag.tag for tag in entities.hashtags or ()], text)
    rows.add(
        line,
        (
            post.id,
            post.author_id if post.author_id is not None or user is None else user.id,
            None if user is None else user.username,
            text,
            post.created_at,
            post.lang,
            latitude,
            longitude,
            *place,
            None if user is None else user.location or None,
            _visibility(post, user),
            "reposted" if reposts else relation,
        ),
    )
    for reference in references or ():
        if reference.text is not None or reference.author is not None:
            _add(reference, line, around.roles[reference.id], rows, scan, around)


def _point(geo: Geo) -> tuple[Any, Any]:
    """Latitude and longitude as they came; `{}` and `[]` are no point."""
    pair = geo.coordinates.coordinates if isinstance(geo.coordinates, Point) else None
    if not pair or not isinstance(pair, list):
        return None, None
    return (pair[1], pair[0]) if len(pair) > 1 else (None, pair[0])


def _place(geo: Geo, places: Mapping[Any, Place]) -> Row:
    """Place id, type, west, south, east, north; a place id stays even where its place was not included."""
    place: Place | Geo = places.get(geo.place_id, geo)
    box = None if place.geo is None else place.geo.bbox
    edges = _NO_EDGES if not box else tuple(box) if len(box) == len(BOX_COLUMNS) else _WRONG_EDGES
    return (geo.place_id or place.id, place.place_type, *edges)


def _visibility(post: Post, user: User | None) -> str:
    if post.withheld or (user is not None and user.withheld):
        return "withheld"
    if user is None or user.protected is None:
        return "unknown"
    return "protected" if user.protected else "public"


def _raw_posts(value: bytes) -> list[str]:
    """The JSON of each Post of a value, in the order `_collect` takes them."""
    page = decode_loosely(value)
    data = page.get("data") or page
    found: list[Any] = []
    for item in data if isinstance(data, list) else [data]:
        _raw_with_references(item, found)
    includes = page.get("includes") or {}
    for item in (*(includes.get("tweets") or ()), *(includes.get("posts") or ())):
        _raw_with_references(item, found)
    return [msgspec.json.encode(item).decode() for item in found]


def _raw_with_references(item: Mapping[str, Any], found: list[Any]) -> None:
    found.append(item)
    for reference in item.get("referenced_tweets") or item.get("referenced_posts") or ():
        if reference.get("text") is not None or reference.get("author") is not None:
            _raw_with_references(reference, found)
