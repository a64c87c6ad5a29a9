"""Columns that are regular but for a few odd rows, which the sample of values may miss: they are decided, and nothing is quoted."""

import json
import traceback
from collections.abc import Iterator

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import governance as gov
from governance.detection import detect_source, detector
from governance.detection.leaves import Text
from governance.detection.sampling import ArrowSource
from governance.errors import BadRequest

ODD = [
    *("n/a", "", "  ", "nan", "-inf", "1e999", "9" * 400, "9" * 5000, "12_000", "\x1f12", "½", "١٢٣", "--5", "1.2.3", "\x00"),
    *("{", "[[[[", '{"a": ' + "9" * 400 + "}", "[1e999, NaN]", "('a', 2)", "(" * 200, "[" * 3000, "null", "POINT (", "POINT EMPTY"),
    *("geo:,", "$GPGGA,", "+", "°", "0101", "8f" + "f" * 13, "a@b", "\N{RIGHT-TO-LEFT OVERRIDE}12.5"),
]
ROWS = 700
"""More distinct values than the recognisers look at."""
REGULAR = {
    "integers": lambda n: str(1_000 + n),
    "decimals": lambda n: f"{n / 7:.4f}",
    "degrees": lambda n: f"{n % 90}° {n % 60}' {n % 59}\" N",
    "objects": lambda n: json.dumps({"a": n / 7, "b": [n, 1]}),
    "lists": lambda n: f"[{n}, {n / 9}]",
    "well-known text": lambda n: f"POINT ({n % 180} {n % 90})",
    "hexadecimal": lambda n: f"{n * 7919:015x}",
    "times": lambda n: f"2026-{n % 12 + 1:02d}-{n % 28 + 1:02d}",
    "phones": lambda n: f"+49 89 {1_000_000 + n}",
    "words": lambda n: f"word {n}",
}


@pytest.mark.parametrize("regular", REGULAR)
@settings(max_examples=5)
@given(data=st.data())
def test_odd_rows_are_no_error(regular: str, data: st.DataObject) -> None:
    """Whatever stands in some rows of a regular column, the column is judged."""
    values = [REGULAR[regular](n) for n in range(ROWS)]
    for row in data.draw(st.lists(st.integers(0, ROWS - 1), min_size=1, max_size=4)):
        values[row] = data.draw(st.sampled_from(ODD))
    (found,) = detect_source(ArrowSource(pa.table({data.draw(st.sampled_from(["c", "lat", "user id", "zip", "geo"])): values})))
    assert found.rows_scanned == ROWS


def test_integers_with_one_odd_row_are_checked() -> None:
    """A note among ten thousand codes is no number, and no error."""
    codes = [str(1_000 + n) for n in range(9_999)]
    report = gov.check(pa.table({"code": [*codes, "asked for by phone"]}), kind="working", ledger="sqlite://")
    assert str(report.outcome) == "pass"


def test_an_error_over_a_value_does_not_quote_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recogniser that fails names the place in the code, never the value that it failed over, nowhere in the traceback."""

    def fails(text: Text) -> Iterator[None]:
        yield from (int(value) for value in text.values)  # type: ignore[misc]

    monkeypatch.setattr(detector, "TEXT", (fails,))
    value = "canary".upper()
    with pytest.raises(BadRequest, match=r"ValueError at detector\.py, line \d+") as caught:
        gov.check(pa.table({"note": [value] * 20}), kind="working", ledger="sqlite://")
    assert value not in "".join(traceback.format_exception(caught.value))
