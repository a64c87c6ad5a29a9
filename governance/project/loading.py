"""From the text of governance.yml to a Project; every error names its line."""

import hashlib
import os
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import yaml

from governance.errors import BadRequest
from governance.model import Thresholds
from governance.project.references import dangling
from governance.project.schema import (
    Attestation,
    DataSet,
    Expectation,
    ProjectFile,
    Purpose,
    Recipient,
    Releases,
    Scope,
    Source,
    Waiver,
    json_schema,
)
from governance.project.wording import unknown_keys, worded
from governance.vocabulary import Kind

ENVIRONMENT = "GOVERNANCE_PROJECT"
FILE_NAME = "governance.yml"
Lines = dict[tuple[Hashable, ...], int]


@dataclass(frozen=True, slots=True)
class Project:
    """A deployment's declarations. Without a governance.yml it is empty, with the default thresholds."""

    file: ProjectFile = field(default_factory=lambda: ProjectFile(version=1))
    path: Path | None = None
    sha256: str = ""
    lines: Lines = field(default_factory=dict, repr=False)
    home: Path = field(default_factory=Path.cwd)

    @property
    def folder(self) -> Path:
        """Where relative locations, the ledger and the key are looked for."""
        return self.path.parent if self.path else self.home

    @property
    def controller(self) -> str:
        """Who we are, as consents name us."""
        return self.file.controller

    @property
    def ledger(self) -> str:
        """The ledger's URL, empty if none is declared."""
        return self.file.ledger

    @property
    def thresholds(self) -> Thresholds:
        """The numbers that are ours, as this project sets them."""
        limits = self.file.thresholds
        return Thresholds(
            minimum_people=limits.minimum_people,
            finest_resolution=limits.finest_resolution,
            state_max_age_days=days(limits.state_max_age),
        )

    @property
    def purposes(self) -> dict[str, Purpose]:
        """Declared purposes by name."""
        return self.file.purposes

    @property
    def scopes(self) -> dict[str, Scope]:
        """Declared collections by name."""
        return self.file.scopes

    @property
    def sources(self) -> dict[str, Source]:
        """Declared sources of off-X values by name."""
        return self.file.sources

    @property
    def expectations(self) -> tuple[Expectation, ...]:
        """The reviewed table of what people expect."""
        return self.file.expectations

    @property
    def datasets(self) -> dict[str, DataSet]:
        """Declared data sets by name."""
        return self.file.datasets

    @property
    def recipients(self) -> dict[str, Recipient]:
        """Declared recipients by name."""
        return self.file.recipients

    @property
    def attestations(self) -> dict[str, Attestation]:
        """Statements that no check can make."""
        return self.file.attestations

    @property
    def waivers(self) -> tuple[Waiver, ...]:
        """Accepted findings of rules that are ours."""
        return self.file.waivers

    @property
    def releases(self) -> Releases:
        """What holds for every heat map: approval, sensitive topics, accounts that never count."""
        return self.file.releases

    def line(self, *node: Hashable) -> int | None:
        """The line of a node, for example `line("sources", "append")`; of its nearest parent where it is absent."""
        for length in range(len(node), 0, -1):
            if node[:length] in self.lines:
                return self.lines[node[:length]]
        return None

    def error(self, what: str, *node: Hashable, hint: str = "") -> BadRequest:
        """A bad request that points at a node of governance.yml."""
        return BadRequest.at(self.path or FILE_NAME, self.line(*node), what, hint)

    def resolve(self, location: str) -> str:
        """A data set's location with a relative path made absolute; URLs stay."""
        return location if "://" in location or not location else str((self.folder / location).resolve())

    def data_set_at(self, path: str | Path) -> str | None:
        """The declared data set whose location is this path, else the one whose folder it lies in."""
        try:
            wanted = Path(path).resolve()
        except (OSError, RuntimeError):  # a loop of links: whoever opens it says so
            return None
        places = {Path(self.resolve(d.location)): name for name, d in self.datasets.items() if d.location and "://" not in d.location}
        return next((places[place] for place in (wanted, *wanted.parents) if place in places), None)


def load_project(argument: "Project | str | Path | None" = None) -> Project:
    """The project: from the argument, GOVERNANCE_PROJECT, the nearest parent folder with a governance.yml, else an empty one.

    Raises
    ------
    BadRequest
        The file is missing or can't be read; names the line and the fix.

    """
    if isinstance(argument, Project):
        return argument
    if argument is not None and not (isinstance(argument, str) or hasattr(argument, "__fspath__")):
        raise BadRequest(f"project: a {type(argument).__name__} is no project.", "name a governance.yml, or the folder it lies in.")
    named = argument or os.environ.get(ENVIRONMENT)
    if named:
        path = Path(named)
        return read_project(path / FILE_NAME if path.is_dir() else path)
    here = Path.cwd()
    found = next((folder / FILE_NAME for folder in (here, *here.parents) if (folder / FILE_NAME).is_file()), None)
    return read_project(found) if found else Project()


