"""Topics, groups and regions: which Post belongs where."""

import h3
import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import governance as gov
from governance.disclosure import cells
from governance.disclosure.regions import digest, region_cells, region_numbers
from governance.disclosure.scope import Terms, group_numbers, group_terms, terms
from governance.disclosure.specification import Specification


def _batch(rows: list[tuple[list[str] | None, str | None]]) -> pa.RecordBatch:
    tags = pa.array([tags for tags, _ in rows], pa.list_(pa.string()))
    return pa.record_batch({"hashtags": tags, "text": pa.array([text for _, text in rows], pa.string())})


def test_hashtags_match_whole_and_in_any_case() -> None:
    """#Flood is #flood, not #flooding; a Post without hashtags, or without a list, matches nothing."""
    batch = _batch([(["flood"], None), (["flooding"], None), ([], None), (None, "flood"), (["rain", "flood"], None)])
    assert terms("#FLOOD").matches(batch).tolist() == [True, False, False, False, True]
    assert terms("#FLOOD").matches(batch.slice(3)).tolist() == [False, True]


@pytest.mark.parametrize(
    ("word", "text", "hit"),
    [
        ("water", "Water!", True),
        ("water", "underwater", False),
        ("crue", "La CRUE, la nuit", True),
        ("été", "l'Été dernier", True),
        ("été", "étés", False),
        ("high water", "so high  water", False),
        ("high water", "the high water mark", True),
        ("a.b", "axb", False),
        ("c++", "I like c++", True),
    ],
)
def test_keywords_are_words(word: str, text: str, hit: bool) -> None:
    """A keyword matches whole words in any alphabet, and nothing in it is a pattern."""
    assert terms(word).matches(_batch([([], text)])).tolist() == [hit]


def test_groups_are_exclusive_in_their_order() -> None:
    """A Post of two groups belongs to the first; one of none to `other`."""
    groups = group_terms({"a": ["#x"], "b": ["#y"]})
    batch = _batch([(["x"], ""), (["y"], ""), (["x", "y"], ""), ([], "")])
    assert group_numbers(batch, groups).tolist() == [0, 1, 0, 2]


def test_a_specification_survives_its_register_row() -> None:
    """What is stored of a series is the series; one more hashtag is another population."""
    spec = Specification(
        topic=terms(["#a", "b c"]), groups=group_terms({"g": "#x"}), regions=(), window="day", finest=6, minimum_people=25, strategy="merge"
    )
    assert Specification.restored(spec.stored()) == spec
    assert Specification.restored(spec.stored()).sha256 == spec.sha256
    assert Specification(topic=terms("#a")).sha256 != Specification(topic=terms(["#a", "#b"])).sha256
    assert Specification(topic=terms(["#b", "#A"])).sha256 == Specification(topic=terms(["#a", "#b"])).sha256
    assert not Terms()


def test_regions_hold_the_cells_of_their_polygons() -> None:
    """Base cells by their centre; a tiny polygon is the cell it touches; coarser cells only if they lie inside wholly."""
    regions = region_cells({"town": shapely.box(2.2, 48.7, 2.5, 49.0), "kiosk": shapely.Point(13.4, 52.52).buffer(1e-5)})
    inside, outside = (cells.from_strings([h3.latlng_to_cell(*at, 8)]) for at in ((48.85, 2.35), (40.0, 2.35)))
    kiosk = cells.from_strings([h3.latlng_to_cell(52.52, 13.4, 8)])
    assert [region_numbers(code, regions).tolist() for code in (inside, kiosk, outside)] == [[0], [1], [2]]
    assert region_numbers(cells.parents(inside, 6), regions).tolist() == [0]
    assert region_numbers(cells.parents(inside, 2), regions).tolist() == [2]
    assert digest(regions[0][1]) != digest(regions[1][1])


@given(st.floats(-170, 170), st.floats(-70, 70), st.floats(0.05, 0.5))
@settings(max_examples=20, deadline=None)
def test_a_region_is_its_polygon_up_to_a_cell(west: float, south: float, size: float) -> None:
    """Cells whose centre lies well inside the polygon belong to it, cells far outside do not."""
    regions = region_cells({"box": shapely.box(west, south, west + size, south + size)})
    centre = cells.index(np.array([south + size / 2]), np.array([west + size / 2]))
    far = cells.index(np.array([south - 1]), np.array([west]))
    assert region_numbers(centre, regions).tolist() == [0]
    assert region_numbers(far, regions).tolist() == [1]


def test_negations_and_empty_terms_are_refused() -> None:
    """A negated term makes a complement; an empty one matches nothing anybody meant."""
    for text in ("-#a", "!a", "not #a", "NOT a"):
        with pytest.raises(gov.PolicyViolation):
            terms(text)
    for nothing in ("", " ", ["#a", ""], [3]):
        with pytest.raises(gov.BadRequest):
            terms(nothing)  # type: ignore[arg-type]
