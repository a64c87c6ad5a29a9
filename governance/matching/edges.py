"""The result of a match: edges with their basis and evidence, and what was refused as counts."""

import json
import secrets
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from governance.matching.own_cells import agreeing
from governance.matching.plan import BASE
from governance.matching.request import Request
from governance.matching.rewriting import replace_file, staged
from governance.matching.tables import alike
from governance.matching.waivers import codes_of
from governance.vocabulary import MatchBasis

pc: Any = pyarrow.compute
Index = np.ndarray[Any, np.dtype[np.int16]]

_TEXT = pa.dictionary(pa.int16(), pa.string())
_MOMENT = pa.timestamp("us", "UTC")
_CHUNK = 4_000_000
_DIGITS = 4
_BLOCK = 10**_DIGITS


@dataclass(frozen=True, slots=True)
class EdgeGround:
    """What many edges share: the basis, the evidence and the columns that agreed."""

    basis: str
    evidence: tuple[str, ...]
    support: tuple[str, ...]
    alternative: int = -1
    words: tuple[str, ...] = ()


def grounds_of(request: Request, packed: "pa.ChunkedArray") -> dict[int, EdgeGround]:
    """What the packed grounds of a table of edges stand for."""
    return {int(code): unpacked(request, int(code)) for code in pc.unique(packed).to_pylist()}


