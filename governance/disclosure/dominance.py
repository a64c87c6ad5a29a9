"""Whether one or two people wrote most of the Posts of a record: the classic concentration rules, with a contribution cap before them.

A count of Posts is only shown where no person could be read off it. Each person adds at most 5 Posts to a record; then nk(2, 0.85): the two
largest contributors hold less than 85 %; and p%(10): what is left without the two largest is at least 10 % of the largest, so the second
cannot estimate the first closer than that (Hundepool et al., "Statistical Disclosure Control", Wiley 2012, section 4.2).
"""

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
CONTRIBUTION_CAP = 5
NK_SHARE = 0.85
P_PERCENT = 10


def capped(posts: Counts) -> Counts:
    """Posts of one person in one record, at most the cap."""
    return np.minimum(posts, CONTRIBUTION_CAP)


def dominated(record: Counts, posts: Counts, record_count: int) -> Flags:
    """Which records have a count of Posts that one or two people dominate.

    Parameters
    ----------
    record
        For each (person, record) contribution, the record's number.
    posts
        The contribution: Posts after the cap.
    record_count
        How many records there are.

    Examples
    --------
    >>> import numpy as np
    >>> dominated(np.array([0, 0, 0, 1, 1, 1, 1]), np.array([90, 5, 5, 5, 5, 5, 5]), 2).tolist()
    [True, False]

    """
    total = np.bincount(record, weights=posts, minlength=record_count)
    order = np.lexsort((-posts, record))
    of, size = record[order], posts[order]
    starts = np.searchsorted(of, np.arange(record_count))
    first, second = (_at(of, size, starts + step, record_count) for step in (0, 1))
    share = (first + second) >= NK_SHARE * total
    close = (total - first - second) < P_PERCENT / 100 * first
    return (share | close) & (total > 0)


def _at(of: Counts, size: Counts, position: Counts, record_count: int) -> npt.NDArray[np.float64]:
    """The contribution at a position of each record's run, 0 behind its end."""
    inside = position < len(of)
    safe = np.where(inside, position, 0)
    found = inside & (of[safe] == np.arange(record_count)) if len(of) else np.zeros(record_count, bool)
    return np.where(found, size[safe] if len(of) else 0, 0).astype(np.float64)
