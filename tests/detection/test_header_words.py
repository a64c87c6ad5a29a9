"""Words of headers: whole, folded, in many languages; they count with values that can be what they say."""

import numpy as np
import pyarrow as pa
import pytest

from governance.detection import detect_source
from governance.detection.headers import header, tokens
from governance.detection.sampling import ArrowSource
from tests.detection.town_points import positions

PAIRS = [
    ("lat", "lon"),
    ("GPSLatitude", "GPSLongitude"),
    ("pickup_latitude", "pickup_longitude"),
    ("latitud", "longitud"),
    ("Latitudine", "Longitudine"),
    ("Breitengrad", "Längengrad"),
    ("szerokość_geograficzna", "długość_geograficzna"),
    ("zeměpisná šířka", "zeměpisná délka"),
    ("breddegrad", "længdegrad"),
    ("leveysaste", "pituusaste"),
    ("enlem", "boylam"),
    ("lintang", "bujur"),
    ("широта", "долгота"),
    ("γεωγραφικό πλάτος", "γεωγραφικό μήκος"),
    ("緯度", "経度"),
    ("纬度", "经度"),
    ("위도", "경도"),
    ("vĩ độ", "kinh độ"),
]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_headers_of_many_languages(one: str, other: str) -> None:
    """Coordinates rounded to one decimal are confirmed by their headers alone, in the open sea too."""
    chance = np.random.default_rng(1)
    table = pa.table({one: chance.uniform(-50, -40, 50).round(1), other: chance.uniform(-140, -110, 50).round(1)})
    assert [str(column.status) for column in detect_source(ArrowSource(table))] == ["confirmed"] * 2


@pytest.mark.parametrize("name", ["flat_rate", "plate", "latency_ms", "belongs_to", "capacity", "translation", "longest", "platform"])
def test_words_are_whole(name: str) -> None:
    """Letters inside a word say nothing."""
    assert not header(name).says("latitude", "longitude", "city", "ip")


def test_tokens() -> None:
    """Names are split at case, digits and punctuation, and folded."""
    assert tokens("homeLatitudeE7") == ("home", "latitude", "e", "7")
    assert tokens("Straße-Nr.") == ("strasse", "nr")


def test_partners_share_what_else_they_say() -> None:
    """Boxes and journeys have two pairs, told apart by the rest of the names."""
    lats, lons = positions(count=60)
    table = pa.table({"from_lat": lats.round(2), "to_lat": (lats + 1).round(2), "from_lon": lons.round(2), "to_lon": (lons + 1).round(2)})
    assert [column.holds for column in detect_source(ArrowSource(table))] == ["location.latitude"] * 2 + ["location.longitude"] * 2


def test_swapped_headers_are_still_location() -> None:
    """A longitude under `lat` is found out by its places."""
    lats, lons = positions(count=100)
    found = detect_source(ArrowSource(pa.table({"lat": lons.round(4), "lon": lats.round(4)})))
    assert [column.holds for column in found] == ["location.longitude", "location.latitude"]


@pytest.mark.parametrize(
    ("name", "values", "label"),
    [
        ("plz", ["80331", "10115", "50667", "20095", "60311"], "location.place"),
        ("zip", [80331, 10115, 50667, 20095, 60311], "location.place"),
        ("country", ["Germany"] * 9, "location.place"),
        ("país", ["Alemania", "Francia", "Japón", "Brasil"], "location.place"),
        ("国", ["ドイツ", "フランス", "日本", "ブラジル"], "location.place"),
        ("ville", ["Paris", "Lyon", "Marseille", "Toulouse", "Nantes", "Lille"], "location.place"),
        ("timezone", ["Europe/Berlin", "Asia/Tokyo"], "location.place"),
        ("origin", ["FRA", "MUC", "JFK", "LHR"], "location.place"),
        ("mcc", [262, 262, 310], "location.derived"),
        ("address", ["Hauptstr. 5, 80331 München", "Marktplatz 1, 50667 Köln", "Bahnhofstraße 12, 20095 Hamburg"], "location.place"),
    ],
)
def test_places_under_headers(name: str, values: list[object], label: str) -> None:
    """Place words with values that fit are location, however coarse."""
    column = detect_source(ArrowSource(pa.table({name: values})))[0]
    assert (column.holds, str(column.status)) == (label, "confirmed")
