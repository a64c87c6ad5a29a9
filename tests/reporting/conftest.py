"""The command line, run in process."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from governance.adapters.cli import cli


@pytest.fixture
def invoke() -> Callable[..., Result]:
    """Run a command: `invoke("rules", "--format", "json")`."""
    return lambda *args: CliRunner().invoke(cli, args, catch_exceptions=False)
