# ruff: noqa: INP001, T201 - a script to run by hand
"""Write the reference pages from the code: `python tools/make_reference.py`; a test fails while a page is not what the code says."""

import ast
import inspect
import json
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from governance.adapters.cli import COMMANDS, cli
from governance.errors import GovernanceError
from governance.model import Example
from governance.policy import load_policy
from governance.project.schema import json_schema
from governance.rules import all_rules
from governance.vocabulary import PLAIN_LABELS, Ground, Kind, Provenance, family

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "reference"
WORDS = tomllib.loads((Path(__file__).parent / "reference_words.toml").read_text(encoding="utf-8"))
NOTE = "<!-- Made from the code by tools/make_reference.py: change the code, then run `make reference`. -->\n"


def pages() -> dict[str, str]:
    """File name -> Markdown."""
    made = {
        "rules.md": _rules(),
        "policy.md": _policy(),
        "traceability.md": _traceability(),
        "command-line.md": _command_line(),
        "configuration.md": _configuration(),
        "labels.md": _labels(),
        "errors.md": _errors(),
        "journal.md": _journal(),
    }
    return {name: "\n".join([NOTE, *lines]).rstrip() + "\n" for name, lines in made.items()}


def _intro(name: str) -> Iterator[str]:
    yield WORDS["intro"][name].strip() + "\n"


def _rules() -> Iterator[str]:
    yield "# Rules\n"
    yield from _intro("rules")
    for rule in all_rules().values():
        clause = load_policy().clauses[rule.clause]
        said = "policy: can't be waived" if rule.ground is Ground.POLICY else "ours: a reviewer can waive it"
        yield f"## {rule.code} {rule.slug}\n"
        yield f"{rule.summary}\n"
        yield f"* Clause: [{clause.chapter}, {clause.heading}](policy.md#{clause.key})"
        yield f"* Ground: {said}"
        yield f"* Kinds of data set: {', '.join(f'`{kind}`' for kind in sorted(rule.kinds))}\n"
        yield from _examples("Passes", rule.compliant)
        yield from _examples("Does not pass", rule.violating)


def _examples(title: str, examples: Iterable[Example]) -> Iterator[str]:
    for example in examples:
        yield f"{title}: {example.title} (`{example.kind}`)\n"
        if not example.columns:
            yield "".join(f"* {name}: {value}\n" for name, value in example.facts.items())
            continue
        yield f"| {' | '.join(f'{name}' for name in example.columns)} |"
        yield "|" + "---|" * len(example.columns)
        yield f"| {' | '.join(f'`{label}`' for label, _ in example.columns.values())} |"
        for row in range(max(len(values) for _, values in example.columns.values())):
            yield f"| {' | '.join(_cell(values, row) for _, values in example.columns.values())} |"
        yield ""


def _cell(values: list[Any], row: int) -> str:
    value = values[row] if row < len(values) else None
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value, default=str)
    return (text[:60] + "…" if len(text) > 60 else text).replace("|", r"\|")  # noqa: PLR2004 - what fits a table


def _policy() -> Iterator[str]:
    policy = load_policy()
    yield "# The policy, clause by clause\n"
    yield f"The {policy.name} in our words, as it was read on {policy.read_at}: {policy.length:,} bytes, sha256"
    yield f"`{policy.sha256}`. It is to be read again by {policy.due_at}. On the command line: `governance policy`.\n"
    yield "| coverage | clauses | what it means |\n|---|--:|---|"
    meanings = {
        "enforced": "a rule decides it from the data",
        "planned": "a rule is designed and its code is reserved; nothing is checked yet",
        "attested": "a person states it in governance.yml, with evidence and an expiry",
        "out_of_reach": "no data pipeline can see it",
    }
    yield from (f"| {state.replace('_', ' ')} | {count} | {meanings[state]} |" for state, count in policy.coverage().items())
    for chapter, clauses in policy.chapters().items():
        yield f"\n## {chapter}\n"
        for clause in clauses:
            codes = ", ".join(_rule_link(code) for code in clause.rules)
            yield f"### {clause.key}\n"
            yield f"{clause.summary}\n"
            yield f"{clause.heading} · **{clause.coverage.replace('_', ' ')}**{f' · {codes}' if codes else ''}\n"
            if clause.reason:
                yield f"{clause.reason}\n"


