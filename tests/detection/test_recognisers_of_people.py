"""Off-X identifiers: told by their form where it suffices, by their header where only that can tell, never by luck."""

import hashlib
import random
import uuid

import pyarrow as pa
import pytest

from governance.detection import detect_source
from governance.detection.sampling import ArrowSource

R = random.Random(11)  # noqa: S311 - synthetic rows
N = 60
MAILS = [f"person{n}@example.{'org' if n % 2 else 'com'}" for n in range(N)]


def verdict(header: str, values: list[object]) -> tuple[str, str]:
    """Label and status of one column."""
    column = detect_source(ArrowSource(pa.table({header: values})))[0]
    return column.holds, str(column.status)


def digits(count: int) -> str:
    """A number as text."""
    return "".join(R.choices("0123456789", k=count))


def luhn_card() -> str:
    """A card number with its check digit."""
    body = "4" + digits(14)
    total = sum(d if i % 2 else (d * 2 - 9 if d > 4 else d * 2) for i, d in enumerate(map(int, body)))
    return body + str(-total % 10)


BY_FORM = {
    "e-mail": (MAILS, "off_x.person"),
    "phone with a plus": ([f"+49 30 {R.randrange(10**6, 10**7)}" for _ in range(N)], "off_x.person"),
    "phone with brackets": ([f"(212) 555-{R.randrange(1000, 9999)}" for _ in range(N)], "off_x.person"),
    "IPv4": ([".".join(str(R.randrange(1, 255)) for _ in range(4)) for _ in range(N)], "off_x.device"),
    "IPv6": ([f"2001:db8:{R.randrange(65536):x}::{R.randrange(65536):x}" for _ in range(N)], "off_x.device"),
    "hardware address": ([":".join(f"{R.randrange(256):02x}" for _ in range(6)) for _ in range(N)], "off_x.device"),
    "user agent": ([f"Mozilla/5.0 (X11; Linux) Chrome/{n}.0" for n in range(N)], "off_x.browser"),
    "analytics cookie": ([f"GA1.2.{R.randrange(10**9)}.{1600000000 + n}" for n in range(N)], "off_x.browser"),
    "card": ([luhn_card() for _ in range(N)], "off_x.person"),
    "opted-out advertising ids": (["00000000-0000-0000-0000-000000000000", *(str(uuid.uuid4()) for _ in range(N))], "off_x.device"),
}
ATTRIBUTES = ("customer_segment", "device_type", "member_count", "phone_model", "email_count", "household_size", "card_type")
BY_HEADER = {
    "kundennummer": "off_x.person",
    "numéro_client": "off_x.person",
    "customer_id": "off_x.person",
    "顧客番号": "off_x.person",
    "householdKey": "off_x.household",
    "id_foyer": "off_x.household",
    "device_id": "off_x.device",
    "idfa": "off_x.device",
    "visitor_id": "off_x.browser",
    "cookie_id": "off_x.browser",
}


@pytest.mark.parametrize("name", BY_FORM)
def test_by_form(name: str) -> None:
    """A column of them is confirmed whatever it is called."""
    values, label = BY_FORM[name]
    assert verdict("c1", values) == (label, "confirmed")


@pytest.mark.parametrize("name", BY_HEADER)
def test_by_header(name: str) -> None:
    """A key that only a header can tell is confirmed under it, and nothing without it."""
    values = [f"K{digits(7)}" for _ in range(N)]
    assert verdict(name, values) == (BY_HEADER[name], "confirmed")
    assert verdict("k7", values)[0] == "none"


@pytest.mark.parametrize(
    "header", ["customer_segment", "device_type", "member_count", "phone_model", "email_count", "household_size", "card_type"]
)
def test_attributes_are_no_identifiers(header: str) -> None:
    """A header that names a person's attribute, or a count, is no key."""
    assert verdict(header, [R.choice(["a", "b", "c"]) for _ in range(N)])[0] == "none"
    assert verdict(header, [R.randrange(1, 9) for _ in range(N)])[0] == "none"


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256"])
def test_hashes_of_known_addresses(name: str) -> None:
    """A hash is told by hashing the addresses of the column beside it; alone under a plain header it needs a person's eye."""
    hashed = [hashlib.new(name, mail.encode()).hexdigest() for mail in MAILS]
    both = detect_source(ArrowSource(pa.table({"k": hashed, "m": [mail.upper() for mail in MAILS]})))[0]
    assert (both.holds, str(both.status)) == ("off_x.person", "confirmed")
    assert verdict("k", hashed) == ("off_x.person", "review")
    assert verdict("hashed_email", hashed) == ("off_x.person", "confirmed")
    assert verdict("file_checksum", hashed) == ("none", "none")


def test_one_address_in_text_is_enough() -> None:
    """A single address in a thousand rows of text is found by the full scan."""
    rows = [f"nothing to see in row {n}" for n in range(1000)]
    rows[700] = "please write to someone@example.org"
    assert verdict("note", rows) == ("off_x.person", "confirmed")


QUIET = {
    "git remotes": [f"git@host{n}:team/repo.git" for n in range(N)],
    "pictures": [f"icon{n}@2x.png" for n in range(N)],
    "database links": [f"postgres://user:pass{n}@db{n}.example.com/app" for n in range(N)],
    "part numbers": [f"0{R.randrange(100, 999)}-{R.randrange(1000, 9999)}" for _ in range(N)],
    "packages": [f"@scope/package-{n}" for n in range(N)],
    "decorators": [f"@media (min-width: {n}px)" for n in range(N)],
    "order numbers": [digits(10) for _ in range(N)],
    "dates": [f"2026-{1 + n % 12:02d}-{1 + n % 28:02d}" for n in range(N)],
    "years": [f"{1950 + n}-{1960 + n}" for n in range(N)],
    "versions": [f"{n % 9}.{n % 7}.{n % 5}.{n}" for n in range(N)],
    "times": [f"{n % 24:02d}:{n % 60:02d}:{n % 50:02d}" for n in range(N)],
    "mean and deviation": [f"{R.random() * 10:.3f} ({R.random():.3f})" for _ in range(N)],
    "commits": [hashlib.sha1(str(n).encode()).hexdigest() for n in range(N)],  # noqa: S324 - what commits are
}


@pytest.mark.parametrize("name", QUIET)
def test_lookalikes_stay_quiet(name: str) -> None:
    """What only looks like an identifier is not confirmed."""
    assert verdict("commit" if name == "commits" else "v", QUIET[name])[1] != "confirmed"


def test_epoch_numbers_are_no_phones() -> None:
    """Seconds and milliseconds since 1970 have the digits of a phone number."""
    for factor in (1, 1000):
        assert verdict("t", [(1_600_000_000 + R.randrange(10**7)) * factor for _ in range(N)])[1] == "none"
