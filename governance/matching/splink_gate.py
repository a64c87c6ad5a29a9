"""Splink behind a facade: it sees masked tables only, scores gated pairs only, and hands out no linker and no clusters."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import duckdb
import pyarrow as pa

from governance.engines.plan import quoted
from governance.errors import BadRequest, GovernanceError, PolicyViolation
from governance.matching.gate import Gate
from governance.matching.plan import BASE
from governance.matching.request import Request
from governance.matching.splink_settings import as_dict, condition_columns, refuse_undeclared, safe, used_columns
from governance.matching.tables import connect
from governance.model import masked

_SIDES = ("x_accounts", "y_records")
_SEED = 1
_SAMPLE = float(1 << 20)
_EM_SAMPLE = 200_000.0


@dataclass(slots=True)
class SplinkGate:
    """One probabilistic match behind the gate."""

    gate: Gate
    settings: dict[str, Any]
    threshold: float = 0.9
    scored: pa.Table = field(init=False)

    @classmethod
    def open(cls, gate: Gate, settings: Any, threshold: float) -> "SplinkGate":  # noqa: ANN401 - Splink's settings
        """Inspect the model before anything is read: it may compare what `on` names, and nothing else."""
        plain = as_dict(settings)
        refuse_undeclared(used_columns(plain), (c.account_column for c in gate.request.comparisons))
        return cls(gate, safe(plain), threshold)

    def run(self) -> tuple[Request, pa.Table]:
        """The decided edges with their score, and the request whose alternatives are the column sets that supported them."""
        tables = [self._masked("x", "user_id"), self._masked("r", "off_id")]
        if not all(table.num_rows for table in tables):
            return self.gate.request, self._decided(self.gate.request, [])
        predictions = self._predict(tables)
        supports = sorted(set(predictions["support"].to_pylist()))
        request = replace_alternatives(self.gate.request, supports)
        self.gate.connection.register("predictions", predictions)
        return request, self._decided(request, supports)

    def _masked(self, table: str, identity: str) -> pa.Table:
        """One side as Splink sees it: one row per id, permitted values only, under the account column's name."""
        keys = ", ".join(f"CAST(key_{at} AS VARCHAR) AS {quoted(c.account_column)}" for at, c in self._comparisons())
        some = " OR ".join(f"key_{at} IS NOT NULL" for at, _ in self._comparisons())
        each = f"SELECT *, row_number() OVER (PARTITION BY {identity} ORDER BY {identity}) AS place FROM {table} WHERE {some}"
        return self.gate.connection.sql(f"SELECT {identity} AS unique_id, {keys} FROM ({each}) WHERE place = 1").to_arrow_table()

    def _comparisons(self) -> list[tuple[int, Any]]:
        return list(enumerate(self.gate.request.comparisons))

    def _predict(self, tables: list[pa.Table]) -> pa.Table:
        """Train, block, let the gated pairs through, score: pairs with their score and the comparisons that support them."""
        from splink import Linker, SettingsCreator

        database = gated_database(_SIDES)
        try:
            sides = [database.register(table, dataset_display_name=name) for table, name in zip(tables, _SIDES, strict=True)]
            linker = Linker(sides, SettingsCreator.from_path_or_dict(self.settings), log_level=None)
            gated = self._gated(linker.inference.compute_blocked_pairs_for_predict().as_pyarrow_table())
            if not gated.num_rows:
                return _PREDICTIONS.empty_table()
            self._train(linker)
            self._check_trained(linker)
            database.allow("gated_pairs")
            pairs = database.register(gated, dataset_display_name="gated_pairs")
            linker.table_management.register_blocked_pairs_for_predict(pairs)
            found = linker.inference.predict(threshold_match_probability=self.threshold, warning_mode="never").as_pyarrow_table()
        except GovernanceError:
            raise
        except Exception as problem:  # noqa: BLE001 - Splink raises many kinds, and their texts quote SQL and values
            hint = "try the same model with Splink alone on synthetic data."
            raise BadRequest(f"Splink could not run this model ({type(problem).__name__}).", hint) from None
        return self._supported(found)

    def _train(self, linker: Any) -> None:  # noqa: ANN401 - Splink's Linker
        """Estimate what the model does not state, from masked values: u by sampling, m by holding one column equal at a time."""
        from splink.internals.exceptions import SplinkException

        levels = [level for comparison in self.settings["comparisons"] for level in comparison["comparison_levels"]]
        if all(level.get("m_probability") and level.get("u_probability") for level in levels if not level.get("is_null_level")):
            return
        linker.training.estimate_u_using_random_sampling(max_pairs=_SAMPLE, seed=_SEED)
        compared = [_columns(comparison) for comparison in self.settings["comparisons"]]
        for column in sorted(set().union(*compared)):
            if any(column not in held for held in compared):
                name = quoted(column)
                with suppress(SplinkException):
                    linker.training.estimate_parameters_using_expectation_maximisation(f"l.{name} = r.{name}", max_pairs=_EM_SAMPLE)

    def _check_trained(self, linker: Any) -> None:  # noqa: ANN401 - Splink's Linker
        """A comparison without any estimate would score nothing, in silence."""
        for comparison in linker.misc.save_model_to_json()["comparisons"]:
            if not any(level.get("m_probability") for level in comparison["comparison_levels"]):
                what = f"the model could not be trained for `{masked(comparison['output_column_name'])}`: no pairs agree on another column."
                raise BadRequest(what, "compare one more column, or state the m and u probabilities in the settings.")

    def _gated(self, blocked: pa.Table) -> pa.Table:
        """Of the blocked pairs those that may be decided: not shut, not contradicted by a numeric id."""
        self.gate.connection.register("blocked", blocked)
        user, off = (f"CASE WHEN starts_with(join_key_l, '{side}') THEN {left} ELSE {right} END" for side, left, right in _keys())
        ids = [at for at, c in self._comparisons() if c.account_label == "x.user.id"]
        same = " AND ".join(f"coalesce(x.key_{at} = r.key_{at}, TRUE)" for at in ids) or "TRUE"
        columns = ", ".join(f'b."{name}"' for name in blocked.column_names)
        return self.gate.connection.sql(f"""
SELECT {columns} FROM (SELECT *, {user} AS user_id, {off} AS off_id FROM blocked) b
WHERE NOT EXISTS (SELECT 1 FROM shut s WHERE s.user_id = b.user_id AND s.off_id = b.off_id)
AND b.off_id NOT IN (SELECT off_id FROM shut_people)
AND EXISTS (SELECT 1 FROM x JOIN r ON {same} WHERE x.user_id = b.user_id AND r.off_id = b.off_id)""").to_arrow_table()

    def _supported(self, found: pa.Table) -> pa.Table:
        """The predictions, each with the places of the comparisons whose weight speaks for it."""
        place = {c.account_column: at for at, c in self._comparisons()}
        weights = {
            f"mw_{comparison['output_column_name']}": sorted(place[column] for column in _columns(comparison))
            for comparison in self.settings["comparisons"]
        }
        rows = []
        for row in found.select([*_OUT, *(name for name in weights if name in found.column_names)]).to_pylist():
            places = sorted({at for name, held in weights.items() if (row.get(name) or 0) > 0 for at in held})
            left_is_x = row["source_dataset_l"] == _SIDES[0]
            user, off = (row["unique_id_l"], row["unique_id_r"]) if left_is_x else (row["unique_id_r"], row["unique_id_l"])
            if places:
                rows.append({"user_id": user, "off_id": off, "score": row["match_probability"], "support": "+".join(map(str, places))})
        return pa.Table.from_pylist(rows, _PREDICTIONS)

    def _decided(self, request: Request, supports: list[str]) -> pa.Table:
        """Stamp each prediction with the ground of what supports it; one whose support is not permitted is dropped."""
        if not supports:
            empty = self.gate.plan.pairs_sql(shut=False, renamed=False, distinct=True)
            return self.gate.connection.sql(f"SELECT *, 0.0 AS score FROM ({empty}) WHERE FALSE").to_arrow_table()
        grounds: list[str] = []
        ends: list[str] = []
        lawful: list[str] = []
        prints: list[str] = []
        for at, support in enumerate(supports):
            places = [int(place) for place in support.split("+")]
            packed = "0"
            for place in places:
                packed = f"({packed}) * {BASE} + r.ground_of_{place} // {BASE}"
            grounds.append(f"WHEN '{support}' THEN ({packed}) * {BASE} + {at}")
            ends.append(f"WHEN '{support}' THEN least({', '.join(['x.valid_until', *(f'r.until_{p}' for p in places)])})")
            lawful.append(f"WHEN '{support}' THEN {' AND '.join(f'coalesce(r.refusal_{p} = 0, FALSE)' for p in places)}")
            handles = [p for p in places if request.comparisons[p].account_label == "x.user.handle"]
            prints += [f"WHEN '{support}' THEN x.print_{handles[0]}"] if handles else []
        shown = f"CASE p.support {' '.join(prints)} END" if prints else "CAST(NULL AS BIGINT)"
        sql = f"""
SELECT user_id, off_id, ground, valid_until, fingerprint, waived, 0 AS refusal, score FROM (
  SELECT p.user_id, p.off_id, p.score, x.waived, CAST(CASE p.support {" ".join(grounds)} END AS BIGINT) AS ground,
    CASE p.support {" ".join(ends)} END AS valid_until, {shown} AS fingerprint,
    row_number() OVER (PARTITION BY p.user_id, p.off_id ORDER BY p.score DESC) AS place
  FROM predictions p JOIN x ON x.user_id = p.user_id JOIN r ON r.off_id = p.off_id WHERE CASE p.support {" ".join(lawful)} END)
WHERE place = 1"""
        return self.gate.connection.sql(sql).to_arrow_table()


