"""What is wrong with a value of governance.yml, in a sentence, and how to write it: from an error of its JSON Schema."""

from collections.abc import Hashable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, cast

from governance.vocabulary import PLAIN_LABELS

if TYPE_CHECKING:
    import jsonschema

_CONSTRAINTS = {"pattern": "pattern", "minimum": "least value", "maximum": "greatest value", "minLength": "length of at least"}
_TYPES = {
    "object": ("keys with values", "write its keys below it, indented"),
    "array": ("a list", "write it in brackets: [one, another]"),
    "string": ("text", "write it in quotes"),
    "integer": ("a whole number", "write it in digits"),
    "number": ("a number", "write it in digits"),
    "boolean": ("true or false", "write true or false"),
}
"""What belongs where another type stands, and how to write it."""


def worded(error: "jsonschema.ValidationError", place: tuple[Hashable, ...]) -> tuple[str, str]:
    """What is wrong at a place of the tree, and what to write instead."""
    wanted: Any = error.validator_value
    name = ".".join(str(step) for step in place) or "governance.yml"
    unknown = unknown_keys(error)
    if unknown:
        known = _known_keys(error)
        near = get_close_matches(unknown[0], known, 1)
        return f"{name} has no key `{unknown[0]}`.", f"did you mean `{near[0]}`?" if near else f"the keys are {', '.join(known)}."
    if error.validator == "enum":
        return f"{name}: `{error.instance}` is none of the choices.", f"write one of {', '.join(map(str, wanted))}."
    if error.validator == "required":
        missing = [key for key in wanted if key not in cast("dict[str, Any]", error.instance)]
        return f"{name} lacks `{missing[0]}`.", f"add `{missing[0]}:`."
    if error.validator == "pattern" and {"holds", "claims", "attribute", "paths"} & set(place[-2:]):
        near = get_close_matches(str(error.instance), sorted(PLAIN_LABELS), 1)
        hint = f"did you mean `{near[0]}`?" if near else "see the list of labels in the reference."
        return f"{name}: `{error.instance}` is no label.", hint
    if error.validator == "type" and isinstance(wanted, str) and wanted in _TYPES:
        belongs, hint = _TYPES[str(wanted)]
        keys = ", ".join(_known_keys(error))
        return f"{name}: {belongs} must stand here.", f"{hint}: {keys}." if keys else f"{hint}."
    rule = _CONSTRAINTS.get(str(error.validator), str(error.validator))
    return f"{name}: the value does not fit (expected {rule} {wanted}).", "correct the value on this line."


def _known_keys(error: "jsonschema.ValidationError") -> list[str]:
    return sorted(error.schema.get("properties", {})) if isinstance(error.schema, dict) else []


def unknown_keys(error: "jsonschema.ValidationError") -> list[str]:
    """The keys that do not belong where the error is, if it is about keys."""
    if error.validator != "additionalProperties" or not isinstance(error.instance, dict):
        return []
    known = _known_keys(error)
    return [key for key in error.instance if key not in known]