def read_project(path: Path) -> Project:
    """Read one governance.yml; the parsed file is kept until it changes."""
    try:
        content = path.read_bytes()
    except OSError as problem:
        hint = "name a governance.yml, or make one with `governance init`."
        raise BadRequest(f"{path}: can't be read ({problem.strerror}).", hint) from None
    return _parse(path.resolve(), content)


def days(duration: str) -> float:
    """A duration of governance.yml in days.

    >>> days("7d"), days("36h")
    (7.0, 1.5)
    """
    return int(duration[:-1]) / (1 if duration.endswith("d") else 24)


@lru_cache(maxsize=64)
def _parse(path: Path, content: bytes) -> Project:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise BadRequest.at(path, content[: problem.start].count(b"\n") + 1, "is not UTF-8.", "save the file as UTF-8.") from None
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else None
        raise BadRequest.at(path, line, f"is not YAML ({problem.problem}).", "mend the indentation or the quotes on this line.") from None
    except yaml.reader.ReaderError as problem:
        line = text[: problem.position].count("\n") + 1
        raise BadRequest.at(path, line, "holds a character that YAML does not allow.", "remove it; it is a control character.") from None
    if root is None:
        raise BadRequest.at(path, 1, "is empty.", "start with `version: 1`, or run `governance init`.")
    lines: Lines = {}
    tree = _plain(root, (), lines, path)
    project = Project(_read(path, tree, lines), path, hashlib.sha256(content).hexdigest(), lines)
    _cross_check(project)
    return project


def _read(path: Path, tree: Any, lines: Lines) -> ProjectFile:  # noqa: ANN401 - a YAML tree
    """The typed file; where it does not fit, the JSON Schema says where and why."""
    try:
        return msgspec.convert(tree, ProjectFile)
    except msgspec.ValidationError:
        _validate(path, tree, lines)
    raise BadRequest.at(path, 1, "does not fit the schema of governance.yml.", "see the reference of its parts.")


class _Loader(yaml.SafeLoader):
    """YAML whose dates stay text, so that every value has one reading."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _plain(node: yaml.Node, place: tuple[Hashable, ...], lines: Lines, path: Path) -> Any:  # noqa: ANN401 - a YAML tree
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        tree: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in tree:
                raise BadRequest.at(path, key_node.start_mark.line + 1, f"`{key}` stands twice.", "keep one of them.")
            lines[(*place, key)] = key_node.start_mark.line + 1
            tree[key] = _plain(value_node, (*place, key), lines, path)
        return tree
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*place, at), lines, path) for at, item in enumerate(node.value)]
    loader = _Loader("")
    try:
        return loader.construct_object(node, deep=True)
    except yaml.YAMLError:
        line = node.start_mark.line + 1
        raise BadRequest.at(path, line, "has a value of a kind that is not read.", "write plain text, a number or a date.") from None
    finally:
        loader.dispose()


def _validate(path: Path, tree: Any, lines: Lines) -> None:  # noqa: ANN401 - a YAML tree
    import jsonschema

    schema = json_schema()
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    for error in sorted(validator.iter_errors(tree), key=lambda e: len(e.absolute_path), reverse=True):
        leaf = jsonschema.exceptions.best_match([error]) or error
        place = tuple(leaf.absolute_path)
        what, hint = worded(leaf, place)
        unknown = unknown_keys(leaf)
        line = lines.get((*place, unknown[0])) if unknown else lines.get(place)
        raise BadRequest.at(path, line or lines.get(place[:-1]), what, hint)


def _cross_check(project: Project) -> None:
    """Names that point at other parts of the file, or at the policy, must be there."""
    for reference in dangling(project.file):
        raise project.error(reference.what, *reference.node, hint=reference.hint)
    for what, node, hint in (*_unsaid(project), *_twice(project)):
        raise project.error(what, *node, hint=hint)


_Problem = tuple[str, tuple[Hashable, ...], str]


def _unsaid(project: Project) -> Iterator[_Problem]:
    """Declarations that say nothing, or what can't be."""
    for name, declared in project.datasets.items():
        if declared.post_store and declared.kind is not Kind.POSTS:
            yield (
                f"`{name}` is a store of Posts, but its kind is {declared.kind}.",
                ("datasets", name, "post_store"),
                "declare `kind: posts`.",
            )
        for column, said in declared.columns.items():
            node = ("datasets", name, "columns", column)
            if not said.paths and (*node, "holds") not in project.lines:
                yield (
                    f"column `{column}` of `{name}` is declared without saying what it holds.",
                    node,
                    "add `holds:` (`none` has a meaning).",
                )


def _twice(project: Project) -> Iterator[_Problem]:
    """Two data sets at one place: which rules hold there would hang on their order."""
    places: dict[str, str] = {}
    for name, declared in project.datasets.items():
        place = project.resolve(declared.location)
        if place and place in places:
            yield (
                f"`{name}` lies where `{places[place]}` lies.",
                ("datasets", name, "location"),
                "keep one of the two, or give each a place.",
            )
        places[place] = name
