"""A consenting person's own cells: compared with the one account their consent names, where a purpose says so, and with nothing else.

With express opt-in any information may be used. A consent that names attributes lets that person's own cells of those attributes through,
whatever their provenance; the edge then says which of them agree. Nobody else's cells, and no other attribute, ever pass.
"""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute

from governance.engines.plan import literal, quoted
from governance.matching.keys import key
from governance.matching.plan import Plan
from governance.matching.request import Request

pc: Any = pyarrow.compute
CONSENT_GROUND = -1
"""The packed ground of an edge that is a consent. Lower numbers say which of the person's own cells agree, a bit for each comparison."""
_MOST = 60


def agreeing(packed: int) -> list[int]:
    """The comparisons that a consent edge's ground names.

    >>> agreeing(-1), agreeing(-4)
    ([], [0, 1])
    """
    bits = CONSENT_GROUND - packed
    return [at for at in range(bits.bit_length()) if bits >> at & 1]


def lets_through(request: Request) -> bool:
    """Whether the purpose, or a parent of it, lets own cells through."""
    return any(request.project.purposes[name].own_cells for name in request.purposes if name in request.project.purposes)


def own_cells(plan: Plan, connection: Any, people: pa.Table) -> pa.Table:  # noqa: ANN401 - a DuckDB connection
    """The cells that consents let through: `off_id` and a `cell_N` per comparison, NULL where the person's consent names another attribute.

    The records are read piece by piece; what is not a person's own falls away before anything is stored or compared.

    Parameters
    ----------
    plan
        The plan of the match, with its view `records`.
    people
        `off_id` and `attributes` of the consents that stand, one row per person.

    """
    request = plan.request
    places = [at for at, c in enumerate(request.comparisons[:_MOST]) if c.is_public]
    cells = ", ".join(f"{plan.record_cell(at)} AS cell_{at}" for at in places)
    reader = connection.sql(f"SELECT {plan.record_id} AS off_id, {cells or 'NULL AS cell_none'} FROM records").to_arrow_reader(1 << 16)
    kept = [pa.Table.from_batches([batch]).filter(pc.is_in(batch["off_id"], people["off_id"])) for batch in reader]
    mine = pa.concat_tables(kept) if kept else pa.table({"off_id": pa.array([], pa.string())})
    for at in places if mine.num_rows else ():
        named = people.filter(_names(people["attributes"], set(_attributes(request, at))))["off_id"]
        field = mine.column_names.index(f"cell_{at}")
        masked = pc.if_else(pc.is_in(mine["off_id"], named.combine_chunks()), mine[f"cell_{at}"], pa.scalar(None, pa.string()))
        mine = mine.set_column(field, f"cell_{at}", masked)
    return mine


def agree_sql(plan: Plan, columns: list[str]) -> str:
    """For each pair of a consent the bits of the comparisons in which the person's own cell agrees with the account."""
    comparisons = plan.request.comparisons
    tests = [
        f"CASE WHEN {_named_sql(plan.request, at)}"
        f" AND coalesce(x.key_{at} = {key(comparisons[at].account_label, quoted(f'cell_{at}'))}, FALSE) THEN {1 << at} ELSE 0 END"
        for at in range(min(len(comparisons), _MOST))
        if f"cell_{at}" in columns
    ]
    return (
        f"SELECT e.user_id, e.off_id, bit_or(CAST({' + '.join(tests) or '0'} AS BIGINT)) AS bits FROM consent_edges e"
        " JOIN consents c ON c.consent_id = e.consent_id JOIN x ON x.user_id = e.user_id JOIN own ON own.off_id = e.off_id"
        " GROUP BY e.user_id, e.off_id"
    )


def _named_sql(request: Request, at: int) -> str:
    """Whether the consent of this very pair names the attribute: one for another account does not speak for it."""
    return "(" + " OR ".join(f"instr(c.attributes, {literal(f';{word};')}) > 0" for word in dict.fromkeys(_attributes(request, at))) + ")"


def _attributes(request: Request, at: int) -> Iterator[str]:
    comparison = request.comparisons[at]
    yield comparison.account_label
    yield request.facts.attribute(comparison.record_column)


def _names(attributes: pa.ChunkedArray, words: set[str]) -> pa.Array:
    return pa.array([any(f";{word};" in (text or "") for word in words) for text in attributes.to_pylist()], pa.bool_())
