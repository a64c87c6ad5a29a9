"""Which rows of a batch of text could match, so that only these are looked at exactly: one pass over the bytes of all rows at once.

Hyperscan tries all patterns together and meets 2.5 GB of text a CPU second; RE2 looks row by row, at half a GB. What Hyperscan is not told
is where a row ends. Its patterns therefore ask less: nothing of what stands before and after, which may be another row, and they count
bytes where RE2 counts letters. A row that can match is always named; a row that is named may still not match.
"""

import threading
from collections.abc import Iterable
from typing import Any

import hyperscan
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from governance.engines.layout import laid_out

_LONGEST = 1 << 31
"""Bytes of one pass: Hyperscan counts them in 32 bits."""
_WIDER = ((r"\b", ""), ("{1,16}", "{1,64}"))
"""A letter of UTF-8 has up to four bytes."""


class Prefilter:
    r"""Patterns that are tried together; any thread may ask.

    Parameters
    ----------
    patterns
        Regular expressions in the words that RE2 and Hyperscan share, none of which matches an empty text.

    Raises
    ------
    hyperscan.CompilerError
        A pattern that Hyperscan does not know.

    Examples
    --------
    >>> notes = pa.array(["all well", "write to jo@example.org", None, "no @ all"])
    >>> Prefilter([r"[a-z]@[a-z]+\.[a-z]"]).rows(notes, most=10).tolist()
    [1]

    """

    def __init__(self, patterns: Iterable[str]) -> None:
        """Compile the patterns."""
        expressions = [wider(pattern).encode() for pattern in patterns]
        self._database: Any = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        self._database.compile(expressions=expressions, flags=[0] * len(expressions))
        self._mine = threading.local()

    def rows(self, text: pa.Array, most: int) -> NDArray[np.intp] | None:
        """The rows that could match, rising; None where more than `most` places match, or the batch is too large for one pass."""
        at, data = laid_out(text)
        if not len(data):
            return np.empty(0, np.intp)
        if len(data) >= _LONGEST:
            return None
        ends: list[int] = []

        def report(_pattern: int, _start: int, end: int, _flags: int, _context: object) -> bool:
            ends.append(end)
            return len(ends) > most

        try:
            self._database.scan(data.data, match_event_handler=report, scratch=self._scratch())
        except hyperscan.ScanTerminated:
            return None
        return np.unique(np.searchsorted(at, np.array(ends, np.int64) - 1, side="right") - 1)

    def _scratch(self) -> Any:  # noqa: ANN401 - a hyperscan.Scratch
        """What one thread writes into while it scans."""
        if not hasattr(self._mine, "scratch"):
            self._mine.scratch = hyperscan.Scratch(self._database)
        return self._mine.scratch


def wider(pattern: str) -> str:
    """What a pattern asks of the bytes of many rows at once."""
    for asked, less in _WIDER:
        pattern = pattern.replace(asked, less)
    return pattern