_OUT = ("source_dataset_l", "source_dataset_r", "unique_id_l", "unique_id_r", "match_probability")
_PREDICTIONS = pa.schema([("user_id", pa.string()), ("off_id", pa.string()), ("score", pa.float64()), ("support", pa.string())])


def _columns(comparison: Mapping[str, Any]) -> set[str]:
    levels = (level["sql_condition"] for level in comparison["comparison_levels"])
    return {column for sql in levels if sql.strip().upper() != "ELSE" for column in condition_columns(sql)}


def _keys() -> list[tuple[str, str, str]]:
    """How a blocked pair's keys (`data set-__-id`) give the account's and the record's id, whichever side they are on."""
    left, right = ("split_part({}, '-__-', 2)".format(side) for side in ("join_key_l", "join_key_r"))  # noqa: UP032 - two names, one form
    return [(_SIDES[0], left, right), (_SIDES[1], left, right)]


def replace_alternatives(request: Request, supports: list[str]) -> Request:
    """The request with one alternative per set of columns that supported an edge."""
    comparisons = request.comparisons
    return replace(request, alternatives=tuple(tuple(comparisons[int(place)] for place in support.split("+")) for support in supports))


def gated_database(tables: tuple[str, ...]) -> Any:  # noqa: ANN401 - a subclass of Splink's DuckDBAPI, which is imported here
    """Splink's DuckDB, in which only tables the gate registered, and Splink's own, can be read."""
    import sqlglot
    from splink import DuckDBAPI
    from sqlglot import exp

    class GatedDuckDB(DuckDBAPI):
        """Every statement is parsed before it runs."""

        def __init__(self) -> None:
            self._allowed = set(tables)
            super().__init__(connection=connect())
            self._con.execute("SET enable_external_access = false; SET lock_configuration = true")

        def allow(self, name: str) -> None:
            """Let one more registered table be read."""
            self._allowed.add(name)

        def _execute_sql_against_backend(self, final_sql: str) -> duckdb.DuckDBPyRelation:
            for statement in filter(None, sqlglot.parse(final_sql, read="duckdb")):
                self._look_at(statement, final_sql)
            return super()._execute_sql_against_backend(final_sql)

        def _look_at(self, statement: Any, final_sql: str) -> None:  # noqa: ANN401 - a sqlglot expression
            own_command = final_sql.lstrip().upper().startswith(("PRAGMA", "DROP"))
            if isinstance(statement, exp.Command | exp.Copy | exp.Attach | exp.Detach) and not own_command:
                raise PolicyViolation("the model ran a command that the gate does not know.", "use the comparisons of Splink's library.")
            own = {cte.alias for cte in statement.find_all(exp.CTE)}
            for table in statement.find_all(exp.Table):
                known = not table.name or table.name in own | self._allowed or table.name.startswith("__splink__")
                catalogue = (table.db, table.name) == ("information_schema", "columns")
                function = isinstance(table.this, exp.Func) and not isinstance(table.this, exp.GenerateSeries | exp.Unnest)
                if function or not (known or catalogue):
                    raise PolicyViolation("the model reads a table that is not behind the gate.", "compare declared columns only.")

    return GatedDuckDB()
