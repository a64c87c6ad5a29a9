"""`gov.audit`: released maps, by object, id or file, resolved in the ledger and audited together."""

import json
import shutil
from dataclasses import replace
from datetime import timedelta

import pyarrow as pa
import pytest

import governance as gov
from governance.disclosure.standing import Standing
from governance.ledger import Ledger
from governance.verbs import judging
from tests.disclosure.making import AS_OF, MONDAY, crowd, stacked, world


def test_a_release_passes_by_object_id_and_file() -> None:
    """The same release is recognised in every form, alone and with others."""
    heat = gov.heat_map(world(), topic="#flood", as_of=AS_OF)
    path = heat.write("map.geojson")
    for named in (heat, heat.certificate["release"], path, str(path), [heat, path]):
        report = gov.audit(named)
        assert report.outcome == "pass"
        assert report.enforce() is report
    assert gov.audit(heat).to_json()["compared"]["releases"] == 1


def test_an_unknown_release_is_open() -> None:
    """A release of another ledger, or a made-up id, can't be decided."""
    heat = gov.heat_map(world(), topic="#flood", as_of=AS_OF)
    report = gov.audit([heat, "aaaa-bbbb-cccc-dddd"])
    assert report.outcome == "open"
    with pytest.raises(gov.PolicyViolation):
        report.enforce()
    assert gov.audit(heat, ledger="sqlite:///elsewhere.db").outcome == "open"


def test_an_edited_map_fails() -> None:
    """A map whose numbers were edited after release is not what was sealed."""
    heat = gov.heat_map(world(), topic="#flood", as_of=AS_OF)
    records = heat.to_arrow().drop(["cell_id"])
    people = pa.array([value + 10 for value in records["people"].to_pylist()])
    edited = gov.HeatMap(records.set_column(records.schema.get_field_index("people"), "people", people), heat.certificate)
    report = gov.audit(edited)
    assert report.outcome == "fail"
    assert report.findings[0].name == "release-unaltered"


def test_two_maps_of_the_same_people_fail_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two resolutions that were released in spite of the refusal are found by their exact counts, with a band of people and no cell."""
    monkeypatch.setattr(judging, "_second_maps", lambda *_: iter(()))
    monkeypatch.setattr(judging, "audit_plan", _blind)
    posts = stacked(crowd(30, step=0.01), crowd(40, 48.95, 2.5, first=100), crowd(4, 48.70, 2.1, first=300))
    fine = gov.heat_map(posts, topic="#flood", as_of=AS_OF, strategy="fixed", finest=5)
    coarse = gov.heat_map(posts, topic="#flood", as_of=AS_OF, strategy="fixed", finest=3)
    report = gov.audit([fine, coarse])
    assert report.outcome == "fail"
    assert "<10" in report.findings[0].message
    told = json.dumps(report.to_json())
    assert not any(cell in told for cell in fine.to_pandas()["cell"])
    assert gov.audit([fine, coarse], posts=posts).outcome == "fail"


def _blind(people: object, planned: judging.Plan, *_: object) -> judging.Verdict:
    """An audit that looks at nothing."""
    del people
    return judging.Verdict(planned)


def test_with_posts_people_are_counted_again() -> None:
    """An audit with the Posts recounts everybody and agrees with the release."""
    posts = world(days=14)
    heat = gov.heat_map(posts, topic="#flood", as_of=AS_OF)
    assert gov.audit(heat, posts=posts).outcome == "pass"


def test_the_audit_is_recorded_and_names_nobody() -> None:
    """The journal says that an audit was made and how it ended."""
    gov.audit(gov.heat_map(world(), topic="#flood", as_of=AS_OF))
    facts = [entry.facts for entry in Ledger.open().entries("audit")]
    assert [(fact["outcome"], fact["releases"]) for fact in facts] == [("pass", 1)]


def test_bad_requests_name_what_to_give() -> None:
    """Nothing, a missing file and a foreign file are bad requests."""
    with pytest.raises(gov.BadRequest):
        gov.audit([])
    with pytest.raises(gov.BadRequest):
        gov.audit("missing.parquet")


def test_a_ledger_that_was_tampered_with_is_noticed() -> None:
    """A register row that was changed in the database is refused, not believed."""
    import sqlite3

    heat = gov.heat_map(world(), topic="#flood", as_of=AS_OF)
    shutil.copy("governance.db", "copy.db")
    with sqlite3.connect("governance.db") as connection:
        (payload,) = connection.execute("select payload from governance_register where register = 'releases'").fetchone()
        connection.execute(
            "update governance_register set payload = ? where register = 'releases'", (payload[:-1] + bytes([payload[-1] ^ 1]),)
        )
    connection.close()
    for call in (lambda: gov.audit(heat), lambda: gov.heat_map(world(), topic="#flood", as_of=AS_OF)):
        with pytest.raises(gov.BadRequest, match="was changed"):
            call()
    assert gov.audit(heat, ledger="sqlite:///copy.db").outcome == "pass"


def test_a_window_survives_its_register_row() -> None:
    """What is stored of a window comes back as it was."""
    gov.heat_map(crowd(40, at=[MONDAY + timedelta(days=1)] * 40), topic="#flood", as_of=AS_OF, include_posts=True)
    (row,) = [row for _, row in Ledger.open().register("releases").items()]
    window = Standing.restored(row["windows"][0])
    assert Standing.restored(window.stored()).stored() == row["windows"][0]
    assert replace(window, bucket=1).stored() != row["windows"][0]


def test_other_posts_can_not_say_that_a_map_is_safe() -> None:
    """With Posts that are not those of the release, or with none of them, the audit is open, never a pass."""
    heat = gov.heat_map(world(), topic="#flood", as_of=AS_OF)
    for posts in (world(people=30, posts=60), world(tags=("other",))):
        report = gov.audit(heat, posts=posts)
        assert report.outcome == "open"
        assert "not those of the release" in report.findings[0].message
