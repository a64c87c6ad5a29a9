"""Clumsy calls of `gov.match`: each is a BadRequest that says which side is meant, or a documented refusal; none is a quiet nothing."""
# ruff: noqa: ANN401 - fixtures and arguments are of any type

from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import governance as gov

ACCOUNT = {"user_id": "11", "handle": "alice", "state": "public", "state_checked_at": "2026-11-23T00:00:00Z"}
HANDLE = [("handle", "x_handle")]


def _match(deployment: Any, accounts: Any, on: Any = HANDLE, records: pd.DataFrame | None = None, **more: Any) -> Any:
    people = pd.DataFrame([dict.fromkeys(deployment.columns, "") | {"customer_id": "c1", "x_handle": "@Alice", "x_id": "11"}])
    how: dict[str, Any] = {"as_of": "2026-11-24T12:00:00Z", "project": deployment.project, "data_set": "crm"} | more
    return gov.match(accounts, people if records is None else records, on, "member-support", **how)


@pytest.mark.parametrize(
    "on", [None, [], 5, "handle", ["handle"], [()], [("handle",)], [("handle", None)], {"handle": "x_handle"}], ids=repr
)
def test_on_that_names_no_pairs_is_refused(deployment: Any, on: Any) -> None:
    """What is no list of pairs of columns is said to be none."""
    with pytest.raises(gov.BadRequest, match="`on`"):
        _match(deployment, pd.DataFrame([ACCOUNT]), on)


@pytest.mark.parametrize(
    ("on", "said"),
    [([("nick", "x_handle")], "no column `nick` in the accounts"), ([("handle", "nick")], "no column `nick` in the records")],
)
def test_a_column_that_is_not_there_names_its_side(deployment: Any, on: Any, said: str) -> None:
    """A table in memory has no name: the message says whether the accounts or the records lack the column."""
    with pytest.raises(gov.BadRequest, match=said):
        _match(deployment, pd.DataFrame([ACCOUNT]), on)


@pytest.mark.parametrize("as_of", [5, 1.5, True, [], "soon"], ids=repr)
def test_a_moment_that_is_none_is_refused(deployment: Any, as_of: Any) -> None:
    """A number is no time."""
    with pytest.raises(gov.BadRequest, match="as_of is no time"):
        _match(deployment, pd.DataFrame([ACCOUNT]), as_of=as_of)


def test_settings_without_splink_are_refused(deployment: Any) -> None:
    """Whoever passes a model and gets equal keys would think the model ran."""
    with pytest.raises(gov.BadRequest, match="method='exact' has none"):
        _match(deployment, pd.DataFrame([ACCOUNT]), settings={"link_type": "link_only"})


@pytest.mark.parametrize(
    "user_id",
    ["alice", "5.70306E+17", "11.0", " 11", 1.234567890123456789e18, 11.5],
    ids=["handle", "exponent", "point", "blank", "large", "half"],
)
def test_a_damaged_id_is_refused(deployment: Any, user_id: Any) -> None:
    """An id that a spreadsheet or a float rounded may stand for several accounts: no edge is made of it, and none is lost in silence."""
    with pytest.raises(gov.BadRequest, match="1 of the accounts have a `user_id` that is no numeric id") as refused:
        _match(deployment, pd.DataFrame([ACCOUNT | {"user_id": user_id}]))
    assert str(user_id) not in str(refused.value)


@pytest.mark.parametrize("user_id", [11, 11.0, "11"], ids=repr)
def test_a_whole_number_is_an_id(deployment: Any, user_id: Any) -> None:
    """Integers, and floats that kept every digit, are the ids they were."""
    assert _match(deployment, pd.DataFrame([ACCOUNT | {"user_id": user_id}])).edges["x_user_id"].to_pylist() == ["11"]


def test_a_time_beyond_every_calendar_is_refused(deployment: Any) -> None:
    """A look in a year that the engine has no microseconds for is no table, and no error of the engine's."""
    far = pa.table(pd.DataFrame([ACCOUNT]).drop(columns="state_checked_at")).append_column(
        "state_checked_at", pa.array([2**62], pa.timestamp("s", "UTC"))
    )
    with pytest.raises(gov.BadRequest, match="can't be read as a table"):
        _match(deployment, far)


@pytest.mark.parametrize(("column", "code"), [("state", "X_STATE_UNKNOWN"), ("state_checked_at", "X_STATE_STALE")])
def test_accounts_without_a_state_are_refused(deployment: Any, column: str, code: str) -> None:
    """No state is unknown, no look at it is stale."""
    found = _match(deployment, pd.DataFrame([ACCOUNT]).drop(columns=column))
    assert (found.edges.num_rows, dict(found.refused)) == (0, {code: 1})


def test_no_rows_match_nothing(deployment: Any) -> None:
    """Empty tables are no error; nothing is matched and nobody is refused."""
    empty = pd.DataFrame({name: pd.Series(dtype=str) for name in ACCOUNT})
    nobody = pd.DataFrame({name: pd.Series(dtype=str) for name in deployment.columns})
    for accounts, records in ((empty, None), (pd.DataFrame([ACCOUNT]), nobody), (empty, nobody)):
        found = _match(deployment, accounts, records=records)
        assert (found.edges.num_rows, dict(found.refused)) == (0, {})


@pytest.mark.parametrize("order", [1, -1], ids=["protected last", "protected first"])
@pytest.mark.parametrize(
    ("looked", "refused"),
    [("2026-11-23T00:00:00Z", {"X_PROTECTED": 1}), ("2026-11-23T08:00:00Z", {"X_PROTECTED": 1}), ("2026-11-22T00:00:00Z", {})],
    ids=["same time", "later", "earlier"],
)
def test_of_two_states_the_latest_look_counts(deployment: Any, looked: str, refused: dict[str, int], order: int) -> None:
    """Two rows of one account: the later look counts, of the same time the one that refuses, in any order of the rows."""
    rows = [ACCOUNT, ACCOUNT | {"state": "protected", "state_checked_at": looked}]
    assert dict(_match(deployment, pd.DataFrame(rows[::order])).refused) == refused


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_accounts_are_read_from_the_file_that_was_named(deployment: Any, ending: str) -> None:
    """A name with marks is no pattern of another file."""
    for name, account in (("a[1]", ACCOUNT), ("a1", ACCOUNT | {"handle": "bob"})):
        frame = pd.DataFrame([account])
        frame.to_csv(name + ending, index=False) if ending == ".csv" else frame.to_parquet(name + ending)
    assert [_match(deployment, name + ending).edges.num_rows for name in ("a[1]", "a1")] == [1, 0]
