"""Phone numbers: nearly half of all ten-digit numbers are valid somewhere, so a number's form or header must join its validity."""
# ruff: noqa: PLR2004 - thresholds stand in the tests that they belong to, with the name of what they measure

import re
from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from governance.detection.evidence import Hit, at_least
from governance.detection.leaves import Text
from governance.detection.persons import PERSON
from governance.vocabulary import Status

NO_PHONE = re.compile(
    r"\d{4}[-/.]\d\d?[-/.]\d\d?.*|\d\d?[/.-]\d\d?[/.-]\d{4}.*"  # dates
    r"|(?:1[5-9]|20)\d\d ?[-/] ?(?:1[5-9]|20)?\d\d"  # years
    r"|\d{4}\.\d{4}\.\d{4}|\d+(?:\.\d+)+/.*|\d{1,2}(?:\.\d+){3,}"  # hardware addresses, networks, versions
    r"|[^/]+/[^/]+/.*|.*/"  # tiles, ISO 6709
    r"|.*\d\.\d{1,2}|\(?-?\d{1,3}\.\d+[ ,;(].*",  # decimals
)
PHONE = re.compile(r"[+(]?[\d\s().\-/x+ext]{7,28}", re.IGNORECASE)
NORTH_AMERICAN = re.compile(r"(?:1[-. ])?\d{3}[-. ]\d{3}[-. ]\d{4}(?: ?x\d+)?")
REGIONS = (
    *("US", "GB", "DE", "FR", "ES", "IT", "BR", "IN", "JP", "AU", "NL", "PL"),
    *("MX", "TR", "SE", "CH", "AT", "BE", "CN", "KR", "RU", "CA", "ZA"),
)


def phones(text: Text) -> Iterator[Hit]:
    """Phone numbers: validity is weak evidence, so a plus sign, a phone's punctuation or a header must join it."""
    shaped = text.share(lambda v: bool(PHONE.fullmatch(v)) and 7 <= len(re.sub(r"\D", "", v)) <= 17)
    if shaped < 0.9 or text.share(NO_PHONE.fullmatch) > 0.5 or text.header.says("postcode", "postcode_weak", "latitude", "longitude"):
        return
    named = text.header.says("phone")
    plus = text.share(lambda v: v.startswith(("+", "00")))
    marked = text.share(lambda v: bool(re.search(r"[()\- .]", v)))
    numbers_alone = not named and plus == marked == 0.0
    share = valid_share(text.values, 0.97 if numbers_alone else 0.0)
    valid = at_least("share of valid phone numbers", share, 0.3 if plus > 0.8 else 0.6)
    dialled = text.share(lambda v: v.startswith(("+", "(", "0")) or bool(NORTH_AMERICAN.fullmatch(v)))
    long = float(np.median([len(re.sub(r"\D", "", v)) for v in text.values])) >= 9
    if (
        named
        or (plus > 0.8 and (valid.passed or marked > 0.8))
        or (marked > 0.5 and long and dialled >= 0.5 and (share >= 0.35 if plus >= 0.1 else share >= 0.6))
    ):
        yield Hit(what="phone number", label=PERSON, header=named, values=valid.passed, tests=(valid,))
    elif share > 0.97 and len(text.values) >= 30 and text.share(str.isdigit) > 0.9:
        yield Hit(what="phone number", label=PERSON, status=Status.REVIEW, confidence=0.4, tests=(valid,))


def valid_share(values: Sequence[str], least: float = 0.0) -> float:
    """Share of values that are valid phone numbers, those without a country code in the one region that fits best.

    A region in which the share can no longer reach `least` is left at once: to try 200 numbers in 23 regions is slow.
    """
    import phonenumbers

    def valid(value: str, region: str | None) -> bool:
        try:
            return phonenumbers.is_valid_number(phonenumbers.parse(value, region))
        except phonenumbers.NumberParseException:
            return False

    sample = values[:200]
    known = [v for v in sample if v.startswith(("+", "00"))]
    local = [v for v in sample if not v.startswith(("+", "00"))]
    spare = int((1 - least) * len(sample))

    def fitting(region: str) -> int:
        misses = islice((v for v in local if not valid(v, region)), spare + 1)
        return len(local) - sum(1 for _ in misses)

    best = max(fitting(region) for region in REGIONS) if local else 0
    return (sum(valid("+" + v.lstrip("+0"), None) for v in known) + best) / len(sample) if sample else 0.0
