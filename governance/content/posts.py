"""`read_posts` and the lazy scan it gives."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from governance.content.draft import Scan, finish, with_companions
from governance.content.rejected import Rejected
from governance.content.schema import COLUMNS, DEFAULT_COLUMNS, POST_SCHEMA
from governance.content.sources import JsonFile, Source, file_beside, open_file
from governance.content.tables import open_table
from governance.errors import BadRequest

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".parquet", ".arrow", ".feather")


def read_posts(source: object, columns: Mapping[str, str] | None = None) -> "Posts":
    """Read X Posts in any shape as one canonical table, lazily.

    Parameters
    ----------
    source
        A file (API v2 or v1.1 JSON, twarc-flattened JSON-L, twarc-csv, CSV, TSV, Parquet, Arrow; text may be gzipped), a list of files, a
        folder of files, or a table: pandas, pyarrow, Polars, or a DuckDB relation.
    columns
        For tables: canonical column name -> source column name, such as `{"latitude": "lat", "author_id": "user"}`. Columns with canonical
        or unmistakable names need no mapping.

    Returns
    -------
    Posts
        A lazy scan. What can't be read is counted in `Posts.rejected`.

    Raises
    ------
    BadRequest
        The file is missing, empty, no Posts, not UTF-8, or lacks a column; the message names the file and the line.

    Examples
    --------
    >>> import pyarrow as pa
    >>> table = pa.table({"post_id": ["1", "2"], "user": ["7", "7"], "lat": [48.85, 95.0], "lon": [2.29, 2.29]})
    >>> posts = read_posts(table, columns={"author_id": "user"})
    >>> posts.to_arrow(["post_id", "latitude"]).num_rows, posts.rejected
    (2, Rejected(out-of-range=1))

    """
    if columns is not None and not isinstance(columns, Mapping):
        hint = 'write columns={"latitude": "lat", "author_id": "user"}; on the command line --columns latitude=lat,author_id=user.'
        raise BadRequest("columns: no mapping of names to columns.", hint)
    table = open_table(source, columns)
    if table is not None:
        return Posts([table])
    paths = _paths_of(source)
    sources = [open_file(path, columns) for path in paths]
    if columns and all(isinstance(one, JsonFile) for one in sources):
        raise BadRequest(f"{paths[0]}: a column mapping is for tables; this file is {sources[0].format}.", "leave `columns` out.")
    return Posts(sources)


def _paths_of(source: object) -> list[Path]:
    if isinstance(source, str | Path):
        if isinstance(source, str) and not source.strip():
            raise BadRequest("the path is empty.", "name a file of Posts; a variable may not be set.")
        path = Path(source)
        return _files_in(path) if path.is_dir() else [path]
    if isinstance(source, Iterable) and not isinstance(source, bytes) and not hasattr(source, "keys"):
        items = list(source)
        if items and all(isinstance(item, str | Path) for item in items):
            return [path for item in items for path in _paths_of(item)]
    raise BadRequest(
        f"Posts can't be read from a {type(source).__name__}.",
        "give a path, a list of paths, a folder, or a pandas, pyarrow, Polars or DuckDB table.",
    )


def _files_in(folder: Path) -> list[Path]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and _is_data(path))
    beside = {file_beside(path) for path in files}
    files = [path for path in files if path not in beside]
    if not files:
        raise BadRequest(
            f"{folder}: no files of Posts in this folder.", f"put files there that end in {', '.join(SUFFIXES)}, or in these and .gz."
        )
    return files


def _is_data(path: Path) -> bool:
    return bool(set(path.suffixes) & set(SUFFIXES)) and path.name[0] not in "._"


class Posts:
    """A lazy scan over Posts: it streams batches of the canonical table and reads only the columns that are asked for.

    It may be iterated several times; each scan reads the source anew. Its repr shows no value.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        """Use `read_posts`."""
        self._sources = tuple(sources)
        self._rejected: Rejected | None = None

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Stream the canonical table.

        Parameters
        ----------
        columns
            Canonical column names; all but `raw` if left out. The batches have them in canonical order.

        Yields
        ------
        pyarrow.RecordBatch
            At least one row each.

        """
        ordered = DEFAULT_COLUMNS if columns is None else _ordered(columns)
        return self._scan(ordered)

    def _scan(self, ordered: Sequence[str]) -> Iterator[pa.RecordBatch]:
        rejected = self._rejected = Rejected()
        for source in self._sources:
            scan = Scan(with_companions(ordered), rejected, source.name)
            for draft in source.drafts(scan):
                batch = finish(draft, scan, ordered)
                if batch.num_rows:
                    yield batch

    @property
    def rejected(self) -> Rejected:
        """What the latest scan did not read, and why; if there was none yet, all is scanned now.

        A scan looks only at the columns it was asked for, besides the ids: coordinates that nobody asked for are not judged.
        """
        if self._rejected is None:
            for _ in self.batches(("post_id", "author_id", "created_at", "latitude", "longitude", "place_west")):
                pass
        return self._rejected if self._rejected is not None else Rejected()

    def to_arrow(self, columns: Sequence[str] | None = None) -> pa.Table:
        """The whole canonical table in memory."""
        ordered = DEFAULT_COLUMNS if columns is None else _ordered(columns)
        return pa.Table.from_batches(self._scan(ordered), schema=pa.schema([POST_SCHEMA.field(name) for name in ordered]))

    def to_pandas(self, columns: Sequence[str] | None = None) -> "pd.DataFrame":
        """The whole canonical table as a pandas DataFrame."""
        return self.to_arrow(columns).to_pandas()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """An Arrow stream of the canonical table, so that DuckDB, Polars and others can scan it."""
        schema = pa.schema([POST_SCHEMA.field(name) for name in DEFAULT_COLUMNS])
        reader: Any = pa.RecordBatchReader.from_batches(schema, self.batches())
        return reader.__arrow_c_stream__(requested_schema)

    @property
    def formats(self) -> tuple[str, ...]:
        """The shape of each source."""
        return tuple(source.format for source in self._sources)

    @property
    def given(self) -> frozenset[str]:
        """The canonical columns that a source may fill; any other holds one word in all rows, or nothing."""
        return frozenset[str]().union(*(source.given for source in self._sources))

    @property
    def names(self) -> tuple[str, ...]:
        """The path of each file, or what kind of table it is."""
        return tuple(source.name for source in self._sources)

    @property
    def row_count(self) -> int | None:
        """The number of rows where it is known without a scan, else None."""
        counts = [source.row_count() for source in self._sources]
        return None if None in counts else sum(count for count in counts if count is not None)

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the input: of a file's bytes, of a table's Arrow form, of the list of these where there are several."""
        digests = [source.fingerprint() for source in self._sources]
        return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()

    def __repr__(self) -> str:
        """Formats and number of sources; no value."""
        return f"<Posts: {len(self._sources)} source(s), {', '.join(dict.fromkeys(self.formats))}>"


def _ordered(columns: Sequence[str]) -> tuple[str, ...]:
    if isinstance(columns, str) or not isinstance(columns, Iterable):
        raise BadRequest("columns: no list of names.", 'write columns=["post_id", "text"].')
    columns = list(columns)
    unknown = [name for name in columns if name not in COLUMNS]
    if unknown:
        raise BadRequest(f"`{unknown[0]}` is no column of the canonical Post table.", f"use one of {', '.join(COLUMNS)}.")
    return tuple(name for name in COLUMNS if name in columns)
