"""Random solutions of M v = 0: what a set of published sums leaves free, decided exactly (modulo a prime), at the size of real releases.

A sum of people can be computed from the published records exactly if its indicator lies in the row space of M (records x atoms), that is,
if every v with M v = 0 gives the indicator the sum zero. So one random v from the null space decides all atoms and all unions at once: a
sum that is zero for a random v over the field of 2^31 - 1 elements is zero for every v, but for a chance of one in two billion per draw.

Finding v needs no dense algebra for most of M. A record with one undecided atom fixes it to zero; an atom in one open record may take
whatever value balances that record. Peeling both ways eats nearly all of M; where it halts, one record per component is put off, the
peeling goes on, and the few records that were put off are solved densely at the end (inactivation decoding: RFC 6330, section 5.4).
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, tril
from scipy.sparse.csgraph import connected_components

from governance.model import Undecided

PRIME = (1 << 31) - 1
MOST_POSTPONED = 1500
MANY_POSTPONED = 24
"""From here on it pays to look for records that nearly repeat each other."""
MANY_RECORDS = 12
"""Where people stand in more records than these on average, that is done at once."""
MOST_VALUES = 60_000_000
PANEL = 64
"""So many columns are eliminated one by one before the others follow."""
ROWS_AT_ONCE = 1 << 16

Indices = npt.NDArray[np.int64]
Values = npt.NDArray[np.int64]


@dataclass(slots=True)
class _Side:
    """One side of the bipartite graph of records and atoms: what is still open of it."""

    start: Indices
    other: Indices
    alive: npt.NDArray[np.bool_] = field(init=False)
    degree: Indices = field(init=False)
    total: Indices = field(init=False)
    """The sum of the open neighbours' numbers: of a single one, its number."""

    def __post_init__(self) -> None:
        self.degree = np.diff(self.start).astype(np.int64)
        self.alive = self.degree > 0
        owner = np.repeat(np.arange(len(self.degree)), self.degree)
        self.total = np.zeros(len(self.degree), np.int64)
        np.add.at(self.total, owner, self.other)

    def entries(self, which: Indices) -> tuple[Indices, Indices]:
        """The (neighbour, owner) pairs of these members."""
        length = self.start[which + 1] - self.start[which]
        owner = np.repeat(which, length)
        within = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
        return self.other[np.repeat(self.start[which], length) + within], owner

    def forget(self, neighbours: tuple[Indices, Indices]) -> None:
        """Take these (member of this side, neighbour) edges away."""
        member, gone = neighbours
        np.subtract.at(self.degree, member, 1)
        np.subtract.at(self.total, member, gone)

    def singles(self) -> Indices:
        """Open members with one open neighbour."""
        return np.flatnonzero(self.alive & (self.degree == 1))


def null_vectors(matrix: csr_matrix, component: Indices | None = None, draws: int = 2) -> Values:
    """Independent random null vectors modulo PRIME.

    Parameters
    ----------
    matrix
        Records x atoms, entries 0, 1 or -1.
    component
        The components of records and atoms, if they are known (`components`).
    draws
        How many vectors.

    Returns
    -------
    Array of shape (atoms, draws).

    Raises
    ------
    Undecided
        If what remains after peeling is too large to solve.

    """
    component = components(matrix) if component is None else component
    entangled = matrix.nnz > MANY_RECORDS * matrix.shape[1]
    peeled = None if entangled else _peel(matrix, component)
    if peeled is None or len(peeled[1]) > MANY_POSTPONED:
        matrix = _differences(matrix)
        component = components(matrix)
        peeled = _peel(matrix, component)
    return _values(matrix, *peeled, component, draws)


