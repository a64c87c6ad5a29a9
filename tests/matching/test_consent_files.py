"""Consents and objections come in as files: every form is read, every malformed row is named, and nothing is imported by halves."""
# ruff: noqa: ANN401 - fixtures and cells are of any type

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import governance as gov
from governance.matching.consents import MINIMAL
from governance.verbs.pairing import import_consents, import_objections, show_consents

CONSENT_LIST = {"purposes": ["member-support"], "notice_topics": ["off_x_matching", "privacy"], "id_kinds": ["person"]}
RECORD = {
    "schemaVersion": "27560:2023",
    "recordId": "k1",
    "piiPrincipalId": "c1",
    "privacyNotice": {"id": "n1", "sha256": "a" * 64, "language": "en", "topics": ["off_x_matching"]},
    "parties": [{"partyRole": "PII controller", "partyName": "Example Ltd"}],
    "purposes": [{"purpose": "member-support"}],
    "events": [{"eventTime": "2026-11-01T10:00:00Z", "eventState": "consent_given", "consentType": "explicitly_expressed"}],
    "offXMatching": {
        "xUserId": "11",
        "idKinds": ["person"],
        "action": "checkbox_ticked",
        "bundled": False,
        "binding": "x_oauth_session",
        "bindingEvidence": "session 1",
        "evidenceSha256": "b" * 64,
    },
}


def _write(folder: Path, suffix: str, rows: list[dict[str, Any]]) -> Path:
    path = folder / f"consents{suffix}"
    if suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    else:
        path.write_text(json.dumps(rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".parquet"])
def test_a_consent_counts_in_every_form(deployment: Any, tmp_path: Path, suffix: str) -> None:
    """Lists as arrays, truth as truth: the same consent permits the pair from JSON-L, JSON and Parquet."""
    import_consents(_write(tmp_path, suffix, [deployment.good | CONSENT_LIST | {"bundled": False}]), deployment.project)
    assert deployment.run().edges["basis"].to_pylist() == ["EXPRESS_OPT_IN"]


@pytest.mark.parametrize("suffix", [".jsonl", ".json"])
def test_a_27560_record_counts(deployment: Any, tmp_path: Path, suffix: str) -> None:
    """A record in the style of ISO/IEC TS 27560, with our extension, permits the pair; its withdrawal ends that."""
    import_consents(_write(tmp_path, suffix, [RECORD]), deployment.project)
    assert deployment.run().edges["basis"].to_pylist() == ["EXPRESS_OPT_IN"]
    ended = RECORD | {"events": [*RECORD["events"], {"eventTime": "2026-11-02T10:00:00Z", "eventState": "consent_withdrawn"}]}  # type: ignore[misc]
    report = import_consents(_write(tmp_path, suffix, [ended]), deployment.project)
    assert (dict(report.added), report.known) == ({"withdrawn": 1}, 1)
    assert dict(deployment.run().refused) == {"CONSENT_STATE": 1}


def test_an_implied_27560_consent_is_not_express(deployment: Any, tmp_path: Path) -> None:
    """What the record calls implied stays implied."""
    implied = RECORD | {"events": [{"eventTime": "2026-11-01T10:00:00Z", "eventState": "consent_given", "consentType": "implied"}]}
    import_consents(_write(tmp_path, ".json", [implied]), deployment.project)
    assert dict(deployment.run().refused) == {"CONSENT_NOT_EXPRESS": 1}


