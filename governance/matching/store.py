"""Edges in the ledger: encrypted, erasable rows of the register `matches`; the journal holds counts and commitments only."""

import base64
import io
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from governance.ledger import Ledger
from governance.matching.gate import EDGES
from governance.matching.inputs import KNOWN
from governance.matching.reasons import code

pc: Any = pyarrow.compute

STORED = pa.schema([*EDGES, ("suspended", pa.int16())])
"""Edges on register: as they were decided, and the number of the reason they are suspended for, 0 while they are active."""
_ROWS = 200_000
_THREADS = 2


@dataclass(frozen=True, slots=True)
class StoredEdges:
    """A part of one match as the register holds it: what was asked, and up to some hundred thousand edges."""

    key: str
    about: Mapping[str, Any]
    edges: pa.Table

    def without(self, keep: pa.ChunkedArray) -> "StoredEdges":
        """The same part with the edges that `keep` says."""
        return StoredEdges(self.key, self.about, self.edges.filter(keep))


def keep_edges(ledger: Ledger, match_id: str, about: Mapping[str, Any], edges: pa.Table) -> list[str]:
    """Register the edges of a match; the keys of its rows."""
    parts = [edges.slice(at, _ROWS) for at in range(0, edges.num_rows, _ROWS)]
    with ThreadPoolExecutor(_THREADS) as pool:
        rows = [(f"{match_id}/{at}", {"about": dict(about), "edges": text}) for at, text in enumerate(pool.map(_packed, parts))]
    if rows:
        ledger.register("matches").extend(rows)
    return [key for key, _ in rows]


def supersede(ledger: Ledger, about: Mapping[str, Any], edges: pa.Table, keep: Collection[str]) -> None:
    """A pair that was decided anew for the same purpose is registered once: under the keys to `keep`."""
    anew: pa.ChunkedArray | None = None
    for key, value in ledger.register("matches").items():
        if value["about"]["purpose"] == about["purpose"] and key not in keep:
            anew = pair_keys(edges) if anew is None else anew
            again = pc.is_in(pair_keys(_columns(value["edges"], ["user_id", "off_id"])), anew)
            if pc.any(again).as_py():
                put(ledger, StoredEdges(key, value["about"], _unpacked(value["edges"])).without(pc.invert(again)))


def stored(ledger: Ledger) -> Iterator[StoredEdges]:
    """Every registered part."""
    for key, value in ledger.register("matches").items():
        yield StoredEdges(key, value["about"], _unpacked(value["edges"]))


def waiting(ledger: Ledger) -> dict[str, int]:
    """How many edges are suspended, by reason."""
    counts: Counter[str] = Counter()
    for part in stored(ledger):
        for row in part.edges.group_by("suspended").aggregate([("suspended", "count")]).to_pylist():
            if row["suspended"]:
                counts[code(row["suspended"])] += row["suspended_count"]
    return dict(sorted(counts.items()))


def put(ledger: Ledger, part: StoredEdges) -> None:
    """Set a part anew; without edges its row is erased."""
    register = ledger.register("matches")
    if part.edges.num_rows:
        register.put(part.key, {"about": dict(part.about), "edges": _packed(part.edges)})
    else:
        register.erase(part.key)


def known_edges(ledger: Ledger) -> pa.Table:
    """The pairs on register and the handles they rest on."""
    tables = [_columns(value["edges"], KNOWN.names) for _, value in ledger.register("matches").items()]
    return pa.concat_tables(tables) if tables else KNOWN.empty_table()


def pair_keys(edges: pa.Table) -> pa.ChunkedArray:
    """One text per pair, to compare pairs with pairs."""
    return pc.binary_join_element_wise(edges["user_id"].cast(pa.string()), edges["off_id"].cast(pa.string()), "\x1f")


def _packed(edges: pa.Table) -> str:
    sink = io.BytesIO()
    pq.write_table(_complete(edges), sink, compression="zstd", use_dictionary=["ground"], write_statistics=False)
    return base64.b64encode(sink.getvalue()).decode("ascii")


def _unpacked(text: str) -> pa.Table:
    return _complete(_columns(text))


def _columns(text: str, names: list[str] | None = None) -> pa.Table:
    """The edges of a part, or some columns of them: what is not asked for is not decoded."""
    with pq.ParquetFile(io.BytesIO(base64.b64decode(text))) as file:
        return file.read(columns=names, use_threads=False)


def _complete(edges: pa.Table) -> pa.Table:
    """The edges with the columns that parts registered earlier lack: no waiver was noted, and all were active."""
    for name in ("waived", "suspended"):
        if name not in edges.column_names:
            edges = edges.append_column(name, pa.repeat(pa.scalar(0, pa.int16()), edges.num_rows))
    return edges.select(STORED.names).cast(STORED)
