"""`gov.check`: labels, kinds, modes, waivers and what is recorded."""

import csv
import datetime as dt
from pathlib import Path

import h3
import pandas as pd
import pytest

import governance as gov
from governance.ledger import Ledger
from governance.model import Report
from governance.vocabulary import Outcome

ROWS = 60
TOWNS = [
    (48.137, 11.575),
    (52.52, 13.405),
    (50.938, 6.96),
    (53.551, 9.994),
    (50.11, 8.682),
    (48.775, 9.183),
    (51.05, 13.738),
    (49.452, 11.077),
]
TOWNS += [
    (51.34, 12.375),
    (53.079, 8.801),
    (52.374, 9.738),
    (51.227, 6.773),
    (51.455, 7.011),
    (49.488, 8.467),
    (48.402, 9.987),
    (54.323, 10.123),
]
LATITUDES = [TOWNS[n % len(TOWNS)][0] + (n * 37 % 11 - 5) / 413 for n in range(ROWS)]
LONGITUDES = [TOWNS[n % len(TOWNS)][1] + (n * 23 % 13 - 6) / 397 for n in range(ROWS)]


def codes(report: Report) -> set[str]:
    """The codes of the rules that did not pass."""
    return {finding.rule for finding in report.findings}


def whole_posts() -> pd.DataFrame:
    """A canonical table of whole Posts."""
    return pd.DataFrame(
        {
            "post_id": [str(1_500_000_000_000_000_000 + n * 5_000_000_123) for n in range(ROWS)],
            "author_id": [str(1000 + n) for n in range(ROWS)],
            "text": ["some words"] * ROWS,
            "latitude": LATITUDES,
            "longitude": LONGITUDES,
        },
    )


def declare(text: str) -> None:
    """Write governance.yml in the test's folder."""
    Path("governance.yml").write_text("version: 1\n" + text)


def test_whole_posts_pass_as_posts_only() -> None:
    """Location inside its Post is lawful in a `posts` data set, and nowhere else."""
    assert gov.check(whole_posts(), kind="posts").outcome == "pass"
    assert "LOC001" in codes(gov.check(whole_posts()))
    assert "LOC001" in codes(gov.check(whole_posts().drop(columns="text"), kind="posts"))
    assert "LOC001" in codes(gov.check(pd.concat([whole_posts(), whole_posts()]), kind="posts"))


@pytest.mark.parametrize("headers", [["latitude", "longitude"], ["c1", "c2"], ["breitengrad", "laengengrad"]])
def test_location_without_its_post_is_refused(headers: list[str]) -> None:
    """A pair of coordinates is refused whatever its headers are."""
    frame = pd.DataFrame({headers[0]: LATITUDES, headers[1]: LONGITUDES, "n": range(ROWS)})
    with pytest.raises(gov.PolicyViolation, match="LOC001"):
        gov.check(frame).enforce()


def test_a_cell_beside_a_person_is_refused() -> None:
    """Renamed headers do not hide an H3 column beside a person."""
    cells = [h3.latlng_to_cell(a, b, 7) for a, b in zip(LATITUDES, LONGITUDES, strict=True)]
    frame = pd.DataFrame({"c1": cells, "c2": [f"someone{n}@example.org" for n in range(ROWS)]})
    assert {"LOC001", "LOC002"} <= codes(gov.check(frame))


def test_declared_off_x_location_is_lawful_in_records() -> None:
    """An office address of a public directory is not X Content once it is declared."""
    office = pd.DataFrame({"name": [f"office {n}" for n in range(ROWS)], "latitude": LATITUDES, "longitude": LONGITUDES})
    office.to_parquet("office.parquet")
    assert "LOC001" in codes(gov.check("office.parquet", kind="records"))
    declare(
        """
sources: {directory: {provenance: public_resource, url: "https://example.org/offices", checked_at: 2026-11-01}}
datasets:
  offices:
    kind: records
    location: office.parquet
    source: directory
    columns: {latitude: {holds: location.latitude}, longitude: {holds: location.longitude}}
""",
    )
    report = gov.check("office.parquet")
    assert report.data_set == "offices"
    assert report.outcome == "pass", report.findings


def test_kind_and_data_set_must_agree() -> None:
    """A kind that differs from the declared one, an unknown kind and an unknown data set are bad requests."""
    declare("datasets: {notes: {kind: working, location: notes.csv}}\n")
    Path("notes.csv").write_text("note\na\n")
    with pytest.raises(gov.BadRequest, match=r"governance.yml:2: data set `notes` is declared as working"):
        gov.check("notes.csv", kind="posts")
    with pytest.raises(gov.BadRequest, match="is no kind"):
        gov.check("notes.csv", kind="post")
    with pytest.raises(gov.BadRequest, match="not declared"):
        gov.check("notes.csv", data_set="other")


