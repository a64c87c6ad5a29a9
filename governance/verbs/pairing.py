"""`gov.match`: accounts of X and off-X records, linked where a person's consent or lawful data permits it, and nowhere else."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from governance.errors import BadRequest
from governance.ledger import Ledger
from governance.matching.consent_book import ImportReport, shown, withdraw
from governance.matching.consent_book import import_consents as append_consents
from governance.matching.consent_book import import_objections as append_objections
from governance.matching.downstream import Downstream
from governance.matching.downstream import register_downstream as note_downstream
from governance.matching.edges import Matches, grounds_of, new_match_id
from governance.matching.erasing import salt_of
from governance.matching.gate import EDGES, Gate
from governance.matching.inputs import KNOWN, read_registers
from governance.matching.purposes import checked_purpose, prohibited
from governance.matching.request import Request, read_moment, read_on
from governance.matching.rewriting import checked_output
from governance.matching.store import keep_edges, known_edges, supersede
from governance.matching.sweep import Sweep, SweepReport
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
    threshold: float = 0.9,
    out: str | Path | None = None,
) -> Matches:
    """Match X accounts with off-X records where the policy permits it.

    Each cell is masked before anything is compared: what has no basis for this purpose never reaches a comparison. Consents, objections and
    earlier edges come from the ledger; the edges are registered there, and the journal records counts and commitments.

    Parameters
    ----------
    accounts
        The X side: `user_id`, the columns to compare, `state`, `state_checked_at`. A path or a table in memory.
    records
        The off-X side. A path is found in governance.yml by its location, the name of a data set by its name; a table in memory is the one
        declared `records` data set that has its columns.
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
    threshold
        The least match probability of an edge, for `method="splink"`.
    out
        A file for the edges (.parquet, .csv, .jsonl), which is registered for sweeps. It is there whole, with its edges in the ledger, or
        the match fails and neither is.

    Returns
    -------
    Matches
        `.edges` (a pyarrow table) and `.refused` (counts by reason code).

    Raises
    ------
    BadRequest
        The tables or the arguments can't be read, or `out` can't be written.
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
    if method == "exact" and settings is not None:
        raise BadRequest("`settings` are Splink's, and method='exact' has none.", "leave settings out, or pass method='splink'.")
    purpose = checked_purpose(str(purpose), home)
    place = None if out is None else checked_output(Path(out).absolute())
    accounts, records = _located(accounts, home), _located(records, home)
    book = Ledger.open(ledger, project=home)
    alternatives = read_on(on, _labels(accounts, home))
    if method == "splink":
        alternatives = tuple((one,) for one in dict.fromkeys(one for alternative in alternatives for one in alternative))
    request = Request(home, _data_set(records, home, data_set), purpose, read_moment(as_of), alternatives)
    if prohibited(purpose, home):
        return _recorded(book, request, EDGES.empty_table(), {"PURPOSE_PROHIBITED": _row_count(records)}, method, place)
    book.require_intact("consents", "objections", "matches", "downstream")
    known = known_edges(book) if any(c.account_label == "x.user.handle" for c in request.comparisons) else KNOWN.empty_table()
    gate = Gate.open(request, read_registers(book, known), (accounts, records), salt_of(book))
    with gate.connection:
        model = _model(gate, method, settings, threshold)
        gate.mask()
        consented = gate.decide_consents().cast(EDGES)
        gate.apply_objections()
        request, found = model.run() if model else (request, gate.compare())
        edges = pa.concat_tables([consented, gate.keep(found) if model else found])
        gate.count_refused(edges)
    scores = pa.chunked_array([pa.nulls(consented.num_rows, pa.float64()), *found["score"].chunks]) if model else None
    return _recorded(book, request, edges, gate.refused, method, place, scores)


def _model(gate: Gate, method: str, settings: Any, threshold: float) -> Any:  # noqa: ANN401 - Splink is an extra
    """The model of a probabilistic match, inspected before a value is read; None for equal keys."""
    if method == "exact":
        return None
    try:
        from governance.matching.splink_gate import SplinkGate

        return SplinkGate.open(gate, settings, threshold)
    except ModuleNotFoundError as missing:
        if missing.name not in {"splink", "sqlglot"}:
            raise
        raise BadRequest("method='splink' needs Splink.", "install `post-governance[splink]`.") from None


def sweep_matches(
    accounts: Any = None,  # noqa: ANN401 - whatever people hold
    records: Any = None,  # noqa: ANN401 - whatever people hold
    project: Project | str | Path | None = None,
    ledger: str | Ledger | None = None,
    as_of: datetime | date | str | None = None,
    *,
    data_set: str | None = None,
) -> SweepReport:
    """Decide every registered edge again; unlink or suspend what has no live basis, in the ledger and in every table downstream.

    An edge whose basis can't be confirmed for now (a stale or unknown account state, an assessment or a source that has run out) is
    suspended: it stays on register, and a later sweep with fresh data makes it active again. Every other refusal unlinks it for good.

    Parameters
    ----------
    accounts
        A new accounts table: changed states, renamed handles. Accounts that are not in it keep their edges until those run out; without
        it, nothing that waits for its account becomes active again.
    records
        New records; without them they are read from where governance.yml says they are.
    project, ledger, as_of, data_set
        As for `match`.

    Returns
    -------
    SweepReport
        Counts: edges looked at, edges unlinked and suspended by reason, edges active again, rows removed downstream.

    """
    home = load_project(project)
    book = Ledger.open(ledger, project=home)
    book.require_intact("consents", "objections", "matches", "downstream")
    given = {} if records is None else {_data_set(records, home, data_set): records}
    return Sweep(book, home, read_moment(as_of), accounts, given).run()


