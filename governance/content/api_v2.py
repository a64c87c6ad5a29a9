"""API v2: pages, single objects, streams (one object per line), bare Posts, and Posts as twarc flattens them.

Both namings are read: `tweets` / `posts`, `referenced_tweets` / `referenced_posts`, `note_tweet` / `note_post`. Points are GeoJSON,
[longitude, latitude]; place boxes are [west, south, east, north].

Source: X API v2 OpenAPI description 2.167, schemas Post, User, Place, Expansions; twarc2 `flatten`.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from governance.content.draft import BATCH_ROWS, NEEDED, Draft, Scan
from governance.content.hashtags import hashtags_in
from governance.content.json_values import decoded
from governance.content.lines import Unit, decode_loosely
from governance.content.schema import BOX_COLUMNS

_RELATIONS = {"quoted": "quoted", "retweeted": "reposted", "reposted": "reposted", "replied_to": "replied_to"}
_MARKS = frozenset(
    {"author_id", "edit_history_tweet_ids", "edit_history_post_ids", "author", "public_metrics", "conversation_id", "created_at"}
)
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

    coordinates: Point | None = None
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


class Post(msgspec.Struct):
    """A Post, and a reference to one (`type`, `id`), which twarc fills with the Post itself."""

    id: str | int | float | None = None
    author_id: str | int | float | None = None
    text: str | None = None
    created_at: str | int | float | None = None
    lang: str | None = None
    geo: Geo | None = None
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


class Page(Post):
    """A page, a stream object, or a bare Post."""

    data: list[Post] | Post | None = None
    includes: Includes | None = None
    errors: Any = None
    meta: Any = None


_DECODER = msgspec.json.Decoder(Page)
_NOTHING: Mapping[Any, Any] = {}


@dataclass(slots=True)
class Rows:
    """Posts of a batch beside what they refer to, each list as long as the others."""

    posts: list[Post] = field(default_factory=list)
    users: list[User | None] = field(default_factory=list)
    places: list[Place | Geo | None] = field(default_factory=list)
    relations: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    raws: list[str | None] = field(default_factory=list)

    def add(self, post: Post, line: int, relation: str, users: Mapping[Any, User], places: Mapping[Any, Place]) -> None:
        """One Post with its author and its place."""
        geo = post.geo
        self.posts.append(post)
        self.users.append(post.author or users.get(post.author_id))
        self.places.append(None if geo is None else places.get(geo.place_id, geo))
        self.relations.append(relation)
        self.lines.append(line)


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
    if not {"id", "text"} <= item.keys() or not item.keys().isdisjoint({"id_str", "user"}):
        return False
    return len(item) == 2 or not item.keys().isdisjoint(_MARKS)  # noqa: PLR2004 - just `id` and `text`, the oldest default


def drafts(units: Iterable[Unit], scan: Scan) -> Iterator[Draft]:
    """The Posts of a file, nested ones included, in batches."""
    rows = Rows()
    with_raw = scan.wants("raw")
    for line, value, page in decoded(units, _DECODER, scan):
        _collect(page, line, rows, scan)
        if with_raw:
            rows.raws.extend(_raw_posts(value, len(rows.posts) - len(rows.raws)))
        if len(rows.posts) >= BATCH_ROWS:
            yield _draft(rows, scan)
            rows = Rows()
    if rows.posts:
        yield _draft(rows, scan)


def _collect(page: Page, line: int, rows: Rows, scan: Scan) -> None:
    data = page.data
    if data is None:
        if page.id is None and page.text is None:
            if page.meta is None and page.errors is None and page.includes is None:
                scan.reject(line, "not-a-post")
            return
        data = [page]
    elif isinstance(data, Post):
        data = [data]
    includes = page.includes
    users: Mapping[Any, User] = _NOTHING
    places: Mapping[Any, Place] = _NOTHING
    nested: list[Post] = []
    if includes is not None:
        users = {user.id: user for user in includes.users} if includes.users else _NOTHING
        places = {place.id: place for place in includes.places} if includes.places else _NOTHING
        nested = [*(includes.tweets or ()), *(includes.posts or ())]
    roles: dict[Any, str] = {}
    for post in data:
        _add_with_references(post, line, "original", rows, roles, users, places)
    for post in nested:
        for reference in post.referenced_tweets or post.referenced_posts or ():
            roles.setdefault(reference.id, _RELATIONS.get(reference.type or "", "original"))
    for post in nested:
        rows.add(post, line, roles.get(post.id, "original"), users, places)


def _add_with_references(
    post: Post, line: int, relation: str, rows: Rows, roles: dict[Any, str], users: Mapping[Any, User], places: Mapping[Any, Place]
) -> None:
    references = post.referenced_tweets or post.referenced_posts
    if not references:
        rows.add(post, line, relation, users, places)
        return
    for reference in references:
        roles[reference.id] = _RELATIONS.get(reference.type or "", "original")
    reposts = relation == "original" and "reposted" in (roles[reference.id] for reference in references)
    rows.add(post, line, "reposted" if reposts else relation, users, places)
    for reference in references:
        if reference.text is not None or reference.author is not None:
            _add_with_references(reference, line, roles[reference.id], rows, roles, users, places)


def is_repost(post: Post) -> bool:
    """Whether the Post repeats another one, so that no location can be its own."""
    return any(reference.type in {"retweeted", "reposted"} for reference in post.referenced_tweets or post.referenced_posts or ())


def _draft(rows: Rows, scan: Scan) -> Draft:
    columns: dict[str, list[Any]] = {name: extract(rows) for name, extract in _PLAIN.items() if scan.wants(name) or name in NEEDED}
    columns["relation"] = rows.relations
    if scan.wants("latitude", "longitude"):
        columns["longitude"], columns["latitude"] = _points(rows, scan)
    if scan.wants("place_id", "place_type", *BOX_COLUMNS):
        columns |= _places(rows)
    if scan.wants("raw"):
        columns["raw"] = rows.raws
    return Draft(rows.lines, columns)


def _author_id(post: Post, user: User | None) -> str | int | float | None:
    return post.author_id if post.author_id is not None or user is None else user.id


def _text(post: Post) -> str | None:
    note = post.note_tweet or post.note_post
    return post.text if note is None or note.text is None else note.text


def _hashtags(post: Post) -> list[str] | None:
    note = post.note_tweet or post.note_post
    entities = post.entities if note is None else note.entities or post.entities
    if entities is not None:
        return [tag.tag.casefold() for tag in entities.hashtags if tag.tag] if entities.hashtags else []
    return hashtags_in(_text(post))


_PLAIN: Mapping[str, Callable[[Rows], list[Any]]] = {
    "post_id": lambda rows: [post.id for post in rows.posts],
    "author_id": lambda rows: [_author_id(post, user) for post, user in zip(rows.posts, rows.users, strict=True)],
    "author_handle": lambda rows: [None if user is None else user.username for user in rows.users],
    "stated_location": lambda rows: [None if user is None else user.location or None for user in rows.users],
    "text": lambda rows: [_text(post) for post in rows.posts],
    "created_at": lambda rows: [post.created_at for post in rows.posts],
    "lang": lambda rows: [post.lang for post in rows.posts],
    "hashtags": lambda rows: [_hashtags(post) for post in rows.posts],
    "visibility": lambda rows: [_visibility(post, user) for post, user in zip(rows.posts, rows.users, strict=True)],
}


def _points(rows: Rows, scan: Scan) -> tuple[list[Any], list[Any]]:
    longitudes: list[Any] = [None] * len(rows.posts)
    latitudes: list[Any] = [None] * len(rows.posts)
    for index, post in enumerate(rows.posts):
        geo = post.geo
        if geo is None or geo.coordinates is None or not geo.coordinates.coordinates:
            continue
        pair = geo.coordinates.coordinates
        if is_repost(post):
            scan.reject(rows.lines[index], "location-on-repost")
        elif isinstance(pair, list):
            longitudes[index] = pair[0]
            latitudes[index] = pair[1] if len(pair) > 1 else None
    return longitudes, latitudes


def _places(rows: Rows) -> dict[str, list[Any]]:
    ids: list[str | None] = [None] * len(rows.posts)
    types: list[str | None] = [None] * len(rows.posts)
    edges: list[Any] = [_NO_EDGES] * len(rows.posts)
    for index, (post, place) in enumerate(zip(rows.posts, rows.places, strict=True)):
        geo = post.geo
        if geo is None or place is None or is_repost(post):
            continue
        ids[index] = geo.place_id or place.id
        types[index] = place.place_type
        box = place.geo.bbox if place.geo is not None else None
        if box:
            edges[index] = box if len(box) == len(BOX_COLUMNS) else _WRONG_EDGES
    return {"place_id": ids, "place_type": types, **{name: [box[at] for box in edges] for at, name in enumerate(BOX_COLUMNS)}}


def _visibility(post: Post, user: User | None) -> str:
    if post.withheld or (user is not None and user.withheld):
        return "withheld"
    if user is None or user.protected is None:
        return "unknown"
    return "protected" if user.protected else "public"


def _raw_posts(value: bytes, count: int) -> list[str | None]:
    """The JSON of each Post of a unit, in the order they were collected; the whole unit where the order can't be told."""
    page = decode_loosely(value)
    data = page.get("data", page)
    found: list[Any] = []
    for item in data if isinstance(data, list) else [data]:
        _raw_with_references(item, found)
    includes = page.get("includes") or {}
    found += [*(includes.get("tweets") or ()), *(includes.get("posts") or ())]
    return [msgspec.json.encode(item).decode() for item in found[:count]]


def _raw_with_references(item: Mapping[str, Any], found: list[Any]) -> None:
    found.append(item)
    for reference in item.get("referenced_tweets") or item.get("referenced_posts") or ():
        if reference.get("text") is not None or reference.get("author") is not None:
            _raw_with_references(reference, found)
