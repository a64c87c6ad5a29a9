"""Parses files of DAGs without a scheduler, with the folder of DAGs on the import path as Airflow puts it there."""

import re
import sys
from pathlib import Path
from typing import Any

from governance.adapters.airflow.versions import dag_bag

_FOLDER = "dags"
_OF_CODE = frozenset({"ImportError", "ModuleNotFoundError", "NameError", "SyntaxError", "IndentationError"})
"""Errors whose text names code alone; that of any other may quote what the file read."""


def bag_of(path: Path, **options: Any) -> Any:  # noqa: ANN401 - Airflow's DagBag and its options
    """The parsed DAGs of a file or folder.

    Modules beside the DAGs are found from the folder itself, and from the nearest one above it that is called `dags`.
    """
    before = list(sys.path)
    folder = path if path.is_dir() else path.parent
    root = next((above for above in (folder, *folder.parents) if above.name == _FOLDER), folder)
    sys.path += [str(root), str(folder)]
    try:
        return dag_bag()(path, **options)
    finally:
        sys.path[:] = before


def reason(text: str) -> str:
    """Why a file can't be parsed, from Airflow's traceback: the kind of error and its line, and the text of one that names code alone."""
    last = text.strip().splitlines()[-1] if text.strip() else ""
    kind = last.partition(":")[0].rpartition(".")[2]
    if kind in _OF_CODE:
        return last
    lines = re.findall(r'File "[^"]+", line (\d+), in <module>', text)
    return f"{kind if kind.isidentifier() else 'unknown error'}{f' (line {lines[-1]})' if lines else ''}"
