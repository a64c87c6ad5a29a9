"""One nested column can hold both sides of a link."""

import json

import pandas as pd
import pyarrow as pa
import pytest

import governance as gov

PAIRS = [{"h": f"@user{n}", "m": f"p{n}@example.org"} for n in range(40)]


@pytest.mark.parametrize(
    "table",
    [pa.table({"c": PAIRS}), pd.DataFrame({"c": [json.dumps(pair) for pair in PAIRS]})],
    ids=["struct", "JSON text"],
)
def test_a_link_inside_one_column_is_seen(table: object) -> None:
    """A handle and an address in one cell are a link like two columns are."""
    report = gov.check(table)
    assert "OFX007" in {finding.rule for finding in report.findings}
    assert report.outcome == "fail"


def test_a_nested_column_of_one_side_passes() -> None:
    """Handles alone, however nested, are no link."""
    assert gov.check(pa.table({"c": [{"h": pair["h"], "n": 1} for pair in PAIRS]})).outcome == "pass"
