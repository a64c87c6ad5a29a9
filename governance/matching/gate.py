"""The gate: masks both tables, issues consent edges, compares what is left, and counts what was refused, once each."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute

from governance.engines.duck import worded
from governance.errors import BadRequest
from governance.matching.consent_plan import consents_sql, moment_sql
from governance.matching.erasing import register_named
from governance.matching.facts import relation_columns
from governance.matching.inputs import Registers
from governance.matching.looks import LATEST_FIRST, ranked
from governance.matching.own_cells import CONSENT_GROUND, agree_sql, lets_through, own_cells
from governance.matching.plan import Plan, fingerprint
from governance.matching.reasons import code, number
from governance.matching.request import Request
from governance.matching.tables import alike, attach, connect, is_text

pc: Any = pyarrow.compute

_CODES = 1024
"""More than the greatest number of a reason."""
_BATCH = 1 << 18

EDGES = pa.schema(
    [
        ("user_id", pa.string()),
        ("off_id", pa.string()),
        ("ground", pa.int64()),
        ("consent_id", pa.string()),
        ("valid_until", pa.timestamp("us")),
        ("fingerprint", pa.int64()),
        ("waived", pa.int16()),
    ],
)
"""Decided edges, compact: what people see of them is made in edges.py."""


@dataclass(slots=True)
class Gate:
    """One run of the gate over one pair of tables, in one DuckDB of its own."""

    request: Request
    registers: Registers
    id_kind: str
    off_x_id: str
    salt: str
    connection: duckdb.DuckDBPyConnection
    plan: Plan = field(init=False)
    refused: Counter[str] = field(default_factory=Counter)
    distinct: bool = False
    rows_refused: dict[int, int] = field(default_factory=dict)

    @classmethod
    def open(
        cls,
        request: Request,
        registers: Registers,
        tables: tuple[Any, Any],
        salt: str,
        temp_folder: Path | None = None,
    ) -> "Gate":
        """Attach both tables and find the off-X identifier the records declare."""
        connection = connect(temp_folder)
        kind, column = off_x_identifier(request)
        gate = cls(request, registers, kind, column, salt, connection)
        gate.plan = gate._attach(*tables)
        return gate

    def _attach(self, accounts: Any, records: Any) -> Plan:  # noqa: ANN401 - whatever people hold
        wanted = ["user_id", *(c.account_column for c in self.request.comparisons)]
        data_set = self.request.data_set
        of_records = [
            self.off_x_id,
            *(c.record_column for c in self.request.comparisons),
            *filter(None, relation_columns(data_set).values()),
        ]
        of_records += [data_set.provenance_column] if data_set and data_set.provenance_column else []
        account_types = attach(self.connection, "accounts", accounts, wanted, ("state", "state_checked_at"))
        record_types = attach(self.connection, "records", records, [name for name in of_records if name])
        return Plan(self.request, account_types, record_types, self.off_x_id, self.salt, record_is_text=is_text(records))

    def mask(self) -> None:
        """Make the masked tables `x` and `r`: nothing without a basis is in them.

        Records of Parquet files and tables in memory are masked as they are scanned; text files are read once.
        """
        self._run("CREATE TEMP TABLE x AS " + self.plan.accounts_sql())
        self._run(f"CREATE TEMP {'TABLE' if self.plan.record_is_text else 'VIEW'} r AS {self.plan.records_sql()}")
        self._require_ids()
        accounts, people = self._numbers("SELECT count(*), count(DISTINCT user_id) FROM x")
        self.distinct = self._survey()
        self._run("CREATE TEMP TABLE renamed (fingerprint BIGINT)")
        if accounts != people:
            self._keep_latest_accounts()
        self._note_recycled_handles()

    def _require_ids(self) -> None:
        """Refuse accounts whose id a spreadsheet or a float has damaged: two people may share what is left of it."""
        damaged = self._numbers("SELECT count(*) FROM x WHERE translate(user_id, '0123456789', '') <> ''")[0]
        if self.plan.account_types["user_id"] in {"DOUBLE", "FLOAT"}:
            damaged += self._numbers(f"SELECT count(*) FROM accounts WHERE user_id IS NOT NULL AND {self.plan.user_id} IS NULL")[0]
        if damaged:
            what = f"{damaged} of the accounts have a `user_id` that is no numeric id."
            raise BadRequest(what, "bring the ids as text, digit by digit as X gives them; a handle or a rounded number is none.")

    def _survey(self) -> bool:
        """Whether records repeat an id, by sorted hashes, which is quicker than counting; and on the way why each row is refused."""
        why = f"CAST(CASE WHEN {self._lawful} THEN 0 ELSE {self._closest} END AS SMALLINT) AS why"
        hashes = np.empty(self._numbers("SELECT count(*) FROM records")[0], np.uint64)
        seen = np.zeros(_CODES, np.int64)
        filled = 0
        for batch in self._batches(f"SELECT hash(off_id) AS h, {why} FROM r"):
            hashes[filled : filled + batch.num_rows] = batch["h"].to_numpy()
            seen += np.bincount(batch["why"].to_numpy() + 1, minlength=_CODES)
            filled += batch.num_rows
        hashes = hashes[:filled]
        self.rows_refused = {at - 1: int(count) for at, count in enumerate(seen) if at > 1 and count}
        middle = len(hashes) // 2
        if middle:
            hashes.partition(middle)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(np.ndarray.sort, (hashes[:middle], hashes[middle:])))
        return bool((hashes[1:] == hashes[:-1]).any())

    @property
    def _lawful(self) -> str:
        """Whether any alternative may be compared in a row, in SQL."""
        return " OR ".join(f"coalesce(refusal_{at} = 0, FALSE)" for at in range(len(self.request.alternatives)))

    @property
    def _closest(self) -> str:
        """The refusal of the alternative that came closest in a row, in SQL; -1 where there is nothing to compare."""
        return f"greatest({', '.join(['-1', '-1', *(f'coalesce(refusal_{at}, -1)' for at in range(len(self.request.alternatives)))])})"

    def _keep_latest_accounts(self) -> None:
        """Of several rows of one account the latest look counts (see `looks`); what else it bore is no longer its own.

        Where two looks may both be the latest and show two handles, nobody knows which is its own, and neither is.
        """
        handles = self.plan.handles()
        if handles:
            shown = f"{fingerprint(self.salt, self.plan.account_key(handles[0]))} AS shown"
            bore = f"""
