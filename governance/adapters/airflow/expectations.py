"""An operator that runs a Great Expectations suite as a gate; Great Expectations is imported inside the task alone."""

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.adapters.airflow.base import GovernanceOperator
from governance.adapters.airflow.catalogue import catalogue
from governance.adapters.airflow.checking import enforce, gate, path_of
from governance.adapters.airflow.placing import resolved
from governance.adapters.airflow.worker import run_of
from governance.errors import BadRequest, GovernanceError
from governance.project import Project
from governance.vocabulary import Outcome

if TYPE_CHECKING:
    from governance.adapters.great_expectations.running import Validated


class GovernanceExpectationsOperator(GovernanceOperator):
    """A gate: validates a table with a suite, and lets the DAG go on only if the suite passes and left out no rule of its kind.

    A file is then measured once more as it lies there, so that the proof in the ledger is over the bytes that leave, as that of a
    `GovernanceCheckOperator`. The batch of an SQL query can't be recognised again: it stops its DAG, and lets no data leave.

    Parameters
    ----------
    suite
        The path of a stored suite, or the kind of one that ships with the library: posts, working, heat_map, ... (templated).
    data
        The path of a file (templated); without one, the declared location of `data_set`.
    data_set
        The name of a data set in governance.yml (templated). The static check counts a gate only for a name that stands there in the open.
    url, query
        Instead of a file: an SQLAlchemy URL and a query (templated).

    Returns
    -------
    `{"entry", "outcome", "data_set", "suite"}`.

    Raises
    ------
    GovernanceRefusal
        The suite did not pass, or says nothing: no rows, a rule left out, `mostly`, a check that raised.

    Examples
    --------
    >>> gate = GovernanceExpectationsOperator(task_id="gate", suite="working", data_set="tickets")
    >>> gate.suite
    'working'

    """

    template_fields: Collection[str] = (*GovernanceOperator.template_fields, "suite", "data", "data_set", "url", "query")
    governance_gate = True

    def __init__(
        self,
        *,
        suite: str,
        data: str | None = None,
        data_set: str | None = None,
        url: str | None = None,
        query: str | None = None,
        **kwargs: Any,  # noqa: ANN401 - Airflow's arguments
    ) -> None:
        """Say what is validated, with which suite."""
        super().__init__(**kwargs)
        self.suite = suite
        self.data = data
        self.data_set = data_set
        self.url = url
        self.query = query

    def work(self, context: Any) -> dict[str, Any]:  # noqa: ANN401 - Airflow's context
        """Validate, record, prove, then let pass or stop."""
        from governance.adapters.great_expectations.running import validate

        home = self.home()
        place = None if self.url else path_of(self.data, self.data_set, home)
        if place is None and not self.url:
            raise BadRequest("there is nothing to validate.", "give `data`, a `data_set` with a location, or `url` and `query`.")
        source = place or (str(self.url), str(self.query))
        name = self.data_set or (catalogue(home).at(place) if place else None)
        suite = resolved(self.suite, home) if self.suite.endswith(".json") else self.suite
        found = validate(suite, source, data_set=name, project=home, ledger=self.ledger)
        if place is None:
            found.enforce()
            return self._told(found, found.entry, name)
        return self._told(found, self._prove(found, place, name, home, context), name)

    def _prove(self, found: "Validated", place: Path, name: str | None, home: Project, context: Any) -> str:  # noqa: ANN401 - Airflow's context
        """Leave the proof of the file itself, passed only if the suite passed as well; the entry that holds it."""
        kinds = found.found["kinds"]
        kind = None if name or len(kinds) != 1 else kinds[0]
        worst = Outcome(found.outcome)
        try:
            report, proof = gate(place, run_of(context), data_set=name, kind=kind, project=home, ledger=self.ledger, at_best=worst)
        except GovernanceError:
            found.enforce()
            raise
        reporting = report.mode == "report" and not report.stops
        if not reporting:
            found.enforce()
        enforce(report)
        return proof.entry

    def _told(self, found: "Validated", entry: str, name: str | None) -> dict[str, Any]:
        return {"entry": entry, "outcome": found.outcome, "data_set": name or "", "suite": found.found["suite"]}
