"""OFX020: identifiers of people, households, devices or browsers that nobody declared; and columns that may hold some, or X Content."""

from collections.abc import Iterator

from governance.model import Column, Evidence, Example, Rule, Subject, Verdict
from governance.rules.wording import listed, names
from governance.vocabulary import EGRESS, OFF_X_IDENTIFIERS, Family, Ground, Kind, Outcome, Status


def _found(subject: Subject) -> tuple[Column, ...]:
    """Undeclared columns with identifiers: off-X ones where data leaves or the rest was declared, and any that is in doubt."""
    strict = subject.kind in EGRESS or subject.declared
    undeclared = (c for c in subject.columns if not c.declared and c.status is not Status.NONE)
    return tuple(c for c in undeclared if _identifies(c) and (c.status is Status.REVIEW or (strict and c.label in OFF_X_IDENTIFIERS)))


def _identifies(column: Column) -> bool:
    return column.label in OFF_X_IDENTIFIERS or column.family is Family.X


def _decide(subject: Subject, _evidence: Evidence) -> Iterator[Verdict]:
    leaving = subject.kind in EGRESS
    if "artifact_offx" in subject.facts:
        message = f"the file holds off-X identifiers outside its rows ({subject.facts['artifact_offx']} places)"
        hint = "rebuild the table with gov.clean_table() and write it anew, without hidden parts and under plain names."
        yield Verdict(outcome=Outcome.FAIL if leaving else Outcome.REVIEW, message=message, hint=hint)
    if "artifact_author" in subject.facts and leaving:
        hint = "save the document without its author (document properties)."
        yield Verdict(outcome=Outcome.REVIEW, message="the document names a person as its author", hint=hint)
    for status in (Status.CONFIRMED, Status.REVIEW):
        columns = tuple(c for c in _found(subject) if c.status is status)
        if not columns:
            continue
        what = "hold off-X identifiers" if status is Status.CONFIRMED else "may hold identifiers of X or off X"
        message = f"{listed(columns)} {what} and nobody declared them"
        hint = "drop the columns" if leaving else "declare what the columns hold and their source; or `holds: none` with a reason"
        outcome = Outcome.FAIL if leaving else Outcome.REVIEW
        yield Verdict(outcome=outcome, message=message, columns=names(columns), hint=f"{hint}.")


RULE = Rule(
    code="OFX020",
    slug="undeclared-identifier",
    clause="no-undeclared-link",
    ground=Ground.POLICY,
    kinds=frozenset({Kind.POSTS, Kind.WORKING, Kind.RECORDS, Kind.SHARE, Kind.HEAT_MAP}),
    summary="Off-X identifiers in a declared or leaving data set are declared; what the detector doubts is reviewed, and never leaves.",
    applies=lambda subject: bool(_found(subject)) or bool({"artifact_offx", "artifact_author"} & set(subject.facts)),
    decide=_decide,
    compliant=(
        Example(title="Post ids alone", kind=Kind.SHARE, columns={"id": ("x.post.id", ["15"])}),
        Example(title="declared customers", kind=Kind.RECORDS, columns={"customer": ("off_x.person", ["c1"])}),
    ),
    violating=(
        Example(
            title="an e-mail address in an export",
            kind=Kind.SHARE,
            columns={"id": ("x.post.id", ["15"]), "c2": ("off_x.person", ["someone@example.org"])},
            found={"c2": ("off_x.person", Status.CONFIRMED)},
            undeclared=frozenset({"c2"}),
        ),
        Example(
            title="what may be hashed addresses is looked at by a person",
            kind=Kind.WORKING,
            columns={"k": ("off_x.person", ["0" * 64])},
            found={"k": ("off_x.person", Status.REVIEW)},
            undeclared=frozenset({"k"}),
        ),
        Example(
            title="what may be a hashed address does not leave",
            kind=Kind.SHARE,
            columns={"k": ("off_x.person", ["0" * 64])},
            found={"k": ("off_x.person", Status.REVIEW)},
            undeclared=frozenset({"k"}),
        ),
    ),
)
