"""What can go wrong, by what the caller should do about it.

GovernanceError
├── BadRequest          what was asked can't be read or makes no sense: mend the call (exit 2)
├── PolicyViolation     a check refused: terminal, a retry changes nothing (exit 1)
└── LedgerUnavailable   the ledger can't be reached: transient, a retry may pass (exit 3)

No message holds a value from the data: what, where, how many, hint, clause. All of them survive pickling.
"""

from typing import Self


class GovernanceError(Exception):
    """Base of every error this library raises on purpose.

    Parameters
    ----------
    message
        One sentence: what, where (file and line), how many. Never a value from the data.
    hint
        What to do instead, one sentence.

    """

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        """Keep both parts, so that they survive pickling."""
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """The message, then the hint."""
        return f"{self.message} Hint: {self.hint}" if self.hint else self.message


class BadRequest(GovernanceError):
    """What was asked can't be read or makes no sense; names the file and the line."""

    exit_code = 2

    @classmethod
    def at(cls, path: object, line: int | None, what: str, hint: str = "") -> Self:
        """A bad request that points into a file.

        >>> str(BadRequest.at("governance.yml", 3, "version: expected 1.", "write `version: 1`."))
        'governance.yml:3: version: expected 1. Hint: write `version: 1`.'
        """
        place = f"{path}:{line}" if line is not None else str(path)
        return cls(f"{place}: {what}", hint)


class PolicyViolation(GovernanceError):
    """A check refused. Terminal: the same data fails again, so nothing retries it."""

    exit_code = 1


class LedgerUnavailable(GovernanceError):
    """The ledger can't be reached or written. Transient: no release, match or share until it can."""

    exit_code = 3


class OpenWindowWarning(UserWarning):
    """A heat map shows a window that is not over: `as_of` was in the future. Such a map is for review until it is made again."""
