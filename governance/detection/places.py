"""Names and codes of places: towns, countries, time zones, airports, postcodes, addresses, cell towers."""
# ruff: noqa: PLR2004 - thresholds stand in the tests that they belong to, with the name of what they measure

import re
import zoneinfo
from collections.abc import Callable, Iterator
from functools import lru_cache

from governance.detection.evidence import Hit, at_least
from governance.detection.gazetteer import gazetteer, known
from governance.detection.headers import Header
from governance.detection.leaves import Numbers, Text

PLACE = "location.place"

STREET = re.compile(
    r"\b\d{1,6}[a-z]?\b.*\b(street|st|avenue|ave|road|rd|lane|ln|drive|dr|court|ct|way|place|pl|boulevard|blvd|square|sq|terrace|apt|suite|unit|box|highway|hwy|"
    r"crescent|close|parkway|pkwy|circle|plaza|mews|row|gardens|grove)\b"
    r"|(stra(ß|ss)e|str\.|weg|platz|gasse|allee|ring|damm|ufer|chaussee)\s*\d+"
    r"|\b(rue|avenue|chemin|boulevard|impasse|route|quai|allée|place|calle|avenida|avda|carrer|paseo|plaza|via|viale|piazza|corso|rua|travessa|largo|ul\.|ulica|aleja|"
    r"ulice|nám)\b.*\d|\d.*\b(rue|avenue|chemin|boulevard|impasse|route|quai|allée)\b"
    r"|\w+(straat|laan|plein|gatan|vägen|gata|veien|vej|gade|katu|tie|utca|utja|caddesi|sokak|sk\.)\b.*\d|\d+\s*(丁目|番地|号)|[省市区县].*[路街道]|"
    r"\b(ул|улица|пр|проспект|пер)\b\.?.*\d|\b[A-Z]{2} \d{5}\b",
    re.IGNORECASE,
)
GB_AREAS = (
    "AB|AL|B|BA|BB|BD|BF|BH|BL|BN|BR|BS|BT|CA|CB|CF|CH|CM|CO|CR|CT|CV|CW|DA|DD|DE|DG|DH|DL|DN|DT|DY|E|EC|EH|EN|EX|FK|FY|G|GL|GU|GY|HA|HD|HG|HP|HR|HS|HU|HX|IG|IM|IP|IV|"
    "JE|KA|KT|KW|KY|L|LA|LD|LE|LL|LN|LS|LU|M|ME|MK|ML|N|NE|NG|NN|NP|NR|NW|OL|OX|PA|PE|PH|PL|PO|PR|RG|RH|RM|S|SA|SE|SG|SK|SL|SM|SN|SO|SP|SR|SS|ST|SW|SY|TA|TD|TF|TN|TQ|TR|TS|TW|"
    "UB|W|WA|WC|WD|WF|WN|WR|WS|WV|YO|ZE"
)
GB_POSTCODE = re.compile(rf"(?:{GB_AREAS})\d[A-Z\d]?\s?\d[ABD-HJLNP-UW-Z]{{2}}")
CA_POSTCODE = re.compile(r"[ABCEGHJ-NPRSTVXY]\d[A-CEGHJ-NPR-TV-Z][ -]?\d[A-CEGHJ-NPR-TV-Z]\d", re.IGNORECASE)
NL_POSTCODE = re.compile(r"[1-9]\d{3} [A-Z]{2}")
IE_POSTCODE = re.compile(r"[AC-FHKNPRTV-Y]\d[0-9W] [0-9AC-FHKNPRTV-Y]{4}")
ANY_POSTCODE = re.compile(r"(?:[A-Z]{1,2}-)?\d{3,7}(?:[- ]\d{2,4})?|[A-Z]\d{4}[A-Z]{3}|\d{4}\s?[A-Z]{2}", re.IGNORECASE)
CODE = re.compile(r"[A-Z]{2,3}")


@lru_cache(maxsize=1)
def zones() -> frozenset[str]:
    """The time zones there are."""
    return frozenset(zoneinfo.available_timezones())


def _share(text: Text, pattern: re.Pattern[str]) -> float:
    return text.share(pattern.fullmatch)


def timezones(text: Text) -> Iterator[Hit]:
    """Names of time zones."""
    test = at_least("share of time zone names", text.share(lambda v: v in zones() and "/" in v), 0.9)
    if len(text.values) >= 1 and test.passed and (len(text.values) >= 2 or text.header.says("timezone")):
        yield Hit(what="time zone", label=PLACE, tier="T4", header=text.header.says("timezone"), tests=(test,))


def countries(text: Text) -> Iterator[Hit]:
    """Country names in any language, ISO codes, and codes of states."""
    values = text.values
    head = text.header.says("country", "city")
    if len(values) < (1 if head else 3) or text.numeric:
        return
    names = at_least("share of country names", float(known(values, gazetteer().countries).mean()), 0.9)
    if names.passed and text.median_length >= 4:
        yield Hit(what="country", label=PLACE, tier="T5", confidence=0.85, header=head, tests=(names,))
    elif len(text.lengths) == 1 and text.median_length <= 3:
        yield from _codes(text, head=head)


def _codes(text: Text, *, head: bool) -> Iterator[Hit]:
    """Codes of countries and states: two or three letters are often something else, so few need a header."""
    places = gazetteer()
    countries = at_least("share of country codes", text.share(lambda v: bool(CODE.fullmatch(v)) and v in places.country_codes), 0.98)
    airports = float(known(text.values, places.airports).mean()) if text.lengths == {3} else 0.0
    if countries.passed and (head or (len(text.values) >= 25 and airports < 0.98)):
        yield Hit(what="country code", label=PLACE, tier="T5", confidence=0.8, header=head, tests=(countries,))
        return
    states = at_least("share of state codes", text.share(lambda v: v in places.states), 0.95)
    if states.passed and ((head and len(text.values) >= 3) or len(text.values) >= 25):
        yield Hit(what="state code", label=PLACE, tier="T4", confidence=0.8, header=head, tests=(states,))


