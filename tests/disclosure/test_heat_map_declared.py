"""What governance.yml says of releases: who approved a series, which topics and collections are sensitive, which accounts never count."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from shapely.geometry import box

import governance as gov
from governance.disclosure.certificate import CERTIFICATE_KEY, verify
from governance.disclosure.exclusion import EXCLUSION_KEY, Exclusion, read_accounts
from governance.disclosure.scope import terms
from governance.disclosure.specification import Specification
from governance.ledger import Ledger
from tests.disclosure.making import AS_OF, MONDAY, crowd, stacked, world

TODAY = datetime.now(UTC).date()
OFFICER = "data protection officer"


def declared(text: str) -> None:
    """A governance.yml with this beside its head."""
    Path("governance.yml").write_text(f"version: 1\npurposes: {{p: {{description: storms}}}}\n{text}\n", encoding="utf-8")


def approved(
    series: str,
    *,
    approval: str = "required",
    since: int = -10,
    until: int = 10,
    approver: str = OFFICER,
    approves: str = 'topic: ["#flood"]',
) -> None:
    """A governance.yml with one approved series, days from today."""
    dates = f"approved_at: {TODAY + timedelta(days=since)}, expires_at: {TODAY + timedelta(days=until)}, approves: {{{approves}}}"
    declared(f'releases:\n  approval: {approval}\n  series:\n    {series}: {{approver: "{approver}", {dates}}}')


def test_an_approved_series_names_its_approver() -> None:
    """Certificate, caption and journal say who approved the map, and since when; the seal covers it."""
    approved("flood-map", approval="optional")
    heat = gov.heat_map(world(), topic="#flood", as_of=AS_OF, series="flood-map")
    facts = heat.certificate
    assert facts["approved_by"] == "data protection officer"
    assert facts["approved_at"] == (TODAY - timedelta(days=10)).isoformat()
    assert [entry.facts["approved_by"] for entry in Ledger.open().entries("release")] == ["data protection officer"]
    key = Ledger.open().subkey(CERTIFICATE_KEY)
    assert verify(heat.to_arrow(), facts, key) == "valid"
    assert verify(heat.to_arrow(), {**facts, "approved_by": "somebody else"}, key) == "altered"
    assert "approved by data protection officer" in heat.write("map.html").read_text(encoding="utf-8")


def test_without_an_approval_the_certificate_says_nobody() -> None:
    """Where approval is optional an unapproved series is released, and says that nobody approved it."""
    approved("other", approval="optional")
    facts = gov.heat_map(world(), topic="#flood", as_of=AS_OF, series="flood-map").certificate
    assert (facts["approved_by"], facts["approved_at"]) == (None, None)


@pytest.mark.parametrize(
    ("series", "since", "until", "why"),
    [("other", -10, 10, "nobody approved"), ("flood-map", -10, -1, "last day"), ("flood-map", 1, 10, "last day")],
    ids=["not approved", "ended", "not begun"],
)
def test_a_required_approval_that_is_missing_refuses(series: str, since: int, until: int, why: str) -> None:
    """Nothing is released, the refusal is recorded with its code, and what the hint says to write makes the call work."""
    approved(series, since=since, until=until)
    with pytest.raises(gov.PolicyViolation, match=why) as caught:
        gov.heat_map(world(), topic="#flood", as_of=AS_OF, series="flood-map")
    ledger = Ledger.open()
    assert len(ledger.register("releases")) == 0
    assert list(ledger.entries("release")) == []
    assert [entry.facts["code"] for entry in ledger.entries("refusal")] == ["not_approved"]
    line = caught.value.hint.split("`")[1]
    assert line.startswith("flood-map: {approver: NAME, approved_at: DATE, expires_at: DATE, approves: {topic: ")
    approved("flood-map", since=0, until=0)
    assert gov.heat_map(world(), topic="#flood", as_of=AS_OF, series="flood-map").certificate["approved_by"] == "data protection officer"


def test_an_unnamed_map_is_refused_with_the_name_to_approve() -> None:
    """Without `series` the hint holds the derived name, and approving that name works."""
    approved("flood-map")
    with pytest.raises(gov.PolicyViolation) as caught:
        gov.heat_map(world(), topic="#flood", as_of=AS_OF)
    name = caught.value.hint.split("the line `")[1].split(":")[0]
    approved(name)
    assert gov.heat_map(world(), topic="#flood", as_of=AS_OF).certificate["series"] == name


@pytest.mark.parametrize("approval", ["required", "optional"])
@pytest.mark.parametrize(
    ("call", "differing"),
    [
        ({"topic": "#clinic"}, "topic"),
        ({"topic": ["#flood", "#clinic"]}, "topic"),
        ({"topic": "#flood", "scope": "storm"}, "scope"),
        ({"topic": "#flood", "groups": {"rain": ["#rain"]}}, "groups"),
        ({"topic": "#flood", "regions": {"Paris": box(2.2, 48.8, 2.5, 48.9)}}, "regions"),
        ({"topic": "#flood", "window": "month"}, "window"),
        ({"topic": "#flood", "timezone": "Europe/Paris"}, "timezone"),
        ({"topic": "#flood", "minimum_people": 19}, "minimum_people"),
        ({"topic": "#flood", "finest": 7}, "finest"),
        ({"topic": "#flood", "coarsest": 2}, "coarsest"),
        ({"topic": "#flood", "strategy": "fixed"}, "strategy"),
        ({"topic": "#flood", "assign": "modal"}, "assign"),
        ({"topic": "#flood", "include_posts": True}, "include_posts"),
    ],
)
def test_an_approved_name_is_no_leave_for_another_map(approval: str, call: dict[str, object], differing: str) -> None:
    """On its first use an approved name is refused for any map but the approved one; nothing is released, the refusal is recorded."""
    approved("flood-map", approval=approval, approves='topic: ["#flood"], minimum_people: 20, finest: 6')
    with Path("governance.yml").open("a", encoding="utf-8") as file:
        file.write("scopes: {storm: {collected_by: a rule, purpose: p}}\n")
    settings = {"minimum_people": 20, "finest": 6, **call}
    with pytest.raises(gov.PolicyViolation, match=rf"approved with other settings \({differing}\)"):
        gov.heat_map(world(), as_of=AS_OF, series="flood-map", **settings)
    ledger = Ledger.open()
    assert len(ledger.register("releases")) == 0
    assert [entry.facts["code"] for entry in ledger.entries("refusal")] == ["approved_otherwise"]


def test_a_stricter_map_than_approved_is_approved() -> None:
    """More people per record and coarser cells than the approver allowed are fine; the next use must keep to the first."""
    approved("flood-map", approves='topic: ["#flood"], minimum_people: 10, finest: 6')
    heat = gov.heat_map(world(), topic="#flood", as_of=AS_OF, series="flood-map", minimum_people=20, finest=5)
    assert heat.certificate["approved_by"] == OFFICER
    with pytest.raises(gov.BadRequest, match="exists with other settings"):
        gov.heat_map(world(), topic="#flood", as_of=AS_OF, series="flood-map", minimum_people=20, finest=4)


def test_the_line_of_a_refusal_approves_that_very_map() -> None:
    """With its capitals filled in, what the refusal tells to write makes the refused call work; others stay refused."""
    call = {
        "topic": ["#flood", "high water"],
        "groups": {'wet: "rain"': ["#rain"]},
        "window": "month",
        "timezone": "Europe/Paris",
        "strategy": "merge",
        "assign": "modal",
        "include_posts": True,
        "coarsest": 2,
        "minimum_people": 12,
        "series": "flood-map",
    }
    for settings in (call, {"topic": "#flood", "regions": {"here": box(2.0, 48.0, 3.0, 49.5)}, "series": "flood-map"}):
        declared("releases: {approval: required}")
        posts = world(tags=("flood", "rain"), days=20, people=900)
        with pytest.raises(gov.PolicyViolation, match="nobody approved it") as caught:
            gov.heat_map(posts, as_of=AS_OF, ledger=f"sqlite:///{len(settings)}.db", **settings)
        line = caught.value.hint.split("`")[1].replace("NAME", "dpo").replace("DATE", TODAY.isoformat())
        declared(f"releases:\n  approval: required\n  series:\n    {line}")
        heat = gov.heat_map(posts, as_of=AS_OF, ledger=f"sqlite:///{len(settings)}.db", **settings)
        assert heat.certificate["approved_by"] == "dpo"
        with pytest.raises(gov.PolicyViolation, match="approved with other settings"):
            gov.heat_map(posts, as_of=AS_OF, ledger="sqlite:///other.db", **{**settings, "topic": "#clinic"})


def test_an_approval_that_does_not_say_what_it_approves_is_refused() -> None:
    """governance.yml with an approval by name alone is refused at its line."""
    declared("releases:\n  series:\n    flood-map: {approver: dpo, approved_at: 2026-11-01, expires_at: 2027-11-01}")
    with pytest.raises(gov.BadRequest, match="lacks `approves`"):
        gov.heat_map(world(), topic="#flood", as_of=AS_OF, series="flood-map")


def test_an_approval_that_comes_later_makes_a_new_certificate_of_the_same_records() -> None:
    """A released map that is approved afterwards is certified anew with its approver; the call after that changes nothing."""
    posts = world()
    first = gov.heat_map(posts, topic="#flood", as_of=AS_OF, series="flood-map")
    approved("flood-map")
    second, third = (gov.heat_map(posts, topic="#flood", as_of=AS_OF, series="flood-map") for _ in range(2))
    assert first.certificate["approved_by"] is None
    assert second.certificate["approved_by"] == "data protection officer"
    assert second.to_arrow().equals(first.to_arrow())
    assert third.certificate == second.certificate


def test_an_approver_of_any_name_can_be_recorded() -> None:
    """A name that the journal does not take stands in the certificate, and the release goes on."""
    approved("flood-map", approver="Jörg Müller, tel. 030 123456789")
    heat = gov.heat_map(world(), topic="#flood", as_of=AS_OF, series="flood-map")
    assert heat.certificate["approved_by"].startswith("Jörg")
    assert [entry.facts["approved_by"] for entry in Ledger.open().entries("release")] == ["named in the certificate"]


@pytest.mark.parametrize(
    ("text", "call", "because"),
    [
        ('releases: {sensitive_topics: ["#Flood"]}', {"topic": "#flood"}, ["topic"]),
        ('releases: {sensitive_topics: ["flood"]}', {"topic": ["#flood", "#x"]}, ["topic"]),
        ('releases: {sensitive_topics: ["#rain"]}', {"topic": "#flood", "groups": {"wet": "heavy rain"}}, ["groups"]),
        ('releases: {sensitive_topics: ["#rain"]}', {"topic": "#flood", "groups": {"Heavy_Rain": "wet"}}, ["groups"]),
        ('releases: {sensitive_topics: ["clinic"]}', {"topic": "#flood", "regions": {"the clinic": box(2, 48, 3, 49.5)}}, ["regions"]),
        ("scopes: {storm: {collected_by: rule, purpose: p, sensitive: true}}", {"scope": "storm"}, ["scope"]),
    ],
    ids=["hashtag", "keyword", "group", "group name", "region name", "collection"],
)
def test_sensitive_maps_show_25_people_or_more(text: str, call: dict[str, object], because: list[str]) -> None:
    """Every record of a sensitive map holds 25 people, the certificate says why, and fewer can't be asked for."""
    declared(text)
    posts = world(people=900).append_column("text", pa.array(["High water #flood"] * 3000))
    with pytest.raises(gov.BadRequest, match="25") as caught:
        gov.heat_map(posts, as_of=AS_OF, minimum_people=24, **call)
    assert caught.value.hint
    heat = gov.heat_map(posts, as_of=AS_OF, **call)
    assert (heat.certificate["minimum_people"], heat.certificate["sensitive"]) == (25, {"because": because, "minimum_people": 25})
    assert (heat.to_pandas()["people"] >= 25).all()


