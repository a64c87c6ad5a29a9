"""Whether the edges of a table still stand: each is looked up in the register and decided again, as of now."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from governance.engines import open_table
from governance.engines.plan import quoted
from governance.ledger import Ledger
from governance.matching.sweep import live_edges
from governance.matching.tables import connect
from governance.project import Project
from governance.rules.edges import FACT, UNREGISTERED


def edge_facts(data: Any, data_set: str, ledger: Ledger, project: Project, moment: datetime | None = None) -> dict[str, str]:  # noqa: ANN401
    """What the rules ask of a data set of matches: counts of its edges by what refuses them today.

    Parameters
    ----------
    data
        A table of edges: a path or a table in memory.
    data_set
        Its name in governance.yml, which may give its columns other names than ours.

    Returns
    -------
    dict
        `edge_refusals`: `CODE:count;...`, empty while all edges stand. Nothing where the table has no columns of edges.

    """
    table = open_table(data)
    columns = _edge_columns({name for name, _ in table.columns}, data_set, project)
    if columns is None:
        return {}
    registered = list(live_edges(ledger, project, moment or datetime.now(UTC)))
    schema = pa.schema([("user_id", pa.string()), ("off_id", pa.string()), ("refusal", pa.string())])
    known = pa.concat_tables([part.select(schema.names).cast(schema) for part in registered]) if registered else schema.empty_table()
    x, o = (f"CAST({quoted(name)} AS VARCHAR)" for name in columns)
    here = table.connection.sql(f"SELECT {x} AS user_id, {o} AS off_id FROM {table.view}").to_arrow_table()
    counts: Counter[str] = Counter()
    with connect() as connection:
        connection.register("here", here)
        connection.register("known", known)
        best = "SELECT user_id, off_id, min(refusal) AS refusal FROM known GROUP BY user_id, off_id"
        sql = (
            f"SELECT coalesce(k.refusal, '{UNREGISTERED}') AS why, count(*) FROM here h"
            f" LEFT JOIN ({best}) k ON k.user_id = h.user_id AND k.off_id = h.off_id GROUP BY why"
        )
        counts.update({str(why): int(count) for why, count in connection.execute(sql).fetchall() if why})
    return {FACT: ";".join(f"{why}:{count}" for why, count in sorted(counts.items()))}


def _edge_columns(known: set[str], data_set: str, project: Project) -> tuple[str, str] | None:
    declared = project.datasets.get(data_set)
    labels = {column.holds: name for name, column in declared.columns.items()} if declared else {}
    x, o = labels.get("match.x_user_id", "x_user_id"), labels.get("match.off_x_id", "off_x_id")
    return (x, o) if {x, o} <= known else None
