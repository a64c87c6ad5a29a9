"""The runner of documentation examples notices every way in which a page can be wrong."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNNER = runpy.run_path(str(ROOT / "conftest.py"))


def run(folder: Path, text: str) -> None:
    """Run a page's examples as the test suite does."""
    page = folder / "page.md"
    page.write_text(text, encoding="utf-8")
    for example in RUNNER["document_of"](page).examples():
        example.evaluate()


def test_a_right_page_runs(tmp_path: Path) -> None:
    """Blocks share a namespace, shells write into the page's folder, output is compared, exit codes are expected, files are written."""
    run(
        tmp_path,
        "```python\nn = 2\n```\n\n```python\nassert n == 2\n```\n\n"
        "```bash\necho one; echo two > kept.txt\n```\n\n```text\no...\n```\n\n"
        "<!-- exit: 1 -->\n```bash\nfalse\n```\n\n<!-- file: a/b.py -->\n```python\nraise ValueError\n```\n\n"
        "```yaml\nversion: 1\n```\n",
    )
    assert Path("kept.txt").read_text(encoding="utf-8") == "two\n"
    assert Path("a/b.py").is_file()
    assert Path("governance.yml").read_text(encoding="utf-8") == "version: 1\n"


@pytest.mark.parametrize(
    "text",
    [
        "```python\nassert 1 == 2\n```\n",
        "```python\nundefined\n```\n",
        "```bash\nfalse\n```\n",
        "<!-- exit: 1 -->\n```bash\ntrue\n```\n",
        "```bash\necho one\n```\n\n```text\ntwo\n```\n",
        "```text\nnothing printed this\n```\n",
        "```bash\necho SomeWarning >&2\n```\n",
    ],
    ids=["assertion", "name", "exit", "no exit", "output", "output of nothing", "warning"],
)
def test_a_wrong_page_fails(tmp_path: Path, text: str) -> None:
    """A failing assertion, an unknown name, a wrong exit code, other output or a warning each fail the page."""
    with pytest.raises((AssertionError, NameError)):
        run(tmp_path, text)


@pytest.mark.parametrize("page", sorted([*ROOT.glob("docs/**/*.md"), ROOT / "README.md"]), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_block_of_code_escapes(page: Path) -> None:
    """Every fenced block of a page has a language that runs or is compared, `console` with a running service, or none for a picture."""
    lines = page.read_text(encoding="utf-8").splitlines()
    opened = [line.strip() for line in lines if line.strip().startswith("```")][::2]
    known = {"```", "```python", "```bash", "```text", "```yaml", "```console"}
    assert set(opened) <= known
