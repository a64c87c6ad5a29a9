"""How to measure: one file per engine. DuckDB runs in process and is the default; the plan is SQL that other engines can run."""

from governance.engines.duck import DuckTable
from governance.engines.opening import open_table
from governance.engines.plan import MEASURES

__all__ = ["MEASURES", "DuckTable", "open_table"]
