"""`gov.audit`: what released maps give away together, resolved by their release in the ledger; never a cell beside a person."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from governance.disclosure.certificate import CERTIFICATE_KEY, verify
from governance.disclosure.gather import Reading
from governance.disclosure.joint import audit_released
from governance.disclosure.rounding import banded
from governance.disclosure.zones import Shown, zone_disclosures
from governance.errors import BadRequest, PolicyViolation
from governance.ledger import Ledger
from governance.model import Finding, Undecided
from governance.project import Project, load_project
from governance.reporting.maps import HeatMap, read_heat_map
from governance.reporting.maps.chunks import certificate_in
from governance.verbs.gathering import as_released, gathered_people
from governance.verbs.permitting import exclusion
from governance.verbs.releasing import PEOPLE_KEY, History, Series, read_history, removals
from governance.vocabulary import Ground, Outcome

CLAUSE = "geo-aggregate-min-people"
_WORST = (Outcome.FAIL, Outcome.OPEN, Outcome.REVIEW)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What a joint audit found: releases, counts and codes."""

    releases: tuple[str, ...]
    findings: tuple[Finding, ...]
    compared: Mapping[str, int] = field(default_factory=dict)
    """How many releases, windows and records were looked at."""

    @property
    def outcome(self) -> Outcome:
        """The worst outcome: fail, open, review, else pass."""
        found = {finding.outcome for finding in self.findings}
        return next((outcome for outcome in _WORST if outcome in found), Outcome.PASS)

    def enforce(self) -> "AuditReport":
        """Return the report if it passes; raise PolicyViolation otherwise."""
        if self.outcome is Outcome.PASS:
            return self
        raise PolicyViolation(
            "; ".join(f"{finding.name} ({finding.outcome}): {finding.message}" for finding in self.findings),
            " ".join(dict.fromkeys(finding.hint for finding in self.findings)),
        )

    def to_json(self) -> dict[str, Any]:
        """The report as JSON-able data."""
        found = [
            {"rule": f.rule, "name": f.name, "ground": str(f.ground), "outcome": str(f.outcome), "message": f.message, "hint": f.hint}
            for f in self.findings
        ]
        return {"outcome": str(self.outcome), "releases": list(self.releases), "findings": found, "compared": dict(self.compared)}

    def to_text(self) -> str:
        """The report for a terminal."""
        seen = ", ".join(f"{count:,} {name}" for name, count in self.compared.items())
        lines = [f"{str(self.outcome).upper()}  joint audit of {len(self.releases)} release(s): {seen}"]
        return "\n".join([*lines, *(f"  {f.outcome}  {f.name}: {f.message}\n    {f.hint}" for f in self.findings)])


def audit(
    releases: Any,  # noqa: ANN401 - HeatMap objects, release ids, files, or a list of these
    ledger: "str | Ledger | None" = None,
    *,
    posts: Any = None,  # noqa: ANN401 - gov.Posts, paths, or any table
    project: Any = None,  # noqa: ANN401 - Project, path or None
) -> AuditReport:
    """Audit released heat maps together.

    Every release was audited against all earlier ones before it was written. This audit says whether that still holds for the maps at hand:
    they are known to the ledger and unaltered, and the exact counts behind their records give no small group away, zone by zone; with
    `posts`, person by person as at release time.

    Parameters
    ----------
    releases
        One or several of: a HeatMap, a release id, the path of a heat-map file. Of a picture (.png) the release that its certificate names
        is audited; whether the picture itself was altered nobody can tell.
    ledger
        The ledger that knows them; found as everywhere.
    posts
        The Posts the maps were made from, to count people again.
    project
        The project whose ledger and key are used.

    Returns
    -------
    AuditReport
        `outcome`, `findings`, `to_json()`. A release that the ledger does not know gives `open`.

    Raises
    ------
    BadRequest
        A file can't be read or is no heat map.
    LedgerUnavailable
        The ledger can't be reached.

    Examples
    --------
    >>> import tempfile, governance as gov
    >>> gov.audit("0123456789abcdef", ledger=f"sqlite:///{tempfile.mkdtemp()}/governance.db").outcome.value
    'open'

    """
    home = load_project(project)
    book = Ledger.open(ledger, project=home)
    history = read_history(book)
    asked = [_resolved(one) for one in _listed(releases)]
    findings = [found for name, heat in asked if (found := _standing_of(name, heat, history, book)) is not None]
    known = [series for name, _ in asked if (series := history.series_of(name)) is not None]
    series = list({id(one): one for one in known}.values())
    findings += _across(series)
    if posts is not None and series:
        findings += _by_people(series, posts, book, home)
    counted = {"releases": len(asked), "windows": sum(len(one.windows) for one in series)}
    counted["records"] = sum(len(w.code) for one in series for w in one.windows.values())
    report = AuditReport(releases=tuple(name for name, _ in asked), findings=tuple(findings), compared=counted)
    book.record("audit", verb="audit", outcome=str(report.outcome), releases=len(asked), findings=len(findings))
    return report


