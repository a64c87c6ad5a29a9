"""`python -m governance` is the command line."""

from governance.adapters.cli import main

if __name__ == "__main__":
    main()
