"""Places that got into a DAG while it was built: Airflow keeps names, docs, parameters and arguments of every DAG, and shows them.

A place that stands in the DAG's own source is told for review by `governance dags`; one that does not was read from somewhere.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from governance.adapters.airflow.leaks import evidence
from governance.adapters.airflow.static import shown

_KEPT: tuple[type[Any], ...] = (str, float, list, tuple, set, frozenset, dict)
_DECIMAL = re.compile(r"\d[.]\d\d")
_NUMBER = re.compile(r"\d+[.]\d+")
_NAMES = ("task_id", "_task_display_name", "doc", "doc_md", "doc_json", "doc_yaml", "doc_rst", "owner", "map_index_template")


def places_from_elsewhere(dag: Any) -> Iterator[str]:  # noqa: ANN401 - an Airflow DAG
    """Which parts of a DAG show a place that its source does not."""
    source: str | None = None
    for part, value in _parts(dag):
        if value and isinstance(value, _KEPT) and _DECIMAL.search(str(value)) and next(evidence(value), None):
            source = _read(dag.fileloc) if source is None else source
            if any(number not in source for number in _NUMBER.findall(str(value))):
                yield part


def _parts(dag: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - an Airflow DAG
    for name in ("dag_id", "description", "doc_md", "tags", "_dag_display_property_value"):
        yield f"its {name.lstrip('_')}", getattr(dag, name, None)
    yield "its params", dag.params.dump()
    yield "a label of its edges", dag.edge_info
    yield "its task groups", [[group.tooltip, group.label] for group in dag.task_group_dict.values()]
    for task in dag.tasks:
        for name in _NAMES:
            yield f"the {name.lstrip('_')} of a task", getattr(task, name, None)
        things = (*(task.inlets or ()), *(task.outlets or ()))
        yield "an inlet or outlet of a task", [[shown(one), str(getattr(one, "uri", "")), getattr(one, "extra", None)] for one in things]
        for name, value in _arguments(task):
            yield f"{name} of a task", value


def _arguments(task: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - an operator or a mapped operator
    if not hasattr(task, "partial_kwargs"):
        yield from ((name, getattr(task, name, None)) for name in task.template_fields)
        return
    yield from task.partial_kwargs.items()
    expanded = [getattr(task, name, None) for name in ("expand_input", "op_kwargs_expand_input")]
    for value in (getattr(one, "value", None) for one in expanded):
        yield from value.items() if isinstance(value, Mapping) else [("expanded", value)]


def _read(file: str) -> str:
    path = Path(file)
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