def _listed(releases: Any) -> list[Any]:  # noqa: ANN401 - see `audit`
    if isinstance(releases, HeatMap | str | Path):
        return [releases]
    found = list(releases) if isinstance(releases, Iterable) else []
    if not found:
        raise BadRequest("audit: no release was named.", "give heat maps, release ids, or the paths of heat-map files.")
    return found


def _resolved(one: Any) -> tuple[str, tuple[pa.Table, Mapping[str, Any]] | None]:  # noqa: ANN401 - see `audit`
    """The release id, and the records with their certificate if a map was given."""
    if isinstance(one, HeatMap):
        return str(one.certificate.get("release", "unknown")), (one.to_arrow(), one.certificate)
    if not isinstance(one, str | Path) or not str(one).strip():
        raise BadRequest("audit: one of the releases is no release.", "give heat maps, release ids, or the paths of heat-map files.")
    if isinstance(one, str) and not Path(one).suffix:
        return one, None
    if Path(one).suffix.lower() == ".png":  # no records to compare: the release it names is audited
        return str(certificate_in(Path(one)).get("release", "unknown")), None
    records, certificate = read_heat_map(one)
    return str(certificate.get("release", "unknown")), (records, certificate)


def _finding(outcome: Outcome, name: str, message: str, hint: str) -> Finding:
    return Finding(
        rule="AUDIT", name=name, ground=Ground.OURS, outcome=outcome, columns=(), count=None, message=message, hint=hint, clause=CLAUSE
    )


def _standing_of(name: str, heat: tuple[pa.Table, Mapping[str, Any]] | None, history: History, book: Ledger) -> Finding | None:
    if history.series_of(name) is None:
        hint = "name the ledger that recorded it (--ledger); rounded files alone can't be audited."
        return _finding(Outcome.OPEN, "release-known", "the ledger does not know this release.", hint)
    if heat is not None and verify(*heat, book.subkey(CERTIFICATE_KEY)) != "valid":
        hint = "take the file as it was written, or make the map again."
        return _finding(Outcome.FAIL, "release-unaltered", f"release {name} is not what was sealed.", hint)
    return None


def _across(series: Sequence[Series]) -> list[Finding]:
    """Zone by zone, for series of the same people over the same time."""
    found: list[Finding] = []
    for place, one in enumerate(series):
        for other in series[place + 1 :]:
            if one.specification.population == other.specification.population:
                found += _pair(one, other)
    return found


def _pair(one: Series, other: Series) -> list[Finding]:
    names = f"series {one.name} and {other.name}"
    if (one.specification.window, one.specification.zone) != (other.specification.window, other.specification.zone):
        hint = "pass the Posts (posts=) to count people again."
        return [_finding(Outcome.OPEN, "joint-differencing", f"{names} show the same people in different windows.", hint)]
    least = max(one.specification.minimum_people, other.specification.minimum_people)
    people = 0
    for bucket in sorted(set(one.windows) & set(other.windows)):
        shown: list[Shown] = [(each.windows[bucket], each.specification) for each in (one, other)]
        people += zone_disclosures(shown, least)
    if not people:
        return []
    message = f"{names} together give groups of fewer than {least} people away ({banded(people, least)} people at stake)."
    return [_finding(Outcome.FAIL, "joint-differencing", message, "withdraw one of them; do not publish both.")]


def _by_people(series: Sequence[Series], posts: Any, book: Ledger, home: Project) -> list[Finding]:  # noqa: ANN401 - see `audit`
    """Person by person, over all the windows of the series."""
    key = book.subkey(PEOPLE_KEY)
    lists = {scope: exclusion(home, scope) for scope in {one.specification.scope for one in series}}
    excluded = [lists[one.specification.scope] for one in series]
    plain = [Reading(one.specification, one.calendar, key, out.words) for one, out in zip(series, excluded, strict=True)]
    readings = [as_released(how, one, out, book) for how, one, out in zip(plain, series, excluded, strict=True)]
    _, people = gathered_people(posts, readings, removals(book))
    least = max(one.specification.minimum_people for one in series)
    names = ", ".join(one.name for one in series)
    try:
        at_stake = audit_released(people, {number: one.released for number, one in enumerate(series)}, readings, least)
    except Undecided:
        hint = "pass the Posts that were counted, all of them, and audit fewer releases at a time."
        message = f"series {names}: the Posts are not those of the release, or too many records share too many people to decide."
        return [_finding(Outcome.OPEN, "joint-differencing", message, hint)]
    if not at_stake:
        return []
    message = f"series {names} give groups of fewer than {least} people away ({banded(at_stake, least)} people at stake)."
    return [_finding(Outcome.FAIL, "joint-differencing", message, "withdraw the youngest of them; do not publish all.")]
