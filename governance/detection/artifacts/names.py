"""Names that are values themselves: column names, keys of a partitioned folder, file names."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote

from governance.detection.artifacts.finding import ArtifactFinding, finding, labels_in
from governance.detection.gridcodes import cells, codes
from governance.detection.headers import header
from governance.detection.leaves import Text
from governance.vocabulary import Status

MANY = 8
_DECIMALS = 2


def column_names(names: Sequence[str]) -> Iterator[ArtifactFinding]:
    """Column names that hold a coordinate, a cell, an address of a person; a pivot makes them."""
    for name in names:
        for label in labels_in([name]):
            yield finding("column name", name, label)
    if len(names) >= MANY:
        for hit in _as_column(names):
            yield finding("column names", f"{len(names)} names", hit, count=len(names))


def _as_column(names: Sequence[str]) -> Iterator[str]:
    """What many names are, read as a column of their own: geohashes, cells."""
    plain = [name for name in names if len(name) > 3]  # noqa: PLR2004 - shorter ones are no codes
    if len(plain) >= MANY:
        text = Text("", 0, list(plain))
        yield from (hit.label for recognise in (cells, codes) for hit in recognise(text) if hit.status is Status.CONFIRMED)


def path_names(path: Path, inside: Iterable[Path] = ()) -> Iterator[ArtifactFinding]:
    """Folders and files whose names are values: `lat=48.858/user=u1/part-0.parquet`."""
    seen: dict[tuple[str, str], int] = {}
    for file in (Path(path.name), *(f.relative_to(path) for f in inside)):
        for part in file.parts:
            for where, label in _segment(unquote(part)):
                seen[where, label] = seen.get((where, label), 0) + 1
    for (where, label), count in seen.items():
        yield finding("path", where, label, count=count)


def _segment(part: str) -> Iterator[tuple[str, str]]:
    """What one part of a path holds: its key (masked) and a label."""
    key, equals, value = part.partition("=")
    where = f"{key}=" if equals else "file name"
    for label in labels_in([value if equals else part]):
        yield where, label
    if equals:
        head = header(key)
        if head.says("latitude", "longitude") and _decimal(value):
            yield where, "location.latitude" if head.says("latitude") else "location.longitude"
        if head.says("customer", "household", "device", "browser", "email", "phone", "adid"):
            yield where, "off_x.household" if head.says("household") else "off_x.person"
        if head.says("city", "country", "postcode", "geohash"):
            yield where, "location.place"


def _decimal(value: str) -> bool:
    try:
        return abs(float(value)) <= 360  # noqa: PLR2004 - degrees
    except ValueError:
        return False
