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


PEOPLE = pa.table({"g": [{"geo": {"lat": 48.1 + n / 317, "lon": 11.5 + n / 211}, "mail": f"p{n}@example.org"} for n in range(60)]})
PLACES = "$.geo.lat: location.latitude, $.geo.lon: location.longitude"


@pytest.mark.parametrize("holds", ["none", "location.point", "off_x.person"])
@pytest.mark.parametrize(
    ("paths", "outcome"), [(f"{PLACES}, $.mail: off_x.person", "pass"), (PLACES, "fail"), ("$.mail: off_x.person", "fail")]
)
def test_each_family_inside_is_declared_by_a_path(tmp_path: Path, holds: str, paths: str, outcome: str) -> None:
    """What the paths say is believed where the detector finds it; what stands beside them must be what the column holds."""
    covered = {"none": False, "location.point": paths.startswith("$.mail"), "off_x.person": paths == PLACES}
    (tmp_path / "governance.yml").write_text(
        "version: 1\npurposes: {help: {description: help}}\n"
        "sources: {members: {provenance: self_provided, relationship: member, collected_for: [help]}}\n"
        f"datasets: {{d: {{kind: records, columns: {{g: {{holds: {holds}, source: members, paths: {{{paths}}}}}}}}}}}\n",
    )
    assert gov.check(PEOPLE, data_set="d", project=tmp_path).outcome == ("pass" if covered[holds] else outcome)


def test_a_variant_in_a_file_is_seen(tmp_path: Path) -> None:
    """Parquet holds variants as bytes; they are read as JSON."""
    variants().write_parquet(str(tmp_path / "v.parquet"))
    assert gov.check(tmp_path / "v.parquet").outcome == "fail"
