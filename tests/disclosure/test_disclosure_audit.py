"""The auditor against an oracle that tries every subset, and the random null vectors it stands on."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix, random_array, vstack

from governance.disclosure import nullspace
from governance.disclosure.audit import atoms_of, disclosures, with_ghosts
from governance.disclosure.nullspace import PRIME, null_vectors
from governance.model import Undecided

PEOPLE = 12
RELEASES = st.lists(st.lists(st.integers(0, 4), min_size=PEOPLE, max_size=PEOPLE), min_size=1, max_size=4)
"""For each release, the record each person counts in; 0 means none."""


def _rows(releases: list[list[int]], people: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(person, record) in runs of persons, and the release of each record."""
    names = sorted({(r, record) for r, places in enumerate(releases) for record in places[:people] if record})
    number = {name: at for at, name in enumerate(names)}
    found = [(p, number[r, places[p]]) for p in range(people) for r, places in enumerate(releases) if places[p]]
    person, record = (np.array([row[i] for row in found], np.int64) for i in (0, 1))
    return person, record, np.array([r for r, _ in names], np.int64)


def _oracle(person: np.ndarray, record: np.ndarray, record_count: int, people: int, k: int) -> set[frozenset[int]]:
    """Every minimal set of fewer than k people whose number is a linear combination of the records."""
    matrix = np.zeros((record_count, people))
    matrix[record, person] = 1
    rank = np.linalg.matrix_rank(matrix) if record_count else 0
    found: set[frozenset[int]] = set()
    for size in range(1, k):
        for subset in combinations(range(people), size):
            chosen = frozenset(subset)
            if any(smaller <= chosen for smaller in found):
                continue
            row = np.zeros((1, people))
            row[0, list(subset)] = 1
            if record_count and np.linalg.matrix_rank(np.vstack([matrix, row])) == rank:
                found.add(chosen)
    return found


def _audited(person: np.ndarray, record: np.ndarray, release: np.ndarray, k: int) -> set[frozenset[int]]:
    """The auditor's answer as sets of people."""
    atoms = atoms_of(person, record, len(release))
    dense = atoms.matrix.toarray()
    signature = {p: tuple(sorted(record[person == p].tolist())) for p in np.unique(person).tolist()}
    members = [
        frozenset(p for p, where in signature.items() if where == tuple(np.flatnonzero(dense[:, a]).tolist()))
        for a in range(dense.shape[1])
    ]
    found = disclosures(atoms, k, release)
    assert all(one.people == sum(len(members[a]) for a in one.atoms) for one in found)
    return {frozenset().union(*(members[a] for a in one.atoms)) for one in found}


@given(RELEASES, st.integers(2, 5), st.integers(3, PEOPLE))
@settings(max_examples=300, deadline=None)
@example([[1] * 6 + [2] * 6, [1] * 5 + [2] * 7], 4, 12)
@example([[1] * 12, [1] * 10 + [0] * 2], 4, 12)
def test_the_auditor_agrees_with_the_oracle_over_all_subsets(releases: list[list[int]], k: int, people: int) -> None:
    """On up to 12 people, the auditor finds exactly the minimal sets that a search over every subset finds."""
    person, record, release = _rows(releases, people)
    expected = _oracle(person, record, len(release), people, k)
    found = _audited(person, record, release, k)
    minimal = {one for one in found if not any(other < one for other in found)}
    assert minimal == expected


def test_the_remainder_of_two_resolutions_is_found() -> None:
    """A parent of 14 beside its child of 11 gives the three others away, and the audit names that group of three."""
    person = np.repeat(np.arange(14), [2] * 11 + [1] * 3)
    record = np.array([0, 1] * 11 + [0] * 3)
    found = disclosures(atoms_of(person, record, 2), 10, np.array([0, 1]))
    assert [one.people for one in found] == [3]


def test_only_what_the_new_records_add_is_reported() -> None:
    """What earlier releases gave away before is not blamed on the new one; what it adds is."""
    old = [(p, 0) for p in range(4)]
    new = [(p, 1) for p in range(20, 60)]
    person, record = (np.array(part) for part in zip(*(old + new), strict=True))
    atoms = atoms_of(person, record, 2)
    assert [one.people for one in disclosures(atoms, 10, np.array([0, 1]))] == [4]
    assert disclosures(atoms, 10, np.array([0, 1]), np.array([False, True])) == []
    assert [one.people for one in disclosures(atoms, 10, np.array([0, 1]), np.array([True, False]))] == [4]


