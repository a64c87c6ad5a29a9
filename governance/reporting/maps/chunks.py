"""The certificate in a PNG: one text chunk of the file, read without drawing anything."""

import json
import struct
from pathlib import Path

from governance.errors import BadRequest
from governance.reporting.maps.records import Certificate

CERTIFICATE_CHUNK = "certificate"
"""The key of the PNG text chunk that holds the certificate as JSON."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEAD = struct.Struct(">I4s")
_CHECKSUM = 4


def certificate_in(path: Path) -> Certificate:
    """The certificate that a picture of a heat map carries; it is not verified, since a picture holds no records.

    Raises
    ------
    BadRequest
        The file can't be read, is no PNG, or carries no certificate.

    """
    try:
        found = json.loads(_text(path.read_bytes()))
    except OSError as error:
        raise BadRequest(f"{path}: it can't be read ({error.strerror}).", "name a file that may be read.") from None
    except (ValueError, struct.error):
        found = None
    if not isinstance(found, dict):
        raise BadRequest(f"{path}: no certificate was found in this picture.", "pass the data file of the release, or its id.")
    return found


def _text(png: bytes) -> bytes:
    """The text of the certificate's chunk; empty without one."""
    if not png.startswith(_SIGNATURE):
        return b""
    at, wanted = len(_SIGNATURE), CERTIFICATE_CHUNK.encode() + b"\0"
    while at + _HEAD.size <= len(png):
        length, kind = _HEAD.unpack_from(png, at)
        begin = at + _HEAD.size
        if kind == b"tEXt" and png.startswith(wanted, begin):
            return png[begin + len(wanted) : begin + length]
        at = begin + length + _CHECKSUM
    return b""
