"""Places that stand in the source of a DAG: Airflow keeps the source in its database and shows it to everybody who may see the DAG."""

import ast
import re
from collections.abc import Iterator

_NUMBER = r"[-+]?\d{1,3}[.]\d{3,}"
_WRITTEN = re.compile(
    rf"(?i)(?<![\w.]){_NUMBER}\s*[,;|/ ]\s*{_NUMBER}(?![\w.])|\b(?:POINT|LINESTRING|POLYGON)\s*Z?\s*\(|\b8[0-9a-f]{{14}}\b"
)
_DEGREES = re.compile(r"(?i)^(?:lat|latitude|lon|lng|longitude)$")
_FINE = 3
_WIDEST = 180


def place_lines(source: str) -> list[int]:
    """The lines of a Python source on which a place stands: a pair of coordinates, a geometry, an H3 cell, a degree by its name.

    >>> place_lines("CENTRE = (48.8566, 2.3522)")
    [1]
    >>> place_lines("SHARES = (0.25, 0.75)")
    []
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return []
    return sorted({line for node in ast.walk(tree) for line in _lines(node)})


def _lines(node: ast.AST) -> Iterator[int]:
    written = isinstance(node, ast.Constant) and isinstance(node.value, str) and _WRITTEN.search(node.value)
    if isinstance(node, ast.Constant | ast.List | ast.Tuple):
        if written or sum(_degree(item) for item in getattr(node, "elts", ())) > 1:
            yield node.lineno
    elif isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        yield from (item.lineno for key, item in pairs if isinstance(key, ast.Constant) and _named(key.value) and _degree(item))
    elif isinstance(node, ast.keyword) and _named(node.arg) and _degree(node.value):
        yield node.value.lineno


def _named(name: object) -> bool:
    return isinstance(name, str) and _DEGREES.match(name) is not None


def _degree(node: ast.AST) -> bool:
    """Whether a node is a number that is fine enough to be a degree of a place."""
    number = node.operand if isinstance(node, ast.UnaryOp) else node
    if not isinstance(number, ast.Constant) or not isinstance(number.value, float):
        return False
    return abs(number.value) <= _WIDEST and len(repr(number.value).partition(".")[2]) >= _FINE
