"""A map that passed its audit: certified, recorded in the ledger, and handed out; or the released one again, where nothing changed."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from governance.content import Posts
from governance.disclosure import clock
from governance.disclosure.gather import Gathering
from governance.disclosure.joint import Verdict
from governance.disclosure.planning import People, Plan, with_check, with_posts
from governance.disclosure.records import published
from governance.disclosure.standing import Standing, same
from governance.errors import OpenWindowWarning
from governance.project import SeriesApproval
from governance.reporting.maps import HeatMap
from governance.verbs.certifying import certified
from governance.verbs.releasing import History, Series, last_certificate, new_release_id, release_facts, write_release
from governance.verbs.requesting import Request

_CALLER = 4
"""How far above `publish` the caller of gov.heat_map stands."""
AGAIN = (
    "Run the same series again after the window's end. Its regions stay as they are now, and a number changes only if it moved by the "
    "minimum of people; so rather leave as_of out."
)


def publish(
    ask: Request,
    ours: Series,
    history: History,
    verdict: Verdict,
    gathered: Gathering,
    scan: Posts,
    people: People,
    approval: SeriesApproval | None,
) -> HeatMap | None:
    """The map with its certificate; None if another map was recorded since the audit, which then has to be made anew.

    Parameters
    ----------
    ask, ours, history
        The call, its series, and what was released before.
    verdict, gathered, scan, people
        The audited plan, and what it was made from.
    approval
        Who approved the series.

    Warns
    -----
    OpenWindowWarning
        A window on the map is not over; told before anything is recorded.

    """
    release = new_release_id()
    windows = _stamped(verdict.plan, release, people, ours)
    records = published(windows, ours.specification, ask.clock)
    input_sha256 = scan.fingerprint
    moment = clock.now()
    open_windows = _open(windows, ask, moment)
    if open_windows:
        warnings.warn(open_window_words(open_windows), OpenWindowWarning, stacklevel=_CALLER)
    again = last_certificate(ours, windows, input_sha256, approval.approver if approval else None, open_windows)
    if again is not None:
        return HeatMap(records, dict(again))
    name = ask.name or ours.name
    certificate = certified(
        records,
        ask.ledger,
        ask.project,
        release=release,
        released_at=moment.isoformat(timespec="seconds"),
        open_windows=open_windows,
        series=name,
        spec=ours.specification,
        clock=ask.clock,
        verdict=verdict,
        gathered=gathered,
        scan=scan,
        history=history,
        input_sha256=input_sha256,
        approval=approval,
        sensitive=ask.sensitive,
        excluded=ask.excluded(ours.specification.scope),
    )
    changed = [w for w in windows if w.bucket not in ours.windows or not same(w, ours.windows[w.bucket])]
    row = {
        "series": ours.name,
        "given_name": name,
        "specification": ours.specification.stored(),
        "specification_sha256": ours.specification.sha256,
        "windows": [w.stored() for w in changed],
        "certificate": certificate,
        "shown": [w.bucket for w in windows],
        "input_sha256": input_sha256,
    }
    written = write_release(ask.ledger, release, row, release_facts(certificate, records.num_rows), history.state)
    return HeatMap(records, certificate) if written else None


def _open(windows: Sequence[Standing], ask: Request, moment: datetime) -> dict[str, str]:
    """The windows on the map that were not over at a moment, with their ends."""
    shown = [window.bucket for window in windows if not window.withdrawn.all()]
    return {label: end.isoformat() for label, end in ask.clock.open_at(moment, shown).items()}


def open_window_words(open_windows: Mapping[str, str]) -> str:
    """What a caller is told of windows that were counted before their end."""
    named = ", ".join(f"{label} (ends {end})" for label, end in open_windows.items())
    return f"as_of lies in the future, and {named} is not over: the map is no finished one, and says so. {AGAIN}"


def _stamped(planned: Plan, release: str, people: People, ours: Series) -> list[Standing]:
    """The windows as they are recorded: new ones with their release and Posts, changed ones with the check digits of their people."""
    spec, digits = ours.specification, people.digits()
    found: list[Standing] = []
    for window in planned.windows:
        before = ours.windows.get(window.bucket)
        made = window if before is not None else replace(window, release=release)
        if before is None and spec.include_posts:
            made = with_posts(made, people.assigned, people.slots, spec)
        found.append(made if before is not None and same(made, before) else with_check(made, people, digits, spec, before))
    return found
