"""What we check: one pure file per rule. A new rule is one new file; the registry finds it."""

import hashlib
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from governance.model import Rule


@lru_cache(maxsize=1)
def all_rules() -> dict[str, Rule]:
    """Every rule by its code, in the order of the codes.

    >>> all_rules()["LOC001"].slug
    'location-with-post'
    """
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    rules = [module.RULE for module in modules if hasattr(module, "RULE")]
    by_code = {rule.code: rule for rule in sorted(rules, key=lambda rule: rule.code)}
    if len(by_code) != len(rules):
        raise AssertionError("two rules share a code")
    return by_code


@lru_cache(maxsize=1)
def rules_sha256() -> str:
    """The hash of the rules' own text: a report names the rule set that decided."""
    whole = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        whole.update(file.read_bytes())
    return whole.hexdigest()
