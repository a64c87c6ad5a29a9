"""Canonical Post tables of any size straight from the vectorised world, for benchmarks."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from governance.content.schema import POST_SCHEMA
from governance.content.synthetic.places import Gazetteer
from governance.content.synthetic.towns import TAGS
from governance.content.synthetic.world import BOTH, NOWHERE, PLACE, POINT, REPOST, STATES, Authors, Posts, make_authors, make_posts

CHUNK_ROWS = 1_000_000
_BENCHMARK_COLUMNS = tuple(name for name in POST_SCHEMA.names if name not in {"author_handle", "text", "stated_location", "raw"})


def synthetic_table(posts: int, authors: int | None = None, seed: int = 2026, part: int = 0) -> pa.Table:
    """A canonical Post table of made-up Posts, without texts.

    Parameters
    ----------
    posts
        The number of rows.
    authors
        The number of accounts; a fifth of the rows if left out.
    seed
        Which world.
    part
        Further Posts of the same people: 0, 1, 2, ...

    Returns
    -------
    pyarrow.Table
        The canonical columns but `author_handle`, `text`, `stated_location` and `raw`; rows in the order of time.

    Examples
    --------
    >>> synthetic_table(1000).num_rows
    1000

    """
    people = make_authors(authors or max(posts // 5, 1), seed)
    return _table(make_posts(posts, people, seed, part), people, seed, part)


def write_benchmark(path: str | Path, rows: int, seed: int = 2026, authors: int | None = None) -> Path:
    """Write a Parquet file of made-up Posts, a million rows at a time.

    Parameters
    ----------
    path
        The file.
    rows
        The number of Posts.
    seed
        Which world.
    authors
        The number of accounts; a fifth of the rows if left out.

    Returns
    -------
    pathlib.Path
        The file.

    """
    target = Path(path)
    people = make_authors(authors or max(rows // 5, 1), seed)
    schema = pa.schema([POST_SCHEMA.field(name) for name in _BENCHMARK_COLUMNS])
    with pq.ParquetWriter(target, schema, compression="zstd") as file:
        for part, start in enumerate(range(0, rows, CHUNK_ROWS)):
            file.write_table(_table(make_posts(min(CHUNK_ROWS, rows - start), people, seed, part), people, seed, part))
    return target


def _table(posts: Posts, people: Authors, seed: int, part: int) -> pa.Table:
    count = len(posts.post_id)
    gazetteer = Gazetteer()
    drawn = gazetteer.draw(np.random.default_rng([seed, 7, part]), posts.town)
    has_point = np.isin(posts.where, (POINT, BOTH))
    has_place = np.isin(posts.where, (PLACE, BOTH)) & (posts.where != NOWHERE)
    boxes = np.array([place.box for place in gazetteer.places])
    columns = {
        "post_id": pa.array(posts.post_id).cast(pa.string()),
        "author_id": pa.array(people.user_id).cast(pa.string()).take(pa.array(posts.author)),
        "created_at": pa.array(posts.milliseconds * 1000).cast(pa.timestamp("us", tz="UTC")),
        "lang": pa.repeat("en", count),
        "hashtags": _tags(posts),
        "latitude": pa.array(posts.latitude, mask=~has_point),
        "longitude": pa.array(posts.longitude, mask=~has_point),
        "place_id": _named([place.id for place in gazetteer.places], drawn, has_place),
        "place_type": _named([place.type for place in gazetteer.places], drawn, has_place),
        **{
            name: pa.array(boxes[drawn, at], mask=~has_place)
            for at, name in enumerate(("place_west", "place_south", "place_east", "place_north"))
        },
        "visibility": _named(list(STATES), people.state[posts.author], np.ones(count, dtype=bool)),
        "relation": _named(["original", "reposted"], (posts.kind == REPOST).astype(np.int64), np.ones(count, dtype=bool)),
        "source_format": pa.repeat("synthetic", count),
    }
    return pa.table(
        [columns[name] for name in _BENCHMARK_COLUMNS], schema=pa.schema([POST_SCHEMA.field(name) for name in _BENCHMARK_COLUMNS])
    )


def _named(names: list[str], numbers: np.ndarray, present: np.ndarray) -> pa.Array:
    return pa.array(names).take(pa.array(numbers, mask=~present))


def _tags(posts: Posts) -> pa.Array:
    """`flood` and the second tag, each if it is there."""
    second = posts.tag > 0
    sizes = posts.flood.astype(np.int32) + second.astype(np.int32)
    offsets = np.concatenate([np.zeros(1, dtype=np.int32), np.cumsum(sizes, dtype=np.int32)])
    numbers = np.zeros(int(offsets[-1]), dtype=np.int64)
    numbers[(offsets[:-1] + posts.flood)[second]] = posts.tag[second]
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(list(TAGS)).take(pa.array(numbers)))
