"""`gov.detect`: what each column of a data set holds, by its header and by its values, told apart."""

from pathlib import Path
from typing import Any

from governance.detection import Detection, detect_source
from governance.engines import open_table
from governance.project import Project, load_project


def detect(data: Any, project: Project | str | Path | None = None) -> Detection:  # noqa: ANN401 - whatever people hold
    """Say what each column of a data set holds: location, off-X identifiers, X Content, or nothing that was found.

    Parameters
    ----------
    data
        A path (CSV, TSV, Parquet, Arrow, Feather, JSON, JSON-L, Excel), a pandas or polars frame, an Arrow table or a DuckDB relation.
    project
        A governance.yml, its folder, or a Project: gives the data set its declared name.

    Returns
    -------
    Detection
        Iterable over `Detected` columns; `.to_json()` is what `governance detect --format json` prints. No value of the data is in it.

    Raises
    ------
    BadRequest
        The data can't be read; names the file and the line.

    Examples
    --------
    >>> import pandas as pd, governance as gov
    >>> found = gov.detect(pd.DataFrame({"mail": ["jo@example.org", "al@example.com"], "n": [1, 2]}))
    >>> [(column.column, column.holds, str(column.status)) for column in found]
    [('mail', 'off_x.person', 'confirmed'), ('n', 'none', 'none')]

    """
    declared = load_project(project)
    table = open_table(data)
    columns = detect_source(table)
    name = (declared.data_set_at(data) if isinstance(data, str | Path) else None) or (Path(table.name).name if table.paths else "data")
    return Detection(data_set=name, columns=columns, scanned_rows=table.row_count, total_rows=table.row_count)
