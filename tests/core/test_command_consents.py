"""Consents on the command line: hints that work, tables of other spreadsheets, and no consent taken for an objection."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from governance.adapters.cli import cli
from governance.content.synthetic import write_people
from governance.errors import BadRequest


@pytest.fixture(autouse=True)
def people() -> None:
    """Made-up consents of a declared controller."""
    write_people(Path(), 2026)
    Path("governance.yml").write_text("version: 1\ncontroller: Example Ltd\npurposes:\n  member-support: {description: answer members}\n")


def run(*words: str) -> dict[str, int]:
    """Run a command and read its JSON."""
    return json.loads(CliRunner().invoke(cli, [*words, "--format", "json"], catch_exceptions=False).stdout)


@pytest.mark.parametrize("words", [("withdraw", "nope"), ("show", "nope")])
def test_an_unknown_consent_is_looked_up_where_ids_are(words: tuple[str, str]) -> None:
    """The hint leads to the imported file, whose ids then work; the ledger lists counts alone."""
    run("consent", "import", "consents.csv")
    with pytest.raises(BadRequest) as refused:
        run("consent", *words)
    assert "`consent_id` of the file that was imported" in refused.value.hint
    known = Path("consents.csv").read_text().splitlines()[1].split(",")[0]
    assert known not in json.dumps(run("consent", "show"))
    assert run("consent", words[0], known)


def test_semicolons_separate_columns_too() -> None:
    """A file of another spreadsheet is read like one with commas: the same events, none twice."""
    added = run("consent", "import", "consents.csv")
    rows = Path("consents.csv").read_text().splitlines()
    header = rows[0].split(",")
    lists = {at for at, name in enumerate(header) if name in {"purposes", "id_kinds", "attributes", "notice_topics"}}
    cells = [[f'"{cell}"' if at in lists else cell for at, cell in enumerate(row.split(","))] for row in rows]
    Path("other.csv").write_text("\n".join(";".join(row) for row in cells) + "\n")
    again = run("consent", "import", "other.csv")
    assert (again[0]["added"], again[0]["known"]) == ({}, sum(added[0]["added"].values()))


def test_consents_are_no_objections() -> None:
    """A file of consents under --objections is refused, and nothing of it is stored."""
    with pytest.raises(BadRequest, match="consents, not of objections") as refused:
        run("consent", "import", "--objections", "consents.csv")
    assert refused.value.hint
    assert run("consent", "show")["objections"] == 0
