"""`write_people`: the tables that people bring beside Posts: accounts, customers, consents, and the compliance events of some accounts."""

import csv
import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from governance.content.synthetic.cast import Account, accounts_of
from governance.content.synthetic.sample import DEFAULT_POSTS, POSTS_PER_AUTHOR
from governance.content.synthetic.towns import FAMILY_NAMES, GIVEN_NAMES
from governance.content.synthetic.world import ENDS_AT, make_authors

ACCOUNT_COLUMNS = ("user_id", "handle", "display_name", "bio", "stated_location", "state", "state_checked_at")
CUSTOMER_COLUMNS = (
    "customer_id", "full_name", "email", "x_handle", "bought_handle", "member_since", "member_until", "plan", "postcode_area",
)  # fmt: skip
CONSENT_COLUMNS = (
    "consent_id", "event", "at", "precision", "controller", "off_x_id", "x_user_id", "purposes", "id_kinds", "attributes", "action",
    "bundled", "notice_id", "notice_sha256", "notice_topics", "binding", "binding_evidence", "evidence_uri", "evidence_sha256",
    "expires_at",
)  # fmt: skip
CONTROLLER = "Example Ltd"
PURPOSE = "member-support"
CHECKED_AT = datetime(2026, 11, 22, 18, tzinfo=UTC)
STALE_AT = datetime(2026, 10, 1, 18, tzinfo=UTC)
_NOTICE = hashlib.sha256(b"We match your membership with your X account if you tick the box.").hexdigest()
_FLAWS: tuple[dict[str, Any], ...] = (
    {"action": "oauth_login"},
    {"action": "pre_ticked"},
    {"action": "terms_accepted"},
    {"bundled": "true"},
    {"controller": "Another Ltd"},
    {"purposes": "newsletter"},
    {"id_kinds": "household"},
    {"binding": "", "binding_evidence": ""},
    {"notice_topics": "newsletter"},
    {"evidence_uri": "", "evidence_sha256": ""},
    {"expires_at": "2026-06-01T00:00:00Z"},
    {"at": "2026-11-22", "precision": "day"},
    {"attributes": "x.user.bio"},
)
"""One thing that makes a consent inadequate, each in turn."""


