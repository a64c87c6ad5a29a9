"""Operators that match: consents and withdrawals into the ledger, earlier edges decided again, new edges made and checked."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from governance.adapters.airflow.base import GovernanceOperator, announce
from governance.adapters.airflow.placing import place_checked, resolved
from governance.adapters.airflow.worker import run_of
from governance.ledger import Ledger
from governance.vocabulary import Kind


class GovernanceMatchOperator(GovernanceOperator):
    """Matches X accounts with off-X records where there is a lawful basis, checks the edges, and only then puts them in place.

    Parameters
    ----------
    accounts, records
        Paths of the two sides (templated).
    on
        Pairs `[account column, record column]`; a list of pairs inside is a conjunction.
    purpose
        A purpose of governance.yml (templated).
    out
        Where the edges go (templated; .parquet or .csv).
    method, settings, as_of
        As for `governance.match`.

    Returns
    -------
    `{"match", "edges", "refused", "paths", "entry"}`: counts only. The table is registered as downstream of the edges, so that a later
    sweep removes a person's row from it.

    """

    template_fields: Collection[str] = (*GovernanceOperator.template_fields, "accounts", "records", "out", "purpose", "as_of")
    governance_certifies = Kind.MATCHES

    def __init__(
        self,
        *,
        accounts: str,
        records: str,
        on: Sequence[Any],
        purpose: str,
        out: str,
        method: str = "exact",
        settings: Mapping[str, Any] | None = None,
        as_of: str | None = None,
        **kwargs: Any,  # noqa: ANN401 - Airflow's arguments
    ) -> None:
        """Say who is matched with whom, and for which purpose."""
        super().__init__(**kwargs)
        self.accounts = accounts
        self.records = records
        self.on = on
        self.purpose = purpose
        self.out = out
        self.method = method
        self.settings = settings
        self.as_of = as_of

    def work(self, context: Any) -> dict[str, Any]:  # noqa: ANN401 - Airflow's context
        """Match, write the edges beside their place, check them, move them there."""
        from governance.verbs.pairing import match, register_downstream

        home = self.home()
        book = Ledger.open(self.ledger, project=home)
        sides = [resolved(path, home) for path in (self.accounts, self.records)]
        on = [tuple(tuple(p) if isinstance(p, list) else p for p in pair) for pair in self.on]
        how: dict[str, Any] = {"method": self.method, "settings": self.settings, "as_of": self.as_of or None}
        matches = match(*sides, on=on, purpose=self.purpose, project=home, ledger=book, **how)
        path = resolved(self.out, home)
        found = matches.summary()
        none = found["edges"] == 0
        register_downstream(path, home, book)  # before it is there: an interrupted task leaves no edges that a sweep does not reach
        entry = place_checked(matches.write, [path], run_of(context), kind=Kind.MATCHES, project=home, ledger=book, may_be_empty=none)
        announce(self, context, {"match": matches.match_id, "edges": found["edges"]})
        return {"match": matches.match_id, "edges": found["edges"], "refused": found["refused"], "paths": [str(path)], "entry": entry}


class GovernanceConsentOperator(GovernanceOperator):
    """Brings consents, withdrawals and objections into the ledger, so that the next match obeys them.

    Parameters
    ----------
    consents, objections
        Paths of tables (templated; CSV, JSON-L or Parquet); a missing file is none.

    Returns
    -------
    `{"consents", "objections"}`: counts.

    """

    template_fields: Collection[str] = (*GovernanceOperator.template_fields, "consents", "objections")

    def __init__(self, *, consents: str | None = None, objections: str | None = None, **kwargs: Any) -> None:  # noqa: ANN401
        """Say where they lie."""
        super().__init__(**kwargs)
        self.consents = consents
        self.objections = objections

    def work(self, context: Any) -> dict[str, int]:  # noqa: ANN401 - Airflow's context
        """Import what is there."""
        del context
        from governance.verbs.pairing import import_consents, import_objections

        home = self.home()
        book = Ledger.open(self.ledger, project=home)
        counts = {"consents": 0, "objections": 0}
        for name, path, bring in (("consents", self.consents, import_consents), ("objections", self.objections, import_objections)):
            if path and resolved(path, home).exists():
                counts[name] = sum(bring(resolved(path, home), home, book).added.values())
        return counts


class GovernanceSweepOperator(GovernanceOperator):
    """Decides every earlier edge again and unlinks what lost its basis, in the ledger and in every table downstream.

    Run it after consents and withdrawals came in, and at least once a day.

    Parameters
    ----------
    accounts
        A newer accounts table (templated): changed states, renamed handles.
    records
        Newer records (templated); without them they are read from where governance.yml says.

    Returns
    -------
    `{"checked", "unlinked", "suspended", "reactivated", "waiting", "tables", "rows_removed", "entry"}`: counts, small ones banded.

    """

    template_fields: Collection[str] = (*GovernanceOperator.template_fields, "accounts", "records")

    def __init__(self, *, accounts: str | None = None, records: str | None = None, **kwargs: Any) -> None:  # noqa: ANN401
        """Say what is newer than at the last decision."""
        super().__init__(**kwargs)
        self.accounts = accounts
        self.records = records

    def work(self, context: Any) -> dict[str, Any]:  # noqa: ANN401 - Airflow's context
        """Sweep."""
        del context
        from governance.verbs.pairing import sweep_matches

        home = self.home()
        book = Ledger.open(self.ledger, project=home)
        accounts, records = (resolved(path, home) if path else None for path in (self.accounts, self.records))
        found = sweep_matches(accounts, records, home, book).summary()
        return {name: value for name, value in found.items() if name != "swept_at"}
