"""Which data set an Asset is: looked up in governance.yml by name, URI and location, never read from the Asset itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import normpath
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
    _known: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict, repr=False, compare=False)
    _strays: dict[tuple[str, str], bool] = field(default_factory=dict, repr=False, compare=False)

    def names(self, thing: Any) -> frozenset[str]:  # noqa: ANN401 - an Asset, a reference or an alias
        """The data sets an Asset or a reference to one names: by its name, and by its URI the one it lies in, or those it contains.

        More than one where its name and its URI disagree, or where it stands for a folder of several.
        """
        spelled = (getattr(thing, "name", None) or "", getattr(thing, "uri", None) or "")
        if spelled not in self._known:
            self._known[spelled] = frozenset(self._named(*spelled))
        return self._known[spelled]

    def elsewhere(self, thing: Any) -> bool:  # noqa: ANN401 - an Asset, a reference or an alias
        """Whether an Asset has the name of a data set, and a URI where nothing is declared: what is written there is not that data set."""
        name, uri = getattr(thing, "name", None) or "", getattr(thing, "uri", None) or ""
        if (name, uri) not in self._strays:
            found = self.data_set(name)
            declared = found is not None and bool(found.location or found.uri)
            self._strays[name, uri] = declared and uri != name and bool(uri_keys(uri)) and not self._named("", uri)
        return self._strays[name, uri]

    def _named(self, name: str, uri: str) -> set[str]:
        found = {self.by_key[name]} if name in self.by_key else set()
        for key in uri_keys(uri):
            found.update(self._nearest(key))
            if key not in self.by_key:
                found.update(name for other, name in self.by_key.items() if other.startswith(f"{key}/"))
        return found

    def _nearest(self, key: str) -> list[str]:
        """The data set at a place, or the nearest one that it is a part of; none or one."""
        return [self.by_key[above] for above in _above(key) if above in self.by_key][:1]

    def at(self, path: Any, *, whole: bool = False) -> str | None:  # noqa: ANN401 - a task's argument, a path only if it is one
        """The data set at a path, or unless it has to be the whole of it, the nearest one that the path is a part of."""
        if not isinstance(path, str | Path) or not str(path) or "{{" in str(path):
            return None
        keys = uri_keys(self.project.resolve(str(path)))
        found = [name for key in keys for name in ([self.by_key[key]] if key in self.by_key else [] if whole else self._nearest(key))]
        return next(iter(found), None)

    def seen(self, name: str, places: Sequence[Path], *, whole: bool) -> bool:
        """Whether gates that looked at these places looked at a data set, or at a part of it where that will do.

        One that does not lie on this machine was seen if there is any place: a copy of it.
        """
        own = self.path(name)
        if own is None or not places:
            return bool(places)
        looked = [place.resolve() for place in places]
        if any(own.resolve() == place for place in looked):
            return True
        files = [file for file in own.resolve().rglob("*") if file.is_file()] if whole else []
        inside = all(place.is_relative_to(own.resolve()) for place in looked)
        return inside and (not whole or (bool(files) and all(any(f.is_relative_to(place) for place in looked) for f in files)))

    def data_set(self, name: str) -> DataSet | None:
        """A declared data set."""
        return self.project.datasets.get(name)

    @property
    def leaving(self) -> bool:
        """Whether any declared data set leaves."""
        return any(found.kind in EGRESS for found in self.project.datasets.values())

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
    """The one spelling under which a location or URI is known: an absolute path, or a URL without what does not change its place.

    >>> uri_keys("s3a://aws_default@Bucket/x/../feed/?versionId=3")
    ('s3://bucket/feed',)
    """
    if not place:
        return ()
    local = local_path(place)
    if local is not None:
        return (str(local.resolve()),) if local.is_absolute() else ()
    parts = urlsplit(place)
    scheme = _SCHEMES.get(parts.scheme.lower(), parts.scheme.lower())
    path = normpath(f"/{unquote(parts.path)}").lstrip("/") if parts.path else ""
    query = f"?{parts.query}" if parts.query and scheme not in _STORES else ""
    host = (parts.netloc if scheme in _CONTAINERS else parts.netloc.rpartition("@")[2]).lower()
    return (f"{scheme}://{host}/{path}".rstrip("/") + query,)


_STORES = frozenset({"s3", "gs", "abfs", "wasb"})
"""Object stores: a query picks a version of the same place."""
_CONTAINERS = frozenset({"abfs", "wasb"})
"""Stores whose container stands before the @, where other URLs name a connection."""
_SCHEMES = {"s3a": "s3", "s3n": "s3", "gcs": "gs", "abfss": "abfs", "wasbs": "wasb", "http": "https"}
"""Schemes that name the same store."""


def _above(key: str) -> Iterator[str]:
    """A place, then the folders that it lies in, the nearest first; a bucket or a server itself last."""
    least = key.find("://") + len("://") if "://" in key else 1
    yield key
    key = key.partition("?")[0]
    while len(key) > least:
        yield key
        key = key.rpartition("/")[0]
