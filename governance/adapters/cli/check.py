"""`governance check PATH...`: check files against the policy."""

from pathlib import Path

import click

from governance.adapters.cli.options import common, emit, emit_json
from governance.errors import BadRequest
from governance.vocabulary import Kind


@click.command("check")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--kind", type=click.Choice([str(k) for k in Kind]), help="What the data is for; else the declared kind, else working.")
@click.option("--data-set", help="A data set of governance.yml; else found by its location.")
@click.option("--rule", "rules", multiple=True, help="Run only this rule (its code); may be repeated.")
@click.option("--gate", help="DAG/RUN/TASK: record the result as the proof of a gate in that run.")
@common
def check(
    paths: tuple[Path, ...],
    kind: str | None,
    data_set: str | None,
    rules: tuple[str, ...],
    gate: str | None,
    project: Path | None,
    ledger: str | None,
    output_format: str,
    out: Path | None,
) -> None:
    """Check files against the policy; exit 1 if one fails, is in review or could not be decided."""
    from governance.reporting import report_json, report_markdown, report_text
    from governance.verbs.checking import check as run

    proof = _gate(gate)
    reports = [run(path, kind, data_set, project, ledger=ledger, rules=rules or None, gate=proof) for path in paths]
    if output_format == "json":
        trees = [report_json(report) for report in reports]
        emit_json(trees[0] if len(trees) == 1 else trees, out)
    else:
        write = report_markdown if output_format == "markdown" else report_text
        emit("\n\n".join(write(report) for report in reports), out)
    if any(report.stops for report in reports):
        raise click.exceptions.Exit(1)


def _gate(text: str | None) -> dict[str, str] | None:
    if text is None:
        return None
    parts = text.split("/")
    if len(parts) != 3 or not all(parts):  # noqa: PLR2004 - dag, run and task
        raise BadRequest("--gate needs DAG/RUN/TASK.", "write for example --gate publish_heat_map/manual__2026-11-24/check_posts.")
    return dict(zip(("dag", "run", "task"), parts, strict=True))
