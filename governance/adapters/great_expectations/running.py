"""Run a suite on a file or a SQL query in one call, with nothing of Great Expectations stored anywhere."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import great_expectations as gx
from great_expectations.data_context.types.base import ProgressBarsConfig

from governance.adapters.great_expectations.action import GovernanceAction, stop
from governance.adapters.great_expectations.expectations import GovernanceExpectation
from governance.adapters.great_expectations.suites import load_suite, suite_for
from governance.engines import open_table
from governance.project import Project


@dataclass(frozen=True, slots=True)
class Validated:
    """The projected result of one suite on one batch, and the id of the entry that holds it."""

    found: dict[str, Any]
    entry: str

    @property
    def outcome(self) -> str:
        """How it ended."""
        return str(self.found["outcome"])

    def enforce(self) -> None:
        """Raise PolicyViolation unless it passed."""
        stop(self.found)


def validate(
    suite: str | Path,
    source: Path | tuple[str, str],
    *,
    data_set: str | None = None,
    project: Project | None = None,
    ledger: str | None = None,
) -> Validated:
    """Validate a file, or a query of a database, and record the projected result.

    Parameters
    ----------
    suite
        The path of a stored suite, or a kind for the suite that ships with the library.
    source
        The path of a table, or an SQLAlchemy URL and a query.
    data_set
        The data set of governance.yml that lies there.
    project, ledger
        What governs, and where results are recorded.

    Raises
    ------
    BadRequest
        The suite or the data can't be read.

    """
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    batch, parameters = _batch(context, source)
    chosen = context.suites.add(named(load_suite(suite) if str(suite).endswith(".json") else suite_for(str(suite)), data_set))
    definition = context.validation_definitions.add(gx.ValidationDefinition(name="governance", data=batch, suite=chosen))
    place = str(project.path) if project and project.path else None
    action = GovernanceAction(name="governance", ledger=ledger, project=place, data_set=data_set)
    checkpoint = context.checkpoints.add(gx.Checkpoint(name="governance", validation_definitions=[definition]))
    with _governed_by(place):
        result = checkpoint.run(batch_parameters=parameters)
    found, entries = action.recorded(result)
    return Validated(found[0], entries[0])


def named(suite: gx.ExpectationSuite, data_set: str | None) -> gx.ExpectationSuite:
    """The suite with a data set named in every expectation of ours that names none."""
    for one in suite.expectations:
        if data_set and isinstance(one, GovernanceExpectation) and not one.data_set:
            one.data_set = data_set
    return suite


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
    """A table as `governance check` reads it, so that no reader of its own takes a column for an index."""
    table = open_table(path)
    return table.reader(f"SELECT * FROM {table.view}").read_all().to_pandas()