def test_the_stricter_of_project_and_sensitive_counts() -> None:
    """A project that asks for 40 people keeps 40; a topic that only looks like a sensitive one keeps the project's 10."""
    declared('thresholds: {minimum_people: 40}\nreleases: {sensitive_topics: ["#flood"]}')
    assert gov.heat_map(world(), topic="#flood", as_of=AS_OF).certificate["minimum_people"] == 40
    declared('releases: {sensitive_topics: ["#flo"]}')
    facts = gov.heat_map(world(seed=5, tags=("floods",)), topic="#floods", as_of=AS_OF).certificate
    assert (facts["minimum_people"], facts["sensitive"]) == (10, None)


def test_excluded_accounts_never_count() -> None:
    """Neither the project's list nor the collection's counts; the certificate holds a band and a keyed digest, and no id."""
    Path("bots.csv").write_text("user_id,why\n1,bot\n2,bot\n\n# ours\n3,test\n", encoding="utf-8")
    Path("more.txt").write_text("\n".join(str(n) for n in range(3, 16)), encoding="utf-8")
    scope = "scopes: {storm: {collected_by: rule, purpose: p, exclude_accounts: more.txt}}"
    declared(f"releases: {{exclude_accounts: bots.csv}}\n{scope}")
    facts = gov.heat_map(crowd(40), scope="storm", as_of=AS_OF).certificate
    ids = [str(n) for n in range(1, 16)]
    assert facts["people"] == 30  # 25, rounded half-up
    assert facts["excluded"] == {"excluded_account": 20}
    assert facts["exclusion_list"] == {"accounts": 20, "hmac_sha256": Exclusion.of(ids).digest(Ledger.open().subkey(EXCLUSION_KEY))}
    other = gov.heat_map(crowd(34), topic="#flood", as_of=AS_OF, ledger="sqlite:///other.db").certificate
    assert (other["people"], other["exclusion_list"]["accounts"]) == (30, "<10")


