"""`governance check PATH...`: check files against the policy."""

from pathlib import Path

import click

from governance.adapters.cli.options import FILE, common, emit, emit_json
from governance.errors import BadRequest
from governance.model import Report
from governance.vocabulary import Kind


@click.command("check")
@click.argument("paths", nargs=-1, required=True, type=FILE)
@click.option("--kind", type=click.Choice([str(k) for k in Kind]), help="What the data is for; else the declared kind, else working.")
@click.option("--data-set", help="A data set of governance.yml; else found by its location.")
@click.option("--rule", "rules", multiple=True, help="Run only this rule (its code); may be repeated.")
@click.option("--gate", "run", help="DAG/RUN/TASK: record the result as the proof of a gate in that run.")
@common
def check(
    paths: tuple[Path, ...],
    kind: str | None,
    data_set: str | None,
    rules: tuple[str, ...],
    run: str | None,
    project: Path | None,
    ledger: str | None,
    output_format: str,
    out: Path | None,
) -> None:
    """Check files against the policy; exit 1 if one fails, is in review or could not be decided."""
    from governance.reporting import report_json, report_markdown, report_text

    if run is not None and rules:
        raise BadRequest("--gate runs every rule.", "leave --rule out.")
    reports = [
        _gated(path, run, kind, data_set, project, ledger) if run else _checked(path, kind, data_set, project, ledger, rules)
        for path in paths
    ]
    if output_format == "json":
        trees = [report_json(report) for report in reports]
        emit_json(trees[0] if len(trees) == 1 else trees, out)
    else:
        write = report_markdown if output_format == "markdown" else report_text
        emit("\n\n".join(write(report) for report in reports), out)
    if any(report.stops for report in reports):
        raise click.exceptions.Exit(1)


def _checked(
    path: Path, kind: str | None, data_set: str | None, project: Path | None, ledger: str | None, rules: tuple[str, ...]
) -> Report:
    from governance.verbs.checking import check as checked

    return checked(path, kind, data_set, project, ledger=ledger, rules=rules or None)


def _gated(path: Path, run: str, kind: str | None, data_set: str | None, project: Path | None, ledger: str | None) -> Report:
    """Check as a gate of one run: the proof is what the DAG's own task looks for. Needs no Airflow."""
    from governance.adapters.airflow.checking import gate
    from governance.adapters.airflow.proof import Run

    return gate(path.resolve(), Run.parse(run), data_set=data_set, kind=kind, project=project, ledger=ledger)[0]
