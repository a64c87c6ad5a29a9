"""What a pass over the Posts is asked for: how each series reads them, the slots its people fall in, and what must not count."""

from dataclasses import dataclass, field

import numpy as np

from governance.disclosure.keyed import Words
from governance.disclosure.specification import Specification
from governance.disclosure.windows import Calendar


@dataclass(frozen=True, slots=True)
class Reading:
    """How one series reads Posts: its specification, its calendar, and the key its people are assigned with."""

    specification: Specification
    calendar: Calendar
    key: bytes
    excluded: Words = field(default_factory=lambda: np.empty(0, np.uint64))
    """Accounts that do not count in this series, sorted."""


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """One partition of a map: the number of the reading, the bucket, the number of the group or region."""

    reading: int
    bucket: int
    group: int


@dataclass(slots=True)
class Removed:
    """Posts and accounts that must not count, as words (`keyed.author_words`)."""

    posts: Words = field(default_factory=lambda: np.empty(0, np.uint64))
    authors: Words = field(default_factory=lambda: np.empty(0, np.uint64))
