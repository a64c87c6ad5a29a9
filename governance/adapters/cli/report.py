"""`governance report --out site/`: the review site, or the review in numbers."""

from pathlib import Path

import click

from governance.adapters.cli.options import common, emit, emit_json

_SITE = Path("site")


@click.command("report")
@common
def report(project: Path | None, ledger: str | None, output_format: str, out: Path | None) -> None:
    """Write the review site to the folder OUT (site by default); with --format json, the review in numbers."""
    from governance.ledger import Ledger
    from governance.project import load_project
    from governance.reporting.review import gather
    from governance.reporting.site import summary, write_site

    home = load_project(project)
    book = Ledger.open(ledger, project=home)
    if output_format == "json":
        emit_json(summary(gather(book, home)), out)
        return
    first = write_site(book, home, out or _SITE)
    emit(f"the review site: {first}", None)