def test_a_list_that_changes_is_audited_like_people_who_left() -> None:
    """Five accounts put on the list: the released map stands; the same people under other words, which would show the five, are refused."""
    posts = crowd(60)
    first = gov.heat_map(posts, topic="#flood", as_of=AS_OF, series="s")
    Path("bots.txt").write_text("1\n2\n3\n4\n5\n", encoding="utf-8")
    declared("releases: {exclude_accounts: bots.txt}")
    again = gov.heat_map(posts, topic="#flood", as_of=AS_OF, series="s")
    assert again.to_arrow().equals(first.to_arrow())
    with pytest.raises(gov.PolicyViolation, match="away"):
        gov.heat_map(posts, topic=["#flood", "#unused"], as_of=AS_OF)
    later = stacked(posts, crowd(30, first=500, at=[MONDAY + timedelta(days=8)] * 30))
    people = gov.heat_map(later, topic="#flood", as_of=AS_OF, series="s").to_pandas().groupby("window")["people"].sum()
    assert people.to_dict() == {"2026-W41": 60, "2026-W42": 30}


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"1\n@handle\n", 2), (b"1\n\n0123\n", 3), (b"user_id\n", 1), (b"", 1), (b"1\n2\n\xff\n", 3), (b"12345678901234567890\n", 1)],
    ids=["handle", "zero", "header only", "empty", "not UTF-8", "too long"],
)
def test_a_malformed_list_is_refused_with_its_line(content: bytes, line: int) -> None:
    """The refusal names file and line, never what stands there, and nothing is released."""
    Path("bots.txt").write_bytes(content)
    declared("releases: {exclude_accounts: bots.txt}")
    with pytest.raises(gov.BadRequest, match=f"bots.txt:{line}: ") as caught:
        gov.heat_map(crowd(40), topic="#flood", as_of=AS_OF)
    assert caught.value.hint
    assert "handle" not in caught.value.message
    assert len(Ledger.open().register("releases")) == 0


