"""Every code block of the documentation and every example in a docstring runs as a test: one test per file, in the order of the page.

In Markdown, by the language of a block:

* `python`: all blocks of a page share one namespace;
* `bash`: runs in a shell and must exit with 0, or with the code that an HTML comment above it names, `<!-- exit: 1 -->`;
* `text`: what the block above printed; `...` stands for anything;
* a comment above a block, `<!-- file: dags/flood.py -->`, writes it to that file instead of running it;
* `console`: a session with a running service, shown and not run;
* `yaml`: a block that starts with `version: 1` is written to governance.yml.

Each page runs in a folder of its own.
"""

import atexit
import doctest
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sybil import Document, Example, Sybil
from sybil.document import PythonDocStringDocument
from sybil.evaluators.python import PythonEvaluator
from sybil.example import SybilFailure
from sybil.parsers.markdown import CodeBlockParser, SkipParser
from sybil.parsers.rest import DocTestParser

ROOT = Path(__file__).parent
FRAMEWORKS = {"airflow": "airflow", "great_expectations": "great_expectations"}
"""Frameworks that warn on their own account: examples of their adapters and pages share the process of the adapter's tests."""
if "AIRFLOW_HOME" not in os.environ:
    os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="governance-examples-")
    atexit.register(shutil.rmtree, os.environ["AIRFLOW_HOME"], ignore_errors=True)
os.environ.setdefault("GX_ANALYTICS_ENABLED", "False")
PAGES = ("README.md", "CONTRIBUTING.md")
_EXIT = re.compile(r"<!-- exit: (\d) -->\s*\Z")
_FILE = re.compile(r"<!-- file: (\S+) -->\s*\Z")


class ExampleError(AssertionError):
    """An example did not do what its page says."""


def run_shell(example: Example) -> None:
    """Run a block in bash, in the page's folder, with this environment's commands."""
    before = example.document.text[: example.region.start]
    wanted = int(found.group(1)) if (found := _EXIT.search(before)) else 0
    paths = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": paths, "COLUMNS": "120", "AIRFLOW_HOME": str(Path(".airflow").resolve())}
    command = ["/bin/bash", "-euo", "pipefail", "-c", str(example.parsed)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, check=False)  # noqa: S603 - our own pages
    example.namespace["printed"] = done.stdout
    if done.returncode != wanted or "Warning" in done.stderr:
        raise ExampleError(f"line {example.line}: exit {done.returncode}, not {wanted}:\n{done.stdout}{done.stderr}")


def run_python(example: Example) -> None:
    """Run a block in the page's namespace, or write it to the file that a comment above it names."""
    found = _FILE.search(example.document.text[: example.region.start])
    if found is None:
        PythonEvaluator()(example)
        return
    path = Path(found.group(1))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(str(example.parsed), encoding="utf-8")


def compare_output(example: Example) -> None:
    """Compare what the block above printed."""
    printed = example.namespace.pop("printed", None)
    if printed is None:
        raise ExampleError("no command above prints this; use a block without a language for pictures")
    wanted = str(example.parsed)
    if not doctest.OutputChecker().check_output(wanted.strip() + "\n", printed.strip() + "\n", doctest.ELLIPSIS):
        raise ExampleError(f"line {example.line} expects:\n{wanted}\nprinted:\n{printed}")


def keep_project(example: Example) -> None:
    """Write a governance.yml that a page shows, so that the commands below it use it."""
    text = str(example.parsed)
    if text.startswith("version: 1"):
        Path("governance.yml").write_text(text, encoding="utf-8")


PROSE = Sybil(
    parsers=[
        CodeBlockParser("python", run_python),
        CodeBlockParser("bash", run_shell),
        CodeBlockParser("text", compare_output),
        CodeBlockParser("yaml", keep_project),
        SkipParser(),
    ],
)
SOURCE = Sybil(parsers=[DocTestParser(doctest.ELLIPSIS)], document_types={".py": PythonDocStringDocument})


class ExampleFile(pytest.File):
    """A page or a module whose examples are one test."""

    def collect(self) -> Iterator[pytest.Item]:
        """One test for the whole file."""
        item = ExampleItem.from_parent(self, name="examples")
        places = {*self.path.parent.parts, self.path.stem.replace("-", "_")}
        group = next((group for name, group in FRAMEWORKS.items() if name in places), None)
        if group:
            item.add_marker(pytest.mark.filterwarnings("error:::governance"))
            item.add_marker(pytest.mark.filterwarnings("ignore"), append=False)
            item.add_marker(pytest.mark.xdist_group(group))
        yield item


class ExampleItem(pytest.Item):
    """All examples of a file, in order, in one namespace."""

    def runtest(self) -> None:
        """Run them in a fresh folder, without the settings of the machine."""
        folder = self.config._tmp_path_factory.mktemp("examples")  # type: ignore[attr-defined]  # noqa: SLF001 - what tmp_path uses too
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            for name in ("GOVERNANCE_PROJECT", "GOVERNANCE_LEDGER", "GOVERNANCE_KEY_FILE"):
                patch.delenv(name, raising=False)
            document = document_of(self.path)
            try:
                for example in document.examples():
                    example.evaluate()
            finally:
                document.namespace.clear()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ANN401 - pytest's own types
        """What the example printed or raised; Sybil's message names the file and the line."""
        return (
            str(excinfo.value)
            if isinstance(excinfo.value, SybilFailure | ExampleError)
            else super().repr_failure(excinfo, style or "short")
        )

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it stands."""
        return self.path, 0, f"examples of {self.path.relative_to(ROOT)}"


def document_of(path: Path) -> Document:
    """A file with its examples in order."""
    return (SOURCE if path.suffix == ".py" else PROSE).parse(path)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ExampleFile | None:
    """Collect the pages of the documentation and the modules with examples."""
    inside = file_path.relative_to(ROOT).parts if file_path.is_relative_to(ROOT) else ()
    page = file_path.suffix == ".md" and (inside[:1] == ("docs",) or inside in {(name,) for name in PAGES})
    module = file_path.suffix == ".py" and inside[:1] == ("governance",) and ">>> " in file_path.read_text(encoding="utf-8")
    return ExampleFile.from_parent(parent, path=file_path) if page or module else None
