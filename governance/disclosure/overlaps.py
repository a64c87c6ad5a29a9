"""Unions that a person would try: for any two releases, the people in a record of one and (or not) in a record of the other.

There are as many pairs of releases as a year has pairs of days, so they are not looked at one by one: the people whom two records share,
and what is left of a record without another release, are sums of sparse products over all records.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from governance.disclosure.nullspace import PRIME

Indices = npt.NDArray[np.int64]
_COUNTED = 1 << 32
"""Atoms are counted in the digits above their people."""
_AT_ONCE = 2_000_000
"""So many numbers are looked at together."""


def overlaps(matrix: csr_matrix, people: Indices, vector: Indices, k: int, release: Indices) -> Iterator[tuple[int, ...]]:
    """Unions of two or more atoms with fewer than k people and sum zero, each the overlap or the difference of two releases.

    Parameters
    ----------
    matrix, people
        Records x atoms, and the size of each atom.
    vector
        Null vectors of the matrix, a row for each atom.
    k
        The fewest people a number may stand for.
    release
        The release of each record.

    """
    number, place = np.unique(release, return_inverse=True)
    if len(number) < 2:  # noqa: PLR2004 - a pair
        return
    held, releases = _one_record_each(matrix, place, len(number))
    records = held.T.tocsr()
    weights = (people + _COUNTED, vector[:, 0] + PRIME)  # no weight is zero: both products have the same entries
    hits = [np.empty((0, 4), np.int64)]
    for begin, end in _portions(held, np.diff(records.indptr), len(number)):
        rows = csr_matrix(held[begin:end])
        weighted = [csr_matrix((weight[rows.indices], rows.indices, rows.indptr), shape=rows.shape) for weight in weights]
        hits += [_shared(weighted, records, k, place, begin), _left_over(weighted, releases, k, place, begin)]
    found = np.concatenate(hits)
    of_release = releases.tocsc()
    for one, other, first, second in found[np.lexsort(found.T[::-1])].tolist():
        group = _members(held, first or second)
        if first and second:
            group = np.intersect1d(group, _members(held, second), assume_unique=True)
        else:
            away = other if first else one
            group = np.setdiff1d(group, of_release.indices[of_release.indptr[away] : of_release.indptr[away + 1]], assume_unique=True)
        if not (vector[group].sum(axis=0) % PRIME).any():
            yield tuple(group.tolist())


def _shared(weighted: list[csr_matrix], records: csr_matrix, k: int, place: Indices, begin: int) -> Indices:
    """The pairs of records of two releases, the earlier one first, whose overlap may be given away: releases, records plus one."""
    sums = [csr_matrix(one @ records) for one in weighted]
    hit = np.flatnonzero(_small(sums[0].data, k) & (sums[1].data % PRIME == 0))
    first = np.searchsorted(sums[0].indptr, hit, side="right") - 1 + begin
    second = sums[0].indices[hit].astype(np.int64)
    found = np.stack([place[first], place[second], first + 1, second + 1], axis=1)
    return found[found[:, 0] < found[:, 1]]


def _left_over(weighted: list[csr_matrix], releases: csr_matrix, k: int, place: Indices, begin: int) -> Indices:
    """The records of which the part outside another release may be given away: releases in order, the record plus one on its side."""
    row, other = np.nonzero(_small(_rest(weighted[0], releases), k))
    some, at = np.unique(row, return_inverse=True)
    zero = _rest(csr_matrix(weighted[1][some]), releases)[at, other] % PRIME == 0
    row, other = row[zero], other[zero]
    record = row + begin
    own, nobody = place[record], np.zeros(len(row), np.int64)
    earlier = (own < other)[:, None]
    return np.where(earlier, np.stack([own, other, record + 1, nobody], axis=1), np.stack([other, own, nobody, record + 1], axis=1))


def _rest(weighted: csr_matrix, releases: csr_matrix) -> Indices:
    """What is left of each record outside each release."""
    return np.asarray(weighted.sum(axis=1)) - (weighted @ releases).toarray()


def _small(sums: Indices, k: int) -> npt.NDArray[np.bool_]:
    """Where two atoms or more hold fewer than k people together."""
    people = sums % _COUNTED
    return (people > 0) & (people < k) & (sums // _COUNTED > 1)


def _members(held: csr_matrix, record: int) -> Indices:
    """The atoms of a record, whose number is counted from one, in order."""
    return held.indices[held.indptr[record - 1] : held.indptr[record]].astype(np.int64)


def _portions(held: csr_matrix, degree: Indices, releases: int) -> Iterator[tuple[int, int]]:
    """Runs of records, so that the products of each have no more entries than are looked at together."""
    entries = np.r_[0, np.cumsum(degree[held.indices])][held.indptr]
    begin, last = 0, held.shape[0]
    while begin < last:
        most = int(np.searchsorted(entries, entries[begin] + _AT_ONCE, side="right")) - 1
        end = max(min(most, begin + _AT_ONCE // releases, last), begin + 1)
        yield begin, end
        begin = end


def _one_record_each(matrix: csr_matrix, place: Indices, number: int) -> tuple[csr_matrix, csr_matrix]:
    """Records x atoms with one record per atom and release, and atoms x releases; of several records (groups) the first."""
    record = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    atom = matrix.indices.astype(np.int64)
    shape = (matrix.shape[1], number)
    releases = csr_matrix((np.ones(len(atom), np.int64), (atom, place[record])), shape=shape)
    if releases.nnz < len(atom):
        first = np.unique(atom * number + place[record], return_index=True)[1]  # records are in order
        record, atom = record[first], atom[first]
        releases = csr_matrix((np.ones(len(atom), np.int64), (atom, place[record])), shape=shape)
    held = csr_matrix((np.ones(len(atom), np.int64), (record, atom)), shape=matrix.shape)
    held.sort_indices()
    return held, releases
