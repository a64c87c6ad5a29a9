"""Waivers of the gate: a check of ours is lifted for one data set until a day, an edge says so; the policy's checks never are."""
# ruff: noqa: ANN401 - fixtures and cells are of any type

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner

import governance as gov
from governance.adapters.cli import cli
from governance.matching.reasons import REASONS
from governance.matching.store import put, stored
from governance.matching.waivers import BITS, live_waivers
from governance.project import load_project
from governance.reporting.review import gather
from governance.verbs.pairing import sweep_matches
from governance.vocabulary import Ground

OURS = [code for code, reason in REASONS.items() if reason.ground is Ground.OURS]
POLICY = [code for code, reason in REASONS.items() if reason.ground is Ground.POLICY]
UNTIL = "2026-11-27"


def waive(deployment: Any, code: str, data_set: str = "crm", until: str = UNTIL) -> None:
    """Write a waiver into governance.yml."""
    deployment.tree["datasets"].setdefault(data_set, {"kind": "working"})
    row = {"rule": code, "data_set": data_set, "reason": "old records", "approver": "dpo", "expires_at": until}
    deployment.tree.setdefault("waivers", []).append(row)


def lost(report: Any) -> dict[str, int]:
    """What a sweep unlinked or suspended, by code."""
    return {**report.unlinked, **report.suspended}


def stale(deployment: Any) -> None:
    """A handle that was given, and an account nobody looked at for long."""
    deployment.record["x_handle"] = "alice"
    deployment.account["state_checked_at"] = "2026-01-01T00:00:00Z"


def stale_and(**account: str) -> Callable[[Any], None]:
    """A stale account that differs in more."""

    def prepared(deployment: Any) -> None:
        stale(deployment)
        deployment.account.update(account)

    return prepared


def stale_and_objected(deployment: Any) -> None:
    """A stale account, and a pair that objected."""
    stale(deployment)
    deployment.object(off_x_id="c1", x_user_id="11")


def defect(**changed: str) -> Callable[[Any], None]:
    """A consent with a defect."""
    return lambda deployment: deployment.consent(changed)


DEFECTS: list[tuple[str, Callable[[Any], None]]] = [
    ("X_STATE_STALE", stale),
    ("X_STATE_STALE", stale_and(state_checked_at="")),
    ("CONSENT_BUNDLED", defect(bundled="true")),
    ("CONSENT_BUNDLED", defect(bundled="")),
    ("CONSENT_BINDING", defect(binding="email_equal")),
    ("CONSENT_BINDING", defect(binding_evidence="")),
    ("CONSENT_NOTICE_UNPROVEN", defect(notice_sha256="")),
    ("CONSENT_NO_EVIDENCE", defect(evidence_sha256="")),
]
IDS = [f"{code}-{at}" for at, (code, _) in enumerate(DEFECTS)]
each_defect = pytest.mark.parametrize(("code", "change"), DEFECTS, ids=IDS)


def test_exactly_the_checks_that_are_ours_can_be_waived() -> None:
    """The codes with a bit are those marked `ours`, each bit is one bit, and each has a case here."""
    assert set(BITS) == set(OURS) == {code for code, _ in DEFECTS}
    assert sorted(BITS.values()) == [1 << at for at in range(len(BITS))]


@each_defect
def test_a_live_waiver_lifts_its_check_and_the_edge_says_so(deployment: Any, code: str, change: Callable[[Any], None]) -> None:
    """Refused without, permitted with the waiver; evidence, summary and journal name it; the edge ends with its last day at the latest."""
    change(deployment)
    assert dict(deployment.run().refused) == {code: 1}
    waive(deployment, code)
    found = deployment.run()
    (edge,) = found.edges.to_pylist()
    assert f"waiver:{code}" in edge["evidence"]
    assert len(edge["evidence"]) > 1
    assert edge["valid_until"] <= datetime(2026, 11, 28, tzinfo=UTC)
    assert (dict(found.refused), found.waived, found.summary()["waived"]) == ({}, {code: 1}, {code: "<10"})
    assert [entry.facts["waived"] for entry in deployment.ledger.entries("match")] == [{}, {code: 1}]


@each_defect
@pytest.mark.parametrize("other", [{"data_set": "accounts"}, {"until": "2026-11-23"}], ids=["other data set", "expired"])
def test_a_waiver_that_is_not_live_lifts_nothing(deployment: Any, code: str, change: Callable[[Any], None], other: dict[str, str]) -> None:
    """A waiver for other records, or one whose last day is over, leaves the refusal as it is."""
    change(deployment)
    waive(deployment, code, **other)
    assert dict(deployment.run().refused) == {code: 1}


