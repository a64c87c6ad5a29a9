"""Opening text files and cutting them into JSON values, each with the line it begins on.

Three layouts are read: one value per line; an array or a series of values over several lines, as pretty printers write them; one
document. What stands on one line stands in memory whole, so an array on a single line takes as much memory as it is long.
Gzip is recognised by its first bytes, not by the name.
"""

import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from governance.errors import BadRequest

GZIP_MAGIC = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
HEAD_BYTES = 1 << 20
TRUNCATED = (EOFError, zlib.error, gzip.BadGzipFile)
"""What reading a compressed file raises where it ends early or is damaged."""
Unit = tuple[int, bytes]
"""A line number, from 1, and the bytes of one JSON value that begins there."""


def open_binary(path: Path) -> BinaryIO:
    """The decompressed bytes of a file."""
    try:
        file = path.open("rb", buffering=1 << 20)
    except PermissionError:
        raise BadRequest(f"{path}: no permission to read this file.", "make it readable for the user who runs this.") from None
    except FileNotFoundError:
        raise BadRequest(f"{path}: no such file.", "check the path.") from None
    except OSError as problem:
        raise BadRequest(f"{path}: can't be opened (error {problem.errno}).", "check the path.") from None
    if file.read(2) != GZIP_MAGIC:
        file.seek(0)
        return file
    file.close()
    return io.BufferedReader(_Gunzip(path), 1 << 18)


class _Gunzip(io.RawIOBase):
    """A decompressed file that gives what it has: where a file ends early, all before that is read first."""

    def __init__(self, path: Path) -> None:
        self._file = gzip.GzipFile(path)

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401 - any writable buffer
        """The next bytes, at least one unless the file is at its end."""
        data = self._file.read1(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the compressed file too."""
        if not self.closed:
            self._file.close()
        super().close()


def numbered(file: BinaryIO, on_truncated: Callable[[int], None]) -> Iterator[Unit]:
    """Non-empty lines with their numbers; a compressed file that ends early is reported at the line where it does."""
    number = 0
    try:
        for number, line in enumerate(file, 1):
            if not line.isspace():
                yield number, line
    except TRUNCATED:
        on_truncated(number + 1)


def head_of(path: Path, size: int = HEAD_BYTES) -> bytes:
    """The first bytes of a file, decompressed, without a byte order mark."""
    with open_binary(path) as file:
        try:
            head = file.read(size)
        except TRUNCATED:
            head = b""
    return head.removeprefix(BYTE_ORDER_MARK)


def first_lines(path: Path) -> list[bytes]:
    """Whole lines from the start of a file, about a megabyte of them and at least one."""
    lines: list[bytes] = []
    room = HEAD_BYTES
    with open_binary(path) as file:
        try:
            for line in file:
                lines.append(line.removeprefix(BYTE_ORDER_MARK))
                room -= len(line)
                if room < 0:
                    break
        except TRUNCATED:
            pass
    return lines


def decode_loosely(value: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """A JSON value with NaN and Infinity allowed, as Python writes them. Raises ValueError."""
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise ValueError from None


def is_json(value: bytes) -> bool:
    """Whether the bytes are one whole JSON value."""
    try:
        msgspec.json.decode(value, type=msgspec.Raw)
    except msgspec.DecodeError:
        try:
            decode_loosely(value)
        except ValueError:
            return False
    return True


def is_line_wise(lines: Sequence[bytes]) -> bool:
    """Whether a file holds a value per line: one of its first lines is a whole JSON object or array, or there is only one line."""
    full = [line for line in lines if line.strip()]
    if len(full) > 1 and full[0].lstrip()[:1] == b"[" and not is_json(full[0]):
        return False
    return len(full) == 1 or any(line.lstrip()[:1] in {b"{", b"["} and is_json(line) for line in full[:5] if len(line.strip()) > 2)  # noqa: PLR2004 - "{}" is no proof


def elements(units: Iterable[Unit]) -> Iterator[Unit]:
    """The values, arrays opened up."""
    for number, value in units:
        if value[:1] == b"[" or value[:3] == BYTE_ORDER_MARK:
            yield from _opened(number, value.removeprefix(BYTE_ORDER_MARK))
        else:
            yield number, value


def _opened(number: int, value: bytes) -> Iterator[Unit]:
    try:
        parts = msgspec.json.decode(value, type=list[msgspec.Raw])
    except msgspec.DecodeError:
        yield number, value
        return
    at = 0
    for part in parts:
        element = bytes(part)
        begins = value.find(element, at)
        number += value.count(b"\n", at, begins)
        at = begins
        yield number, element


def joined(lines: Iterable[Unit]) -> Iterator[Unit]:
    """Values that are spread over lines, by the indentation pretty printers keep.

    A line that opens an object starts a value; the line that closes it has the same indentation. An outer array is opened up, so that a
    long one never stands in memory. Other layouts are put together as a whole and cut afterwards.
    """
    start, ends = 0, frozenset[bytes]()
    parts: list[bytes] = []
    for number, line in lines:
        text = line.removeprefix(BYTE_ORDER_MARK).rstrip()
        if parts:
            parts.append(text)
        else:
            body = text.lstrip()
            if number == 1 and body[:1] == b"[":
                body = body[1:].lstrip()
            if body in _BETWEEN:
                continue
            start, parts = number, [body]
            indent = text[: len(text) - len(text.lstrip())]
            ends = frozenset((indent + b"}", indent + b"},", indent + b"}]"))
        if (text in ends and len(parts) > 1) or (len(parts) == 1 and _is_whole(parts[0])):
            yield start, _without_tail(b"\n".join(parts))
            parts = []
    if parts:
        yield from _opened(start, b"[" + b"\n".join(parts).rstrip(b" \n,]") + b"]")


_BETWEEN = frozenset((b"", b"[", b"]", b",", b"],"))


def _is_whole(body: bytes) -> bool:
    return body.rstrip(b",] ")[-1:] == b"}" and is_json(_without_tail(body))


def _without_tail(body: bytes) -> bytes:
    """The value without the comma that follows it, or the bracket that ends the outer array."""
    value = body.rstrip().removesuffix(b",")
    return value if is_json(value) or not is_json(value[:-1]) else value[:-1]
