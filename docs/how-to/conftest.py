"""Great Expectations warns while it is imported: its page runs without these warnings."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the warnings of other people's modules alone on the page that imports them."""
    for item in items:
        if item.path.name.startswith("great-expectations"):
            item.add_marker(pytest.mark.filterwarnings("ignore"))
