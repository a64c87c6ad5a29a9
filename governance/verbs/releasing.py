"""The history of released maps: read from the register `releases`, and written there as one row per release, whole or not at all."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from governance.disclosure.gather import Removed
from governance.disclosure.keyed import author_words
from governance.disclosure.specification import Specification
from governance.disclosure.standing import Released, Standing, novel, same
from governance.disclosure.windows import Calendar
from governance.errors import BadRequest
from governance.ledger import Ledger
from governance.ledger.facts import checked

REGISTER = "releases"
STATES = "states"


@dataclass(slots=True)
class Series:
    """One series of maps: what it is, and the windows that stand."""

    name: str
    specification: Specification
    windows: dict[int, Standing] = field(default_factory=dict[int, Standing])
    shown: list[Standing] = field(default_factory=list[Standing])
    """Every number that a release showed (`Released.shown`)."""
    releases: list[str] = field(default_factory=list)
    last: Mapping[str, Any] = field(default_factory=dict)
    """The row of its last release."""
    given_names: set[str] = field(default_factory=set)

    @property
    def calendar(self) -> Calendar:
        """The calendar by which every window that was released is over, whatever `as_of` a later call asks about."""
        spec = self.specification
        found = Calendar(spec.window, spec.zone, datetime.min.replace(tzinfo=UTC))
        return replace(found, as_of=max((found.span(bucket)[1] for bucket in self.windows), default=found.as_of))

    @property
    def released(self) -> Released:
        """What it showed."""
        return Released(self.windows, self.shown)

    def parted(self, clock: Calendar) -> "tuple[Series, Series | None]":
        """The series with the windows that are over by a calendar, and with the others; None where there are none."""
        kept = {over: {b: window for b, window in self.windows.items() if clock.closed(b) == over} for over in (True, False)}
        before, later = (replace(self, windows=w, shown=[one for one in self.shown if one.bucket in w]) for w in (kept[True], kept[False]))
        return before, later if later.windows else None

    def show(self, window: Standing) -> None:
        """Take a window as a release showed it."""
        self.shown.append(novel(window, self.windows.get(window.bucket)))
        self.windows[window.bucket] = window


@dataclass(frozen=True, slots=True)
class History:
    """Every series of a ledger, by the digest of its specification."""

    series: dict[str, Series]
    state: str = ""
    """The register's state when its rows were read: if it is another when a release is written, the audit has to be made again."""

    def named(self, name: str) -> Series | None:
        """The series of this name."""
        return next((one for one in self.series.values() if name in one.given_names), None)

    @property
    def release_count(self) -> int:
        """How many releases the ledger knows."""
        return sum(len(one.releases) for one in self.series.values())

    def series_of(self, release: str) -> Series | None:
        """The series a release belongs to."""
        return next((one for one in self.series.values() if release in one.releases), None)


def read_history(ledger: Ledger) -> History:
    """All series and their windows as they stand; a ledger that was changed after it was written is refused."""
    ledger.require_intact(REGISTER, STATES)
    found: dict[str, Series] = {}
    state = ledger.register(REGISTER).state  # before the rows: a row between the two shows as a change
    for release, row in ledger.register(REGISTER).items():
        digest = row["specification_sha256"]
        if digest not in found:
            found[digest] = Series(row["series"], Specification.restored(row["specification"]))
        series = found[digest]
        series.releases.append(release)
        series.given_names.add(row["given_name"])
        series.last = {**row, "release": release}
        for window in row["windows"]:
            series.show(Standing.restored(window))
    return History(found, state)


PEOPLE_KEY = "heat-map|people"
"""The purpose of the sub-key that people are assigned with: one for all series, so that no new series draws anybody anew."""


def new_release_id() -> str:
    """A random id of four times four letters: nobody takes it for a number or a cell."""
    letters = lettered(secrets.token_hex(8))
    return "-".join(letters[at : at + 4] for at in range(0, 16, 4))


def lettered(digest: str) -> str:
    """Hexadecimal digits as letters a to p, so that a name never looks like a number.

    >>> lettered("09af")
    'ajkp'
    """
    return "".join(chr(ord("a") + int(digit, 16)) for digit in digest)


def journalled(approver: str | None) -> str | None:
    """An approver as the journal may name them: a name that could hold a value stands in the certificate alone."""
    try:
        return checked({"approved_by": approver})["approved_by"]
    except BadRequest:
        return "named in the certificate"


def last_certificate(
    series: Series, windows: Sequence[Standing], input_sha256: str, approver: str | None, open_windows: Mapping[str, str]
) -> Mapping[str, Any] | None:
    """The certificate of the last release, if a new one would show the same windows of the same input, and say the same of them.

    It says another thing if it has another approver, or if a window that was not over has ended since.
    """
    last = series.last
    if not last or last["shown"] != [w.bucket for w in windows] or last["input_sha256"] != input_sha256:
        return None
    if approver is not None and last["certificate"]["approved_by"] != approver:
        return None
    if last["certificate"].get("open_windows") != open_windows:
        return None
    unchanged = all(w.bucket in series.windows and same(w, series.windows[w.bucket]) for w in windows)
    return last["certificate"] if unchanged else None


def release_facts(certificate: Mapping[str, Any], records: int) -> dict[str, Any]:
    """What the journal says of a release: the certificate's codes, counts and digests, and how many records there are."""
    names = ("series", "payload_sha256", "specification_sha256", "window", "windows", "window_closed", "people", "minimum_people")
    return {
        **{name: certificate[name] for name in names},
        "record_count": records,
        "audit": certificate["audit"]["verdict"],
        "earlier_releases": certificate["audit"]["earlier_releases_compared"],
        "approved_by": journalled(certificate["approved_by"]),
    }


def write_release(ledger: Ledger, release: str, row: Mapping[str, Any], facts: Mapping[str, Any], state: str) -> bool:
    """Record a release in one transaction: the encrypted register row, and the journal entry of codes and counts.

    Parameters
    ----------
    ledger, release
        Where, and the id.
    row, facts
        What the register and what the journal hold.
    state
        The state of the history that the release was audited against.

    Returns
    -------
    bool
        False if another release was recorded since: nothing is written, and the audit has to be made again.

    """
    entry = checked({"release": release, **facts})
    plain = json.loads(json.dumps(row))
    return ledger.register(REGISTER).put_if(state, release, plain, "release", entry) is not None


def removals(ledger: Ledger) -> Removed:
    """What the register `states` says must not count: rows with `post_id` or `user_id` and a `state` other than public."""
    posts: list[str] = []
    users: list[str] = []
    for _key, row in ledger.register(STATES).items():  # noqa: PERF102 - a register is no dict
        if row.get("state", "deleted") in {"public", "unknown"}:
            continue
        if row.get("post_id"):
            posts.append(str(row["post_id"]))
        elif row.get("user_id"):
            users.append(str(row["user_id"]))
    words = [np.unique(author_words(pa.array(ids, pa.string()))) for ids in (posts, users)]
    return Removed(*words)
