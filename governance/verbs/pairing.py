"""`gov.match`: accounts of X and off-X records, linked where a person's consent or lawful data permits it, and nowhere else."""

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from governance.errors import BadRequest
from governance.ledger import Ledger
from governance.matching.edges import Matches, grounds_of
from governance.matching.gate import EDGES, Gate
from governance.matching.inputs import read_registers
from governance.matching.purposes import checked_purpose, prohibited
from governance.matching.request import Request, read_moment, read_on
from governance.matching.store import keep_edges, known_edges
from governance.matching.tables import columns_of
from governance.project import Project, load_project
from governance.vocabulary import Kind

METHODS = ("exact", "splink")


def match(
    accounts: Any,  # noqa: ANN401 - whatever people hold
    records: Any,  # noqa: ANN401 - whatever people hold
    on: Iterable[Any],
    purpose: str,
    method: str = "exact",
    settings: Any = None,  # noqa: ANN401 - Splink's settings
    project: Project | str | Path | None = None,
    ledger: str | Ledger | None = None,
    as_of: datetime | date | str | None = None,
    *,
    data_set: str | None = None,
) -> Matches:
    """Match X accounts with off-X records where the policy permits it.

    Each cell is masked before anything is compared: what has no basis for this purpose never reaches a comparison. Consents, objections and
    earlier edges come from the ledger; the edges are registered there, and the journal records counts and commitments.

    Parameters
    ----------
    accounts
        The X side: `user_id`, the columns to compare, `state`, `state_checked_at`. A path or a table in memory.
    records
        The off-X side. A path is found in governance.yml by its location; a table in memory is the one declared `records` data set that has
        its columns.
    on
        Pairs (account column, record column), each an alternative; a tuple of pairs must agree as a whole.
    purpose
        A purpose that governance.yml declares.
    method
        `exact`: equal keys. `splink`: a Splink model between consented, self-provided and public columns only.
    settings
        Splink's settings (a `SettingsCreator`, a dict or a path), for `method="splink"`.
    project, ledger
        As everywhere; no ledger, no match.
    as_of
        The association time, now by default.
    data_set
        The name of the records' data set, where it can't be found by location or columns.

    Returns
    -------
    Matches
        `.edges` (a pyarrow table) and `.refused` (counts by reason code).

    Raises
    ------
    BadRequest
        The tables or the arguments can't be read.
    LedgerUnavailable
        The ledger can't be reached.

    Notes
    -----
    X Developer Policy, "Off-X matching": express opt-in, or information a person gave directly or that is public, if the person would
    expect the use.

    Examples
    --------
    >>> import governance as gov
    >>> gov.match([], [], on=[("handle", "x_handle")], purpose="")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    governance.errors.BadRequest: ...

    """
    home = load_project(project)
    if method not in METHODS:
        raise BadRequest(f"`{method}` is no method of matching.", f"choose one of {', '.join(METHODS)}.")
    purpose = checked_purpose(purpose, home)
    book = Ledger.open(ledger, project=home)
    request = Request(home, _data_set(records, on, home, data_set), purpose, read_moment(as_of), read_on(on, _labels(accounts, home)))
    if prohibited(purpose, home):
        return _recorded(book, request, EDGES.empty_table(), {"PURPOSE_PROHIBITED": _row_count(records)}, method)
    gate = Gate.open(request, read_registers(book, known_edges(book)), (accounts, records), _salt(book))
    with gate.connection:
        gate.mask()
        consented = gate.decide_consents().cast(EDGES)
        gate.apply_objections()
        compared = gate.compare()
        edges = pa.concat_tables([consented, compared])
        gate.count_refused(edges)
    return _recorded(book, request, edges, gate.refused, method)


def _recorded(book: Ledger, request: Request, edges: pa.Table, refused: Any, method: str) -> Matches:  # noqa: ANN401 - a mapping of counts
    """The result, after the ledger has it: one journal entry, then the register rows."""
    counts = {code: int(count) for code, count in sorted(refused.items()) if count}
    grounds = grounds_of(request, edges["ground"])
    by_basis: dict[str, int] = {}
    for row in edges.group_by("ground").aggregate([("ground", "count")]).to_pylist():
        basis = grounds[row["ground"]].basis
        by_basis[basis] = by_basis.get(basis, 0) + row["ground_count"]
    entry = book.record(
        "match",
        data_set=request.data_set_name or "undeclared",
        purpose=request.purpose,
        method=method,
        as_of=request.moment,
        edges=edges.num_rows,
        bases=by_basis,
        refused=counts,
        project_sha256=request.project.sha256,
    )
    about = {
        "match": entry,
        "purpose": request.purpose,
        "data_set": request.data_set_name,
        "method": method,
        "on": [[[c.account_column, c.record_column] for c in alternative] for alternative in request.alternatives],
        "decided_at": request.moment.isoformat(),
        "grounds": {str(packed): [one.basis, list(one.evidence), list(one.support)] for packed, one in grounds.items()},
    }
    keep_edges(book, entry, about, edges)
    minimum = request.project.thresholds.minimum_people
    return Matches(edges, grounds, counts, request.purpose, request.moment, entry, entry, minimum)


def _salt(book: Ledger) -> str:
    return book.subkey("match|values").hex()[:32]


def _labels(accounts: Any, project: Project) -> dict[str, str]:  # noqa: ANN401 - whatever people hold
    """What the account columns hold, where governance.yml declares the accounts."""
    name = project.data_set_at(accounts) if isinstance(accounts, str | Path) else None
    return {column: declared.holds for column, declared in project.datasets[name].columns.items()} if name else {}


def _data_set(records: Any, on: Iterable[Any], project: Project, named: str | None) -> str:  # noqa: ANN401 - whatever people hold
    """The declaration of the records: as named, by location, or for a table in memory the one that fits."""
    if named is not None:
        if named not in project.datasets:
            raise project.error(f"data set `{named}` is not declared.", "datasets", hint="add it under `datasets:`, or leave data_set out.")
        return named
    if isinstance(records, str | Path):
        return project.data_set_at(records) or ""
    known = set(columns_of(records))
    fitting = [
        name
        for name, declared in project.datasets.items()
        if declared.kind is Kind.RECORDS and declared.columns and known.issuperset(declared.columns)
    ]
    if len(fitting) > 1:
        hint = f"name one with data_set=: {', '.join(fitting)}."
        raise project.error("several record data sets have the columns of this table.", "datasets", hint=hint)
    return fitting[0] if fitting else ""


def _row_count(records: Any) -> int:  # noqa: ANN401 - whatever people hold
    from governance.engines import open_table

    return open_table(records).row_count
