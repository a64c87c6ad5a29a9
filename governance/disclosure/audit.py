"""The joint differencing audit.

Can the records of all releases, added and subtracted, give a group of fewer than k people away?

People who count in the same records of all releases are one atom: no published number tells them apart. The audit asks for every atom with
0 < people < k, and for unions of such atoms, whether their number can be computed exactly from the exact counts of all records together.
It asks from the worst reader: one who knows which people stand where, and lacks only the numbers.

Unions are tested exhaustively where a component holds at most 16 small atoms, else in pairs, and as the overlap or the difference of any
two releases ("in A but not in B"), which is what a person would try.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from governance.disclosure.nullspace import PRIME, Values, components, null_vectors
from governance.disclosure.overlaps import overlaps

Indices = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
EXHAUSTIVE = 16


@dataclass(frozen=True, slots=True)
class Atoms:
    """Groups of people with the same records: `matrix` is records x atoms, `people` the size of each."""

    matrix: csr_matrix
    people: Indices

    @property
    def covered(self) -> Flags:
        """Which atoms any record holds."""
        return np.diff(self.matrix.tocsc().indptr) > 0


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A group of atoms that the records give away, and how many people it holds."""

    atoms: tuple[int, ...]
    people: int


def atoms_of(person: Indices, record: Indices, record_count: int) -> Atoms:
    """The atoms of people who count in records.

    Parameters
    ----------
    person, record
        One entry per person and record they count in, persons in runs.
    record_count
        How many records there are.

    """
    if not len(person):
        return Atoms(csr_matrix((record_count, 0), dtype=np.int8), np.empty(0, np.int64))
    start = np.flatnonzero(np.r_[True, person[1:] != person[:-1]])
    mark = np.random.default_rng(0).integers(1, 1 << 63, record_count, dtype=np.uint64)
    with np.errstate(over="ignore"):
        signature = np.add.reduceat(mark[record], start)
    _, first, people = np.unique(signature, return_index=True, return_counts=True)
    length = np.diff(np.r_[start, len(person)])[first]
    within = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    member = record[np.repeat(start[first], length) + within]
    column = np.repeat(np.arange(len(first)), length)
    matrix = csr_matrix((np.ones(len(member), np.int8), (member, column)), shape=(record_count, len(first)))
    return Atoms(matrix, people.astype(np.int64))


def with_ghosts(atoms: Atoms, stored: Indices) -> Atoms:
    """The atoms with the people who came or went since a record was released: each such record holds them alone.

    Parameters
    ----------
    atoms
        Atoms of the people at hand.
    stored
        The count of each record as it was released.

    """
    today = np.asarray(atoms.matrix @ atoms.people).ravel()
    moved = np.flatnonzero(today != stored)
    ghosts = csr_matrix((np.ones(len(moved), np.int8), (moved, np.arange(len(moved)))), shape=(len(stored), len(moved)))
    from scipy.sparse import hstack

    return Atoms(csr_matrix(hstack([atoms.matrix, ghosts])), np.r_[atoms.people, np.abs(today - stored)[moved]])


def disclosures(atoms: Atoms, k: int, release: Indices, new: Flags | None = None) -> list[Disclosure]:
    """What the records give away that holds fewer than k people.

    Parameters
    ----------
    atoms
        Who counts where.
    k
        The fewest people a number may stand for.
    release
        The release of each record: overlaps of releases are tested as unions.
    new
        Which records are about to be released. With it, only what those records add is reported, not what stood before.

    Raises
    ------
    Undecided
        If the records are too entangled to decide.

    """
    small = np.flatnonzero((atoms.people > 0) & (atoms.people < k))
    if not len(small):
        return []
    graph = components(atoms.matrix)
    vector = null_vectors(atoms.matrix, graph)
    component = graph[atoms.matrix.shape[0] :]
    found = _added(atoms, dict.fromkeys(_given_away(atoms, vector, small, component, k)), new)
    if not found:  # the dearest search comes last
        found = _added(atoms, dict.fromkeys(overlaps(atoms.matrix, atoms.people, vector, k, release)), new)
    return [Disclosure(group, int(atoms.people[list(group)].sum())) for group in found]


def _added(atoms: Atoms, found: dict[tuple[int, ...], None], new: Flags | None) -> dict[tuple[int, ...], None]:
    """Of groups that are given away, those that were not without the new records."""
    if not found or new is None or new.all():
        return found
    earlier, of_atom = _without(atoms.matrix, ~new)
    vector, size = _known(earlier), np.bincount(of_atom[of_atom >= 0], minlength=earlier.shape[1])
    return {group: None for group in found if not _is_sum(of_atom[list(group)], size, vector)}


