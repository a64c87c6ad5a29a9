"""What each column holds: what was declared, what our own tables are known to hold, what the detector found."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from governance.content import POST_LABELS
from governance.detection import Detected, detect_source
from governance.detection.evidence import Hit
from governance.engines import DuckTable
from governance.errors import BadRequest
from governance.model import Column, Measure
from governance.project import ColumnDeclaration, DataSet, Project
from governance.rules.no_credentials_in_data import CREDENTIAL
from governance.vocabulary import EGRESS, OFF_X_IDENTIFIERS, Family, Kind, Status, family

Detect = Callable[[DuckTable], tuple[Detected, ...]]
_MATCHES = {
    "x_user_id": "match.x_user_id",
    "off_x_id": "match.off_x_id",
    "basis": "match.basis",
    "status": "match.status",
}
_HEAT_MAP = {name: f"heat_map.{name}" for name in ("cell", "people", "posts", "window", "group")} | {
    "cell_id": "heat_map.cell",
    "window_start": "heat_map.window",
}
_CONSENTS = {"off_x_id": "match.off_x_id", "x_user_id": "match.x_user_id", "binding_evidence": "none", "evidence_uri": "none"}
_OF_POSTS = {name: POST_LABELS[name] for name in ("post_id", "author_id", "author_handle", "text", "hashtags")}
KNOWN: Mapping[Kind, Mapping[str, str]] = {
    Kind.POSTS: POST_LABELS,
    Kind.MATCHES: _MATCHES,
    Kind.HEAT_MAP: _HEAT_MAP,
    Kind.CONSENTS: _CONSENTS,
}
"""The columns of the tables this library defines, by kind; a name of ours means what we say it means. What a reader of Posts made has the
names of ours whatever the data set is for."""
_MAY_NAME_A_GROUP = frozenset({"none", "location.place", "x.post.hashtag", "x.post.text", "x.post.other"})
_MAY_MENTION = frozenset({"x.post.text", "x.post.object", "x.user.stated_location", "x.user.bio"})


def labelled(table: DuckTable, kind: Kind, data_set: str, project: Project, detect: Detect = detect_source) -> tuple[Column, ...]:
    """The columns of a table with their labels; `detect` says what each holds.

    Raises
    ------
    BadRequest
        A declared column is not in the data; names the line of governance.yml.

    """
    declared = project.datasets[data_set] if data_set in project.datasets else DataSet(kind=kind)
    names = {name for name, _ in table.columns}
    for name in declared.columns:
        if name not in names:
            raise _missing(name, data_set, table.name, project)
    if declared.provenance_column and declared.provenance_column not in names:
        what = f"the provenance column of `{data_set}` is not in {table.name}."
        raise project.error(what, "datasets", data_set, "provenance_column", hint="correct its name, or drop it and declare a source.")
    detected = detect(table)
    table.learn({measure: count for found in detected for measure, count in found.measured.items()})
    table.learn({Measure("like", (f.column,), CREDENTIAL): f.credentials for f in detected if f.credentials is not None and _by_row(f)})
    known = KNOWN.get(kind, _OF_POSTS if table.shape else {})
    return tuple(column for found in detected for column in _all(found, kind, known, declared, project))


def _by_row(found: Detected) -> bool:
    """Whether the detector's count of credentials is one of rows: in a nested column it counts values, unless there are none."""
    return found.type in {"string", "large_string"} or not found.credentials


def _missing(name: str, data_set: str, where: str, project: Project) -> BadRequest:
    what = f"column `{name}` is declared for `{data_set}`, but {where} has no such column."
    return project.error(what, "datasets", data_set, "columns", name, hint="correct the name, or drop the declaration.")


def _columns(found: Detected, kind: Kind, known: Mapping[str, str], declared: DataSet, project: Project) -> Iterator[Column]:
    """A column with its label, or with those of its paths.

    A cell is part of a heat map only where the data set is one, or leaves as one; anywhere else it is a location.
    """
    column = found.as_column()
    if column.name not in declared.columns:
        yield _undeclared(column, known)
        return
    said = declared.columns[column.name]
    whole = _declared(column, said, declared, project)
    if said.holds == "heat_map.cell" and kind not in EGRESS:
        whole = replace(whole, label="location.derived")
    yield from _by_path(found, whole, said) if said.paths else (whole,)


def _by_path(found: Detected, whole: Column, said: ColumnDeclaration) -> Iterator[Column]:
    """A nested column once for each label of its paths, beside what was found of that family; and once for what no label covers."""
    best: dict[Family, Hit] = {}
    for hit in found.hits:
        best.setdefault(hit.family, hit)
    labels = [label for label in dict.fromkeys((said.holds, *said.paths.values())) if label != "none"]
    for label in labels:
        hit = best.get(family(label))
        yield replace(whole, label=label, found=hit.label if hit else "none", found_status=hit.status if hit else Status.NONE)
    covered = {family(label) for label in labels}
    yield from (replace(whole, found=hit.label, found_status=hit.status) for one, hit in best.items() if one not in covered)


def _all(found: Detected, kind: Kind, known: Mapping[str, str], declared: DataSet, project: Project) -> Iterator[Column]:
    """A column with its label; a nested one that nobody declared stands once more for each other family that is in it for sure."""
    columns = tuple(_columns(found, kind, known, declared, project))
    yield from columns
    if found.column in declared.columns or found.column in known:
        return
    inside = {hit.label for hit in found.hits if hit.path and hit.status is Status.CONFIRMED and hit.family is not found.family}
    for label in sorted({"x.post.other" if one.startswith("x.post.") else one for one in inside}):
        yield replace(columns[0], label=label, type="nested", status=Status.CONFIRMED)


def _undeclared(found: Column, known: Mapping[str, str]) -> Column:
    label = known.get(found.name)
    if label is not None and _trusted(found, label):
        return replace(found, label=label, status=Status.CONFIRMED)
    return found


def _trusted(found: Column, known: str) -> bool:
    """A name of ours holds, unless the detector is sure to see what does not belong there."""
    if found.status is not Status.CONFIRMED or known in _MAY_MENTION:
        return True
    if known == "heat_map.group":
        return found.label in _MAY_NAME_A_GROUP
    if found.family is Family.LOCATION:
        return family(known) is Family.LOCATION or known == "heat_map.cell"
    if found.label in OFF_X_IDENTIFIERS:
        return family(known) in {Family.OFF_X, Family.MATCH}
    return found.family is not Family.X or family(known) is not Family.HEAT_MAP


def _declared(found: Column, said: ColumnDeclaration, data_set: DataSet, project: Project) -> Column:
    source_name = said.source or data_set.source
    source = project.sources.get(source_name)
    provenance = said.provenance or (source.provenance if source else None)
    return replace(
        found,
        label=said.holds,
        status=Status.DECLARED,
        claims=said.claims,
        source=source_name,
        provenance=str(provenance) if provenance else "",
        reason=said.reason,
    )
