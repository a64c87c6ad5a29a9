"""An operator that runs a Great Expectations suite as a gate; Great Expectations is imported inside the task alone."""

from collections.abc import Collection
from typing import Any

from governance.adapters.airflow.base import GovernanceOperator
from governance.adapters.airflow.placing import resolved


class GovernanceExpectationsOperator(GovernanceOperator):
    """Validates a file or a SQL table with a suite, records the projected result in the ledger, and stops what does not pass.

    It stops its DAG like any failed task. What lets data leave is the proof of a `GovernanceCheckOperator` or `GovernanceProofOperator`.

    Parameters
    ----------
    suite
        The path of a stored suite, or the kind of one that ships with the library: posts, working, heat_map, ... (templated).
    data
        The path of a CSV or Parquet file (templated).
    url, query
        Instead of `data`: an SQLAlchemy URL and a query (templated).

    Returns
    -------
    `{"outcomes", "entries"}`.

    Raises
    ------
    GovernanceRefusal
        The suite did not pass, or says nothing: no rows, a rule left out, `mostly`, a check that raised.

    """

    template_fields: Collection[str] = (*GovernanceOperator.template_fields, "suite", "data", "url", "query")

    def __init__(
        self,
        *,
        suite: str,
        data: str | None = None,
        url: str | None = None,
        query: str | None = None,
        **kwargs: Any,  # noqa: ANN401 - Airflow's arguments
    ) -> None:
        """Say what is validated, with which suite."""
        super().__init__(**kwargs)
        self.suite = suite
        self.data = data
        self.url = url
        self.query = query

    def work(self, context: Any) -> dict[str, Any]:  # noqa: ANN401 - Airflow's context
        """Validate, record, stop."""
        del context
        from governance.adapters.great_expectations.running import validate

        home = self.home()
        source = resolved(self.data, home) if self.data else (str(self.url), str(self.query))
        suite = resolved(self.suite, home) if self.suite.endswith(".json") else self.suite
        return validate(suite, source, project=home, ledger=self.ledger)
