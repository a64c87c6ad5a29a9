"""A batch of text as Arrow lays it out: the bytes of all rows one after the other, seen without a copy."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def laid_out(text: pa.Array) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """Where each row begins, with the end of the last, and the bytes of all.

    >>> at, data = laid_out(pa.array(["no", None, "yes"]).slice(1))
    >>> at.tolist(), data.tobytes()
    ([0, 0, 3], b'yes')
    """
    _, offsets, data = text.buffers()
    width = np.int64 if pa.types.is_large_string(text.type) else np.int32
    if offsets is None or data is None or not len(text):
        return np.zeros(len(text) + 1, width), np.empty(0, np.uint8)
    at = np.frombuffer(offsets, width)[text.offset : text.offset + len(text) + 1]
    return at - at[0], np.frombuffer(data, np.uint8)[at[0] : at[-1]]
