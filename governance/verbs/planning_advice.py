"""What a caller may do where no area holds enough people: the first other call that would show something, tried before it is named."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from governance.disclosure.specification import Specification
from governance.disclosure.windows import FINEST


def advice_for(spec: Specification, least: int, works: Callable[[Specification], bool]) -> str:
    """The first call that works: coarser, with the project's own minimum, over a longer window, without groups; else what is missing.

    Parameters
    ----------
    spec
        What was asked.
    least
        The fewest people of a record that this project allows.
    works
        Whether a map with other settings would be released.

    """
    for words, changed in _variants(spec, least):
        if works(replace(spec, **changed)):
            named = ", ".join(f"{name}={_written(value)}" for name, value in changed.items())
            return f"the lawful next call is {words}: {named}."
    return "widen the topic or collect more Posts; even in the coarsest cells of a month too few people are near each other."


def advice_apart(spec: Specification, works: Callable[[Specification], bool]) -> str:
    """The first call that can be told apart from earlier releases by k people or more: with coarser cells, or more people per record.

    Parameters
    ----------
    spec
        What was asked.
    works
        Whether a map with other settings would be released.

    Returns
    -------
    str
        The hint, empty if none of them works.

    """
    levels = range(spec.finest - 1, 2, -1)
    tried: list[tuple[str, dict[str, Any]]] = [
        *(("with coarser cells", {"finest": level, **({"coarsest": level} if level < spec.coarsest else {})}) for level in levels),
        *(("with more people per record", {"minimum_people": spec.minimum_people * factor}) for factor in (2, 4)),
    ]
    for words, changed in tried:
        if works(replace(spec, **changed)):
            named = ", ".join(f"{name}={value}" for name, value in changed.items())
            return f"the lawful next call is {words}: {named}."
    return ""


def _variants(spec: Specification, least: int) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from _coarser(spec)
    if spec.minimum_people > least:
        yield "with fewer people per record", {"minimum_people": least}
    wide: dict[str, Any] = {"coarsest": 0, **({"strategy": "residual"} if spec.strategy != "residual" else {})}
    if spec.strategy != "residual":
        yield "with records as fine as is safe", {"strategy": "residual"}
        yield "with records as fine as is safe", wide
    for kind in ("week", "month"):
        if FINEST[kind] > FINEST[spec.window]:
            yield "a longer window", {"window": kind, **wide}
    if spec.groups:
        yield "without groups", {"groups": ()}
        yield "without groups", {"groups": (), **wide}
        if spec.window != "month":
            yield "without groups", {"groups": (), "window": "month", **wide}


def _coarser(spec: Specification) -> Iterator[tuple[str, dict[str, Any]]]:
    """Fixed maps have one resolution, the finest; the others may go as coarse as their coarsest."""
    if spec.strategy != "fixed":
        for level in range(spec.coarsest - 1, -1, -1):
            yield "coarser", {"coarsest": level}
        return
    for level in range(spec.finest - 1, -1, -1):
        yield "coarser", {"finest": level, **({"coarsest": level} if level < spec.coarsest else {})}


def _written(value: str | int | tuple[()]) -> str:
    return "None" if value == () else f'"{value}"' if isinstance(value, str) else str(value)
