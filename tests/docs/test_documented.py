"""What exists is documented, what is documented exists, and every link of the documentation leads somewhere."""

import os
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click import Command, Context, Group, Option

import governance
from governance.adapters.cli import COMMANDS, cli
from governance.model import Report
from governance.policy import load_policy
from governance.project.schema import json_schema
from governance.reporting import report_json
from governance.rules import all_rules
from governance.vocabulary import PLAIN_LABELS, Kind, MatchBasis, Outcome, Provenance

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("docs/**/*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"])
SOURCES = sorted(ROOT.glob("governance/**/*.py"))
_LINK = re.compile(r"(?<!`)!?\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def text_of(name: str) -> str:
    """A page of the documentation."""
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


EVERYTHING = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)


def commands(group: Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Command]]:
    """Every command with its subcommands."""
    context = Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield " ".join((*path, name)), command
        if isinstance(command, Group):
            yield from commands(command, (*path, name))


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_and_options_are_documented(name: str) -> None:
    """The page of the command line has every command, subcommand and option."""
    page = text_of("reference/command-line.md")
    found = {path: command for path, command in commands(cli) if path.split()[0] == name}
    assert found
    for path, command in found.items():
        section = page[page.index(f" governance {path}\n") :]
        options = [flag for parameter in command.params if isinstance(parameter, Option) for flag in parameter.opts]
        assert all(f"`{flag}" in section or f" {flag}" in section for flag in options)


@pytest.mark.parametrize("rule", all_rules().values(), ids=lambda rule: rule.code)
def test_rules_are_documented_and_traced(rule: object) -> None:
    """Every rule has its section with all its examples, and its row from clause to expectation."""
    section = text_of("reference/rules.md").partition(f"## {rule.code} {rule.slug}\n")[2].partition("\n## ")[0]
    assert rule.summary in section
    assert all(example.title in section for example in (*rule.compliant, *rule.violating))
    assert f"[{rule.code} {rule.slug}]" in text_of("reference/traceability.md")


@pytest.mark.parametrize("clause", load_policy().clauses.values(), ids=lambda clause: clause.key)
def test_clauses_are_documented(clause: object) -> None:
    """Every clause has its section with its coverage and, if it is not enforced, the reason."""
    section = text_of("reference/policy.md").partition(f"### {clause.key}\n")[2].partition("\n### ")[0]
    assert clause.summary in section
    assert f"**{clause.coverage.replace('_', ' ')}**" in section
    assert clause.reason in section


def test_environment_variables_are_documented() -> None:
    """Every variable GOVERNANCE_... that the code reads is in the configuration page."""
    read = {name for path in SOURCES for name in re.findall(r"[\"'](GOVERNANCE_[A-Z_]+)[\"']", path.read_text(encoding="utf-8"))}
    assert read
    assert {name for name in read if f"`{name}`" not in text_of("reference/configuration.md")} == set()


def test_events_and_report_keys_are_documented() -> None:
    """Every event that the code writes to the journal, and every key of a report, is on the page of the journal."""
    page = text_of("reference/journal.md")
    written = {name for path in SOURCES for name in re.findall(r"\.record\(\s*\"([a-z._]+)\"", path.read_text(encoding="utf-8"))} - {"note"}
    keys = set(report_json(Report(data_set="x", kind=Kind.POSTS, scanned_rows=0, findings=(), rules={})))
    assert written
    assert {name for name in written | keys if f"| `{name}` |" not in page} == set()


def test_every_key_of_governance_yml_is_documented() -> None:
    """Each key of the schema is in the configuration page."""
    page = text_of("reference/configuration.md")
    keys = {key for node in json_schema()["$defs"].values() for key in node.get("properties", {})}
    assert {key for key in keys if f"| `{key}` |" not in page} == set()