def test_people_who_left_since_an_earlier_release_are_seen_as_a_group() -> None:
    """An earlier record of 23 people beside a new one of the same 20 gives the three who left away."""
    person = np.repeat(np.arange(20), 2)
    record = np.tile([0, 1], 20)
    atoms = with_ghosts(atoms_of(person, record, 2), np.array([23, 20]))
    found = disclosures(atoms, 10, np.array([0, 1]), np.array([False, True]))
    assert [one.people for one in found] == [3]
    assert disclosures(atoms_of(person, record, 2), 10, np.array([0, 1]), np.array([False, True])) == []


def test_overlaps_of_large_releases_are_found_beyond_single_atoms() -> None:
    """Six people, each an atom of a third release, are together the difference of two: the union is found although no atom is."""
    rng = np.random.default_rng(5)
    rows = [(p, 0) for p in range(400)]
    rows += [(p, 1) for p in range(394)]
    rows += [(p, 2 + int(rng.integers(0, 6))) for p in range(400)]
    rows += [(1000 + p, 2 + p % 6) for p in range(600)]
    rows.sort()
    person, record = (np.array(part) for part in zip(*rows, strict=True))
    found = disclosures(atoms_of(person, record, 8), 10, np.array([0, 1, 2, 2, 2, 2, 2, 2]))
    assert 6 in {one.people for one in found}


@pytest.mark.parametrize("differences", [False, True])
@pytest.mark.parametrize("seed", range(30))
def test_null_vectors_solve_and_reach_every_free_atom(seed: int, differences: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """M v = 0 exactly, and an atom is zero in v if and only if the rows determine it; with and without differences of records."""
    monkeypatch.setattr(nullspace, "MANY_POSTPONED", -1 if differences else 1000)
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(1, 14)), int(rng.integers(1, 18)))
    matrix = csr_matrix((random_array(shape, density=rng.uniform(0.1, 0.6), rng=rng) > 0).astype(np.int8))
    matrix = csr_matrix(vstack([matrix, matrix[: shape[0] // 2]])) if differences else matrix
    vector = null_vectors(matrix)
    assert not ((matrix.astype(np.int64) @ vector) % PRIME).any()
    dense = matrix.toarray().astype(float)
    rank = np.linalg.matrix_rank(dense)
    for atom in range(shape[1]):
        unit = np.eye(shape[1])[atom : atom + 1]
        fixed = np.linalg.matrix_rank(np.vstack([dense, unit])) == rank
        assert (vector[atom] == 0).all() == fixed


def test_what_is_too_entangled_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    """An audit that can't be computed says so instead of passing."""
    monkeypatch.setattr(nullspace, "MOST_VALUES", 3)
    with pytest.raises(Undecided):
        null_vectors(csr_matrix(np.ones((2, 3), np.int8)))


def test_nobody_discloses_nothing() -> None:
    """No people, no atoms, no findings."""
    none = np.empty(0, np.int64)
    assert disclosures(atoms_of(none, none, 3), 10, np.zeros(3, np.int64)) == []


@pytest.mark.parametrize("more", [0, 3])
def test_a_map_that_nearly_repeats_another_is_decided(more: int) -> None:
    """Two maps of 600 records and the same people are safe together; three people more in the second are given away."""
    rng = np.random.default_rng(2)
    week, again = (np.repeat(np.arange(600), 15) for _ in range(2))
    other = rng.integers(0, 600, len(week))
    rows = [(p, r) for p in range(len(week)) for r in (week[p], 600 + again[p], 1200 + other[p])]
    rows += [(10**6 + n, 600) for n in range(more)]
    person, record = (np.array(part, np.int64) for part in zip(*rows, strict=True))
    found = disclosures(atoms_of(person, record, 1800), 10, np.repeat([0, 1, 2], 600))
    assert [one.people for one in found] == ([more] if more else [])
