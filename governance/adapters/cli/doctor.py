"""`governance doctor`: what this deployment still lacks, and what to do about each."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import click

from governance.adapters.cli.markdown import page, table
from governance.adapters.cli.options import common, emit, emit_json
from governance.errors import GovernanceError
from governance.model import Subject
from governance.policy import load_policy
from governance.project import Project, load_project
from governance.vocabulary import Kind

_EXTRAS = {"airflow": "airflow", "great_expectations": "gx", "splink": "splink", "matplotlib": "plot", "psycopg": "postgres"}
Finding = tuple[str, str]


@click.command("doctor")
@common
def doctor(project: Path | None, ledger: str | None, output_format: str, out: Path | None) -> None:
    """Say what is missing, from the project file to attestations; exit 1 if no release, match or gate can be made."""
    home = load_project(project)
    blocking = [*_blocking(home, ledger)]
    advice = [*_advice(home, ledger)]
    if output_format == "json":
        emit_json({"blocking": [list(b) for b in blocking], "advice": [list(a) for a in advice]}, out)
    elif output_format == "markdown":
        rows = [*(("blocks", *found) for found in blocking), *(("note", *found) for found in advice)]
        emit(page("What is missing", table(("weight", "what", "what to do"), rows) if rows else ["Nothing."]), out)
    else:
        lines = [*(f"BLOCKS  {what} -> {fix}" for what, fix in blocking), *(f"note    {what} -> {fix}" for what, fix in advice)]
        emit("\n".join(lines) or "nothing is missing", out)
    if blocking:
        raise click.exceptions.Exit(1)


def _blocking(home: Project, ledger: str | None) -> Iterator[Finding]:
    """What keeps releases, matches and gates from working."""
    from governance.ledger import Ledger
    from governance.matching.waivers import void_waivers

    if home.path is None:
        yield "no governance.yml was found", "run `governance init`, or name one with --project."
    for void in void_waivers(home):
        yield void.message, void.hint
    try:
        found = Ledger.open(ledger, project=home).verify()
    except GovernanceError as problem:
        yield problem.message, problem.hint
        return
    for problem in found.problems:
        yield f"the ledger: {problem}", "restore the ledger from a backup, and find out who changed it."


def _advice(home: Project, ledger: str | None) -> Iterator[Finding]:
    """What a reviewer will ask."""
    from governance.verbs.deciding import decide

    if home.path is not None and not home.controller:
        yield "no controller is named", "write who you are as `controller:`, as consents name you."
    for name, data_set in home.datasets.items():
        place = home.resolve(data_set.location)
        if place and "://" not in place and not Path(place).exists():
            yield f"data set `{name}` is not there yet", f"write {data_set.location}, or correct its location."
        if data_set.mode == "report":
            yield f"data set `{name}` is only reported, not enforced", "set `mode: enforce` when its findings are mended."
    today = datetime.now(UTC).date()
    for number, waiver in enumerate(home.waivers):
        if waiver.expires_at < today:
            yield f"waiver {number + 1} ({waiver.rule}) has expired", "renew it with its approver, or remove it."
    facts = {"subject": "project", "policy_read_at": load_policy().read_at.isoformat()}
    for finding in decide(Subject(kind=Kind.WORKING, columns=(), facts=facts), None, home).findings:
        yield finding.message, finding.hint
    yield from _registers(home, ledger)
    for module, extra in _EXTRAS.items():
        if find_spec(module) is None:
            yield f"{module} is not installed", f"install `post-governance[{extra}]` if you need it."


def _registers(home: Project, ledger: str | None) -> Iterator[Finding]:
    """Attestations that are due, and what each basis of a match still lacks, consents on file included."""
    from governance.ledger import Ledger
    from governance.matching.declaring import lacking
    from governance.matching.waivers import void_waivers

    for clause in load_policy().clauses.values():
        if clause.coverage == "attested" and clause.key not in home.attestations:
            yield f"no attestation for `{clause.key}`", f"{clause.summary} State it under `attestations:`."
    book = None
    if not any(void_waivers(home)):
        with suppress(GovernanceError):  # a ledger that can't be read blocks, and is listed there
            book = Ledger.open(ledger, project=home)
    yield from lacking(home, book)
