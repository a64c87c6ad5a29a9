"""One call of `gov.heat_map` after its arguments were read, and how it is refused: recorded with a code, never with a value."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from governance.disclosure.exclusion import Exclusion
from governance.disclosure.specification import Specification
from governance.disclosure.windows import Calendar
from governance.errors import PolicyViolation
from governance.ledger import Ledger
from governance.project import Project
from governance.verbs.permitting import exclusion


@dataclass(frozen=True, slots=True)
class Request:
    """One call, its arguments read."""

    posts: Any
    spec: Specification
    clock: Calendar
    name: str | None
    ledger: Ledger
    project: Project
    sensitive: tuple[str, ...] = ()
    lists: dict[str, Exclusion] = field(default_factory=dict)

    def excluded(self, scope: str) -> Exclusion:
        """The accounts that do not count in maps of a scope; each list is read once."""
        if scope not in self.lists:
            self.lists[scope] = exclusion(self.project, scope)
        return self.lists[scope]


def refused(ask: Request, code: str, problem: PolicyViolation, releases: Sequence[str] = (), **facts: Any) -> PolicyViolation:  # noqa: ANN401
    """The refusal, recorded with its code and the releases it names."""
    told = {"verb": "heat_map", "code": code, "releases": list(releases), "window": ask.spec.window, **facts}
    ask.ledger.record("refusal", specification_sha256=ask.spec.sha256, **told)
    return problem