def _differences(matrix: csr_matrix) -> csr_matrix:
    """The same row space, where a record that nearly repeats an earlier one is replaced by what is different."""
    size = np.diff(matrix.indptr)
    shared = tril(csr_matrix(matrix, dtype=np.int32) @ csr_matrix(matrix, dtype=np.int32).T, k=-1).tocoo()
    alike = 2 * shared.data > np.maximum(size[shared.row], size[shared.col])
    row, column, weight = (part[alike] for part in (shared.row, shared.col, shared.data))
    order = np.lexsort((column, weight, row))
    last = np.r_[row[order][1:] != row[order][:-1], True][: len(order)]
    row, column = row[order][last], column[order][last]
    minus = csr_matrix((np.ones(len(row), np.int8), (row, column)), shape=(matrix.shape[0], matrix.shape[0]))
    found = csr_matrix(matrix - minus @ matrix)
    found.eliminate_zeros()
    return found


def components(matrix: csr_matrix) -> Indices:
    """The component of each record, then of each atom."""
    rows, columns = matrix.shape
    start = np.r_[matrix.indptr, np.full(columns, matrix.indptr[-1])]
    graph = csr_matrix((np.ones(matrix.nnz, np.int8), matrix.indices + rows, start), shape=(rows + columns, rows + columns))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _peel(matrix: csr_matrix, component: Indices) -> tuple[list[tuple[Indices, Indices]], Indices, npt.NDArray[np.bool_]]:
    """What is pivoted in which round, the records that were put off, and the atoms that must be zero."""
    rows = _Side(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64))
    turned = matrix.tocsc()
    columns = _Side(turned.indptr.astype(np.int64), turned.indices.astype(np.int64))
    fixed = np.zeros(matrix.shape[1], bool)
    first = np.empty(matrix.shape[0], np.int64)
    steps: list[tuple[Indices, Indices]] = []
    postponed: list[int] = []
    while True:
        forced = _distinct(rows.total[rows.singles()], len(fixed))
        if len(forced):
            fixed[forced] = True
            _close(columns, rows, forced)
            rows.alive &= rows.degree > 0
            continue
        single = columns.singles()
        if len(single):
            first[columns.total[single[::-1]]] = single[::-1]
            row = _distinct(columns.total[single], len(first))
            steps.append((row, first[row]))
            columns.alive[first[row]] = False
            _close(rows, columns, row)
            continue
        left = np.flatnonzero(rows.alive)
        if not len(left):
            return steps, np.array(postponed, np.int64), fixed
        order = np.lexsort((left, -rows.degree[left], component[left]))
        chosen = left[order][np.unique(component[left][order], return_index=True)[1]]
        postponed.extend(chosen.tolist())
        _close(rows, columns, chosen)


def _distinct(numbers: Indices, most: int) -> Indices:
    """The distinct numbers, all below `most`, in order."""
    marked = np.zeros(most, bool)
    marked[numbers] = True
    return np.flatnonzero(marked)


def _close(side: _Side, opposite: _Side, members: Indices) -> None:
    side.alive[members] = False
    neighbour, owner = side.entries(members)
    opposite.forget((neighbour, owner))
    side.degree[members] = 0


def _values(
    matrix: csr_matrix,
    steps: list[tuple[Indices, Indices]],
    postponed: Indices,
    fixed: npt.NDArray[np.bool_],
    component: Indices,
    draws: int,
) -> Values:
    label, owed = np.unique(component[postponed], return_counts=True)
    width = draws + (int(owed.max()) if len(owed) else 0)
    if width > MOST_POSTPONED or width * matrix.shape[1] > MOST_VALUES:
        raise Undecided("differencing audit: too many entangled records")
    wide = csr_matrix(matrix, dtype=np.int64)
    value = np.random.default_rng(0).integers(1, PRIME, (matrix.shape[1], width))
    value[fixed] = 0
    for row, pivot in reversed(steps):
        value[pivot] = 0
        sign = np.asarray(wide[row, pivot]).reshape(-1, 1)
        value[pivot] = -sign * (csr_matrix(wide[row]) @ value) % PRIME
    if not len(postponed):
        return value
    found = value[:, :draws].copy()
    atom_component = component[matrix.shape[0] :]
    order = np.argsort(atom_component, kind="stable")
    edges = np.searchsorted(atom_component[order], np.r_[label, label + 1]).reshape(2, -1)
    left_over = (csr_matrix(wide[postponed]) @ value) % PRIME
    for number, name in enumerate(label):
        atoms = order[edges[0, number] : edges[1, number]]
        mix = _kernel(left_over[component[postponed] == name], draws)
        found[atoms] = _product(value[atoms], mix)
    return found


