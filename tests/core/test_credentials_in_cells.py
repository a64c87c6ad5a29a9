"""Keys and tokens in cells are found in every shape a text column comes in, and counted once."""

import pandas as pd
import pyarrow as pa
import pytest

import governance as gov
from governance.engines import open_table
from governance.model import Measure
from governance.rules.no_credentials_in_data import CREDENTIAL

KEY = "AKIA" + "Q" * 16
NOTES = [f"see {KEY}", "the door was open", None, KEY] * 30
SHAPES = {
    "text": pa.array(NOTES),
    "large text": pa.array(NOTES, pa.large_string()),
    "categories": pa.array(NOTES).dictionary_encode(),
    "list": pa.array([[note] if note else None for note in NOTES]),
    "struct": pa.array([{"note": note} for note in NOTES]),
    "union": pa.UnionArray.from_sparse(pa.array([0] * len(NOTES), pa.int8()), [pa.array(NOTES)]),
    "JSON text": pa.array([f'{{"note": "{note}"}}' for note in NOTES]),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_key_is_found_whatever_holds_it(shape: str) -> None:
    """The finding names the column and the number of rows."""
    (finding,) = gov.check(pa.table({"c": SHAPES[shape]}), rules=["SEC001"]).findings
    assert (finding.outcome, finding.columns, finding.count) == ("fail", ("c",), 60)


def test_a_category_of_pandas_is_text() -> None:
    """A pandas categorical column is looked into."""
    report = gov.check(pd.DataFrame({"c": pd.Categorical([KEY, "open"] * 30)}), rules=["SEC001"])
    assert report.outcome == "fail"


def test_what_was_learned_is_not_measured_again() -> None:
    """A number that another pass has counted is taken as it is; any other is measured."""
    table = open_table(pa.table({"c": NOTES}))
    learned, fresh = Measure("like", ("c",), CREDENTIAL), Measure("like", ("c",), "door")
    assert table.measure([learned, fresh]).numbers == {learned: 60, fresh: 30}
    table.learn({learned: 7})
    assert table.measure([learned, fresh]).numbers == {learned: 7, fresh: 30}
