"""Opening text files and cutting them into JSON values, each with the line it begins on.

Three layouts are read: one value per line; an array or a series of values over several lines, as pretty printers write them; one
document. Gzip is recognised by its first bytes, not by the name.
"""

import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from governance.errors import BadRequest

GZIP_MAGIC = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
HEAD_BYTES = 1 << 20
Unit = tuple[int, bytes]
"""A line number, from 1, and the bytes of one JSON value that begins there."""


def open_binary(path: Path) -> BinaryIO:
    """The decompressed bytes of a file."""
    try:
        file = path.open("rb", buffering=1 << 20)
        magic = file.read(2)
        file.seek(0)
    except PermissionError:
        raise BadRequest(f"{path}: no permission to read this file.", "make it readable for the user who runs this.") from None
    except FileNotFoundError:
        raise BadRequest(f"{path}: no such file.", "check the path.") from None
    except OSError as problem:
        raise BadRequest(f"{path}: can't be opened (error {problem.errno}).", "check the path.") from None
    return io.BufferedReader(gzip.GzipFile(fileobj=file), 1 << 20) if magic == GZIP_MAGIC else file  # type: ignore[arg-type]


def numbered(file: BinaryIO, on_truncated: Callable[[int], None]) -> Iterator[Unit]:
    """Non-empty lines with their numbers; a compressed file that ends early is reported at the line where it does."""
    number = 0
    try:
        for number, line in enumerate(file, 1):
            if not line.isspace():
                yield number, line
    except (EOFError, zlib.error, gzip.BadGzipFile):
        on_truncated(number + 1)


def head_of(path: Path, size: int = HEAD_BYTES) -> bytes:
    """The first bytes of a file, decompressed, without a byte order mark."""
    with open_binary(path) as file:
        try:
            head = file.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            head = b""
    return head.removeprefix(BYTE_ORDER_MARK)


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


def is_line_wise(head: bytes) -> bool:
    """Whether a file holds a value per line: one of its first lines is a whole JSON object or array."""
    lines = [line for line in head.split(b"\n")[:50] if line.strip()]
    return any(line.lstrip()[:1] in {b"{", b"["} and len(line.strip()) > 2 and is_json(line) for line in lines[:5])  # noqa: PLR2004 - "{}" is no proof


def joined(lines: Iterable[Unit]) -> Iterator[Unit]:
    """Values that are spread over lines, by the indentation pretty printers keep.

    An opening line `{` or `[` starts a value; the line that closes it has the same indentation. An outer array is opened up, so that a long
    one never stands in memory.
    """
    start, indent = 0, b""
    parts: list[bytes] = []
    for number, line in lines:
        text = line.rstrip()
        body = text.lstrip()
        if not parts:
            if body in {b"[", b"]", b",", b"],", BYTE_ORDER_MARK + b"["}:
                continue
            body = body.removeprefix(BYTE_ORDER_MARK).removeprefix(b"[").lstrip() if number == 1 else body
            start, indent = number, text[: len(text) - len(text.lstrip())]
            if body.rstrip(b",")[-1:] in {b"}", b"]"} and is_json(trimmed := _without_tail(body)):
                yield number, trimmed
                continue
            parts = [body]
        else:
            parts.append(text)
            if text in {indent + b"}", indent + b"},", indent + b"}]"}:
                yield start, _without_tail(b"\n".join(parts))
                parts.clear()
    if parts:
        yield start, _without_tail(b"\n".join(parts))


def _without_tail(body: bytes) -> bytes:
    """The value without the comma that follows it, or the bracket that ends the outer array."""
    value = body.rstrip().removesuffix(b",")
    return value if is_json(value) or not is_json(value[:-1]) else value[:-1]
