"""Files that are there whole or not at all: written beside, flushed to the disk, then renamed into place."""

import os
import secrets
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from governance.errors import BadRequest


def write_all(files: Mapping[Path, bytes]) -> None:
    """Write several files; none is renamed into place before all are on the disk.

    Parameters
    ----------
    files
        The content by path. The files appear in this order, so the one that readers look for goes last.

    Raises
    ------
    BadRequest
        If a folder is missing or may not be written, or the disk is full; nothing half written is left behind.

    """
    mark = secrets.token_hex(4)
    beside = {path: path.with_name(f".{path.name}.{mark}.part") for path in files}
    try:
        for path, content in files.items():
            _write(beside[path], content)
        with _uninterrupted():
            for path, part in beside.items():
                part.replace(path)
        for folder in {path.parent for path in files}:
            _flush_folder(folder)
    except OSError as error:
        *_, asked = files
        missing = isinstance(error, FileNotFoundError | NotADirectoryError)
        what = "its folder is not there" if missing else f"it can't be written ({error.strerror})"
        raise BadRequest(f"{asked}: {what}.", "name a file in a folder that exists and may be written.") from None
    finally:
        for part in beside.values():
            part.unlink(missing_ok=True)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait until all files are in their places, for it would part a CSV file from its certificate."""
    before = signal.getsignal(signal.SIGINT)
    if before is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    noted: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: noted.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if noted:
            signal.raise_signal(signal.SIGINT)


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
