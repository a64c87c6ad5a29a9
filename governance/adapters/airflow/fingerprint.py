"""The fingerprint of data on disk: what proves that the data a gate saw is the data that leaves."""

import hashlib
from pathlib import Path

from governance.errors import BadRequest


def fingerprint(path: Path) -> str:
    """SHA-256 over a file (as a report states it), or over the names and contents of all files below a folder.

    Parameters
    ----------
    path
        A file or a folder.

    Returns
    -------
    64 hexadecimal digits; empty where there is nothing at the path.

    """
    if not path.exists():
        return ""
    try:
        if path.is_file():
            return hashlib.sha256(bytes.fromhex(_digest(path))).hexdigest()
        whole = hashlib.sha256()
        for file in files_in(path):
            whole.update(f"{file.relative_to(path)}\0{_digest(file)}\n".encode())
        return whole.hexdigest()
    except OSError as problem:
        raise BadRequest(f"{path}: can't be read ({problem.strerror}).", "check the path and the permissions.") from None


def files_in(folder: Path) -> list[Path]:
    """All files below a folder, and the links there that lead to no file; a link to another place in the same folder adds nothing."""
    found = (p for p in folder.rglob("*") if p.is_file() or (p.is_symlink() and not p.resolve().is_relative_to(folder.resolve())))
    return sorted(found)


def _digest(file: Path) -> str:
    if not file.is_file():
        return hashlib.sha256(str(file.readlink()).encode()).hexdigest()
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


Stamp = tuple[tuple[str, int, int, int], ...]
"""Names, sizes, inodes and times of files."""


def stamp(path: Path) -> Stamp:
    """Names, sizes, inodes and times of the files at a path: tells cheaply that nothing was written meanwhile."""
    files = files_in(path) if path.is_dir() else [path] if path.is_file() else []
    return tuple((str(f), s.st_size, s.st_ino, s.st_mtime_ns) for f in files for s in (f.stat() if f.is_file() else f.lstat(),))
