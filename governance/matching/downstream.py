"""Where edges went: registered Parquet, CSV, JSON-L and SQL tables, and their rewriting when a pair must go."""

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from governance.errors import BadRequest
from governance.ledger import Ledger
from governance.matching.rewriting import left_behind, replacing
from governance.project import Project
from governance.vocabulary import Kind

REGISTER = "downstream"
_FILES = {".parquet", ".csv", ".tsv", ".jsonl", ".ndjson"}
Pairs = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Downstream:
    """One table that holds edges: a file, or `URL#table` of a database; and the columns that name the two sides."""

    location: str
    x_user_id: str = "x_user_id"
    off_x_id: str = "off_x_id"

    @property
    def is_table(self) -> bool:
        """Whether it is a table of a database rather than a file."""
        return "://" in self.location


def register_downstream(ledger: Ledger, project: Project, downstream: Downstream) -> None:
    """Note that a table holds edges, so that a sweep reaches it."""
    place = downstream.location if downstream.is_table else project.resolve(downstream.location)
    if not downstream.is_table and Path(place).suffix.lower() not in _FILES:
        raise BadRequest(f"{place}: no table of a kind a sweep can rewrite.", "register .parquet, .csv, .tsv, .jsonl or URL#table.")
    if downstream.is_table and "#" not in downstream.location:
        raise BadRequest("a database is registered with its table.", "write for example sqlite:///crm.db#edges.")
    ledger.register(REGISTER).put(place, {"location": place, "x_user_id": downstream.x_user_id, "off_x_id": downstream.off_x_id})


def all_downstream(ledger: Ledger, project: Project) -> list[Downstream]:
    """Every registered table, and every declared data set that holds matches and is there."""
    found = {key: Downstream(row["location"], row["x_user_id"], row["off_x_id"]) for key, row in ledger.register(REGISTER).items()}
    for declared in project.datasets.values():
        labels = {column.holds: name for name, column in declared.columns.items()}
        holds = {"match.x_user_id", "match.off_x_id"} <= set(labels)
        if declared.location and (declared.kind is Kind.MATCHES or holds):
            place = project.resolve(declared.location)
            both = (labels.get("match.x_user_id", "x_user_id"), labels.get("match.off_x_id", "off_x_id"))
            if "://" in place or Path(place).suffix.lower() in _FILES:
                found.setdefault(place, Downstream(place, *both))
    return [one for one in found.values() if one.is_table or Path(one.location).exists() or left_behind(Path(one.location))]


def remove_pairs(downstream: Downstream, pairs: Pairs) -> int:
    """Take the rows of these pairs out of a table, whole or not at all, and return how many went.

    Raises
    ------
    BadRequest
        The table can't be read or written; nothing of it was changed.

    """
    if downstream.is_table:
        return _from_database(downstream, pairs)
    path = Path(downstream.location)
    rewrite = _from_parquet if path.suffix.lower() == ".parquet" else _from_lines
    try:
        for part in left_behind(path):
            part.unlink(missing_ok=True)
        return rewrite(path, downstream, pairs) if path.exists() else 0
    except OSError as problem:
        raise BadRequest(f"{path}: can't be rewritten ({problem.strerror}).", "give the sweep access to it, then sweep again.") from None
    except (KeyError, ValueError):
        raise BadRequest(f"{path}: is no table of edges any more.", "register the table that holds them, then sweep again.") from None


def _from_parquet(path: Path, downstream: Downstream, pairs: Pairs) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    gone = 0
    with pq.ParquetFile(path) as source:
        schema = source.schema_arrow
        with replacing(path) as temporary, pq.ParquetWriter(temporary, schema, compression="zstd") as target:
            for batch in source.iter_batches():
                table = pa.Table.from_batches([batch], schema)
                both = [table[column].cast(pa.string()).to_pylist() for column in (downstream.x_user_id, downstream.off_x_id)]
                keep = [(x, o) not in pairs for x, o in zip(*both, strict=True)]
                gone += keep.count(False)
                target.write_table(table.filter(pa.array(keep, pa.bool_())))
    return gone


def _from_lines(path: Path, downstream: Downstream, pairs: Pairs) -> int:
    gone = 0
    with (
        path.open(encoding="utf-8", newline="") as source,
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as target,
    ):
        for line, pair in _lines(source, path.suffix.lower(), downstream):
            if pair in pairs:
                gone += 1
            else:
                target.write(line)
    return gone


