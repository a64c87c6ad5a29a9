"""Results as Markdown: headings and tables, whose cells can't break them."""

import json
from collections.abc import Iterable, Mapping, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    r"""The lines of a table.

    >>> table(("what", "count"), [("a|b", 2)])
    ['| what | count |', '|---|---|', '| a\\|b | 2 |']
    """
    return [f"| {' | '.join(head)} |", "|" + "---|" * len(head), *(f"| {' | '.join(cell(one) for one in row)} |" for row in rows)]


def facts(title: str, tree: Mapping[str, object]) -> str:
    """A heading, and a table of names and values."""
    return page(title, table(("what", "value"), tree.items()))


def page(title: str, lines: Iterable[str]) -> str:
    """A heading, and the lines below it."""
    return "\n".join([f"# {title}", "", *lines])


def cell(value: object) -> str:
    """A value as one cell."""
    return plain(value).replace("|", r"\|").replace("\r", " ").replace("\n", " ")


def plain(value: object) -> str:
    """A value as words: counts by name as a list, what is absent as nothing.

    >>> plain({"given": 3, "withdrawn": 1}), plain(None), plain([1, 2])
    ('given 3, withdrawn 1', '', '1, 2')
    """
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {plain(one)}" for name, one in value.items()) or "none"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(plain(one) for one in value) or "none"
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, default=str)