@pytest.mark.parametrize("name", governance.__all__)
def test_public_names_are_documented(name: str) -> None:
    """Every public name is in the Python page by its home, and somebody explains or uses it."""
    home = governance._HOMES[name]
    page = text_of("reference/python.md")
    assert re.search(rf"^::: {re.escape(home)}\.(\w+\.)?{name}$", page, re.MULTILINE)


@pytest.mark.parametrize("word", [*sorted(PLAIN_LABELS), *Kind, *Provenance, *Outcome, *MatchBasis])
def test_words_are_documented(word: str) -> None:
    """Every label, kind, provenance, outcome and basis stands in the documentation."""
    assert f"`{word}`" in EVERYTHING


@pytest.mark.parametrize("name", ["rules", "policy", "traceability", "command-line", "configuration", "labels", "errors", "journal"])
def test_reference_is_what_the_code_says(name: str) -> None:
    """A page made from the code is fresh; `make reference` renews it."""
    made = runpy.run_path(str(ROOT / "tools" / "make_reference.py"))["pages"]()
    assert text_of(f"reference/{name}.md") == made[f"{name}.md"], "run `make reference`"


def test_the_picture_of_the_layers_is_what_the_contract_says() -> None:
    """The drawing of the layers follows the import contract."""
    made = runpy.run_path(str(ROOT / "tools" / "draw_layers.py"))["drawing"]()
    assert text_of("images/layers.svg") == made


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_resolve(page: Path) -> None:
    """Every relative link of a page leads to a file and, where it names one, to a heading that is there."""
    prose = _FENCE.sub("", page.read_text(encoding="utf-8"))
    for link in _LINK.findall(prose):
        if "://" in link or link.startswith("mailto:"):
            continue
        target, _, anchor = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), f"{link} leads nowhere"
        assert not anchor or anchor in anchors(path), f"{link}: no such heading"


def anchors(page: Path) -> set[str]:
    """The ids of a page's headings, as the site makes them."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings}


def test_every_page_is_in_the_menu() -> None:
    """No page of the documentation is out of reach of the menu."""
    menu = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = [str(path.relative_to(ROOT / "docs")) for path in PAGES if path.is_relative_to(ROOT / "docs")]
    assert [page for page in pages if page not in menu] == []


def test_the_site_builds_offline_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    """The documentation builds without a warning, and no page of it fetches a script, a style, a font or a picture from another host."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "built")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    pages = list((tmp_path / "built").rglob("*.html"))
    assert len(pages) > 20
    fetched = re.compile(
        r"<(?:script|img|iframe)[^>]+src=\"(?:https?:)?//|<link[^>]+rel=\"(?:stylesheet|preconnect|preload)\"[^>]+href=\"(?:https?:)?//"
    )
    assert [page.name for page in pages if fetched.search(page.read_text(encoding="utf-8"))] == []


def test_no_page_names_a_registry_or_a_machine() -> None:
    """No host of a package registry and no path of a machine stands in the documentation."""
    hosts = [r"\.".join(parts) for parts in (("pypi", "org"), ("files", r"python\w+"), ("registry", "npm"), ("deb", "debian"))]
    folders = [f"/{name}/" for name in ("home", "root", "work", "tmp")]
    assert not re.search("|".join([*hosts, *folders]), EVERYTHING)


def test_changelog_fragments_have_a_kind() -> None:
    """Every fragment is named after what changed and its kind."""
    kinds = {"feature", "fix", "rule", "deprecation", "docs"}
    fragments = [path for path in (ROOT / "changelog.d").glob("*.md") if path.name != "README.md"]
    assert fragments
    assert all(path.suffixes[-2].lstrip(".") in kinds and path.read_text(encoding="utf-8").strip().endswith(".") for path in fragments)
    drafted = subprocess.run(
        [sys.executable, "-m", "towncrier", "build", "--draft", "--version", "9.9.9"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert all(" ".join(path.read_text(encoding="utf-8").split())[:60] in " ".join(drafted.split()) for path in fragments)
