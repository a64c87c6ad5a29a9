"""`governance report --out site/`: the review site, or the review in numbers."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from governance.adapters.cli.options import FILE, emit, emit_json, sharing
from governance.errors import BadRequest

if TYPE_CHECKING:
    from governance.project import Project
    from governance.reporting.review import DagTask

_SITE = Path("site")


@click.command("report")
@click.option("--dags", type=FILE, help="A folder of DAGs: the site shows which of their tasks touch data unchecked.")
@sharing(folder_in={"text"})
def report(dags: Path | None, project: Path | None, ledger: str | None, output_format: str, out: Path | None) -> None:
    """Write the review site to the folder OUT (site by default); with --format json or markdown, the review in short."""
    from governance.ledger import Ledger
    from governance.project import load_project
    from governance.reporting.review import gather
    from governance.reporting.site import summary, summary_markdown, write_site

    home = load_project(project)
    tasks = _tasks(dags, home)
    book = Ledger.open(ledger, project=home)
    if output_format == "json":
        emit_json(summary(gather(book, home, tasks)), out)
        return
    if output_format == "markdown":
        emit(summary_markdown(gather(book, home, tasks)), out)
        return
    first = write_site(book, home, out or _SITE, tasks)
    emit(f"the review site: {first}", None)


def _tasks(dags: Path | None, project: "Project") -> Sequence["DagTask"]:
    if dags is None:
        return ()
    if not dags.exists():
        raise BadRequest(f"{dags}: there is no such folder.", "name the folder of your DAGs.")
    try:
        from governance.adapters.airflow.tasks import tasks_in
    except ModuleNotFoundError as problem:
        if (problem.name or "").partition(".")[0] != "airflow":
            raise
        raise BadRequest("reading DAGs needs Airflow.", "install `post-governance[airflow]`, or leave --dags out.") from None
    return tasks_in(dags, project)