SELECT DISTINCT shown FROM (
  SELECT *, first_value(shown) OVER (PARTITION BY user_id ORDER BY {LATEST_FIRST}) AS own,
    count(DISTINCT shown) FILTER (state = 'public' AND may_be_last) OVER (PARTITION BY user_id) > 1 AS in_doubt
  FROM ({ranked(self.plan.looks_sql(shown))}))
WHERE state = 'public' AND (shown <> own OR in_doubt)"""
            self._run(f"INSERT INTO renamed {bore}")
        self._run("DROP TABLE x; CREATE TEMP TABLE x AS " + self.plan.accounts_sql(several=True))

    def _note_recycled_handles(self) -> None:
        """Handles that earlier edges rested on, and that now belong to another account."""
        self.connection.register("renamed_before", self.registers.renamed)
        self._run("INSERT INTO renamed SELECT fingerprint FROM renamed_before")
        handles = self.plan.handles()
        if not handles or not self.registers.known.num_rows:
            return
        self.connection.register("known", self.registers.known)
        shown = f"x.print_{handles[0]}"
        moved = f"SELECT k.fingerprint FROM known k JOIN x ON x.user_id = k.user_id WHERE x.refusal = 0 AND {shown} <> k.fingerprint"
        taken = f"SELECT k.fingerprint FROM known k JOIN x ON {shown} = k.fingerprint WHERE x.user_id <> k.user_id"
        self._run(f"INSERT INTO renamed SELECT DISTINCT fingerprint FROM ({moved} UNION ALL {taken}) WHERE fingerprint IS NOT NULL")

    def decide_consents(self) -> pa.Table:
        """Consent edges, and the pairs that no other basis may link: barred by a withdrawal, objected to, or linked by consent."""
        tables = {"consent_events": self.registers.consents, "objection_rows": self.registers.objections}
        register_named(self.connection, self.salt, tables, "x")
        moment = moment_sql(self.request)
        self._run("CREATE TEMP TABLE consents AS " + consents_sql(self.request, self.id_kind))
        self._run(f"CREATE TEMP TABLE objections AS SELECT * FROM objection_rows WHERE at_low IS NULL OR at_low <= {moment}")
        self._note_present()
        named = "coalesce(o.off_id, c.off_id) = c.off_id AND coalesce(o.user_id, c.user_id) = c.user_id"
        later = "o.at_high IS NULL OR c.given_low IS NULL OR c.given_low < o.at_high"
        objected = f"EXISTS (SELECT 1 FROM objections o WHERE {named} AND NOT o.withdrawal AND ({later}))"
        self._run(f"""
