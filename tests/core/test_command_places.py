"""Where --out may go: never over an input, the project's own files or other declared data; and what the system refuses is one sentence."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from governance.adapters.cli import cli, ending
from governance.errors import BadRequest
from governance.ledger import Ledger

PROJECT = """version: 1
controller: Example Ltd
purposes:
  support: {description: answer members who write to us}
datasets:
  crm: {kind: records, location: data/crm.csv, columns: {customer_id: {holds: off_x.person}}}
  store: {kind: posts, location: data/store}
  matches: {kind: matches, location: data/matches.csv}
  map: {kind: heat_map, location: data/map.csv}
"""
HEAT_MAP = "heat-map posts.csv --topic #flood --as-of 2026-11-24"
MATCH = "match --accounts accounts.csv --records data/crm.csv --on handle=x_handle --purpose support"
CALLS = (
    f"{HEAT_MAP} --out posts.csv",
    f"{HEAT_MAP} --out ./sub/../posts.csv",
    f"{HEAT_MAP} --out link.csv",
    f"{HEAT_MAP} --out hard.csv",
    f"{HEAT_MAP} --regions regions.geojson --out regions.geojson",
    f"{HEAT_MAP} --out data/matches.csv",
    f"{HEAT_MAP} --out data/store/part.parquet",
    f"{MATCH} --out accounts.csv",
    f"{MATCH} --out data/crm.csv",
    f"{MATCH} --out data/map.csv",
    "match --sweep --out data/matches.csv",
    "check posts.csv --out posts.csv",
    "check good.csv posts.csv --out posts.csv",
    "check data/store --out data/store/part.parquet",
    "detect posts.csv --out posts.csv",
    "audit posts.csv --out posts.csv",
    "audit 0123456789abcdef --posts posts.csv --out posts.csv",
    "consent import good.csv --out good.csv",
    "consent import --objections good.csv --out good.csv",
    "dags dags --out dags/one.py",
    "rules --out governance.yml",
    "policy --format json --out .governance/key",
    "explain LOC001 --out ledger.db",
    "doctor --out data/crm.csv",
    "baseline --out governance-baseline.json",
    "report --format json --out governance.yml",
    "rules --project other --out other/governance.yml",
    "rules --ledger sqlite:///second.db --out second.db",
)


def digests() -> dict[str, str]:
    """Every file of the folder with its digest."""
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(Path().rglob("*")) if path.is_file()}


@pytest.fixture
def project() -> None:
    """A project with one file of each kind."""
    for folder in ("sub", "data/store", "dags", "other"):
        Path(folder).mkdir(parents=True)
    Path("governance.yml").write_text(PROJECT + "ledger: sqlite:///ledger.db\n")
    Path("other/governance.yml").write_text("version: 1\n")
    names = "posts.csv accounts.csv good.csv regions.geojson second.db governance-baseline.json data/crm.csv data/matches.csv data/map.csv"
    for name in [*names.split(), "data/store/part.parquet", "dags/one.py"]:
        Path(name).write_text(f"what is in {name}\n")
    Path("link.csv").symlink_to("posts.csv")
    os.link("posts.csv", "hard.csv")
    Ledger.open(project=Path())


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("words", CALLS)
def test_out_overwrites_nothing_that_matters(words: str) -> None:
    """Exit 2 with a hint, and every file is what it was: the inputs, governance.yml, the ledger (no entry), the key, other data."""
    before = digests()
    with pytest.raises(BadRequest, match="would be overwritten") as refused:
        CliRunner().invoke(cli, words.split(), catch_exceptions=False)
    assert refused.value.hint == "name another place with --out."
    assert digests() == before


@pytest.mark.usefixtures("project")
def test_out_replaces_what_it_wrote_before() -> None:
    """A result may be written again, and a command that writes a kind of data may write where that kind is declared."""
    for _ in range(2):
        assert CliRunner().invoke(cli, ["rules", "--out", "rules.txt"]).exit_code == 0
    with pytest.raises(BadRequest) as refused:
        CliRunner().invoke(cli, [*MATCH.split(), "--out", "data/matches.csv"], catch_exceptions=False)
    assert "overwritten" not in str(refused.value)


@pytest.mark.parametrize("words", ["rules --out folder", "check good.csv --out folder", "report --out good.csv"])
def test_a_folder_is_no_file_and_a_file_no_folder(words: str) -> None:
    """What is there already has to be of the same kind."""
    Path("folder").mkdir()
    Path("good.csv").write_text("note\nwords\n")
    with pytest.raises(BadRequest, match=r"is a (folder|file)"):
        CliRunner().invoke(cli, words.split(), catch_exceptions=False)


def test_a_broken_project_does_not_hide_its_file() -> None:
    """governance.yml is not overwritten even if it can't be read."""
    Path("governance.yml").write_text("version: [")
    with pytest.raises(BadRequest):
        CliRunner().invoke(cli, ["rules", "--project", ".", "--out", "governance.yml"], catch_exceptions=False)
    assert Path("governance.yml").read_text() == "version: ["


@pytest.mark.parametrize("words", ["check", "detect", "heat-map --topic a", "rules --out", "rules --project", "consent import", "init"])
def test_an_empty_path_is_not_the_working_folder(words: str) -> None:
    """A variable that is not set is told, and reads nothing."""
    done = CliRunner().invoke(cli, [*words.split(), ""])
    assert done.exit_code == 2
    assert "the path is empty" in done.output
    assert not list(Path().iterdir())


def test_a_sample_that_cannot_be_written_is_one_sentence() -> None:
    """`init --sample` into a place that is taken or not ours: the path and the reason, and no governance.yml."""
    Path("taken").mkdir()
    Path("taken/data").write_text("a file where a folder goes\n")
    done = subprocess.run([sys.executable, "-m", "governance", "init", "taken", "--sample"], check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("governance: taken/data")
    assert "Hint:" in done.stderr
    assert "unforeseen" not in done.stderr
    assert not Path("taken/governance.yml").exists()


def test_a_project_needs_its_files_to_begin() -> None:
    """A look at files that are not there leaves no empty folder behind."""
    with pytest.raises(BadRequest, match="nowhere"):
        CliRunner().invoke(cli, ["init", "new", "--match", "nowhere.csv", "nowhere.csv"], catch_exceptions=False)
    assert not Path("new").exists()


def test_what_the_system_refuses_names_the_path() -> None:
    """An OSError that nobody foresaw is told by its path and reason; one without a path, or any other error, by its place alone."""
    told = {
        OSError(30, "Read-only file system", "here/data"): "here/data: read-only file system. Hint: ",
        OSError(28, "No space left on device", b"here/data"): "here/data: no space left on device. Hint: ",
    }
    for problem, said in told.items():
        assert ending._of_system(problem).startswith(said)
    for problem in (OSError("what is in a cell"), ValueError("what is in a cell")):
        try:
            raise problem
        except (OSError, ValueError) as raised:
            said = ending._of_system(raised) if isinstance(raised, OSError) else ending._unforeseen(raised)
        assert "cell" not in said
        assert "unforeseen" in said
