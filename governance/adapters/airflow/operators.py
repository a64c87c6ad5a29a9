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
from governance.errors import BadRequest, PolicyViolation
from governance.ledger import Ledger
from governance.model import Report
from governance.project import Project
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
    columns
        Column mapping of a table that brings its own names: `{"latitude": "lat"}`.
    topic, scope, groups, window, timezone, as_of, minimum_people, finest, coarsest, series
        As for `governance.heat_map` (templated; an empty text is the default).
    regions
        The path of a GeoJSON file of polygons with a property `name` (templated).
    strategy, assign, include_posts
        As for `governance.heat_map`.
    arguments
        The same by name, for arguments that are only known as a mapping.

    Returns
    -------
    `{"certificate", "cells", "paths", "entry"}`; an outlet's event carries the certificate id.

    Raises
    ------
    GovernanceRefusal
        The map can't be published.

    Examples
    --------
    >>> heat = GovernanceHeatMapOperator(task_id="heat", posts="data/posts", out="map.html", topic="#flood", regions="regions.geojson")
    >>> heat.regions
    'regions.geojson'

    """

    template_fields: Collection[str] = (
        *GovernanceOperator.template_fields,
        *("posts", "out", "columns", "topic", "scope", "groups", "regions", "window", "timezone", "as_of", "minimum_people", "finest"),
        *("coarsest", "series", "arguments"),
    )
    governance_certifies = Kind.HEAT_MAP

    def __init__(  # noqa: PLR0913 - the arguments of governance.heat_map, by their names
        self,
        *,
        posts: str,
        out: str | Sequence[str],
        columns: Mapping[str, str] | None = None,
        topic: str | Sequence[str] | None = None,
        scope: str | None = None,
        groups: Mapping[str, str | Sequence[str]] | None = None,
        regions: str | None = None,
        window: str = "week",
        timezone: str = "UTC",
        as_of: str | None = None,
        minimum_people: int | str | None = None,
        finest: int | str | None = None,
        coarsest: int | str = 3,
        strategy: str = "residual",
        assign: str = "random",
        include_posts: bool = False,
        series: str | None = None,
        arguments: Mapping[str, Any] | None = None,
        **kwargs: Any,  # noqa: ANN401 - Airflow's arguments
    ) -> None:
        """Say which Posts become which map."""
        super().__init__(**kwargs)
        self.posts = posts
        self.out = out
        self.columns = columns
        self.topic = topic
        self.scope = scope
        self.groups = groups
        self.regions = regions
        self.window = window
        self.timezone = timezone
        self.as_of = as_of
        self.minimum_people = minimum_people
        self.finest = finest
        self.coarsest = coarsest
        self.strategy = strategy
        self.assign = assign
        self.include_posts = include_posts
        self.series = series
        self.arguments = dict(arguments or {})

    def work(self, context: Any) -> dict[str, Any]:  # noqa: ANN401 - Airflow's context
        """Make the map beside its place, check it, move it there."""
        from governance.content import read_posts
        from governance.verbs.mapping import heat_map

        home = self.home()
        book = Ledger.open(self.ledger, project=home)
        source: Any = resolved(self.posts, home)
        heat = heat_map(read_posts(source, self.columns) if self.columns else source, **self._asked(home), ledger=book, project=home)
        paths = [resolved(path, home) for path in ([self.out] if isinstance(self.out, str) else self.out)]
        entry = place_checked(heat.write, paths, run_of(context), kind=Kind.HEAT_MAP, project=home, ledger=book)
        certificate = str(heat.certificate["release"])
        announce(self, context, {"certificate": certificate})
        return {"certificate": certificate, "cells": len(heat.to_arrow()), "paths": [str(p) for p in paths], "entry": entry}

    def _asked(self, home: Project) -> dict[str, Any]:
        """The arguments of `governance.heat_map`, as templates rendered them."""
        from governance.adapters.cli.heat_map import read_regions

        own = {name: getattr(self, name) for name in HEAT_MAP_ARGUMENTS}
        asked = {name: value for name, value in (own | self.arguments).items() if value not in ("", None)}
        for name in ("minimum_people", "finest", "coarsest"):
            if isinstance(text := asked.get(name), str):
                asked[name] = whole_number(name, text)
        if isinstance(path := asked.get("regions"), str):
            asked["regions"] = read_regions(resolved(path, home))
        return asked


def whole_number(name: str, text: str) -> int:
    """A whole number that a template rendered.

    >>> whole_number("finest", "6")
    6
    """
    try:
        return int(text)
    except ValueError:
        raise BadRequest(f"{name} is no whole number.", "let its template render one, or leave it out.") from None


HEAT_MAP_ARGUMENTS = (
    *("topic", "scope", "groups", "regions", "window", "timezone", "as_of", "minimum_people", "finest", "coarsest"),
    *("strategy", "assign", "include_posts", "series"),
)
"""The arguments of `governance.heat_map` beside the Posts, the ledger and the project."""


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
