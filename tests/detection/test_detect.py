"""`gov.detect` and `governance detect`: the shape of what they say, the full scan, and what `gov.check` makes of it."""

import json
import sqlite3
from pathlib import Path

import duckdb
import h3
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from click.testing import CliRunner

import governance as gov
from governance.adapters.cli.detect import detect
from governance.detection import detect_source, detect_table
from governance.detection.sampling import ArrowSource, Sampler
from governance.detection.screen import is_cell_bits
from governance.engines import open_table
from tests.detection.town_points import positions


def people() -> pd.DataFrame:
    """A table of every family."""
    lats, lons = positions(count=80)
    return pd.DataFrame(
        {
            "lat": lats.round(5),
            "lon": lons.round(5),
            "zone": [h3.latlng_to_cell(a, o, 8) for a, o in zip(lats, lons, strict=True)],
            "mail": [f"u{n}@example.org" for n in range(80)],
            "handle": [f"@name_{n}" for n in range(80)],
            "n": range(80),
        },
    )


def test_shape_of_the_json() -> None:
    """The promised keys are there, in the promised words."""
    tree = gov.detect(people()).to_json()
    assert tree["data_set"] == "data"
    short = [{key: column[key] for key in ("column", "holds", "family", "tier", "status")} for column in tree["columns"]]
    assert short == [
        {"column": "lat", "holds": "location.latitude", "family": "location", "tier": "T0", "status": "confirmed"},
        {"column": "lon", "holds": "location.longitude", "family": "location", "tier": "T0", "status": "confirmed"},
        {"column": "zone", "holds": "location.cell:8", "family": "location", "tier": "T2", "status": "confirmed"},
        {"column": "mail", "holds": "off_x.person", "family": "offx", "tier": "", "status": "confirmed"},
        {"column": "handle", "holds": "x.user.handle", "family": "x", "tier": "", "status": "confirmed"},
        {"column": "n", "holds": "none", "family": "none", "tier": "", "status": "none"},
    ]
    json.dumps(tree)


def test_header_and_values_are_told_apart() -> None:
    """Evidence says which side it stands on, with the numbers of its tests."""
    found = gov.detect(people())
    best = found["lat"].best
    assert best is not None
    assert (best.header, best.values) == (True, True)  # noqa: PD011 - no pandas here
    assert {test.name for test in best.tests} >= {"place test z", "separate areas", "decimals"}
    plain = gov.detect(people().rename(columns={"lat": "c1", "lon": "c2"}))["c1"].best
    assert plain is not None
    assert (plain.header, plain.values) == (False, True)  # noqa: PD011 - no pandas here


def test_companions() -> None:
    """A location column names the identities beside it."""
    assert set(gov.detect(people())["zone"].companions) == {"mail", "handle"}


def test_iterable_and_by_name() -> None:
    """A detection is a collection of columns; an unknown name is a KeyError without the name in the open."""
    found = gov.detect(people())
    assert [column.column for column in found] == list(people().columns)
    assert [column.column for column in found.found] == ["lat", "lon", "zone", "mail", "handle"]
    with pytest.raises(KeyError):
        found["gone"]


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet", "feather", "json", "jsonl", "xlsx"])
def test_every_kind_of_file(suffix: str, tmp_path: Path) -> None:
    """Each format that can be opened gives the same families."""
    path, frame = tmp_path / f"a.{suffix}", people()
    writers = {
        "csv": lambda: frame.to_csv(path, index=False),
        "tsv": lambda: frame.to_csv(path, index=False, sep="\t"),
        "parquet": lambda: frame.to_parquet(path),
        "feather": lambda: frame.to_feather(path),
        "json": lambda: frame.to_json(path, orient="records"),
        "jsonl": lambda: frame.to_json(path, orient="records", lines=True),
        "xlsx": lambda: frame.to_excel(path, index=False),
    }
    writers[suffix]()
    assert [str(column.family) for column in gov.detect(path)] == ["location", "location", "location", "offx", "x", "none"]


def test_databases(tmp_path: Path) -> None:
    """Every table of a SQLite or DuckDB file is looked at, opened read-only."""
    with sqlite3.connect(tmp_path / "a.db") as lite:
        lite.execute("CREATE TABLE people (mail TEXT, n INTEGER)")
        lite.executemany("INSERT INTO people VALUES (?, ?)", [(f"u{n}@example.org", n) for n in range(30)])
    with duckdb.connect(str(tmp_path / "a.duckdb")) as duck:
        duck.execute("CREATE TABLE people AS SELECT 'u' || i || '@example.org' AS mail, i AS n FROM range(30) r(i)")
    for name in ("a.db", "a.duckdb"):
        found = gov.detect(tmp_path / name)
        assert [(column.column, column.holds) for column in found] == [("people.mail", "off_x.person"), ("people.n", "none")]


def test_what_stands_outside_the_rows(tmp_path: Path) -> None:
    """A detection of a file says what its metadata and names hold."""
    frame = pd.DataFrame({"n": [1, 2]})
    frame.attrs = {"home": [48.85837, 2.29448]}
    frame.to_parquet(tmp_path / "a.parquet")
    outside = gov.detect(tmp_path / "a.parquet").to_json()["outside_rows"]
    assert {(one["channel"], one["family"]) for one in outside} == {("schema metadata", "location")}
    said = CliRunner().invoke(detect, [str(tmp_path / "a.parquet")]).output
    assert "outside the rows: schema metadata" in said


