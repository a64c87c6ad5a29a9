"""The one metric: the report of a whole batch, measured once for all expectations of a suite."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.execution_engine import PandasExecutionEngine, SqlAlchemyExecutionEngine
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

from governance.adapters.great_expectations.sql_batches import Reading, streamed
from governance.errors import GovernanceError
from governance.project import Project, load_project
from governance.reporting import report_json
from governance.verbs.checking import check

METRIC = "table.governance.report"


class GovernanceReport(TableMetricProvider):
    """The report of a batch as JSON: counts, names and codes; a check that raised is told by the name of what it raised."""

    metric_name = METRIC
    value_keys = ("kind", "data_set", "minimum_people", "finest_resolution")

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(cls, execution_engine: Any, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any) -> dict[str, Any]:  # noqa: ANN401, N805
        frame, _domain, _accessor = execution_engine.get_compute_domain(metric_domain_kwargs, domain_type=MetricDomainTypes.TABLE)
        return reported(lambda _reading: frame, metric_value_kwargs)

    @metric_value(engine=SqlAlchemyExecutionEngine)
    def _sql(cls, execution_engine: Any, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any) -> dict[str, Any]:  # noqa: ANN401, N805
        chosen, _domain, _accessor = execution_engine.get_compute_domain(metric_domain_kwargs, domain_type=MetricDomainTypes.TABLE)
        return reported(partial(streamed, execution_engine.engine, chosen), metric_value_kwargs)


def reported(open_batch: Callable[[Reading], Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """The report of a batch, or the name of what went wrong.

    Parameters
    ----------
    open_batch
        Opens the batch, given the columns that have to be read as text.
    asked
        `kind`, `data_set`, `minimum_people`, `finest_resolution`.

    """
    as_text: frozenset[str] = frozenset()
    while True:
        reading = Reading(as_text)
        try:
            report = check(open_batch(reading), asked["kind"], asked.get("data_set"), _stricter(asked))
        except Exception as problem:  # noqa: BLE001 - a check that raised is open, and its text may quote a value
            if reading.wider and reading.wider not in as_text:
                as_text |= {reading.wider}
                continue
            told = {"message": problem.message, "hint": problem.hint} if isinstance(problem, GovernanceError) else {}
            return {"raised": type(problem).__name__, "rules": {}, "findings": [], "scanned_rows": 0, **told}
        tree = report_json(report)
        return {**tree, "rules": {code: str(outcome) for code, outcome in report.rules.items()}, "raised": "", "entry": report.entry}


def _stricter(asked: Mapping[str, Any]) -> Project:
    """The project with the stricter of its own thresholds and the suite's."""
    home = load_project()
    own = home.file.thresholds
    limits = msgspec.structs.replace(
        own,
        minimum_people=max(own.minimum_people, int(asked["minimum_people"])),
        finest_resolution=min(own.finest_resolution, int(asked["finest_resolution"])),
    )
    return replace(home, file=msgspec.structs.replace(home.file, thresholds=limits))