def _kernel(equations: Values, draws: int) -> Values:
    """`draws` random vectors c with equations @ c = 0: an echelon form, random values for what is free, the rest from the last row up."""
    work, pivots = _echelon(equations)
    free = np.setdiff1d(np.arange(work.shape[1]), pivots)
    vector = np.zeros((work.shape[1], draws), np.int64)
    vector[free] = np.random.default_rng(1).integers(1, PRIME, (len(free), draws))
    for row, pivot in reversed(list(enumerate(pivots))):
        after = slice(pivot + 1, None)
        vector[pivot] = -(work[row, after, None] * vector[after] % PRIME).sum(axis=0) % PRIME
    return vector


def _echelon(equations: Values) -> tuple[Values, list[int]]:
    """A row echelon form whose pivots are one, and the columns of its pivots.

    Some columns are eliminated at a time; what follows from them for all later columns is one product of matrices.
    """
    work = equations.copy()
    pivots: list[int] = []
    for begin in range(0, work.shape[1], PANEL):
        here, later = len(pivots), work[len(pivots) :, begin + PANEL :]
        lower, columns = _eliminated(work[here:], begin, min(begin + PANEL, work.shape[1]))
        pivots += columns
        rank = len(columns)
        later[:rank] = _product(_inverse(lower[:rank, :rank]), later[:rank])
        later[rank:] = (later[rank:] - _product(lower[rank:, :rank], later[:rank])) % PRIME
    return work, pivots


def _eliminated(work: Values, begin: int, end: int) -> tuple[Values, list[int]]:
    """Bring some columns into echelon form, swapping whole rows; what of each pivot's row was taken from each row, and the pivots."""
    lower = np.zeros((len(work), end - begin), np.int64)
    columns: list[int] = []
    for column in range(begin, end):
        here = len(columns)
        candidates = np.flatnonzero(work[here:, column])
        if not len(candidates):
            continue
        at = here + int(candidates[0])
        for swapped in (work, lower):
            swapped[[here, at]] = swapped[[at, here]]
        lower[here:, here] = work[here:, column]
        pivot = work[here, column:end] * pow(int(work[here, column]), -1, PRIME) % PRIME
        work[here, column:end] = pivot
        below = work[here + 1 :, column:end]
        below[:] = (below - lower[here + 1 :, here, None] * pivot % PRIME) % PRIME
        columns.append(column)
    return lower, columns


def _inverse(lower: Values) -> Values:
    """The inverse of a triangular matrix, row by row."""
    found = np.eye(len(lower), dtype=np.int64)
    for row in range(len(lower)):
        rest = found[row] - (lower[row, :row, None] * found[:row] % PRIME).sum(axis=0)
        found[row] = rest % PRIME * pow(int(lower[row, row]), -1, PRIME) % PRIME
    return found


def _product(left: Values, right: Values) -> Values:
    """The product modulo PRIME: numbers are halved into 16 bits, whose products and sums floats hold exactly up to a million terms."""
    total = np.empty((len(left), right.shape[1]), np.int64)
    below, above = (right % (1 << 16)).astype(float), (right >> 16).astype(float)
    for begin in range(0, len(left), ROWS_AT_ONCE):
        rows = left[begin : begin + ROWS_AT_ONCE]
        low, high = (rows % (1 << 16)).astype(float), (rows >> 16).astype(float)
        middle = (high @ below + low @ above).astype(np.int64) % PRIME
        top = (high @ above).astype(np.int64) % PRIME
        total[begin : begin + ROWS_AT_ONCE] = (2 * top + (middle << 16) + (low @ below).astype(np.int64)) % PRIME  # 2^32 is 2
    return total
