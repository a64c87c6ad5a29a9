"""`governance policy`: every clause of the policy and what this library does about it."""

from collections.abc import Iterable
from pathlib import Path

import click

from governance.adapters.cli.options import common, emit, emit_json
from governance.model import Clause
from governance.policy import Coverage, Policy, load_policy


@click.command("policy")
@click.option("--coverage", type=click.Choice([str(c) for c in Coverage]), help="Only the clauses with this coverage.")
@common
def policy(coverage: str | None, project: Path | None, ledger: str | None, output_format: str, out: Path | None) -> None:
    """Show the coverage table: each clause of the policy, enforced, planned, attested or out of reach."""
    del project, ledger
    known = load_policy()
    clauses = [clause for chapter in known.chapters().values() for clause in chapter if coverage in {None, clause.coverage}]
    if output_format == "json":
        emit_json(_tree(known, clauses), out)
        return
    emit((_markdown if output_format == "markdown" else _text)(known, clauses), out)


def _tree(known: Policy, clauses: Iterable[Clause]) -> dict[str, object]:
    fields = ("key", "chapter", "heading", "summary", "coverage", "reason")
    return {
        "policy": {**known.facts(), "length": known.length, "read_again_by": known.due_at.isoformat()},
        "coverage": known.coverage(),
        "clauses": [
            {name: getattr(clause, name) for name in fields} | {"rules": [{"code": c, "name": known.codes[c]} for c in clause.rules]}
            for clause in clauses
        ],
    }


def _head(known: Policy) -> str:
    counts = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in known.coverage().items())
    return f"{known.name}, read {known.read_at}: {len(known.clauses)} clauses, {counts}."


def _text(known: Policy, clauses: Iterable[Clause]) -> str:
    lines, chapter = [_head(known)], ""
    for clause in clauses:
        if clause.chapter != chapter:
            chapter = clause.chapter
            lines += ["", chapter]
        lines.append(f"  {clause.coverage.replace('_', ' '):12}  {clause.key:31}  {', '.join(clause.rules)}".rstrip())
    return "\n".join([*lines, "", "`governance policy --format markdown` adds the summaries and the reasons."])


def _markdown(known: Policy, clauses: Iterable[Clause]) -> str:
    lines = ["# Policy", "", _head(known), "", "| clause | chapter, heading | what it asks | coverage | rules |", "|---|---|---|---|---|"]
    for clause in clauses:
        told = f"{clause.summary} *{clause.reason}*" if clause.reason else clause.summary
        place = f"{clause.chapter}, {clause.heading}"
        lines.append(f"| `{clause.key}` | {place} | {told} | {clause.coverage.replace('_', ' ')} | {', '.join(clause.rules)} |")
    return "\n".join(lines)