@each_defect
def test_a_waiver_lifts_no_other_check(deployment: Any, code: str, change: Callable[[Any], None]) -> None:
    """With every other check of ours waived, the one that is not still refuses."""
    change(deployment)
    for other in OURS:
        if other != code:
            waive(deployment, other)
    assert dict(deployment.run().refused) == {code: 1}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (defect(action="oauth_login", bundled="true"), "CONSENT_NOT_EXPRESS"),
        (defect(bundled="true", notice_topics="privacy"), "CONSENT_NOTICE_SILENT"),
        (defect(evidence_sha256="", expires_at="2026-11-02"), "CONSENT_EXPIRED"),
        (stale_and(state="protected"), "X_PROTECTED"),
        (stale_and(state="deleted"), "X_DELETED"),
        (stale_and(state=""), "X_STATE_UNKNOWN"),
        (stale_and_objected, "OBJECTION_ON_FILE"),
    ],
    ids=["login", "silent notice", "expired consent", "protected", "deleted", "unknown", "objected"],
)
def test_the_policy_refuses_whatever_is_waived(deployment: Any, change: Callable[[Any], None], code: str) -> None:
    """With every check of ours waived, what the policy refuses is refused."""
    for ours in OURS:
        waive(deployment, ours)
    change(deployment)
    assert dict(deployment.run().refused) == {code: 1}


def test_an_edge_that_needs_no_waiver_names_none(deployment: Any) -> None:
    """Waivers that lift nothing leave no mark, and of two consents the one that needs fewer carries the edge."""
    for ours in OURS:
        waive(deployment, ours)
    deployment.consent({"consent_id": "k0", "bundled": "true", "expires_at": ""}, {"consent_id": "k1"})
    found = deployment.run()
    assert found.edges["evidence"].to_pylist() == [["k1"]]
    assert found.waived == {}
    assert found.edges["valid_until"][0].as_py().isoformat() == "2026-11-30T00:00:00+00:00"


def test_edges_with_and_without_a_waiver_stand_side_by_side(deployment: Any) -> None:
    """Of two people the one with the stale account cites the waiver, the other does not."""
    waive(deployment, "X_STATE_STALE")
    deployment.accounts = [deployment.account, deployment.account | {"user_id": "12", "handle": "bob", "state_checked_at": ""}]
    deployment.records = [{"customer_id": "c1", "x_handle": "alice"}, {"customer_id": "c2", "x_handle": "bob"}]
    cited = {row["off_x_id"]: row["evidence"][-1] for row in deployment.run().edges.to_pylist()}
    assert cited["c2"] == "waiver:X_STATE_STALE"
    assert cited["c1"].startswith("expectation:")


@pytest.mark.parametrize("code", [*POLICY, "CONSENT_UNHEARD_OF"])
def test_a_waiver_of_the_policys_or_of_no_check_is_refused_with_its_line(deployment: Any, code: str) -> None:
    """Whatever the data set and the day: the error names governance.yml and the line."""
    waive(deployment, "CONSENT_BUNDLED")
    waive(deployment, code, data_set="elsewhere", until="2020-01-01")
    path = deployment.project
    line = next(at for at, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if f"rule: {code}" in text)
    with pytest.raises(gov.BadRequest, match=rf"governance\.yml:{line}: .*{code}"):
        live_waivers(load_project(path), "crm", datetime(2026, 11, 24, tzinfo=UTC))


def test_no_match_and_no_sweep_runs_under_a_void_waiver(deployment: Any) -> None:
    """The verbs refuse too, before an edge is made or kept."""
    deployment.record["x_handle"] = "alice"
    deployment.run()
    waive(deployment, "X_PROTECTED")
    with pytest.raises(gov.BadRequest, match="X_PROTECTED"):
        deployment.run()
    with pytest.raises(gov.BadRequest, match="X_PROTECTED"):
        sweep_matches(project=deployment.project, as_of="2026-11-25")


@each_defect
@pytest.mark.parametrize("fresh_look", [False, True], ids=["without accounts", "with accounts"])
def test_the_sweep_keeps_an_edge_until_its_waiver_ends(
    deployment: Any, code: str, change: Callable[[Any], None], *, fresh_look: bool
) -> None:
    """The same waiver keeps the edge through its last day; then the edge ends, or waits for a new look, for what was waived."""
    change(deployment)
    waive(deployment, code)
    deployment.run()
    more = {"accounts": deployment.write()[0]} if fresh_look else {}
    before = sweep_matches(project=deployment.project, as_of="2026-11-27T23:59:59Z", **more)
    after = sweep_matches(project=deployment.project, as_of="2026-11-28T00:00:00Z", **more)
    assert lost(before) == {}
    assert lost(after) == {code: 1}
    assert bool(after.suspended) == (code == "X_STATE_STALE")


@each_defect
def test_a_waiver_that_was_taken_back_unlinks(deployment: Any, code: str, change: Callable[[Any], None]) -> None:
    """A waiver that no longer stands in governance.yml keeps no edge."""
    change(deployment)
    waive(deployment, code)
    deployment.run()
    deployment.tree.pop("waivers")
    assert lost(sweep_matches(project=deployment.project, as_of="2026-11-25")) == {code: 1}


