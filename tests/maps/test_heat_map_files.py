"""Every file of a heat map: round trip, certificate, refusals, nothing half written."""

import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from governance.disclosure.certificate import seal, verify
from governance.errors import BadRequest
from governance.reporting.maps import HeatMap, read_heat_map

DATA_FORMATS = ("map.parquet", "map.csv", "map.geojson", "map.html")
KEY = b"k" * 32


@pytest.fixture
def sealed(grouped: pa.Table, certificate: dict[str, Any]) -> HeatMap:
    """A heat map whose certificate is sealed as a release seals it."""
    return HeatMap(grouped, seal(grouped, certificate, KEY))


@pytest.mark.parametrize("name", DATA_FORMATS)
def test_round_trip(sealed: HeatMap, tmp_path: Path, name: str) -> None:
    """Every data format gives the same records and the same certificate back, and the seal still holds."""
    records, certificate = read_heat_map(sealed.write(tmp_path / name))
    assert records.equals(sealed.records)
    assert certificate == sealed.certificate
    assert verify(records, certificate, KEY) == "valid"


@pytest.mark.parametrize("name", [name for name in DATA_FORMATS if not name.endswith(".html")])
def test_edited_number_no_longer_verifies(sealed: HeatMap, tmp_path: Path, name: str) -> None:
    """One number of people edited by hand, and the file is altered, whatever its format."""
    path = sealed.write(tmp_path / name)
    if name.endswith(".parquet"):
        table = pq.read_table(path)
        people = table["people"].to_pylist()
        edited = pa.array([people[0] + 10, *people[1:]], pa.int64())
        pq.write_table(table.set_column(table.column_names.index("people"), table.schema.field("people"), edited), path)
    else:
        text = path.read_text(encoding="utf-8")
        edits = {
            ".csv": (f",{first(sealed)},", ",999990,"),
            ".geojson": ('"people":', '"people":1'),
        }
        path.write_text(text.replace(*edits[path.suffix], 1), encoding="utf-8")
    records, certificate = read_heat_map(path)
    assert verify(records, certificate, KEY) == "altered"


@pytest.mark.parametrize(
    ("there", "then"),
    [
        ('"people":[', '"people":[1'),
        ("</body>", "<p>a place</p></body>"),
        ("</body>", "<!-- a place --></body>"),
        ('"labels":[', '"labels":[["home",0,0,"town"],'),
        ('"groups":', '"more":1,"groups":'),
        ("default-src 'none'", "default-src *"),
        ("</style>", " body::after {content: 'a place'}</style>"),
        ("</html>", "</html>\n"),
    ],
    ids=["number", "text", "comment", "label", "member", "policy", "style", "blank"],
)
def test_a_page_is_what_its_records_make(sealed: HeatMap, tmp_path: Path, there: str, then: str) -> None:
    """Whatever is added to a page or changed in it, be it outside its records, it is no heat map any more."""
    path = sealed.write(tmp_path / "map.html")
    text = path.read_text(encoding="utf-8")
    assert there in text
    path.write_text(text.replace(there, then, 1), encoding="utf-8")
    with pytest.raises(BadRequest, match="not the one that its records and certificate make"):
        read_heat_map(path)


def first(heat: HeatMap) -> int:
    """The people of the first record."""
    return int(heat.records["people"][0].as_py())


def test_edited_certificate_no_longer_verifies(sealed: HeatMap, tmp_path: Path) -> None:
    """A certificate that says something else is altered too."""
    path = sealed.write(tmp_path / "map.csv")
    car = path.with_name("map.csv.certificate.json")
    car.write_text(car.read_text(encoding="utf-8").replace('"minimum_people": 10', '"minimum_people": 25'), encoding="utf-8")
    records, certificate = read_heat_map(path)
    assert certificate["minimum_people"] == 25
    assert verify(records, certificate, KEY) == "altered"


def test_parquet_has_cells_as_text_and_number(heat: HeatMap, tmp_path: Path) -> None:
    """Parquet carries the H3 cell as text and as uint64, and a number that disagrees is refused."""
    path = heat.write(tmp_path / "map.parquet")
    table = pq.read_table(path)
    assert table.schema.field("cell_id").type == pa.uint64()
    assert [format(cell, "x") for cell in table["cell_id"].to_pylist()] == table["cell"].to_pylist()
    wrong = table.set_column(table.column_names.index("cell_id"), "cell_id", pa.array(table["cell_id"].to_pylist()[::-1], pa.uint64()))
    pq.write_table(wrong, path)
    with pytest.raises(BadRequest, match="cell_id is not the column cell"):
        read_heat_map(path)


