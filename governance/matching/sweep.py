"""The sweep: every registered edge is decided again; what has no live basis is unlinked or suspended, everywhere."""

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute

from governance.errors import BadRequest
from governance.ledger import Ledger
from governance.matching.consent_book import objection_key
from governance.matching.downstream import all_downstream, remove_everywhere
from governance.matching.edges import banded
from governance.matching.erasing import erase_gone, salt_of
from governance.matching.gate import undecidable
from governance.matching.inputs import KNOWN, WITHDRAWN, Registers, read_registers
from governance.matching.purposes import ancestors
from governance.matching.reasons import code
from governance.matching.redeciding import Redecision
from governance.matching.request import Comparison, Request
from governance.matching.store import StoredEdges, put, stored
from governance.project import Project

pc: Any = pyarrow.compute
DUE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a sweep did, in counts: edges looked at, unlinked and suspended by reason, active again, rows removed from tables downstream."""

    checked: int
    unlinked: Mapping[str, int]
    tables: int
    rows_removed: int
    at: datetime
    entry: str = ""
    minimum_people: int = 10
    suspended: Mapping[str, int] = field(default_factory=dict)
    reactivated: int = 0
    waiting: int = 0
    """How many edges are suspended after the sweep, those of earlier sweeps included."""

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
            "suspended": {why: banded(count, self.minimum_people) for why, count in sorted(self.suspended.items())},
            "reactivated": banded(self.reactivated, self.minimum_people),
            "waiting": banded(self.waiting, self.minimum_people),
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
    suspended: Counter[str] = field(default_factory=Counter)
    reactivated: int = 0
    waiting: int = 0
    withdrawn: tuple[str, str, str] | None = None
    gone: list[tuple[str, str, str, str | None, int | None]] = field(default_factory=list)
    stopped: set[tuple[str, str]] = field(default_factory=set)
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
        erased = erase_gone(self.ledger, self.accounts) if self.accounts is not None else 0
        counts = {"unlinked": dict(self.unlinked), "suspended": dict(self.suspended), "reactivated": self.reactivated}
        rows = sum(removed.values())
        entry = self.ledger.record("match.sweep", checked=checked, **counts, erased=erased, tables=len(removed), rows_removed=rows)
        floor = self.project.thresholds.minimum_people
        return SweepReport(
            checked,
            tables=len(removed),
            rows_removed=rows,
            at=self.moment,
            entry=entry,
            minimum_people=floor,
            waiting=self.waiting,
            **counts,
        )

    def _standing(self, part: StoredEdges) -> StoredEdges | None:
        """The part as it stands now, None if nothing changed."""
        decided = self.decide(part) if self.withdrawn is None else self._withdrawn(part, *self.withdrawn)
        ended = pc.and_(pc.not_equal(decided["refusal"], ""), pc.equal(decided["suspended"], 0))
        for row in decided.filter(ended).to_pylist():
            self.unlinked[row["refusal"]] += 1
            self.gone.append((row["user_id"], row["off_id"], row["refusal"], row["consent_id"], row["fingerprint"]))
        if self.withdrawn is None:
            self._note_suspended(decided)
        standing = decided.filter(pc.invert(ended)).select(part.edges.column_names).cast(part.edges.schema)
        compared = ("valid_until", "waived", "suspended")
        same = standing.num_rows == part.edges.num_rows and all(standing[c].equals(part.edges[c]) for c in compared)
        return None if same else StoredEdges(part.key, part.about, standing)

    def _note_suspended(self, decided: pa.Table) -> None:
        """Count what is suspended now and was not, and what is active again."""
        now, before = pc.greater(decided["suspended"], 0), pc.greater(decided["was"], 0)
        self.waiting += pc.sum(now).as_py() or 0
        self.reactivated += pc.sum(pc.and_(before, pc.equal(decided["refusal"], ""))).as_py() or 0
        for row in decided.filter(pc.and_(now, pc.invert(before))).to_pylist():
            self.suspended[row["refusal"]] += 1
            self.stopped.add((row["user_id"], row["off_id"]))

    def decide(self, part: StoredEdges) -> pa.Table:
        """The edges of a part with a `refusal`: empty while the basis is live, else its code; see `Redecision.decided`."""
        request = request_of(part.about, self.project, self.moment)
        try:
            with Redecision.open(request, part, self._registers, salt_of(self.ledger), self.accounts, self._records(request)) as again:
                return again.decided()
        except duckdb.Error as problem:
            raise undecidable(problem) from None

    def _withdrawn(self, part: StoredEdges, consent: str, user: str, off: str) -> pa.Table:
        """Edges with the refusal a withdrawal means: those that cite the consent, and the pair's, but for consents to other purposes."""
        edges = part.edges
        said = self._registers.consents.filter(pc.equal(self._registers.consents["consent_id"], consent))["purposes"].to_pylist()
        named = [word for text in said if text for word in text.split(";")]
        covers = not named or any(purpose in named for purpose in ancestors(part.about["purpose"]))
        cites = pc.fill_null(pc.equal(edges["consent_id"], consent), fill_value=False)
        others = pc.or_(pc.is_null(edges["consent_id"]), pa.scalar(covers))
        pair = pc.and_(pc.and_(pc.equal(edges["user_id"], user), pc.equal(edges["off_id"], off)), others)
        refused = pc.or_(cites, pair)
        suspended = pc.if_else(refused, pa.scalar(0, pa.int16()), edges["suspended"])
        decided = edges.drop_columns(["suspended"]).append_column("suspended", suspended)
        return decided.append_column("refusal", pc.if_else(refused, "CONSENT_STATE", ""))

    def _records(self, request: Request) -> Any:  # noqa: ANN401 - whatever people hold
        """The records of a data set: as given, else from where they are declared to be, if they are there."""
        name, data_set = request.data_set_name, request.data_set
        if name in self.records or data_set is None or not data_set.location:
            return self.records.get(name)
        path = Path(self.project.resolve(data_set.location))
        return path if "://" not in data_set.location and path.exists() else None

    def _rewrite(self) -> dict[str, int]:
        """Take unlinked and newly suspended pairs out of every table downstream."""
        pairs = frozenset((user, off) for user, off, *_ in self.gone) | self.stopped
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
    """Every registered edge with its refusal as of now, changing nothing; a suspended one is refused until a sweep activates it."""
    sweep = Sweep(ledger, project, moment)
    for part in stored(ledger):
        decided = sweep.decide(part)
        waiting = pc.and_(pc.equal(decided["refusal"], ""), pc.greater(decided["was"], 0))
        refusal = pc.if_else(
            waiting, pa.array([code(was) if was else "" for was in decided["was"].to_pylist()], pa.string()), decided["refusal"]
        )
        purpose = pa.array([part.about["purpose"]] * part.edges.num_rows, pa.string())
        yield decided.drop_columns(["refusal"]).append_column("refusal", refusal).append_column("purpose", purpose)
