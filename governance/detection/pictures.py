"""Positions in the metadata of pictures."""

import io
from collections.abc import Iterator

from governance.detection.evidence import Hit, at_least
from governance.detection.leaves import Blob

MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"II*\0", b"MM\0*", b"RIFF")
GPS_IFD = 0x8825
LATITUDE_TAG = 2
HEIF_BRAND = slice(4, 8)


def is_picture(value: bytes) -> bool:
    """Whether bytes begin as a picture."""
    return value.startswith(MAGIC) or value[HEIF_BRAND] == b"ftyp"


def has_position(value: bytes) -> bool:
    """Whether a picture's metadata hold a position (EXIF, or XMP beside it)."""
    from PIL import Image, UnidentifiedImageError

    if b"GPSLatitude" in value[: 1 << 20]:
        return True
    try:
        with Image.open(io.BytesIO(value)) as picture:
            return LATITUDE_TAG in picture.getexif().get_ifd(GPS_IFD)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False


def positions(blob: Blob) -> Iterator[Hit]:
    """Pictures with a position in a column of bytes; one is enough."""
    pictures = [value for value in blob.values if is_picture(value)]
    share = sum(map(has_position, pictures)) / len(blob.values) if pictures else 0.0
    if share:
        yield Hit(
            what="picture position",
            label="location.point",
            tier="T0",
            confidence=0.95,
            tests=(at_least("share of values", share, 0.0),),
            share=max(share, 0.3),
        )