def _rule_link(code: str) -> str:
    slug = load_policy().codes[code]
    name = f"{code} {slug}"
    return f"[{name}](rules.md#{code.lower()}-{slug})" if code in all_rules() else name


def _traceability() -> Iterator[str]:
    yield "# Traceability\n"
    yield from _intro("traceability")
    yield "| clause | rule | examples: pass, don't | tasks of `dags/` | suites of `expectations/` |"
    yield "|---|---|---|---|---|"
    tasks, suites = _dag_tasks(), _suites()
    for rule in all_rules().values():
        ran = ", ".join(f"`{task}`" for task, kinds in tasks if kinds & {str(kind) for kind in rule.kinds})
        held = ", ".join(f"`{name}`" for name, codes in suites if rule.code in codes)
        counts = f"{len(rule.compliant)}, {len(rule.violating)}"
        yield f"| [{rule.clause}](policy.md#{rule.clause}) | {_rule_link(rule.code)} | {counts} | {ran} | {held} |"


def _dag_tasks() -> list[tuple[str, set[str]]]:
    """Tasks of the example DAGs and the kinds of data set they check, read from the text of the DAGs."""
    found = []
    for path in sorted((ROOT / "dags").glob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            words = {k.arg: k.value for k in call.keywords} if isinstance(call, ast.Call) else {}
            task, kind = words.get("task_id"), words.get("kind")
            if isinstance(task, ast.Constant) and isinstance(kind, ast.Constant):
                found.append((f"{path.stem}.{task.value}", {str(kind.value)}))
    return found


def _suites() -> list[tuple[str, set[str]]]:
    """Suites and the codes of the rules they hold."""
    codes = set(all_rules())
    files = sorted((ROOT / "expectations").glob("*.json"))
    return [(path.stem, {code for code in codes if f'"{code}"' in path.read_text(encoding="utf-8")}) for path in files]


def _command_line() -> Iterator[str]:
    yield "# Command line\n"
    yield from _intro("command-line")
    context = click.Context(cli, info_name="governance")
    for name in sorted(COMMANDS):
        command = cli.get_command(context, name)
        if command is not None:
            yield from _command(command, ["governance", name])


def _command(command: click.Command, path: list[str]) -> Iterator[str]:
    context = click.Context(command, info_name=" ".join(path))
    yield f"{'#' * len(path)} {' '.join(path)}\n"
    yield f"```\n{' '.join([*path, *command.collect_usage_pieces(context)])}\n```\n"
    yield f"{inspect.cleandoc(command.help or '')}\n"
    options = [p.get_help_record(context) for p in command.params if isinstance(p, click.Option) and not p.hidden]
    rows = [record for record in options if record]
    if rows:
        yield "| option | what it does |\n|---|---|"
        yield from (f"| `{_table(name)}` | {_table(text)} |" for name, text in rows)
        yield ""
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from _command(child, [*path, name])


def _table(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ")


def _configuration() -> Iterator[str]:
    schema = json_schema()["$defs"]
    yield "# Configuration\n"
    yield "## governance.yml\n"
    yield from _intro("configuration")
    for name, keys in WORDS["keys"].items():
        node = schema[name]
        _same(f"keys of {name}", set(keys), set(node["properties"]))
        yield f"### {_KEY_OF.get(name, name)}\n"
        yield f"{node['description']}\n"
        yield "| key | what it is | type | default |\n|---|---|---|---|"
        for key, told in keys.items():
            shape = node["properties"][key]
            need = "required" if key in node.get("required", []) else f"`{json.dumps(shape.get('default'))}`"
            yield f"| `{key}` | {_table(told)} | {_type(shape)} | {need} |"
        yield ""
    _same("kinds", set(WORDS["kinds"]), {str(kind) for kind in Kind})
    yield "### Kinds of data set\n"
    yield "| kind | what it is for |\n|---|---|"
    yield from (f"| `{kind}` | {told} |" for kind, told in WORDS["kinds"].items())
    _same("provenance", set(WORDS["provenance"]), {str(p) for p in Provenance})
    yield "\n### Provenance\n"
    yield "From best to worst. Only the first three can match people without express opt-in consent.\n"
    yield "| provenance | what it says |\n|---|---|"
    yield from (f"| `{name}` | {told} |" for name, told in WORDS["provenance"].items())
    yield "\n## Environment variables\n"
    yield "| variable | what it does |\n|---|---|"
    yield from (f"| `{name}` | {told} |" for name, told in WORDS["environment"].items())


_KEY_OF = {
    "ProjectFile": "Top level",
    "Limits": "thresholds",
    "Purpose": "purposes",
    "Scope": "scopes",
    "Source": "sources",
    "Expectation": "expectations",
    "DataSet": "datasets",
    "ColumnDeclaration": "columns of a data set",
    "Recipient": "recipients",
    "Attestation": "attestations",
    "Waiver": "waivers",
    "Releases": "releases",
    "SeriesApproval": "series of releases",
    "ApprovedMap": "approves of a series",
}


def _type(shape: dict[str, Any]) -> str:
    if "$ref" in shape:
        return shape["$ref"].rpartition("/")[2].replace("ColumnDeclaration", "column")
    if "enum" in shape:
        return ", ".join(f"`{value}`" for value in shape["enum"])
    if "anyOf" in shape:
        return _type(next(option for option in shape["anyOf"] if option.get("type") != "null"))
    if shape.get("type") == "array":
        return f"list of {_type(shape['items'])}" if isinstance(shape.get("items"), dict) else "list"
    if shape.get("type") == "object":
        return f"name: {_type(shape['additionalProperties'])}" if isinstance(shape.get("additionalProperties"), dict) else "mapping"
    return str(shape.get("format") or shape.get("type"))


def _labels() -> Iterator[str]:
    told = WORDS["labels"]
    _same("labels", set(told), set(PLAIN_LABELS) | {"location.cell:N"})
    yield "# Labels\n"
    yield from _intro("labels")
    yield "| label | what it is | family |\n|---|---|---|"
    yield from (f"| `{label}` | {text} | {family(label)} |" for label, text in told.items())


def _errors() -> Iterator[str]:
    yield "# Errors\n"
    yield "Every error is a `GovernanceError`, holds no value of the data, says what to do instead, and survives pickling.\n"
    yield "| error | when | exit code |\n|---|---|--:|"
    for error in (GovernanceError, *GovernanceError.__subclasses__()):
        if error.__module__ == "governance.errors":
            yield f"| `{error.__name__}` | {_table((error.__doc__ or '').splitlines()[0])} | {error.exit_code} |"
    yield ""
    yield from _intro("errors")
    yield "## Outcomes\n"
    yield "| outcome | what it means | enforced as |\n|---|---|---|"
    yield "| `pass` | every rule that applies is kept | go on |"
    yield "| `fail` | a rule is broken | stop |"
    yield "| `review` | a person has to look: the detector is not sure, or a date has passed | stop |"
    yield "| `open` | it could not be decided: a number could not be measured, nothing was there to check | stop |"
    yield "| `notApplicable` | the rule has nothing to say on this data set | |"


def _journal() -> Iterator[str]:
    yield "# Journal and reports\n"
    yield "## Events of the journal\n"
    yield from _intro("journal")
    yield "| event | what happened |\n|---|---|"
    yield from (f"| `{name}` | {told} |" for name, told in WORDS["events"].items())
    yield "\n## JSON of a report\n"
    yield from _intro("report")
    yield "| key | what it is |\n|---|---|"
    for key, told in WORDS["report"].items():
        yield f"| `{key}` | {told} |"


def _same(what: str, told: set[str], real: set[str]) -> None:
    if told != real:
        raise SystemExit(f"tools/reference_words.toml, {what}: add {sorted(real - told)}, remove {sorted(told - real)}")


def main() -> None:
    """Write the pages."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (TARGET / name).write_text(text, encoding="utf-8")
    print(f"{len(pages())} pages in {TARGET.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
