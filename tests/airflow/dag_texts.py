"""How a DAG that is written as a text is named after its test and run to its end."""

import re
from typing import Any

import pytest


def named(text: str, request: pytest.FixtureRequest) -> str:
    """The text of a DAG file, taken out of a test, whose DAG `d` is named after the test."""
    name = re.sub(r"\W+", "_", request.node.name)[-100:].strip("_")
    return re.sub(r'DAG\("d"(?=[,)])', f'DAG("{name}"', text.replace("\n        ", "\n"))


def ended(found: Any, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, str], str]:  # noqa: ANN401 - a DagBag
    """The states of all tasks after every DAG of a file ran, and what was printed."""
    assert not found.import_errors, found.import_errors
    capsys.readouterr()
    runs = [one.test() for one in found.dags.values()]
    states = {f"{ti.task_id}{'' if ti.map_index < 0 else ti.map_index}": str(ti.state) for one in runs for ti in one.get_task_instances()}
    return states, capsys.readouterr().out
