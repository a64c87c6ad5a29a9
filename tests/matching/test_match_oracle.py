"""Random pairs against an oracle written anew in plain Python: no wrong permit, no wrong refusal.

`MATCH_ORACLE_PAIRS` sets how many pairs (5,000 by default, 100,000 for the large run).
"""
# ruff: noqa: E501 - a table reads best with one case per line

import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

import governance as gov

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PAIRS = int(os.environ.get("MATCH_ORACLE_PAIRS", "5000"))
PURPOSE = "support.refunds"
SOURCES: dict[str, dict[str, Any]] = {
    "form": {"provenance": "self_provided", "relationship": "member", "collected_for": ["support"]},
    "shop": {"provenance": "self_provided", "relationship": "customer", "collected_for": ["orders"], "relationship_until": "2026-11-01"},
    "page": {"provenance": "public_resource", "url": "https://example.org/list", "checked_at": "2026-10-01"},
    "club": {"provenance": "public_resource", "url": "https://example.org/club", "checked_at": "2026-10-01", "behind_login": True},
    "xbio": {"provenance": "public_x"},
    "append": {"provenance": "third_party"},
    "model": {"provenance": "inferred"},
    "logs": {"provenance": "observed"},
    "mixed": {"provenance": "self_provided", "relationship": "member", "collected_for": ["support"], "parents": ["append"]},
}
EXPECTATIONS = [
    ("self_provided", "x.user.handle", "support", "expected", "2027-01-01"),
    ("self_provided", "x.user.id", "support", "unexpected", "2027-01-01"),
    ("public_resource", "x.user.handle", "public", "expected", "2027-01-01"),
    ("public_resource", "x.user.id", "public", "expected", "2026-11-24"),
    ("public_x", "x.user.handle", "public", "expected", "2027-01-01"),
]
ACTIONS = ["checkbox_ticked", "button_pressed", "signed_form", "verbal_recorded", "oauth_login", "pre_ticked", "implied", ""]
WORDS = [*SOURCES, "self_provided", "third_party", "unknown", "", "elsewhere"]


LIVE = {"X_STATE_STALE": "2026-11-24", "CONSENT_BUNDLED": "2026-12-01", "CONSENT_NO_EVIDENCE": "2027-01-01"}
EVERY = {**LIVE, "CONSENT_BINDING": "2026-11-26", "CONSENT_NOTICE_UNPROVEN": "2026-11-27"}


def project_text(waivers: dict[str, str]) -> str:
    """The declarations of the random world: every fact's source stands in its row. Other waivers are expired or for other records."""
    rows = [(code, "crm", day) for code, day in waivers.items()]
    rows += [(code, *where) for code in EVERY for where in (("crm", "2026-11-23"), ("other", "2027-01-01"))]
    return yaml.safe_dump(
        {
            "version": 1,
            "controller": "Example Ltd",
            "waivers": [{"rule": r, "data_set": d, "reason": "a reason", "approver": "dpo", "expires_at": e} for r, d, e in rows],
            "purposes": {"support": {"description": "answer people"}},
            "sources": SOURCES,
            "expectations": [
                {"provenance": p, "attribute": a, "collected_for": c, "purpose": PURPOSE, "status": s, "rationale": "r", "reviewer": "dpo",
                 "reviewed_at": "2026-01-01", "expires_at": e}
                for p, a, c, s, e in EXPECTATIONS
            ],
            "datasets": {
                "other": {"kind": "records"},
                "crm": {
                    "kind": "records",
                    "location": "records.parquet",
                    "provenance_column": "origin",
                    "columns": {
                        "person": {"holds": "off_x.person"},
                        "handle_claim": {"holds": "off_x.attribute", "claims": "x.user.handle"},
                        "id_claim": {"holds": "off_x.attribute", "claims": "x.user.id"},
                        "since": {"holds": "off_x.relationship_since"},
                    },
                },
            },
        },
    )  # fmt: skip


def stamp(moment: datetime | None) -> str:
    """A moment as a table holds it."""
    return moment.isoformat() if moment else ""