def test_the_minimal_consent_has_eight_columns(deployment: Any) -> None:
    """Eight columns are imported; what they lack is said at the decision, and constants of the whole file fill it."""
    assert len(MINIMAL) == 8
    path = deployment.table("minimal.csv", [{name: deployment.good[name] for name in MINIMAL}])
    import_consents(path, deployment.project)
    assert dict(deployment.run().refused) == {"CONSENT_BUNDLED": 1}
    names = ("controller", "bundled", "notice_id", "notice_sha256", "notice_topics", "binding_evidence", "evidence_sha256")
    import_consents(path, deployment.project, defaults={name: deployment.good[name] for name in names})
    assert deployment.run().edges["basis"].to_pylist() == ["EXPRESS_OPT_IN"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"consent_id": ""}, "`consent_id` is empty"),
        ({"event": "agreed"}, "`event` is none of given"),
        ({"at": ""}, "`at` is empty"),
        ({"at": "yesterday"}, "`at` is no time"),
        ({"at": "2026-13-01"}, "`at` is no time"),
        ({"precision": "fortnight"}, "`precision` is none of second"),
        ({"off_x_id": ""}, "`off_x_id` or `x_user_id` is empty"),
        ({"x_user_id": ""}, "`off_x_id` or `x_user_id` is empty"),
        ({"x_user_id": "@alice"}, "`x_user_id` is no numeric id"),
        ({"x_user_id": "5.70306E+17"}, "`x_user_id` is no numeric id"),
        ({"bundled": "maybe"}, "`bundled` is neither true nor false"),
        ({"expires_at": "never"}, "`expires_at` is no time"),
    ],
    ids=lambda v: next(iter(v.items())).__str__() if isinstance(v, dict) else v.split("`")[1],
)
def test_a_malformed_row_refuses_the_file(deployment: Any, change: dict[str, str], said: str) -> None:
    """The file, the line and the column are named, no value is, and nothing is imported."""
    with pytest.raises(gov.BadRequest) as refused:
        deployment.consent({"consent_id": "k0"}, change)
    assert "consents.csv:3:" in str(refused.value)
    assert said in str(refused.value)
    assert not any(value in str(refused.value) for value in change.values() if len(value) > 5)
    assert len(deployment.ledger.register("consents")) == 0


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "a.csv:1: is empty"),
        ("b.csv", b"consent_id,event,at\n", "b.csv:1: holds no rows"),
        ("c.csv", b"id,when\n1,2\n", "c.csv:1: no column `consent_id`"),
        ("d.csv", b"consent_id,event,at\nk1,given\n", "d.csv:2: the row has another number of fields"),
        ("e.csv", "consent_id,event,at\nk\u00e9,given,2026-01-01\n".encode("latin-1"), "e.csv: is not UTF-8"),
        ("f.jsonl", b'{"consent_id": "k1"\n', "f.jsonl:1: is no JSON object"),
        ("g.jsonl", b"\n[1, 2]\n", "g.jsonl:2: is no JSON object"),
        ("h.json", b'{"a":\n', "h.json:2: is no JSON"),
        ("i.json", b"[1]", "i.json:1: item 1 is no object"),
        ("j.parquet", b"PAR1", "j.parquet:1: is no readable Parquet file"),
        ("k.txt", b"x", "k.txt: no reader for `.txt`"),
        ("l.csv", b'consent_id,event,at\n"k1,given,2026-01-01\n', "l.csv:2: is no CSV"),
    ],
    ids=lambda v: v if isinstance(v, str) and len(v) < 12 else "",
)
def test_a_file_that_is_no_table_is_refused(deployment: Any, tmp_path: Path, name: str, content: bytes, said: str) -> None:
    """Empty, cut off, of another encoding or another kind: one sentence with the place."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(gov.BadRequest) as refused:
        import_consents(tmp_path / name, deployment.project)
    assert said in str(refused.value)


def test_a_missing_file_and_a_folder_are_refused(deployment: Any, tmp_path: Path) -> None:
    """What is not there, or is a folder, is said to be so."""
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(gov.BadRequest):
            import_consents(path, deployment.project)


def test_a_withdrawal_of_an_unknown_consent_is_refused(deployment: Any) -> None:
    """A withdrawal that names neither a known consent nor both identities can't do what it should."""
    with pytest.raises(gov.BadRequest, match="not on file"):
        deployment.consent({"event": "withdrawn", "off_x_id": "", "x_user_id": ""})


def test_a_withdrawal_needs_no_identities_if_the_consent_is_known(deployment: Any) -> None:
    """The pair is taken from the consent that is on file."""
    deployment.consent()
    deployment.consent({"event": "withdrawn", "at": "2026-11-10T00:00:00Z", "off_x_id": "", "x_user_id": ""})
    assert dict(deployment.run().refused) == {"CONSENT_STATE": 1}


def test_the_same_file_twice_is_stored_once(deployment: Any) -> None:
    """An import can be repeated."""
    deployment.consent()
    deployment.consent()
    assert show_consents(project=deployment.project)["events"] == 1


def test_objections_are_checked_too(deployment: Any) -> None:
    """An objection that names nobody, and a file without identities, are refused with their line."""
    with pytest.raises(gov.BadRequest, match=r"objections.csv:2: `off_x_id` and `x_user_id` are both empty"):
        deployment.object(off_x_id="", x_user_id="", at="2026-11-01")
    with pytest.raises(gov.BadRequest, match="neither `off_x_id` nor `x_user_id`"):
        import_objections(deployment.table("o.csv", [{"who": "c1"}]), deployment.project)


def test_what_is_shown_names_nobody(deployment: Any) -> None:
    """The events of a consent are shown without the identities and the evidence."""
    deployment.consent({"off_x_id": "customer-secret", "x_user_id": "424242424242"})
    shown = json.dumps(show_consents("k1", deployment.project))
    assert "member-support" in shown
    assert "customer-secret" not in shown
    assert "424242424242" not in shown
