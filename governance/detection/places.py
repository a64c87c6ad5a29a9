"""Names and codes of places: towns, countries, time zones, airports, postcodes, addresses, cell towers."""
# ruff: noqa: RUF001 - words of many alphabets
# ruff: noqa: PLR2004 - thresholds stand in the tests that they belong to, with the name of what they measure

import re
import zoneinfo
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from governance.detection.evidence import Hit, at_least
from governance.detection.gazetteer import gazetteer, known
from governance.detection.headers import Header
from governance.detection.leaves import Numbers, Text
from governance.vocabulary import Status

PLACE = "location.place"

STREET = re.compile(
    # English: 12 High Street
    r"\b\d{1,6}[a-z]?\b.*\b(street|st|avenue|ave|road|rd|lane|ln|drive|dr|court|ct|way|place|pl|boulevard|blvd|square|sq|terrace|apt|suite|"
    r"p\.?o\.? box|highway|hwy|crescent|close|parkway|pkwy|circle|plaza|mews|gardens|grove|nagar|marg|chowk|ganj|hills?|green|park|walk)\b"
    # German, Dutch, Scandinavian, Finnish, Hungarian, Turkish: Hauptstr. 5
    r"|(stra(ß|ss)e|str\.|weg|platz|gasse|allee|damm|ufer|chaussee|straat|laan|plein|steeg|dreef|kade|singel|gracht|gatan|vägen|"
    r"gata|gränd|stigen|veien|vej|gade|katu|polku|utca|utja|körút|caddesi|cad\.|sokak|sok\.|sk\.|bulvarı|mahallesi|mah\.)\s*\D{0,6}\d+"
    # Romance and Slavic: Rue de la Paix 3, ul. Długa 7
    r"|\b(rue|avenue|chemin|boulevard|impasse|route|quai|allée|place|calle|c/|avenida|avda|av|carrer|paseo|pasaje|plaza|camino|ronda|rambla|cuesta|"
    r"glorieta|callejón|urbanización|vial|via|viale|vicolo|piazza|corso|largo|contrada|strada|borgo|rotonda|canale|incrocio|stretto|rua|r\.|travessa|"
    r"rodovia|alameda|praça|vila|viela|recanto|quadra|setor|ladeira|jardim|parque|estrada|conjunto|residencial|condomínio|loteamento|fazenda|"
    r"ul\.?|ulica|aleja|al\.|plac|pl\.|ulice|nám|náměstí|třída|strada|ул|улица|пр|проспект|пер|ш|алл|бул|наб|пл)\b.*\d"
    r"|\d.*\b(rue|avenue|chemin|boulevard|impasse|route|quai|allée)\b"
    # East Asian
    r"|\d+\s*(丁目|番地|番|号|號|栋|座|室)|[省市区县縣].*[路街道巷].*\d|(로|길|거리|동)\s*(지하)?\d+|\b[A-Z]{2} \d{5}\b",
    re.IGNORECASE,
)
POSTCODE_INSIDE = re.compile(
    r"\b(\d{5,6}(-\d{3,4})?|\d{4}\s?[A-Z]{2}|\d{3}-\d{4}|\d{2}-\d{3}|\d{3} \d{2}"
    r"|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|\d{4})\b",
)
_KINDS = "city|town|municipality|county|gmina|landkreis|kreis|stadt|commune|comune|municipio|ville"
AFFIX = re.compile(
    rf"^(?:(?:г|с|д|п|ст|пос|клх|к)\.?\s+|(?:{_KINDS}) (?:of |de |di |do |da )?)"
    r"|\s+(?:city|town|county|district|municipality|oblast|shi|ken|kommune|megye|kraj|okres)$|(?<=..)[市区县縣郡町村省시군구도]$",
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
ANY_POSTCODE = re.compile(r"(?:[A-Z]{1,2}-)?\d{2,8}(?:[- ]\d{2,4})?|[A-Z]\d{4}[A-Z]{3}|\d{4}\s?[A-Z]{2}", re.IGNORECASE)
CODE = re.compile(r"[A-Z]{2,3}")
REGION_CODE = re.compile(r"[A-Z]{0,3}[\d-]{1,15}[A-Z]?|[A-Z]{2}[A-Z0-9 -]{1,8}|@?[\w@-]{7,22}")


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
    coded = text.share(lambda v: v in gazetteer().country_codes) if head else 0.0
    names = at_least("share of country names", float(known(values, gazetteer().countries).mean()) + coded, 0.8 if head else 0.85)
    if names.passed and (text.median_length >= 4 or not values[0].isascii()):
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
    """IATA and ICAO codes; three letters are often something else, so few need a header."""
    if len(text.values) < 3 or text.lengths not in ({3}, {4}) or not text.share(lambda v: bool(re.fullmatch(r"[A-Z]{3,4}", v))) >= 0.97:
        return
    codes, least = (gazetteer().airports, 15) if text.lengths == {3} else (gazetteer().airfields, 8)
    test = at_least("share of airport codes", float(known(text.values, codes).mean()), 0.97)
    head = text.header.says("airport")
    if test.passed and (head or len(text.values) >= least):
        yield Hit(what="airport code", label=PLACE, tier="T3", confidence=0.8, header=head, tests=(test,))


def towns(text: Text) -> Iterator[Hit]:
    """Names of towns and regions. Half of all surnames are names of towns too, so values alone must be nearly all known."""
    head = text.header.says("city", "country", "geographic") or bool(text.header.context & {"geo", "place", "venue"})
    if len(text.values) < (5 if head else 8) or text.median_length > 60 or text.numeric or text.header.says("person_name"):
        return
    if text.median_length < 4 and text.values[0].isascii():
        return
    share = town_share(text.values)
    test = at_least("share of town names", share, 0.4 if head else 0.8)
    lettered = (
        text.share(lambda v: not v[:1].isascii() or v[:1].isupper()) > 0.8 and text.share(lambda v: any(c.isdigit() for c in v)) < 0.3
    )
    if test.passed and (lettered or head):
        yield Hit(what="town", label=PLACE, tier="T3", confidence=0.75, header=head, tests=(test,))
    elif lettered and share >= 0.65:
        yield Hit(what="town", label=PLACE, status=Status.REVIEW, tier="T3", confidence=0.4, tests=(test,))


def town_share(values: Sequence[str]) -> float:
    """Share of values that are, or begin with, the name of a town or a country."""
    first = [re.split(r"[,;(/|]| - ", v)[0].strip() for v in values]
    names = gazetteer().names
    found = known(first, names) | known([AFFIX.sub("", v) for v in first], names) | known(first, gazetteer().countries)
    return float(found.mean()) if len(found) else 0.0


def addresses(text: Text) -> Iterator[Hit]:
    """Postal addresses: a street and a number, or a postcode with a street or a town."""
    if (
        text.median_length < 8
        or text.median_length > 160
        or text.share(lambda v: re.search(r"\d", v) and re.search(r"[^\W\d_]{2}", v)) < 0.7
    ):
        return
    head = text.header.says("address")
    if not head and (text.median_length <= 14 or _prose(text)):
        return
    street = at_least("share with a street and a number", text.share(STREET.search), 0.2 if head else 0.4)
    postcode = text.share(POSTCODE_INSIDE.search)
    parts = [re.sub(r"\d+", "", v.replace("\n", ",").split(",")[-1]).strip() for v in text.values]
    joined = postcode > 0.7 and (street.statistic >= 0.15 or town_share(parts) >= 0.3) and text.share(lambda v: "," in v or "\n" in v) > 0.7
    if head and (street.passed or postcode > 0.5):
        yield Hit(what="address", label=PLACE, tier="T1", confidence=0.85, header=True, tests=(street,))
    elif not head and (street.passed or joined):
        yield Hit(what="address", label=PLACE, tier="T1", confidence=0.8, tests=(street, at_least("share with a postcode", postcode, 0.7)))


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


def region_codes(text: Text) -> Iterator[Hit]:
    """Codes of counties, census tracts and communes, by their headers."""
    test = at_least(
        "share of codes",
        text.share(REGION_CODE.fullmatch),
        0.9,
    )
    if text.header.says("region_code") and test.passed and len(text.values) >= 2:
        yield Hit(what="region code", label=PLACE, tier="T4", confidence=0.7, header=True, tests=(test,))


def region_numbers(numbers: Numbers) -> Iterator[Hit]:
    """Region codes that lost their text type."""
    if numbers.integers and numbers.header.says("region_code") and all(0 < v < 10**15 for v in numbers.integers):
        yield Hit(what="region code", label=PLACE, tier="T4", confidence=0.7, header=True, values=False)


def place_ids(text: Text) -> Iterator[Hit]:
    """Ids of X places: 16 hex digits are any hash, so the header must say it."""
    named = text.header.says("place_id") or (bool(text.header.context & {"place", "geo"}) and "id" in text.header.words)
    test = at_least(
        "share in the form of a place id", text.share(lambda v: bool(re.fullmatch(r"[0-9a-f]{15,16}|ChIJ[\w-]{20,}|[A-Z]\d+", v))), 0.5
    )
    if named and test.passed:
        yield Hit(what="place id", label=PLACE, tier="T3", confidence=0.8, header=True, tests=(test,))


TEXT_RECOGNISERS: tuple[Callable[[Text], Iterator[Hit]], ...] = (
    region_codes,
    timezones,
    countries,
    airports,
    towns,
    addresses,
    postcodes,
    place_ids,
)
NUMBER_RECOGNISERS: tuple[Callable[[Numbers], Iterator[Hit]], ...] = (postcode_numbers, region_numbers)
