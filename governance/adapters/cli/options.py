"""What every command shares: --project, --ledger, --format, --out, and how a result is written."""

import functools
import json
import os
import tempfile
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from governance.adapters.cli.ending import pass_interrupt_on
from governance.adapters.cli.output_place import checked_place
from governance.errors import BadRequest
from governance.vocabulary import Kind


class GivenPath(click.Path):
    """A path that is not empty: an empty one, which a shell makes of a variable that is not set, would be the working folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401 - as click has it
        """The path, or a usage error."""
        if isinstance(value, str) and not value.strip():
            self.fail("the path is empty; a variable may not be set.", param, ctx)
        return super().convert(value, param, ctx)


FILE = GivenPath(path_type=Path)
FORMATS = ("text", "json", "markdown")
Command = Callable[..., Any]


def common(command: Command) -> Command:
    """Add the shared options to a command that writes its result; it receives `project`, `ledger`, `output_format` and `out`."""
    return sharing()(command)


def sharing(*, writes: Kind | None = None, folder_in: Collection[str] = ()) -> Callable[[Command], Command]:
    """Add the shared options to a command whose --out is more than a result: data of a kind, or in some formats a folder.

    Where --out may not be written, the command is refused before it reads anything.
    """

    def shared(command: Command) -> Command:
        @click.option("--project", type=FILE, help="governance.yml or its folder; else GOVERNANCE_PROJECT or a parent's.")
        @click.option("--ledger", help="The ledger's URL; else GOVERNANCE_LEDGER, governance.yml, or ./governance.db.")
        @click.option(
            "--format", "output_format", type=click.Choice(FORMATS), default="text", show_default=True, help="How results are written."
        )
        @click.option("--out", type=FILE, help="Write to this file instead of the terminal.")
        @functools.wraps(command)
        def wrapped(*args: object, **options: Any) -> object:  # noqa: ANN401 - what click read
            if options["out"] is not None:
                checked_place(options, writes, folder=options["output_format"] in folder_in)
            return command(*args, **options)

        return wrapped

    return shared


def emit(text: str, out: Path | None) -> None:
    """Write a result to the terminal, or whole or not at all to a file; a command that was interrupted writes none."""
    pass_interrupt_on()
    if out is None:
        click.echo(text)
        return
    write_whole(out, text if text.endswith("\n") else text + "\n")


def emit_json(tree: Any, out: Path | None) -> None:  # noqa: ANN401 - JSON
    """Write a result as JSON."""
    emit(json.dumps(tree, indent=2, ensure_ascii=False), out)


def write_whole(path: Path, text: str) -> None:
    """Write a file beside its place and move it there, so that nobody ever reads half of it, and nothing is left if it fails."""
    beside = ""
    try:
        handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).chmod(0o644)
        Path(beside).replace(path)
    except OSError as problem:
        raise BadRequest(f"{path}: can't be written ({problem.strerror}).", "name a place in a folder that exists and is yours.") from None
    finally:
        if beside:
            with suppress(OSError):
                Path(beside).unlink(missing_ok=True)
