"""Tagged places of every type with boxes as wide as real ones: points of interest, neighbourhoods, cities, regions, countries."""

import hashlib
from dataclasses import dataclass
from math import cos, radians

import numpy as np

from governance.content.synthetic.towns import COUNTRIES, TOWNS, Town

TYPES = ("poi", "neighborhood", "city", "admin", "country")
SHARES = (0.16, 0.22, 0.47, 0.10, 0.05)
"""How often X tags each type, roughly."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place as X describes one; the box is west, south, east, north."""

    id: str
    type: str
    name: str
    full_name: str
    country: str
    country_code: str
    box: tuple[float, float, float, float]


def place_id(*words: str) -> str:
    """A 16-digit hexadecimal id that depends on the words alone."""
    return hashlib.sha256("/".join(words).encode()).hexdigest()[:16]


def places_of(town: Town) -> dict[str, list[Place]]:
    """The places of a town by type."""
    country, outline = COUNTRIES[town.country]
    half = 0.028 + 0.0022 * town.thousands**0.5

    def at(kind: str, name: str, box: tuple[float, float, float, float]) -> Place:
        full_name = country if kind == "country" else f"{name}, {town.region if kind != 'admin' else country}"
        return Place(place_id(kind, town.country, town.region, name), kind, name, full_name, country, town.country, box)

    wide = half / cos(radians(town.latitude))
    east_most = min(town.longitude + wide, 180.0)
    city = (round(town.longitude - wide, 6), round(town.latitude - half, 6), round(east_most, 6), round(town.latitude + half, 6))
    region = (
        round(town.longitude - 1.3, 6),
        round(town.latitude - 0.9, 6),
        round(min(town.longitude + 1.3, 180.0), 6),
        round(town.latitude + 0.9, 6),
    )
    return {
        "poi": [at("poi", f"{town.name} {what}", _box(town, half, number, 0.0)) for number, what in enumerate(_SPOTS)],
        "neighborhood": [
            at("neighborhood", f"{town.name}-{what}", _box(town, half, number + 7, 0.011)) for number, what in enumerate(_QUARTERS)
        ],
        "city": [at("city", town.name, city)],
        "admin": [at("admin", f"Landkreis {town.name}", region)],
        "country": [at("country", country, outline)],
    }


_SPOTS = ("Hauptbahnhof", "Stadion", "Markthalle", "Museum", "Hafen", "Park")
_QUARTERS = ("Altstadt", "Nord", "Süd", "Ost", "West", "Vorstadt")


def _box(town: Town, half: float, number: int, size: float) -> tuple[float, float, float, float]:
    """A box around a spot that the number fixes, inside the city."""
    spot = int(place_id(town.name, str(number)), 16)
    north = town.latitude + half * 0.6 * ((spot % 1000) / 500 - 1)
    east = town.longitude + half * 0.6 * ((spot // 1000 % 1000) / 500 - 1)
    return (round(east - size, 6), round(north - size, 6), round(east + size, 6), round(north + size, 6))


class Gazetteer:
    """All places of all towns, numbered, so that a column of numbers stands for a column of places."""

    def __init__(self) -> None:
        """Lay out every town's places one after the other, by type."""
        self.places: list[Place] = []
        starts: list[list[int]] = []
        sizes: list[list[int]] = []
        for town in TOWNS:
            by_type = places_of(town)
            starts.append([])
            sizes.append([])
            for kind in TYPES:
                starts[-1].append(len(self.places))
                sizes[-1].append(len(by_type[kind]))
                self.places += by_type[kind]
        self._starts = np.array(starts, dtype=np.int64)
        self._sizes = np.array(sizes, dtype=np.int64)

    def draw(self, rng: np.random.Generator, town: np.ndarray) -> np.ndarray:
        """The number of a place in each of the towns, its type drawn as X's are."""
        kind = rng.choice(len(TYPES), len(town), p=SHARES)
        return self._starts[town, kind] + rng.integers(0, 1 << 30, len(town)) % self._sizes[town, kind]