def unpacked(request: Request, packed: int) -> EdgeGround:
    """What one packed ground stands for: the alternative, then one provenance word per comparison."""
    if packed < 0:
        own = (request.comparisons[at].support for at in agreeing(packed))
        return EdgeGround(MatchBasis.EXPRESS_OPT_IN.value, (), ("consent", *own))
    comparisons = request.alternatives[packed % BASE]
    digits = [(packed // BASE ** (len(comparisons) - at)) % BASE for at in range(len(comparisons))]
    words = [request.facts.words[digit] for digit in digits]
    facts = [request.facts.ground(c.record_column, word) for c, word in zip(comparisons, words, strict=True)]
    evidence = tuple(dict.fromkeys(item for fact in facts for item in fact.evidence))
    basis = "+".join(sorted({fact.basis for fact in facts}))
    return EdgeGround(basis, evidence, tuple(c.support for c in comparisons), packed % BASE, tuple(words))


@dataclass(frozen=True)
class Matches:
    """Edges that were permitted, and counts of what was not.

    `edges` is a pyarrow table: `x_user_id`, `off_x_id`, `basis`, `purpose`, `status`, `decision_id`, `evidence`, `support`, `decided_at`,
    `valid_until`. `refused` counts by reason code.
    """

    compact: pa.Table = field(repr=False)
    grounds: Mapping[int, EdgeGround] = field(repr=False)
    refused: Mapping[str, int]
    purpose: str
    decided_at: datetime
    match_id: str
    entry: str = ""
    minimum_people: int = 10
    scores: "pa.ChunkedArray | None" = field(default=None, repr=False)

    @cached_property
    def edges(self) -> pa.Table:
        """The edges, one row per pair."""
        rows = self.compact.num_rows
        shared = list(self.grounds.values())
        index = self._index(rows) if len(shared) > 1 else None
        columns = {
            "x_user_id": self.compact["user_id"],
            "off_x_id": self.compact["off_id"],
            "basis": _chosen([one.basis for one in shared], index, rows),
            "purpose": _chosen([self.purpose], None, rows),
            "status": _chosen(["active"], None, rows),
            "decision_id": self._decision_ids(rows),
            "evidence": self._evidence(shared, index, rows),
            "support": _lists([one.support for one in shared], index, rows),
            "decided_at": alike(rows, lambda some: pa.repeat(pa.scalar(self.decided_at, _MOMENT), some)),
            "valid_until": self.compact["valid_until"].cast(_MOMENT),
        }
        table = pa.table(columns)
        return table if self.scores is None else table.append_column("score", self.scores)

    def _index(self, rows: int) -> "Index":
        """For each row the place of its ground."""
        codes = self.compact["ground"].to_numpy()
        index = np.zeros(rows, np.int16)
        for at, packed in enumerate(self.grounds):
            index[codes == packed] = at
        return index

    def _decision_ids(self, rows: int) -> pa.ChunkedArray:
        """The match and the number of the edge, written as bytes: quicker than joining texts."""
        prefix = f"{self.match_id[:16]}-".encode()
        width = len(prefix) + max(len(str(max(rows - 1, 0))), _DIGITS + 1)
        chunks = [_numbered(prefix, width, start, min(start + _CHUNK, rows)) for start in range(0, rows, _CHUNK)]
        return pa.chunked_array(chunks, pa.string())

    def _evidence(self, shared: list[EdgeGround], index: "Index | None", rows: int) -> "pa.Array | pa.ChunkedArray":
        """Consent edges cite their own consent, all others share the evidence of their ground; then the waivers an edge needed."""
        needed = [codes_of(int(bits)) for bits in pc.unique(self.compact["waived"]).to_pylist()]
        if any(needed):
            return self._evidence_with_waivers(shared, np.zeros(rows, np.int16) if index is None else index)
        common = _lists([one.evidence for one in shared], index, rows)
        consents = self.compact["consent_id"]
        if consents.null_count == len(consents):
            return common
        cited = [[one] if one is not None else None for one in consents.to_pylist()]
        return pc.coalesce(pa.array(cited, pa.list_(pa.string())), common.cast(pa.list_(pa.string())))

    def _evidence_with_waivers(self, shared: list[EdgeGround], index: "Index") -> pa.Array:
        rows = zip(index.tolist(), self.compact["consent_id"].to_pylist(), self.compact["waived"].to_pylist(), strict=True)
        cited = [
            [*((consent,) if consent is not None else shared[at].evidence), *(f"waiver:{code}" for code in codes_of(bits))]
            for at, consent, bits in rows
        ]
        return pa.array(cited, pa.list_(pa.string()))

    @property
    def waived(self) -> dict[str, int]:
        """How many edges needed a waiver, by the code that was waived."""
        return waived_counts(self.compact)

    def summary(self) -> dict[str, Any]:
        """Counts, codes and times: what a report or a log may show. Counts of refusals under the minimum are banded."""
        return {
            "match": self.match_id,
            "purpose": self.purpose,
            "decided_at": self.decided_at.isoformat(timespec="seconds"),
            "edges": self.compact.num_rows,
            "refused": {code: banded(count, self.minimum_people) for code, count in self.refused.items()},
            "waived": {code: banded(count, self.minimum_people) for code, count in self.waived.items()},
            "entry": self.entry,
        }

    def write(self, path: str | Path) -> Path:
        """Write the edges as Parquet, CSV or JSON-L (lists are `;`-separated in CSV), whole or not at all."""
        return replace_file(Path(path), self.edges)

    def staged(self, path: Path | None) -> AbstractContextManager[None]:
        """Write the edges beside a place; they are moved there when the block ends, and are gone if it fails. Without a place, nothing."""
        return nullcontext() if path is None else staged(path, self.edges)

    def __len__(self) -> int:
        """How many edges there are."""
        return self.compact.num_rows

    def __repr__(self) -> str:
        """Counts and codes alone."""
        return f"Matches({json.dumps(self.summary())})"


def new_match_id() -> str:
    """A random id of hexadecimal digits; it begins with a letter, so that nobody takes it for a number."""
    return "f" + secrets.token_hex(16)[1:]


def waived_counts(edges: pa.Table) -> dict[str, int]:
    """How many of these edges needed a waiver, by code."""
    counts: Counter[str] = Counter()
    for row in edges.group_by("waived").aggregate([("waived", "count")]).to_pylist():
        counts.update(dict.fromkeys(codes_of(row["waived"]), row["waived_count"]))
    return dict(sorted(counts.items()))


def banded(count: int, minimum: int) -> int | str:
    """A count as a report may show it.

    >>> banded(3, 10), banded(12, 10), banded(0, 10)
    ('<10', 12, 0)
    """
    return f"<{minimum}" if 0 < count < minimum else count


def _numbered(prefix: bytes, width: int, start: int, stop: int) -> pa.Array:
    """The prefix and each number, in so many bytes: blocks of ten thousand share all but their last four digits."""
    blocks = range(start // _BLOCK, -(-stop // _BLOCK))
    text = np.frombuffer(bytearray(len(blocks) * _BLOCK * width), np.uint8).reshape(len(blocks), _BLOCK, width)
    one = np.empty((_BLOCK, width), np.uint8)
    one[:, : len(prefix)] = np.frombuffer(prefix, np.uint8)
    for place in range(_DIGITS):
        one[:, width - 1 - place] = ord("0") + (np.arange(_BLOCK) // 10**place) % 10
    for at, block in enumerate(blocks):
        one[:, len(prefix) : -_DIGITS] = np.frombuffer(f"{block:0{width - len(prefix) - _DIGITS}d}".encode(), np.uint8)
        text[at] = one
    first = (start - blocks[0] * _BLOCK) * width
    offsets = np.arange(stop - start + 1, dtype=np.int32) * width
    return pa.StringArray.from_buffers(stop - start, pa.py_buffer(offsets), pa.py_buffer(text.reshape(-1)[first:]))


def _chosen(words: list[str], index: "Index | None", rows: int) -> "pa.Array | pa.ChunkedArray":
    """For each row the word that its index names; without an index the first one."""
    known = pa.array(words or [""], pa.string())
    if index is None:
        return alike(rows, lambda some: pa.DictionaryArray.from_arrays(pa.array(np.zeros(some, np.int16)), known))
    return pa.DictionaryArray.from_arrays(pa.array(index), known)


def _lists(lists: list[tuple[str, ...]], index: "Index | None", rows: int) -> "pa.Array | pa.ChunkedArray":
    """For each row the list that its index names; without an index the first one."""
    offsets = np.cumsum([0, *(len(one) for one in lists)], dtype=np.int32)
    items = pa.array([item for one in lists for item in one], pa.string()).cast(_TEXT)
    known = pa.ListArray.from_arrays(pa.array(offsets), items)
    if index is None:
        return alike(rows, lambda some: known.take(pa.array(np.zeros(some, np.int16))))
    return known.take(pa.array(index))
