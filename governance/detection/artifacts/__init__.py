"""What a file holds besides its rows: metadata, statistics, leftovers, names, hidden parts; opaque files are refused unopened."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from governance.detection.artifacts import books, columnar, databases
from governance.detection.artifacts.finding import ArtifactFinding, finding
from governance.detection.artifacts.names import column_names, path_names
from governance.detection.pictures import has_position, is_picture
from governance.errors import BadRequest
from governance.vocabulary import Family, Status

__all__ = ["ArtifactFinding", "artifact_facts", "column_names", "scan_artifact"]

Scan = Callable[[Path], Iterator[ArtifactFinding]]

_READERS: tuple[tuple[bytes, int, Scan], ...] = (
    (b"PAR1", 0, columnar.parquet),
    (b"ARROW1", 0, columnar.arrow),
    (b"FEA1", 0, columnar.arrow),
    (b"SQLite format 3\0", 0, databases.sqlite),
    (b"DUCK", 8, databases.duck),
)
_OPAQUE = (
    *((bytes((0x80, protocol)), "pickle") for protocol in (2, 3, 4, 5)),
    (b"\x93NUMPY", "npy"),
    (b"\x89HDF", "HDF5"),
)
_OPAQUE_SUFFIXES = frozenset(".pkl .pickle .joblib .npy .npz .h5 .hdf5 .rds .rdata .sav .dill .pt .pth".split())  # noqa: SIM905 - a list to read


def scan_artifact(path: str | Path) -> list[ArtifactFinding]:
    """Look at a file or folder outside its rows.

    Parameters
    ----------
    path
        A file (Parquet, Arrow, Feather, Excel, picture, SQLite, DuckDB, anything), or a folder of them.

    Returns
    -------
    list of ArtifactFinding
        Channel, masked place, count and family of each thing found. Pickle, joblib and NumPy files are refused unopened: one finding of the
        channel `opaque file`, for loading them could run code.

    Raises
    ------
    BadRequest
        The path does not exist, or a file is damaged.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp(), "model.pkl")
    >>> _ = file.write_bytes(b"never loaded")
    >>> [(found.channel, str(found.status)) for found in scan_artifact(file)]
    [('opaque file', 'review')]

    """
    place = Path(path)
    if not place.exists():
        raise BadRequest(f"{place}: there is no such file.", "correct the path.")
    files = sorted(f for f in place.rglob("*") if f.is_file()) if place.is_dir() else []
    found = list(path_names(place, files))
    for file in files or [place]:
        if file.is_file():
            found += _file(file)
    return found


def _file(path: Path) -> Iterator[ArtifactFinding]:
    """One file, by its first bytes rather than its name."""
    with path.open("rb") as stream:
        head = stream.read(64)
    suffix = path.suffix.lower()
    kind = next((name for magic, name in _OPAQUE if head.startswith(magic)), suffix if suffix in _OPAQUE_SUFFIXES else "")
    if kind:
        yield finding("opaque file", kind, "none", 1, Status.REVIEW)
        return
    for magic, offset, scan in _READERS:
        if head[offset:].startswith(magic):
            yield from scan(path)
            return
    if head.startswith(b"PK\x03\x04") and suffix in {".xlsx", ".xlsm"}:
        yield from books.workbook(path)
    elif is_picture(head) and has_position(path.read_bytes()):
        yield finding("picture position", "file", "location.point")


def artifact_facts(findings: Iterable[ArtifactFinding]) -> dict[str, str]:
    """The findings as facts that rules can read: how many of each family, how many nobody could judge.

    Footer statistics only repeat rows that the detector reads anyway, and the author of a document counts apart.
    """
    counts: dict[str, int] = {}
    for one in findings:
        if one.channel == "footer statistics":
            continue
        unsure = one.status is Status.REVIEW or one.family is Family.NONE
        key = "artifact_author" if one.channel == "document author" else "artifact_review" if unsure else f"artifact_{one.family}"
        counts[key] = counts.get(key, 0) + 1
    return {key: str(count) for key, count in counts.items()}