CREATE TEMP TABLE consent_pairs AS
SELECT off_id, user_id, consent_id, bars, waived | account_waived AS waived,
  least(valid_until, CASE WHEN refusal = 0 THEN expires_at END) AS valid_until,
  CASE WHEN refusal = 0 AND objected THEN {number("OBJECTION_ON_FILE")} WHEN refusal = 0 THEN consent_refusal ELSE refusal END AS refusal
FROM (SELECT c.*, x.consent_refusal, x.valid_until, x.waived AS account_waived, {objected} AS objected
      FROM consents c JOIN x ON x.user_id = c.user_id JOIN present ON present.off_id = c.off_id)""")
        self._run("""
CREATE TEMP TABLE consent_edges AS SELECT user_id, off_id, consent_id, valid_until, waived FROM (
  SELECT *, row_number() OVER (PARTITION BY off_id, user_id ORDER BY bit_count(waived), valid_until DESC NULLS FIRST, consent_id) AS place
  FROM consent_pairs WHERE refusal = 0) WHERE place = 1""")
        self._run("""
CREATE TEMP TABLE shut AS
SELECT off_id, user_id FROM consent_edges
UNION SELECT off_id, user_id FROM consent_pairs WHERE bars
UNION SELECT off_id, user_id FROM objections WHERE off_id IS NOT NULL AND user_id IS NOT NULL""")
        self._compare_own_cells()
        ground = f"CAST({CONSENT_GROUND} - coalesce(bits, 0) AS BIGINT) AS ground"
        joined = "consent_edges LEFT JOIN agreeing USING (user_id, off_id)"
        columns = f"user_id, off_id, {ground}, consent_id, valid_until, CAST(NULL AS BIGINT) AS fingerprint, waived"
        return self._arrow(f"SELECT {columns} FROM {joined}")

    def _compare_own_cells(self) -> None:
        """Where the purpose says so: in which comparisons a consenting person's own cells agree with the account of the consent."""
        self._run("CREATE TEMP TABLE agreeing (user_id VARCHAR, off_id VARCHAR, bits BIGINT)")
        if not lets_through(self.request):
            return
        named = "SELECT e.off_id, string_agg(c.attributes, '') AS attributes FROM consent_edges e JOIN consents c USING (consent_id)"
        people = self._arrow(f"{named} WHERE c.attributes IS NOT NULL GROUP BY e.off_id")
        own = own_cells(self.plan, self.connection, people)
        self.connection.register("own", own)
        self._run(f"INSERT INTO agreeing {agree_sql(self.plan, own.column_names)}")

    def _note_present(self) -> None:
        """Of the people that consents and objections name, those that are in the records, and whether they could be compared."""
        named = "SELECT off_id FROM consents UNION SELECT off_id FROM objections WHERE off_id IS NOT NULL"
        some = self._numbers(f"SELECT count(*) FROM ({named})")[0]
        found = f"SELECT off_id, bool_or({self._lawful}) AS lawful FROM r WHERE off_id IN ({named}) GROUP BY off_id"
        self._run(f"CREATE TEMP TABLE present AS {found if some else 'SELECT NULL AS off_id, FALSE AS lawful WHERE FALSE'}")

    def apply_objections(self) -> None:
        """Refuse pairs, people and accounts that objected, and take those who named one identity out of the comparison."""
        linked = "NOT EXISTS (SELECT 1 FROM consent_edges e WHERE e.off_id = o.off_id AND e.user_id = o.user_id)"
        present = "o.off_id IN (SELECT off_id FROM present) AND o.user_id IN (SELECT user_id FROM x)"
        comparable = "o.off_id IN (SELECT off_id FROM present WHERE lawful) AND o.user_id IN (SELECT user_id FROM x WHERE refusal = 0)"
        objected, ended = number("OBJECTION_ON_FILE"), number("CONSENT_STATE")
        self._run(f"""
CREATE TEMP TABLE refused_pairs AS
SELECT off_id, user_id, max(refusal) AS refusal FROM (
  SELECT off_id, user_id, refusal FROM consent_pairs
  UNION ALL SELECT off_id, user_id, {objected} FROM consent_pairs o WHERE bars AND {comparable}
  UNION ALL SELECT off_id, user_id, CASE WHEN o.withdrawal AND NOT ({comparable}) THEN {ended} ELSE {objected} END FROM objections o
  WHERE off_id IS NOT NULL AND user_id IS NOT NULL AND {present})
 o WHERE refusal > 0 AND {linked} GROUP BY off_id, user_id""")
        for column, other, table in (("off_id", "user_id", "present"), ("user_id", "off_id", "x")):
            named = f"{column} IN (SELECT {column} FROM objections WHERE {other} IS NULL)"
            self.refused["OBJECTION_ON_FILE"] += self._numbers(f"SELECT count(*) FROM {table} WHERE {named} AND {_alone(column)}")[0]
        self._run("CREATE TEMP TABLE shut_people AS SELECT DISTINCT off_id FROM objections WHERE user_id IS NULL AND off_id IS NOT NULL")
        self._run("DELETE FROM x WHERE user_id IN (SELECT user_id FROM objections WHERE off_id IS NULL)")

    def compare(self) -> pa.Table:
        """The edges that self-provided and public data support; what agrees and still is refused is counted."""
        renamed = self._some("renamed")
        found = self._arrow(self.plan.pairs_sql(shut=self.is_shut, renamed=renamed, distinct=self.distinct))
        for name, value in self.plan.constants(renamed=renamed, distinct=self.distinct).items():
            found = found.append_column(
                name, alike(found.num_rows, lambda some, value=value: pa.repeat(pa.scalar(value, pa.int64()), some))
            )
        return self.keep(found)

    @property
    def is_shut(self) -> bool:
        """Whether any pair or person is taken out of the comparison."""
        return self._some("shut") or self._some("shut_people")

    def _some(self, table: str) -> bool:
        return self._numbers(f"SELECT count(*) FROM {table}")[0] > 0

    def keep(self, found: pa.Table) -> pa.Table:
        """The permitted edges of a table of pairs; the others are counted by their code."""
        permitted = pc.equal(found["refusal"], 0)
        standing = found
        if not pc.all(permitted).as_py():
            standing = found.filter(permitted)
            for row in found.filter(pc.invert(permitted)).group_by("refusal").aggregate([("refusal", "count")]).to_pylist():
                self.refused[code(row["refusal"])] += row["refusal_count"]
        empty = alike(standing.num_rows, lambda some: pa.nulls(some, pa.string()))
        return standing.append_column("consent_id", empty).select(EDGES.names).cast(EDGES)

    def count_refused(self, edges: pa.Table) -> None:
        """Count, once each, the pairs, records and accounts that were kept out and not linked in another way."""
        pairs = self._arrow("SELECT off_id, user_id, refusal FROM refused_pairs")
        if pairs.num_rows:
            self.connection.register("edges_now", edges)
            unlinked = "NOT EXISTS (SELECT 1 FROM edges_now e WHERE e.off_id = p.off_id AND e.user_id = p.user_id)"
            self._count(f"SELECT refusal, count(*) FROM refused_pairs p WHERE {unlinked} GROUP BY refusal")
        self._count_records()
        self._count_accounts()
        self._count_renamed(edges)
        self._one_pair(edges)

    def _count_records(self) -> None:
        """Records of which no alternative may be compared, by the alternative that came closest."""
        bare = not (self._some("consents") or self._some("objections"))
        if bare and not self.distinct:
            self.refused.update({code(refusal): count for refusal, count in self.rows_refused.items()})
            return
        refused = f"SELECT off_id, {self._closest} AS refusal FROM r WHERE NOT ({self._lawful})"
        if self.distinct:
            refused = f"SELECT off_id, max({self._closest}) AS refusal FROM r GROUP BY off_id HAVING NOT bool_or({self._lawful})"
        if bare:
            self._count(f"SELECT refusal, count(*) FROM ({refused}) WHERE refusal > 0 GROUP BY refusal")
            return
        elsewhere = f"CASE WHEN off_id IN (SELECT off_id FROM consents) THEN {number('CONSENT_OTHER_IDENTITY')} ELSE refusal END"
        beside = f"off_id NOT IN (SELECT off_id FROM shut_people) AND {_alone('off_id')}"
        self._count(f"SELECT {elsewhere} AS why, count(*) FROM ({refused}) WHERE refusal > 0 AND {beside} GROUP BY why")

    def _count_accounts(self) -> None:
        """Accounts kept out by their state, if there was anything they could have been compared with."""
        tests = [
            " AND ".join(f"shows_{place}" for place in self.plan.places(at))
            for at in range(len(self.request.alternatives))
            if self._numbers(f"SELECT count(*) FROM (SELECT 1 FROM r WHERE refusal_{at} = 0 LIMIT 1)")[0]
        ]
        if tests:
            shown = "(" + ") OR (".join(tests) + ")"
            self._count(f"SELECT refusal, count(*) FROM x WHERE refusal > 0 AND ({shown}) AND {_alone('user_id')} GROUP BY refusal")

    def _count_renamed(self, edges: pa.Table) -> None:
        """Records whose handle has moved on and that nothing else linked."""
        handles = self.plan.handles()
        if not handles or not self._some("renamed"):
            return
        self.connection.register("edges_now", edges)
        held = fingerprint(self.salt, f"r.key_{handles[0]}")
        unseen = f"NOT EXISTS (SELECT 1 FROM x WHERE x.key_{handles[0]} = r.key_{handles[0]})"
        others = f"off_id NOT IN (SELECT off_id FROM edges_now) AND {_alone('off_id')}"
        sql = f"SELECT count(DISTINCT off_id) FROM r WHERE {held} IN (SELECT fingerprint FROM renamed) AND {unseen} AND {others}"
        self.refused["HANDLE_RENAMED"] += self._numbers(sql)[0]

    def _one_pair(self, edges: pa.Table) -> None:
        """With one account and one record the pair is known without a comparison: one refusal, the most specific."""
        if edges.num_rows or self._numbers("SELECT count(*) FROM x")[0] != 1 or self._numbers("SELECT count(*) FROM r")[0] != 1:
            return
        person, account = "off_id IN (SELECT off_id FROM r)", "user_id IN (SELECT user_id FROM x)"
        both, either = self._numbers(
            f"SELECT count(*) FILTER ({person} AND {account}), count(*) FILTER ({person} OR {account}) FROM consents",
        )
        if either and not both:
            self.refused["CONSENT_OTHER_IDENTITY"] += 1
        worst = max((number(name) for name, count in self.refused.items() if count), default=0)
        self.refused = Counter({code(worst): 1} if worst else {})

    def _count(self, sql: str) -> None:
        for refusal, count in self.connection.execute(sql).fetchall():
            self.refused[code(int(refusal))] += int(count)

    def _numbers(self, sql: str) -> list[int]:
        rows = self.connection.execute(sql).fetchall()
        return [int(value) for value in rows[0]]

    def _arrow(self, sql: str) -> pa.Table:
        with worded(undecidable):
            return self.connection.sql(sql).to_arrow_table()

    def _batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        """The rows of a query one piece at a time, so that they are never in memory as a whole."""
        try:
            with worded(undecidable):
                reader = self.connection.sql(sql).to_arrow_reader(_BATCH)
            yield from reader
        except (duckdb.Error, pa.ArrowException) as problem:
            raise undecidable(problem) from None

    def _run(self, sql: str) -> None:
        with worded(undecidable):
            self.connection.execute(sql)


def _alone(column: str) -> str:
    """Not linked by consent and not refused as a pair already."""
    return f"{column} NOT IN (SELECT {column} FROM refused_pairs) AND {column} NOT IN (SELECT {column} FROM consent_edges)"


def undecidable(problem: Exception) -> BadRequest:
    """An engine's error without its text, which may quote a value."""
    return BadRequest(f"the tables of this match can't be read ({type(problem).__name__}).", "check both files with `governance check`.")


def off_x_identifier(request: Request) -> tuple[str, str]:
    """The kind and the column of the off-X identifier; undeclared records have none, and nothing of them is permitted."""
    columns = request.data_set.columns if request.data_set else {}
    for kind in ("person", "household", "device", "browser"):
        for name, declared in columns.items():
            if declared.holds == f"off_x.{kind}":
                return kind, name
    if request.data_set is not None:
        what = f"data set `{request.data_set_name}` declares no off-X identifier."
        hint = "label the column that names the person: `holds: off_x.person`."
        raise request.project.error(what, "datasets", request.data_set_name, "columns", hint=hint)
    return "person", ""
