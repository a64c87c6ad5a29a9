"""No value of the data reaches a published map, a certificate, a match report, the review site or the ledger."""

import logging
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pytest

import governance as gov
from governance.ledger import Ledger
from governance.project import load_project
from governance.reporting.site import write_site

Clean = Callable[..., None]
DIGITS, MARK = "7391", "kanarienvogel"

PROJECT = """\
version: 1
controller: Example Ltd
purposes: {member-support: {description: answer members}}
sources:
  members: {provenance: self_provided, relationship: member, collected_for: [member-support]}
  append: {provenance: third_party}
expectations:
  - {provenance: self_provided, attribute: x.user.handle, collected_for: member-support, purpose: member-support, status: expected,
     rationale: the form says so, reviewer: dpo, reviewed_at: 2026-10-01, expires_at: 2027-10-01}
datasets:
  crm:
    kind: records
    location: people.csv
    columns:
      customer: {holds: off_x.person}
      mail: {holds: off_x.person, source: members}
      phone: {holds: off_x.attribute, source: append}
      handle: {holds: off_x.attribute, claims: x.user.handle, source: members}
      lat: {holds: location.latitude, source: members}
      lon: {holds: location.longitude, source: members}
"""


def test_heat_map_and_audit(posts: pa.Table, clean: Clean, caplog: pytest.LogCaptureFixture) -> None:
    """The records count people; nothing else of the Posts is in any form of the map, the audit or the ledger."""
    caplog.set_level(logging.DEBUG)
    heat = gov.heat_map(posts, topic="#flood", as_of="2026-11-24", series="canary")
    assert heat.to_arrow().num_rows > 0
    for suffix in ("parquet", "csv", "geojson", "html"):
        heat.write(f"map.{suffix}")
        clean(Path(f"map.{suffix}"))
    report = gov.audit(heat)
    clean(heat, heat.certificate, heat.summary(), heat._repr_html_(), report, report.to_json(), caplog.text or "silent")
    clean(Path("governance.db"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"topic": None},
        {"minimum_people": 2},
        {"finest": 12},
        {"window": "hour"},
        {"topic": "#nobody-used-this"},
        {"as_of": "2026-11-09"},
    ],
)
def test_refused_maps(wrong: dict[str, object], posts: pa.Table, clean: Clean) -> None:
    """A refusal names settings and counts."""
    with pytest.raises(gov.GovernanceError) as caught:
        gov.heat_map(posts, **({"topic": "#flood", "as_of": "2026-11-24"} | wrong))
    clean(caught.value, repr(caught.value))


def test_match_and_site(posts: pa.Table, people: pa.Table, clean: Clean, caplog: pytest.LogCaptureFixture) -> None:
    """Edges hold ids because they must; what is reported, logged, recorded and rendered holds counts and bases."""
    caplog.set_level(logging.DEBUG)
    Path("governance.yml").write_text(PROJECT)
    pa.csv.write_csv(people, "people.csv")
    count = people.num_rows
    accounts = pa.table(
        {
            "user_id": [f"88{DIGITS}{n:06d}" for n in range(count)],
            "handle": [f"{MARK}_{n}" for n in range(count)],
            "state": ["public"] * count,
            "state_checked_at": ["2026-11-23T00:00:00Z"] * count,
        },
    )
    gov.check("people.csv")
    gov.check(posts, kind="posts")
    gov.heat_map(posts, topic="#flood", as_of="2026-11-24")
    matches = gov.match(accounts, "people.csv", on=[("handle", "handle")], purpose="member-support", as_of="2026-11-24T00:00:00Z")
    assert matches.edges.num_rows > 0
    clean(matches, repr(matches), matches.refused, caplog.text or "silent")
    ledger = Ledger.open()
    write_site(ledger, load_project(), Path("site"))
    clean(Path("site"), Path("governance.db"), [entry.facts for entry in ledger.entries()])
    assert ledger.verify().intact
