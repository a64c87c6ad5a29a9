"""Tables that hold edges, rewritten whole or not at all: a reader sees the old file or the new one, never a half."""

import glob
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute

from governance.errors import BadRequest

pc: Any = pyarrow.compute
_SUFFIXES = (".parquet", ".csv", ".jsonl")
_PART = ".part"


def checked_output(path: Path) -> Path:
    """The path, if edges can be written there in a form we know."""
    if path.suffix.lower() not in _SUFFIXES:
        raise BadRequest(f"{path}: edges are written as {', '.join(_SUFFIXES)}.", "choose one of these endings.")
    if not path.parent.is_dir():
        raise BadRequest(f"{path.parent}: is no folder.", "make it first.")
    if path.is_dir():
        raise BadRequest(f"{path}: is a folder.", "name a file in it.")
    return path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside `path` to write into; it takes the place of `path` in one step, if nothing went wrong."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=_PART)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o600)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def left_behind(path: Path) -> list[Path]:
    """What runs that were killed while they wrote a file left beside it: whole tables of edges, which nobody reads."""
    return sorted(path.parent.glob(f".{glob.escape(path.name)}.*{_PART}"))


def replace_file(path: Path, table: pa.Table) -> Path:
    """Write a table in place of a file.

    Raises
    ------
    BadRequest
        The ending is none we write, or the folder is not writable.

    """
    with staged(path, table):
        return path


@contextmanager
def staged(path: Path, table: pa.Table) -> Iterator[None]:
    """Write a table beside its place; it is moved there when the block ends, and is gone if the block or the move fails.

    Raises
    ------
    BadRequest
        The ending is none we write, or the table can't be written there.

    """
    checked_output(path)
    try:
        with replacing(path) as temporary:
            _write(temporary, table, path.suffix.lower())
            yield
    except OSError as problem:
        raise BadRequest(f"{path}: can't be written ({problem.strerror}).", "check the folder and its permissions.") from None


def _write(path: Path, table: pa.Table, suffix: str) -> None:
    if suffix == ".parquet":
        import pyarrow.parquet as pq

        pq.write_table(table, path, compression="zstd")
    elif suffix == ".csv":
        import pyarrow.csv

        pyarrow.csv.write_csv(flat(table), path)
    else:
        frame = flat(table, lists=False).to_pandas()
        frame.to_json(path, orient="records", lines=True, date_format="iso", force_ascii=False)


def flat(table: pa.Table, *, lists: bool = True) -> pa.Table:
    """A table whose cells CSV can hold: dictionaries become text, lists become `a;b`."""
    for at, field in enumerate(table.schema):
        column = table.column(at)
        if pa.types.is_dictionary(field.type):
            column = column.cast(pa.string())
        elif lists and pa.types.is_list(field.type):
            column = pc.binary_join(column.cast(pa.list_(pa.string())), ";")
        table = table.set_column(at, field.name, column)
    return table
