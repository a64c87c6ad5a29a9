"""Several rows of one account that contradict each other: the latest look counts, and where that can't be told, the strictest."""
# ruff: noqa: ANN401 - fixtures are of the test's own types

import itertools
import json
from collections import Counter
from typing import Any

import duckdb
import pytest

from governance.matching.looks import LATEST_FIRST, STRICTEST, latest
from governance.verbs.pairing import sweep_matches

USER = "1184500000000000011"
LATER = "2026-11-25T12:00:00Z"
NONE, EARLY, LATE, NEXT_DAY = "", "2026-11-22T08:00:00Z", "2026-11-23T08:00:00Z", "2026-11-24T00:00:00Z"
EARLY_DAY, LATE_DAY = "2026-11-22", "2026-11-23"

CASES = [
    # what two looks at an account say, and what refuses it
    (("public", LATE), ("deleted", NONE), "X_DELETED"),
    (("public", LATE), ("withheld", NONE), "X_WITHHELD"),
    (("public", LATE), ("suspended", NONE), "X_SUSPENDED"),
    (("public", LATE), ("protected", NONE), "X_PROTECTED"),
    (("public", LATE), ("renamed", NONE), "X_STATE_UNKNOWN"),
    (("public", LATE), ("", NONE), ""),
    (("public", LATE), ("public", NONE), ""),
    (("public", LATE), ("deleted", "yesterday"), "X_DELETED"),
    (("deleted", LATE), ("protected", NONE), "X_DELETED"),
    (("protected", LATE), ("deleted", NONE), "X_DELETED"),
    (("deleted", LATE), ("public", NONE), "X_DELETED"),
    (("protected", NONE), ("deleted", NONE), "X_DELETED"),
    (("public", NONE), ("protected", NONE), "X_PROTECTED"),
    (("public", NONE), ("public", NONE), "X_STATE_STALE"),
    (("public", LATE), ("deleted", EARLY), ""),
    (("public", EARLY), ("deleted", LATE), "X_DELETED"),
    (("public", LATE), ("deleted", LATE), "X_DELETED"),
    (("suspended", LATE), ("withheld", LATE), "X_WITHHELD"),
    (("public", LATE), ("", LATE), "X_STATE_UNKNOWN"),
    (("public", LATE), ("deleted", LATE_DAY), "X_DELETED"),
    (("public", LATE_DAY), ("deleted", LATE), "X_DELETED"),
    (("public", LATE), ("deleted", EARLY_DAY), ""),
    (("public", NEXT_DAY), ("deleted", LATE_DAY), ""),
    (("public", LATE_DAY), ("deleted", EARLY_DAY), ""),
    (("public", LATE_DAY), ("deleted", LATE_DAY), "X_DELETED"),
]


def rows(deployment: Any, *looks: tuple[str, str], user: str = USER) -> list[dict[str, str]]:
    """One account as it was seen several times."""
    return [deployment.account | {"user_id": user, "state": state, "state_checked_at": at} for state, at in looks]


@pytest.fixture(params=[1, -1], ids=["as listed", "turned round"])
def seen_twice(deployment: Any, request: Any) -> Any:
    """One account and one person for each case, who may be linked by what was seen first; then the looks of the case, in either order."""
    names = [f"{int(USER) + at}" for at in range(len(CASES))]
    deployment.records = [{"customer_id": name, "x_handle": f"h{name[-4:]}"} for name in names]
    deployment.accounts = [deployment.account | {"user_id": name, "handle": f"h{name[-4:]}"} for name in names]
    deployment.consent(*({"x_user_id": name, "consent_id": f"k{name[-4:]}", "off_x_id": "elsewhere"} for name in names))
    assert deployment.run().edges.num_rows == len(CASES)
    looks = [rows(deployment, *case[:2][:: request.param], user=name) for name, case in zip(names, CASES, strict=True)]
    deployment.accounts = [row | {"handle": f"h{row['user_id'][-4:]}"} for two in looks for row in two]
    return deployment


