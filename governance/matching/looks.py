"""Several rows of one account: which of them says what state it is in.

A look is set aside only if another one is certainly later. Of those that remain the strictest state counts, since nobody can tell which of
them was last: a row without a time may be the latest look, and so may a row that names a day be, until that day is over.
"""

from governance.engines.plan import literal, quoted
from governance.matching.keys import timestamp

STRICTEST = ("deleted", "withheld", "suspended", "protected")
"""States that are not public, the strictest first."""
LATEST_FIRST = "may_be_last DESC, strictness DESC, checked_at DESC NULLS LAST"
"""The order of an account's rows, of which the first one counts."""


def looked_until(column: str, sql_type: str) -> str:
    """Until when a look may have been made, in SQL: a time is its moment, a day lasts; NULL where there is no time."""
    time = timestamp(column, sql_type)
    end_of_day = f"{time} + INTERVAL 86399999999 MICROSECOND"
    if sql_type == "DATE":
        return end_of_day
    return f"CASE WHEN instr({quoted(column)}, ':') > 0 THEN {time} ELSE {end_of_day} END" if sql_type == "VARCHAR" else time


def ranked(rows: str) -> str:
    """Rows of accounts with what `LATEST_FIRST` asks of them.

    Parameters
    ----------
    rows
        SQL of rows with `user_id`, `state` (in lower case), `checked_at` and `checked_until`.

    """
    known = " ".join(f"WHEN {literal(state)} THEN {len(STRICTEST) + 1 - at}" for at, state in enumerate(STRICTEST))
    said = "WHEN state = 'public' OR (state IS NULL AND checked_at IS NULL) THEN 0"
    last = "max(checked_at) OVER (PARTITION BY user_id)"
    return f"""
SELECT *, CASE {said} ELSE CASE state {known} ELSE 1 END END AS strictness, coalesce(checked_until >= {last}, TRUE) AS may_be_last
FROM ({rows})"""


def latest(rows: str) -> str:
    """Of each account the one row that counts; see `ranked`."""
    place = f"row_number() OVER (PARTITION BY user_id ORDER BY {LATEST_FIRST}) AS place"
    return f"SELECT * FROM (SELECT *, {place} FROM ({ranked(rows)})) WHERE place = 1"
