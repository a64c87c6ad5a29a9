"""The decision as SQL: masked accounts, masked records, lawful pairs. A value without a basis becomes NULL in the scan, before any join."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from governance.engines.plan import literal, quoted
from governance.matching.consent_plan import moment_sql
from governance.matching.facts import FactGround, relation_columns
from governance.matching.keys import key, text_of, timestamp
from governance.matching.looks import latest, looked_until
from governance.matching.reasons import number
from governance.matching.request import Comparison, Request
from governance.matching.waivers import BITS

BASE = 128
"""A packed ground is a number of this base: one digit per comparison (its provenance word), the last digit is the alternative."""

_PASSED = 999
_SKEW = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """The SQL of one request over the views `accounts` and `records`."""

    request: Request
    account_types: dict[str, str]
    record_types: dict[str, str]
    off_x_id: str
    salt: str
    record_is_text: bool = False
    words: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Number the words a provenance column may hold."""
        self.words.update({word: at for at, word in enumerate(self.request.facts.words)})

    def accounts_sql(self, *, several: bool = False) -> str:
        """The accounts, one row each: state codes, when the state goes stale (`waived` says that it is), and keys of those to compare.

        `several` says that accounts may have more than one row.
        """
        keys = ", ".join(self._account_keys())
        shown = ", ".join(f"{self._account_text(c)} IS NOT NULL AS shows_{at}" for at, c in enumerate(self.request.comparisons))
        prints = "".join(f", {fingerprint(self.salt, f'key_{at}')} AS print_{at}" for at in self.handles())
        return f"""
SELECT *{prints} FROM (
SELECT user_id, refusal, consent_refusal, checked_at, {self._waived()} AS waived,
  {self._fresh_until()} AS valid_until, {keys}, {shown}
FROM (
  SELECT *, {self._state_code()} AS refusal, {self._state_code(with_consent=True)} AS consent_refusal
  FROM ({latest(self.looks_sql()) if several else self.looks_sql()})
))"""

    def looks_sql(self, *more: str) -> str:
        """Every look at an account: its state, since and until when it may have been made, and what the account showed."""
        known = "state_checked_at" in self.account_types
        until = looked_until("state_checked_at", self.account_types["state_checked_at"]) if known else "CAST(NULL AS TIMESTAMP)"
        look = f"{self.state} AS state, {self.checked_sql()} AS checked_at, {until} AS checked_until"
        columns = ", ".join((f"{self.user_id} AS user_id", look, self._raw_accounts(), *more))
        return f"SELECT {columns} FROM accounts WHERE {self.user_id} IS NOT NULL"

    def _raw_accounts(self) -> str:
        columns = dict.fromkeys(c.account_column for c in self.request.comparisons if c.is_public)
        return ", ".join(f"{quoted(c)} AS {quoted('raw_' + c)}" for c in columns) or "NULL AS raw_nothing"

    @property
    def user_id(self) -> str:
        """The account's id, in SQL."""
        return text_of(quoted("user_id"), self.account_types["user_id"])

    def account_key(self, place: int) -> str:
        """The comparable form of an account column, in SQL over the view `accounts`."""
        comparison = self.request.comparisons[place]
        column = comparison.account_column
        return key(comparison.account_label, text_of(quoted(column), self.account_types[column]))

    def _account_text(self, comparison: Comparison) -> str:
        if not comparison.is_public:
            return "NULL"
        return text_of(quoted("raw_" + comparison.account_column), self.account_types[comparison.account_column])

    def _account_keys(self) -> list[str]:
        masked = [
            (f"CASE WHEN refusal = 0 THEN {key(c.account_label, self._account_text(c))} END" if c.is_public else "NULL", at)
            for at, c in enumerate(self.request.comparisons)
        ]
        return [f"{expression} AS key_{at}" for expression, at in masked]

    @property
    def state(self) -> str:
        """The account's state in lower case, in SQL."""
        return f"lower(trim({text_of('state')}))" if "state" in self.account_types else "CAST(NULL AS VARCHAR)"

    def checked_sql(self) -> str:
        """When the account's state was looked up, as a time in UTC."""
        known = "state_checked_at" in self.account_types
        return timestamp("state_checked_at", self.account_types["state_checked_at"]) if known else "CAST(NULL AS TIMESTAMP)"

    def _state_code(self, *, with_consent: bool = False) -> str:
        """Why an account may not be matched, 0 if it may; with express opt-in a protected one may."""
        newest = _literal_time(self.request.moment + _SKEW)
        stale = f" WHEN {self._is_stale()} THEN {number('X_STATE_STALE')}" if "X_STATE_STALE" not in self.request.waivers else ""
        gone = " ".join(f"WHEN state = '{state}' THEN {number('X_' + state.upper())}" for state in ("deleted", "withheld", "suspended"))
        protected = "" if with_consent else f"WHEN state = 'protected' THEN {number('X_PROTECTED')} "
        return (
            f"CASE {gone} {protected}WHEN state IS NULL OR state NOT IN ('public', 'protected') THEN {number('X_STATE_UNKNOWN')}"
            f"{stale} WHEN checked_at > {newest} THEN {number('X_STATE_UNKNOWN')} ELSE 0 END"
        )

    @property
    def _age(self) -> timedelta:
        return timedelta(days=self.request.project.thresholds.state_max_age_days)

    def _is_stale(self) -> str:
        return f"checked_at IS NULL OR checked_at < {_literal_time(self.request.moment - self._age)}"

    def _waived(self) -> str:
        """The bit of the waiver that an account needs, 0 if it needs none."""
        bit = f"CASE WHEN {self._is_stale()} THEN {BITS['X_STATE_STALE']} ELSE 0 END" if "X_STATE_STALE" in self.request.waivers else "0"
        return f"CAST({bit} AS SMALLINT)"

    def _fresh_until(self) -> str:
        """When the account's state goes stale; of a stale one the end of the waiver."""
        fresh = f"checked_at + INTERVAL {int(self._age.total_seconds())} SECOND"
        end = self.request.waivers.get("X_STATE_STALE")
        return f"CASE WHEN {self._is_stale()} THEN {_literal_time(end)} ELSE {fresh} END" if end else fresh

    def records_sql(self) -> str:
        """The records: per comparison a masked key and the ground it stands on, per alternative what refuses it."""
        raw = dict.fromkeys(c.record_column for c in self.request.comparisons)
        cells = ", ".join(f"{text_of(quoted(c), self.record_types[c])} AS {quoted('raw_' + c)}" for c in raw)
        grounds = ", ".join(f"{self._ground_code(c)} AS ground_{at}" for at, c in enumerate(self.request.comparisons))
        keys = ", ".join(
            f"CASE WHEN ground_{at} >= 0 THEN {key(c.account_label, quoted('raw_' + c.record_column))} END AS key_{at}"
            for at, c in enumerate(self.request.comparisons)
        )
        alternatives = ", ".join(self._alternative(at) for at in range(len(self.request.alternatives)))
        return f"""
SELECT off_id, {keys}, {alternatives}
FROM (
  SELECT *, {grounds} FROM (
    SELECT {self.record_id} AS off_id, {self._word()} AS word, {self._related()} AS related, {self._relation("until")} AS related_until,
      {cells} FROM records)
  WHERE off_id IS NOT NULL
)"""

    @property
    def record_id(self) -> str:
        """The off-X identifier as text, in SQL."""
        return (
            text_of(quoted(self.off_x_id), self.record_types[self.off_x_id]) if self.off_x_id else "CAST(row_number() OVER () AS VARCHAR)"
        )

    def record_cell(self, place: int) -> str:
        """The record's cell of a comparison as text, unmasked, in SQL."""
        column = self.request.comparisons[place].record_column
        return text_of(quoted(column), self.record_types[column])

    def _word(self) -> str:
        """The number of the row's provenance word: an expression over that one column, which engines evaluate once per distinct word."""
        data_set = self.request.data_set
        column = data_set.provenance_column if data_set else ""
        if not column:
            return "0"
        cases = " ".join(f"WHEN {literal(word)} THEN {at}" for word, at in self.words.items())
        return f"CASE trim(CAST({quoted(column)} AS VARCHAR)) {cases} ELSE {self.words['unknown']} END"

    def _relation(self, side: str) -> str:
        column = relation_columns(self.request.data_set)[side]
        if column is None or column not in self.record_types:
            return "CAST(NULL AS TIMESTAMP)"
        return timestamp(column, self.record_types[column])

    def _related(self) -> str:
        """Whether the row's relationship stands for certain; a relationship that began today counts from tomorrow, TRUE without columns."""
        moment = moment_sql(self.request)
        columns = relation_columns(self.request.data_set)
        tests = []
        if columns["since"] is not None:
            tests.append(self._since(columns["since"]))
        if columns["until"] is not None:
            written = text_of(quoted(columns["until"]), "VARCHAR")
            tests.append(f"({written} IS NULL OR coalesce({self._relation('until')} > {moment}, FALSE))")
        return " AND ".join(tests) or "TRUE"

    def _since(self, column: str) -> str:
        """A relationship that began at a moment counts from it, one that began on a day from the next."""
        moment, sql_type = self.request.moment, self.record_types[column]
        last_day = f"DATE '{moment - timedelta(days=1):%Y-%m-%d}'"
        if sql_type == "DATE":
            return f"coalesce({quoted(column)} <= {last_day}, FALSE)"
        known = f"coalesce({self._relation('since')} <= {moment_sql(self.request)}, FALSE)"
        if sql_type != "VARCHAR":
            return known
        on_day = f"coalesce(TRY_CAST({quoted(column)} AS DATE) <= {last_day}, FALSE)"
        return f"CASE WHEN instr({quoted(column)}, ':') > 0 THEN {known} ELSE {on_day} END"

    def _ground_code(self, comparison: Comparison) -> str:
        """Of one cell: the number of the ground it stands on, the negative number of its refusal, NULL where it is empty."""
        grounds = self.request.grounds(comparison)
        cases = " ".join(f"WHEN {self.words[word]} THEN {self._cell(ground, self.words[word])}" for word, ground in grounds.items())
        return f"CASE WHEN {quoted('raw_' + comparison.record_column)} IS NULL THEN NULL ELSE CASE word {cases} END END"

    def _cell(self, ground: FactGround, word: int) -> str:
        unrelated = number("NO_DIRECT_RELATIONSHIP")
        decided = -number(ground.refusal) if ground.refusal else word
        if not ground.direct or (ground.refusal and number(ground.refusal) <= unrelated):
            return str(decided)
        return f"CASE WHEN related THEN {decided} ELSE {-unrelated} END"

    def _alternative(self, at: int) -> str:
        """What refuses an alternative in a row (0: nothing, NULL: nothing to compare), its packed ground, rank and end."""
        places = self.places(at)
        refused = ", ".join(f"CASE WHEN ground_{p} < 0 THEN -ground_{p} ELSE {_PASSED} END" for p in places)
        hidden = ", ".join(
            [str(_PASSED), *(str(number("X_ATTRIBUTE_NOT_PUBLIC")) for p in places if not self.request.comparisons[p].is_public)]
        )
        empty = " OR ".join(f"ground_{p} IS NULL" for p in places)
        packed = "0"
        for p in places:
            packed = f"({packed}) * {BASE} + greatest(ground_{p}, 0)"
        packed = f"({packed}) * {BASE} + {at}"
        least = f"least({refused}, {hidden})"
        ends = ", ".join(["related_until", *(self._end(p) for p in places)])
        return (
            f"CASE WHEN {empty} THEN NULL WHEN {least} >= {_PASSED} THEN 0 ELSE {least} END AS refusal_{at}, "
            f"CAST({packed} AS BIGINT) AS ground_of_{at}, {self._rank(places)} AS rank_{at}, least({ends}) AS until_{at}"
        )

    def _end(self, place: int) -> str:
        grounds = self.request.grounds(self.request.comparisons[place])
        ends = {self.words[word]: ground.valid_until for word, ground in grounds.items() if ground.valid_until and not ground.refusal}
        cases = " ".join(f"WHEN {word} THEN {_literal_time(end)}" for word, end in ends.items())
        return f"CASE ground_{place} {cases} END" if cases else "CAST(NULL AS TIMESTAMP)"

    def _rank(self, places: list[int]) -> str:
        """How good the ground of an alternative is: its worst provenance, then how many comparisons it takes."""
        ranks = []
        for place in places:
            grounds = self.request.grounds(self.request.comparisons[place])
            cases = " ".join(f"WHEN {self.words[word]} THEN {ground.rank}" for word, ground in grounds.items() if not ground.refusal)
            ranks.append(f"CASE ground_{place} {cases} ELSE 99 END" if cases else "99")
        return f"greatest({', '.join(ranks)}) * 100 + {len(places)}" if len(ranks) > 1 else f"{ranks[0]} * 100 + 1"

    def places(self, alternative: int) -> list[int]:
        """Which comparisons an alternative is made of."""
        comparisons = self.request.comparisons
        return [comparisons.index(c) for c in self.request.alternatives[alternative]]

    def pairs_sql(self, *, shut: bool, renamed: bool, distinct: bool) -> str:
        """The pairs whose permitted keys agree: by the best lawful alternative, without those that are shut, with what still refuses them.

        `shut` and `renamed` say that such tables hold rows; `distinct` that records repeat an id.
        """
        parts = [self._pairs_of(at, shut=shut, renamed=renamed, ranked=distinct) for at in range(len(self.request.alternatives))]
        union = "\nUNION ALL\n".join(parts)
        if not distinct:
            return union
        order = "ORDER BY refusal, rank, ground"
        ranked = f"SELECT *, row_number() OVER (PARTITION BY user_id, off_id {order}) AS place FROM ({union})"
        return f"SELECT user_id, off_id, ground, valid_until, fingerprint, waived, refusal FROM ({ranked}) WHERE place = 1"

    def constants(self, *, renamed: bool, distinct: bool) -> dict[str, int]:
        """Columns of the pairs that are the same in every row, so that no join has to carry them: of one alternative alone."""
        if distinct or len(self.request.alternatives) > 1:
            return {}
        places = self.places(0)
        found = {} if self.request.waivers else {"waived": 0}
        if not self._ids_beside(places) and not (renamed and self.by_handle(places)):
            found["refusal"] = 0
        lawful = [
            [self.words[word] for word, ground in self.request.grounds(self.request.comparisons[p]).items() if not ground.refusal]
            for p in places
        ]
        if all(len(words) == 1 for words in lawful):
            packed = 0
            for (word,) in lawful:
                packed = packed * BASE + word
            found["ground"] = packed * BASE
        return found

    def _pairs_of(self, at: int, *, shut: bool, renamed: bool, ranked: bool) -> str:
        places = self.places(at)
        agree = " AND ".join(f"x.key_{p} = r.key_{p}" for p in places)
        print_of = self.print_of(places)
        recycled = f"{print_of} IN (SELECT fingerprint FROM renamed)" if renamed and self.by_handle(places) else "FALSE"
        contradicts = " OR ".join(f"coalesce(x.key_{p} <> r.key_{p}, FALSE)" for p in self._ids_beside(places)) or "FALSE"
        refusal = f"CAST(CASE WHEN {contradicts} OR {recycled} THEN {number('HANDLE_RENAMED')} ELSE 0 END AS SMALLINT)"
        lawful = f"r.refusal_{at} = 0"
        better = [f"NOT ({self._beats(other, at)})" for other in range(len(self.request.alternatives)) if other != at]
        if shut:
            better += ["NOT EXISTS (SELECT 1 FROM shut WHERE shut.user_id = x.user_id AND shut.off_id = r.off_id)"]
            better += ["r.off_id NOT IN (SELECT off_id FROM shut_people)"]
        where = " AND ".join([lawful, *better])
        waived = "x.waived" if self.request.waivers else "CAST(0 AS SMALLINT)"
        rank = f"r.rank_{at} AS rank, " if ranked else ""
        given = self.constants(renamed=renamed, distinct=ranked)
        varying = {"ground": f"r.ground_of_{at}", "waived": waived, "refusal": refusal}
        columns = "".join(f", {sql} AS {name}" for name, sql in varying.items() if name not in given)
        ends = f"{rank}least(x.valid_until, r.until_{at}) AS valid_until, {print_of} AS fingerprint"
        return f"SELECT x.user_id, r.off_id, {ends}{columns}\nFROM x JOIN r ON {agree}\nWHERE {where}"

    def _beats(self, other: int, at: int) -> str:
        """Whether another lawful alternative agrees too and stands on better ground, or on as good and comes first."""
        agree = " AND ".join(f"coalesce(x.key_{p} = r.key_{p}, FALSE)" for p in self.places(other))
        better = "<=" if other < at else "<"
        return f"coalesce(r.refusal_{other} = 0, FALSE) AND {agree} AND r.rank_{other} {better} r.rank_{at}"

    def _ids_beside(self, places: list[int]) -> list[int]:
        """Comparisons of the numeric id outside this alternative: if they disagree, the handle went to someone else."""
        if any(self.request.comparisons[p].account_label == "x.user.id" for p in places) or not self.by_handle(places):
            return []
        return [at for at, c in enumerate(self.request.comparisons) if c.account_label == "x.user.id"]

    def by_handle(self, places: list[int]) -> bool:
        """Whether an alternative rests on a handle, which may be recycled."""
        return any(self.request.comparisons[p].account_label == "x.user.handle" for p in places)

    def handles(self) -> list[int]:
        """Which comparisons are of handles."""
        return [at for at, c in enumerate(self.request.comparisons) if c.account_label == "x.user.handle"]

    def print_of(self, places: list[int]) -> str:
        """The account's keyed hash of the handle an edge rests on, so that a renamed one is noticed; NULL where no handle is used."""
        handles = [p for p in places if p in self.handles()]
        return f"x.print_{handles[0]}" if handles else "CAST(NULL AS BIGINT)"


def fingerprint(salt: str, expression: str) -> str:
    """The keyed hash of a text expression, in SQL."""
    return f"CASE WHEN {expression} IS NOT NULL THEN CAST('0x' || substr(md5(concat({literal(salt)}, {expression})), 1, 15) AS BIGINT) END"


def _literal_time(moment: datetime) -> str:
    return f"TIMESTAMP '{moment:%Y-%m-%d %H:%M:%S.%f}'"
