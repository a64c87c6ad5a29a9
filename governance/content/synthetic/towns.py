"""Real towns as facts: where people live, roughly how many, and whether the made-up flood reaches them. Nothing here is from X."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Town:
    """A town: name, region, ISO country, degrees, thousands of people, the share of its Posts that speak of the flood."""

    name: str
    region: str
    country: str
    latitude: float
    longitude: float
    thousands: int
    flood: float = 0.0


TOWNS: tuple[Town, ...] = (
    Town("Passau", "Bavaria", "DE", 48.5667, 13.4319, 53, 0.85),
    Town("Deggendorf", "Bavaria", "DE", 48.8408, 12.9607, 34, 0.8),
    Town("Straubing", "Bavaria", "DE", 48.8811, 12.5739, 48, 0.75),
    Town("Regensburg", "Bavaria", "DE", 49.0134, 12.1016, 153, 0.7),
    Town("Ingolstadt", "Bavaria", "DE", 48.7665, 11.4258, 138, 0.55),
    Town("Ulm", "Baden-Württemberg", "DE", 48.4011, 9.9876, 127, 0.5),
    Town("Rosenheim", "Bavaria", "DE", 47.8564, 12.1289, 64, 0.6),
    Town("Landshut", "Bavaria", "DE", 48.5442, 12.1469, 74, 0.5),
    Town("München", "Bavaria", "DE", 48.1374, 11.5755, 1488, 0.3),
    Town("Augsburg", "Bavaria", "DE", 48.3715, 10.8985, 297, 0.35),
    Town("Nürnberg", "Bavaria", "DE", 49.4539, 11.0775, 518, 0.15),
    Town("Würzburg", "Bavaria", "DE", 49.7913, 9.9534, 128, 0.15),
    Town("Stuttgart", "Baden-Württemberg", "DE", 48.7758, 9.1829, 632, 0.12),
    Town("Linz", "Upper Austria", "AT", 48.3064, 14.2861, 207, 0.75),
    Town("Wels", "Upper Austria", "AT", 48.1575, 14.0289, 62, 0.6),
    Town("Steyr", "Upper Austria", "AT", 48.0425, 14.4213, 38, 0.7),
    Town("Salzburg", "Salzburg", "AT", 47.8095, 13.0550, 155, 0.6),
    Town("Krems an der Donau", "Lower Austria", "AT", 48.4102, 15.6147, 25, 0.8),
    Town("Sankt Pölten", "Lower Austria", "AT", 48.2043, 15.6229, 56, 0.55),
    Town("Wien", "Vienna", "AT", 48.2082, 16.3738, 1975, 0.4),
    Town("Graz", "Styria", "AT", 47.0707, 15.4395, 292, 0.1),
    Town("Innsbruck", "Tyrol", "AT", 47.2692, 11.4041, 131, 0.3),
    Town("Bratislava", "Bratislava", "SK", 48.1486, 17.1077, 475, 0.45),
    Town("Győr", "Győr-Moson-Sopron", "HU", 47.6875, 17.6504, 132, 0.5),
    Town("Budapest", "Budapest", "HU", 47.4979, 19.0402, 1750, 0.1),
    Town("Praha", "Prague", "CZ", 50.0755, 14.4378, 1350, 0.2),
    Town("České Budějovice", "South Bohemia", "CZ", 48.9745, 14.4743, 94, 0.4),
    Town("Brno", "South Moravia", "CZ", 49.1951, 16.6068, 400, 0.2),
    Town("Plzeň", "Plzeň", "CZ", 49.7384, 13.3736, 185, 0.1),
    Town("Zürich", "Zürich", "CH", 47.3769, 8.5417, 434),
    Town("Frankfurt am Main", "Hesse", "DE", 50.1109, 8.6821, 773),
    Town("Köln", "North Rhine-Westphalia", "DE", 50.9375, 6.9603, 1085),
    Town("Leipzig", "Saxony", "DE", 51.3397, 12.3731, 620),
    Town("Dresden", "Saxony", "DE", 51.0504, 13.7373, 566),
    Town("Berlin", "Berlin", "DE", 52.5200, 13.4050, 3755),
    Town("Hamburg", "Hamburg", "DE", 53.5511, 9.9937, 1906),
    Town("London", "England", "GB", 51.5074, -0.1278, 2800),
    Town("New York", "New York", "US", 40.7128, -74.0060, 1600),
    Town("São Paulo", "São Paulo", "BR", -23.5505, -46.6333, 900),
    Town("Sydney", "New South Wales", "AU", -33.8688, 151.2093, 500),
    Town("Labasa", "Northern", "FJ", -16.4332, 179.3645, 28),
)

COUNTRIES: dict[str, tuple[str, tuple[float, float, float, float]]] = {
    "DE": ("Germany", (5.8663, 47.2701, 15.0419, 55.0991)),
    "AT": ("Austria", (9.5307, 46.3723, 17.1607, 49.0206)),
    "SK": ("Slovakia", (16.8333, 47.7314, 22.5589, 49.6138)),
    "HU": ("Hungary", (16.1138, 45.7370, 22.8982, 48.5853)),
    "CZ": ("Czechia", (12.0909, 48.5519, 18.8592, 51.0557)),
    "CH": ("Switzerland", (5.9559, 45.8180, 10.4922, 47.8084)),
    "GB": ("United Kingdom", (-8.6494, 49.8638, 1.7629, 60.8608)),
    "US": ("United States", (-179.2311, 18.8654, 179.8597, 71.4410)),
    "BR": ("Brazil", (-73.9828, -33.7518, -28.8477, 5.2718)),
    "AU": ("Australia", (112.9211, -54.6403, 159.2787, -9.2288)),
    "FJ": ("Fiji", (-180.0, -20.6758, 180.0, -12.4800)),
}
"""ISO code -> name and box (west, south, east, north); two of them reach across the antimeridian."""

TAGS: tuple[str, ...] = (
    "flood", "rain", "weather", "news", "donau", "traffic", "weekend", "football", "coffee", "art", "train", "music", "food", "sunset",
    "hiking", "cinema", "books", "running", "startup", "gardening", "market", "cycling", "jazz", "museum", "chess", "baking", "climbing",
    "opera", "photography", "sailing",
)  # fmt: skip
"""Hashtags; the first is the topic, the others follow Zipf's law."""

