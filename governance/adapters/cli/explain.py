"""`governance explain LOC001`: one rule with its clause, its ground and its examples."""

from collections.abc import Iterator
from pathlib import Path

import click

from governance.adapters.cli.options import common, emit, emit_json
from governance.adapters.cli.rules import rule_json
from governance.errors import BadRequest
from governance.model import Example, Rule
from governance.policy import Policy, load_policy
from governance.vocabulary import Ground


@click.command("explain")
@click.argument("code")
@common
def explain(code: str, project: Path | None, ledger: str | None, output_format: str, out: Path | None) -> None:
    """Tell one rule by its CODE or name: what it asks, which clause it stands on, what passes and what fails."""
    from governance.rules import all_rules

    del project, ledger
    known = load_policy()
    wanted = next((c for c, slug in known.codes.items() if code.upper() == c or code == slug), None)
    if wanted is None:
        raise BadRequest(f"no rule is called `{code}`.", "`governance rules` lists them.")
    rule = all_rules().get(wanted)
    if output_format == "json":
        emit_json(_tree(known, wanted, rule), out)
    else:
        emit("\n".join(_lines(known, wanted, rule, "#" if output_format == "markdown" else "")), out)


def _tree(known: Policy, code: str, rule: Rule | None) -> dict[str, object]:
    clause = known.clause_of(code)
    about = rule_json(rule) if rule else {"rule": code, "name": known.codes[code], "clause": clause.key if clause else ""}
    examples = {name: [_example_json(e) for e in getattr(rule, name)] for name in ("compliant", "violating")} if rule else {}
    return {**about, "coverage": clause.coverage if clause else "", "reason": clause.reason if clause else "", **examples}


def _example_json(example: Example) -> dict[str, object]:
    return {"title": example.title, "kind": str(example.kind), "columns": {n: label for n, (label, _) in example.columns.items()}}


def _lines(known: Policy, code: str, rule: Rule | None, mark: str) -> Iterator[str]:
    yield f"{mark} {code} {known.codes[code]}".strip()
    clause = known.clause_of(code)
    if rule:
        yield f"\n{rule.summary}"
    if clause:
        yield f"\nClause: {clause.chapter}, {clause.heading} ({clause.key})\n        {clause.summary}"
    if rule is None:
        told = f"{clause.coverage}. {clause.reason}" if clause else ""
        yield f"\nNo rule decides this from data. Coverage: {told}"
        return
    said = "the policy says it; it can't be waived" if rule.ground is Ground.POLICY else "a choice of ours; a reviewer can waive it"
    yield f"Ground: {rule.ground} ({said})"
    yield f"Kinds:  {', '.join(sorted(str(kind) for kind in rule.kinds))}"
    for title, examples in (("Passes", rule.compliant), ("Fails", rule.violating)):
        if examples:
            yield f"\n{mark * 2} {title}".rstrip() if mark else f"\n{title}:"
            yield from (_example_line(example, mark) for example in examples)


def _example_line(example: Example, mark: str) -> str:
    columns = ", ".join(f"{name} [{label}]" for name, (label, _) in example.columns.items()) or "no columns"
    return f"{'*' if mark else ' '} {example.title} ({example.kind}): {columns}"
