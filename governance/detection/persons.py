"""Off-X identifiers: e-mail, phone, device, browser, household and person ids. What only a header can tell is told by the header alone."""
# ruff: noqa: PLR2004 - thresholds stand in the tests that they belong to, with the name of what they measure

import hashlib
import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence

from governance.detection.evidence import Hit, at_least
from governance.detection.leaves import Numbers, Text
from governance.vocabulary import Status

PERSON, HOUSEHOLD, DEVICE, BROWSER = (f"off_x.{part}" for part in ("person", "household", "device", "browser"))

EMAIL = re.compile(r"(?<![\w.+/-])[^\W_][\w.+%'-]{0,63}@[^\W_][\w-]*(?:\.[\w-]+)*\.[^\W\d_]{2,24}(?![\w:@/-])")
PLACES = frozenset(("geo", "place", "venue", "location", "poi", "station", "airport"))
FILE_ENDINGS = frozenset(("png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "ts", "html", "json", "pdf", "md", "py", "mp4", "zip"))
HEX_LENGTHS = frozenset((32, 40, 56, 64, 96, 128))
HEX = re.compile(r"(?:0x)?[0-9a-fA-F]+")
UUID = re.compile(r"\{?[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\}?")
ZERO_UUID = "00000000-0000-0000-0000-000000000000"
MAC = re.compile(r"(?:[0-9A-Fa-f]{2}([:-]))(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}")
COOKIE = re.compile(r"GA\d\.\d\.\d+\.(?:1[0-9]{9})|GS\d\.\d\..+|fb\.\d\.1\d{12}\..+|GCL\.1\d{9}\..+|amp-[\w-]{22,}")
AGENT = re.compile(r"Mozilla/[45]\.0 \(|Opera/\d|Dalvik/\d|okhttp/\d|CFNetwork/|\(iPhone; |\(Linux; Android ")
CARD = re.compile(r"[2-6]\d{3}[ -]?(?:\d[ -]?){8,15}")
IBAN = re.compile(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7} ?[A-Z0-9]{0,4}")


def is_email(value: str) -> bool:
    """Whether a text is an e-mail address that could receive mail.

    >>> is_email("jo@example.org"), is_email("git@host"), is_email("jo@localhost")
    (True, False, False)
    """
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(value, check_deliverability=False, test_environment=True, allow_smtputf8=True)
    except (EmailNotValidError, ValueError):
        return False
    host = value.rsplit("@", 1)[-1].lower()
    return "." in host and host.rsplit(".", 1)[-1] not in FILE_ENDINGS and not value.lower().startswith("git@")


def emails_in(value: str) -> Iterator[str]:
    """The e-mail addresses in one text."""
    return (m[0] for m in EMAIL.finditer(value) if not _in_link(value[: m.start()]) and is_email(m[0]))


def _in_link(before: str) -> bool:
    """Whether what stands before is the start of a link with credentials: `https://user:` is no address of a person."""
    return bool(re.search(r"://[^\s/]*$", before))


def emails(text: Text) -> Iterator[Hit]:
    """E-mail addresses, alone or in text; one is enough."""
    rows = sum(1 for row in text.filled if "@" in row and next(emails_in(row), None))
    if rows:
        share = rows / len(text.filled)
        what, confidence = ("e-mail", 0.97) if share > 0.5 else ("e-mail in text", 0.8)
        tests = (at_least("share of rows", share, 0.0),)
        yield Hit(what=what, label=PERSON, confidence=confidence, header=text.header.says("email"), share=share, tests=tests)


def hashed_emails(known: Sequence[str], values: Sequence[str]) -> bool:
    """Whether one of the values is a hash of one of the e-mail addresses."""
    wanted = {v.lower().removeprefix("0x") for v in values}
    plain = (mail.strip().lower().encode() for mail in known)
    return any(hashlib.new(name, mail, usedforsecurity=False).hexdigest() in wanted for mail in plain for name in ("md5", "sha1", "sha256"))


def hashes(text: Text) -> Iterator[Hit]:
    """Hashes under a header that says of what; a hash alone can't be told from a file's checksum."""
    share = text.share(lambda v: len(v.removeprefix("0x")) in HEX_LENGTHS and bool(HEX.fullmatch(v)))
    test = at_least("share of hex hashes", share, 0.95)
    head = text.header
    if not test.passed or len(text.values) < 3:
        return
    if head.says("email", "email_hash", "phone", "card", "person_name", "customer"):
        yield Hit(what="hashed identifier", label=PERSON, header=True, tests=(test,))
    elif head.says("browser", "device", "adid", "ip", "mac"):
        yield Hit(
            what="hashed device",
            label=DEVICE if head.says("device", "adid", "mac") else BROWSER,
            confidence=0.8,
            header=True,
            tests=(test,),
        )


def opaque(text: Text) -> bool:
    """Whether a column is hashes of something unknown."""
    return len(text.values) >= 10 and text.share(lambda v: len(v) in HEX_LENGTHS and bool(HEX.fullmatch(v))) > 0.95


def uuids(text: Text) -> Iterator[Hit]:
    """Advertising ids: by header, or by the all-zero id that opted-out devices send."""
    test = at_least("share of UUIDs", text.share(UUID.fullmatch), 0.9)
    head = text.header
    if not test.passed or len(text.values) < 3:
        return
    if head.says("adid", "device") or ZERO_UUID in text.filled:
        yield Hit(
            what="advertising id",
            label=DEVICE,
            confidence=0.9 if head.says("adid") else 0.75,
            header=head.says("adid", "device"),
            tests=(test,),
        )
    elif head.says("browser"):
        yield Hit(what="browser id", label=BROWSER, confidence=0.8, header=True, tests=(test,))
    elif head.says("household"):
        yield Hit(what="household id", label=HOUSEHOLD, confidence=0.8, header=True, tests=(test,))
    elif head.says("customer"):
        yield Hit(what="customer id", label=PERSON, confidence=0.8, header=True, tests=(test,))


def addresses(text: Text) -> Iterator[Hit]:
    """IP addresses; four-part versions look alike, so version 4 needs a header or many networks."""
    parsed = [_address(value) for value in text.values]
    good = [address for address in parsed if address]
    test = at_least("share of IP addresses", len(good) / len(parsed) if parsed else 0.0, 0.9)
    if not test.passed or len(good) < 3:
        return
    four = [a for a in good if a.version == 4]
    networks = len({a.packed[0] for a in four})
    named = text.header.says("ip")
    if len(four) < len(good) / 2 or named or networks > min(40, len(text.values) * 0.3):
        yield Hit(what="IP address", label=DEVICE, tier="T3", header=named, tests=(test,))


def _address(value: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if "." not in value and ":" not in value:
        return None
    try:
        return ipaddress.ip_address(value.strip("[]").split("/")[0].split("%")[0])
    except ValueError:
        return None


def hardware(text: Text) -> Iterator[Hit]:
    """Hardware addresses; sextets of times look alike, so they need letters or a header."""
    test = at_least("share of hardware addresses", text.share(MAC.fullmatch), 0.9)
    named = text.header.says("mac", "device")
    lettered = text.share(lambda v: bool(re.search("[a-fA-F]", v)))
    if test.passed and len(text.values) >= 3 and (named or (lettered > 0.5 and "." not in text.values[0])):
        yield Hit(what="hardware address", label=DEVICE, tier="T1", header=named, tests=(test,))


def cookies(text: Text) -> Iterator[Hit]:
    """Cookies of known forms, and user agents."""
    test = at_least("share of cookie values", text.share(COOKIE.fullmatch), 0.7)
    if test.passed:
        yield Hit(what="cookie", label=BROWSER, confidence=0.95, header=text.header.says("browser"), tests=(test,))
    agents = at_least("share of user agents", text.share(AGENT.search), 0.7)
    if agents.passed:
        yield Hit(what="user agent", label=BROWSER, header=text.header.says("user_agent"), tests=(agents,))


def luhn(digits: str) -> bool:
    """Whether the check digit of a card number is right.

    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    doubled = [int(c) * (2 if i % 2 else 1) for i, c in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def cards(text: Text) -> Iterator[Hit]:
    """Card numbers and IBANs."""
    if len(text.values) < 3:
        return
    named = text.header.says("card")
    shaped = text.share(lambda v: bool(CARD.fullmatch(v)) and 12 <= len(re.sub(r"\D", "", v)) <= 19 and luhn(re.sub(r"\D", "", v)))
    test = at_least("share with a right check digit", shaped, 0.9)
    if test.passed and (named or len(text.values) >= 10) and not text.header.says("device"):
        yield Hit(what="card number", label=PERSON, confidence=0.95 if named else 0.8, header=named, tests=(test,))
    iban = at_least("share of IBANs", text.share(lambda v: bool(IBAN.fullmatch(v)) and _iban(v)), 0.9)
    if iban.passed:
        yield Hit(what="bank account", label=PERSON, confidence=0.95, header=named, tests=(iban,))


def _iban(value: str) -> bool:
    bare = value.replace(" ", "")
    return int("".join(str(int(c, 36)) for c in bare[4:] + bare[:4])) % 97 == 1


def by_header(text: Text) -> Iterator[Hit]:
    """Ids that only a header can tell."""
    if text.values:
        yield from _named(text.header, text.path, keyed=text.share(lambda v: any(c.isdigit() for c in v)) > 0.8, distinct=len(text.values))
        head = text.header
        people = head.says("person_name") or (
            "name" in head.words and bool(head.words & {"full", "first", "last", "person", "customer", "sur", "contact"})
        )
        people = people and not head.context & PLACES
        if people and text.share(lambda v: any(c.isalpha() for c in v)) > 0.9 and not head.words & {"file", "screen"}:
            yield Hit(what="person's name", label=PERSON, confidence=0.7, header=True, values=False)


_KEYS = (
    ("household", HOUSEHOLD, "household id"),
    ("customer", PERSON, "customer id"),
    ("device", DEVICE, "device id"),
    ("adid", DEVICE, "advertising id"),
    ("browser", BROWSER, "browser id"),
)


def _named(head: object, _path: str, *, keyed: bool, distinct: int) -> Iterator[Hit]:
    from governance.detection.headers import Header, vocabulary

    if not isinstance(head, Header) or not keyed or distinct < 3:
        return
    words = vocabulary()
    for role, label, what in _KEYS:
        said = head.words & words[role]
        plain = said <= {
            "customer",
            "client",
            "member",
            "device",
            "household",
            "dwelling",
            "contact",
            "serial",
            "shopper",
            "voter",
            "patient",
            "employee",
        }
        if said and (not plain or head.words & words["customer_key"]):
            yield Hit(what=what, label=label, confidence=0.7, header=True, values=False)


def id_numbers(numbers: Numbers) -> Iterator[Hit]:
    """Integers that a header calls a phone, an IP address, a card, a device, a customer or a household."""
    values = numbers.integers
    if not values:
        return
    head = numbers.header
    if head.says("phone") and sum(7 <= len(str(abs(v))) <= 15 for v in values) > 0.9 * len(values):
        yield Hit(what="phone number", label=PERSON, confidence=0.8, header=True, values=False)
    if head.says("ip") and all(0 <= v < 2**32 for v in values) and max(values) > 2**24:
        yield Hit(what="IP address", label=DEVICE, tier="T3", confidence=0.8, header=True, values=False)
    if head.says("card") and sum(12 <= len(str(v)) <= 19 and luhn(str(v)) for v in values if v > 0) > 0.9 * len(values):
        yield Hit(what="card number", label=PERSON, header=True)
    yield from _named(head, numbers.path, keyed=True, distinct=len(set(values)))


def doubtful(text: Text) -> bool:
    """Whether hashes or UUIDs may be of people: they repeat, or nothing says what they are of; ids of rows and files do not count."""
    if len(text.values) < 10 or text.header.says("technical") or text.share(_opaque) < 0.95:
        return False
    repeated = len(set(text.filled)) < 0.98 * len(text.filled)
    return repeated or all(len(word) <= 2 or word.isdigit() for word in text.header.parts)


def _opaque(value: str) -> bool:
    return bool(UUID.fullmatch(value)) or (len(value) in HEX_LENGTHS and bool(HEX.fullmatch(value)))


def review(text: Text) -> Hit:
    """A hash or a UUID that could be of a person."""
    test = at_least("share of opaque ids", text.share(_opaque), 0.95)
    return Hit(what="opaque id", label=PERSON, status=Status.REVIEW, confidence=0.3, tests=(test,))


TEXT_RECOGNISERS: tuple[Callable[[Text], Iterator[Hit]], ...] = (
    emails,
    hashes,
    uuids,
    addresses,
    hardware,
    cookies,
    cards,
    by_header,
)
NUMBER_RECOGNISERS: tuple[Callable[[Numbers], Iterator[Hit]], ...] = (id_numbers,)
