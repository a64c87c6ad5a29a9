"""The made-up Posts in the shapes X and twarc give: dictionaries, one function a shape."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from governance.content.synthetic.cast import DAYS, MONTHS, Account, Cast, Writing
from governance.content.synthetic.places import Place
from governance.content.synthetic.world import QUOTE, REPLY, REPOST

Json = dict[str, Any]
_REFERENCES = {QUOTE: "quoted", REPOST: "retweeted", REPLY: "replied_to"}


@dataclass(frozen=True, slots=True)
class Naming:
    """How a version of API v2 calls Posts."""

    references: str = "referenced_tweets"
    includes: str = "tweets"
    history: str = "edit_history_tweet_ids"
    repost: str = "retweeted"


LIVE = Naming()
CURRENT = Naming("referenced_posts", "posts", "edit_history_post_ids", "reposted")


def iso(writing: Writing) -> str:
    """The time as v2 writes it."""
    return f"{writing.at:%Y-%m-%dT%H:%M:%S}.000Z"


def legacy_time(writing: Writing) -> str:
    """The time as v1.1 writes it, whatever the locale."""
    at = writing.at
    return f"{DAYS[at.weekday()]} {MONTHS[at.month - 1]} {at:%d %H:%M:%S} +0000 {at.year}"


def user_v2(account: Account) -> Json:
    """A user object of `includes.users`."""
    user: Json = {
        "id": account.user_id,
        "username": account.handle,
        "name": account.display_name,
        "description": account.bio,
        "protected": account.protected,
        "verified": False,
        "created_at": "2015-03-01T09:00:00.000Z",
        "public_metrics": {"followers_count": 120, "following_count": 80, "tweet_count": 900, "listed_count": 1},
    }
    if account.stated_location:
        user["location"] = account.stated_location
    if account.withheld:
        user["withheld"] = {"country_codes": ["XX"], "scope": "user"}
    return user


def place_v2(place: Place) -> Json:
    """A place object of `includes.places`."""
    return {
        "id": place.id,
        "name": place.name,
        "full_name": place.full_name,
        "country": place.country,
        "country_code": place.country_code,
        "place_type": place.type,
        "geo": {"type": "Feature", "bbox": list(place.box), "properties": {}},
    }


def post_v2(cast: Cast, writing: Writing, naming: Naming = LIVE) -> Json:
    """A Post object of `data` or of the included Posts."""
    author = cast.accounts[writing.author]
    post: Json = {
        "id": writing.post_id,
        "author_id": author.user_id,
        "text": writing.text,
        "created_at": iso(writing),
        "lang": "en",
        "conversation_id": writing.post_id,
        naming.history: [writing.post_id],
        "public_metrics": {"retweet_count": 0, "reply_count": 0, "like_count": 3, "quote_count": 0},
        "possibly_sensitive": False,
    }
    if writing.tags:
        post["entities"] = {"hashtags": [{"start": start, "end": end, "tag": tag} for start, end, tag in writing.tags]}
    geo: Json = {}
    if writing.point is not None:
        geo["coordinates"] = {"type": "Point", "coordinates": [writing.point[1], writing.point[0]]}
    if writing.place is not None:
        geo["place_id"] = writing.place.id
    if geo or int(writing.post_id) % 11 == 0:
        post["geo"] = geo
    if writing.refers_to >= 0:
        kind = naming.repost if writing.kind == REPOST else _REFERENCES[writing.kind]
        post[naming.references] = [{"type": kind, "id": cast.posts[writing.refers_to].post_id}]
    return post


def page_v2(cast: Cast, writings: Sequence[Writing], naming: Naming = LIVE) -> Json:
    """A page: Posts, and all they refer to."""
    inner = {cast.posts[writing.refers_to].post_id: cast.posts[writing.refers_to] for writing in writings if writing.refers_to >= 0}
    shown = [*writings, *inner.values()]
    includes: Json = {
        "users": [user_v2(account) for account in {writing.author: cast.accounts[writing.author] for writing in shown}.values()],
    }
    places = {writing.place.id: writing.place for writing in shown if writing.place is not None}
    if places:
        includes["places"] = [place_v2(place) for place in places.values()]
    if inner:
        includes[naming.includes] = [post_v2(cast, writing, naming) for writing in inner.values()]
    data = [post_v2(cast, writing, naming) for writing in writings]
    return {
        "data": data,
        "includes": includes,
        "meta": {"newest_id": data[-1]["id"], "oldest_id": data[0]["id"], "result_count": len(data)},
    }


def stream_v2(cast: Cast, writing: Writing, naming: Naming = CURRENT) -> Json:
    """A filtered-stream object: one Post and all it refers to."""
    page = page_v2(cast, [writing], naming)
    return {"data": page["data"][0], "includes": page["includes"], "matching_rules": [{"id": "1166916266197536768", "tag": "storm"}]}


def flattened(cast: Cast, writing: Writing) -> Json:
    """A Post as twarc flattens it: its author, place and referenced Posts inside."""
    post = post_v2(cast, writing)
    post["author"] = user_v2(cast.accounts[writing.author])
    if writing.place is not None:
        post["geo"] |= place_v2(writing.place)
    if writing.refers_to >= 0:
        inner = cast.posts[writing.refers_to]
        reference = post["referenced_tweets"][0]
        post["referenced_tweets"] = [{**flattened(cast, _alone(inner)), **reference}]
    post["__twarc"] = {
        "url": "https://api.twitter.com/2/tweets/search/all",
        "version": "2.14.0",
        "retrieved_at": "2026-11-23T06:00:00+00:00",
    }
    return post


def _alone(writing: Writing) -> Writing:
    """The Post without what it refers to, as an included one comes."""
    return Writing(writing.post_id, writing.author, writing.at, writing.text, writing.tags, writing.point, writing.place, writing.kind, -1)


def user_v11(account: Account) -> Json:
    """A user object of v1.1."""
    user: Json = {
        "id": int(account.user_id),
        "id_str": account.user_id,
        "name": account.display_name,
        "screen_name": account.handle,
        "location": account.stated_location or None,
        "description": account.bio or None,
        "protected": account.protected,
        "followers_count": 120,
        "friends_count": 80,
        "created_at": "Sun Mar 01 09:00:00 +0000 2015",
        "utc_offset": None,
        "time_zone": None,
        "geo_enabled": True,
        "lang": None,
    }
    if account.withheld:
        user["withheld_in_countries"] = ["XX"]
    return user


def place_v11(place: Place) -> Json:
    """A place object of v1.1; its ring begins in the south-west and is not closed."""
    west, south, east, north = place.box
    return {
        "id": place.id,
        "url": f"https://api.twitter.com/1.1/geo/id/{place.id}.json",
        "place_type": place.type,
        "name": place.name,
        "full_name": place.full_name,
        "country_code": place.country_code,
        "country": place.country,
        "bounding_box": {"type": "Polygon", "coordinates": [[[west, south], [west, north], [east, north], [east, south]]]},
        "attributes": {},
    }


def status_v11(cast: Cast, writing: Writing) -> Json:
    """A v1.1 Post: `coordinates` is [longitude, latitude], `geo` the other way round."""
    latitude, longitude = writing.point or (None, None)
    status: Json = {
        "created_at": legacy_time(writing),
        "id": int(writing.post_id),
        "id_str": writing.post_id,
        "text": writing.text,
        "truncated": False,
        "source": '<a href="https://mobile.twitter.com" rel="nofollow">Twitter Web App</a>',
        "in_reply_to_status_id_str": None,
        "user": user_v11(cast.accounts[writing.author]),
        "geo": None if latitude is None else {"type": "Point", "coordinates": [latitude, longitude]},
        "coordinates": None if latitude is None else {"type": "Point", "coordinates": [longitude, latitude]},
        "place": None if writing.place is None else place_v11(writing.place),
        "is_quote_status": writing.kind == QUOTE,
        "entities": {
            "hashtags": [{"text": tag, "indices": [start, end]} for start, end, tag in writing.tags],
            "urls": [],
            "user_mentions": [],
            "symbols": [],
        },
        "lang": "en",
    }
    if len(writing.text) > 140:  # noqa: PLR2004 - what a Post could hold before 2017
        status["extended_tweet"] = {"full_text": status["text"], "entities": status["entities"]}
        status |= {"text": writing.text[:139] + "…", "truncated": True}
    if writing.refers_to >= 0:
        inner = cast.posts[writing.refers_to]
        if writing.kind == REPLY:
            status["in_reply_to_status_id_str"] = inner.post_id
        else:
            name = "retweeted_status" if writing.kind == REPOST else "quoted_status"
            status[name] = status_v11(cast, _alone(inner))
    return status