@pytest.mark.parametrize("place", ["missing.txt", "."], ids=["missing", "folder"])
def test_a_list_that_is_not_there_is_refused_at_its_declaration(place: str) -> None:
    """A missing file is never read as nobody: the refusal names the line of governance.yml."""
    declared(f"releases:\n  exclude_accounts: {place}")
    with pytest.raises(gov.BadRequest, match=r"governance.yml:4: exclude_accounts"):
        gov.heat_map(crowd(40), topic="#flood", as_of=AS_OF)


def test_a_list_is_read_as_a_set_of_ids() -> None:
    """Quotes, a byte-order mark, further fields and repetitions change nothing."""
    Path("one.csv").write_text('\ufeff"id";"note"\n"7";"x"\n9\t\n7\n', encoding="utf-8")
    found = Exclusion.of(read_accounts(Path("one.csv")))
    assert found.ids == ("7", "9")
    assert found.words.tolist() == [7, 9]
    assert found.digest(b"a" * 32) == Exclusion.of(["9", "7"]).digest(b"a" * 32) != found.digest(b"b" * 32)
    assert np.array_equal(Exclusion.of([]).words, np.empty(0, np.uint64))


def test_a_collection_that_the_audit_could_not_see_is_said() -> None:
    """A wholly declared collection whose Posts are not in the input is left out of the audit, and the certificate counts it."""
    declared("scopes: {storm: {collected_by: rule, purpose: p}}")
    gov.heat_map(world(), scope="storm", as_of=AS_OF)
    facts = gov.heat_map(crowd(40, 40.0, -3.7, first=10**6, hashtags=[["rain"]] * 40), topic="#rain", as_of=AS_OF).certificate
    assert (facts["audit"]["collections_left_out"], facts["audit"]["earlier_releases_compared"]) == (1, 0)


def test_the_digest_of_a_specification_is_what_it_was() -> None:
    """Released series stand: nothing that was declared later is part of a specification's digest."""
    spec = Specification(topic=terms("#flood"))
    assert spec.sha256 == "6e2033c412cec41293966dfe1f72409cccf1779012a019fc903487774b21d254"
