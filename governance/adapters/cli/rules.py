"""`governance rules`: the rules that run, with their clauses."""

from pathlib import Path

import click

from governance.adapters.cli.options import common, emit, emit_json
from governance.model import Rule


@click.command("rules")
@common
def rules(project: Path | None, ledger: str | None, output_format: str, out: Path | None) -> None:
    """List the rules: code, name, whether the policy says it or we do, and what each asks."""
    from governance.rules import all_rules

    del project, ledger
    known = list(all_rules().values())
    if output_format == "json":
        emit_json([rule_json(rule) for rule in known], out)
    elif output_format == "markdown":
        rows = [f"| {rule.code} | `{rule.slug}` | {rule.ground} | {rule.summary} | `{rule.clause}` |" for rule in known]
        emit("\n".join(["# Rules", "", "| code | rule | ground | what it asks | clause |", "|---|---|---|---|---|", *rows]), out)
    else:
        width = max(len(rule.slug) for rule in known)
        rows = [f"{rule.code}  {rule.slug:{width}}  {rule.ground!s:6}  {rule.summary}" for rule in known]
        emit("\n".join([*rows, "", "`governance explain CODE` tells one with its examples."]), out)


def rule_json(rule: Rule) -> dict[str, object]:
    """A rule as JSON-able data."""
    return {
        "rule": rule.code,
        "name": rule.slug,
        "ground": str(rule.ground),
        "summary": rule.summary,
        "clause": rule.clause,
        "kinds": sorted(str(kind) for kind in rule.kinds),
    }
