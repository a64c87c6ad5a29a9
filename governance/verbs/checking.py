"""`gov.check`: what a data set holds, measured and decided; the report carries counts, names and codes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from governance import __version__
from governance.content import Posts, read_posts, recognise
from governance.engines import DuckTable, open_table
from governance.engines.opening import given_path, holds_parquet, over_arrow
from governance.errors import BadRequest
from governance.ledger import Ledger
from governance.model import Measure, Report, Subject, masked
from governance.policy import load_policy
from governance.project import Project, load_project
from governance.reporting.maps import read_heat_map
from governance.reporting.maps.memory import without_outlines
from governance.rules import all_rules, rules_sha256
from governance.verbs.besides import beside_posts
from governance.verbs.deciding import Decision, decide, nothing_to_check
from governance.verbs.labelling import labelled
from governance.verbs.proving import facts_of
from governance.verbs.recording import record_check
from governance.verbs.remembering import Memory
from governance.vocabulary import EGRESS, Kind

_MAP_PAGES = frozenset({".geojson", ".html"})
_UNROWED = frozenset({".db", ".sqlite", ".sqlite3", ".duckdb", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp"})
"""Databases and pictures are no table: what the artifact scan finds in them decides."""
_WORKBOOKS = frozenset({".xlsx", ".xlsm"})
"""No shape of X Content comes as a workbook."""
_NO_POSTS = _MAP_PAGES | _UNROWED | _WORKBOOKS


@dataclass(frozen=True, slots=True)
class _Target:
    """What is checked: the declared data set, its kind, and the project it stands in."""

    data_set: str
    kind: Kind
    project: Project

    @property
    def mode(self) -> str:
        declared = self.project.datasets.get(self.data_set)
        return declared.mode if declared and self.kind not in EGRESS else "enforce"


def check(
    data: Any,  # noqa: ANN401 - whatever people hold
    kind: Kind | str | None = None,
    data_set: str | None = None,
    project: Project | str | Path | None = None,
    *,
    ledger: str | Ledger | None = None,
    rules: Iterable[str] | None = None,
    gate: Mapping[str, str] | None = None,
) -> Report:
    """Check a data set against the X Developer Policy.

    Parameters
    ----------
    data
        A path, a pandas or polars frame, an Arrow table or a DuckDB relation.
    kind
        What the data set is for: posts, working, heat_map, records, matches, consents or share. Without one, the declared kind; where
        nothing is declared `working`, the strictest.
    data_set
        The name of a data set in governance.yml; without one it is found by its location.
    project
        A governance.yml, its folder, or a Project.
    ledger
        A URL or a Ledger; every check is recorded there.
    rules
        Codes of the rules to run, all by default.
    gate
        Codes that tie the entry to one run (dag, run, task); the entry is then a proof, and a ledger that can't be reached stops the gate.

    Returns
    -------
    Report
        `.outcome`, `.findings`, `.enforce()`; counts, names and codes, never a value.

    Raises
    ------
    BadRequest
        The data can't be read, or the arguments contradict governance.yml.

    Examples
    --------
    >>> import pandas as pd, governance as gov
    >>> visits = pd.DataFrame({"user": ["a", "b"], "lat": [48.13743, 48.14128], "lon": [11.57549, 11.58212]})
    >>> str(gov.check(visits, ledger="sqlite://").outcome)
    'fail'

    """
    if gate is not None and not isinstance(gate, Mapping):
        raise BadRequest("gate: no mapping of codes.", 'write gate={"dag": ..., "run": ..., "task": ...}.')
    target = _target(data, kind, data_set, load_project(project))
    table = _table(data, target.kind)
    book = Ledger.open(ledger, project=target.project) if gate else ledger
    memory = Memory(table, book if isinstance(book, Ledger) and gate else None)
    columns = labelled(table, target.kind, target.data_set, target.project, memory.detect)
    if table.shape:
        columns += tuple(beside_posts(table, target.kind))
    subject = Subject(
        kind=target.kind,
        columns=columns,
        data_set=target.data_set,
        declared=target.data_set in target.project.datasets,
        post_store=bool(target.project.datasets[target.data_set].post_store) if target.data_set in target.project.datasets else False,
        thresholds=target.project.thresholds,
        facts=facts_of(data, target.kind, target.data_set, target.project, book) | _shape_facts(table),
    )
    decision = decide(subject, table, target.project, _chosen(rules))
    report = replace(_report(table, subject, decision, target), remembered=memory.keep())
    return record_check(report, book, target.project, gate)


def _report(table: DuckTable, subject: Subject, decision: Decision, target: _Target) -> Report:
    rows = table.row_count
    idle = not subject.columns or all(outcome == "notApplicable" for outcome in decision.rules.values())
    empty = rows == 0 or idle or _is_blank(table, rows)
    return Report(
        data_set=target.data_set or (masked(Path(table.name).name) if table.paths else "data"),
        kind=subject.kind,
        scanned_rows=rows,
        findings=(*decision.findings, nothing_to_check()) if empty else decision.findings,
        rules=decision.rules,
        columns=subject.columns,
        policy=load_policy().facts(),
        library=__version__,
        rules_sha256=rules_sha256(),
        project_sha256=target.project.sha256,
        data_sha256=table.fingerprint(),
        thresholds=subject.thresholds,
        mode=target.mode,
        unread=table.unread,
    )


def _is_blank(table: DuckTable, rows: int) -> bool:
    """Whether no cell of any row holds anything, as the pass over all rows counted."""
    blank = [[table.learned.get(Measure(what, (name,))) for what in ("nulls", "empty")] for name, _ in table.columns]
    return all(rows in counts for counts in blank)


def _target(data: Any, kind: Kind | str | None, data_set: str | None, project: Project) -> _Target:  # noqa: ANN401
    if data_set is not None and not (isinstance(data_set, str) and data_set in project.datasets):
        raise project.error(f"data set `{data_set}` is not declared.", "datasets", hint="add it under `datasets:`, or leave data_set out.")
    name = data_set or (project.data_set_at(data) if isinstance(data, str | Path) else None) or ""
    asked = _kind(kind)
    declared = project.datasets[name].kind if name else None
    if asked and declared and asked is not declared:
        what = f"data set `{name}` is declared as {declared}, but {asked} was asked for."
        raise project.error(what, "datasets", name, "kind", hint="leave kind out, or change the declaration.")
    return _Target(name, declared or asked or Kind.WORKING, project)


def _kind(kind: Kind | str | None) -> Kind | None:
    try:
        return Kind(kind) if kind is not None else None
    except ValueError:
        raise BadRequest(f"`{kind}` is no kind of data set.", f"choose one of {', '.join(Kind)}.") from None


def _chosen(rules: Iterable[str] | None) -> frozenset[str] | None:
    """The codes that were asked for; a rule that nobody knows is a bad request, never a check that ran nothing."""
    if rules is None:
        return None
    codes = frozenset([rules] if isinstance(rules, str) else map(str, rules) if isinstance(rules, Iterable) else [str(rules)])
    if codes - all_rules().keys():
        raise BadRequest("one of the rules asked for is not known.", "`governance rules` lists the codes, for example LOC001.")
    return codes


def _shape(path: Path) -> str:
    return (recognise(path) if path.is_file() and path.suffix.lower() not in _WORKBOOKS else None) or ""


def _folder_of_posts(folder: Path) -> Posts:
    """The Posts of a folder that holds nothing else; what no reader of Posts looks at would go unseen."""
    hint = "name the files one by one; a folder is checked as one table, of Parquet files or of files of Posts."
    unread = [f for f in folder.rglob("*") if f.is_file() and f.suffix.lower() in _NO_POSTS and not f.name.startswith((".", "_"))]
    if unread:
        raise BadRequest(f"{folder}: {len(unread)} of its files are no files of Posts (workbooks, databases, pictures, maps).", hint)
    try:
        return read_posts(folder)
    except BadRequest as problem:
        raise BadRequest(
            f"{folder}: this folder holds neither Parquet files nor Posts alone ({problem.message.rstrip('.')}).", hint
        ) from None


def _shape_facts(table: DuckTable) -> dict[str, str]:
    unread = {f"unread.{reason}": str(count) for reason, count in table.unread.items()}
    return {"x_shape": table.shape} | unread if table.shape else {}


def _table(data: Any, kind: Kind) -> DuckTable:  # noqa: ANN401 - whatever people hold
    """The table to measure; X Content in one of its own shapes is read into the canonical Post table first."""
    if not isinstance(data, str | Path):
        return open_table(without_outlines(data) if kind is Kind.HEAT_MAP else data)
    path = given_path(data)
    if path.suffix.lower() in _UNROWED and path.is_file():
        return over_arrow(pa.table({"artifact": [path.suffix.lower()[1:]]}), str(path), (path,))
    if kind is Kind.HEAT_MAP and path.suffix.lower() in _MAP_PAGES and path.is_file():
        return over_arrow(read_heat_map(path)[0], str(path), (path,))
    if path.is_dir() and not holds_parquet(path):
        shape, files = "folder", tuple(sorted(f for f in path.rglob("*") if f.is_file()))
    else:
        shape, files = _shape(path), (path,)
    if not shape:
        return open_table(path)
    posts = _folder_of_posts(path) if path.is_dir() else read_posts(path)
    table = over_arrow(pa.RecordBatchReader.from_stream(posts), str(path), files)
    return replace(table, shape=shape, unread=dict(posts.rejected.counts))
