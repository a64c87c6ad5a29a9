"""The object: its views, its words, its notebook face, and what it refuses to carry."""

import pickle
import re
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from governance.errors import BadRequest
from governance.reporting.maps import HeatMap
from governance.reporting.maps.caption import caption
from governance.reporting.maps.files import CERTIFICATE_KEY
from governance.reporting.maps.palette import DARK, LIGHT, breaks, class_of, colours

PUBLIC = ["cell", "resolution", "kind", "window", "window_start", "group", "people", "area_km2"]


def test_views_have_the_public_columns(heat: HeatMap) -> None:
    """Pandas has the public columns, Arrow the integer cell beside them; both carry the certificate."""
    frame = heat.to_pandas()
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.columns) == PUBLIC
    assert frame.attrs["certificate"] == heat.certificate
    table = heat.to_arrow()
    assert table.column_names == [*PUBLIC, "cell_id"]
    assert CERTIFICATE_KEY in table.schema.metadata


@pytest.mark.parametrize("name", ["author_id", "text", "latitude", "post_id", "raw"])
def test_other_columns_are_refused(records: pa.Table, name: str) -> None:
    """A column about a Post or a person can't ride along; the refusal does not repeat its name."""
    with pytest.raises(BadRequest, match="no other columns") as error:
        HeatMap(records.append_column(name, pa.array(["canary"] * records.num_rows)), {})
    assert "canary" not in str(error.value)


@pytest.mark.parametrize("name", ["cell", "people", "area_km2", "window"])
def test_missing_columns_are_refused(records: pa.Table, name: str) -> None:
    """Without one of its columns it is no heat map."""
    with pytest.raises(BadRequest, match=f"lacks the column {name}"):
        HeatMap(records.drop_columns([name]), {})


def test_the_certificate_can_not_be_changed_from_outside(heat: HeatMap) -> None:
    """What is handed out is a copy."""
    heat.certificate["scope"]["topic"].append("#other")
    assert heat.certificate["scope"] == {"topic": ["#flood"]}


def test_summary_counts_published_records(heat: HeatMap) -> None:
    """The summary adds up published numbers and says so."""
    summary = heat.summary()
    assert summary["scope"] == "#flood"
    assert summary["people"] == sum(heat.records["people"].to_pylist())
    assert summary["records"] == len(heat) == heat.records.num_rows
    assert summary["coarsest_resolution"] <= summary["people_weighted_resolution"] <= summary["finest_resolution"]
    assert "rounded" in summary["derived_from"]


def test_summary_of_nothing(records: pa.Table) -> None:
    """An empty map has a summary too."""
    summary = HeatMap(records.slice(0, 0), {}).summary()
    assert summary["people"] == summary["records"] == 0
    assert summary["people_weighted_resolution"] is None


def test_it_pickles(heat: HeatMap) -> None:
    """A map can go through a process boundary."""
    again = pickle.loads(pickle.dumps(heat))  # noqa: S301 - our own bytes
    assert again.records.equals(heat.records)
    assert again.certificate == heat.certificate


def test_notebook_face_is_small_and_safe(records: pa.Table) -> None:
    """The notebook shows an escaped still picture, with no script and no address."""
    heat = HeatMap(records, {"scope": {"topic": ["<script>alert(1)</script>"]}, "approved_by": '"><img src=x>'})
    text = heat._repr_html_()
    assert len(text) < 300_000
    assert "<svg" in text
    assert "&lt;script&gt;" in text
    for bad in ("<script", "<img", "http:", "https:", "url("):
        assert bad not in text
    assert "<svg" in HeatMap(records.slice(0, 0), {})._repr_html_()


def test_repr_is_one_line(heat: HeatMap, grouped: pa.Table) -> None:
    """One line: scope, how many records, which windows."""
    assert "#flood" in repr(heat)
    assert "window 2026-W44" in repr(heat)
    assert "2 windows" in repr(HeatMap(grouped, {}))