def test_a_window_begins_when_it_says(heat: HeatMap, tmp_path: Path) -> None:
    """The first day of a window stands beside its name in every table, and another day is refused."""
    assert set(heat.to_pandas()["window_start"]) == {"2026-10-26"}
    path = heat.write(tmp_path / "map.csv")
    assert "window,window_start," in path.read_text(encoding="utf-8")
    path.write_text(path.read_text(encoding="utf-8").replace("2026-10-26", "2026-10-27"), encoding="utf-8")
    with pytest.raises(BadRequest, match="window_start is not the first day"):
        read_heat_map(path)
    nameless = heat.records.drop(["window_start"]).set_column(3, "window", pa.array(["some day"] * heat.records.num_rows))
    with pytest.raises(BadRequest, match="no day, week or month"):
        HeatMap(nameless, heat.certificate)


def test_png_carries_the_certificate(heat: HeatMap, tmp_path: Path) -> None:
    """The picture holds the certificate in its text chunk, and is a picture of a sensible size."""
    with Image.open(heat.write(tmp_path / "map.png")) as picture:
        assert json.loads(picture.text["certificate"]) == heat.certificate
        assert picture.size[0] > 1000
        assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 50


def test_png_of_windows_and_groups_in_any_script(sealed: HeatMap, tmp_path: Path) -> None:
    """Several windows and groups, and a topic that no font has, make a picture without a warning."""
    heat = HeatMap(sealed.records, {**sealed.certificate, "scope": {"topic": ["#洪水 $x^$ 🌊"]}})
    assert heat.write(tmp_path / "map.png").stat().st_size > 10_000


@pytest.mark.parametrize("name", ["map.xlsx", "map", "map.parquet.gz"])
def test_other_suffixes_are_refused(heat: HeatMap, tmp_path: Path, name: str) -> None:
    """A name that chooses no format is a bad request that names those there are; nothing is written."""
    with pytest.raises(BadRequest, match=r"\.parquet, \.geojson, \.csv, \.html, \.png"):
        heat.write(tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", [*DATA_FORMATS, "map.png"])
def test_missing_folder_is_refused(heat: HeatMap, tmp_path: Path, name: str) -> None:
    """A folder that is not there is a bad request, and no part of a file is left behind."""
    with pytest.raises(BadRequest, match="its folder is not there"):
        heat.write(tmp_path / "nowhere" / name)
    assert not list(tmp_path.iterdir())


def test_nothing_half_written(heat: HeatMap, tmp_path: Path) -> None:
    """When the second file of a pair can't be renamed into place, no temporary file stays, and the error is one sentence."""
    (tmp_path / "map.csv").mkdir()
    with pytest.raises(BadRequest, match="can't be written"):
        heat.write(tmp_path / "map.csv")
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".part")]


