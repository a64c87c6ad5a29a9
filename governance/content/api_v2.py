"""API v2: pages, single objects, streams (one object per line), bare Posts, and Posts as twarc flattens them.

Both namings are read: `tweets` / `posts`, `referenced_tweets` / `referenced_posts`, `note_tweet` / `note_post`. Points are GeoJSON,
[longitude, latitude]; place boxes are [west, south, east, north].

Source: X API v2 OpenAPI description 2.167, schemas Post, User, Place, Expansions; twarc2 `flatten`.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from governance.content.draft import BATCH_ROWS, Draft, Scan
from governance.content.hashtags import hashtags_in
from governance.content.json_values import converted, decoded
from governance.content.lines import Unit, decode_loosely
from governance.content.rows import NAMES, NO_PLACE, Row, Rows
from governance.content.schema import BOX_COLUMNS

T = TypeVar("T")
_RELATIONS = {"quoted": "quoted", "retweeted": "reposted", "reposted": "reposted", "replied_to": "replied_to"}
_REPOSTS = frozenset({"retweeted", "reposted"})
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
    collector = Collector(scan)
    with_raw = scan.wants("raw")
    for line, value, page in decoded(units, _DECODER, scan, _repair):
        collector.add_page(page, line)
        if with_raw:
            _add_raw(collector.rows, value)
        if len(collector.rows.lines) >= BATCH_ROWS:
            yield collector.rows.draft(scan)
            collector.rows = Rows()
    if collector.rows.lines:
        yield collector.rows.draft(scan)


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


class Collector:
    """Turns pages into rows: the Posts of `data` with what is nested in them, then the included ones.

    `users`, `places` and `roles` hold what the Posts of the page at hand refer to: accounts, places, and which Post is quoted, reposted or
    replied to.
    """

    __slots__ = ("places", "roles", "rows", "scan", "users")

    def __init__(self, scan: Scan) -> None:
        """Begin an empty batch."""
        self.scan = scan
        self.rows = Rows()
        self.users: dict[Any, User] = {}
        self.places: dict[Any, Place] = {}
        self.roles: dict[Any, str] = {}

    def add_page(self, page: Page, line: int) -> None:
        """All Posts of one page, stream object or bare Post."""
        data = page.data
        if data is None and page.id is None and page.text is None:
            if page.meta is None and page.errors is None and page.includes is None:
                self.scan.reject(line, "not-a-post")
            return
        for mapping in (self.users, self.places, self.roles):
            mapping.clear()
        includes = page.includes
        if includes is not None:
            for user in includes.users or ():
                self.users[user.id] = user
            for place in includes.places or ():
                self.places[place.id] = place
        for post in data if isinstance(data, list) else (data or page,):
            if post.id is None and post.text is None:
                self.scan.reject(line, "not-a-post")
            else:
                self._add(post, line, "original")
        if includes is not None and (includes.tweets or includes.posts):
            self._add_included([*(includes.tweets or ()), *(includes.posts or ())], line)

    def _add_included(self, posts: Sequence[Post], line: int) -> None:
        for post in posts:
            for reference in post.referenced_tweets or post.referenced_posts or ():
                self.roles.setdefault(reference.id, _RELATIONS.get(reference.type or "", "original"))
        for post in posts:
            self._add(post, line, self.roles.get(post.id, "original"))

    def _add(self, post: Post, line: int, relation: str) -> None:
        references = post.referenced_tweets or post.referenced_posts or ()
        for reference in references:
            role = self.roles[reference.id] = _RELATIONS.get(reference.type or "", "original")
            relation = "reposted" if role == "reposted" else relation
        user = post.author or self.users.get(post.author_id)
        note = post.note_tweet or post.note_post
        text, entities = (post.text, post.entities) if note is None else (note.text or post.text, note.entities or post.entities)
        geo = post.geo if isinstance(post.geo, Geo) else None
        latitude, longitude = (None, None) if geo is None else _point(geo)
        place = NO_PLACE if geo is None else _place(geo, self.places)
        if geo is not None and references and any(reference.type in _REPOSTS for reference in references):
            if latitude is not None or longitude is not None or place[0] is not None:
                self.scan.reject(line, "location-on-repost")
            latitude, longitude, place = None, None, NO_PLACE
        self.rows.add(
            line,
            hashtags_in(text) if entities is None else [tag.tag.casefold() for tag in entities.hashtags or () if tag.tag],
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
                relation,
            ),
        )
        for reference in references:
            if reference.text is not None or reference.author is not None:
                self._add(reference, line, self.roles[reference.id])


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


def _add_raw(rows: Rows, value: bytes) -> None:
    """The JSON of each Post that the value just gave a row, in the order of the rows; what became no row is passed over."""
    page = decode_loosely(value)
    data = page.get("data") or page
    includes = page.get("includes")
    parts = [data, *((includes.get("tweets"), includes.get("posts")) if isinstance(includes, dict) else ())]
    found = [item for part in parts for post in (part if isinstance(part, list) else [part]) for item in _with_references(post)]
    at = 0
    for post_id in rows.values[len(rows.raws) * len(NAMES) :: len(NAMES)]:
        here = next((index for index in range(at, len(found)) if found[index].get("id") == post_id), None)
        rows.raws.append(None if here is None else msgspec.json.encode(found[here]).decode())
        at = at if here is None else here + 1


def _with_references(item: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - any JSON value
    """The Post and those that twarc put into it."""
    if isinstance(item, dict):
        yield item
        references = item.get("referenced_tweets") or item.get("referenced_posts")
        for reference in references if isinstance(references, list) else ():
            if isinstance(reference, dict) and (reference.get("text") is not None or reference.get("author") is not None):
                yield from _with_references(reference)
