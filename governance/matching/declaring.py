"""Helping people declare: governance.yml from a look at two files, and what each basis of a match still lacks."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from governance.engines import open_table
from governance.engines.plan import quoted
from governance.ledger import Ledger
from governance.matching.consent_plan import consents_sql
from governance.matching.consents import MINIMAL
from governance.matching.facts import Facts
from governance.matching.inputs import consent_table
from governance.matching.keys import ACCOUNT_LABELS
from governance.matching.reasons import REASONS, code
from governance.matching.request import Comparison, Request
from governance.matching.store import waiting
from governance.matching.tables import connect
from governance.model import Column
from governance.project import Project
from governance.vocabulary import OFF_X_IDENTIFIERS, Kind, Status

_CLAIMS = (
    (r"(^|_)(x|twitter|tw)_?(user_?)?id$|^x_?id$", "x.user.id", "the numeric X id of the person"),
    (r"handle|screen_?name|twitter|^x$|(^|_)x_?(name|user|account)", "x.user.handle", "the X handle of the person"),
    (r"(^|_)(full_?name|display_?name|name)$", "x.user.display_name", "the name, to be compared with the display name on X"),
    (r"(^|_)(city|town|place|location)$", "x.user.stated_location", "the town, to be compared with the stated profile location"),
    (r"(^|_)bio$|description", "x.user.bio", "words about the person, to be compared with the bio on X"),
)
_ID_NAME = re.compile(r"(^|_)(customer|member|person|client|subscriber|contact|household|device|cookie)?_?(id|key|number|no|nr)$")
_PERMANENT = frozenset({"PROVENANCE_THIRD_PARTY", "PROVENANCE_INFERRED", "PROVENANCE_OBSERVED"})


def declarations(accounts: Path, records: Path, folder: Path, columns: Sequence[Column]) -> str:
    """The text of a governance.yml for one match: what the files show is filled in, what only a person knows is asked for.

    Parameters
    ----------
    accounts, records
        The X side and the off-X side, as `gov.match` takes them.
    folder
        Where governance.yml will stand; locations are written relative to it.
    columns
        What the columns of the records were found to hold.

    Returns
    -------
    str
        A governance.yml that can be read as it stands, and that permits no pair until each `decide:` is answered.

    """
    name = _name(records)
    identity = _identity(records, columns)
    columns = sorted(columns, key=lambda column: column.name != identity)
    lines = [
        f"# From a look at {accounts.name} and {records.name}. Each `decide:` asks what only a person knows; until it is answered",
        "# every pair is refused. `governance doctor` lists what is still open. Consents are imported: the least a file of them",
        f"# holds is {', '.join(MINIMAL)}.",
        "version: 1",
        'controller: ""  # decide: who you are, in the words your consents use',
        "purposes:",
        "  matching: {description: to be described}  # decide: rename it, and say in one sentence what the match is for",
        "sources:",
        f"  {name}:",
        "    provenance: unknown  # decide: self_provided, public_resource, public_x, observed, inferred or third_party",
        '    relationship: ""  # decide: member, customer, ... if people gave this to you directly',
        "    # relationship_since: 2024-01-01  # decide: since when, or label a column off_x.relationship_since",
        "    collected_for: []  # decide: the purposes people were told when they gave it",
        '    url: ""  # decide: the page, if it is a public resource that anyone can open',
        "    # checked_at: 2026-11-01  # decide: the day someone opened that page",
        "expectations: []  # decide: one reviewed row per attribute below; see docs/explanation/reasonable-expectation.md",
        "# - {provenance: self_provided, attribute: x.user.handle, collected_for: matching, purpose: matching, status: expected,",
        "#    rationale: the form says so, reviewer: who, reviewed_at: 2026-11-01, expires_at: 2027-11-01}",
        "datasets:",
        "  accounts:",
        "    kind: working",
        f"    location: {_quoted(_place(accounts, folder))}",
        "    columns:",
        *_account_lines(accounts),
        f"  {name}:",
        "    kind: records",
        f"    location: {_quoted(_place(records, folder))}",
        "    columns:",
        *(_record_line(column, identity, name) for column in columns),
    ]
    return "\n".join(lines) + "\n"


def _account_lines(accounts: Path) -> Iterator[str]:
    known = [column for column, _ in open_table(accounts).columns]
    for column in known:
        label = ACCOUNT_LABELS.get(column.lower())
        if label:
            yield f"      {_quoted(column)}: {{holds: {label}}}"
    for needed in ("user_id", "state", "state_checked_at"):
        if needed not in known:
            yield f"      # decide: where `{needed}` comes from; without it every account is refused"


def _record_line(column: Column, identity: str, source: str) -> str:
    name = _quoted(column.name)
    if column.name == identity:
        label = column.label if column.label in OFF_X_IDENTIFIERS else "off_x.person"
        return f"      {name}: {{holds: {label}}}  # decide: does this name a person, a household, a device or a browser?"
    for pattern, claims, meaning in _CLAIMS:
        if re.search(pattern, column.name.lower()):
            held = f"{{holds: off_x.attribute, claims: {claims}, source: {source}}}"
            return f"      {name}: {held}  # decide: is it {meaning}, and from this source?"
    if column.status is Status.CONFIRMED and column.label != "none":
        return f"      {name}: {{holds: {column.label}, source: {source}}}  # decide: found by looking; is it so?"
    return f"      {name}: {{holds: off_x.attribute, source: {source}}}  # decide: what it holds, and whether this source gave it"


def _identity(records: Path, columns: Sequence[Column]) -> str:
    """The column that names someone: by its name, else the first if no value comes twice, else what the detector found."""
    free = [c for c in columns if not any(re.search(pattern, c.name.lower()) for pattern, *_ in _CLAIMS)]
    named = [c.name for c in free if _ID_NAME.search(c.name.lower())]
    found = [c.name for c in free if c.label in OFF_X_IDENTIFIERS]
    first = [c.name for c in free[:1] if _is_unique(records, c.name)]
    return next(iter([*named, *first, *found, *(c.name for c in columns)]), "")


def _is_unique(records: Path, column: str) -> bool:
    table = open_table(records)
    name = quoted(column)
    ((rows, known),) = table.rows(f"SELECT count(*), count(DISTINCT {name}) FROM {table.view}")
    return rows == known


def _name(path: Path) -> str:
    return re.sub(r"\W+", "_", path.stem.lower()).strip("_") or "records"


def _place(path: Path, folder: Path) -> str:
    resolved, home = path.resolve(), folder.resolve()
    return str(resolved.relative_to(home)) if resolved.is_relative_to(home) else str(resolved)


def _quoted(text: str) -> str:
    return (
        text
        if re.fullmatch(r"[A-Za-z_][\w./-]*", text) and text.lower() not in {"yes", "no", "true", "false", "null", "on", "off"}
        else ("'" + text.replace("'", "''") + "'")
    )


def lacking(project: Project, ledger: Ledger | None = None) -> Iterator[tuple[str, str]]:
    """What each basis of a match still lacks: what is missing, and what to do about it.

    Nothing is said of a project without records to match.
    """
    claimed = [
        (name, column)
        for name, data_set in project.datasets.items()
        if data_set.kind is Kind.RECORDS
        for column, declared in data_set.columns.items()
        if declared.claims
    ]
    if not claimed:
        return
    yield from _project_lacks(project, claimed)
    yield from _points_nowhere(project, claimed)
    for purpose in project.purposes:
        for name, column in claimed:
            yield from _column_lacks(project, purpose, name, column)
        if ledger is not None:
            yield from _consents_lack(project, purpose, claimed, ledger)
    for reason, count in waiting(ledger).items() if ledger is not None else ():
        many = _few(count, project)
        yield f"{many} edges are suspended ({reason})", f"{REASONS[reason].hint} Then sweep with a new accounts table."


def _project_lacks(project: Project, claimed: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    if not project.controller:
        yield "EXPRESS_OPT_IN: no `controller` is declared", "write it as your consents name you; without it no consent counts."
    if not project.purposes:
        yield "no purpose is declared", "add one under `purposes:`; a match is made for a purpose."
    for name in dict.fromkeys(name for name, _ in claimed):
        if not OFF_X_IDENTIFIERS & {declared.holds for declared in project.datasets[name].columns.values()}:
            yield f"`{name}` names no off-X identifier", "label the column that names the person: `holds: off_x.person`."


def _points_nowhere(project: Project, claimed: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Names in declarations that no other declaration bears."""
    for row in project.expectations:
        if row.purpose not in project.purposes:
            yield f"an expectation is assessed for `{row.purpose}`, which is no declared purpose", "declare it, or correct the assessment."
    unknown = "until then it counts as of unknown provenance."
    for name, column in claimed:
        columns = project.datasets[name].columns
        for parent in columns[column].derived_from:
            if parent not in columns:
                yield f"`{column}` of `{name}` is derived from `{parent}`, which is not declared", f"declare it with its source; {unknown}"


