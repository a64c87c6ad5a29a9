"""Names in governance.yml that point at other parts of it, or at the policy: each must be there.

Two kinds of names may point nowhere. `collected_for` speaks of purposes that people were told at other times, and an assessment may outlive
the purpose it was made for: neither permits anything then. An assessment whose purpose reads like a misspelt one is refused.
"""

import re
from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from governance.policy import load_policy
from governance.project.schema import ProjectFile

_RULE = re.compile(r"[A-Z]{3}[0-9]{3}")
_MISSPELT = 0.9
_KINDS = {
    "source": ("is not declared", "add it under `sources:`"),
    "scope": ("is not declared", "add it under `scopes:`"),
    "purpose": ("is not declared", "add it under `purposes:`"),
    "data set": ("is not declared", "add it under `datasets:`, or remove what names it"),
    "rule": ("is not known", "list them with `governance rules`"),
    "clause": ("is none of the policy's", "list them with `governance policy --coverage attested`"),
}


@dataclass(frozen=True, slots=True)
class Reference:
    """A name that points elsewhere: its place in the file, what it names, and the names that there are."""

    node: tuple[Hashable, ...]
    kind: str
    name: str
    known: Collection[str]

    @property
    def what(self) -> str:
        """What is wrong with it."""
        return f"{self.kind} `{self.name}` {_KINDS[self.kind][0]}."

    @property
    def hint(self) -> str:
        """What to do: the nearest name, else where to add one."""
        near = get_close_matches(self.name, self.known, 1)
        return f"did you mean `{near[0]}`? Else {_KINDS[self.kind][1]}." if near else f"{_KINDS[self.kind][1]}."


def dangling(file: ProjectFile) -> Iterator[Reference]:
    """Every name that points at nothing, in the order of the file's parts."""
    for reference in (*_of_collections(file), *_of_data_sets(file), *_of_statements(file)):
        known = reference.known
        names = _ancestors(reference.name) if reference.kind == "purpose" else [reference.name]
        if reference.name and not any(name in known for name in names):
            yield reference


def _of_collections(file: ProjectFile) -> Iterator[Reference]:
    """Scopes, sources and assessments."""
    for name, scope in file.scopes.items():
        yield Reference(("scopes", name, "purpose"), "purpose", scope.purpose, file.purposes)
    for name, source in file.sources.items():
        for at, parent in enumerate(source.parents):
            yield Reference(("sources", name, "parents", at), "source", parent, file.sources)
    for at, row in enumerate(file.expectations):
        if get_close_matches(row.purpose, file.purposes, 1, _MISSPELT):
            yield Reference(("expectations", at, "purpose"), "purpose", row.purpose, file.purposes)


def _of_data_sets(file: ProjectFile) -> Iterator[Reference]:
    for name, data_set in file.datasets.items():
        yield Reference(("datasets", name, "source"), "source", data_set.source, file.sources)
        yield Reference(("datasets", name, "scope"), "scope", data_set.scope, file.scopes)
        yield Reference(("datasets", name, "purpose"), "purpose", data_set.purpose, file.purposes)
        for column, declared in data_set.columns.items():
            yield Reference(("datasets", name, "columns", column, "source"), "source", declared.source, file.sources)


def _of_statements(file: ProjectFile) -> Iterator[Reference]:
    """Waivers and attestations. The codes of the match gate are the gate's to know."""
    for at, waiver in enumerate(file.waivers):
        if _RULE.fullmatch(waiver.rule):
            yield Reference(("waivers", at, "rule"), "rule", waiver.rule, load_policy().codes)
        yield Reference(("waivers", at, "data_set"), "data set", waiver.data_set, file.datasets)
    for name in file.attestations:
        yield Reference(("attestations", name), "clause", name, load_policy().clauses)


def _ancestors(purpose: str) -> list[str]:
    parts = purpose.split(".")
    return [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