def test_command_of_one_and_many_paths(tmp_path: Path) -> None:
    """One path gives an object, several give an array; text and Markdown name every column."""
    people().to_parquet(tmp_path / "a.parquet")
    people().to_csv(tmp_path / "b.csv", index=False)
    one = CliRunner().invoke(detect, [str(tmp_path / "a.parquet"), "--format", "json"])
    assert json.loads(one.output)["data_set"] == "a.parquet"
    many = CliRunner().invoke(detect, [str(tmp_path / "a.parquet"), str(tmp_path / "b.csv"), "--format", "json"])
    assert [tree["data_set"] for tree in json.loads(many.output)] == ["a.parquet", "b.csv"]
    for form in ("text", "markdown"):
        said = CliRunner().invoke(detect, [str(tmp_path / "a.parquet"), "--format", form]).output
        assert all(name in said for name in ("lat", "zone", "location.cell:8", "place test z"))


def test_the_whole_table_is_scanned() -> None:
    """One address and three cells among 200,000 rows are found, though the sample misses them."""
    rows = 200_000
    text = np.array(["a plain note about nothing"] * rows, dtype=object)
    text[123_456] = "write to someone@example.org"
    numbers = np.arange(rows, dtype=np.int64) + 2**58
    numbers[::500] = h3.str_to_int("871fb4662ffffff")
    found = detect_source(ArrowSource(pa.table({"note": text, "k": numbers})))
    assert (found[0].holds, found[0].rows_hit) == ("off_x.person", 1)
    assert (found[1].holds, str(found[1].status)) == ("location.cell:7", "review")
    assert found[0].rows_scanned == rows
    assert 9_000 <= found[0].rows_sampled <= 11_000


def test_nested_columns_are_scanned_whole() -> None:
    """An address deep in one of 30,000 structs is found, and so is one among the keys of a map."""
    rows = [{"a": {"notes": ["nothing"]}} for _ in range(30_000)]
    rows[29_999] = {"a": {"notes": ["nothing", "write to someone@example.org"]}}
    pairs = [[("k", 1)] for _ in range(30_000)]
    pairs[20_000] = [("someone@example.org", 1)]
    found = detect_source(ArrowSource(pa.table({"s": rows, "m": pa.array(pairs, pa.map_(pa.string(), pa.int64()))})))
    assert [column.holds for column in found] == ["off_x.person", "off_x.person"]


def test_bits_of_cells_agree_with_the_library() -> None:
    """The vectorised bit test passes every cell, and rejects what the library rejects in all but a few."""
    lats, lons = positions(count=300)
    points = enumerate(zip(lats, lons, strict=True))
    cells = np.array([h3.str_to_int(h3.latlng_to_cell(a, o, n % 16)) for n, (a, o) in points], dtype=np.uint64)
    assert is_cell_bits(cells).all()
    noise = np.random.default_rng(0).integers(0, 2**63, 100_000, dtype=np.uint64)
    assert is_cell_bits(noise).sum() <= 100


def test_the_sample_spreads_over_the_table() -> None:
    """Rows are taken from every batch, about as many as asked for."""
    sampler = Sampler(100_000, rows=1_000)
    for batch in pa.table({"n": range(100_000)}).to_batches(max_chunksize=10_000):
        sampler.add(batch)
    taken = sampler.table()
    assert taken is not None
    assert 800 <= taken.num_rows <= 1_200
    assert len({n // 10_000 for n in taken.column("n").to_pylist()}) == 10


def test_nothing_to_detect() -> None:
    """A table without rows holds nothing, by name only what its names are."""
    assert [column.label for column in detect_table(open_table(pd.DataFrame({"lat": pd.Series([], dtype=float)})))] == ["none"]


def test_a_lie_is_found_out() -> None:
    """A declared label that the detector contradicts fails the check; the right label passes."""
    frame = people()[["zone", "n"]]
    yml = "version: 1\ndatasets:\n  cells:\n    kind: working\n    columns: {zone: {holds: none}, n: {holds: none}}\n"
    Path("governance.yml").write_text(yml)
    report = gov.check(frame, data_set="cells", ledger="sqlite://")
    assert "LOC021" in {finding.rule for finding in report.findings}
    Path("governance.yml").write_text(yml.replace("zone: {holds: none}", "zone: {holds: location.cell:8}"))
    assert "LOC021" not in {finding.rule for finding in gov.check(frame, data_set="cells", ledger="sqlite://").findings}


def test_undeclared_columns_do_not_leave() -> None:
    """In an export an undeclared identifier fails, and a silent column is open."""
    found = gov.check(people()[["mail", "n"]], kind="share", ledger="sqlite://")
    outcomes = {finding.rule: str(finding.outcome) for finding in found.findings}
    assert outcomes["OFX020"] == "fail"
    assert outcomes["LOC020"] == "open"


def test_small_counts_are_banded_in_json(tmp_path: Path) -> None:
    """One address in a hundred rows is `<10` rows, and its share no count either; a project's minimum is the band's."""
    frame = pd.DataFrame(
        {"note": ["nothing to see"] * 99 + ["write to someone@example.org"], "mail": [f"m{n}@example.org" for n in range(100)]}
    )
    frame.to_csv(tmp_path / "few.csv", index=False)
    note, mail = gov.detect(tmp_path / "few.csv").to_json()["columns"]
    assert note["holds"] == mail["holds"] == "off_x.person"
    assert (note["rows_hit"], mail["rows_hit"]) == ("<10", 100)
    assert {one["share"] for one in note["evidence"]} == {"<0.1"}
    (tmp_path / "governance.yml").write_text("version: 1\nthresholds: {minimum_people: 25}\n")
    assert gov.detect(tmp_path / "few.csv", project=tmp_path).to_json()["columns"][0]["rows_hit"] == "<25"
