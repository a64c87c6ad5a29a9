"""Tables of one or two rows: statistics are silent, so headers are believed and undecided fails closed."""

import pandas as pd
import pytest

import governance as gov
from governance.vocabulary import Status

TELLING = {
    "two full names": {"latitude": [48.13743], "longitude": [11.57549]},
    "short names": {"lat": [48.13743], "lng": [11.57549]},
    "texts": {"lat": ["48.13743"], "lng": ["11.57549"]},
    "a pair in a text": {"location": ["48.13743, 11.57549"]},
    "a list": {"coords": [[11.57549, 48.13743]]},
    "a geohash": {"geohash": ["u281z7j57"]},
    "a cell": {"h3": ["871fb4662ffffff"]},
    "a shape": {"wkt": ["POINT (11.5 48.1)"]},
    "an address": {"home_address": ["Marienplatz 8, Munich"]},
}


@pytest.mark.parametrize("columns", TELLING.values(), ids=TELLING)
@pytest.mark.parametrize("rows", [1, 2, 4])
def test_one_place_is_not_overlooked(columns: dict[str, list[object]], rows: int) -> None:
    """Each column is at least up for review, and the check does not pass."""
    frame = pd.DataFrame({name: values * rows for name, values in columns.items()})
    found = gov.detect(frame)
    assert all(column.status is not Status.NONE for column in found), found
    assert all(column.holds.startswith("location.") for column in found)
    assert gov.check(frame).outcome != "pass"


@pytest.mark.parametrize(
    "columns",
    [
        {"note": ["a word"], "n": [3]},
        {"price": [48.13], "tax": [11.57]},
        {"name": ["Ada"], "score": [0.52]},
        {"state": ["open"], "version": ["1.2.3"]},
        {"created_at": ["2026-11-24T10:00:00Z"], "count": [12]},
    ],
)
def test_plain_rows_stay_plain(columns: dict[str, list[object]]) -> None:
    """A row without a telling header or look is no finding."""
    assert gov.check(pd.DataFrame(columns)).outcome == "pass"
