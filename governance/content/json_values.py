"""JSON values: typed decoding with a reason for what fails, and the loose decoding of what Python writes."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

import msgspec

from governance.content.draft import Scan
from governance.content.lines import Unit, decode_loosely

T = TypeVar("T")


def decoded(units: Iterable[Unit], decoder: "msgspec.json.Decoder[T]", scan: Scan) -> Iterator[tuple[int, bytes, T]]:
    """Each unit's line, bytes and typed value; what is no JSON or of another shape is counted."""
    decode = decoder.decode
    for line, value in units:
        try:
            yield line, value, decode(value)
        except msgspec.ValidationError:
            scan.reject(line, "wrong-shape")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            try:
                yield line, value, msgspec.convert(decode_loosely(value), decoder.type)
            except (msgspec.ValidationError, RecursionError):
                scan.reject(line, "wrong-shape")
            except ValueError:
                scan.reject(line, "broken-line")
