"""Run a suite on a file or a SQL query in one call, with nothing of Great Expectations stored anywhere."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import great_expectations as gx
from great_expectations.data_context.types.base import ProgressBarsConfig

from governance.adapters.great_expectations.action import GovernanceAction
from governance.adapters.great_expectations.suites import load_suite, suite_for
from governance.errors import BadRequest
from governance.project import Project


def validate(
    suite: str | Path, source: Path | tuple[str, str], *, project: Project | None = None, ledger: str | None = None
) -> dict[str, Any]:
    """Validate a file, or a query of a database, and record the projected result.

    Parameters
    ----------
    suite
        The path of a stored suite, or a kind for the suite that ships with the library.
    source
        The path of a CSV or Parquet file, or an SQLAlchemy URL and a query.
    project, ledger
        What governs, and where results are recorded.

    Returns
    -------
    `{"outcomes", "entries"}`.

    Raises
    ------
    PolicyViolation
        The data does not pass, or the result says nothing.
    BadRequest
        The suite or the data can't be read.

    """
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    batch, parameters = _batch(context, source)
    chosen = context.suites.add(load_suite(suite) if str(suite).endswith(".json") else suite_for(str(suite)))
    definition = context.validation_definitions.add(gx.ValidationDefinition(name="governance", data=batch, suite=chosen))
    place = str(project.path) if project and project.path else None
    action = GovernanceAction(name="governance", ledger=ledger, project=place, stop=True)
    checkpoint = context.checkpoints.add(gx.Checkpoint(name="governance", validation_definitions=[definition]))
    with _governed_by(place):
        result = checkpoint.run(batch_parameters=parameters)
    return action.run(result)


@contextmanager
def _governed_by(place: str | None) -> Iterator[None]:
    """Let the metric, which Great Expectations calls without our arguments, find the project."""
    before = os.environ.get("GOVERNANCE_PROJECT")
    if place:
        os.environ["GOVERNANCE_PROJECT"] = place
    try:
        yield
    finally:
        if place and before is None:
            os.environ.pop("GOVERNANCE_PROJECT", None)
        elif place:
            os.environ["GOVERNANCE_PROJECT"] = str(before)


def _batch(context: Any, source: Path | tuple[str, str]) -> tuple[Any, dict[str, Any]]:  # noqa: ANN401 - GX's context
    if isinstance(source, Path):
        asset = context.data_sources.add_pandas("files").add_dataframe_asset("data")
        return asset.add_batch_definition_whole_dataframe("whole"), {"dataframe": _frame(source)}
    url, query = source
    add = context.data_sources.add_sqlite if url.startswith("sqlite") else context.data_sources.add_sql
    return add("database", connection_string=url).add_query_asset("data", query=query).add_batch_definition_whole_table("whole"), {}


def _frame(path: Path) -> Any:  # noqa: ANN401 - a pandas frame
    import pandas as pd

    readers = {".csv": pd.read_csv, ".parquet": pd.read_parquet}
    if path.suffix not in readers:
        raise BadRequest(f"{path}: no reader for `{path.suffix}` here.", "bring a CSV or Parquet file.")
    try:
        return readers[path.suffix](path)
    except OSError as problem:
        raise BadRequest(f"{path}: can't be read ({problem.strerror}).", "check the path and the permissions.") from None
    except ValueError as problem:
        raise BadRequest(f"{path}: is no table ({type(problem).__name__}).", "write it anew.") from None
