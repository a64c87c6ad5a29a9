"""What columns say together: hashes of known e-mails, ids made when the row says, text beside Post ids; and a lone coordinate."""
# ruff: noqa: PLR2004 - thresholds stand in the tests that they belong to, with the name of what they measure

from collections.abc import Iterator

import numpy as np

from governance.detection import persons, xcontent
from governance.detection.evidence import Found, Hit, at_least
from governance.detection.leaves import Leaves, Numbers
from governance.vocabulary import Status

SURE_TOWERS = frozenset(("mcc", "mnc", "ecgi", "enodeb", "gnb", "celltower", "towerid"))


def lone(numbers: Numbers) -> Iterator[Hit]:
    """A latitude or longitude without its partner: a full word confirms it, a short one asks for review."""
    head = numbers.header
    lat = head.says("latitude")
    if not (lat or head.says("longitude")) or len(numbers.finite) < 2 or numbers.reach > (90 if lat else 360):
        return
    if numbers.decimals < 2 or numbers.reach < 1:
        return
    status = Status.CONFIRMED if any("tud" in word for word in head.words) and not head.says("qualifier") else Status.REVIEW
    side = "latitude" if lat else "longitude"
    tests = (at_least("decimals", numbers.decimals, 2),)
    yield Hit(what=side, label=f"location.{side}", status=status, tier="T3", confidence=0.5, header=True, values=False, tests=tests)


def towers(leaves: Leaves) -> Iterator[tuple[str, Hit]]:
    """Cell towers, by their headers; a short word that means other things too needs a second one beside it."""
    said = [n for n in leaves.numbers if n.integers and n.header.says("tower") and min(n.integers) >= 0]
    if len(said) >= 2 or any(n.header.words & SURE_TOWERS for n in said):
        for n in said:
            tier = "T5" if n.header.words & {"mcc", "mnc"} else "T2"
            yield n.path, Hit(what="cell tower", label="location.derived", tier=tier, confidence=0.7, header=True, values=False)


def hashes(leaves: Leaves, found: Found) -> Iterator[tuple[str, Hit]]:
    """Hashes of the e-mail addresses of another column; other hashes and UUIDs stay opaque, and some of those need a person's eye."""
    free = [t for t in leaves.texts if not any(h.label.startswith("off_x.") for h in found.get(t.path, ()))]
    hashed = [t for t in free if persons.opaque(t)]
    mails = _mails(leaves, found) if hashed else []
    known = {t.path for t in hashed if mails and persons.hashed_emails(mails, t.filled)}
    for text in free:
        if text.path in known:
            yield text.path, Hit(what="hashed e-mail", label=persons.PERSON, confidence=0.95)
        elif persons.doubtful(text):
            yield text.path, persons.review(text)


def _mails(leaves: Leaves, found: Found) -> list[str]:
    """The e-mail addresses of the table, to compare hashes with; they go nowhere else."""
    columns = [t for t in leaves.texts if any(h.what.startswith("e-mail") for h in found.get(t.path, ()))]
    return [mail for text in columns for row in text.filled for mail in persons.emails_in(row)]


def post_parts(leaves: Leaves, found: Found) -> Iterator[tuple[str, Hit]]:
    """Ids that were made when another column says, which proves Post ids; and the text beside Post ids under a header that says so."""
    for n in leaves.numbers:
        decoded = xcontent.decoded_times(_exact(n)) if leaves.times and n.integers and n.reach > xcontent.EMPTY_UNTIL else None
        share = max((_agreement(times.milliseconds, decoded) for times in leaves.times), default=0.0) if decoded is not None else 0.0
        if share >= 0.9:
            tests = (at_least("share made at the time of another column", share, 0.9),)
            yield n.path, Hit(what="Post id of its time", label="x.post.id", confidence=0.97, tests=tests)
    labels = {h.label for path in found for h in found[path] if h.status is Status.CONFIRMED}
    if labels & {"x.post.id", "x.user.handle"}:
        yield from _users(leaves)
    if "x.post.id" in labels:
        for text in leaves.texts:
            if text.header.says("post_text") and text.median_length > 15 and text.share(str.isdigit) < 0.5:
                yield text.path, Hit(what="Post text", label="x.post.text", confidence=0.8, header=True)
            elif text.header.says("handle", "user_name") and text.share(xcontent.HANDLE.fullmatch) > 0.95 and text.share(str.isdigit) < 0.5:
                yield text.path, Hit(what="handle", label="x.user.handle", confidence=0.7, header=True)


def _users(leaves: Leaves) -> Iterator[tuple[str, Hit]]:
    """Integers beside Posts or handles, under a header that says user id."""
    for n in leaves.numbers:
        said = bool(n.header.words & {"userid", "authorid", "inreplytouserid", "accountid"})
        named = said or ("id" in n.header.words and bool(n.header.context & {"author", "user"}))
        if named and n.integers and min(n.integers) > 0:
            yield n.path, Hit(what="X user id", label="x.user.id", confidence=0.7, header=True, values=False)


def _exact(numbers: Numbers) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Ids as 64-bit integers, row by row; 0 where there is none."""
    rows = np.zeros(len(numbers.floats), dtype=np.int64)
    values = [v if 0 < v < 2**63 else 0 for v in numbers.integers or ()]
    filled = np.isfinite(numbers.floats)
    if int(filled.sum()) == len(values):
        rows[filled] = values
    return rows


def _agreement(milliseconds: np.ndarray[tuple[int], np.dtype[np.float64]], decoded: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
    """Share of rows whose time is within a second of when their id was made."""
    if len(milliseconds) != len(decoded):
        return 0.0
    filled = np.isfinite(milliseconds)
    return float((np.abs(milliseconds[filled] - decoded[filled]) <= 1_000).mean()) if filled.sum() >= 5 else 0.0
