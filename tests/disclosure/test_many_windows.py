"""Series of hundreds of windows: the audit's quick ways say what the slow ones say."""

import itertools
from datetime import UTC, datetime

import numpy as np
import pytest

from governance.disclosure.audit import atoms_of
from governance.disclosure.nullspace import PRIME, _echelon, _kernel, _product, null_vectors
from governance.disclosure.overlaps import overlaps
from governance.disclosure.windows import Calendar, concurrent

K = 10


def world(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """People who stand in records of some releases, with and without groups; the release of each record, in any order of the records."""
    rng = np.random.default_rng(seed)
    person: list[int] = []
    record: list[int] = []
    release: list[int] = []
    for number in range(int(rng.integers(1, 9))):
        for _group in range(1 + seed % 2):
            cells = int(rng.integers(1, 6))
            at = rng.integers(-2, cells, 40)
            person += np.flatnonzero(at >= 0).tolist()
            record += (at[at >= 0] + len(release)).tolist()
            release += [3 * number] * cells
    moved = rng.permutation(len(release))
    order = np.argsort(person, kind="stable")
    of_record = np.empty(len(release), np.int64)
    of_record[moved] = release
    return np.array(person, np.int64)[order], moved[np.array(record, np.int64)[order]].astype(np.int64), of_record


def one_by_one(matrix: np.ndarray, people: np.ndarray, vector: np.ndarray, release: np.ndarray) -> list[tuple[int, ...]]:
    """Each pair of releases, each pair of their records, each of them without the other release."""
    first = [{at: next((r for r in np.flatnonzero(release == one) if matrix[r, at]), -1) for at in range(len(people))} for one in range(99)]
    found = []
    for one, other in itertools.combinations(np.unique(release).tolist(), 2):
        cells: dict[tuple[int, int], list[int]] = {}
        for at in range(len(people)):
            cells.setdefault((first[one][at], first[other][at]), []).append(at)
        for cell, group in sorted(cells.items()):
            small = cell != (-1, -1) and len(group) > 1 and people[group].sum() < K
            if small and not (vector[group].sum(axis=0) % PRIME).any():
                found.append(tuple(group))
    return found


@pytest.mark.parametrize("seed", range(40))
def test_overlaps_of_all_releases_at_once_are_those_of_each_pair(seed: int) -> None:
    """The same unions in the same order, also where every sum is known and where people stand in several records of a release."""
    person, record, release = world(seed)
    atoms = atoms_of(person, record, len(release))
    vectors = null_vectors(atoms.matrix) * (seed % 4 > 0)
    slow = one_by_one(atoms.matrix.toarray(), atoms.people, vectors, release)
    assert list(overlaps(atoms.matrix, atoms.people, vectors, K, release)) == slow
    assert slow or seed % 4


@pytest.mark.parametrize("rank", [0, 1, 5, 63, 64, 65, 90])
def test_an_echelon_form_solves_what_is_free(rank: int) -> None:
    """The vectors solve the equations exactly, and as many values are free as the rank leaves."""
    rng = np.random.default_rng(rank)
    left, right = rng.integers(0, PRIME, (100, rank)), rng.integers(0, PRIME, (rank, 150))
    equations = np.array((left.astype(object) @ right.astype(object)) % PRIME, np.int64).reshape(100, 150)
    _, pivots = _echelon(equations)
    found = _kernel(equations, 2)
    assert len(pivots) == rank
    assert not ((equations.astype(object) @ found.astype(object)) % PRIME).any()
    assert (found[np.setdiff1d(np.arange(150), pivots)] > 0).all()


def test_products_are_exact_at_the_largest_numbers() -> None:
    """No digit is lost in floats: the largest residues, as many as are ever summed."""
    left, right = np.full((3, 1500), PRIME - 1), np.full((1500, 2), PRIME - 1)
    assert (_product(left, right) == 1500 % PRIME).all()
    rng = np.random.default_rng(0)
    left, right = rng.integers(0, PRIME, (20, 700)), rng.integers(0, PRIME, (700, 3))
    assert (_product(left, right) == (left.astype(object) @ right.astype(object)) % PRIME).all()


@pytest.mark.parametrize(("kind", "other"), list(itertools.product(("day", "week", "month"), repeat=2)))
def test_windows_that_share_time(kind: str, other: str) -> None:
    """Found by halving what comparing every two of them finds, in a zone whose days are of 23, 24 and 25 hours."""
    ours, theirs = (Calendar(name, "Europe/Paris", datetime(2027, 1, 1, tzinfo=UTC)) for name in (kind, other))
    first = {"day": 20540, "week": 2934, "month": 674}
    buckets = [first[kind] + n for n in (0, 1, 2, 5, 40)]
    others = [first[other] + n for n in (0, 3, 4, 30)]
    spans = [theirs.span(bucket) for bucket in others]
    wanted = [b for b in buckets if any(ours.span(b)[0] < end and begin < ours.span(b)[1] for begin, end in spans)]
    assert concurrent(buckets, ours, others, theirs) == wanted
    assert concurrent(buckets, ours, [], theirs) == []
