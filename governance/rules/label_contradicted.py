"""LOC021: a declared label that the detector contradicts."""

from collections.abc import Iterator

from governance.model import Column, Evidence, Example, Rule, Subject, Verdict
from governance.rules.wording import listed, names
from governance.vocabulary import EGRESS, Family, Ground, Kind, Outcome, Status, cell_resolution, family

_MAY_MENTION = frozenset(
    (
        *("x.post.text", "x.post.object", "x.post.other"),
        *("x.user.bio", "x.user.stated_location", "x.user.other", "x.user.display_name", "x.private"),
    ),
)
"""Whole Posts and what people write: it may hold anything, and stands for itself."""
_TEXTS = frozenset({"x.post.text", "x.user.bio", "x.user.display_name", "x.user.stated_location"})
_FITS = {
    Family.LOCATION: frozenset({Family.LOCATION}),
    Family.OFF_X: frozenset({Family.OFF_X, Family.MATCH}),
    Family.X: frozenset({Family.X, Family.MATCH}),
}


def contradicts(column: Column) -> bool:
    """Whether the found label can't be what the column was declared to hold."""
    found = family(column.found)
    if found not in _FITS or (column.label in _MAY_MENTION and not _is_it(column)):
        return False
    if column.label == "off_x.attribute" and found is Family.X:
        return not column.claims
    declared, finest = cell_resolution(column.label), cell_resolution(column.found)
    if declared is not None and finest is not None:
        return finest > declared
    if column.label == "heat_map.cell" or (column.label == "heat_map.group" and column.found == "location.place"):
        return found is not Family.LOCATION
    return column.family not in _FITS[found]


def _is_it(column: Column) -> bool:
    """Whether the column is a location rather than a text that mentions one: numbers are no text, nor is a column of cells."""
    cells = column.label in _TEXTS and cell_resolution(column.found) is not None
    return cells or column.type.startswith(("double", "float", "decimal", "int", "uint"))


def _lies(subject: Subject, status: Status) -> tuple[Column, ...]:
    return tuple(c for c in subject.columns if c.declared and c.found_status is status and contradicts(c))


def _unsettled(subject: Subject) -> tuple[Column, ...]:
    """Doubts that only a reason settles, where data leaves."""
    return tuple(c for c in _lies(subject, Status.REVIEW) if subject.kind in EGRESS and not c.reason)


def _decide(subject: Subject, _evidence: Evidence) -> Iterator[Verdict]:
    lies, unsettled = _lies(subject, Status.CONFIRMED), _unsettled(subject)
    if lies:
        kinds = ", ".join(sorted({c.found for c in lies}))
        message = f"{listed(lies)} hold{'s' if len(lies) == 1 else ''} {kinds}, not what was declared"
        hint = "correct the label in governance.yml; if the detector is wrong, a waiver with a reviewer's name settles it inside."
        yield Verdict(outcome=Outcome.FAIL, message=message, columns=names(lies), hint=hint)
    if unsettled:
        message = f"{listed(unsettled)} may hold something else than declared"
        hint = "give the declaration a `reason:`; undecided does not leave."
        yield Verdict(outcome=Outcome.FAIL, message=message, columns=names(unsettled), hint=hint)


RULE = Rule(
    code="LOC021",
    slug="label-contradicted",
    clause="location-with-post",
    ground=Ground.OURS,
    kinds=frozenset(Kind),
    summary="What a column was declared to hold is what the detector finds in it; doubts at an export need a reason.",
    applies=lambda subject: bool(_lies(subject, Status.CONFIRMED) or _unsettled(subject)),
    decide=_decide,
    compliant=(
        Example(title="as declared", kind=Kind.RECORDS, columns={"mail": ("off_x.person", ["someone@example.org"])}),
        Example(
            title="text may mention a place",
            kind=Kind.POSTS,
            columns={"id": ("x.post.id", ["15"]), "text": ("x.post.text", ["at 48.1371, 11.5754"])},
            found={"text": ("location.point", Status.CONFIRMED)},
        ),
    ),
    violating=(
        Example(
            title="cells declared as nothing",
            kind=Kind.WORKING,
            columns={"c1": ("none", ["872830828ffffff"])},
            found={"c1": ("location.cell:7", Status.CONFIRMED)},
        ),
        Example(
            title="degrees declared as text",
            kind=Kind.WORKING,
            columns={"c1": ("x.post.text", [48.1371])},
            found={"c1": ("location.latitude", Status.CONFIRMED)},
        ),
        Example(
            title="a doubt without a reason does not leave",
            kind=Kind.SHARE,
            columns={"k": ("none", ["0" * 64])},
            found={"k": ("off_x.person", Status.REVIEW)},
        ),
    ),
)
