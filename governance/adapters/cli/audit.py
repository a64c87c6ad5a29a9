"""`governance audit RELEASE...`: what released maps give away together."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from governance.adapters.cli.markdown import page, table
from governance.adapters.cli.options import FILE, common, emit, emit_json
from governance.vocabulary import Outcome

if TYPE_CHECKING:
    from governance.verbs.auditing import AuditReport


@click.command("audit")
@click.argument("releases", nargs=-1, required=True)
@click.option("--posts", multiple=True, type=FILE, help="The Posts of the maps, to count people again; repeatable.")
@common
def audit(
    releases: tuple[str, ...],
    posts: tuple[Path, ...],
    project: Path | None,
    ledger: str | None,
    output_format: str,
    out: Path | None,
) -> None:
    """Audit released heat maps (ids or files) together against the ledger; exit 1 if one fails or could not be decided."""
    from governance.verbs.auditing import audit as run

    report = run(list(releases), ledger, posts=list(posts) or None, project=project)
    if output_format == "json":
        emit_json(report.to_json(), out)
    else:
        emit(_markdown(report) if output_format == "markdown" else report.to_text(), out)
    if report.outcome is not Outcome.PASS:
        raise click.exceptions.Exit(1)


def _markdown(report: "AuditReport") -> str:
    seen = ", ".join(f"{count:,} {name}" for name, count in report.compared.items())
    rows = [(finding.outcome, finding.name, f"{finding.message} {finding.hint}") for finding in report.findings]
    found = table(("outcome", "finding", "what, and what to do"), rows) if rows else []
    return page(f"Joint audit: {report.outcome}", [f"{len(report.releases)} release(s): {seen}.", "", *found])