def _is_sum(of_atom: Indices, size: Indices, vector: Values) -> bool:
    """Whether a group was given away before: it holds whole atoms of that time alone, and their sum follows from the records."""
    if (of_atom < 0).any():
        return False
    whole, count = np.unique(of_atom, return_counts=True)
    return bool((count == size[whole]).all()) and not (vector[whole].sum(axis=0) % PRIME).any()


def _without(matrix: csr_matrix, rows: Flags) -> tuple[csr_matrix, Indices]:
    """The atoms that some of the records tell apart, and which of these each atom is part of; -1 where no such record holds it."""
    part = csr_matrix(matrix[np.flatnonzero(rows)]).tocsc()
    mark = np.random.default_rng(0).integers(1, 1 << 63, int(rows.sum()), dtype=np.uint64)
    covered = np.flatnonzero(np.diff(part.indptr))
    with np.errstate(over="ignore"):
        signature = np.add.reduceat(mark[part.indices], part.indptr[:-1][covered]) if len(covered) else np.empty(0, np.uint64)
    _, first, inverse = np.unique(signature, return_index=True, return_inverse=True)
    of_atom = np.full(matrix.shape[1], -1, np.int64)
    of_atom[covered] = inverse
    return csr_matrix(part[:, covered[first]]), of_atom


def _known(matrix: csr_matrix) -> Values:
    """The null vectors of records that stand, which are asked for again while the new ones are being cured."""
    return _null_vectors_of(matrix.shape, matrix.indptr.tobytes(), matrix.indices.tobytes(), str(matrix.indices.dtype))


@lru_cache(maxsize=2)
def _null_vectors_of(shape: tuple[int, int], start: bytes, atoms: bytes, kind: str) -> Values:
    """Null vectors by what a matrix of ones consists of."""
    found = np.frombuffer(atoms, kind)
    return null_vectors(csr_matrix((np.ones(len(found), np.int8), found, np.frombuffer(start, kind)), shape=shape))


def _sum(vector: Values, group: tuple[int, ...]) -> Values:
    return vector[list(group)].sum(axis=0) % PRIME


def _given_away(atoms: Atoms, vector: Values, small: Indices, component: Indices, k: int) -> Iterator[tuple[int, ...]]:
    small = small[atoms.covered[small]]
    zero = (vector[small] == 0).all(axis=1)
    yield from ((int(atom),) for atom in small[zero])
    rest = small[~zero]
    order = np.argsort(component[rest], kind="stable")
    for group in np.split(rest[order], np.flatnonzero(np.diff(component[rest][order])) + 1):
        if 1 < len(group) <= EXHAUSTIVE:
            yield from _subsets(atoms.people, vector, group, k)
    yield from _pairs(atoms.people, vector, rest, component, k)


def _subsets(people: Indices, vector: Values, group: Indices, k: int) -> Iterator[tuple[int, ...]]:
    """Every minimal union of a component's small atoms with fewer than k people and sum zero."""
    size, total = np.zeros(1, np.int64), np.zeros((1, vector.shape[1]), np.int64)
    chosen = np.zeros(1, np.int64)
    for place, atom in enumerate(group):
        grown = size + people[atom]
        fits = grown < k
        size, chosen = np.r_[size, grown[fits]], np.r_[chosen, chosen[fits] | (1 << place)]
        total = np.concatenate([total, (total[fits] + vector[atom]) % PRIME])
    hits = chosen[(total == 0).all(axis=1) & (chosen > 0)]
    minimal = [int(h) for h in hits if not any((h & other) == other and h != other for other in hits)]
    for mask in minimal:
        yield tuple(int(atom) for place, atom in enumerate(group) if mask >> place & 1)


def _pairs(people: Indices, vector: Values, rest: Indices, component: Indices, k: int) -> Iterator[tuple[int, ...]]:
    """Two atoms whose values cancel: each value is looked up among the sorted ones, in order, so that the search stays in cache."""
    order = rest[np.argsort(vector[rest, 0], kind="stable")]
    value = vector[order, 0]
    wanted = (PRIME - value)[::-1]
    left, right = (np.searchsorted(value, wanted, side=side)[::-1] for side in ("left", "right"))
    hit = left < right
    for atom, begin, end in zip(order[hit], left[hit], right[hit], strict=True):
        for other in order[begin:end]:
            same = component[atom] == component[other] and people[atom] + people[other] < k
            if atom < other and same and not _sum(vector, (int(atom), int(other))).any():
                yield int(atom), int(other)
