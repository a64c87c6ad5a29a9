"""What people hand in by mistake, or name as they like: one clear sentence, or a check that runs."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import governance as gov
from governance.engines import open_table
from governance.engines.opening import open_part
from governance.errors import BadRequest
from governance.ledger import Ledger

PLAIN = pd.DataFrame({"region": ["north", "south"], "amount": [10, 20]})


@pytest.mark.parametrize(
    "name",
    [
        "Käse Übersicht.csv",
        "数据.csv",
        'o\'hara "q".csv',
        "export_20261116123456.csv",
        "posts_1500000000000000000.csv",
        "100%.csv",
    ],
)
def test_a_file_may_be_called_anything(name: str) -> None:
    """A lawful file passes and is recorded, whatever it is called."""
    PLAIN.to_csv(name, index=False)
    report = gov.check(name)
    assert (report.outcome, bool(report.entry)) == ("pass", True)


def test_a_position_in_a_file_name_is_neither_shown_nor_recorded() -> None:
    """A name that holds a coordinate is masked in the report and in the journal."""
    PLAIN.to_csv("visits_48.13743_11.57549.csv", index=False)
    report = gov.check("visits_48.13743_11.57549.csv")
    (entry,) = Ledger.open().entries("check")
    assert "13743" not in f"{report!r}{entry!r}"


def test_a_workbook_can_be_checked() -> None:
    """A plain workbook passes; one with positions is refused."""
    PLAIN.to_excel("plain.xlsx", index=False)
    assert gov.check("plain.xlsx").outcome == "pass"
    PLAIN.assign(lat=[48.13743, 52.52123], lon=[11.57549, 13.40512]).to_excel("visits.xlsx", index=False)
    assert gov.check("visits.xlsx").outcome == "fail"


@pytest.mark.parametrize(
    "data",
    [
        pa.table({"a": pa.array(np.array([1.5, 2.5], dtype="f2"))}),
        pa.table({"a": pa.array([Decimal(10**50)], pa.decimal256(60))}),
        pd.DataFrame([[48.13743, 11.57549]], columns=["a", "a"]),
        pd.DataFrame({"a": [1 + 2j]}),
        pd.DataFrame({"a": pd.arrays.SparseArray([0, 0, 1])}),
        pd.Series([48.13743]),
        "loop.csv",
    ],
    ids=["half floats", "long decimals", "two columns of one name", "complex", "sparse", "a series", "a loop of links"],
)
def test_what_cannot_be_measured_is_a_bad_request(data: object) -> None:
    """One sentence with a hint, no library's error and no value."""
    Path("loop.csv").symlink_to("loop.csv")
    with pytest.raises(BadRequest) as refused:
        gov.check(data)
    assert refused.value.hint
    assert "48.1" not in str(refused.value)


def test_whole_numbers_of_any_size_can_be_checked() -> None:
    """Numbers over 64 bits are read as text."""
    assert gov.check(pd.DataFrame({"a": [10**30, 1]})).outcome == "pass"


def test_an_unknown_rule_is_a_bad_request() -> None:
    """A mistyped code is refused; one code may stand alone, and an iterator counts like a list."""
    with pytest.raises(BadRequest):
        gov.check(PLAIN, rules=["LOC01"])
    assert set(gov.check(PLAIN, rules="SEC001").rules) == {"SEC001"}
    assert set(gov.check(PLAIN, rules=iter(["LOC001", "SEC001"])).rules) == {"LOC001", "SEC001"}


def test_a_folder_is_seen_whole_or_refused() -> None:
    """Parquet files count whatever their ending's case; anything beside them is a bad request, a writer's notes are not."""
    Path("data/_delta_log").mkdir(parents=True)
    PLAIN.to_parquet("data/a.parquet")
    for note in ("_delta_log/0.json", "_SUCCESS", "_metadata", ".a.parquet.crc", ".DS_Store", "_committed_17"):
        Path("data", note).write_text("{}")
    assert gov.check("data").outcome == "pass"
    PLAIN.assign(lat=[48.13743, 52.52123], lon=[11.57549, 13.40512]).to_parquet("data/b.PARQUET")
    assert gov.check("data").outcome == "fail"
    for other in ("c.csv", ".c.csv", "_c.csv", "d.zip", "e.txt", "f"):
        PLAIN.to_csv(f"data/{other}", index=False)
        with pytest.raises(BadRequest, match="1 files beside"):
            gov.check("data")
        Path("data", other).unlink()


def test_a_workbook_is_one_table() -> None:
    """A second sheet with data is a bad request, an empty one is not."""
    for name, second in (("two.xlsx", PLAIN), ("one.xlsx", pd.DataFrame())):
        with pd.ExcelWriter(name) as book:
            PLAIN.to_excel(book, sheet_name="a", index=False)
            second.to_excel(book, sheet_name="b", index=False)
    assert gov.check("one.xlsx").outcome == "pass"
    with pytest.raises(BadRequest, match="2 of its sheets"):
        gov.check("two.xlsx")


VISITS = PLAIN.assign(lat=[48.13743, 52.52123], lon=[11.57549, 13.40512])
_WRITERS = {
    ".csv": lambda frame, path: frame.to_csv(path, index=False),
    ".json": lambda frame, path: frame.to_json(path, orient="records"),
    ".parquet": lambda frame, path: frame.to_parquet(path),
}


@pytest.mark.parametrize("ending", _WRITERS)
@pytest.mark.parametrize(("name", "matched"), [("c[1]", "c1"), ("c*", "c9"), ("c?", "c9"), ("f[1]/k=[2]/c", "f1/k=2/c"), ("~c", "c")])
def test_a_name_is_no_pattern(name: str, matched: str, ending: str) -> None:
    """The file that was named is read, not one that its name would be a pattern of."""
    for frame, path in ((VISITS, Path(name + ending)), (PLAIN, Path(matched + ending))):
        path.parent.mkdir(parents=True, exist_ok=True)
        _WRITERS[ending](frame, path)
    assert [gov.check(path + ending).outcome for path in (name, matched)] == ["fail", "pass"]


def test_a_folder_name_is_no_pattern() -> None:
    """Folders of parts with marks in their names are read themselves, and tell their columns."""
    for frame, path in ((VISITS, Path("f[1]/k=*/a[1].parquet")), (PLAIN, Path("f1/k=1/a1.parquet"))):
        path.parent.mkdir(parents=True)
        frame.to_parquet(path)
    assert [gov.check(path).outcome for path in ("f[1]", "f1")] == ["fail", "pass"]
    assert "k" in [name for name, _ in open_table("f[1]").columns]


def test_a_part_is_of_the_file_that_was_named() -> None:
    """A second look at a file takes it, not one that its name would be a pattern of."""
    Path("p[1].jsonl").write_text('{"named": 1}\n')
    Path("p1.jsonl").write_text('{"matched": 1}\n')
    part = open_part(Path("p[1].jsonl"), lambda _: False)
    assert part is not None
    assert [name for name, _ in part.columns] == ["named"]


def test_a_backslash_beside_a_mark_is_a_bad_request() -> None:
    """A name that the engine can only take for a pattern is refused in one sentence."""
    VISITS.to_csv("c\\[1].csv", index=False)
    with pytest.raises(BadRequest, match="is taken for a pattern"):
        gov.check("c\\[1].csv")