def write_people(
    folder: str | Path, seed: int = 2026, customers: int = 1500, authors: int = DEFAULT_POSTS // POSTS_PER_AUTHOR
) -> list[Path]:
    """Write accounts.csv, crm.csv, consents.csv and compliance_events.jsonl for the accounts of `write_sample`.

    Customers gave their own handle, or the company bought one, or both; some handles are misspelt, some belong to accounts that are
    protected, suspended or gone. Some consents are adequate, each of the others has one flaw, and some were withdrawn.

    Parameters
    ----------
    folder
        Where to write; made if it is missing.
    seed
        Which world: that of `write_sample` with the same seed and number of authors.
    customers
        How many customers.
    authors
        How many accounts there are.

    Returns
    -------
    list of pathlib.Path
        The four files.

    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    accounts = accounts_of(make_authors(authors, seed), seed)
    rng = np.random.default_rng([seed, 6])
    chosen = rng.choice(len(accounts), min(customers, len(accounts)), replace=False).tolist()
    people = [accounts[at] for at in chosen]
    tables: tuple[tuple[str, Sequence[str], Iterable[Sequence[Any]]], ...] = (
        ("accounts.csv", ACCOUNT_COLUMNS, (_account_row(at, account) for at, account in enumerate(accounts))),
        ("crm.csv", CUSTOMER_COLUMNS, (_customer_row(at, account, rng) for at, account in enumerate(people))),
        ("consents.csv", CONSENT_COLUMNS, _consent_rows(people)),
    )
    for name, header, rows in tables:
        with (target / name).open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(header)
            table.writerows(rows)
    events = target / "compliance_events.jsonl"
    events.write_bytes(b"".join(msgspec.json.encode(event) + b"\n" for event in _events(accounts)))
    return [*(target / name for name, _, _ in tables), events]


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _account_row(number: int, account: Account) -> tuple[str, ...]:
    """Most states were checked the day before; one in forty is stale, one in fifty is not known."""
    checked_at = STALE_AT if number % 40 == 7 else CHECKED_AT  # noqa: PLR2004 - which ones does not matter
    state = "" if number % 50 == 11 else account.state  # noqa: PLR2004 - likewise
    return (
        account.user_id,
        account.handle,
        account.display_name,
        account.bio,
        account.stated_location,
        state,
        _stamp(checked_at) if state else "",
    )


def customer_id(number: int) -> str:
    """The id of a customer."""
    return f"C{number + 1:05}"


def _customer_row(number: int, account: Account, rng: np.random.Generator) -> tuple[str, ...]:
    given = GIVEN_NAMES[int(rng.integers(len(GIVEN_NAMES)))]
    family = FAMILY_NAMES[int(rng.integers(len(FAMILY_NAMES)))]
    draw = float(rng.random())
    own = "" if draw > 0.6 else _as_typed(account.handle, number)  # noqa: PLR2004 - three in five gave their handle
    bought = account.handle if draw > 0.35 and draw < 0.85 else ""  # noqa: PLR2004 - half had one bought
    since = ENDS_AT - timedelta(days=int(rng.integers(40, 3000)))
    until = f"{since + timedelta(days=365):%Y-%m-%d}" if number % 17 == 0 else ""
    plan = ("basic", "family", "gold")[number % 3]
    area = str(int(rng.integers(80, 97)))
    email = f"{given}.{family}.{number}@mail.example".lower()
    return (customer_id(number), f"{given} {family}", email, own, bought, f"{since:%Y-%m-%d}", until, plan, area)


def _as_typed(handle: str, number: int) -> str:
    """A handle as a person types it into a form: with @, in other case, now and then wrong."""
    forms = (handle, f"@{handle}", handle.upper(), f" {handle}", f"{handle}x")
    return forms[number % len(forms)]


def _consent_rows(people: Sequence[Account]) -> Iterable[list[Any]]:
    """A consent of every third customer: every second one adequate, the others with one flaw each; one in ten was withdrawn later."""
    serial = 0
    for number, account in enumerate(people):
        if number % 3:
            continue
        serial += 1
        given_at = datetime(2026, 3, 1, 9, tzinfo=UTC) + timedelta(hours=number)
        row = _adequate(serial, number, account, given_at)
        if serial % 2 == 0:
            row |= _FLAWS[serial // 2 % len(_FLAWS)]
        yield list(row.values())
        if serial % 10 == 5:  # noqa: PLR2004 - which ones does not matter
            withdrawn_at = given_at + timedelta(days=60)
            yield list((row | {"event": "withdrawn", "at": _stamp(withdrawn_at), "action": "button_pressed"}).values())


def _adequate(serial: int, number: int, account: Account, given_at: datetime) -> dict[str, Any]:
    evidence = hashlib.sha256(f"evidence {serial}".encode()).hexdigest()
    return {
        "consent_id": f"K{serial:05}",
        "event": "given",
        "at": _stamp(given_at),
        "precision": "second",
        "controller": CONTROLLER,
        "off_x_id": customer_id(number),
        "x_user_id": account.user_id,
        "purposes": PURPOSE,
        "id_kinds": "person",
        "attributes": "x.user.handle;x.user.display_name",
        "action": "checkbox_ticked",
        "bundled": "false",
        "notice_id": "matching-notice-3",
        "notice_sha256": _NOTICE,
        "notice_topics": "off_x_matching",
        "binding": "x_oauth_session",
        "binding_evidence": f"session-{serial:05}",
        "evidence_uri": f"https://consents.example.org/{serial}",
        "evidence_sha256": evidence,
        "expires_at": _stamp(given_at + timedelta(days=730)),
    }


def _events(accounts: Sequence[Account]) -> Iterable[dict[str, Any]]:
    """What X would tell of the accounts that changed, as its v2 compliance stream does."""
    names = {"protected": "user_protect", "suspended": "user_suspend", "deleted": "user_delete", "withheld": "user_withheld"}
    at = ENDS_AT - timedelta(hours=6)
    for account in accounts:
        at += timedelta(seconds=7)
        body: dict[str, Any] = {"user": {"id": account.user_id}, "event_at": f"{at:%Y-%m-%dT%H:%M:%S}.000Z"}
        if account.state in names:
            if account.state == "withheld":
                body["withheld_in_countries"] = ["XX"]
            yield {"data": {names[account.state]: body}}
        elif account.scrubbed:
            yield {"data": {"scrub_geo": {**body, "up_to_tweet_id": str((int(at.timestamp() * 1000) - 1_288_834_974_657) << 22)}}}
