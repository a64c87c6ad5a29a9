"""Operators: check (a gate), the proof of a gate that ran elsewhere, heat map and audit; `matching` holds those that match.

Each does its work through the library's public functions, writes files and returns codes, counts and paths: never data. Paths may be
relative to the folder of governance.yml. A refusal fails the task at once; an unreachable ledger lets Airflow retry.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from governance.adapters.airflow.base import GovernanceOperator, announce
from governance.adapters.airflow.checking import enforce, gate, path_of
from governance.adapters.airflow.placing import place_checked, resolved
from governance.adapters.airflow.proof import Proof, adopt, proofs
from governance.adapters.airflow.worker import run_of, verify
from governance.errors import PolicyViolation
from governance.ledger import Ledger
from governance.model import Report
from governance.vocabulary import Kind


class GovernanceCheckOperator(GovernanceOperator):
    """A gate: checks a data set and lets the DAG go on only if it passes.

    The proof, passed or refused, goes to the ledger before anything is raised; tasks downstream that write what leaves look for it there.

    Parameters
    ----------
    data
        The path of a file or folder (templated); without one, the declared location of `data_set`.
    data_set
        The name of a data set in governance.yml (templated). The static check counts a gate only for a name that stands there in the open.
    kind
        What the data is for, where nothing is declared.

    Returns
    -------
    `{"entry", "outcome", "data_set", "rows", "sha256"}`.

    Raises
    ------
    GovernanceRefusal
        A finding of fail, review or open.

    Examples
    --------
    >>> gate = GovernanceCheckOperator(task_id="gate", data_set="posts")
    >>> gate.data_set
    'posts'

    """

    template_fields: Collection[str] = (*GovernanceOperator.template_fields, "data", "data_set", "kind")
    governance_gate = True

    def __init__(
        self,
        *,
        data: str | None = None,
        data_set: str | None = None,
        kind: str | None = None,
        **kwargs: Any,  # noqa: ANN401 - Airflow's arguments
    ) -> None:
        """Say what is checked."""
        super().__init__(**kwargs)
        self.data = data
        self.data_set = data_set
        self.kind = kind

    def work(self, context: Any) -> dict[str, Any]:  # noqa: ANN401 - Airflow's context
        """Check, prove, then let pass or refuse."""
        return self.gate(self.data, context)

    def gate(self, data: Any, context: Any) -> dict[str, Any]:  # noqa: ANN401 - a path or a table; Airflow's context
        """Gate a path or a table in memory."""
        report, proof = gate(data, run_of(context), data_set=self.data_set, kind=self.kind, project=self.home(), ledger=self.ledger)
        enforce(report)
        return summary(report, proof)


def summary(report: Report, proof: Proof) -> dict[str, Any]:
    """What a gate returns: codes, counts and digests."""
    return {
        "entry": proof.entry,
        "outcome": str(report.outcome),
        "data_set": report.data_set,
        "rows": report.scanned_rows,
        "sha256": proof.data_sha256,
    }


class GovernanceProofOperator(GovernanceOperator):
    """A gate that ran elsewhere: passes if `governance check DATA --gate DAG/RUN/TASK` left its proof for this run in the ledger.

    Parameters
    ----------
    gate_id
        The task id that the command named; by default this task's own.
    data_set
        The data set that it must have checked.

    Raises
    ------
    GovernanceRefusal
        No proof for this run, a refused one, other rules, or other data than lie there now.

    """

    template_fields: Collection[str] = (*GovernanceOperator.template_fields, "gate_id", "data_set")
    governance_gate = True

    def __init__(self, *, data_set: str, gate_id: str | None = None, **kwargs: Any) -> None:  # noqa: ANN401 - Airflow's arguments
        """Say whose proof is awaited."""
        super().__init__(**kwargs)
        self.data_set = data_set
        self.gate_id = gate_id or self.task_id

    def work(self, context: Any) -> dict[str, Any]:  # noqa: ANN401 - Airflow's context
        """Look for the proof, and adopt it as this task's own."""
        home = self.home()
        book = Ledger.open(self.ledger, project=home)
        run = run_of(context)
        found = proofs(book, run).get((self.gate_id, -1))
        if found is None or found.data_set != self.data_set:
            what = f"the gate {self.gate_id} left no proof for {self.data_set} in this run."
            raise PolicyViolation(what, "run `governance check DATA --gate DAG/RUN/TASK` with this run's ids before this task.")
        verify(found, run, book, home)
        adopt(book, run, found)
        return {"entry": found.entry, "outcome": found.outcome, "data_set": found.data_set, "sha256": found.data_sha256}