def import_consents(
    path: str | Path,
    project: Project | str | Path | None = None,
    ledger: str | Ledger | None = None,
    defaults: Mapping[str, str] | None = None,
) -> ImportReport:
    """Append the consent events of a CSV, JSON-L, JSON or Parquet file to the ledger; see `governance.matching.consents`."""
    return append_consents(Ledger.open(ledger, project=load_project(project)), Path(path), defaults)


def import_objections(path: str | Path, project: Project | str | Path | None = None, ledger: str | Ledger | None = None) -> ImportReport:
    """Put the objections of a file on file: they stop every later match of the people they name, on any basis."""
    return append_objections(Ledger.open(ledger, project=load_project(project)), Path(path))


def withdraw_consent(
    consent_id: str,
    project: Project | str | Path | None = None,
    ledger: str | Ledger | None = None,
    at: datetime | None = None,
) -> SweepReport:
    """Withdraw a consent and unlink at once what stood on it, downstream tables included."""
    home = load_project(project)
    book = Ledger.open(ledger, project=home)
    user, off = withdraw(book, consent_id, at)
    return Sweep(book, home, at or datetime.now(UTC), withdrawn=(consent_id, user, off)).run()


def register_downstream(
    location: str | Path,
    project: Project | str | Path | None = None,
    ledger: str | Ledger | None = None,
    *,
    x_user_id: str = "x_user_id",
    off_x_id: str = "off_x_id",
) -> None:
    """Note that a file, or a table of a database (`URL#table`), holds edges, so that unlinked pairs are taken out of it."""
    home = load_project(project)
    note_downstream(Ledger.open(ledger, project=home), home, Downstream(str(location), x_user_id, off_x_id))


def show_consents(
    consent_id: str | None = None, project: Project | str | Path | None = None, ledger: str | Ledger | None = None
) -> dict[str, Any]:
    """What is on file: of one consent its events without the identities, of all the counts by last event."""
    return shown(Ledger.open(ledger, project=load_project(project)), consent_id)


def _recorded(
    book: Ledger,
    request: Request,
    edges: pa.Table,
    refused: Mapping[str, int],
    method: str,
    out: Path | None,
    scores: "pa.ChunkedArray | None" = None,
) -> Matches:
    """The result, after the ledger has it, and the file, if one is asked for, is in its place.

    The edges are written beside their place, registered, moved there, and told to the journal, in this order: no file ever holds an edge
    that the ledger does not know, and if the file can't be moved into its place the edges are taken out of the register again.
    """
    counts = {code: int(count) for code, count in sorted(refused.items()) if count}
    grounds = grounds_of(request, edges["ground"])
    match_id = new_match_id()
    minimum = request.project.thresholds.minimum_people
    found = Matches(edges, grounds, counts, request.purpose, request.moment, match_id, "", minimum, scores)
    about = {
        "match": match_id,
        "purpose": request.purpose,
        "data_set": request.data_set_name,
        "method": method,
        "on": [[[c.account_column, c.record_column, c.account_label] for c in alternative] for alternative in request.alternatives],
        "decided_at": request.moment.isoformat(),
        "grounds": {str(packed): asdict(ground) for packed, ground in grounds.items()},
    }
    keys: list[str] = []
    try:
        with found.staged(out):
            if out is not None:
                note_downstream(book, request.project, Downstream(str(out)))
            keys = keep_edges(book, match_id, about, edges)
    except BaseException:
        for key in keys:
            book.register("matches").erase(key)
        raise
    supersede(book, about, edges, keys)
    return replace(found, entry=_journalled(book, request, found, method))


def _journalled(book: Ledger, request: Request, found: Matches, method: str) -> str:
    """The journal's entry of a match."""
    by_basis: Counter[str] = Counter()
    for row in found.compact.group_by("ground").aggregate([("ground", "count")]).to_pylist():
        by_basis[found.grounds[row["ground"]].basis] += row["ground_count"]
    return book.record(
        "match",
        match=found.match_id,
        data_set=request.data_set_name or "undeclared",
        purpose=request.purpose,
        method=method,
        as_of=request.moment,
        edges=len(found),
        bases=dict(by_basis),
        refused=dict(found.refused),
        waived=found.waived,
        project_sha256=request.project.sha256,
    )


def _labels(accounts: Any, project: Project) -> dict[str, str]:  # noqa: ANN401 - whatever people hold
    """What the account columns hold, where governance.yml declares the accounts."""
    name = project.data_set_at(accounts) if isinstance(accounts, str | Path) else None
    return {column: declared.holds for column, declared in project.datasets[name].columns.items()} if name else {}


def _data_set(records: Any, project: Project, named: str | None) -> str:  # noqa: ANN401 - whatever people hold
    """The declaration of the records: as named, by location, or for a table in memory the one that fits."""
    if named is not None:
        if not isinstance(named, str) or named not in project.datasets:
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


def _located(data: Any, project: Project) -> Any:  # noqa: ANN401 - whatever people hold
    """The file of a data set that is named rather than located."""
    if isinstance(data, str) and data in project.datasets and not Path(data).exists():
        return project.resolve(project.datasets[data].location)
    return data


def _row_count(records: Any) -> int:  # noqa: ANN401 - whatever people hold
    from governance.engines import open_table

    return open_table(records).row_count
