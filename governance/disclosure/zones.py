"""The audit without Posts: what released partitions of the same people give away zone by zone, from their exact counts alone."""

import numpy as np
from scipy.sparse import csr_matrix, vstack

from governance.disclosure.cells import BASE, Codes, Counts, resolutions
from governance.disclosure.nullspace import components, null_vectors
from governance.disclosure.partition import locate, nodes
from governance.disclosure.specification import Specification
from governance.disclosure.standing import Standing

Shown = tuple[Standing, Specification]


def zone_disclosures(shown: list[Shown], k: int) -> int:
    """How many people stand in zones of fewer than k whose number follows from the records.

    Parameters
    ----------
    shown
        Released windows of the same people and time, with their settings.
    k
        The fewest people a number may stand for.

    """
    zones = _zones(shown)
    blocks: list[csr_matrix] = []
    counts: list[Counts] = []
    for window, spec in shown:
        at = locate(window.key, zones, finest=spec.finest, coarsest=spec.coarsest)
        live = ~window.withdrawn
        inside = np.flatnonzero(at >= 0)
        matrix = csr_matrix((np.ones(len(inside), np.int8), (at[inside], inside)), shape=(len(window.code), len(zones)))
        blocks.append(csr_matrix(matrix[np.flatnonzero(live)]))
        counts.append(window.people[live])
    matrix = csr_matrix(vstack(blocks))
    merged, _ = _merged(matrix)
    return _small_people(merged, np.concatenate(counts), k)


def _zones(shown: list[Shown]) -> Codes:
    """The finest pieces the partitions cut the globe into: children of split cells that no partition splits further."""
    split = [np.empty(0, np.uint64)]
    for window, spec in shown:
        every = nodes(window.key, spec.coarsest)
        whole = window.key[~window.residual]
        split.append(np.setdiff1d(every, whole))
    parted = np.unique(np.concatenate(split))
    pieces = [window.key for window, _ in shown]
    level = resolutions(parted & np.uint64((1 << 31) - 1))
    for depth in range(BASE):
        above = parted[level == depth]
        shift = np.uint64(3 * (BASE - depth - 1))
        clear = above & ~(np.uint64(7) << shift)
        pieces.extend(clear | (np.uint64(digit) << shift) for digit in range(7))
    found = np.unique(np.concatenate(pieces))
    return np.setdiff1d(found, parted)


def _merged(matrix: csr_matrix) -> tuple[csr_matrix, Counts]:
    """Zones with the same records are one column."""
    mark = np.random.default_rng(0).integers(1, 1 << 40, matrix.shape[0])
    signature = np.asarray(csr_matrix(matrix, dtype=np.int64).T @ mark).ravel()
    _, first, count = np.unique(signature[signature > 0], return_index=True, return_counts=True)
    kept = np.flatnonzero(signature > 0)[first]
    return csr_matrix(matrix.tocsc()[:, kept]), count.astype(np.int64)


def _small_people(matrix: csr_matrix, counts: Counts, k: int) -> int:
    """The people of columns that the rows determine and that hold fewer than k."""
    fixed = np.flatnonzero((null_vectors(matrix) == 0).all(axis=1))
    label = components(matrix)
    rows, columns = label[: matrix.shape[0]], label[matrix.shape[0] :]
    total = 0
    for name in np.unique(columns[fixed]).tolist():
        mine = np.flatnonzero(rows == name)
        inside = np.flatnonzero(columns == name)
        dense = csr_matrix(csr_matrix(matrix[mine])[:, inside]).toarray().astype(np.float64)
        value = np.linalg.lstsq(dense, counts[mine].astype(np.float64), rcond=None)[0]
        people = np.rint(value[np.isin(inside, fixed)]).astype(np.int64)
        total += int(people[(people > 0) & (people < k)].sum())
    return total
