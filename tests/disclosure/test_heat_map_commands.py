"""The commands `governance heat-map` and `governance audit`."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from governance.ledger import Ledger
from tests.disclosure.making import AS_OF, crowd, world


@pytest.fixture
def posts(tmp_path: Path) -> Path:
    """A Parquet file of Posts."""
    path = tmp_path / "posts.parquet"
    pq.write_table(world(), path)
    return path


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(Path(sys.executable).with_name("governance")), *arguments], capture_output=True, text=True, check=False)


def _map(posts: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return _run("heat-map", str(posts), "--topic", "#flood", "--as-of", AS_OF, *more)


@pytest.mark.parametrize("suffix", ["html", "geojson", "csv", "parquet"])
def test_a_map_is_written_and_audited(posts: Path, suffix: str) -> None:
    """`--out` writes the map, `audit` accepts it, and `check` verifies its certificate."""
    made = _map(posts, "--out", f"map.{suffix}", "--series", "flood-map")
    assert made.returncode == 0, made.stderr
    assert "series flood-map, audit pass" in made.stdout
    audited = _run("audit", f"map.{suffix}", "--posts", str(posts), "--format", "json")
    assert audited.returncode == 0
    assert json.loads(audited.stdout)["outcome"] == "pass"


def test_json_holds_summary_and_certificate(posts: Path) -> None:
    """`--format json` prints both, without writing a map."""
    made = _map(posts, "--format", "json")
    told = json.loads(made.stdout)
    assert told["certificate"]["audit"]["verdict"] == "pass"
    assert told["summary"]["records"] > 0


def test_refusals_end_with_the_right_code_and_one_sentence(posts: Path) -> None:
    """Bad requests end with 2, violations with 1, and neither writes a file."""
    for code, arguments in ((2, ["--window", "7d"]), (1, ["--window", "hour"]), (2, ["--groups", "nonsense"]), (2, ["--columns", "x"])):
        done = _map(posts, *arguments, "--out", "map.html")
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        assert "Hint:" in done.stderr
    assert not Path("map.html").exists()
    assert _run("audit", "aaaa-bbbb-cccc-dddd").returncode == 1
    assert _run("audit", "missing.html").returncode == 2


@pytest.mark.parametrize("out", ["map.xlsx", "missing/map.html"])
def test_a_place_that_can_not_be_written_is_refused_before_the_release(posts: Path, out: str) -> None:
    """Another suffix, or a folder that is not there: refused, and the ledger knows of no release."""
    done = _map(posts, "--out", out)
    assert done.returncode == 2
    assert not Path("governance.db").exists() or len(Ledger.open().register("releases")) == 0


def test_groups_regions_and_columns_reach_the_map(tmp_path: Path) -> None:
    """Groups by name, polygons from GeoJSON, and a column mapping."""
    table = crowd(60).rename_columns(["post_id", "user", "created_at", "hashtags", "lat", "lon"])
    pq.write_table(table, tmp_path / "p.parquet")
    columns = "author_id=user,latitude=lat,longitude=lon"
    ring = [[2.2, 48.7], [2.5, 48.7], [2.5, 49.0], [2.2, 49.0], [2.2, 48.7]]
    feature = {"type": "Feature", "properties": {"name": "Paris"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    Path("regions.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    made = _map(tmp_path / "p.parquet", "--columns", columns, "--regions", "regions.geojson", "--format", "json")
    assert json.loads(made.stdout)["summary"]["groups"] == ["Paris"]
    made = _map(
        tmp_path / "p.parquet", "--columns", columns, "--groups", "wet=#flood,#rain", "--format", "json", "--ledger", "sqlite:///o.db"
    )
    assert json.loads(made.stdout)["summary"]["groups"] == ["wet"]
    Path("broken.geojson").write_text("{}", encoding="utf-8")
    assert _map(tmp_path / "p.parquet", "--columns", columns, "--regions", "broken.geojson").returncode == 2
