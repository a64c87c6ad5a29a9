"""`write_sample`: the made-up Posts as files in the real shapes, with the damage that real files have."""

import csv
import gzip
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from governance.content.synthetic import shapes
from governance.content.synthetic.cast import Cast, Writing, make_cast
from governance.content.synthetic.world import REPOST

DEFAULT_POSTS = 60_000
POSTS_PER_AUTHOR = 4
PAGE_POSTS = 100
FILES = ("v2_pages.jsonl", "v2_stream.jsonl", "v2_page.json", "v11.jsonl.gz", "twarc_flattened.jsonl", "twarc.csv", "posts.csv")
_SHARES = (0.42, 0.12, 0.004, 0.22, 0.12, 0.10, 0.016)
_DAMAGED_ROWS = (
    ("5.70306E+17", "20000000", "", "", "An id that a spreadsheet rounded"),
    ("1583094187360784384", "2.00105E+07", "", "", "An author id that a spreadsheet rounded"),
    ("1583094187360784385", "20104729", "0.0", "0.0", "Null island #flood"),
    ("1583094187360784386", "20104729", "0", "0", "Null island again #flood"),
    ("1583094187360784387", "20209458", "148.56", "13.43", "Beyond the pole #flood"),
    ("1583094187360784388", "20209458", "48.56", "313.43", "Beyond the date line #flood"),
    ("1583094187360784389", "20314187", "NaN", "13.43", "Not a number #flood"),
    ("1583094187360784390", "20314187", "48.56", "", "Half a coordinate #flood"),
    ("", "20314187", "48.56", "13.43", "No id #flood"),
)
TWARC_COLUMNS = (
    "id", "conversation_id", "referenced_tweets.replied_to.id", "referenced_tweets.retweeted.id", "referenced_tweets.quoted.id",
    "author_id", "created_at", "text", "lang", "public_metrics.like_count", "entities.hashtags", "geo.coordinates.coordinates",
    "geo.coordinates.type",
    "geo.country", "geo.country_code", "geo.full_name", "geo.geo.bbox", "geo.geo.type", "geo.id", "geo.name", "geo.place_id",
    "geo.place_type", "author.id", "author.username", "author.name", "author.description", "author.location", "author.protected",
    "author.withheld.country_codes", "__twarc.version",
)  # fmt: skip
PLAIN_COLUMNS = ("post_id", "author_id", "created_at", "latitude", "longitude", "hashtags", "lang", "text")


