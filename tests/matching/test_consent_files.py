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
        ({"event": ""}, "`event` is empty"),
        ({"at": "2026-11-01T10:00:00"}, "`at` says no time zone"),
        ({"at": "2026-11-01 10:00"}, "`at` says no time zone"),
        ({"expires_at": "2027-11-01T10:00:00"}, "`expires_at` says no time zone"),
        ({"expires_at": "2026-10-31T10:00:00Z"}, "`expires_at` is before `at`"),
        ({"event": "renewed", "expires_at": "2026-10-31"}, "`expires_at` is before `at`"),
        ({"notice_sha256": "zz"}, "`notice_sha256` is no SHA-256 digest"),
        ({"evidence_sha256": "zz"}, "`evidence_sha256` is no SHA-256 digest"),
        ({"evidence_sha256": "g" * 64}, "`evidence_sha256` is no SHA-256 digest"),
        ({"evidence_sha256": "sha256:" + "b" * 64}, "`evidence_sha256` is no SHA-256 digest"),
        ({"x_user_id": "abcdef"}, "`x_user_id` is no numeric id"),
        ({"x_user_id": "11.0"}, "`x_user_id` is no numeric id"),
        ({"x_user_id": "-11"}, "`x_user_id` is no numeric id"),
        ({"x_user_id": "\u0661\u0661"}, "`x_user_id` is no numeric id"),
        ({"event": "withdrawn", "x_user_id": "abcdef"}, "`x_user_id` is no numeric id"),
        ({"action": "nodded"}, "`action` is none of checkbox_ticked"),
        ({"binding": "same_name"}, "`binding` is none of x_oauth_session"),
        ({"id_kinds": "person;cousin"}, "`id_kinds` is none of person"),
        ({"consent_id": "k0", "off_x_id": "customer-2"}, "`off_x_id` differs from another event of the same `consent_id`"),
        ({"consent_id": "k0", "x_user_id": "12345678"}, "`x_user_id` differs from another event of the same `consent_id`"),
        ({"consent_id": "k0", "controller": "Other Ltd"}, "`controller` differs from another event of the same `consent_id`"),
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


@pytest.mark.parametrize("change", [{"off_x_id": "customer-2"}, {"x_user_id": "12345678"}, {"controller": "Other Ltd"}], ids=list)
def test_a_consent_on_file_keeps_its_pair_and_controller(deployment: Any, change: dict[str, str]) -> None:
    """A later file can't turn a consent into one of another person, another account or another controller; nothing of it is kept."""
    deployment.consent()
    with pytest.raises(gov.BadRequest, match=r"consents.csv:2: `\w+` differs from another event"):
        deployment.consent({"event": "renewed", "at": "2026-11-10T00:00:00Z"} | change)
    assert show_consents(project=deployment.project)["events"] == 1


@pytest.mark.parametrize("precision", ["", None], ids=["empty", "no column"])
def test_an_unstated_precision_counts_as_a_day(deployment: Any, precision: str | None) -> None:
    """A consent of this morning, without a word on how precise its time is, may be one of this evening: it is not before the match."""
    row = deployment.good | {"at": "2026-11-24T08:00:00Z", "precision": precision}
    import_consents(deployment.table("k.csv", [{name: cell for name, cell in row.items() if cell is not None}]), deployment.project)
    assert dict(deployment.run().refused) == {"CONSENT_NOT_BEFORE_ASSOCIATION": 1}


@pytest.mark.parametrize("sign", [";", "\t"])
def test_other_delimiters_are_read(deployment: Any, sign: str) -> None:
    """A spreadsheet's semicolons or tabs separate columns as well as commas do; lists in a cell stay lists."""
    good = deployment.good | {
        "purposes": '"newsletter;member-support"',
        "attributes": '"x.user.handle;x.user.id"',
        "notice_topics": "off_x_matching",
    }
    path = deployment.folder / "k.csv"
    path.write_text(f"{sign.join(good)}\n{sign.join(good.values())}\n", encoding="utf-8")
    import_consents(path, deployment.project)
    assert deployment.run().edges["basis"].to_pylist() == ["EXPRESS_OPT_IN"]


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("consent_id,event,at,expire_at", "a column looks like `expires_at`"),
        ("consent_id,event,at,Attributes", "a column looks like `attributes`"),
        ("consent_id,event,at,at", "a column name stands twice"),
    ],
)
def test_a_column_that_would_be_lost_is_refused(deployment: Any, head: str, said: str) -> None:
    """A misspelt `expires_at` would make a consent last for ever: the first line is refused, and the name that is meant is said."""
    path = deployment.folder / "k.csv"
    path.write_text(f"{head}\nk1,given,2026-01-01,2026-02-02\n", encoding="utf-8")
    with pytest.raises(gov.BadRequest) as refused:
        import_consents(path, deployment.project)
    assert f"k.csv:1: {said}" in str(refused.value)


def test_an_unknown_constant_is_refused(deployment: Any) -> None:
    """`--set` with a column that no consent has would do nothing."""
    with pytest.raises(gov.BadRequest, match="`expires` is no column of a consent"):
        import_consents(deployment.table("k.csv", [deployment.good]), deployment.project, defaults={"expires": "2026-12-01"})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"x_user_id": "alice_x"}, "`x_user_id` is no numeric id"),
        ({"at": "2026-11-01T10:00:00"}, "`at` says no time zone"),
        ({"at": "yesterday"}, "`at` is no time"),
    ],
)
def test_a_malformed_objection_is_refused(deployment: Any, change: dict[str, str], said: str) -> None:
    """An objection that would stop nobody is refused with its line, and no value is said."""
    good = {"off_x_id": "c1", "x_user_id": "11", "at": "2026-11-01T10:00:00Z"}
    path = deployment.table("o.csv", [good, good | change])
    with pytest.raises(gov.BadRequest) as refused:
        import_objections(path, deployment.project)
    assert f"o.csv:3: {said}" in str(refused.value)
    assert next(iter(change.values())) not in str(refused.value)
    assert len(deployment.ledger.register("objections")) == 0


@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_consents_are_no_objections(deployment: Any, suffix: str) -> None:
    """A file of consents given as objections would bar everybody who agreed: it is refused, flat or as records."""
    path = deployment.table("k.csv", [deployment.good]) if suffix == ".csv" else _write(deployment.folder, suffix, [RECORD])
    with pytest.raises(gov.BadRequest, match=r"of consents?, not|record of consent"):
        import_objections(path, deployment.project)
    assert len(deployment.ledger.register("objections")) == 0


def test_a_misspelt_key_of_a_later_line_is_refused(deployment: Any, tmp_path: Path) -> None:
    """Each line of JSON-L may have keys of its own: a misspelt `expires_at` is seen in the second line as well."""
    row = {name: cell for name, cell in deployment.good.items() if name != "expires_at"}
    path = _write(tmp_path, ".jsonl", [deployment.good, row | {"consent_id": "k2", "expire_at": "2026-12-01"}])
    with pytest.raises(gov.BadRequest, match="jsonl:2: a column looks like `expires_at`"):
        import_consents(path, deployment.project)


def test_an_objection_that_is_brought_stands_against_consents(deployment: Any) -> None:
    """Whatever its `reason` says, an objection from a file bars the consents given before; it is not taken for a withdrawal of one."""
    deployment.consent()
    deployment.object(off_x_id="c1", x_user_id="11", at="2026-11-20T00:00:00Z", reason="consent_withdrawn")
    assert dict(deployment.run().refused) == {"OBJECTION_ON_FILE": 1}
