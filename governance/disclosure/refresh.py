"""What a released map shows when its people changed: its shape is frozen, a value stands until it moved by k people.

Recomputing a map after each deletion gives the deleted people away: 50 deletions showed the cell of 32 to 41 of them on a map recomputed
exactly. So a record's regions never change; its stored value is shown again unless its exact count moved by at least k; and a record that
has fewer than k people left is withdrawn, together with enough of its neighbours that k people or more leave with it and its own size
does not show. What was withdrawn stays withdrawn.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from governance.disclosure.cells import Codes, Counts, Flags, codes_of, parents, slots_of


@dataclass(frozen=True, slots=True)
class Refreshed:
    """The counts a map stands on now, and which records it no longer shows."""

    people: Counts
    withdrawn: Flags


def refresh(key: Codes, stored: Counts, today: Counts, withdrawn: Flags, k: int) -> Refreshed:
    """The next state of released records.

    Parameters
    ----------
    key
        Slot and cell of each record.
    stored
        The exact counts behind the values that were shown last.
    today
        The exact counts of the same regions now.
    withdrawn
        Which records were withdrawn before.
    k
        The fewest people a record may hold.

    """
    gone = withdrawn.copy()
    for record in np.flatnonzero(~gone & (today < k)):
        if not gone[record]:
            gone |= _with_neighbours(int(record), key, today, gone, k)
    moved = np.abs(today - stored) >= k
    return Refreshed(np.where(moved, today, stored), gone)


def _with_neighbours(record: int, key: Codes, today: Counts, gone: Flags, k: int) -> Flags:
    """The record and the nearest others of its slot, until k people leave together; two records at the least."""
    near = np.flatnonzero(~gone & (slots_of(key) == slots_of(key[record : record + 1])[0]))
    near = near[near != record]
    order = np.lexsort((key[near], today[near], -_shared_levels(key[near], key[record])))
    leaving = [record]
    for neighbour in near[order]:
        if len(leaving) > 1 and today[leaving].sum() >= k:
            break
        leaving.append(int(neighbour))
    out = np.zeros(len(key), bool)
    out[leaving] = True
    if today[leaving].sum() < k:  # the whole slot is too small
        out |= slots_of(key) == slots_of(key[record : record + 1])[0]
    return out


def _shared_levels(others: Codes, one: np.uint64) -> npt.NDArray[np.int64]:
    """How many resolutions, from the coarsest down, others share with one cell."""
    codes, code = codes_of(others), codes_of(np.array([one], np.uint64))
    shared = np.zeros(len(others), np.int64)
    for level in range(9):
        shared += (parents(codes, level) == parents(code, level)).astype(np.int64)
    return shared
