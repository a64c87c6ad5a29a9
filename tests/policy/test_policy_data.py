"""The policy as data: every clause has its row, every code one meaning."""

import re
from datetime import date
from itertools import pairwise

import pytest

from governance.model import Clause
from governance.policy import Coverage, load_policy

CLAUSES = """
plan-tier-declared use-case-approved policy-set-reviewed app-environment-separation no-credentials-in-data no-x-passwords
rate-limit-respected attribution-retained no-interference reasonable-expectation-reviewed consent-before-action login-is-not-consent
nonpublic-storage-consent protected-not-shared geo-disclosure-on-publish crosspost-permission token-audience-scope no-token-commingling
dm-audience-scope dm-notices compliance-deadline deleted-content-absent geo-scrubbed protected-suppressed suspended-suppressed
withheld-respected dropped-suppressed edits-current compliance-coverage post-id-intact derived-rebuilt off-x-match-basis
off-x-consent-before-link off-x-direct-provenance off-x-no-third-party off-x-public-fields-only off-x-expectation no-undeclared-link
no-location-matching privacy-policy-published geo-disclosure geo-guidelines-followed location-with-post no-trajectory no-location-cache
geo-aggregate-shape geo-aggregate-min-people geo-aggregate-topic no-location-export optout-respected no-platform-metrics
violation-research-approved display-current display-impressions embed-notices redistribute-ids-only redistribute-post-id-cap
redistribute-hydrated-cap redistribute-academic-approval redistribute-terms-accepted dsa-scope verified-as-reported pay-to-engage
service-authenticity names-and-logos ads-apart-from-content no-off-x-ad-targeting x-lineage no-sensitive-inference
no-surveillance-purpose no-model-training delete-on-termination audit-records-kept stated-location-scope legal-hold use-monitored
privacy-policy-met offline-display aggregate-use-approved policy-text-current
"""
GIVEN_OUT = {
    "LOC001": "location-with-post",
    "LOC008": "stated-location-scope",
    "OFX001": "off-x-match-basis",
    "OFX007": "no-undeclared-link",
    "SEC001": "no-credentials-in-data",
    "CMP010": "post-id-intact",
    "ATT017": "policy-text-current",
    "LOC020": "undeclared-location",
    "LOC021": "label-contradicted",
    "OFX020": "undeclared-identifier",
}
POLICY = load_policy()


def test_every_clause_has_its_row() -> None:
    """No clause of the policy was forgotten, and none was invented."""
    assert sorted(POLICY.clauses) == sorted(CLAUSES.split())


@pytest.mark.parametrize("clause", POLICY.clauses.values(), ids=lambda clause: clause.key)
def test_a_row_is_complete(clause: Clause) -> None:
    """Every row cites chapter and heading, says it in one short line of ours, and gives a reason for whatever is not enforced."""
    assert clause.chapter
    assert clause.heading
    assert clause.summary.endswith(".")
    assert len(clause.summary) <= 140
    coverage = Coverage(clause.coverage)
    assert bool(clause.reason) == (coverage is not Coverage.ENFORCED)
    assert bool(clause.rules) == (coverage is not Coverage.OUT_OF_REACH)


def test_every_code_stands_on_one_clause() -> None:
    """The table of codes and the clauses' codes are the same set, each once."""
    cited = [code for clause in POLICY.clauses.values() for code in clause.rules]
    assert sorted(cited) == sorted(POLICY.codes)
    assert len(set(POLICY.codes.values())) == len(POLICY.codes)


def test_the_first_code_of_a_clause_bears_its_name() -> None:
    """A clause and its main rule share one name, so a reader finds one from the other."""
    assert all(POLICY.codes[clause.rules[0]] == clause.key for clause in POLICY.clauses.values() if clause.rules)


def test_codes_number_a_family_without_gaps() -> None:
    """Codes below 020 count up from 001 in each family."""
    for family in ("ATT", "CMP", "LOC", "OFX", "PRV", "RED", "SEC", "USE"):
        numbers = sorted(int(code[3:]) for code in POLICY.codes if code.startswith(family) and int(code[3:]) < 20)
        assert numbers[0] == 1
        assert all(after - before == 1 for before, after in pairwise(numbers))
    assert all(re.fullmatch(r"[A-Z]{3}\d{3}", code) for code in POLICY.codes)


@pytest.mark.parametrize(("code", "slug"), GIVEN_OUT.items())
def test_a_code_never_changes_its_meaning(code: str, slug: str) -> None:
    """Codes that reports and waivers of earlier versions cite still mean the same."""
    assert POLICY.codes[code] == slug


def test_attestations_are_for_attested_clauses() -> None:
    """Every clause that a person must state has a code of the attestation family."""
    attested = [clause for clause in POLICY.clauses.values() if clause.coverage == Coverage.ATTESTED]
    assert attested
    assert all(code.startswith("ATT") for clause in attested for code in clause.rules)


def test_the_text_it_was_read_from() -> None:
    """Date, length and digest of the text are those of the reading, and the next reading is due after 90 days."""
    assert (POLICY.read_at, POLICY.length) == (date(2026, 11, 24), 28_672)
    assert POLICY.sha256.startswith("b3f70cab")
    assert len(POLICY.sha256) == 64
    assert POLICY.due_at == date(2027, 2, 22)
    assert POLICY.facts()["read_at"] == "2026-11-24"


def test_a_code_leads_to_its_clause() -> None:
    """Codes of the second kind stand on the clause they serve, unknown codes on none."""
    assert POLICY.clause_of("LOC021").key == "location-with-post"
    assert POLICY.clause_of("OFX020").key == "no-undeclared-link"
    assert POLICY.clause_of("XXX999") is None
