"""The command line: one file per command, loaded when it is called."""

from importlib import import_module
from typing import Any

import click

from governance.adapters.cli.ending import INTERRUPTED, guarded

COMMANDS = {
    "audit": "governance.adapters.cli.audit:audit",
    "baseline": "governance.adapters.cli.baseline:baseline",
    "check": "governance.adapters.cli.check:check",
    "consent": "governance.adapters.cli.consent:consent",
    "dags": "governance.adapters.cli.dags:dags",
    "detect": "governance.adapters.cli.detect:detect",
    "doctor": "governance.adapters.cli.doctor:doctor",
    "explain": "governance.adapters.cli.explain:explain",
    "heat-map": "governance.adapters.cli.heat_map:heat_map",
    "init": "governance.adapters.cli.init:init",
    "ledger": "governance.adapters.cli.ledger:ledger",
    "match": "governance.adapters.cli.match:match",
    "policy": "governance.adapters.cli.policy:policy",
    "report": "governance.adapters.cli.report:report",
    "rules": "governance.adapters.cli.rules:rules",
}
"""Each command and the click object that runs it."""


class LazyGroup(click.Group):
    """A group that imports a command's module only when it is called, so that `governance --help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands."""
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: Any = getattr(import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - what a command returns
        """Run the command; Ctrl-C is one line, which `guarded` says."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise click.exceptions.Exit(INTERRUPTED) from None


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="post-governance", prog_name="governance")
def cli() -> None:
    """Check data against the X Developer Policy, publish heat maps of people, match people on a lawful basis.

    Exit codes: 0 pass; 1 fail, review or open; 2 bad request; 3 ledger unavailable; 130 interrupted.
    """


def main() -> None:
    """Run the command line: every error is one sentence, and none carries a value."""
    guarded(cli)
