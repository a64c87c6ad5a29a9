"""The canonical Post table: its columns, their types, and the label each column carries.

Source: X API v2 data dictionary (Post, User, Place objects) and the v1.1 Tweet object, reduced to what a check or a heat map needs.
"""

import pyarrow as pa

POST_SCHEMA = pa.schema(
    [
        pa.field("post_id", pa.string(), nullable=False),
        pa.field("author_id", pa.string()),
        pa.field("author_handle", pa.string()),
        pa.field("text", pa.string()),
        pa.field("created_at", pa.timestamp("us", tz="UTC")),
        pa.field("lang", pa.string()),
        pa.field("hashtags", pa.list_(pa.string())),
        pa.field("latitude", pa.float64()),
        pa.field("longitude", pa.float64()),
        pa.field("place_id", pa.string()),
        pa.field("place_type", pa.string()),
        pa.field("place_west", pa.float64()),
        pa.field("place_south", pa.float64()),
        pa.field("place_east", pa.float64()),
        pa.field("place_north", pa.float64()),
        pa.field("stated_location", pa.string()),
        pa.field("visibility", pa.string()),
        pa.field("relation", pa.string()),
        pa.field("source_format", pa.string()),
        pa.field("raw", pa.string()),
    ],
)
"""The canonical Post table as Arrow sees it.

Ids are decimal strings, coordinates degrees WGS84, `created_at` UTC, `hashtags` case-folded without `#`.

`relation` says how the row came. `original`: by itself. `quoted`, `replied_to`: inside a Post that refers to it. `reposted`: part of a
repost, which is the repost itself (never with a location) or the Post inside it (with its own author and its own location).
`raw` is the Post's JSON as it came, filled only when it is asked for.
"""

POST_LABELS: dict[str, str] = {
    "post_id": "x.post.id",
    "author_id": "x.user.id",
    "author_handle": "x.user.handle",
    "text": "x.post.text",
    "created_at": "x.post.created_at",
    "lang": "x.post.other",
    "hashtags": "x.post.hashtag",
    "latitude": "location.latitude",
    "longitude": "location.longitude",
    "place_id": "location.place",
    "place_type": "location.place",
    "place_west": "location.place",
    "place_south": "location.place",
    "place_east": "location.place",
    "place_north": "location.place",
    "stated_location": "x.user.stated_location",
    "visibility": "x.post.other",
    "relation": "x.post.other",
    "source_format": "x.post.other",
    "raw": "x.post.object",
}
"""What each canonical column holds, in the words of the vocabulary."""

COLUMNS: tuple[str, ...] = tuple(POST_SCHEMA.names)
DEFAULT_COLUMNS: tuple[str, ...] = tuple(name for name in COLUMNS if name != "raw")
BOX_COLUMNS: tuple[str, ...] = ("place_west", "place_south", "place_east", "place_north")
LOCATION_COLUMNS: tuple[str, ...] = ("latitude", "longitude", "place_id", "place_type", *BOX_COLUMNS)
VISIBILITIES: frozenset[str] = frozenset({"public", "protected", "withheld", "suspended", "deleted", "unknown"})
RELATIONS: frozenset[str] = frozenset({"original", "quoted", "reposted", "replied_to"})
