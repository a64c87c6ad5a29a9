"""Which data set an Asset is: looked up in governance.yml by name, URI and location, never read from the Asset itself."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from governance.project import DataSet, Project
from governance.vocabulary import Kind

EGRESS = frozenset({Kind.HEAT_MAP, Kind.SHARE, Kind.MATCHES})
"""Kinds that leave, or that others build on: writing one needs a passed gate."""
GOVERNED = frozenset({Kind.POSTS, Kind.WORKING, Kind.RECORDS, Kind.MATCHES, Kind.CONSENTS})
"""Kinds that hold people's data: a DAG that reads one is policed."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The declared data sets, by everything an Asset can be named with."""

    project: Project
    by_key: dict[str, str] = field(repr=False)

    def names(self, thing: Any) -> frozenset[str]:  # noqa: ANN401 - an Asset, a reference or an alias
        """The data sets an Asset or a reference to one names; more than one where its name and its URI disagree."""
        keys = (getattr(thing, "name", None), *uri_keys(getattr(thing, "uri", None) or ""))
        return frozenset(self.by_key[key] for key in keys if key and key in self.by_key)

    def at(self, path: Any) -> str | None:  # noqa: ANN401 - a task's argument, a path only if it is one
        """The data set at a path."""
        if not isinstance(path, str | Path) or not str(path) or "{{" in str(path):
            return None
        return next((self.by_key[key] for key in uri_keys(self.project.resolve(str(path))) if key in self.by_key), None)

    def data_set(self, name: str) -> DataSet | None:
        """A declared data set."""
        return self.project.datasets.get(name)

    def is_egress(self, name: str) -> bool:
        """Whether this data set leaves."""
        found = self.data_set(name)
        return found is not None and found.kind in EGRESS

    def is_governed(self, name: str) -> bool:
        """Whether this data set holds people's data."""
        found = self.data_set(name)
        return found is not None and found.kind in GOVERNED

    def path(self, name: str) -> Path | None:
        """Where a data set lies on this machine, None if it lies elsewhere."""
        found = self.data_set(name)
        if found is None:
            return None
        places = (self.project.resolve(found.location), found.uri)
        return next((local for place in places if place and (local := local_path(place)) is not None), None)


_KEPT: dict[tuple[Path | None, str], Catalogue] = {}


def catalogue(project: Project) -> Catalogue:
    """The catalogue of a project; kept while its governance.yml stays the same."""
    key = (project.path, project.sha256)
    if key not in _KEPT:
        _KEPT[key] = Catalogue(project, dict(_pairs(project)))
    return _KEPT[key]


def _pairs(project: Project) -> Iterator[tuple[str, str]]:
    for name, data_set in project.datasets.items():
        yield name, name
        for place in (data_set.uri, project.resolve(data_set.location)):
            for key in uri_keys(place):
                yield key, name


def local_path(place: str) -> Path | None:
    """A path or file URI as a path on this machine; None for any other URL."""
    parts = urlsplit(place)
    if "://" not in place:
        return Path(place)
    if parts.scheme == "file" and parts.netloc in {"", "localhost"}:
        return Path(unquote(parts.path))
    return None


def uri_keys(place: str) -> tuple[str, ...]:
    """The spelling under which a location or URI is known: an absolute path, or a URL without its trailing slash."""
    if not place:
        return ()
    local = local_path(place)
    if local is None:
        scheme, _, rest = place.partition("://")
        return (f"{scheme.lower()}://{rest.rstrip('/')}",)
    return (str(local.resolve()),) if local.is_absolute() else ()
