"""How a command ends: 0 pass, 1 refused, 2 bad request, 3 ledger unavailable; an error is one sentence and holds no value."""

import logging
import sys
import traceback
from pathlib import Path

import click

from governance.errors import GovernanceError

_OUT_OF_THE_PIPE = 0


def guarded(command: click.Command) -> None:
    """Run a click command and exit with the right code."""
    logging.basicConfig(format="governance: %(message)s", level=logging.WARNING)
    try:
        code = command.main(standalone_mode=False)
    except GovernanceError as problem:
        click.echo(f"governance: {problem}", err=True)
        sys.exit(problem.exit_code)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as problem:
        problem.show()
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(_OUT_OF_THE_PIPE)
    except Exception as problem:  # noqa: BLE001 - an unforeseen error's text may quote a value: only its kind and place are shown
        click.echo(f"governance: an unforeseen {type(problem).__name__} at {_place(problem)}; nothing was decided.", err=True)
        sys.exit(2)
    sys.exit(code if isinstance(code, int) else 0)


def _place(problem: Exception) -> str:
    last = traceback.extract_tb(problem.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"
