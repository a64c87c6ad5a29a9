"""One nested column can hold both sides of a link."""

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

import governance as gov

PAIRS = [{"h": f"@user{n}", "m": f"p{n}@example.org"} for n in range(40)]


def variants() -> duckdb.DuckDBPyRelation:
    """The pairs as DuckDB's variant, which Arrow knows as bytes."""
    pairs = duckdb.from_arrow(pa.table({"c": [json.dumps(pair) for pair in PAIRS]}))
    return pairs.project("c::JSON::VARIANT AS c")


@pytest.mark.parametrize(
    "made",
    [lambda: pa.table({"c": PAIRS}), lambda: pd.DataFrame({"c": [json.dumps(pair) for pair in PAIRS]}), variants],
    ids=["struct", "JSON text", "variant"],
)
def test_a_link_inside_one_column_is_seen(made: Callable[[], object]) -> None:
    """A handle and an address in one cell are a link like two columns are."""
    report = gov.check(made())
    assert "OFX007" in {finding.rule for finding in report.findings}
    assert report.outcome == "fail"


def test_a_nested_column_of_one_side_passes() -> None:
    """Handles alone, however nested, are no link."""
    assert gov.check(pa.table({"c": [{"h": pair["h"], "n": 1} for pair in PAIRS]})).outcome == "pass"


def test_a_variant_in_a_file_is_seen(tmp_path: Path) -> None:
    """Parquet holds variants as bytes; they are read as JSON."""
    variants().write_parquet(str(tmp_path / "v.parquet"))
    assert gov.check(tmp_path / "v.parquet").outcome == "fail"
