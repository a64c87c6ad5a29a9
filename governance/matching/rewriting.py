"""Tables that hold edges, rewritten whole or not at all: a reader sees the old file or the new one, never a half."""

import os
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute

from governance.errors import BadRequest

pc: Any = pyarrow.compute


def replace_file(path: Path, table: pa.Table) -> Path:
    """Write a table beside its place and move it there in one step.

    Raises
    ------
    BadRequest
        The ending is none we write, or the folder is not writable.

    """
    from governance.matching.edges import checked_output

    checked_output(path)
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        os.close(handle)
        try:
            _write(Path(temporary), table, path.suffix.lower())
            os.chmod(temporary, path.stat().st_mode & 0o777 if path.exists() else 0o600)
            Path(temporary).replace(path)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as problem:
        raise BadRequest(f"{path}: can't be written ({problem.strerror}).", "check the folder and its permissions.") from None
    return path


def _write(path: Path, table: pa.Table, suffix: str) -> None:
    if suffix == ".parquet":
        import pyarrow.parquet as pq

        pq.write_table(table, path, compression="zstd")
    elif suffix == ".csv":
        import pyarrow.csv

        pyarrow.csv.write_csv(flat(table), path)
    else:
        with path.open("w", encoding="utf-8") as file:
            flat(table, lists=False).to_pandas().to_json(file, orient="records", lines=True, date_format="iso", force_ascii=False)
    with path.open("rb") as file:
        os.fsync(file.fileno())


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
