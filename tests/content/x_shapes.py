"""Small made-up Posts in the exact shapes X and twarc give, a way to write them and a way to read them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from governance.content import read_posts

Json = dict[str, Any]


def post(post_id: str = "1249702384659554308", author_id: str = "5", **more: Any) -> Json:  # noqa: ANN401 - any JSON value
    """A v2 Post."""
    return {
        "id": post_id,
        "author_id": author_id,
        "text": "Rain again #Flood",
        "created_at": "2020-04-13T14:17:46.000Z",
        "edit_history_tweet_ids": [post_id],
        "lang": "en",
        "entities": {"hashtags": [{"start": 11, "end": 17, "tag": "Flood"}]},
        **more,
    }


def point(longitude: object, latitude: object) -> Json:
    """A v2 geo object with a point."""
    return {"coordinates": {"type": "Point", "coordinates": [longitude, latitude]}}


def user(user_id: str = "5", **more: Any) -> Json:  # noqa: ANN401 - any JSON value
    """A v2 user."""
    return {"id": user_id, "username": f"handle{user_id}", "name": "N", **more}


def place(place_id: str = "07d9db48bc083000", box: Sequence[float] = (13.3, 48.5, 13.5, 48.6), kind: str = "city") -> Json:
    """A v2 place."""
    return {
        "id": place_id,
        "full_name": "Passau, Bavaria",
        "place_type": kind,
        "geo": {"type": "Feature", "bbox": list(box), "properties": {}},
    }


def status(post_id: str = "1249702384659554308", author_id: str = "5", **more: Any) -> Json:  # noqa: ANN401 - any JSON value
    """A v1.1 Post; its numeric id is rounded as JavaScript does."""
    return {
        "created_at": "Wed Aug 27 13:08:45 +0000 2008",
        "id": int(float(post_id)),
        "id_str": post_id,
        "text": "Rain again #Flood",
        "user": {"id": int(author_id), "id_str": author_id, "screen_name": f"handle{author_id}", "location": "Ulm", "protected": False},
        "geo": None,
        "coordinates": None,
        "place": None,
        "entities": {"hashtags": [{"text": "Flood", "indices": [11, 17]}]},
        "lang": "en",
        **more,
    }


def write(name: str, *values: object) -> Path:
    """Write values as lines of JSON (text and bytes as they are) into the test's folder."""
    path = Path(name)
    texts = [value if isinstance(value, str | bytes) else json.dumps(value) for value in values]
    path.write_bytes(b"\n".join(text.encode() if isinstance(text, str) else text for text in texts))
    return path


def rows(source: object, *columns: str, mapping: dict[str, str] | None = None) -> list[Json]:
    """The rows of a source, with the columns asked for."""
    return read_posts(source, columns=mapping).to_arrow(columns or None).to_pylist()


def reasons(source: object, mapping: dict[str, str] | None = None) -> list[tuple[int, str]]:
    """Line and reason of all that was not read, in the order of lines."""
    return sorted((place.line, place.reason) for place in read_posts(source, columns=mapping).rejected)
