"""Every command in every format: JSON parses, Markdown has headings and tables, and a file is written whole."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click import Command, Context, Group
from click.testing import CliRunner, Result

from governance.adapters.cli import cli
from governance.errors import GovernanceError

DAY = "2026-11-24T12:00:00Z"
MATCH = "match --accounts data/accounts.csv --records data/members.csv --on handle=x_handle --purpose member-support"
CALLS = {
    "audit": "audit 0123456789abcdef",
    "baseline": "baseline",
    "check": "check good.csv bad.csv",
    "consent import": "consent import data/withdrawals.csv --objections data/objections.csv",
    "consent show": "consent show",
    "consent withdraw": "consent withdraw c00001",
    "dags": "dags empty",
    "detect": "detect good.csv",
    "doctor": "doctor",
    "explain": "explain LOC001",
    "heat-map": "heat-map data/posts/v2_pages.jsonl --topic #flood --as-of 2026-11-24 --series flood-map",
    "init": "init new",
    "ledger export": "ledger export",
    "ledger verify": "ledger verify",
    "match": f"{MATCH} --as-of {DAY}",
    "policy": "policy",
    "report": "report",
    "rules": "rules",
}
"""How each command is called in a sample project."""
DATA = {"heat-map": "map.html", "match": "edges.csv"}
"""Commands whose --out is data; their result goes to the terminal in any case."""
FORMATS = ("text", "json", "markdown")


def commands(group: Group, path: tuple[str, ...] = ()) -> Iterator[str]:
    """The commands that do something."""
    context = Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, Group):
            yield from commands(command, (*path, name))
        elif isinstance(command, Command):
            yield " ".join((*path, name))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up project with consents on file."""
    folder = tmp_path_factory.mktemp("sample")
    for words in (("init", "--sample", "."), ("consent", "import", "data/consents.csv")):
        subprocess.run([sys.executable, "-m", "governance", *words], cwd=folder, check=True, capture_output=True)
    (folder / "good.csv").write_text("note\nwords\n")
    (folder / "bad.csv").write_text("api_key\nx\n")
    (folder / "empty").mkdir()
    return folder


@pytest.fixture
def project(sample: Path, tmp_path: Path) -> Path:
    """A copy of the sample project, which is the working folder."""
    shutil.copytree(sample, tmp_path, dirs_exist_ok=True)
    return tmp_path


def words_of(name: str) -> list[str]:
    """The words of a command's call; the parts of DAGs need Airflow."""
    if name == "dags":
        pytest.importorskip("airflow")
    return [word.replace("c00001", first_consent()) for word in CALLS[name].split()]


def first_consent() -> str:
    """The id of a consent of the sample."""
    return next(row.split(",")[0] for row in Path("data/consents.csv").read_text().splitlines()[1:])


def call(*words: str) -> Result:
    """Run a command; Airflow's in a process of its own, for it changes the one it is in."""
    if words[0] == "dags":
        done = subprocess.run([sys.executable, "-m", "governance", *words], check=False, capture_output=True)
        return Result(CliRunner(), done.stdout, done.stderr, done.stdout + done.stderr, None, done.returncode, None)
    return CliRunner().invoke(cli, words, catch_exceptions=False)


def holds(text: str, output_format: str) -> bool:
    """Whether a text is in the format that was asked for."""
    if output_format == "json":
        return isinstance(json.loads(text), dict | list)
    heading = bool(re.search(r"^#{1,2} \S", text, re.MULTILINE))
    if output_format == "markdown":
        return heading and bool(re.search(r"^(\|.*\||\* .+|- .+|.+\.)$", text, re.MULTILINE))
    return bool(text.strip()) and not heading


