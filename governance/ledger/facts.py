"""What a journal row may say: codes, counts, digests and times; anything that could be a value of the data is refused."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from governance.errors import BadRequest

_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?")
_DIGEST = re.compile(r"\b(?=[0-9]*[a-f])[0-9a-f]{24,128}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_CODE = re.compile(r"[A-Za-z0-9_.,:;|#/+*()<>=~ -]{0,400}")
_VALUE = re.compile(r"\d[.,]\d{2,}|\d{9,}")
_HEX_CELL = re.compile(r"\b8[0-9a-f]{14}\b")


def checked(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts as they are stored, or BadRequest naming the first fact that may hold a value.

    >>> checked({"rows": 3, "rule": "LOC001"})
    {'rows': 3, 'rule': 'LOC001'}
    """
    return {name: _fact(name, value) for name, value in facts.items()}


def _fact(name: str, value: Any) -> Any:  # noqa: ANN401 - JSON-able facts of any shape
    if isinstance(value, Mapping):
        return {str(_fact(name, str(key))): _fact(name, item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_fact(name, item) for item in value]
    return _scalar(name, value)


def _scalar(name: str, value: Any) -> Any:  # noqa: ANN401 - JSON-able facts of any shape
    match value:
        case None | bool() | int():
            return value
        case float() if 0.0 <= value <= 1.0:
            return round(value, 3)
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case str() if _is_code(value):
            return str(value)
    raise BadRequest(f"the journal fact `{name}` is no code, count, digest, share or time.", "record counts and codes only.")


def _is_code(text: str) -> bool:
    if _HEX_CELL.search(text):
        return False
    rest = _DIGEST.sub("", _TIME.sub("", text))
    return _CODE.fullmatch(rest) is not None and _VALUE.search(rest) is None
