"""What stands of a series: for each window the frozen regions, the exact counts behind the values shown last, and what was withdrawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from governance.disclosure.cells import Codes, Counts, Flags, keys

UNCHECKED = -1
"""Stands for the check digit of a number that was shown before check digits were kept."""
_ARRAYS = {"group": np.int64, "code": np.uint64, "residual": np.bool_, "people": np.int64, "withdrawn": np.bool_}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The released records of one window, sorted by group and code.

    `people` is the exact count behind the value that was shown last; `release` the release that froze the regions.
    """

    bucket: int
    group: Counts
    code: Codes
    residual: Flags
    people: Counts
    withdrawn: Flags
    release: str = ""
    pool: int = 0
    """The people of the window whom no record shows, when its regions were frozen."""
    check: tuple[int, ...] = ()
    """The check digit of the people behind each number (`keyed.check_digits`); empty where none was kept."""
    posts: tuple[int | None, ...] = ()
    """The rounded Posts shown with each record, where a series shows them; frozen with the value of people."""

    @property
    def key(self) -> Codes:
        """Group and code of each record in one sorted integer."""
        return keys(self.group, self.code)

    def stored(self) -> dict[str, Any]:
        """The window as a register row: arrays as lists."""
        arrays = {name: getattr(self, name).astype(np.int64).tolist() for name in _ARRAYS}
        return {
            "bucket": self.bucket,
            "release": self.release,
            "pool": self.pool,
            "check": list(self.check),
            "posts": list(self.posts),
            **arrays,
        }

    @classmethod
    def restored(cls, row: Mapping[str, Any]) -> Self:
        """A window from its register row."""
        arrays: dict[str, Any] = {name: np.array(row[name], kind) for name, kind in _ARRAYS.items()}
        told = {"posts": tuple(row["posts"]), "check": tuple(row.get("check", ()))}
        return cls(bucket=row["bucket"], release=row["release"], pool=row["pool"], **told, **arrays)


@dataclass(frozen=True, slots=True)
class Released:
    """What a series showed: its windows as they stand, by bucket, and every number that a reader may have kept."""

    windows: Mapping[int, Standing]
    shown: Sequence[Standing]
    """One entry per window and release that changed it, with the records whose number was new then; the others are as if withdrawn."""


def novel(window: Standing, before: Standing | None) -> Standing:
    """The window with the records alone whose number its state `before` did not show."""
    if before is None:
        return window
    return replace(window, withdrawn=window.withdrawn | (before.people == window.people))


def left(window: Standing, keep: Flags) -> Standing:
    """The window with some of its records; the people of the others join the pool."""
    order = np.flatnonzero(keep)
    order = order[np.argsort(window.key[order])]
    lost = int(window.people.sum() - window.people[order].sum())
    return replace(window, posts=(), check=(), pool=window.pool + lost, **{name: getattr(window, name)[order] for name in _ARRAYS})


def same(one: Standing, other: Standing) -> bool:
    """Whether two states of a window show the same."""
    return one.posts == other.posts and all(np.array_equal(getattr(one, name), getattr(other, name)) for name in _ARRAYS)