def _column_lacks(project: Project, purpose: str, name: str, column: str) -> Iterator[tuple[str, str]]:
    data_set = project.datasets[name]
    facts = Facts(project, data_set, purpose, datetime.now(UTC))
    word = "self_provided" if data_set.provenance_column else ""
    refusal = facts.ground(column, word).refusal
    if refusal and refusal not in _PERMANENT:
        yield f"`{column}` of `{name}` can't be matched for `{purpose}` without opt-in ({refusal})", REASONS[refusal].hint


def _consents_lack(project: Project, purpose: str, claimed: list[tuple[str, str]], ledger: Ledger) -> Iterator[tuple[str, str]]:
    """How many consents on file do not count for a purpose, by the first check they fail."""
    events = consent_table(value for _, value in ledger.register("consents").items())
    if not events.num_rows:
        return
    comparisons = tuple((Comparison("", column, project.datasets[name].columns[column].claims),) for name, column in claimed)
    request = Request(project, claimed[0][0], purpose, datetime.now(UTC), comparisons)
    with connect() as connection:
        connection.register("consent_events", events)
        rows = connection.execute(f"SELECT refusal FROM ({consents_sql(request, 'person')}) WHERE refusal > 0").fetchall()
    for refusal, count in Counter(code(int(number)) for (number,) in rows).items():
        many = _few(count, project)
        yield f"EXPRESS_OPT_IN: {many} consents do not count for `{purpose}` ({refusal})", REASONS[refusal].hint


def _few(count: int, project: Project) -> str:
    """A count of people as a report may say it."""
    floor = project.thresholds.minimum_people
    return f"{count}" if count >= floor else f"fewer than {floor}"
