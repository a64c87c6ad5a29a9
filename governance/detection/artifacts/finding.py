"""What an artifact scan says: the channel, the place (masked), how many, of which family; never a value."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from governance.detection.evidence import Hit, shown
from governance.detection.freetext import pairs_in
from governance.detection.geometry import WKT
from governance.detection.gridcodes import resolution_of
from governance.detection.headers import header
from governance.detection.leaves import walk
from governance.detection.screen import EXACT
from governance.vocabulary import Family, Status, family


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactFinding:
    """Something a file holds outside its rows, or a file that was refused.

    Attributes
    ----------
    channel
        Where such things hide: `schema metadata`, `footer statistics`, `dictionary leftovers`, `column name`, `path`, `hidden sheet`, ...
    where
        Which one, masked: the key, the column, the sheet.
    count
        How many.
    family
        location, offx, x; none for what can't be told (an opaque file).
    status
        confirmed, or review for what nobody could look into.

    """

    channel: str
    where: str
    count: int
    family: Family
    status: Status = Status.CONFIRMED
    label: str = "none"

    def as_json(self) -> dict[str, Any]:
        """The finding as JSON."""
        return {
            "channel": self.channel,
            "where": self.where,
            "count": self.count,
            "family": str(self.family),
            "holds": self.label,
            "status": str(self.status),
        }


def finding(channel: str, where: str, label: str, count: int = 1, status: Status = Status.CONFIRMED) -> ArtifactFinding:
    """A finding with its place masked."""
    return ArtifactFinding(channel=channel, where=shown(where), count=count, family=family(label), status=status, label=label)


def labels_in(texts: Iterable[str]) -> Counter[str]:
    """What single texts outside the rows hold, by label: there are too few of them for shares and place tests.

    >>> labels_in(["made by jo@example.org", "home 48.8584, 2.2945"])
    Counter({'off_x.person': 1, 'location.point': 1})
    """
    found: Counter[str] = Counter()
    for text in texts:
        found.update(set(_labels(text)))
    return found


def _labels(text: str) -> Iterator[str]:
    """The labels of one text; JSON is looked into."""
    plain = unquote(text) if "%" in text else text
    for label, _, test in EXACT.values():
        if test(plain):
            yield label
    if next(pairs_in(plain), None) or WKT.match(plain):
        yield "location.point"
    resolution = resolution_of(plain)
    if resolution is not None:
        yield f"location.cell:{resolution}"
    if plain[:1] in "{[":
        try:
            yield from json_labels(json.loads(plain))
        except (ValueError, RecursionError):
            return


def json_labels(thing: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    """What a JSON value outside the rows holds: pairs of decimals, numbers under a telling header, telling texts."""
    for path, value, paired in walk(thing, ""):
        if isinstance(value, str):
            yield from _labels(value) if value[:1] not in "{[" else ()
        elif isinstance(value, float) and abs(value) <= 180 and not value.is_integer():  # noqa: PLR2004 - degrees
            head = header(path)
            if paired or head.says("latitude", "longitude"):
                yield "location.point"


def finest(hits: Iterable[Hit]) -> Iterator[tuple[str, Status]]:
    """Label and status of the hits that count, one of each label."""
    seen: set[str] = set()
    for hit in hits:
        if hit.label not in seen:
            seen.add(hit.label)
            yield hit.label, hit.status
