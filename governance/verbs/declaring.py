"""`governance init --match`: a first governance.yml from a look at two files."""

from pathlib import Path

from governance.detection import detect_table
from governance.engines import open_table
from governance.matching import declaring


def declarations(accounts: Path, records: Path, folder: Path) -> str:
    """The text of a governance.yml for one match; what only a person knows is asked for. See `governance.matching.declaring`."""
    return declaring.declarations(accounts, records, folder, detect_table(open_table(records)))
