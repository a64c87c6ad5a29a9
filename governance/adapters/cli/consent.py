"""`governance consent`: import, withdraw and show consents and objections."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from governance.adapters.cli.markdown import facts, page, plain, table
from governance.adapters.cli.options import FILE, common, emit, emit_json
from governance.errors import BadRequest


@click.group("consent")
def consent() -> None:
    """Consents and objections: append-only events in the ledger, encrypted."""


@consent.command("import")
@click.argument("paths", nargs=-1, type=FILE)
@click.option("--objections", multiple=True, type=FILE, help="A file of objections: off_x_id, x_user_id, at, reason.")
@click.option("--set", "constants", multiple=True, help="COLUMN=VALUE for every row that lacks it, for example the one notice of all.")
@common
def import_(
    paths: tuple[Path, ...],
    objections: tuple[Path, ...],
    constants: tuple[str, ...],
    project: Path | None,
    ledger: str | None,
    output_format: str,
    out: Path | None,
) -> None:
    """Append the events of CSV, JSON-L, JSON or Parquet files; a malformed row refuses its file, naming the line."""
    from governance.verbs.pairing import import_consents, import_objections

    if not (paths or objections):
        raise BadRequest("nothing to import.", "name a file of consents, or --objections FILE.")
    defaults = dict(_constant(text) for text in constants)
    reports = {str(path): import_consents(path, project, ledger, defaults) for path in paths}
    reports |= {str(path): import_objections(path, project, ledger) for path in objections}
    if output_format == "json":
        emit_json([{"file": path, "added": dict(report.added), "known": report.known} for path, report in reports.items()], out)
    elif output_format == "markdown":
        rows = [(path, plain(report.added) if report.added else "nothing new", report.known) for path, report in reports.items()]
        emit(page("Consents and objections: import", table(("file", "added", "on file before"), rows)), out)
    else:
        emit("\n".join(f"{path}: {report}" for path, report in reports.items()), out)


@consent.command("withdraw")
@click.argument("consent_id")
@common
def withdraw(consent_id: str, project: Path | None, ledger: str | None, output_format: str, out: Path | None) -> None:
    """Withdraw a consent: the pair is unlinked at once, in every registered table, and no other basis links it again."""
    from governance.verbs.pairing import withdraw_consent

    report = withdraw_consent(consent_id, project, ledger)
    if output_format == "json":
        emit_json(report.summary(), out)
    elif output_format == "markdown":
        emit(facts("Consent withdrawn", report.summary()), out)
    else:
        emit(f"withdrawn; {report.unlinked_count} edges unlinked, {report.rows_removed} rows removed from {report.tables} tables.", out)


@consent.command("show")
@click.argument("consent_id", required=False)
@common
def show(consent_id: str | None, project: Path | None, ledger: str | None, output_format: str, out: Path | None) -> None:
    """Show what is on file: of one consent its events (without the identities), of all the counts."""
    from governance.verbs.pairing import show_consents

    tree = show_consents(consent_id, project, ledger)
    if output_format == "json":
        emit_json(tree, out)
    elif output_format == "markdown":
        emit(_markdown(tree), out)
    else:
        emit("\n".join(f"{name}: {value if isinstance(value, str) else json.dumps(value)}" for name, value in tree.items()), out)


def _markdown(tree: Mapping[str, Any]) -> str:
    if "events" not in tree or not isinstance(tree["events"], list):
        return facts("Consents and objections on file", tree)
    head = list(dict.fromkeys(name for event in tree["events"] for name in event))
    return page("Consent on file", table(head, [[event.get(name) for name in head] for event in tree["events"]]))


def _constant(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not (name and sign):
        raise BadRequest("--set needs COLUMN=VALUE.", "write for example --set notice_id=n-1.")
    return name.strip(), value.strip()
