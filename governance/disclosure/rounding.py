"""Rounding on output: exact counts are tested, rounded counts leave.

Half-up to base 10 (5 becomes 10). A record that passed a threshold of 5 or more never shows a zero, and two maps whose counts differ by a
few people mostly look the same (ONS and Eurostat guidance on output checking: rounding to a base hides small differences).
"""

import numpy as np
import numpy.typing as npt

ROUNDING_BASE = 10


def rounded(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Counts rounded half-up to base 10.

    >>> import numpy as np
    >>> rounded(np.array([4, 5, 14, 15, 104])).tolist()
    [0, 10, 10, 20, 100]
    """
    half = ROUNDING_BASE // 2
    return ((counts + half) // ROUNDING_BASE) * ROUNDING_BASE


def banded(count: int, minimum: int = ROUNDING_BASE) -> int | str:
    """One number as a report may show it: zero, "fewer than the minimum", or rounded.

    >>> banded(0), banded(3), banded(137)
    (0, '<10', 140)
    """
    if count == 0:
        return 0
    return f"<{minimum}" if count < minimum else int(rounded(np.array([count], np.int64))[0])
