"""The static check: no DAG that reads governed data may write an egress Asset without a gate that surely passed.

Reads a parsed DAG only; the same check runs in the cluster policy, in `governance dags FOLDER` and in the pre-commit hook.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from graphlib import TopologicalSorter
from itertools import product
from typing import Any

from governance.adapters.airflow.catalogue import Catalogue
from governance.vocabulary import Kind

HOME = "governance.adapters.airflow."
OPAQUE = frozenset({Kind.POSTS, Kind.CONSENTS})
"""Kinds whose store may lawfully hold location, or pairs that nobody decided: a gate on one does not clear what leaves."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a DAG is refused: the task, what is wrong, what to do."""

    dag_id: str
    task_id: str
    what: str
    hint: str

    def __str__(self) -> str:
        """One sentence, then the hint."""
        return f"{self.dag_id}.{self.task_id}: {self.what} Hint: {self.hint}"


@dataclass(frozen=True, slots=True)
class Reads:
    """What a DAG reads: declared data sets, and things whose target is unknown before the run."""

    names: frozenset[str]
    unknown: frozenset[str]

    def __bool__(self) -> bool:
        """Whether anything governed is read."""
        return bool(self.names or self.unknown)


@dataclass(frozen=True)
class View:
    """A DAG as the policy sees it."""

    dag: Any = field(repr=False)
    catalogue: Catalogue = field(repr=False)
    reads: Reads
    ours: bool
    _passed: dict[str, frozenset[str]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def governed(self) -> bool:
        """Whether the policy touches this DAG: it uses our operators, or names a data set that is read, that is written or that leaves."""
        outlets = (outlet for task in self.dag.tasks for outlet in task.outlets or ())
        return self.strict or any(self.catalogue.is_governed(name) for outlet in outlets for name in self.catalogue.names(outlet))

    @cached_property
    def strict(self) -> bool:
        """Whether it does more than write: what it keeps in Airflow is then codes alone."""
        return self.ours or bool(self.reads) or any(self.egress(task) for task in self.dag.tasks)

    def egress(self, task: Any) -> frozenset[str]:  # noqa: ANN401 - an operator or a mapped operator
        """What leaves by a task's outlets: declared egress, and in a DAG that reads governed data also outlets nobody declared."""
        found: set[str] = set()
        for outlet in task.outlets or ():
            names = self.catalogue.names(outlet)
            found.update(name for name in names if self.catalogue.is_egress(name))
            if self.reads and not is_alias(outlet) and (not names or self.catalogue.elsewhere(outlet)):
                found.add(f"{UNDECLARED}{shown(outlet)}")
        return frozenset(found)

    def gates(self, task: Any) -> list[Any]:  # noqa: ANN401 - an operator or a mapped operator
        """The gates that must have passed before a task can run, whichever way the DAG took to it."""
        if not self._passed:
            self._passed.update(_passed(self))
        return [self.dag.task_dict[name] for name in sorted(self._passed[task.task_id])]


def _passed(view: View) -> dict[str, frozenset[str]]:
    """For each task the gates that have passed whenever it runs."""
    tasks = view.dag.task_dict
    gates = {name for name, task in tasks.items() if covers(view.catalogue, task)}
    known: dict[str, frozenset[str]] = {}
    for name in TopologicalSorter({n: t.upstream_task_ids for n, t in tasks.items()}).static_order():
        above = [known[up] | (gates & {up}) for up in tasks[name].upstream_task_ids]
        rule = rule_of(tasks[name])
        if rule == "all_success":
            known[name] = frozenset().union(*above)
        elif rule in _ONE_SUCCEEDED and above:
            known[name] = frozenset.intersection(*above)
        else:
            known[name] = frozenset()
    return known


_ONE_SUCCEEDED = frozenset({"none_failed_min_one_success", "one_success", "all_done_min_one_success"})
"""Trigger rules that let a task run only if at least one task directly upstream succeeded: what passed before each of them, passed."""


UNDECLARED = "undeclared:"
_LISTS: tuple[type[Any], ...] = (list, tuple)


def view_of(dag: Any, catalogue: Catalogue) -> View:  # noqa: ANN401 - an Airflow DAG
    """Look at a parsed DAG."""
    names: set[str] = set()
    unknown: set[str] = set()
    for thing in (*scheduled(dag), *(inlet for task in dag.tasks for inlet in task.inlets or ())):
        found = catalogue.names(thing)
        names.update(name for name in found if catalogue.is_governed(name))
        if is_alias(thing):
            unknown.add(f"alias {shown(thing)}")
    ours = [task for task in dag.tasks if is_ours(task)]
    for task in ours:
        names.update(name for name in inputs(catalogue, task) if catalogue.is_governed(name))
    return View(dag, catalogue, Reads(frozenset(names), frozenset(unknown)), bool(ours))


def problems(view: View) -> list[Problem]:
    """Why this DAG must not run; empty for a lawful one."""
    if not view.governed:
        return []
    return [problem for task in view.dag.tasks for problem in _task_problems(view, task)]


def _task_problems(view: View, task: Any) -> Iterator[Problem]:  # noqa: ANN401 - an operator or a mapped operator
    if view.reads:
        for outlet in task.outlets or ():
            if is_alias(outlet):
                what = f"writes the AssetAlias {shown(outlet)}, whose target nobody knows before the run."
                yield Problem(view.dag.dag_id, task.task_id, what, "name the Asset itself as the outlet.")
    leaving = view.egress(task)
    if leaving and getattr(task, "start_from_trigger", False):
        what = "starts in the triggerer, where no guard runs, and writes data that leaves."
        yield Problem(view.dag.dag_id, task.task_id, what, "set start_from_trigger=False.")
    for name in sorted(leaving):
        missing = unguarded(view, task, name)
        if missing is not None:
            yield Problem(view.dag.dag_id, task.task_id, *missing)


def needs(view: View, task: Any) -> dict[str, bool]:  # noqa: ANN401 - an operator or a mapped operator
    """The data sets that gates must have seen before a task writes what leaves; true where not even a part may be missing."""
    covered = set(certifies(view.catalogue, task)).union(*(covers(view.catalogue, gate) for gate in view.gates(task)))
    open_outlets = view.egress(task) - covered
    blind = any(not seen_after(view.catalogue, outlet) for outlet in open_outlets)
    return dict.fromkeys(sorted(view.reads.names), blind) if open_outlets else {}


def seen_after(catalogue: Catalogue, outlet: str) -> bool:
    """Whether what leaves by an outlet can be looked at after the write."""
    return not outlet.startswith(UNDECLARED) and catalogue.path(outlet) is not None


def unguarded(view: View, task: Any, outlet: str) -> tuple[str, str] | None:  # noqa: ANN401 - an operator
    """What is missing before `outlet` may leave by `task`, and what to do; None if nothing is."""
    catalogue = view.catalogue
    covered = set(certifies(catalogue, task)).union(*(covers(catalogue, gate) for gate in view.gates(task)))
    if outlet in covered:
        return None
    name = outlet.removeprefix(UNDECLARED)
    needed = view.reads.names - covered
    if view.reads.unknown:
        return f"writes {name}, and what the DAG reads ({', '.join(sorted(view.reads.unknown))}) is unknown.", _gate_hint(name)
    if needed:
        why = "" if rule_of(task) == "all_success" else f" (its trigger rule {rule_of(task)} lets it run after a failed gate)"
        hint = "put a GovernanceCheckOperator on it upstream, and all_success on every task between."
        return f"writes {name} while {', '.join(sorted(needed))} has no passed gate upstream{why}.", hint
    opaque = sorted(read for read in view.reads.names if _kind(catalogue, read) in OPAQUE)
    if not seen_after(catalogue, outlet) and (opaque or not view.reads):
        because = f"{', '.join(opaque)} may hold location or undecided pairs" if opaque else "the DAG declares nothing that it reads"
        return f"writes {name}, which can't be looked at after the write, and {because}.", _gate_hint(name)
    return None


def _gate_hint(shown: str) -> str:
    return f"write to a file first and gate it: GovernanceCheckOperator(data=..., data_set={shown!r}) upstream."


def _kind(catalogue: Catalogue, name: str) -> Kind | None:
    found = catalogue.data_set(name)
    return found.kind if found else None


def inputs(catalogue: Catalogue, task: Any) -> frozenset[str]:  # noqa: ANN401 - an operator or a mapped operator
    """The data sets that one of our tasks reads, as far as its arguments say before the run."""
    found: set[str] = set()
    for name in ("data", "posts", "accounts", "records", "data_set", "inputs"):
        value = argument(task, name)
        for item in value if isinstance(value, _LISTS) else (value,):
            place = catalogue.at(item)
            found.update(n for n in (item if isinstance(item, str) and catalogue.data_set(item) else None, place) if n)
    return frozenset(found)


def covers(catalogue: Catalogue, task: Any) -> frozenset[str]:  # noqa: ANN401 - an operator or a mapped operator
    """The data sets a gate checks before it lets pass; empty for a task that is no gate, and for one on a query's passing rows."""
    if not is_ours(task) or not getattr(_class(task), "governance_gate", False):
        return frozenset()
    found: set[str] = set()
    for arguments in _instances(task):
        if arguments.get("url"):
            return frozenset()
        named = arguments.get("data_set")
        if isinstance(named, str) and catalogue.data_set(named):
            found.add(named)
        elif (place := catalogue.at(arguments.get("data"), whole=True)) is not None:
            found.add(place)
    return frozenset(found)


def _instances(task: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - an operator or a mapped operator
    """What a gate looks at; of a mapped gate what each of its instances looks at, as far as the DAG says so before the run."""
    same = {name: argument(task, name) for name in ("url", "data_set", "data")}
    value: Any = getattr(getattr(task, "expand_input", None), "value", None)
    if is_mapped(task) and isinstance(value, _LISTS):
        yield from (same | dict(each) if isinstance(each, dict) else same for each in value)
    elif is_mapped(task) and isinstance(value, dict):
        lists = {name: items for name, items in value.items() if name in same and isinstance(items, _LISTS)}
        yield from (same | dict(zip(lists, each, strict=True)) for each in product(*lists.values()))
    else:
        yield same


def certifies(catalogue: Catalogue, task: Any) -> frozenset[str]:  # noqa: ANN401 - an operator or a mapped operator
    """The outlets of a task that itself checks what it writes before it is in place."""
    if not is_ours(task) or not getattr(_class(task), "governance_certifies", ""):
        return frozenset()
    kind = getattr(_class(task), "governance_certifies", "")
    names = (name for outlet in task.outlets or () for name in catalogue.names(outlet))
    return frozenset(name for name in names if _kind(catalogue, name) == kind)


def argument(task: Any, name: str) -> Any:  # noqa: ANN401 - an argument of any type
    """A task's argument; of a mapped task the one that is the same for every instance."""
    if is_mapped(task):
        return task.partial_kwargs.get(name)
    return getattr(task, name, None)


def is_ours(task: Any) -> bool:  # noqa: ANN401 - an operator or a mapped operator
    """Whether the code that will execute is this provider's: a subclass or an instance that overrides a method is not."""
    methods = _methods(_class(task))
    if methods is None:
        return False
    return is_mapped(task) or not methods & vars(task).keys()


def runs_a_function(task: Any) -> bool:  # noqa: ANN401 - an operator or a mapped operator
    """Whether a task of ours calls its author's function first: what that function writes is looked at like anyone's."""
    return any(above.__name__ == "DecoratedOperator" for above in _class(task).__mro__)


@lru_cache(maxsize=4096)
def _methods(kind: type) -> frozenset[str] | None:
    """The methods of a class of ours, which no instance may replace; None for a class whose code is not ours."""
    for above in kind.__mro__:
        if above.__module__.startswith(HOME):
            return frozenset(name for name, value in vars(above).items() if callable(value)) | _HOOKS
        if {name for name in vars(above) if not name.startswith("__")} - _COSMETIC:
            return None
    return None


_HOOKS = frozenset({"execute", "pre_execute", "resume_execution"})
_COSMETIC = frozenset({"template_fields", "template_fields_renderers", "ui_color", "ui_fgcolor", "custom_operator_name", "_abc_impl"})


def is_mapped(task: Any) -> bool:  # noqa: ANN401 - an operator or a mapped operator
    """Whether a task is expanded at run time."""
    return hasattr(task, "partial_kwargs")


def _class(task: Any) -> type:  # noqa: ANN401 - an operator or a mapped operator
    return task.operator_class if is_mapped(task) else type(task)


def rule_of(task: Any) -> str:  # noqa: ANN401 - an operator or a mapped operator
    """A task's trigger rule in words."""
    rule = task.trigger_rule
    return str(getattr(rule, "value", rule))


def is_alias(thing: Any) -> bool:  # noqa: ANN401 - an Asset, a reference or an alias
    """Whether an inlet or outlet is an AssetAlias."""
    return any(c.__name__ == "AssetAlias" for c in type(thing).__mro__)


def shown(thing: Any) -> str:  # noqa: ANN401 - an Asset, a reference or an alias
    """The name of an Asset in a sentence."""
    return str(getattr(thing, "name", None) or getattr(thing, "uri", None) or type(thing).__name__)


def scheduled(dag: Any) -> Iterator[Any]:  # noqa: ANN401 - an Airflow DAG
    """The Assets, references and aliases that a DAG's schedule waits for."""
    waiting: list[Any] = [getattr(dag.timetable, "asset_condition", None)]
    while waiting:
        condition = waiting.pop()
        if condition is None:
            continue
        parts: Iterable[Any] = getattr(condition, "objects", ())
        if parts:
            waiting.extend(parts)
        elif getattr(condition, "name", None) or getattr(condition, "uri", None):
            yield condition