class GovernanceHeatMapOperator(GovernanceOperator):
    """Turns Posts into a heat map that can be published, checks it, and only then puts it in place.

    Parameters
    ----------
    posts
        The path of Posts in any X shape (templated).
    out
        Where the map goes: one path or several (templated; .parquet, .geojson, .csv, .html, .png).
    topic, scope, groups, window, timezone, as_of, minimum_people, finest, coarsest, strategy, assign, include_posts, series
        As for `governance.heat_map`; `arguments` passes any other.

    Returns
    -------
    `{"certificate", "cells", "paths", "entry"}`; an outlet's event carries the certificate id.

    Raises
    ------
    GovernanceRefusal
        The map can't be published.

    """

    template_fields: Collection[str] = (*GovernanceOperator.template_fields, "posts", "out", "arguments")
    governance_certifies = Kind.HEAT_MAP

    def __init__(
        self,
        *,
        posts: str,
        out: str | Sequence[str],
        arguments: Mapping[str, Any] | None = None,
        **kwargs: Any,  # noqa: ANN401 - arguments of heat_map, then Airflow's
    ) -> None:
        """Say which Posts become which map."""
        chosen = {name: kwargs.pop(name) for name in HEAT_MAP_ARGUMENTS if name in kwargs}
        super().__init__(**kwargs)
        self.posts = posts
        self.out = out
        self.arguments = dict(arguments or {}) | chosen

    def work(self, context: Any) -> dict[str, Any]:  # noqa: ANN401 - Airflow's context
        """Make the map beside its place, check it, move it there."""
        from governance.verbs.mapping import heat_map

        home = self.home()
        book = Ledger.open(self.ledger, project=home)
        source = resolved(self.posts, home)
        arguments: dict[str, Any] = {name: value or None if name == "as_of" else value for name, value in self.arguments.items()}
        heat = heat_map(source, **arguments, ledger=book, project=home)
        paths = [resolved(path, home) for path in ([self.out] if isinstance(self.out, str) else self.out)]
        entry = place_checked(heat.write, paths, run_of(context), kind=Kind.HEAT_MAP, project=home, ledger=book)
        certificate = str(heat.certificate["release"])
        announce(self, context, {"certificate": certificate})
        return {"certificate": certificate, "cells": len(heat.to_arrow()), "paths": [str(p) for p in paths], "entry": entry}


HEAT_MAP_ARGUMENTS = (
    "topic",
    "scope",
    "groups",
    "window",
    "timezone",
    "as_of",
    "minimum_people",
    "finest",
    "coarsest",
    "strategy",
    "assign",
    "include_posts",
    "series",
)


class GovernanceAuditOperator(GovernanceOperator):
    """Audits released maps together: what one hides, the others must not show.

    Parameters
    ----------
    releases
        Paths of released maps (templated), or a folder or data set of them.

    Raises
    ------
    GovernanceRefusal
        The releases together show what one alone hides.

    """

    template_fields: Collection[str] = (*GovernanceOperator.template_fields, "releases")

    def __init__(self, *, releases: str | Sequence[str], **kwargs: Any) -> None:  # noqa: ANN401 - Airflow's arguments
        """Say which maps."""
        super().__init__(**kwargs)
        self.releases = releases

    def work(self, context: Any) -> dict[str, Any]:  # noqa: ANN401 - Airflow's context
        """Audit and record."""
        del context
        from governance.verbs.auditing import audit

        home = self.home()
        named = [self.releases] if isinstance(self.releases, str) else list(self.releases)
        paths = [found for name in named for found in _maps(path_of(name, None, home) or Path(name))]
        report = audit(paths, Ledger.open(self.ledger, project=home), project=home).enforce()
        return {"releases": len(report.releases), "outcome": str(report.outcome)}


def _maps(path: Path) -> list[Path]:
    return sorted(path.glob("*.parquet")) if path.is_dir() else [path]
