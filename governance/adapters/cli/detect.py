"""`governance detect PATH...`: what each column of a file holds."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from governance.adapters.cli.options import FILE, common, emit, emit_json

if TYPE_CHECKING:
    from governance.detection import Detected, Detection


@click.command("detect")
@click.argument("paths", nargs=-1, required=True, type=FILE)
@common
def detect(paths: tuple[Path, ...], project: Path | None, ledger: str | None, output_format: str, out: Path | None) -> None:  # noqa: ARG001
    """Say what each column of a file holds: location, off-X identifiers, X Content. Prints no values; exits 0 if the files can be read."""
    from governance.verbs.detecting import detect as run

    found = [run(path, project) for path in paths]
    if output_format == "json":
        trees = [one.to_json() for one in found]
        emit_json(trees[0] if len(trees) == 1 else trees, out)
    else:
        write = as_markdown if output_format == "markdown" else as_text
        emit("\n\n".join(write(one) for one in found), out)


def as_text(detection: "Detection") -> str:
    """A detection for the terminal."""
    from governance.detection.evidence import shown

    rows = [(shown(c.column), c.holds, c.tier or "-", str(c.status), why(c)) for c in detection]
    head = ("column", "holds", "tier", "status", "why")
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(4)]
    lines = ["  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]).rstrip() for row in [head, *rows]]
    lines += [f"outside the rows: {one['channel']} ({one['where']}) {one['holds']} {one['status']}" for one in detection.outside_rows]
    count = len(detection.found)
    return "\n".join(
        [f"{shown(detection.data_set)}: {count} of {len(rows)} columns hold something, {detection.scanned_rows:,} rows read", *lines]
    )


def as_markdown(detection: "Detection") -> str:
    """A detection as a Markdown table."""
    from governance.detection.evidence import shown

    lines = [f"## {shown(detection.data_set)}", "", "| column | holds | tier | status | why |", "| --- | --- | --- | --- | --- |"]
    lines += [f"| `{shown(c.column)}` | {c.holds} | {c.tier or '-'} | {c.status} | {why(c)} |" for c in detection]
    lines += [
        "",
        *(f"* outside the rows: {one['channel']} ({one['where']}) {one['holds']}, {one['status']}" for one in detection.outside_rows),
    ]
    return "\n".join(lines)


def why(column: "Detected") -> str:
    """What a verdict stands on: the header, the values, and the numbers of the tests."""
    best = column.best
    if best is None:
        return ""
    sides = " and ".join(side for side, said in (("header", best.header), ("values", best.values)) if said)
    tests = ", ".join(f"{test.name} {test.statistic:g}" for test in best.tests)
    where = f" in {best.path.count('.') + best.path.count('[')} levels" if best.path else ""
    return f"{best.what}{where} by {sides or 'structure'}" + (f" ({tests})" if tests else "")
