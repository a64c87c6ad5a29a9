"""The sweep: every registered edge is decided again; what has no live basis is unlinked, everywhere."""

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute

from governance.errors import BadRequest
from governance.ledger import Ledger
from governance.matching.consent_book import objection_key
from governance.matching.downstream import all_downstream, remove_everywhere
from governance.matching.edges import banded
from governance.matching.inputs import KNOWN, WITHDRAWN, Registers, read_registers
from governance.matching.redeciding import Redecision
from governance.matching.request import Comparison, Request
from governance.matching.store import StoredEdges, put, stored
from governance.project import Project

pc: Any = pyarrow.compute
DUE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a sweep did, in counts: edges looked at, edges unlinked by reason, rows removed from tables downstream."""

    checked: int
    unlinked: Mapping[str, int]
    tables: int
    rows_removed: int
    at: datetime
    entry: str = ""
    minimum_people: int = 10

    @property
    def unlinked_count(self) -> int:
        """How many edges went."""
        return sum(self.unlinked.values())

    def summary(self) -> dict[str, Any]:
        """Counts, codes and times: what a report or a log may show."""
        return {
            "swept_at": self.at.isoformat(timespec="seconds"),
            "checked": self.checked,
            "unlinked": {why: banded(count, self.minimum_people) for why, count in sorted(self.unlinked.items())},
            "tables": self.tables,
            "rows_removed": self.rows_removed,
            "entry": self.entry,
        }


@dataclass(slots=True)
class Sweep:
    """One sweep over the edges of a ledger; `records` holds tables by the name of their data set.

    With `withdrawn` (a consent, an account, a person) only the edges of that consent and of that pair are looked at, and all of them go.
    """

    ledger: Ledger
    project: Project
    moment: datetime
    accounts: Any = None
    records: Mapping[str, Any] = field(default_factory=dict)
    unlinked: Counter[str] = field(default_factory=Counter)
    withdrawn: tuple[str, str, str] | None = None
    gone: list[tuple[str, str, str, str | None, int | None]] = field(default_factory=list)
    _registers: Registers = field(init=False)

    def __post_init__(self) -> None:
        """Read the registers once."""
        self._registers = read_registers(self.ledger, KNOWN.empty_table())

    def run(self) -> SweepReport:
        """Decide again, rewrite what lies downstream, then erase: an interrupted sweep is simply run again."""
        checked = 0
        changed: list[StoredEdges] = []
        for part in list(stored(self.ledger)):
            checked += part.edges.num_rows
            kept = self._standing(part)
            if kept is not None:
                changed.append(kept)
        removed = self._rewrite()
        self._bury()
        for part in changed:
            put(self.ledger, part)
        entry = self.ledger.record(
            "match.sweep", checked=checked, unlinked=dict(self.unlinked), tables=len(removed), rows_removed=sum(removed.values())
        )
        return SweepReport(
            checked,
            dict(self.unlinked),
            len(removed),
            sum(removed.values()),
            self.moment,
            entry,
            self.project.thresholds.minimum_people,
        )

    def _standing(self, part: StoredEdges) -> StoredEdges | None:
        """The part as it stands now, None if nothing changed."""
        decided = self.decide(part) if self.withdrawn is None else _withdrawn(part.edges, *self.withdrawn)
        refused = pc.not_equal(decided["refusal"], "")
        for row in decided.filter(refused).to_pylist():
            self.unlinked[row["refusal"]] += 1
            self.gone.append((row["user_id"], row["off_id"], row["refusal"], row["consent_id"], row["fingerprint"]))
        standing = decided.filter(pc.invert(refused)).select(part.edges.column_names).cast(part.edges.schema)
        same = standing.num_rows == part.edges.num_rows and all(standing[c].equals(part.edges[c]) for c in ("valid_until", "waived"))
        return None if same else StoredEdges(part.key, part.about, standing)

    def decide(self, part: StoredEdges) -> pa.Table:
        """The edges of a part with a `refusal`: empty while the basis is live, else its code."""
        request = request_of(part.about, self.project, self.moment)
        salt = self.ledger.subkey("match|values").hex()[:32]
        with Redecision.open(request, part, self._registers, salt, self.accounts, self._records(request)) as again:
            return again.decided()

    def _records(self, request: Request) -> Any:  # noqa: ANN401 - whatever people hold
        """The records of a data set: as given, else from where they are declared to be, if they are there."""
        name, data_set = request.data_set_name, request.data_set
        if name in self.records or data_set is None or not data_set.location:
            return self.records.get(name)
        path = Path(self.project.resolve(data_set.location))
        return path if "://" not in data_set.location and path.exists() else None

    def _rewrite(self) -> dict[str, int]:
        pairs = frozenset((user, off) for user, off, *_ in self.gone)
        return remove_everywhere(all_downstream(self.ledger, self.project), pairs)

    def _bury(self) -> None:
        """Tombstones keep keyed hashes; a withdrawn pair goes on the objection list; a renamed handle is remembered by its hash."""
        key = self.ledger.subkey("match|tombstones")
        due = (self.moment + DUE).isoformat()
        stones = [
            (digest, {"pair": digest, "why": why, "at": self.moment.isoformat(), "due": due})
            for user, off, why, *_ in self.gone
            for digest in [pair_digest(key, user, off)]
        ]
        if stones:
            self.ledger.register("tombstones").extend(stones)
        withdrawn = [row for row in map(self._objection, self.gone) if row]
        known = {key for key, _ in self.ledger.register("objections").items()}
        new = [(objection_key(row), row) for row in withdrawn if objection_key(row) not in known]
        if new:
            self.ledger.register("objections").extend(new)
        renamed = [(str(shown), {"why": why}) for *_, why, _, shown in self.gone if why == "HANDLE_RENAMED" and shown is not None]
        if renamed:
            self.ledger.register("renamed").extend(renamed)

    def _objection(self, gone: tuple[str, str, str, str | None, int | None]) -> dict[str, str] | None:
        user, off, why, consent, _ = gone
        if consent is None or why != "CONSENT_STATE":
            return None
        at = self.moment.isoformat()
        return {"off_x_id": off, "x_user_id": user, "at": at, "precision": "second", "reason": WITHDRAWN}


def _withdrawn(edges: pa.Table, consent: str, user: str, off: str) -> pa.Table:
    """Edges with the refusal a withdrawal means: those that cite the consent, and any other of the pair."""
    cites = pc.fill_null(pc.equal(edges["consent_id"], consent), fill_value=False)
    unconsented = pc.is_null(edges["consent_id"])
    pair = pc.and_(pc.and_(pc.equal(edges["user_id"], user), pc.equal(edges["off_id"], off)), unconsented)
    return edges.append_column("refusal", pc.if_else(pc.or_(cites, pair), "CONSENT_STATE", ""))


def pair_digest(key: bytes, user: str, off: str) -> str:
    """The keyed hash of a pair, as tombstones hold it."""
    return hmac.new(key, f"{user}\x1f{off}".encode(), hashlib.sha256).hexdigest()


def request_of(about: Mapping[str, Any], project: Project, moment: datetime) -> Request:
    """The request an edge was decided for, at another moment and under today's declarations."""
    alternatives = tuple(tuple(Comparison(*c) for c in alternative) for alternative in about["on"])
    if not alternatives:
        raise BadRequest("a registered match names no comparison.", "run `governance ledger verify`.")
    return Request(project, about["data_set"], about["purpose"], moment, alternatives)


def live_edges(ledger: Ledger, project: Project, moment: datetime) -> Iterator[pa.Table]:
    """Every registered edge with its refusal as of now; nothing is changed."""
    sweep = Sweep(ledger, project, moment)
    for part in stored(ledger):
        yield sweep.decide(part).append_column("purpose", pa.array([part.about["purpose"]] * part.edges.num_rows, pa.string()))