def test_a_sweep_notes_the_waiver_an_account_needs_now(deployment: Any) -> None:
    """A new look that is missing moves the edge under the waiver; a fresh one frees it again."""
    deployment.record["x_handle"] = "alice"
    waive(deployment, "X_STATE_STALE")
    deployment.run()
    seen = []
    for checked in ("", "2026-11-25T00:00:00Z"):
        deployment.account["state_checked_at"] = checked
        sweep_matches(deployment.write()[0], project=deployment.project, as_of="2026-11-25T12:00:00Z")
        (row,) = next(iter(stored(deployment.ledger))).edges.to_pylist()
        seen.append((row["waived"], row["valid_until"].isoformat()))
    assert seen == [(1, "2026-11-28T00:00:00"), (0, "2026-12-02T00:00:00")]


def test_edges_registered_before_waivers_were_noted_are_read(deployment: Any) -> None:
    """A part without the column counts as decided without a waiver."""
    deployment.record["x_handle"] = "alice"
    deployment.run()
    part = next(iter(stored(deployment.ledger)))
    put(deployment.ledger, type(part)(part.key, part.about, part.edges.drop_columns(["waived"])))
    assert next(iter(stored(deployment.ledger))).edges["waived"].to_pylist() == [0]
    assert dict(sweep_matches(project=deployment.project, as_of="2026-11-25").unlinked) == {}


@pytest.mark.parametrize(("code", "rule"), [("CONSENT_BUNDLED", "OFX002"), ("X_STATE_STALE", "OFX005")])
def test_a_checked_table_is_decided_with_the_same_waivers(deployment: Any, code: str, rule: str) -> None:
    """`kind="matches"`: an edge under a live waiver passes, and fails once the waiver is gone."""
    now = datetime.now(UTC)
    deployment.account["state_checked_at"] = "" if code == "X_STATE_STALE" else now.isoformat()
    deployment.consent({"at": "2020-01-01T00:00:00Z", "expires_at": "", "bundled": "true" if code == "CONSENT_BUNDLED" else "false"})
    waive(deployment, code, until=f"{now + timedelta(days=3):%Y-%m-%d}")
    edges = deployment.run(as_of=now.isoformat()).write(deployment.folder / "edges.parquet")

    def outcome() -> dict[str, str]:
        report = gov.check(edges, kind="matches", project=deployment.project)
        return {finding.rule: str(finding.outcome) for finding in report.findings}

    assert outcome() == {}
    deployment.tree["waivers"] = []
    assert outcome() == {rule: "fail"}


def test_the_journal_says_no_value(deployment: Any) -> None:
    """The entry of a match under a waiver holds codes and counts."""
    stale(deployment)
    waive(deployment, "X_STATE_STALE")
    deployment.run()
    text = json.dumps([dict(entry.facts) for entry in deployment.ledger.entries("match")])
    assert "alice" not in text
    assert "old records" not in text


def doctor(deployment: Any) -> tuple[int, dict[str, list[list[str]]]]:
    """What `governance doctor` says, and its exit code."""
    done = CliRunner().invoke(cli, ["doctor", "--project", str(deployment.project), "--format", "json"], catch_exceptions=False)
    return done.exit_code, json.loads(done.stdout)


def test_the_doctor_lists_consents_that_do_not_count(deployment: Any) -> None:
    """Consents on file are listed by the first check they fail, and no longer once that check is waived."""
    deployment.consent({"bundled": "true"})
    wanted = "EXPRESS_OPT_IN: fewer than 10 consents do not count for `member-support` (CONSENT_BUNDLED)"
    code, said = doctor(deployment)
    assert (code, said["blocking"]) == (0, [])
    assert wanted in [what for what, _ in said["advice"]]
    waive(deployment, "CONSENT_BUNDLED", until="2999-01-01")
    assert not [what for what, _ in doctor(deployment)[1]["advice"] if what.startswith("EXPRESS_OPT_IN")]


def test_the_doctor_says_that_a_void_waiver_blocks(deployment: Any) -> None:
    """A waiver of the policy's stops every match, so it is listed as blocking, with its line."""
    deployment.consent({"bundled": "true"})
    waive(deployment, "X_PROTECTED")
    code, said = doctor(deployment)
    ((what, _),) = said["blocking"]
    assert code == 1
    assert "governance.yml:" in what
    assert "`X_PROTECTED` is the policy's and can't be waived" in what


def test_the_review_site_knows_waivers_of_the_gate(deployment: Any) -> None:
    """A live waiver of a code that is ours is active, one of the policy's is void, one that is over has expired."""
    waive(deployment, "CONSENT_BUNDLED", until="2999-01-01")
    waive(deployment, "X_PROTECTED", until="2999-01-01")
    waive(deployment, "CONSENT_BINDING", until="2020-01-01")
    review = gather(deployment.ledger, load_project(deployment.project))
    assert [(one.rule, one.state) for one in review.waivers] == [
        ("CONSENT_BUNDLED", "active"),
        ("X_PROTECTED", "void"),
        ("CONSENT_BINDING", "expired"),
    ]