def test_a_declared_column_must_be_there() -> None:
    """A declaration that does not fit the data names its line."""
    declare("datasets:\n  notes:\n    kind: working\n    location: notes.csv\n    columns:\n      gone: {holds: none}\n")
    Path("notes.csv").write_text("note\na\n")
    with pytest.raises(gov.BadRequest, match=r"governance.yml:7: column `gone`"):
        gov.check("notes.csv")


def test_nothing_never_passes() -> None:
    """No rows is open, enforced as fail; no columns is a bad request."""
    with pytest.raises(gov.BadRequest, match="without columns"):
        gov.check(pd.DataFrame())
    report = gov.check(pd.DataFrame({"a": []}))
    assert report.outcome == Outcome.OPEN
    with pytest.raises(gov.PolicyViolation):
        report.enforce()


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl", ""])
def test_rows_without_a_value_never_pass(suffix: str) -> None:
    """Rows in which no cell holds anything are open, however they came; one value in one cell is something to check."""
    for values, outcome in (([None, " ", ""], Outcome.OPEN), ([None, " ", "open"], Outcome.PASS)):
        data = frame = pd.DataFrame({"note": values, "more": [None, None, ""], "none": [float("nan")] * 3})
        if suffix:
            data = Path(f"blank{suffix}")
        if suffix == ".csv":
            frame.to_csv(data, index=False, quoting=csv.QUOTE_ALL)
        elif suffix == ".parquet":
            frame.to_parquet(data)
        elif suffix == ".jsonl":
            frame.to_json(data, orient="records", lines=True)
        assert gov.check(data, kind="working").outcome == outcome


def test_mode_report_records_but_does_not_stop() -> None:
    """A data set in report mode is found wanting without stopping the pipeline; an export never is."""
    frame = pd.DataFrame({"latitude": LATITUDES, "longitude": LONGITUDES})
    declare("datasets:\n  old: {kind: working, mode: report}\n  out: {kind: share, mode: report}\n")
    assert gov.check(frame, data_set="old").enforce().outcome == "fail"
    with pytest.raises(gov.PolicyViolation):
        gov.check(frame, data_set="out").enforce()


def test_only_ours_can_be_waived() -> None:
    """A waiver lifts a finding of a rule that is ours, names its approver, expires, and never lifts the policy's."""
    tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    frame = pd.DataFrame({"latitude": LATITUDES, "longitude": LONGITUDES})
    waiver = "waivers: [{{rule: {}, data_set: old, reason: r, approver: dpo, expires_at: {}}}]\ndatasets: {{old: {{kind: working}}}}\n"
    declare(waiver.format("LOC001", tomorrow))
    assert gov.check(frame, data_set="old").outcome == "fail"


def test_every_check_is_recorded() -> None:
    """One journal entry per check with outcome and counts, and the report without values in a register."""
    report = gov.check(whole_posts(), kind="posts")
    ledger = Ledger.open()
    entry = next(ledger.entries("check"))
    assert entry.id == report.entry
    assert entry.facts["outcome"] == "pass"
    assert entry.facts["scanned_rows"] == ROWS
    stored = ledger.register("reports").get(report.entry)
    assert stored is not None
    assert stored["outcome"] == "pass"
    assert ledger.verify().intact


def test_without_a_ledger_a_check_still_answers(caplog: pytest.LogCaptureFixture) -> None:
    """A ledger that can't be reached is a notice for a check, and an error for a gate."""
    frame = pd.DataFrame({"note": ["a"]})
    assert gov.check(frame, ledger="sqlite:////nowhere/at/all.db").entry == ""
    assert "not recorded" in caplog.text
    with pytest.raises(gov.LedgerUnavailable):
        gov.check(frame, ledger="sqlite:////nowhere/at/all.db", gate={"dag": "d", "run": "r", "task": "t"})


def test_changed_thresholds_are_recorded() -> None:
    """The journal says when governance.yml changed and what the thresholds were since."""
    frame = pd.DataFrame({"note": ["a"]})
    for people in (10, 20, 20):
        declare(f"thresholds: {{minimum_people: {people}}}\n")
        gov.check(frame)
    assert [e.facts["thresholds"]["minimum_people"] for e in Ledger.open().entries("project")] == [10, 20]


def test_paths_of_a_nested_column_carry_labels() -> None:
    """A nested column is judged by the labels of its declared paths."""
    frame = pd.DataFrame({"payload": [{"a": 1, "b": 2}] * ROWS})
    declare("datasets: {nested: {kind: working, columns: {payload: {holds: none, paths: {$.a: location.latitude}}}}}\n")
    assert "LOC001" in codes(gov.check(frame, data_set="nested"))


def test_posts_and_maps_can_be_checked_as_they_are() -> None:
    """A gov.Posts is checked like the table it yields."""
    assert gov.check(gov.read_posts(whole_posts()), kind="posts").outcome == "pass"
