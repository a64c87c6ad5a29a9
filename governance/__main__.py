"""`python -m governance` is the command line."""

import sys


def main() -> None:
    """Run the command line; Ctrl-C while it is still being loaded ends as it does later."""
    try:
        from governance.adapters.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("governance: interrupted; nothing is half written.\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
