"""LOC020: location that nobody declared, found by its header or its values; and what leaves, undeclared."""

from collections.abc import Iterator

from governance.model import Column, Evidence, Example, Rule, Subject, Verdict
from governance.rules.wording import listed, names
from governance.vocabulary import EGRESS, Family, Ground, Kind, Outcome, Status

_DECLARE = "drop the columns; or declare in governance.yml what they hold and, for location from off X, its source."


def _found(subject: Subject) -> tuple[Column, ...]:
    """Undeclared columns that hold location, or may."""
    return tuple(c for c in subject.columns if not c.declared and c.family is Family.LOCATION and c.status is not Status.NONE)


def _silent(subject: Subject) -> tuple[Column, ...]:
    """Undeclared columns of an export in which nothing was found: that is no proof."""
    return tuple(c for c in subject.columns if subject.kind is Kind.SHARE and not c.declared and c.status is Status.NONE)


def _outside_rows(subject: Subject) -> Iterator[Verdict]:
    """What a scan of the file found outside its rows: metadata, statistics, leftovers, hidden parts, names."""
    hint = "rebuild the table with gov.clean_table() and write it anew, without hidden parts and under plain names."
    if "artifact_location" in subject.facts:
        message = f"the file holds location outside its rows ({subject.facts['artifact_location']} places)"
        yield Verdict(outcome=Outcome.FAIL, message=message, hint=hint)
    if "artifact_review" in subject.facts and subject.kind in EGRESS:
        message = f"the file has parts that could not be judged ({subject.facts['artifact_review']}); undecided does not leave"
        yield Verdict(outcome=Outcome.FAIL, message=message, hint=hint)


def _decide(subject: Subject, _evidence: Evidence) -> Iterator[Verdict]:
    yield from _outside_rows(subject)
    found = _found(subject)
    unsure = tuple(c for c in found if c.status is Status.REVIEW)
    sure = tuple(c for c in found if c not in unsure)
    if sure:
        message = f"undeclared location in {listed(sure)}"
        yield Verdict(outcome=Outcome.FAIL, message=message, columns=names(sure), hint=_DECLARE)
    if unsure:
        leaving = subject.kind in EGRESS
        message = f"{listed(unsure)} may hold location and nobody declared otherwise"
        hint = "declare what the columns hold, with a reason" + ("; undecided does not leave." if leaving else ".")
        yield Verdict(outcome=Outcome.FAIL if leaving else Outcome.REVIEW, message=message, columns=names(unsure), hint=hint)
    silent = _silent(subject)
    if silent:
        message = f"{listed(silent)} would leave undeclared"
        hint = "declare every column that leaves: under the data set's `columns:`, what it `holds:`."
        yield Verdict(outcome=Outcome.OPEN, message=message, columns=names(silent), hint=hint)


_PAIR = {"c1": ("location.latitude", [48.1371, 52.5203]), "c2": ("location.longitude", [11.5754, 13.405])}

RULE = Rule(
    code="LOC020",
    slug="undeclared-location",
    clause="location-with-post",
    ground=Ground.POLICY,
    kinds=frozenset(Kind) - {Kind.POSTS},
    summary="Location that the detector finds in an undeclared column is refused; in an export so is what it can't rule out.",
    applies=lambda subject: bool(_found(subject) or _silent(subject) or {"artifact_location", "artifact_review"} & set(subject.facts)),
    decide=_decide,
    compliant=(
        Example(title="a count that was looked at", kind=Kind.WORKING, columns={"n": ("none", [1, 2])}, undeclared=frozenset({"n"})),
        Example(title="a declared export", kind=Kind.SHARE, columns={"id": ("x.post.id", ["15"])}),
    ),
    violating=(
        Example(
            title="coordinates under plain headers",
            kind=Kind.RECORDS,
            columns=_PAIR,
            found={"c1": ("location.latitude", Status.CONFIRMED), "c2": ("location.longitude", Status.CONFIRMED)},
            undeclared=frozenset(_PAIR),
        ),
        Example(
            title="what may be a coordinate does not leave",
            kind=Kind.SHARE,
            columns=_PAIR,
            found={"c1": ("location.latitude", Status.REVIEW), "c2": ("location.longitude", Status.REVIEW)},
            undeclared=frozenset(_PAIR),
        ),
        Example(
            title="a position in a file's metadata",
            kind=Kind.WORKING,
            columns={"n": ("none", [1])},
            facts={"artifact_location": "1"},
        ),
        Example(title="an undeclared export", kind=Kind.SHARE, columns={"n": ("none", [1])}, undeclared=frozenset({"n"})),
    ),
)
