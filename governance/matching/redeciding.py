"""Deciding a registered edge again: its consent, its objections, its account, its facts, its declarations, its end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import duckdb
import pyarrow as pa

from governance.engines.plan import literal, quoted
from governance.matching.consent_plan import consents_sql, moment_sql
from governance.matching.erasing import register_named
from governance.matching.facts import relation_columns
from governance.matching.gate import off_x_identifier
from governance.matching.inputs import Registers
from governance.matching.plan import BASE, Plan, fingerprint
from governance.matching.purposes import ancestors, prohibited
from governance.matching.reasons import FOR_NOW, code, number
from governance.matching.request import Request
from governance.matching.store import StoredEdges
from governance.matching.tables import attach, connect
from governance.matching.waivers import BITS

_OLD = number("X_STATE_STALE")
_ENDS = 1000
"""Added to a reason that would only suspend, where it ends the edge."""
_STATES = ", ".join(str(number(state)) for state in ("X_STATE_UNKNOWN", "X_STATE_STALE"))
_SUSPENDS = ", ".join(str(number(name)) for name in sorted(FOR_NOW))


@dataclass(slots=True)
class Redecision:
    """The edges of one registered part, decided anew in a DuckDB of their own."""

    request: Request
    part: StoredEdges
    registers: Registers
    salt: str
    connection: duckdb.DuckDBPyConnection
    id_kind: str
    off_x_id: str
    has_accounts: bool = False
    has_records: bool = False
    unseen: frozenset[str] = frozenset()
    """Compared columns that the new accounts lack: their states count, but what they don't show is not confirmed."""
    plan: Plan | None = field(default=None)

    @classmethod
    def open(cls, request: Request, part: StoredEdges, registers: Registers, salt: str, accounts: Any, records: Any) -> Self:  # noqa: ANN401
        """Attach what there is: new accounts and new records are optional."""
        kind, column = off_x_identifier(request)
        again = cls(request, part, registers, salt, connect(), kind, column)
        again._attach(accounts, records)
        return again

    def __enter__(self) -> Self:
        """Use in a with statement."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self.connection.close()

    def _attach(self, accounts: Any, records: Any) -> None:  # noqa: ANN401 - whatever people hold
        self.connection.register("e", self.part.edges)
        tables = {"consent_events": self.registers.consents, "objections": self.registers.objections}
        register_named(self.connection, self.salt, tables, "e")
        comparisons, data_set = self.request.comparisons, self.request.data_set
        self.has_accounts, self.has_records = accounts is not None, records is not None and data_set is not None
        account_types = dict.fromkeys(("user_id", *(c.account_column for c in comparisons)), "VARCHAR")
        record_types = dict.fromkeys((self.off_x_id, *(c.record_column for c in comparisons)), "VARCHAR")
        if self.has_accounts:
            shown = tuple(dict.fromkeys(c.account_column for c in comparisons if c.account_column != "user_id"))
            known = attach(self.connection, "accounts_now", accounts, ["user_id"], (*shown, "state", "state_checked_at"))
            self.unseen = frozenset(name for name in shown if name not in known)
            empty = "".join(f", CAST(NULL AS VARCHAR) AS {quoted(name)}" for name in shown if name in self.unseen)
            self.connection.execute(f"CREATE TEMP VIEW accounts AS SELECT *{empty} FROM accounts_now")
            account_types |= known
        if self.has_records:
            wanted = [self.off_x_id, *(c.record_column for c in comparisons), *filter(None, relation_columns(data_set).values())]
            wanted += [data_set.provenance_column] if data_set and data_set.provenance_column else []
            record_types = attach(self.connection, "records", records, wanted)
        self.plan = Plan(self.request, account_types, record_types, self.off_x_id, self.salt)

    def decided(self) -> pa.Table:
        """The edges as they stand now: `refusal` (a code, empty while the basis is live), `suspended` (its number, 0 if it ends), `was`."""
        assert self.plan is not None  # noqa: S101 - `open` made it
        self.connection.execute("CREATE TEMP TABLE consents AS " + consents_sql(self.request, self.id_kind))
        if self.has_accounts:
            self.connection.execute("CREATE TEMP TABLE x AS " + self.plan.accounts_sql(several=True))
        if self.has_records:
            self.connection.execute("CREATE TEMP TABLE r AS " + self.plan.records_sql())
        found = self.connection.sql(self._sql()).to_arrow_table()
        codes = ["" if not refusal else code(refusal % _ENDS) for refusal in found["refusal"].to_pylist()]
        return found.set_column(found.column_names.index("refusal"), "refusal", pa.array(codes, pa.string()))

    def _sql(self) -> str:
        """The first check that ends an edge, in the order of what weighs most; else the first that suspends it.

        What is suspended for its account needs a new look: its end is the moment of the decision. Without one it keeps its reason.
        """
        moment = moment_sql(self.request)
        checks = (
            str(self._everything()),
            self._objected(),
            self._by_account(),
            self._by_consent(),
            self._by_declaration(),
            self._by_record(),
            self._by_waiver(),
            f"CASE WHEN {self._until()} > {moment} THEN 0 WHEN e.suspended IN ({_STATES}) THEN e.suspended ELSE {_OLD} END",
        )
        joins = "LEFT JOIN consents c ON c.consent_id = e.consent_id"
        joins += " LEFT JOIN x ON x.user_id = e.user_id" if self.has_accounts else ""
        decided = ", ".join(f"CAST({check} AS INTEGER) AS check_{at}" for at, check in enumerate(checks))
        ends = ", ".join(f"CASE WHEN check_{at} NOT IN (0, {_SUSPENDS}) THEN check_{at} END" for at in range(len(checks)))
        first = ", ".join(f"nullif(check_{at}, 0)" for at in range(len(checks)))
        return f"""
