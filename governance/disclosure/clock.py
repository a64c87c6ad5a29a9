"""What time it is: the one place where heat maps ask, so that a test can say another."""

from datetime import UTC, datetime


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)
