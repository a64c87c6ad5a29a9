"""`governance match`: link accounts and records where a basis permits it, or sweep what was linked before."""

from pathlib import Path
from typing import Any

import click

from governance.adapters.cli.markdown import facts, plain
from governance.adapters.cli.options import FILE, emit, emit_json, sharing
from governance.adapters.cli.output_place import checked_place
from governance.errors import BadRequest
from governance.vocabulary import Kind


@click.command("match")
@click.option("--accounts", type=FILE, help="The X side: user_id, handle, state, state_checked_at, ...")
@click.option("--records", type=FILE, help="The off-X side, as governance.yml declares it.")
@click.option("--on", multiple=True, help="ACCOUNT_COLUMN=RECORD_COLUMN; `a=b+c=d` must agree as a whole; repeat for alternatives.")
@click.option("--purpose", help="A purpose that governance.yml declares.")
@click.option("--method", type=click.Choice(["exact", "splink"]), default="exact", show_default=True, help="How values are compared.")
@click.option("--settings", type=FILE, help="Splink's settings (JSON), for --method splink.")
@click.option("--data-set", help="The records' data set in governance.yml; else found by location.")
@click.option("--as-of", help="The association time (ISO); now by default.")
@click.option("--sweep", is_flag=True, help="Decide every registered edge again; unlink or suspend what has no live basis.")
@click.option("--downstream", multiple=True, help="Register a file or URL#table that holds edges, for sweeps.")
@sharing(writes=Kind.MATCHES)
def match(
    project: Path | None,
    ledger: str | None,
    output_format: str,
    out: Path | None,
    *,
    sweep: bool,
    downstream: tuple[str, ...],
    **asked: Any,  # noqa: ANN401 - the options of a match, passed on as they are
) -> None:
    """Match X accounts with off-X records; edges go to --out (.parquet, .csv, .jsonl), counts to the terminal."""
    from governance.verbs.pairing import register_downstream

    for place in downstream:
        register_downstream(place, project, ledger)
    if sweep:
        _sweep(project, ledger, output_format, out, asked)
    elif asked["accounts"] or asked["records"] or not downstream:
        _match(project, ledger, output_format, out, asked)
    else:
        _show({"registered": list(downstream)}, output_format, out)


def _match(project: Path | None, ledger: str | None, output_format: str, out: Path | None, asked: dict[str, Any]) -> None:
    from governance.verbs.pairing import match as run

    missing = [name for name in ("accounts", "records", "on", "purpose") if not asked[name]]
    if missing:
        raise BadRequest(
            f"a match needs --{missing[0]}.", "governance match --accounts A --records R --on handle=x_handle --purpose P --out M."
        )
    found = run(
        asked["accounts"],
        asked["records"],
        list(asked["on"]),
        asked["purpose"],
        asked["method"],
        asked["settings"],
        project,
        ledger,
        asked["as_of"],
        data_set=asked["data_set"],
        out=out,
    )
    _show(found.summary() | ({"out": str(out)} if out else {}), output_format, None)


def _sweep(project: Path | None, ledger: str | None, output_format: str, out: Path | None, asked: dict[str, Any]) -> None:
    from governance.verbs.pairing import sweep_matches

    if out is not None:
        checked_place({"out": out, "project": project, "ledger": ledger})
    report = sweep_matches(asked["accounts"], asked["records"], project, ledger, asked["as_of"], data_set=asked["data_set"])
    _show(report.summary(), output_format, out)


def _show(tree: dict[str, Any], output_format: str, out: Path | None) -> None:
    if output_format == "json":
        emit_json(tree, out)
    elif output_format == "markdown":
        emit(facts("Match", tree), out)
    else:
        emit("\n".join(f"{name}: {'null' if value is None else plain(value)}" for name, value in tree.items()), out)