def test_which_look_counts_in_a_match(seen_twice: Any) -> None:
    """A look is set aside only if another is certainly later; of the rest the strictest state refuses."""
    found = seen_twice.run()
    fine = {f"{int(USER) + at}" for at, (*_, refusal) in enumerate(CASES) if not refusal}
    assert set(found.edges["x_user_id"].to_pylist()) == fine
    assert dict(found.refused) == Counter(refusal for *_, refusal in CASES if refusal)


def test_which_look_counts_in_a_sweep(seen_twice: Any) -> None:
    """The sweep decides as the match does, and the ids of accounts that are gone, and of no others, leave the consents."""
    report = sweep_matches(seen_twice.write()[0], project=seen_twice.project, as_of=LATER)
    assert {**report.unlinked, **report.suspended} == Counter(refusal for *_, refusal in CASES if refusal)
    held = json.dumps(list(seen_twice.ledger.register("consents").items()))
    erased = {at for at in range(len(CASES)) if f"{int(USER) + at}" not in held}
    assert erased == {at for at, (*_, refusal) in enumerate(CASES) if refusal in {"X_DELETED", "X_SUSPENDED", "X_WITHHELD"}}


def test_a_consent_permits_nothing_that_another_row_forbids(deployment: Any) -> None:
    """With express opt-in a protected account may be matched; one that may be deleted may not."""
    deployment.consent({"x_user_id": USER})
    deployment.accounts = rows(deployment, ("deleted", LATE), ("protected", NONE))
    assert deployment.run().edges.num_rows == 0
    deployment.accounts = rows(deployment, ("public", LATE), ("protected", NONE))
    assert deployment.run().edges.num_rows == 0  # nobody looked at the protected account within seven days
    deployment.accounts = rows(deployment, ("public", LATE), ("protected", LATE))
    assert deployment.run().edges["basis"].to_pylist() == ["EXPRESS_OPT_IN"]


@pytest.mark.parametrize(
    ("first", "second", "linked"),
    [(LATE, EARLY, ["c1"]), (LATE, LATE, []), (LATE, NONE, []), (NONE, LATE, [])],
    ids=["one is later", "the same time", "one without a time", "the other without a time"],
)
def test_two_handles_of_which_nobody_knows_which_is_its_own(deployment: Any, first: str, second: str, linked: list[str]) -> None:
    """The handle of the later look links; where the order can't be told, neither does."""
    one, other = rows(deployment, ("public", first), ("public", second))
    deployment.records = [{"customer_id": "c1", "x_handle": "alice"}, {"customer_id": "c2", "x_handle": "alice_2"}]
    for accounts in ([one, other | {"handle": "alice_2"}], [other | {"handle": "alice_2"}, one]):
        deployment.accounts = accounts
        found = deployment.run()
        assert found.edges["off_x_id"].to_pylist() == linked
        assert dict(found.refused) == {"HANDLE_RENAMED": 2 - len(linked)}


def test_the_rule_agrees_with_its_words_on_every_three_looks() -> None:
    """All triples of states and times, against the rule as it is said: drop what is certainly earlier, take the strictest of the rest."""
    order = ["public", *reversed(STRICTEST)]
    times: list[tuple[Any, Any]] = [(None, None), (1, 1), (2, 2), (3, 3), (1, 2)]
    looks = list(itertools.product(order, times))
    triples = list(itertools.combinations_with_replacement(looks, 3))
    table = [(number, state, *time) for number, triple in enumerate(triples) for state, time in triple]
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t (user_id INT, state VARCHAR, checked_at INT, checked_until INT)")
        values = ", ".join(f"({n}, '{s}', {'NULL' if a is None else a}, {'NULL' if b is None else b})" for n, s, a, b in table)
        connection.execute(f"INSERT INTO t VALUES {values}")
        found = dict(connection.execute(f"SELECT user_id, state FROM ({latest('SELECT * FROM t')})").fetchall())
    assert "may_be_last" in LATEST_FIRST
    for number, triple in enumerate(triples):
        begun = [at for _, (at, _) in triple if at is not None]
        rest = [state for state, (at, until) in triple if at is None or until >= max(begun)]
        assert found[number] == max(rest, key=order.index)