def write_sample(folder: str | Path, seed: int = 2026, posts: int = DEFAULT_POSTS, authors: int | None = None) -> list[Path]:
    """Write made-up Posts in seven real shapes; the same seed writes the same bytes.

    The collection covers the five ISO weeks that end on 22 November 2026, with `#flood` as its topic. It holds reposts and quotes of
    located Posts, places of every type, protected and withheld accounts, profile coordinates, and at the ends of three files the damage
    that real files have: a half-written line, deletion notices, rounded ids, null island, coordinates out of range.

    Parameters
    ----------
    folder
        Where to write; made if it is missing.
    seed
        Which world.
    posts
        How many Posts, nested ones not counted.
    authors
        How many accounts write them; a quarter of the Posts if left out.

    Returns
    -------
    list of pathlib.Path
        The files, each of which `read_posts` reads.

    Examples
    --------
    >>> import tempfile
    >>> files = write_sample(tempfile.mkdtemp(), posts=500)
    >>> [file.name for file in files][:2]
    ['v2_pages.jsonl', 'v2_stream.jsonl']

    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    cast = make_cast(seed, posts, authors or max(posts // POSTS_PER_AUTHOR, 1))
    parts = _deal(cast, seed)
    paths = [target / name for name in FILES]
    pages, stream, page, native, flat, table, plain = (parts[name] for name in FILES)
    _write_lines(paths[0], (shapes.page_v2(cast, pages[at : at + PAGE_POSTS]) for at in range(0, len(pages), PAGE_POSTS)))
    _write_lines(paths[1], (shapes.stream_v2(cast, writing) for writing in stream))
    paths[2].write_text(json.dumps(shapes.page_v2(cast, page), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    _write_native(paths[3], cast, native)
    _write_lines(paths[4], (shapes.flattened(cast, writing) for writing in flat), tail=b'{"id":"1583094187360784391","author_id":"203141')
    _write_twarc_csv(paths[5], cast, table)
    _write_plain_csv(paths[6], cast, plain)
    return paths


def _deal(cast: Cast, seed: int) -> dict[str, list[Writing]]:
    """Each Post into one file, so that every file covers the whole time."""
    drawn = np.random.default_rng([seed, 5]).choice(len(FILES), len(cast.posts), p=np.array(_SHARES) / sum(_SHARES)).tolist()
    parts: dict[str, list[Writing]] = {name: [] for name in FILES}
    for writing, at in zip(cast.posts, drawn, strict=True):
        parts[FILES[at]].append(writing)
    for name in FILES:
        if not parts[name]:
            parts[name].append(cast.posts[0])
    return parts


def _write_lines(path: Path, values: Iterable[Any], tail: bytes = b"") -> None:
    encode = msgspec.json.Encoder().encode
    with path.open("wb") as file:
        file.writelines(encode(value) + b"\n" for value in values)
        file.write(tail)


def _write_native(path: Path, cast: Cast, writings: Sequence[Writing]) -> None:
    """v1.1 lines, gzipped with no name and no time inside, and the notices a stream sends between Posts."""
    encode = msgspec.json.Encoder().encode
    with path.open("wb") as raw, gzip.GzipFile(filename="", mode="wb", compresslevel=5, fileobj=raw, mtime=0) as file:
        for writing in writings:
            file.write(encode(shapes.status_v11(cast, writing)) + b"\n")
        file.write(b'{"delete":{"status":{"id":1583094187360784392,"id_str":"1583094187360784392"}}}\n')
        file.write(b'{"limit":{"track":12}}\n')


def _write_twarc_csv(path: Path, cast: Cast, writings: Sequence[Writing]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, TWARC_COLUMNS, restval="", lineterminator="\n")
        table.writeheader()
        table.writerows(_twarc_row(cast, writing) for writing in writings)


def _twarc_row(cast: Cast, writing: Writing) -> dict[str, Any]:
    author = cast.accounts[writing.author]
    row: dict[str, Any] = {
        "id": writing.post_id,
        "conversation_id": writing.post_id,
        "author_id": author.user_id,
        "created_at": shapes.iso(writing),
        "text": writing.text,
        "lang": "en",
        "public_metrics.like_count": 3,
        "author.id": author.user_id,
        "author.username": author.handle,
        "author.name": author.display_name,
        "author.description": author.bio,
        "author.location": author.stated_location,
        "author.protected": author.protected,
        "__twarc.version": "2.14.0",
    }
    if writing.tags:
        row["entities.hashtags"] = json.dumps([{"start": start, "end": end, "tag": tag} for start, end, tag in writing.tags])
    if author.withheld:
        row["author.withheld.country_codes"] = '["XX"]'
    if writing.refers_to >= 0:
        (reference,) = shapes.post_v2(cast, writing)["referenced_tweets"]
        row[f"referenced_tweets.{reference['type']}.id"] = reference["id"]
    if writing.point is not None:
        row["geo.coordinates.type"] = "Point"
        row["geo.coordinates.coordinates"] = json.dumps([writing.point[1], writing.point[0]])
    if writing.place is not None:
        place = shapes.place_v2(writing.place)
        row |= {f"geo.{name}": place[name] for name in ("id", "name", "full_name", "country", "country_code", "place_type")}
        row |= {"geo.place_id": writing.place.id, "geo.geo.type": "Feature", "geo.geo.bbox": json.dumps(list(writing.place.box))}
    return row


def _write_plain_csv(path: Path, cast: Cast, writings: Sequence[Writing]) -> None:
    """A table with canonical names, then rows with one thing wrong each, the last one cut short."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(PLAIN_COLUMNS)
    for writing in writings:
        if writing.kind != REPOST:
            latitude, longitude = writing.point or ("", "")
            tags = ";".join(tag for _, _, tag in writing.tags)
            at = shapes.iso(writing)
            table.writerow((writing.post_id, cast.accounts[writing.author].user_id, at, latitude, longitude, tags, "en", writing.text))
    for post_id, author_id, latitude, longitude, words in _DAMAGED_ROWS:
        table.writerow((post_id, author_id, "2026-11-20T12:00:00.000Z", latitude, longitude, "flood", "en", words))
    path.write_text(text.getvalue() + "1583094187360784393,2031418\n", encoding="utf-8")