def make_world(pairs: int, seed: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Accounts, records, consent events and objections: account i and record i could be one person."""
    rng = random.Random(seed)  # noqa: S311 - a reproducible world
    accounts, records, consents, objections = [], [], [], []
    for i in range(pairs):
        checked = rng.choice([NOW - timedelta(days=1), NOW - timedelta(days=7), NOW - timedelta(days=7, seconds=1), None])
        state = rng.choice(["public"] * 6 + ["protected", "suspended", "deleted", "withheld", ""])
        accounts.append({"user_id": str(5000 + i), "handle": f"User_{i}", "state": state, "state_checked_at": stamp(checked)})
        handle = rng.choice(
            [f"user_{i}", f"@USER_{i}", f"https://twitter.com/user_{i}/", f"user_{i + 1}" if rng.random() < 0.1 else "", ""]
        )
        claimed = rng.choice([str(5000 + i), "", "", "", f"{5000 + i}.0e0"])
        since = rng.choice([NOW - timedelta(days=400), NOW - timedelta(hours=1), NOW + timedelta(hours=1), None])
        record = {"person": f"p{i}", "handle_claim": handle, "id_claim": claimed, "origin": rng.choice(WORDS), "since": stamp(since)}
        records.append(record)
        consents += _consents(rng, i) if rng.random() < 0.5 else []
        if rng.random() < 0.1:
            at = rng.choice([NOW - timedelta(days=40), NOW - timedelta(days=2), NOW + timedelta(days=1)])
            whom = rng.choice([(f"p{i}", str(5000 + i)), (f"p{i}", ""), ("", str(5000 + i))])
            objections.append({"off_x_id": whom[0], "x_user_id": whom[1], "at": stamp(at)})
    return accounts, records, consents, objections


def _consents(rng: random.Random, i: int) -> list[dict[str, Any]]:
    """A consent with at most a few defects, and perhaps what happened to it later."""
    good = {
        "consent_id": f"k{i}", "event": "given", "at": stamp(NOW - timedelta(days=30)), "precision": "second", "controller": "Example Ltd",
        "off_x_id": f"p{i}", "x_user_id": str(5000 + i), "purposes": "support", "id_kinds": "person", "attributes": "x.user.handle",
        "action": "checkbox_ticked", "bundled": "false", "notice_id": "n", "notice_sha256": "0" * 64, "notice_topics": "off_x_matching",
        "binding": "challenge_post", "binding_evidence": "e", "evidence_sha256": "0" * 64, "expires_at": stamp(NOW + timedelta(days=300)),
    }  # fmt: skip
    changes = [
        ("action", rng.choice(ACTIONS)), ("bundled", rng.choice(["true", "false", ""])), ("controller", rng.choice(["Other", "example ltd "])),
        ("purposes", rng.choice(["support.refunds", "support.refunds.late", "news", "news;support"])),
        ("id_kinds", rng.choice(["household", "person;device", ""])), ("binding", rng.choice(["email_equal", "x_oauth_session"])),
        ("binding_evidence", ""), ("notice_topics", rng.choice(["privacy", "privacy;off_x_matching"])), ("notice_sha256", ""),
        ("evidence_sha256", ""), ("attributes", rng.choice(["x.user.bio", ""])), ("expires_at", rng.choice(["", stamp(NOW), "2026-11-24"])),
        ("at", rng.choice([stamp(NOW - timedelta(seconds=1)), stamp(NOW), stamp(NOW + timedelta(days=1)), "2026-11-24", "2026-11-23"])),
        ("precision", rng.choice(["day", "hour", "second"])), ("x_user_id", str(5001 + i)),
    ]  # fmt: skip
    row = good | dict(rng.sample(changes, rng.choice([0, 0, 0, 1, 1, 2])))
    if row["expires_at"] and row["expires_at"] < row["at"]:
        row["expires_at"] = ""
    rows = [row]
    if rng.random() < 0.3:
        at = rng.choice([NOW - timedelta(days=5), NOW + timedelta(days=5), NOW - timedelta(days=60)])
        ending = {"event": rng.choice(["withdrawn", "refused", "invalidated", "expired"]), "at": stamp(at), "precision": "second"}
        rows.append(row | ending)
    if rng.random() < 0.1:
        rows.append(row | {"event": "renewed", "at": stamp(NOW - timedelta(days=1)), "precision": "second"})
    return rows


STANDING = {(p, a, c) for p, a, c, status, expires in EXPECTATIONS if status == "expected" and expires > "2026-11-24"}


# --- the oracle -----------------------------------------------------------------------------------------------------------------------------


def oracle(world: tuple[list[Any], list[Any], list[Any], list[Any]], waivers: dict[str, str]) -> dict[tuple[str, str], tuple[str, ...]]:
    """Every permitted pair with its basis and the waivers it needed, by looking at each pair alone."""
    accounts, records, consents, objections = world
    by_pair: dict[tuple[str, str], dict[str, list[dict[str, Any]]]] = {}
    for row in consents:
        by_pair.setdefault((row["x_user_id"], row["off_x_id"]), {}).setdefault(row["consent_id"], []).append(row)
    objected: dict[str, list[dict[str, Any]]] = {}
    for row in objections:
        objected.setdefault(row["off_x_id"] or row["x_user_id"], []).append(row)
    found = {}
    for i, record in enumerate(records):
        for j in {i - 1, i, i + 1} & set(range(len(accounts))):
            account = accounts[j]
            pair = (account["user_id"], record["person"])
            against = objected.get(pair[0], []) + objected.get(pair[1], [])
            basis, *needed = decide(account, record, by_pair.get(pair, {}), against, waivers)
            if basis:
                found[pair] = (basis, *sorted(needed))
    return found


def decide(
    account: dict[str, Any],
    record: dict[str, Any],
    consents: dict[str, list[dict[str, Any]]],
    against: list[dict[str, Any]],
    waivers: dict[str, str],
) -> tuple[str, ...]:
    """One pair: by consent, else by what was given or is public, else not; then the waivers that were needed."""
    past = [
        o
        for o in against
        if when(o["at"]) <= NOW and o["off_x_id"] in {"", record["person"]} and o["x_user_id"] in {"", account["user_id"]}
    ]
    fresh = bool(account["state_checked_at"]) and NOW - when(account["state_checked_at"]) <= timedelta(days=7)
    aged = () if fresh else ("X_STATE_STALE",)
    fresh = fresh or "X_STATE_STALE" in waivers
    if fresh and account["state"] in {"public", "protected"}:
        for events in consents.values():
            given, needed = standing(events)
            if given and needed <= set(waivers) and all(when(o["at"]) + timedelta(seconds=1) <= given for o in past):
                return ("EXPRESS_OPT_IN", *aged, *needed)
    withdrawn = any(e["event"] == "withdrawn" and when(e["at"]) <= NOW for events in consents.values() for e in events)
    barred = withdrawn or any(stopped(events) == "refused" for events in consents.values())
    if past or barred or not fresh or account["state"] != "public":
        return ("",)
    return (by_facts(account, record), *aged)


def when(text: str) -> datetime:
    """A time; a day is its beginning."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def span(row: dict[str, Any]) -> timedelta:
    """How long the time of an event may be off."""
    named = {"second": 1, "hour": 3600, "day": 86400}[row["precision"]]
    return timedelta(seconds=max(named, 86400 if len(row["at"]) == 10 else 1))


def stopped(events: list[dict[str, Any]]) -> str:
    """The event that ended a consent by now, if it may have come after the last giving."""
    ended = [e for e in events if e["event"] not in {"given", "renewed"} and when(e["at"]) <= NOW]
    given = [e for e in events if e["event"] in {"given", "renewed"} and when(e["at"]) + span(e) <= NOW]
    if not ended:
        return ""
    last = max(ended, key=lambda e: when(e["at"]) + span(e))
    return "" if given and max(when(e["at"]) for e in given) >= when(last["at"]) + span(last) else last["event"]


def standing(events: list[dict[str, Any]]) -> tuple[datetime | None, set[str]]:
    """When a good consent was given that still stands, and the checks of ours that it fails."""
    given = [e for e in events if e["event"] in {"given", "renewed"} and when(e["at"]) + span(e) <= NOW]
    if not given or stopped(events):
        return None, set()
    row = max(given, key=lambda e: when(e["at"]))
    good = (
        row["action"] in {"checkbox_ticked", "button_pressed", "signed_form", "verbal_recorded"},
        row["controller"].strip().lower() == "example ltd",
        bool({"support", "support.refunds"} & set(row["purposes"].split(";"))),
        row["id_kinds"] == "" or "person" in row["id_kinds"].split(";"),
        "off_x_matching" in row["notice_topics"].split(";"),
        row["expires_at"] == "" or when(row["expires_at"]) > NOW,
        row["attributes"] in {"", "x.user.handle"},
    )
    ours = {
        "CONSENT_BUNDLED": row["bundled"] == "false",
        "CONSENT_BINDING": row["binding"] in {"x_oauth_session", "challenge_post", "signed_challenge"} and row["binding_evidence"] != "",
        "CONSENT_NOTICE_UNPROVEN": row["notice_sha256"] != "",
        "CONSENT_NO_EVIDENCE": row["evidence_sha256"] != "",
    }
    return when(row["at"]) if all(good) else None, {code for code, kept in ours.items() if not kept}


def by_facts(account: dict[str, Any], record: dict[str, Any]) -> str:
    """The basis on which the record's claims may be compared, if one agrees and none contradicts."""
    claims = []
    if record["handle_claim"]:
        bare = record["handle_claim"].lower().removeprefix("https://twitter.com/").strip("@/")
        claims.append(("x.user.handle", bare == account["handle"].lower()))
    if record["id_claim"]:
        claims.append(("x.user.id", record["id_claim"] == account["user_id"]))
    lawful = {attribute: (agrees, ground(record, attribute)) for attribute, agrees in claims if ground(record, attribute)}
    if "x.user.id" in lawful and record["id_claim"].isdigit():
        return lawful["x.user.id"][1] if lawful["x.user.id"][0] else ""
    agrees, basis = lawful.get("x.user.handle", (False, ""))
    return basis if agrees else ""


def ground(record: dict[str, Any], attribute: str) -> str:
    """Whether a claim may be compared: its source, the relationship, what people expect."""
    word = record["origin"]
    source = SOURCES.get(word, {})
    provenance = source.get("provenance", word)
    if provenance not in {"self_provided", "public_resource", "public_x"} or source.get("parents"):
        return ""
    if provenance == "self_provided":
        related = record["since"] and when(record["since"]) <= NOW and source.get("relationship_until", "2099-01-01") > "2026-11-24"
        if not related:
            return ""
    if provenance == "public_resource" and source.get("behind_login"):
        return ""
    wanted = source.get("collected_for") or ([""] if provenance == "self_provided" else ["public"])
    if not any((provenance, attribute, c) in STANDING for c in wanted):
        return ""
    return "SELF_PROVIDED" if provenance == "self_provided" else "PUBLIC_DATA"


@pytest.mark.parametrize(("seed", "waivers"), [(1, {}), (2, {}), (3, LIVE), (4, EVERY)], ids=["1", "2", "some waived", "all waived"])
def test_the_gate_agrees_with_the_oracle_on_every_pair(tmp_path: Path, seed: int, waivers: dict[str, str]) -> None:
    """Of thousands of random pairs the gate permits exactly those that the oracle permits, on the same basis and under the same waivers."""
    world = make_world(PAIRS // 2, seed)
    (tmp_path / "governance.yml").write_text(project_text(waivers), encoding="utf-8")
    for name, rows in (("accounts", world[0]), ("records", world[1]), ("consents", world[2]), ("objections", world[3])):
        columns = list(dict.fromkeys(key for row in rows for key in row))
        pq.write_table(pa.table({c: [row.get(c) for row in rows] for c in columns}), tmp_path / f"{name}.parquet")
    from governance.verbs.pairing import import_consents, import_objections

    import_consents(tmp_path / "consents.parquet", tmp_path)
    import_objections(tmp_path / "objections.parquet", tmp_path)
    on = [("handle", "handle_claim"), ("user_id", "id_claim")]
    found = gov.match(tmp_path / "accounts.parquet", tmp_path / "records.parquet", on, PURPOSE, project=tmp_path, as_of=NOW)
    edges = {(row["x_user_id"], row["off_x_id"]): (row["basis"], *sorted(waived(row))) for row in found.edges.to_pylist()}
    expected = oracle(world, waivers)
    assert len(expected) > PAIRS // 40
    assert {basis for basis, *_ in expected.values()} == {"EXPRESS_OPT_IN", "SELF_PROVIDED", "PUBLIC_DATA"}
    assert {code for _, *needed in expected.values() for code in needed} == set(waivers)
    wrong = (len(set(edges) - set(expected)), len(set(expected) - set(edges)))
    assert wrong == (0, 0), "wrong permits, wrong refusals"
    assert list(map(edges.get, expected)) == list(expected.values()), "wrong bases"
    for row in found.edges.to_pylist():
        assert all(row["valid_until"] <= when(waivers[code]) + timedelta(days=1) for code in waived(row))


def waived(row: dict[str, Any]) -> list[str]:
    """The waivers an edge cites."""
    return [item.removeprefix("waiver:") for item in row["evidence"] if item.startswith("waiver:")]
