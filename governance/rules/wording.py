"""How verdicts speak: names masked, small counts banded, never a value."""

from collections.abc import Iterable

from governance.model import Column, Subject, masked


def names(columns: Iterable[Column]) -> tuple[str, ...]:
    """The names of columns as a report may show them."""
    return tuple(masked(column.name) for column in columns)


def listed(columns: Iterable[Column]) -> str:
    """Column names in a sentence: `lat` and `lon`."""
    parts = [f"`{name}`" for name in names(columns)]
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def counted(count: int, subject: Subject, noun: str = "rows") -> str:
    """A count in a sentence; under the minimum it is only said to be so.

    >>> from governance.model import Subject
    >>> from governance.vocabulary import Kind
    >>> counted(3, Subject(kind=Kind.POSTS, columns=())), counted(1200, Subject(kind=Kind.POSTS, columns=()))
    ('fewer than 10 rows', '1,200 rows')
    """
    floor = subject.thresholds.minimum_people
    return f"fewer than {floor} {noun}" if 0 < count < floor else f"{count:,} {noun}"
