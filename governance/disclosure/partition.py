"""Where a cell falls in a partition that stands already, and how large its records are on the ground."""

import numpy as np

from governance.disclosure.cells import Codes, Counts, Degrees, areas, codes_of, find, parents, resolutions

NO_RECORD = -1


def locate(record_key: Codes, wanted: Codes, *, finest: int, coarsest: int) -> Counts:
    """The record each key counts in, or -1 where no record shows it.

    A cell counts in the deepest node above it: a record of a whole cell, a residual, or a split cell without residual, which shows nothing
    outside its parts. So a partition that was released once can count the people of any later day, on the very same regions.

    Parameters
    ----------
    record_key
        The sorted keys of the records, whole cells and residuals alike.
    wanted
        Keys to look up.
    finest, coarsest
        The resolutions of the partition.

    """
    node = nodes(record_key, coarsest)
    found = np.full(len(wanted), NO_RECORD, np.int64)
    open_ = np.ones(len(wanted), bool)
    for level in range(finest, coarsest - 1, -1):
        at = find(node, parents(wanted, level))
        hit = open_ & (at >= 0)
        found[hit] = find(record_key, node[at[hit]])
        open_ &= ~hit
    return found


def nodes(record_key: Codes, coarsest: int) -> Codes:
    """The records and every cell above them, down from the coarsest level."""
    depth = resolutions(codes_of(record_key))
    above = [parents(record_key[depth > level], level) for level in range(coarsest, 8)]
    return np.unique(np.concatenate([record_key, *above]))


def record_areas(record_key: Codes, residual: np.ndarray, coarsest: int) -> Degrees:
    """The area of each record in km2: a residual's is its cell's without the children that are shown apart."""
    area = areas(codes_of(record_key))
    node = nodes(record_key, coarsest)
    depth = resolutions(codes_of(node))
    for level in range(coarsest, 8):
        children = node[depth == level + 1]
        of = find(record_key, parents(children, level))
        inside = of >= 0
        inside[inside] = residual[of[inside]]
        np.subtract.at(area, of[inside], areas(codes_of(children[inside])))
    return np.maximum(area, 0.0)
