"""`governance ledger verify|export`: whether the journal is intact, and the journal itself."""

import json
from pathlib import Path

import click

from governance.adapters.cli.markdown import facts, page, table
from governance.adapters.cli.options import common, emit, emit_json


@click.group("ledger")
def ledger() -> None:
    """Look at the ledger: is it intact, what does its journal say."""


@ledger.command("verify")
@common
def verify(project: Path | None, ledger: str | None, output_format: str, out: Path | None) -> None:
    """Recompute every link, seal and commitment of the journal; exit 1 if one does not hold."""
    from governance.ledger import Ledger

    book = Ledger.open(ledger, project=project)
    found = book.verify()
    tree = {"intact": found.intact, "entries": found.entry_count, "head": found.head, "problems": list(found.problems)}
    if output_format == "json":
        emit_json(tree, out)
    elif output_format == "markdown":
        emit(facts("Ledger", tree), out)
    else:
        state = "intact" if found.intact else "NOT intact"
        lines = [f"{state}: {found.entry_count} entries since {book.began_at:%Y-%m-%d}, head {found.head[:16]}", *found.problems]
        emit("\n".join(lines), out)
    if not found.intact:
        raise click.exceptions.Exit(1)


@ledger.command("export")
@common
def export(project: Path | None, ledger: str | None, output_format: str, out: Path | None) -> None:
    """Write the journal: codes, counts, digests and times; as text one JSON object per line, as json one array."""
    from governance.ledger import Ledger

    entries = Ledger.open(ledger, project=project).entries()
    rows = ({"seq": e.seq, "id": e.id, "event": e.event, "at": e.at.isoformat(), "facts": e.facts, "sha256": e.sha256} for e in entries)
    if output_format == "json":
        emit_json(list(rows), out)
    elif output_format == "markdown":
        shown = ((row["seq"], row["at"], row["event"], row["facts"]) for row in rows)
        emit(page("Journal", table(("seq", "at", "event", "facts"), shown)), out)
    else:
        emit("\n".join(json.dumps(row) for row in rows), out)
