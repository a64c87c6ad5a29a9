"""The truth table of the gate: one case per line, each says what is changed and what must come out."""
# ruff: noqa: ANN401, E501 - fixtures and cells are of any type; a table reads best with one case per line

from collections.abc import Callable
from typing import Any

import pytest

from governance.matching.reasons import REASONS

Case = tuple[str, Callable[[Any], Any], str]
HANDLE = [("handle", "x_handle")]


def _give(deployment: Any) -> None:
    deployment.record["x_handle"] = "alice"


def given(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The person gave their handle; then the change."""

    def prepared(deployment: Any) -> Any:
        _give(deployment)
        return change(deployment)

    return prepared


def source(name: str, **changed: Any) -> Callable[[Any], Any]:
    """The handle was given; the source differs."""
    return given(lambda d: d.tree["sources"][name].update(changed))


def listed(**changed: Any) -> Callable[[Any], Any]:
    """The handle stands in a public directory; the source differs."""

    def prepared(deployment: Any) -> Any:
        deployment.record["listed_handle"] = "alice"
        deployment.tree["sources"]["directory"].update(changed)
        return [("handle", "listed_handle")]

    return prepared


def bought(column: str) -> Callable[[Any], Any]:
    """The handle came otherwise."""

    def prepared(deployment: Any) -> Any:
        deployment.record[column] = "alice"
        return [("handle", column)]

    return prepared


def expected(**changed: Any) -> Callable[[Any], Any]:
    """The handle was given; its assessment differs."""
    return given(lambda d: d.tree["expectations"][0].update(changed))


def state(**changed: Any) -> Callable[[Any], Any]:
    """The handle was given; the account differs."""
    return given(lambda d: d.account.update(changed))


def consent(**changed: Any) -> Callable[[Any], Any]:
    """Nothing but a consent links the pair; it differs."""
    return lambda d: d.consent(changed)


def consents(*rows: dict[str, Any]) -> Callable[[Any], Any]:
    """Nothing but these consent events."""
    return lambda d: d.consent(*rows)


def both(first: Callable[[Any], Any], second: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Two changes, the second one's columns."""

    def prepared(deployment: Any) -> Any:
        first(deployment)
        return second(deployment)

    return prepared


def by_row(since: str, until: str = "") -> Callable[[Any], Any]:
    """The relationship stands in the row."""

    def prepared(deployment: Any) -> None:
        _give(deployment)
        deployment.columns.update({"since": {"holds": "off_x.relationship_since"}, "until": {"holds": "off_x.relationship_until"}})
        deployment.record |= {"since": since, "until": until}

    return prepared


def provenance(word: str) -> Callable[[Any], Any]:
    """The row says where it comes from."""

    def prepared(deployment: Any) -> None:
        _give(deployment)
        deployment.tree["datasets"]["crm"]["provenance_column"] = "origin"
        deployment.columns["origin"] = {"holds": "none"}
        deployment.record["origin"] = word

    return prepared


def derived(*parents: str) -> Callable[[Any], Any]:
    """The given handle was worked out from other columns."""
    return given(lambda d: d.columns["x_handle"].update(derived_from=list(parents)))


def objection(**row: str) -> Callable[[Any], Any]:
    """The handle was given; then someone objected."""
    return given(lambda d: d.object(**row))


OPT_IN, SELF, PUBLIC = "EXPRESS_OPT_IN", "SELF_PROVIDED", "PUBLIC_DATA"
CASES: list[Case] = [
    ("a handle the person gave", given(lambda _: None), SELF),
    ("a handle in a public directory", listed(), PUBLIC),
    ("a bound consent alone", consent(), OPT_IN),
    # where values come from
    ("bought", bought("append_handle"), "PROVENANCE_THIRD_PARTY"),
    ("inferred", bought("guessed_handle"), "PROVENANCE_INFERRED"),
    ("observed", bought("watched_handle"), "PROVENANCE_OBSERVED"),
    ("declared unknown", bought("nobody_handle"), "PROVENANCE_UNKNOWN"),
    ("no source declared", given(lambda d: d.columns["x_handle"].pop("source")), "PROVENANCE_UNKNOWN"),
    ("column not declared", given(lambda d: d.columns.pop("x_handle")), "PROVENANCE_UNKNOWN"),
    ("column says self, source is bought", given(lambda d: d.columns["x_handle"].update(source="append", provenance="self_provided")),
     "PROVENANCE_THIRD_PARTY"),
    ("row says bought", provenance("third_party"), "PROVENANCE_THIRD_PARTY"),
    ("row names a bought source", provenance("append"), "PROVENANCE_THIRD_PARTY"),
    ("row says self", provenance("self_provided"), SELF),
    ("row names the members", provenance("members"), SELF),
    ("row says nothing", provenance(""), "PROVENANCE_UNKNOWN"),
    ("row says a word nobody knows", provenance("somewhere"), "PROVENANCE_UNKNOWN"),
    ("derived from a given column", derived("full_name"), SELF),
    ("derived from a bought column", derived("full_name", "append_handle"), "PROVENANCE_THIRD_PARTY"),
    ("derived from an undeclared column", derived("mystery"), "PROVENANCE_UNKNOWN"),
    ("derived from itself", derived("x_handle"), "PROVENANCE_UNKNOWN"),
    ("source made of a bought source", source("members", parents=["append"]), "PROVENANCE_THIRD_PARTY"),
    # facts
    ("source no longer valid", source("members", valid_until="2026-11-24"), "FACT_STALE"),
    ("source valid until tomorrow", source("members", valid_until="2026-11-25"), SELF),
    ("no relationship declared", given(lambda d: d.tree["sources"]["members"].pop("relationship")), "NO_DIRECT_RELATIONSHIP"),
    ("relationship since yesterday", source("members", relationship_since="2026-11-23"), SELF),
    ("relationship since today", source("members", relationship_since="2026-11-24"), "NO_DIRECT_RELATIONSHIP"),
    ("relationship ended", source("members", relationship_until="2026-11-20"), "NO_DIRECT_RELATIONSHIP"),
    ("row's relationship is old", by_row("2024-01-01"), SELF),
    ("row's relationship began an hour ago", by_row("2026-11-24T11:00:00Z"), SELF),
    ("row's relationship begins in an hour", by_row("2026-11-24T13:00:00Z"), "NO_DIRECT_RELATIONSHIP"),
    ("row's relationship began some time today", by_row("2026-11-24"), "NO_DIRECT_RELATIONSHIP"),
    ("row's relationship is empty", by_row(""), "NO_DIRECT_RELATIONSHIP"),
    ("row's relationship is no date", by_row("long ago"), "NO_DIRECT_RELATIONSHIP"),
    ("row's relationship has ended", by_row("2024-01-01", "2026-11-01"), "NO_DIRECT_RELATIONSHIP"),
    ("row's relationship ends next year", by_row("2024-01-01", "2027-01-01"), SELF),
    ("row's end is no date", by_row("2024-01-01", "soon"), "NO_DIRECT_RELATIONSHIP"),
    ("directory without a URL", listed(url=""), "PUBLIC_RESOURCE_UNPROVEN"),
    ("directory behind a login", listed(behind_login=True), "PUBLIC_RESOURCE_UNPROVEN"),
    ("directory that is no page", listed(url="file:///srv/list.csv"), "PUBLIC_RESOURCE_UNPROVEN"),
    ("directory checked tomorrow", listed(checked_at="2026-11-25"), "PUBLIC_RESOURCE_UNPROVEN"),
    # what people expect
    ("no assessment", given(lambda d: d.tree["expectations"].pop(0)), "EXPECTATION_NOT_ASSESSED"),
    ("assessment of another purpose", expected(purpose="newsletter"), "EXPECTATION_NOT_ASSESSED"),
    ("assessment of another collection", expected(collected_for="newsletter"), "EXPECTATION_NOT_ASSESSED"),
    ("assessment of another attribute", expected(attribute="x.user.bio"), "EXPECTATION_NOT_ASSESSED"),
    ("assessment has expired", expected(expires_at="2026-11-24"), "EXPECTATION_NOT_ASSESSED"),
    ("assessment comes later", expected(reviewed_at="2026-11-25"), "EXPECTATION_NOT_ASSESSED"),
    ("assessment is uncertain", expected(status="uncertain"), "EXPECTATION_NOT_ASSESSED"),
    ("people would not expect it", expected(status="unexpected"), "EXPECTATION_UNEXPECTED"),
    # accounts
    ("protected", state(state="protected"), "X_PROTECTED"),
    ("suspended", state(state="suspended"), "X_SUSPENDED"),
    ("withheld", state(state="withheld"), "X_WITHHELD"),
    ("deleted", state(state="deleted"), "X_DELETED"),
    ("no state", state(state=""), "X_STATE_UNKNOWN"),
    ("a state nobody knows", state(state="fine"), "X_STATE_UNKNOWN"),
    ("state looked up eight days ago", state(state_checked_at="2026-11-16T11:59:59Z"), "X_STATE_STALE"),
    ("state looked up seven days ago", state(state_checked_at="2026-11-17T12:00:00Z"), SELF),
    ("state looked up never", state(state_checked_at=""), "X_STATE_STALE"),
    ("state looked up next week", state(state_checked_at="2026-12-01T00:00:00Z"), "X_STATE_UNKNOWN"),
    ("an account column that is not public", both(state(confirmed_email="alice"), lambda _: [("confirmed_email", "x_handle")]),
     "X_ATTRIBUTE_NOT_PUBLIC"),
    ("a geotag", both(state(latitude="48.1"), lambda _: [("latitude", "x_handle")]), "X_ATTRIBUTE_NOT_PUBLIC"),
    # consents
    ("login", consent(action="oauth_login"), "CONSENT_NOT_EXPRESS"),
    ("sign-in", consent(action="sign_in"), "CONSENT_NOT_EXPRESS"),
    ("accepted terms", consent(action="terms_accepted"), "CONSENT_NOT_EXPRESS"),
    ("pre-ticked", consent(action="pre_ticked"), "CONSENT_NOT_EXPRESS"),
    ("implied", consent(action="implied"), "CONSENT_NOT_EXPRESS"),
    ("silence", consent(action="silence"), "CONSENT_NOT_EXPRESS"),
    ("cookie banner", consent(action="cookie_banner"), "CONSENT_NOT_EXPRESS"),
    ("no action", consent(action=""), "CONSENT_NOT_EXPRESS"),
    ("a button", consent(action="button_pressed"), OPT_IN),
    ("a signed form", consent(action="signed_form"), OPT_IN),
    ("spoken and recorded", consent(action="verbal_recorded"), OPT_IN),
    ("bundled", consent(bundled="true"), "CONSENT_BUNDLED"),
    ("perhaps bundled", consent(bundled=""), "CONSENT_BUNDLED"),
    ("another controller", consent(controller="Other Ltd"), "CONSENT_OTHER_CONTROLLER"),
    ("no controller", consent(controller=""), "CONSENT_OTHER_CONTROLLER"),
    ("another purpose", consent(purposes="newsletter"), "CONSENT_PURPOSE"),
    ("a longer word of the same beginning", consent(purposes="member-supporters"), "CONSENT_PURPOSE"),
    ("a child of the purpose", consent(purposes="member-support.refunds"), "CONSENT_PURPOSE"),
    ("one of several purposes", consent(purposes="newsletter; member-support"), OPT_IN),
    ("household only", consent(id_kinds="household;device"), "CONSENT_ID_KIND"),
    ("no kind named, a person's id", consent(id_kinds=""), OPT_IN),
    ("equal e-mail addresses", consent(binding="email_equal"), "CONSENT_BINDING"),
    ("no binding", consent(binding=""), "CONSENT_BINDING"),
    ("binding without evidence", consent(binding_evidence=""), "CONSENT_BINDING"),
    ("challenge Post", consent(binding="challenge_post"), OPT_IN),
    ("signed challenge", consent(binding="signed_challenge"), OPT_IN),
    ("notice is silent", consent(notice_topics="privacy"), "CONSENT_NOTICE_SILENT"),
    ("notice has no topics", consent(notice_topics=""), "CONSENT_NOTICE_SILENT"),
    ("notice without a hash", consent(notice_sha256=""), "CONSENT_NOTICE_UNPROVEN"),
    ("notice without an id", consent(notice_id=""), "CONSENT_NOTICE_UNPROVEN"),
    ("no evidence", consent(evidence_sha256=""), "CONSENT_NO_EVIDENCE"),
    ("given after the association", consent(at="2026-11-24T12:30:00Z"), "CONSENT_NOT_BEFORE_ASSOCIATION"),
    ("given in the second of the association", consent(at="2026-11-24T12:00:00Z"), "CONSENT_NOT_BEFORE_ASSOCIATION"),
    ("given a second before", consent(at="2026-11-24T11:59:59Z"), OPT_IN),
    ("given in another time zone, later than it looks", consent(at="2026-11-24T11:30:00-02:00"), "CONSENT_NOT_BEFORE_ASSOCIATION"),
    ("given in another time zone, earlier than it looks", consent(at="2026-11-24T13:30:00+02:00"), OPT_IN),
    ("given some time today", consent(at="2026-11-24", precision=""), "CONSENT_NOT_BEFORE_ASSOCIATION"),
    ("a day is a day, whatever it is called", consent(at="2026-11-24", precision="second"), "CONSENT_NOT_BEFORE_ASSOCIATION"),
    ("given within this hour", consent(at="2026-11-24T11:30:00Z", precision="hour"), "CONSENT_NOT_BEFORE_ASSOCIATION"),
    ("given yesterday, to the day", consent(at="2026-11-23", precision="day"), OPT_IN),
    ("expired", consent(expires_at="2026-11-24T11:00:00Z"), "CONSENT_EXPIRED"),
    ("expires today", consent(expires_at="2026-11-24"), "CONSENT_EXPIRED"),
    ("never expires", consent(expires_at=""), OPT_IN),
    ("other attributes", consent(attributes="x.user.bio"), "CONSENT_ATTRIBUTE"),
    ("no attributes named", consent(attributes=""), OPT_IN),
    ("for another account", consent(x_user_id="99"), "CONSENT_OTHER_IDENTITY"),
    ("for another person", consent(off_x_id="c9"), "CONSENT_OTHER_IDENTITY"),
    ("for another account, with a bought handle", both(consent(x_user_id="99"), bought("append_handle")), "CONSENT_OTHER_IDENTITY"),
    ("withdrawn", consents({}, {"event": "withdrawn", "at": "2026-11-10T00:00:00Z"}), "CONSENT_STATE"),
    ("withdrawn on the day it was renewed", consents(
        {}, {"event": "withdrawn", "at": "2026-11-10", "precision": "day"}, {"event": "renewed", "at": "2026-11-10T09:00:00Z"}), "CONSENT_STATE"),
    ("withdrawn, then renewed", consents(
        {}, {"event": "withdrawn", "at": "2026-11-10T00:00:00Z"}, {"event": "renewed", "at": "2026-11-12T00:00:00Z"}), OPT_IN),
    ("withdrawn later than the association", consents({}, {"event": "withdrawn", "at": "2026-11-25T00:00:00Z"}), OPT_IN),
    ("refused", consents({"event": "refused"}), "CONSENT_STATE"),
    ("invalidated", consents({}, {"event": "invalidated", "at": "2026-11-10T00:00:00Z"}), "CONSENT_STATE"),
    ("ended by an event", consents({}, {"event": "expired", "at": "2026-11-10T00:00:00Z"}), "CONSENT_EXPIRED"),
    ("renewed with less evidence keeps the old", consents({}, {"event": "renewed", "at": "2026-11-12T00:00:00Z", "evidence_sha256": ""}), OPT_IN),
    ("repaired after the association", consents({"evidence_sha256": ""}, {"event": "renewed", "at": "2026-11-25T00:00:00Z"}),
     "CONSENT_NO_EVIDENCE"),
    ("two consents, one of them good", consents({"consent_id": "k0", "action": "oauth_login"}, {}), OPT_IN),
    # consents and the rest
    ("opt-in, protected account", both(consent(), lambda d: d.account.update(state="protected")), OPT_IN),
    ("opt-in, suspended account", both(consent(), lambda d: d.account.update(state="suspended")), "X_SUSPENDED"),
    ("opt-in, withheld account", both(consent(), lambda d: d.account.update(state="withheld")), "X_WITHHELD"),
    ("opt-in, deleted account", both(consent(), lambda d: d.account.update(state="deleted")), "X_DELETED"),
    ("opt-in, state unknown", both(consent(), lambda d: d.account.update(state="")), "X_STATE_UNKNOWN"),
    ("opt-in, state stale", both(consent(), lambda d: d.account.update(state_checked_at="2026-01-01")), "X_STATE_STALE"),
    ("opt-in and a bought handle", both(consent(), bought("append_handle")), OPT_IN),
    ("a login, and a handle that was given", both(consent(action="oauth_login"), given(lambda _: None)), SELF),
    ("an expired consent, and a handle that was given", both(consent(expires_at="2026-11-02"), given(lambda _: None)), SELF),
    ("an expired consent, and a bought handle", both(consent(expires_at="2026-11-02"), bought("append_handle")), "CONSENT_EXPIRED"),
    ("withdrawn: no other basis", both(
        consents({}, {"event": "withdrawn", "at": "2026-11-10T00:00:00Z"}), given(lambda _: None)), "OBJECTION_ON_FILE"),
    ("withdrawn for one purpose, no other basis for another", both(
        consents({"purposes": "newsletter"}, {"event": "withdrawn", "at": "2026-11-10T00:00:00Z"}), given(lambda _: None)), "OBJECTION_ON_FILE"),
    ("withdrawn, and an older consent for the same: a new one is needed", consents(
        {}, {"consent_id": "k2", "at": "2026-11-02T10:00:00Z"}, {"event": "withdrawn", "at": "2026-11-10T00:00:00Z"}), "OBJECTION_ON_FILE"),
    ("withdrawn, and a newer consent for the same", consents(
        {}, {"event": "withdrawn", "at": "2026-11-10T00:00:00Z"}, {"consent_id": "k2", "at": "2026-11-10T00:00:01Z"}), OPT_IN),
    ("withdrawn on a day, and a consent of that day", consents(
        {}, {"event": "withdrawn", "at": "2026-11-10", "precision": "day"}, {"consent_id": "k2", "at": "2026-11-10T09:00:00Z"}), "OBJECTION_ON_FILE"),
    ("withdrawn for another purpose, an older consent for this one", consents(
        {"purposes": "newsletter"}, {"consent_id": "k2"}, {"purposes": "newsletter", "event": "withdrawn", "at": "2026-11-10T00:00:00Z"}), OPT_IN),
    ("refused after an older consent", consents({}, {"consent_id": "k2", "event": "refused", "at": "2026-11-10T00:00:00Z"}), "OBJECTION_ON_FILE"),
    ("ended without a word against it, and an older consent", consents(
        {}, {"consent_id": "k2"}, {"consent_id": "k2", "event": "invalidated", "at": "2026-11-10T00:00:00Z"}), OPT_IN),
    # objections
    ("the pair objected", objection(off_x_id="c1", x_user_id="11", at="2026-11-20T00:00:00Z"), "OBJECTION_ON_FILE"),
    ("the person objected", objection(off_x_id="c1", x_user_id="", at="2026-11-20T00:00:00Z"), "OBJECTION_ON_FILE"),
    ("the account objected", objection(off_x_id="", x_user_id="11", at="2026-11-20T00:00:00Z"), "OBJECTION_ON_FILE"),
    ("an objection without a time", objection(off_x_id="c1", x_user_id="11", at=""), "OBJECTION_ON_FILE"),
    ("someone else objected", objection(off_x_id="c7", x_user_id="77", at="2026-11-20T00:00:00Z"), SELF),
    ("the pair's other half objected", objection(off_x_id="c1", x_user_id="77", at="2026-11-20T00:00:00Z"), SELF),
    ("an objection after the consent", both(consent(), objection(off_x_id="c1", x_user_id="11", at="2026-11-20T00:00:00Z")), "OBJECTION_ON_FILE"),
    ("a consent after the objection", both(consent(at="2026-11-21T00:00:00Z"), objection(off_x_id="c1", x_user_id="11", at="2026-11-20")), OPT_IN),
    ("a consent on the day of the objection", both(
        consent(at="2026-11-20T10:00:00Z"), objection(off_x_id="c1", x_user_id="11", at="2026-11-20")), "OBJECTION_ON_FILE"),
    ("the person objected after the consent", both(consent(), objection(off_x_id="c1", x_user_id="", at="2026-11-20")), "OBJECTION_ON_FILE"),
    # several columns
    ("bought or given: the lawful one decides", given(lambda d: bought("append_handle")(d) and [
        ("handle", "append_handle"), ("handle", "x_handle")]), SELF),
    ("bought and given must agree: the worst decides", given(lambda d: bought("append_handle")(d) and [
        (("handle", "append_handle"), ("handle", "x_handle"))]), "PROVENANCE_THIRD_PARTY"),
    ("given and listed must agree", given(lambda d: listed()(d) and [(("handle", "x_handle"), ("handle", "listed_handle"))]),
     "PUBLIC_DATA+SELF_PROVIDED"),
    ("given or listed: the better ground decides", given(lambda d: listed()(d) and [("handle", "listed_handle"), ("handle", "x_handle")]), SELF),
    ("refused twice, counted once", both(bought("append_handle"), lambda d: listed(url="")(d) and [
        ("handle", "append_handle"), ("handle", "listed_handle")]), "PUBLIC_RESOURCE_UNPROVEN"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "outcome"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_case_of_the_truth_table(deployment: Any, change: Callable[[Any], Any], outcome: str) -> None:
    """Each case gives one edge on the right basis, or no edge and one refusal with the right code."""
    on = change(deployment)
    found = deployment.run(*(on if isinstance(on, list) else HANDLE))
    if outcome in REASONS:
        assert found.edges.num_rows == 0
        assert dict(found.refused) == {outcome: 1}
    else:
        assert found.edges["basis"].to_pylist() == [outcome]
        assert dict(found.refused) == {}


def test_the_table_reaches_every_reason() -> None:
    """No reason code is without a case, but those that other tests prove."""
    elsewhere = {"PURPOSE_PROHIBITED", "HANDLE_RENAMED"}
    assert {case[2] for case in CASES} >= set(REASONS) - elsewhere
