"""What was not read and why: counts by reason, and where; never a value."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

REASONS: dict[str, str] = {
    "broken-line": "the line is not JSON, or a row has more or fewer cells than the header: the row is left out",
    "truncated-file": "the compressed file ends early: what follows is left out",
    "wrong-shape": "valid JSON whose fields have other types than a Post's: the row is left out",
    "not-a-post": "valid JSON that is no Post, such as a deletion notice: the row is left out",
    "missing-id": "no Post ID: the row is left out",
    "corrupted-id": "a Post or user ID is not 1 to 19 digits, or came as a rounded number: the row is left out",
    "missing-author": "no author ID: the Post is kept, its author is null",
    "not-a-number": "a coordinate is NaN, infinite or not a number: the Post is kept, its location is null",
    "out-of-range": "a coordinate lies outside -90..90 or -180..180: the Post is kept, its location is null",
    "null-island": "the coordinate is 0, 0: the Post is kept, its location is null",
    "half-coordinate": "one of latitude and longitude is missing: the Post is kept, its location is null",
    "bad-box": "a place box is incomplete, out of range or upside down: the Post is kept, its box is null",
    "location-on-repost": "a repost cannot carry its own location: the Post is kept, its location is null",
    "bad-time": "the creation time cannot be read: the Post is kept, its time is null",
}
"""Each reason and what becomes of the Post."""

ROW_REASONS: frozenset[str] = frozenset({"broken-line", "truncated-file", "wrong-shape", "not-a-post", "missing-id", "corrupted-id"})
"""The reasons that leave the whole row out; the others null one value of a Post that is kept."""

KEPT_PLACES = 1000


@dataclass(frozen=True, slots=True)
class Rejection:
    """One thing that was not read: the file, the line (the first is 1), the reason.

    For a table in memory `line` is the row number, the first being 1.
    """

    file: str
    line: int
    reason: str


@dataclass(slots=True)
class Rejected:
    """Counts of what was not read, by reason, and the first thousand places.

    Examples
    --------
    >>> rejected = Rejected()
    >>> rejected.add("posts.jsonl", 7, "null-island")
    >>> rejected
    Rejected(null-island=1)
    >>> rejected.total, rejected.row_count, rejected.places[0].line
    (1, 0, 7)

    """

    counts: Counter[str] = field(default_factory=Counter)
    places: list[Rejection] = field(default_factory=list)

    def add(self, file: str, line: int, reason: str) -> None:
        """Count one, and keep its place while there is room."""
        self.counts[reason] += 1
        if len(self.places) < KEPT_PLACES:
            self.places.append(Rejection(file, line, reason))

    @property
    def total(self) -> int:
        """How many things were not read."""
        return self.counts.total()

    @property
    def row_count(self) -> int:
        """How many whole rows were left out."""
        return sum(count for reason, count in self.counts.items() if reason in ROW_REASONS)

    def __iter__(self) -> Iterator[Rejection]:
        """The places that were kept."""
        return iter(self.places)

    def __len__(self) -> int:
        """How many things were not read; so an empty one is false."""
        return self.total

    def __repr__(self) -> str:
        """Reasons and counts."""
        return f"Rejected({', '.join(f'{reason}={count}' for reason, count in sorted(self.counts.items()))})"