def _lines(source: Any, suffix: str, downstream: Downstream) -> Iterator[tuple[str, tuple[str, str] | None]]:  # noqa: ANN401 - a text file
    """Each record as it is written, with its pair; a quoted CSV record may span lines."""
    if suffix in {".jsonl", ".ndjson"}:
        for line in source:
            row = json.loads(line) if line.strip() else {}
            yield line, (str(row.get(downstream.x_user_id)), str(row.get(downstream.off_x_id)))
        return
    header = source.readline()
    delimiter = "\t" if suffix == ".tsv" else max(",;\t|", key=header.count)
    kept: list[str] = []

    def tapped() -> Iterator[str]:
        for line in chain((header,), source) if header else ():
            kept.append(line)
            yield line

    places: tuple[int, int] | None = None
    for row in csv.reader(tapped(), delimiter=delimiter):
        written = "".join(kept)
        kept.clear()
        if places is None:
            names = [name.removeprefix("\ufeff") for name in row]
            places = (names.index(downstream.x_user_id), names.index(downstream.off_x_id))
            yield written, None
        elif row:
            yield written, (row[places[0]], row[places[1]])


def _from_database(downstream: Downstream, pairs: Pairs) -> int:
    url, _, table = downstream.location.partition("#")
    if url.startswith("duckdb:///"):
        return _from_duckdb(Path(url.removeprefix("duckdb:///")), table, downstream, pairs)
    return _from_sql(url, table, downstream, pairs)


def _from_sql(url: str, table: str, downstream: Downstream, pairs: Pairs) -> int:
    from sqlalchemy import String, cast, create_engine, delete, text
    from sqlalchemy import column as sql_column
    from sqlalchemy import table as sql_table
    from sqlalchemy.exc import SQLAlchemyError

    target = sql_table(table, sql_column(downstream.x_user_id), sql_column(downstream.off_x_id))
    x, o = (cast(target.c[name], String) for name in (downstream.x_user_id, downstream.off_x_id))
    try:
        engine = create_engine(url, hide_parameters=True)
        if engine.dialect.name == "sqlite":
            with engine.connect() as connection:
                connection.execute(text("PRAGMA secure_delete = ON"))
                gone = sum(connection.execute(delete(target).where(x == one, o == other)).rowcount for one, other in sorted(pairs))
                connection.commit()
                _overwrite(connection, table)
        else:
            with engine.begin() as connection:
                gone = sum(connection.execute(delete(target).where(x == one, o == other)).rowcount for one, other in sorted(pairs))
        engine.dispose()
    except (SQLAlchemyError, ModuleNotFoundError) as problem:
        hint = "check that the database runs and that the sweep may delete there; then sweep again."
        raise BadRequest(f"the table `{table}` of a registered database can't be rewritten ({type(problem).__name__}).", hint) from None
    return gone


def _overwrite(connection: Any, table: str) -> None:  # noqa: ANN401 - a connection of SQLAlchemy
    """Rebuild the file without its free pages, and empty its log: both may hold what was deleted, now or before."""
    from sqlalchemy import text

    plain = connection.execution_options(isolation_level="AUTOCOMMIT")
    plain.execute(text("VACUUM"))
    if plain.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).scalar():
        what = f"the log of the database that holds the table `{table}` can't be emptied: another program reads the database."
        raise BadRequest(what, "end its transaction; then sweep again.")


def _from_duckdb(path: Path, table: str, downstream: Downstream, pairs: Pairs) -> int:
    """Delete, then copy what is left into a new file: DuckDB does not overwrite the blocks of deleted rows."""
    import duckdb

    from governance.engines.plan import literal, quoted

    x, o = (f"CAST({quoted(name)} AS VARCHAR)" for name in (downstream.x_user_id, downstream.off_x_id))
    try:
        with replacing(path) as temporary, duckdb.connect() as connection:
            temporary.unlink()
            connection.execute(f"ATTACH {literal(str(path))} AS before; ATTACH {literal(str(temporary))} AS after")
            connection.execute("CREATE TEMP TABLE gone (x VARCHAR, o VARCHAR)")
            connection.executemany("INSERT INTO gone VALUES (?, ?)", sorted(pairs))
            where = f"EXISTS (SELECT 1 FROM gone WHERE gone.x = {x} AND gone.o = {o})"
            held = f"before.{quoted(table)}"
            count = connection.execute(f"SELECT count(*) FROM {held} WHERE {where}").fetchall()[0][0]
            connection.execute(f"DELETE FROM {held} WHERE {where}")
            connection.execute("COPY FROM DATABASE before TO after; DETACH before; DETACH after")
    except duckdb.Error as problem:
        what = f"the table `{table}` of {path.name} can't be rewritten ({type(problem).__name__})."
        raise BadRequest(what, "close other programs that use the file; then sweep again.") from None
    return int(count)


def remove_everywhere(places: Iterable[Downstream], pairs: Pairs) -> dict[str, int]:
    """Rewrite every table that holds one of the pairs; the rows that went, by place."""
    return {place.location: remove_pairs(place, pairs) for place in places} if pairs else {}
