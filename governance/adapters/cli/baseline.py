"""`governance baseline`: record today's findings of a project that is already there, with a day on which they end."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from governance.adapters.cli.markdown import facts
from governance.adapters.cli.options import common, emit, emit_json
from governance.errors import BadRequest
from governance.project import load_project, write_baseline
from governance.vocabulary import EGRESS

_LONGEST = 180


@click.command("baseline")
@click.option("--days", type=click.IntRange(1, _LONGEST), default=90, show_default=True, help="How long the findings are only recorded.")
@common
def baseline(days: int, project: Path | None, ledger: str | None, output_format: str, out: Path | None) -> None:
    """Check every declared data set that is there, and record what is found as known until a day; never for what leaves."""
    from governance.ledger import Ledger
    from governance.verbs.checking import check

    home = load_project(project)
    if home.path is None:
        raise BadRequest("no governance.yml was found.", "run `governance init`, or name one with --project.")
    known: list[tuple[str, str, tuple[str, ...]]] = []
    for name, data_set in home.datasets.items():
        place = Path(home.resolve(data_set.location))
        if data_set.kind not in EGRESS and data_set.location and place.exists():
            report = check(place, data_set=name, project=home, ledger=ledger)
            known += [(name, finding.rule, finding.columns) for finding in report.findings if not finding.waived_by]
    until = datetime.now(UTC).date() + timedelta(days=days)
    path = write_baseline(home, known, until)
    Ledger.open(ledger, project=home).record("baseline", findings=len(known), expires_at=until)
    tree = {"file": str(path), "findings": len(known), "until": until.isoformat(), "data_sets": sorted({name for name, *_ in known})}
    if output_format == "json":
        emit_json(tree, out)
    elif output_format == "markdown":
        emit(facts("Baseline", tree), out)
    else:
        emit(f"wrote {path}: {len(known)} findings are recorded and not enforced until {until}. Mend them before.", out)