SELECT user_id, off_id, ground, consent_id, fingerprint, waived, was, refusal,
  CASE WHEN refusal IN ({_STATES}) THEN least(until, {moment}) ELSE until END AS valid_until,
  CAST(CASE WHEN refusal IN ({_SUSPENDS}) THEN refusal ELSE 0 END AS SMALLINT) AS suspended
FROM (
  SELECT *, coalesce({ends}, {first}, 0) AS refusal FROM (
    SELECT e.user_id, e.off_id, e.ground, e.consent_id, e.fingerprint, e.suspended AS was,
      {self._until()} AS until, {self._waived()} AS waived, {decided} FROM e {joins}))"""

    def _everything(self) -> int:
        """A purpose that is prohibited or no longer declared ends every edge."""
        declared = any(name in self.request.project.purposes for name in ancestors(self.request.purpose))
        return 0 if declared and not prohibited(self.request.purpose, self.request.project) else number("PURPOSE_PROHIBITED")

    def _objected(self) -> str:
        consented = "e.ground < 0"
        named = "coalesce(o.off_id, e.off_id) = e.off_id AND coalesce(o.user_id, e.user_id) = e.user_id"
        later = f"(NOT {consented} OR (NOT o.withdrawal AND (o.at_high IS NULL OR coalesce(c.given_low < o.at_high, TRUE))))"
        past = f"(o.at_low IS NULL OR o.at_low <= {moment_sql(self.request)})"
        objected = f"EXISTS (SELECT 1 FROM objections o WHERE {named} AND {past} AND {later})"
        barred = "EXISTS (SELECT 1 FROM consents b WHERE b.off_id = e.off_id AND b.user_id = e.user_id AND b.bars)"
        return f"CASE WHEN {objected} OR (NOT {consented} AND {barred}) THEN {number('OBJECTION_ON_FILE')} ELSE 0 END"

    def _by_account(self) -> str:
        """The account's state in the new table; an account that is not there keeps its edge until that runs out."""
        if not self.has_accounts:
            return "0"
        assert self.plan is not None  # noqa: S101 - `open` made it
        handles = self.plan.handles()
        renamed = f"x.refusal = 0 AND x.print_{handles[0]} <> e.fingerprint" if handles else "FALSE"
        return (
            f"CASE WHEN x.user_id IS NULL THEN 0 WHEN e.ground < 0 THEN x.consent_refusal"
            f" WHEN x.refusal > 0 THEN x.refusal WHEN {renamed} THEN {number('HANDLE_RENAMED')} ELSE 0 END"
        )

    def _waived(self) -> str:
        """The waivers the edge needs now: its account's, as new accounts say or as it was, and its consent's."""
        account = f"e.waived & {BITS['X_STATE_STALE']}"
        account = f"coalesce(x.waived, {account})" if self.has_accounts else account
        return f"CAST(({account}) | CASE WHEN e.ground < 0 THEN coalesce(c.waived, 0) ELSE 0 END AS SMALLINT)"

    def _by_waiver(self) -> str:
        """A stale account stands as long as its waiver does; consents are decided again with the waivers of now."""
        if "X_STATE_STALE" in self.request.waivers:
            return "0"
        known = "x.user_id IS NULL AND " if self.has_accounts else ""
        return f"CASE WHEN {known}(e.waived & {BITS['X_STATE_STALE']}) > 0 THEN {_OLD} ELSE 0 END"

    def _by_consent(self) -> str:
        gone = number("CONSENT_STATE")
        return f"CASE WHEN e.ground >= 0 THEN 0 WHEN c.consent_id IS NULL THEN {gone} ELSE c.refusal END"

    def _by_declaration(self) -> str:
        """What today's governance.yml says of the columns an edge rests on."""
        cases = []
        for packed, (alternative, words) in self._grounds().items():
            comparisons = self.request.alternatives[alternative]
            facts = [self.request.facts.ground(c.record_column, word) for c, word in zip(comparisons, words, strict=True)]
            refusals = [fact.refusal for fact in facts if fact.refusal]
            refusals += ["X_ATTRIBUTE_NOT_PUBLIC" for c in comparisons if not c.is_public]
            if refusals:
                cases.append(f"WHEN {packed} THEN {min(number(one) for one in refusals)}")
        return f"CASE e.ground {' '.join(cases)} ELSE 0 END" if cases else "0"

    def _grounds(self) -> Mapping[int, tuple[int, list[str]]]:
        stored = self.part.about["grounds"]
        return {int(packed): (one["alternative"], one["words"]) for packed, one in stored.items() if int(packed) >= 0}

    def _by_record(self) -> str:
        """Whether the records still hold the fact: the row is there, its value is the same and may still be compared; else it ends."""
        if not self.has_records:
            return "0"
        assert self.plan is not None  # noqa: S101 - `open` made it
        tests: list[str] = []
        codes: list[str] = []
        for at in range(len(self.request.alternatives)):
            shown = [p for p in self.plan.places(at) if self.request.comparisons[p].account_label == "x.user.handle"]
            exact = self.part.about["method"] == "exact"
            same = f"{fingerprint(self.salt, f'r.key_{shown[0]}')} = e.fingerprint" if shown and exact else "TRUE"
            seen = [p for p in self.plan.places(at) if self.request.comparisons[p].account_column not in self.unseen]
            agree = [f"x.key_{p} = r.key_{p}" for p in seen] if self.has_accounts and exact else []
            agreeing = f" AND (x.user_id IS NULL OR x.refusal > 0 OR ({' AND '.join(agree)}))" if agree else ""
            mine = f"(e.ground % {BASE}) = {at}"
            tests.append(f"({mine} AND EXISTS (SELECT 1 FROM r WHERE r.off_id = e.off_id AND r.refusal_{at} = 0 AND {same}{agreeing}))")
            codes.append(f"WHEN {mine} THEN (SELECT min(r.refusal_{at}) FROM r WHERE r.off_id = e.off_id AND r.refusal_{at} > 0)")
        changed = f"coalesce(CASE {' '.join(codes)} END, {number('FACT_STALE') + _ENDS})"
        return f"CASE WHEN e.ground < 0 OR {' OR '.join(tests)} THEN 0 ELSE {changed} END"

    def _until(self) -> str:
        """When the edge runs out: with new accounts their state counts anew, unless the row's own end is not known."""
        by_row = relation_columns(self.request.data_set)["until"] is not None
        held = "least(e.valid_until, CASE WHEN e.ground < 0 AND c.waived > 0 THEN c.expires_at END)"
        if not self.has_accounts:
            return held
        ends = {
            packed: min((end for end in self._ends(alternative, words) if end), default=None)
            for packed, (alternative, words) in self._grounds().items()
        }
        cases = " ".join(f"WHEN {packed} THEN TIMESTAMP {literal(f'{end:%Y-%m-%d %H:%M:%S}')}" for packed, end in ends.items() if end)
        of_ground = f"CASE e.ground {cases} END" if cases else "CAST(NULL AS TIMESTAMP)"
        fresh = f"least(x.valid_until, CASE WHEN e.ground < 0 THEN c.expires_at ELSE {of_ground} END)"
        renewed = "e.ground < 0" if self.unseen or (by_row and not self.has_records) else "TRUE"
        return f"CASE WHEN x.user_id IS NOT NULL AND {renewed} THEN {fresh} ELSE {held} END"

    def _ends(self, alternative: int, words: list[str]) -> list[Any]:
        comparisons = self.request.alternatives[alternative]
        return [self.request.facts.ground(c.record_column, word).valid_until for c, word in zip(comparisons, words, strict=True)]
