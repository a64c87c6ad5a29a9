"""What all tests share: every test runs in its own folder, so that ledgers and keys never land in the project."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run each test in a folder of its own, without the settings of the machine."""
    monkeypatch.chdir(tmp_path)
    for name in ("GOVERNANCE_PROJECT", "GOVERNANCE_LEDGER", "GOVERNANCE_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path
