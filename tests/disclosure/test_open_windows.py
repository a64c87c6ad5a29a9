"""A window that is not over: a future `as_of` may show it, and everything that leaves says that the map is no finished one."""

import subprocess
import sys
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import governance as gov
from governance.disclosure import clock
from governance.errors import OpenWindowWarning
from governance.ledger import Ledger
from tests.disclosure.making import MONDAY, crowd, stacked, world

FRIDAY, NEXT_MONDAY = MONDAY + timedelta(days=4, hours=15), MONDAY + timedelta(days=7)
FUTURE = "2026-10-12"


def at(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the library's clock say this."""
    monkeypatch.setattr(clock, "now", lambda: moment)


def test_a_map_of_an_open_window_says_so_everywhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Warning, certificate, journal, summary, page, notebook and repr tell it; the check asks for a review and hints at the rerun."""
    at(FRIDAY, monkeypatch)
    with pytest.warns(OpenWindowWarning, match=r"2026-W41 \(ends 2026-10-12T00:00:00\+00:00\) is not over"):
        heat = gov.heat_map(crowd(40), topic="#flood", as_of=FUTURE, series="s")
    facts = heat.certificate
    assert facts["window_closed"] is False
    assert facts["open_windows"] == {"2026-W41": "2026-10-12T00:00:00+00:00"}
    assert facts["released_at"] == FRIDAY.isoformat(timespec="seconds")
    assert [entry.facts["window_closed"] for entry in Ledger.open().entries("release")] == [False]
    told = "2026-W41 (ends 2026-10-12 00:00 UTC) was not over when it was counted, on 2026-10-09 15:00 UTC"
    page = heat.write(tmp_path / "map.html").read_text(encoding="utf-8")
    for text in (heat.summary()["unfinished"], heat._repr_html_(), page):
        assert told in text
    assert page.count("Not a finished map") >= 3
    assert "not a finished map" in repr(heat)
    for data in (heat, tmp_path / "map.html"):
        report = gov.check(data, kind="heat_map")
        assert report.outcome == "review"
        assert [finding.name for finding in report.findings] == ["heat-map-certificate"]
        assert "after the window's end" in report.findings[0].hint


def test_the_same_series_after_the_end_is_closed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The records stay, the certificate is a new one that says closed, and it passes; from then on it is the same again."""
    posts = crowd(40)
    at(FRIDAY, monkeypatch)
    with pytest.warns(OpenWindowWarning):
        early = gov.heat_map(posts, topic="#flood", as_of=FUTURE, series="s")
    with pytest.warns(OpenWindowWarning):
        again = gov.heat_map(posts, topic="#flood", as_of=FUTURE, series="s")
    assert again.certificate == early.certificate
    at(NEXT_MONDAY, monkeypatch)
    done = gov.heat_map(posts, topic="#flood", as_of=FUTURE, series="s")
    assert done.to_pandas().equals(early.to_pandas())
    assert done.certificate["release"] != early.certificate["release"]
    assert (done.certificate["window_closed"], done.certificate["open_windows"]) == (True, {})
    assert gov.check(done.write(tmp_path / "done.parquet"), kind="heat_map").outcome == "pass"
    assert gov.check(early.write(tmp_path / "early.parquet"), kind="heat_map").outcome == "review"
    assert gov.audit([early, done]).outcome == "pass"
    at(NEXT_MONDAY + timedelta(days=30), monkeypatch)
    assert gov.heat_map(posts, topic="#flood", series="s").certificate == done.certificate


def test_later_posts_join_the_frozen_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rerun with the whole week counts the newcomers on the regions of the early map, by the refresh rule."""
    early, late = crowd(40), crowd(30, first=500, at=[MONDAY + timedelta(days=6)] * 30)
    at(FRIDAY, monkeypatch)
    with pytest.warns(OpenWindowWarning):
        before = gov.heat_map(early, topic="#flood", as_of=FUTURE, series="s", finest=5).to_pandas()
    at(NEXT_MONDAY, monkeypatch)
    after = gov.heat_map(stacked(early, late), topic="#flood", series="s", finest=5)
    assert after.to_pandas()["cell"].tolist() == before["cell"].tolist()
    assert (before["people"].sum(), after.to_pandas()["people"].sum()) == (40, 70)
    assert after.certificate["window_closed"] is True


def test_a_future_as_of_over_closed_windows_is_nothing_special(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the windows on the map count: where all of them are over, nothing is told."""
    at(NEXT_MONDAY, monkeypatch)
    heat = gov.heat_map(crowd(40), topic="#flood", as_of="2030-01-01")
    assert heat.certificate["window_closed"] is True
    assert "unfinished" not in heat.summary()
    assert gov.check(heat, kind="heat_map").outcome == "pass"


def test_of_several_windows_the_open_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A week that is over stands beside one that is not; the end is that of the series' own time zone."""
    posts = stacked(crowd(40), crowd(40, at=[MONDAY + timedelta(days=9)] * 40))
    at(NEXT_MONDAY + timedelta(days=3), monkeypatch)
    with pytest.warns(OpenWindowWarning):
        heat = gov.heat_map(posts, topic="#flood", as_of="2026-11-01", timezone="America/New_York")
    assert heat.certificate["windows"] == ["2026-W41", "2026-W42"]
    assert heat.certificate["open_windows"] == {"2026-W42": "2026-10-19T04:00:00+00:00"}


def test_a_warning_taken_for_an_error_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who turns the warning into an error gets no map, and the ledger holds no release."""
    at(FRIDAY, monkeypatch)
    with warnings.catch_warnings():
        warnings.simplefilter("error", OpenWindowWarning)
        with pytest.raises(OpenWindowWarning):
            gov.heat_map(crowd(40), topic="#flood", as_of=FUTURE)
    assert len(Ledger.open().register("releases")) == 0


def test_a_fixed_date_gives_the_same_map_whatever_the_clock_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Once its window is over, a call with a fixed date says the same on any later day, but for the time of its release."""
    (tmp_path / "key").write_text("5e" * 32 + "\n", encoding="ascii")
    monkeypatch.setenv("GOVERNANCE_KEY_FILE", str(tmp_path / "key"))
    seen = []
    for years in (0, 1, 20):
        moment = NEXT_MONDAY + timedelta(days=365 * years)
        at(moment, monkeypatch)
        heat = gov.heat_map(world(), topic="#flood", as_of=FUTURE, ledger=f"sqlite:///{years}.db")
        facts = heat.certificate
        assert facts.pop("released_at") == moment.isoformat(timespec="seconds")
        seen.append(
            (heat.to_pandas().to_csv(), {name: facts[name] for name in ("as_of", "window_closed", "people", "excluded", "utility")})
        )
    assert seen[0] == seen[1] == seen[2]
    assert seen[0][1]["window_closed"] is True


def test_the_command_warns_on_stderr(tmp_path: Path) -> None:
    """The JSON on stdout stays JSON; the warning stands on stderr, once, and the command ends well."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    pq.write_table(crowd(40, at=[datetime.now(UTC)] * 40), tmp_path / "posts.parquet")
    command = [str(Path(sys.executable).with_name("governance")), "heat-map", str(tmp_path / "posts.parquet"), "--topic", "#flood"]
    as_of = (tomorrow + timedelta(days=40)).date().isoformat()
    done = subprocess.run([*command, "--as-of", as_of, "--format", "json"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("{")
    assert '"window_closed": false' in done.stdout
    assert done.stderr.count("governance: warning: as_of lies in the future") == 1
