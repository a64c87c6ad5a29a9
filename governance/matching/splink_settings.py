"""What a Splink model would read: every comparison level, blocking rule, term-frequency column and retained column, parsed by us.

Splink's own inspection skips the bodies of lambdas, so the conditions are parsed again here; whatever is not a plain expression over
declared columns (a subquery, a table, a star, an unknown function) is refused.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from governance.errors import BadRequest, PolicyViolation
from governance.model import masked

PURE = frozenset(
    {
        "array_length",
        "coalesce",
        "damerau_levenshtein",
        "jaccard",
        "jaro_similarity",
        "jaro_winkler_similarity",
        "length",
        "levenshtein",
        "list_intersect",
        "list_reduce",
        "list_transform",
        "lower",
        "nullif",
        "regexp_extract",
        "strptime",
        "substr",
        "substring",
        "trim",
        "try_strptime",
        "upper",
    },
)
"""Functions a condition may call that the parser does not know as pure expressions."""

_SIDE = re.compile(r"_(l|r)$")


def as_dict(settings: Any) -> dict[str, Any]:  # noqa: ANN401 - a SettingsCreator, a dict or a path
    """Splink's settings as a plain dict in DuckDB's dialect."""
    if isinstance(settings, str | Path):
        return _from_file(Path(settings))
    if isinstance(settings, Mapping):
        plain = dict(settings)
        plain.setdefault("link_type", "link_only")
        return _created(plain)
    if hasattr(settings, "create_settings_dict"):
        return settings.create_settings_dict("duckdb")
    raise BadRequest("`settings` is neither a SettingsCreator nor a dict nor a path.", "pass Splink's settings for method='splink'.")


def _from_file(path: Path) -> dict[str, Any]:
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise BadRequest(f"{path}: can't be read ({problem.strerror}).", "name a file of Splink's settings.") from None
    except ValueError as problem:
        raise BadRequest.at(
            path, getattr(problem, "lineno", 1), "is no JSON.", "save the model with Splink's save_model_to_json."
        ) from None
    if not isinstance(plain, dict):
        raise BadRequest.at(path, 1, "is no JSON object.", "save the model with Splink's save_model_to_json.")
    return _created(plain)


def _created(plain: Mapping[str, Any]) -> dict[str, Any]:
    """A dict of settings with every comparison and rule written out."""
    from splink import SettingsCreator

    try:
        return SettingsCreator.from_path_or_dict(deepcopy(dict(plain))).create_settings_dict("duckdb")
    except (TypeError, ValueError, KeyError, AttributeError) as problem:
        raise BadRequest(f"Splink can't read these settings ({type(problem).__name__}).", "build them with SettingsCreator.") from None


def used_columns(settings: Mapping[str, Any]) -> dict[str, set[str]]:
    """By column: where a model uses it.

    Raises
    ------
    PolicyViolation
        A condition holds something that is no plain expression over columns.

    """
    used: dict[str, set[str]] = {}
    for place, sql in _conditions(settings):
        for column in condition_columns(sql):
            used.setdefault(column, set()).add(place)
    for column in settings.get("additional_columns_to_retain") or []:
        used.setdefault(str(column), set()).add("retained")
    return used


def _conditions(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for comparison in settings["comparisons"]:
        for level in comparison["comparison_levels"]:
            if level["sql_condition"].strip().upper() != "ELSE":
                yield "comparison", level["sql_condition"]
            if level.get("tf_adjustment_column"):
                yield "term frequency", level["tf_adjustment_column"]
    for rule in settings.get("blocking_rules_to_generate_predictions") or []:
        yield "blocking rule", rule["blocking_rule"] if isinstance(rule, Mapping) else str(rule)


def condition_columns(sql: str) -> set[str]:
    """Every column a condition can read, lambda bodies included.

    >>> sorted(condition_columns('jaro_winkler_similarity("name_l", "name_r") > 0.9 AND l.city = r.city'))
    ['city', 'name']
    """
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        tree: Any = sqlglot.parse_one(sql, read="duckdb")
    except SqlglotError:
        raise PolicyViolation(
            "a condition of the model can't be parsed, so what it reads is unknown.", "write it in DuckDB's SQL."
        ) from None
    if tree.find(exp.Query, exp.Table, exp.Star, exp.Columns, exp.Command):
        raise PolicyViolation("a condition of the model reads a table, a subquery or all columns.", "compare declared columns only.")
    bound = {name.name for one in tree.find_all(exp.Lambda) for name in one.expressions}
    for call in tree.find_all(exp.Anonymous):
        if call.name.lower() not in PURE:
            raise PolicyViolation(
                f"a condition of the model calls the unknown function `{masked(call.name)}`.", f"use {', '.join(sorted(PURE))}."
            )
    return {name for column in tree.find_all(exp.Column) for name in _column(column, bound)}


def _column(column: Any, bound: set[str]) -> Iterator[str]:  # noqa: ANN401 - a sqlglot expression
    if column.table in {"l", "r"}:
        yield column.name
    elif column.table:
        raise PolicyViolation("a condition of the model reads a column of another table.", "compare declared columns only.")
    elif column.name not in bound:
        yield _SIDE.sub("", column.name)


def refuse_undeclared(used: Mapping[str, set[str]], declared: Iterable[str]) -> None:
    """Refuse a model that reads a column that `on` does not name."""
    allowed = set(declared)
    strange = sorted(name for name in used if name not in allowed)
    if strange:
        places = ", ".join(f"`{masked(name)}` ({', '.join(sorted(used[name]))})" for name in strange)
        hint = "name each column in `on` as (account column, record column); the model sees it under the account column's name."
        raise PolicyViolation(f"the model reads columns that are not declared to the gate: {places}.", hint)


def safe(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as the gate runs them: links only, no values retained, names it knows."""
    return dict(settings) | {
        "link_type": "link_only",
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": True,
        "additional_columns_to_retain": [],
        "unique_id_column_name": "unique_id",
        "source_dataset_column_name": "source_dataset",
        "match_weight_column_prefix": "mw_",
        "linker_uid": None,
    }