def test_the_calls_are_all_commands() -> None:
    """No command is left out, whatever is added."""
    assert sorted(commands(cli)) == sorted(CALLS)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_every_command_takes_the_shared_options(name: str) -> None:
    """--project, --ledger, --format and --out are there, each with its help."""
    command: Command | None = cli
    for word in name.split():
        assert isinstance(command, Group)
        command = command.get_command(Context(command), word)
    assert command is not None
    options = {flag for parameter in command.params for flag in parameter.opts}
    assert {"--project", "--ledger", "--format", "--out"} <= options


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("output_format", FORMATS)
@pytest.mark.parametrize("name", sorted(CALLS))
def test_formats_on_the_terminal(name: str, output_format: str) -> None:
    """What is printed is in the format that was asked for."""
    done = call(*words_of(name), "--format", output_format)
    assert done.exit_code in {0, 1}, done.output
    assert holds(done.stdout, output_format), done.stdout[:500]


@pytest.mark.parametrize("output_format", FORMATS)
@pytest.mark.parametrize("name", sorted(CALLS))
def test_formats_in_a_file(name: str, output_format: str, project: Path) -> None:
    """--out takes the same, and the terminal nothing; where --out is data, the terminal takes the result."""
    out = project / DATA.get(name, "result")
    before = set(project.iterdir())
    done = call(*words_of(name), "--format", output_format, "--out", out.name)
    assert done.exit_code in {0, 1}, done.output
    if name in DATA:
        assert out.is_file()
        assert holds(done.stdout, output_format), done.stdout[:500]
    elif name == "report" and output_format == "text":
        assert (out / "index.html").is_file()
    else:
        assert done.stdout == ""
        assert holds(out.read_text(), output_format), out.read_text()[:500]
    assert not [path for path in set(project.iterdir()) - before if path.name.startswith(f".{out.name}")], "nothing is left beside it"


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("name", sorted(set(CALLS) - {"report"}))
def test_no_folder_no_work(name: str) -> None:
    """A place whose folder is missing is one sentence before anything is done: the ledger has no new entry."""
    words = words_of(name)
    before = len(call("ledger", "export").stdout.splitlines())
    with pytest.raises(GovernanceError, match="its folder is not there") as told:
        CliRunner().invoke(cli, [*words, "--out", "no/such/place.html"], catch_exceptions=False)
    assert told.value.exit_code == 2
    assert not Path("no").exists()
    assert len(call("ledger", "export").stdout.splitlines()) == before


@pytest.mark.usefixtures("project")
def test_formats_of_one_consent() -> None:
    """One consent's events are a table too, without the identities."""
    row = dict(zip(*(line.split(",") for line in Path("data/consents.csv").read_text().splitlines()[:2]), strict=False))
    shown = call("consent", "show", row["consent_id"], "--format", "markdown").stdout
    assert "| event | at |" in shown
    assert row["x_user_id"] not in shown


def test_the_journal_as_json_is_one_array() -> None:
    """`ledger export --format json` is what json.loads reads; as text it stays one object per line."""
    lines = [json.loads(line) for line in call("ledger", "export").stdout.splitlines()]
    whole = json.loads(call("ledger", "export", "--format", "json").stdout)
    assert [row["event"] for row in lines] == ["ledger.began"] == [row["event"] for row in whole]


def test_init_by_project_and_ledger() -> None:
    """--project names the new folder, --ledger is written down; two places, or a password, are refused."""
    made = json.loads(call("init", "--project", "new/governance.yml", "--ledger", "sqlite:///own.db", "--format", "json").stdout)
    assert made["file"] == "new/governance.yml"
    assert (Path("new") / "own.db").is_file()
    assert 'ledger: "sqlite:///own.db"' in Path("new/governance.yml").read_text()
    for words in (
        ("init", "one", "--project", "other"),
        ("init", "one", "--project", "other.yml"),
        ("init", "one", "--ledger", "postgresql+psycopg://me:secret@host/name"),
        ("init", "one", "--ledger", "what is this"),
    ):
        with pytest.raises(GovernanceError) as told:
            call(*words)
        assert told.value.hint
        assert "secret" not in str(told.value)
        assert not Path("one/governance.yml").exists()