def airports(text: Text) -> Iterator[Hit]:
    """IATA codes; three letters are often something else, so few need a header."""
    if text.share(lambda v: bool(re.fullmatch(r"[A-Z]{3}", v))) < 0.97 or len(text.values) < 3:
        return
    test = at_least("share of airport codes", float(known(text.values, gazetteer().airports).mean()), 0.97)
    head = text.header.says("airport")
    if test.passed and (head or len(text.values) >= 40):
        yield Hit(what="airport code", label=PLACE, tier="T3", confidence=0.8, header=head, tests=(test,))


def towns(text: Text) -> Iterator[Hit]:
    """Names of towns and regions."""
    values = [v for v in text.values if len(v) > 2 or not v.isascii()]
    head = text.header.says("city", "country", "geographic")
    if len(values) < (5 if head else 8) or text.median_length > 60 or text.numeric:
        return
    if text.median_length < 4 and text.values[0].isascii():
        return
    first = [re.split(r"[,;(/|]| - ", v)[0].strip() for v in values]
    share = float(known(first, gazetteer().names).mean()) * len(values) / len(text.values)
    test = at_least("share of town names", share, 0.4 if head else 0.6)
    lettered = (
        text.share(lambda v: not v[:1].isascii() or v[:1].isupper()) > 0.8 and text.share(lambda v: any(c.isdigit() for c in v)) < 0.3
    )
    if test.passed and (lettered or head):
        yield Hit(what="town", label=PLACE, tier="T3", confidence=0.75, header=head, tests=(test,))


def addresses(text: Text) -> Iterator[Hit]:
    """Postal addresses."""
    if text.median_length < 8:
        return
    share = text.share(STREET.search)
    shaped = text.share(lambda v: re.search(r"\d", v) and re.search(r"[^\W\d_]{2}", v))
    head = text.header.says("address")
    test = at_least("share with a street and a number", share, 0.2 if head else 0.4)
    if test.passed and shaped > 0.7 and text.median_length < 160 and (head or (text.median_length > 20 and not _prose(text))):
        yield Hit(what="address", label=PLACE, tier="T1", confidence=0.8, header=head, tests=(test,))


def _prose(text: Text) -> bool:
    """Whether values are sentences rather than addresses."""
    return text.share(lambda v: len(v.split()) > 14 or v.rstrip().endswith((".", "!", "?"))) > 0.3


def postcodes(text: Text) -> Iterator[Hit]:
    """Postcodes of a shape of their own; plain digits only under a header."""
    if len(text.values) < 3:
        return
    head = _says_postcode(text.header, text.lengths)
    for what, pattern, tier in (("GB", GB_POSTCODE, "T2"), ("CA", CA_POSTCODE, "T2"), ("NL", NL_POSTCODE, "T2"), ("IE", IE_POSTCODE, "T1")):
        test = at_least(f"share of {what} postcodes", _share(text, pattern), 0.9)
        if test.passed and (head or len(text.values) >= 10):
            yield Hit(what="postcode", label=PLACE, tier=tier, confidence=0.85, header=head, tests=(test,))
            return
    test = at_least("share in the form of a postcode", _share(text, ANY_POSTCODE), 0.9)
    if head and test.passed:
        yield Hit(what="postcode", label=PLACE, tier="T3", confidence=0.85, header=True, tests=(test,))


def _says_postcode(head: Header, widths: set[int]) -> bool:
    """Whether a header says postcode; short words also mean other things, so they need values of one width."""
    return head.says("postcode") or (head.says("postcode_weak") and len(widths) <= 2 and min(widths, default=0) >= 4)


def postcode_numbers(numbers: Numbers) -> Iterator[Hit]:
    """Postcodes that lost their text type."""
    values = numbers.integers
    if (
        values
        and numbers.header.says("postcode")
        and all(0 < v < 10_000_000 for v in values)
        and sum(v >= 100 for v in values) > 0.9 * len(values)
    ):
        yield Hit(what="postcode", label=PLACE, tier="T3", confidence=0.7, header=True, values=False)


def towers(numbers: Numbers) -> Iterator[Hit]:
    """Cell towers, by their headers."""
    if numbers.integers and numbers.header.says("tower") and not any(v < 0 for v in numbers.integers):
        tier = "T5" if numbers.header.words & {"mcc", "mnc"} else "T2"
        yield Hit(what="cell tower", label="location.derived", tier=tier, confidence=0.7, header=True, values=False)


def place_ids(text: Text) -> Iterator[Hit]:
    """Ids of X places: 16 hex digits are any hash, so the header must say it."""
    named = text.header.says("place_id") or (bool(text.header.context & {"place", "geo"}) and "id" in text.header.words)
    test = at_least(
        "share in the form of a place id", text.share(lambda v: bool(re.fullmatch(r"[0-9a-f]{15,16}|ChIJ[\w-]{20,}|[A-Z]\d+", v))), 0.5
    )
    if named and test.passed:
        yield Hit(what="place id", label=PLACE, tier="T3", confidence=0.8, header=True, tests=(test,))


TEXT_RECOGNISERS: tuple[Callable[[Text], Iterator[Hit]], ...] = (timezones, countries, airports, towns, addresses, postcodes, place_ids)
NUMBER_RECOGNISERS: tuple[Callable[[Numbers], Iterator[Hit]], ...] = (postcode_numbers, towers)
