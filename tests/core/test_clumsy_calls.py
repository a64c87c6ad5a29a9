"""Calls with arguments of the wrong kind: each is a BadRequest that says what to write instead, never a library's error."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import governance as gov
from governance.project import load_project

WRONG: list[Any] = [5, 5.5, [1], {"a": object()}, b"x", object()]
"""What fits nowhere."""


def posts() -> pa.Table:
    """Forty people in one place."""
    return pa.table(
        {
            "post_id": [str(10**15 + n) for n in range(40)],
            "author_id": [str(n) for n in range(1, 41)],
            "text": ["High water #flood"] * 40,
            "created_at": ["2026-11-17T10:00:00Z"] * 40,
            "latitude": [48.85] * 40,
            "longitude": [2.35 + n / 1e4 for n in range(40)],
        }
    )


def heat_map(**settings: Any) -> gov.HeatMap:  # noqa: ANN401 - whatever a test tries
    """A map in whose call something is wrong."""
    return gov.heat_map(posts(), **({"topic": "#flood", "as_of": "2026-11-24"} | settings))


def match(**settings: Any) -> object:  # noqa: ANN401 - whatever a test tries
    """A match in whose call something is wrong."""
    Path("governance.yml").write_text("version: 1\ncontroller: Example Ltd\npurposes:\n  support: {description: answer members}\n")
    accounts = pd.DataFrame({"user_id": ["1"], "handle": ["a"], "state": ["public"], "state_checked_at": ["2026-11-23"]})
    records = pd.DataFrame({"customer_id": ["1"], "x_handle": ["a"]})
    asked = {"accounts": accounts, "records": records, "on": [("handle", "x_handle")], "purpose": "support"} | settings
    return gov.match(**asked)


CALLS: dict[str, Callable[[], object]] = {
    **{f"heat_map({name}={wrong!r})": lambda name=name, wrong=wrong: heat_map(**{name: wrong})
       for name, wrong in [
           ("topic", 5), ("topic", [5]), ("as_of", 5), ("groups", ["a"]), ("groups", {"a": 5}), ("groups", {5: "#flood"}),
           ("regions", [1]), ("regions", {"a": 1}), ("regions", {1: 2}), ("regions", "x"), ("window", 5), ("timezone", 5),
           ("minimum_people", "a"), ("finest", 7.5), ("coarsest", None), ("strategy", ["a"]), ("assign", 5), ("include_posts", "x"),
           ("series", 5), ("scope", ["a"]), ("ledger", 5), ("ledger", []), ("project", 5), ("project", [])]},
    **{f"check({name}={wrong!r})": lambda name=name, wrong=wrong: gov.check(posts(), **{name: wrong})
       for name, wrong in [
           ("project", 3), ("ledger", 3), ("kind", 3), ("kind", ["a"]), ("data_set", 3), ("data_set", ["a"]), ("rules", 5), ("rules", [5]),
           ("gate", 5)]},
    **{f"match({name}={wrong!r})": lambda name=name, wrong=wrong: match(**{name: wrong})
       for name, wrong in [
           ("on", None), ("on", 5), ("on", [5]), ("on", [("a",)]), ("on", ""), ("as_of", 5), ("as_of", []), ("as_of", "x"), ("purpose", 5),
           ("purpose", None), ("method", ["a"]), ("project", 5), ("ledger", 5), ("data_set", 5), ("data_set", []), ("accounts", ""),
           ("accounts", None), ("records", 5)]},
    **{f"{call.__name__}({type(wrong).__name__})": lambda call=call, wrong=wrong: call(wrong)
       for call in (gov.check, gov.detect, gov.read_posts)
       for wrong in (None, pl.Series([1, 2]), pl.Series("a", ["x"]), pa.array([1]), "", " ", *WRONG)},
    **{f"read_posts(columns={wrong!r})": lambda wrong=wrong: gov.read_posts(posts(), columns=wrong)
       for wrong in ("a=b", 5, ["a"], {"a": 5}, {5: "a"}, {"post_id": ["x"]})},
    **{f"audit({wrong!r})": lambda wrong=wrong: gov.audit(wrong) for wrong in (None, "", " ", 5, [], [5], ["", None], {}, b"x")},
    "Posts.to_arrow(5)": lambda: gov.read_posts(posts()).to_arrow(5),
    "Posts.to_arrow('text')": lambda: gov.read_posts(posts()).to_arrow("text"),
    "Ledger.open(5)": lambda: gov.Ledger.open(5),
    "heat_map('')": lambda: gov.heat_map("", topic="#flood"),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_a_clumsy_call_is_a_bad_request(name: str) -> None:
    """One sentence and a way out."""
    with pytest.raises(gov.BadRequest) as refused:
        CALLS[name]()
    assert refused.value.hint
    assert "Error" not in refused.value.message


@pytest.mark.parametrize("wrong", WRONG)
def test_a_map_compares_and_writes_what_it_can(wrong: object) -> None:
    """Another thing than a map, a pair of windows or a path is refused."""
    heat = heat_map()
    for call in (lambda: heat.compare(wrong), lambda: heat.compare(windows=wrong), lambda: heat.write(wrong)):
        with pytest.raises(gov.BadRequest) as refused:
            call()
        assert refused.value.hint
    with pytest.raises(gov.BadRequest, match="no heat map"):
        heat.compare("x")
    with pytest.raises(gov.BadRequest, match="two windows"):
        heat.compare(windows=("2026-W47",))


def test_a_folder_of_other_files_says_what_a_folder_may_hold() -> None:
    """Plain CSV files in a folder are no table and no Posts: the sentence names no option that the check lacks."""
    Path("plain").mkdir()
    Path("plain/one.csv").write_text("a,b\n1,2\n")
    with pytest.raises(gov.BadRequest) as refused:
        gov.check("plain")
    assert "one by one" in refused.value.hint
    assert "plain" in refused.value.message
    assert "--columns" not in str(refused.value)
    assert gov.check("plain/one.csv").outcome == "pass"


def test_a_folder_of_posts_hides_nothing() -> None:
    """A workbook or a picture beside Posts would go unseen, so the folder is refused."""
    Path("mixed").mkdir()
    pd.DataFrame(posts().to_pydict()).to_csv("mixed/posts.csv", index=False)
    assert gov.check("mixed", kind="posts").scanned_rows == 40
    pd.DataFrame({"a": [1]}).to_excel("mixed/more.xlsx", index=False)
    with pytest.raises(gov.BadRequest, match="1 of its files"):
        gov.check("mixed", kind="posts")


def test_an_empty_file_is_empty_whatever_it_was_to_hold() -> None:
    """Nobody is asked for Posts where a table was to be checked."""
    Path("empty.csv").touch()
    for call in (gov.check, gov.detect, gov.read_posts):
        with pytest.raises(gov.BadRequest) as refused:
            call("empty.csv")
        assert "empty" in refused.value.message
        assert "Posts" not in str(refused.value)


def test_a_path_of_any_kind_is_a_project(tmp_path: Path) -> None:
    """What leads to a file by os.fspath does here too."""
    (tmp_path / "governance.yml").write_text("version: 1\n")
    assert load_project(str(tmp_path)).path == load_project(tmp_path).path