SENTENCES: tuple[str, ...] = (
    "Water is over the lower road now, please stay away",
    "The bridge is closed since this morning",
    "Sandbags are handed out at the fire station",
    "Still raining. How long will this go on?",
    "Our cellar is dry so far, fingers crossed",
    "Thanks to all who helped tonight, you were great",
    "The gauge rose by another half metre",
    "Morning coffee, then work",
    "Great match, what a second half!",
    "Long queue at the bakery, worth it",
    "Anyone else stuck in this train?",
    "New exhibition opened, go and see it",
    'First snow on the hills, "early" they say',
    "Market day, and the sun came out",
    "Reading by the window\nwhile it pours outside",
)  # fmt: skip

GIVEN_NAMES: tuple[str, ...] = (
    "Alma", "Benno", "Clara", "David", "Elif", "Franz", "Greta", "Hanna", "Igor", "Jana", "Karel", "Lena", "Milan", "Nora", "Oskar",
    "Petra", "Quirin", "Rosa", "Stefan", "Tereza", "Ute", "Viktor", "Wanda", "Xaver", "Yusuf", "Zuzana",
)  # fmt: skip
FAMILY_NAMES: tuple[str, ...] = (
    "Auer", "Bauer", "Cerny", "Dvorak", "Eder", "Fischer", "Gruber", "Huber", "Ivanov", "Jung", "Kovacs", "Lang", "Maier", "Novak",
    "Ortner", "Pichler", "Reiter", "Szabo", "Toth", "Unger", "Vogel", "Winkler", "Yilmaz", "Zeman",
)  # fmt: skip