def test_words_come_from_the_certificate(records: pa.Table) -> None:
    """Title and notes say the scope, the minimum and the rounding that the certificate names."""
    words = caption(records, {"scope": {"topic": ["#a", "b"], "scope": "storm"}, "minimum_people": 25, "rounding_base": 5})
    assert words.title == "People posting about #a, b in storm"
    assert "at least 25 accounts" in words.subtitle
    assert "approved by nobody" in words.subtitle
    assert any("rounded to the nearest 5: 10 stands for 8 to 12" in note for note in words.notes)
    assert caption(records, {}).title == "People posting about a declared topic"
    assert "approved by dpo" in caption(records, {"approved_by": "dpo"}).subtitle


def luminance(colour: str) -> float:
    """The relative luminance of an sRGB colour (WCAG)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("ramp", "way"), [(LIGHT, -1), (DARK, 1)])
def test_ramps_order_by_lightness_alone(ramp: tuple[str, ...], way: int) -> None:
    """Each class is clearly lighter or darker than the one before, so the order survives grey print and colour blindness."""
    light = [luminance(colour) ** (1 / 3) for colour in ramp]
    assert all((b - a) * way > 0.05 for a, b in pairwise(light))


def test_classes_are_round_and_used() -> None:
    """Classes end at round numbers, rise, and each holds some value."""
    values = [float(10 * n * n) for n in range(1, 60)]
    ends = breaks(values)
    assert ends == sorted(set(ends))
    assert {class_of(value, ends) for value in values} == set(range(len(ends) + 1))
    assert len(colours(ends)) == len(ends) + 1
    assert breaks([]) == []
    assert breaks([10.0, 10.0]) == []


@pytest.mark.parametrize(("module", "ask"), [("matplotlib", "post-governance[plot]"), ("geopandas", "pip install geopandas")])
def test_missing_extra_says_what_to_install(heat: HeatMap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, ask: str) -> None:
    """Without the optional library the refusal names the command that installs it, and nothing is written."""
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(BadRequest, match=re.escape(ask)):
        heat.write(tmp_path / "map.png") if module == "matplotlib" else heat.to_geopandas()
    assert not list(tmp_path.iterdir())


def test_canary_of_posts_is_in_no_output(tmp_path: Path, make_posts: Callable[[], pa.Table]) -> None:
    """Posts full of marks go in; no file, repr, notebook, summary or certificate of the map holds a mark."""
    import governance as gov

    heat = gov.heat_map(make_posts(), topic="#flood", as_of="2026-11-24", ledger=f"sqlite:///{tmp_path}/governance.db")
    texts = [repr(heat), heat._repr_html_(), repr(heat.summary()), repr(heat.certificate), repr(heat.to_pandas())]
    for name in ("map.parquet", "map.csv", "map.geojson", "map.html", "map.png"):
        heat.write(tmp_path / name)
    raw = [path.read_bytes() for path in tmp_path.iterdir() if path.name.startswith("map.")]
    assert len(heat) > 0
    assert len(raw) == 6
    for mark in ("canary", "7770001", "48.8566", "2.3522"):
        assert not any(mark in text for text in texts)
        assert not any(mark.encode() in content for content in raw)


@pytest.fixture
def make_posts() -> Callable[[], pa.Table]:
    """A maker of Posts whose every value is marked."""

    def make() -> pa.Table:
        people = range(60)
        return pa.table(
            {
                "post_id": [str(7770001_000_000_000 + n) for n in people],
                "author_id": [str(7770001_000 + n) for n in people],
                "author_handle": [f"canary{n}" for n in people],
                "text": [f"canary says #flood {n}" for n in people],
                "created_at": ["2026-11-17T10:00:00Z"] * 60,
                "latitude": [48.8566 + n / 1e6 for n in people],
                "longitude": [2.3522 + n / 1e6 for n in people],
            },
        )

    return make
