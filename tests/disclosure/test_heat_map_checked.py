"""`check(kind="heat_map")` and `audit` of a map in every form it leaves in: file, Arrow table, pandas frame, picture."""

import shutil
from pathlib import Path

import pyarrow as pa
import pytest

import governance as gov
from governance.reporting.maps import HeatMap
from governance.reporting.maps.chunks import certificate_in
from tests.disclosure.making import AS_OF, world

SUFFIXES = (".parquet", ".csv", ".geojson", ".html")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A released map in every format, and its ledger."""
    home = tmp_path_factory.mktemp("released")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        heat = gov.heat_map(world(), topic="#flood", as_of=AS_OF, ledger=f"sqlite:///{home}/own.db")
        for suffix in (*SUFFIXES, ".png"):
            heat.write(home / f"map{suffix}")
    return home


@pytest.fixture
def heat(folder: Path) -> HeatMap:
    """The released map as an object."""
    return HeatMap(*gov_read(folder / "map.parquet"))


def gov_read(path: Path) -> tuple[pa.Table, dict[str, object]]:
    """The records and the certificate of a file."""
    from governance.reporting.maps import read_heat_map

    return read_heat_map(path)


def found(data: object, ledger: str) -> tuple[str, list[str]]:
    """The outcome, and the rules that say something."""
    report = gov.check(data, kind="heat_map", ledger=ledger)
    return str(report.outcome), [finding.rule for finding in report.findings]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_ledger_that_does_not_know_the_release_leaves_it_open(suffix: str, folder: Path) -> None:
    """The certificate names the topic, so nothing fails: LOC022 alone is open; with the right ledger the file passes."""
    assert found(folder / f"map{suffix}", "sqlite:///another.db") == ("open", ["LOC022"])
    assert found(folder / f"map{suffix}", f"sqlite:///{folder}/own.db") == ("pass", [])


@pytest.mark.parametrize("form", ["arrow", "pandas", "geopandas", "object"])
def test_a_map_in_memory_is_checked_like_its_file(form: str, heat: HeatMap, folder: Path) -> None:
    """Arrow's metadata and the frame's attrs carry the certificate: pass with the ledger, open without."""
    data = {"arrow": heat.to_arrow, "pandas": heat.to_pandas, "geopandas": heat.to_geopandas, "object": lambda: heat}[form]()
    assert found(data, f"sqlite:///{folder}/own.db") == ("pass", [])
    assert found(data, "sqlite:///another.db") == ("open", ["LOC022"])


def test_an_edited_frame_fails(heat: HeatMap, folder: Path) -> None:
    """A number, a row or a column that was changed in memory is altered, with or without the ledger."""
    frame = heat.to_pandas()
    frame.loc[0, "people"] = 5000
    wider = heat.to_pandas().assign(note="x")
    for data in (frame, wider, heat.to_arrow().slice(1)):
        for ledger in (f"sqlite:///{folder}/own.db", "sqlite:///another.db"):
            outcome, rules = found(data, ledger)
            assert outcome == "fail"
            assert "LOC022" in rules


def test_outlines_are_checked_as_what_they_are(heat: HeatMap, folder: Path) -> None:
    """Without its certificate, with an outline of its own, or as no heat map, a frame with outlines holds locations."""
    bare, moved = heat.to_geopandas(), heat.to_geopandas()
    bare.attrs.clear()
    moved["geometry"] = moved["geometry"].translate(xoff=1e-6)
    own = f"sqlite:///{folder}/own.db"
    for data, rule in ((bare, "LOC006"), (moved, "LOC022")):
        outcome, rules = found(data, own)
        assert outcome == "fail"
        assert {"LOC004", rule} <= set(rules)
    assert str(gov.check(heat.to_geopandas(), ledger=own).outcome) == "fail"


def test_a_certificate_that_names_no_scope_fails(heat: HeatMap) -> None:
    """A map of everything with a home-made certificate does not pass as one whose topic can't be verified."""
    from governance.disclosure.certificate import seal

    everything = {**heat.certificate, "scope": {"topic": "", "scope": ""}}
    data = HeatMap(heat.records, seal(heat.records, everything, b"any key at all"))
    assert "LOC006" in found(data, "sqlite:///another.db")[1]


def test_a_picture_says_which_file_to_check(folder: Path, tmp_path: Path) -> None:
    """A PNG is no failing table: open, naming the data file beside it, or the formats that can be checked."""
    own = f"sqlite:///{folder}/own.db"
    assert found(folder / "map.png", own) == ("open", ["LOC022"])
    finding = gov.check(folder / "map.png", kind="heat_map", ledger=own).findings[0]
    assert "a picture holds no records" in finding.message
    assert ".parquet file of the same name" in finding.hint
    shutil.copy(folder / "map.png", tmp_path / "alone.png")
    assert ".html" in gov.check(tmp_path / "alone.png", kind="heat_map", ledger=own).findings[0].hint


def test_a_picture_without_certificate_still_fails(tmp_path: Path) -> None:
    """Any other PNG is no heat map, whatever it is called."""
    (tmp_path / "other.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 40)
    outcome, rules = found(tmp_path / "other.png", "sqlite:///another.db")
    assert (outcome, "LOC004" in rules) == ("fail", True)
    with pytest.raises(gov.BadRequest, match="no certificate was found in this picture"):
        certificate_in(tmp_path / "other.png")


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".png"])
def test_audit_takes_the_release_from_the_file(suffix: str, folder: Path) -> None:
    """Whatever file of a release is named, the release of its certificate is audited."""
    report = gov.audit(folder / f"map{suffix}", ledger=f"sqlite:///{folder}/own.db")
    assert report.outcome == "pass"
    assert report.releases == (gov_read(folder / "map.csv")[1]["release"],)