def test_write_replaces_and_returns_the_path(heat: HeatMap, tmp_path: Path) -> None:
    """Writing twice replaces the file, byte for byte the same, with the rights of any other file."""
    path = heat.write(os.fspath(tmp_path / "map.geojson"))
    before = path.read_bytes()
    assert heat.write(path).read_bytes() == before
    plain = tmp_path / "plain"
    plain.touch()
    assert path.stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("map.parquet", b"", "no readable Parquet"),
        ("map.parquet", b"PAR1 nonsense PAR1", "no readable Parquet"),
        ("map.geojson", b"{", r"map\.geojson:1"),
        ("map.geojson", b'{"type": "FeatureCollection", "features": []}', "no certificate"),
        ("map.geojson", b'{"certificate": {}, "features": 5}', "no collection"),
        ("map.geojson", b'{"certificate": {}, "features": [{"properties": {"cell": 5}}]}', "mixes types"),
        ("map.geojson", b'{"certificate": {}, "features": [{"properties": {"cell": "x"}}]}', "lacks the column"),
        ("map.csv", b"cell,people\n", "no certificate"),
        ("map.html", b"<html></html>", "holds no heat map"),
        ("map.html", b'<script type="application/json" id="heat-map">[]</script>', "holds no heat map"),
        ("map.txt", b"", r"ends in \.parquet"),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """A damaged or foreign file is one clear sentence that names the file."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadRequest, match=message) as error:
        read_heat_map(path)
    assert name in str(error.value)


def test_parquet_without_certificate_is_refused(heat: HeatMap, tmp_path: Path) -> None:
    """The records alone, without their certificate, are no release."""
    pq.write_table(heat.records, tmp_path / "map.parquet")
    with pytest.raises(BadRequest, match="no certificate"):
        read_heat_map(tmp_path / "map.parquet")


def test_missing_file_is_refused(tmp_path: Path) -> None:
    """No file, no records."""
    with pytest.raises(BadRequest, match="no such file"):
        read_heat_map(tmp_path / "map.parquet")


@pytest.mark.parametrize(
    ("csv", "message"),
    [
        ("cell,resolution,kind,window,group,people,area_km2\n1,2\n", r"map\.csv:2: 2 fields"),
        ("cell,resolution,kind,window,group,people,area_km2,author_id\n", "1 more found"),
        ("cell,resolution,kind,window,group,people,area_km2\n851fb467fffffff,five,full,2026-W44,,10,1.0\n", "resolution is not of type"),
        ("cell,resolution,kind,window,group,people,area_km2\n851fb467fffffff,6,full,2026-W44,,10,1.0\n", "not the resolution of the cells"),
        ("cell,resolution,kind,window,group,people,area_km2\n123,5,full,2026-W44,,10,1.0\n", "no H3 cell"),
        ("cell,resolution,kind,window,group,people,area_km2\n851fb467fffffff,5,half,2026-W44,,10,1.0\n", "kind holds something else"),
        ("cell,resolution,kind,window,group,people,area_km2\n851fb467fffffff,5,full,2026-W44,,,1.0\n", "people has 1 empty"),
    ],
)
def test_csv_of_other_shape_is_refused(tmp_path: Path, csv: str, message: str) -> None:
    """A CSV whose columns or rows are no heat map is refused by line or column, without showing a value."""
    (tmp_path / "map.csv").write_text(csv, encoding="utf-8")
    (tmp_path / "map.csv.certificate.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BadRequest, match=message):
        read_heat_map(tmp_path / "map.csv")


def test_csv_in_latin_1_is_refused(tmp_path: Path) -> None:
    """A CSV in another encoding is a bad request."""
    (tmp_path / "map.csv").write_bytes("cell,é\n".encode("latin-1"))
    (tmp_path / "map.csv.certificate.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BadRequest, match="no CSV file in UTF-8"):
        read_heat_map(tmp_path / "map.csv")


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r\n"), min_size=1, max_size=20)


@settings(max_examples=60, deadline=None)
@given(name=NAMES, topic=NAMES, people=st.integers(1, 10**9), area=st.floats(1e-6, 1e9))
def test_any_text_and_number_survives(tmp_path_factory: pytest.TempPathFactory, name: str, topic: str, people: int, area: float) -> None:
    """Group names and topics of any characters, formulas and markup included, come back from every format as they were."""
    records = pa.table(
        {
            "cell": ["851fb467fffffff"],
            "resolution": [5],
            "kind": ["full"],
            "window": ["2026-W44"],
            "group": [name],
            "people": [people],
            "area_km2": [area],
        },
    )
    heat = HeatMap(records, {"scope": topic})
    folder = tmp_path_factory.mktemp("any")
    for target in DATA_FORMATS:
        found, certificate = read_heat_map(heat.write(folder / target))
        assert found.equals(heat.records)
        assert certificate == {"scope": topic}


@pytest.mark.parametrize("name", ["=1+1", "@user", "+1", "-1", "'quoted", "'=1"])
def test_csv_runs_no_formula(tmp_path: Path, name: str, records: pa.Table) -> None:
    """No field of the CSV starts as a formula does, and the name comes back."""
    table = records.slice(0, 1).set_column(4, "group", pa.array([name], pa.string()))
    path = HeatMap(table, {}).write(tmp_path / "map.csv")
    assert f",'{name}," in path.read_text(encoding="utf-8")
    assert read_heat_map(path)[0]["group"].to_pylist() == [name]


def test_empty_map_is_written_everywhere(records: pa.Table, certificate: dict[str, Any], tmp_path: Path) -> None:
    """A release without a single record still has all its files."""
    heat = HeatMap(records.slice(0, 0), certificate)
    for name in (*DATA_FORMATS, "map.png"):
        assert heat.write(tmp_path / name).stat().st_size > 0
    for name in DATA_FORMATS:
        assert read_heat_map(tmp_path / name)[0].equals(heat.records)


def test_posts_are_kept(records: pa.Table, tmp_path: Path) -> None:
    """A map with rounded Posts keeps them in every format."""
    table = records.append_column("posts", pa.array([20] * records.num_rows, pa.int64()))
    for name in DATA_FORMATS:
        found, _ = read_heat_map(HeatMap(table, {}).write(tmp_path / name))
        assert found["posts"].to_pylist() == [20] * records.num_rows
