"""What the detector is unsure of is never a pass, and ids under the names this library uses are ids, however they are drawn."""

import uuid

import numpy as np
import pandas as pd
import pytest

import governance as gov

SIZE = 60
CHANCE = np.random.default_rng(5)
SNOWFLAKES = [str(1_700_000_000_000_000_000 + int(n)) for n in CHANCE.integers(0, 10**17, SIZE)]
MAILS = [f"p{n}@example.org" for n in range(SIZE)]


def test_an_undeclared_doubt_is_for_review() -> None:
    """A column of opaque ids that nobody declared may be people."""
    report = gov.check(pd.DataFrame({"k": [str(uuid.UUID(int=int(n), version=4)) for n in CHANCE.integers(0, 2**62, SIZE)] * 2}))
    assert [(finding.rule, finding.outcome) for finding in report.findings] == [("OFX020", "review")]


@pytest.mark.parametrize("name", ["post_id", "tweet_id", "status_id", "x_user_id"])
@pytest.mark.parametrize("kind", [str, int])
def test_ids_of_x_beside_addresses_are_a_link(name: str, kind: type) -> None:
    """Random numbers as long as today's ids, under a name that says so, are ids of X."""
    assert gov.check(pd.DataFrame({name: [kind(i) for i in SNOWFLAKES], "mail": MAILS})).outcome == "fail"


@pytest.mark.parametrize("name", ["author_id", "user_id"])
def test_ids_that_may_be_of_x_are_for_review(name: str) -> None:
    """Other services name their users so too."""
    assert gov.check(pd.DataFrame({name: SNOWFLAKES, "mail": MAILS})).outcome == "review"


@pytest.mark.parametrize("rows", [1, 2, 4])
@pytest.mark.parametrize("kind", [str, int])
def test_a_few_ids_are_for_review(rows: int, kind: type) -> None:
    """No statistic speaks for a table of a few rows; its header does."""
    few = pd.DataFrame({"post_id": [kind(i) for i in SNOWFLAKES[:rows]], "mail": MAILS[:rows]})
    assert gov.check(few).outcome == "review"


def test_edges_outside_their_project_are_a_link() -> None:
    """The columns of a table of matches say what they are, wherever it lies."""
    edges = pd.DataFrame({"x_user_id": [str(10**8 + 7919 * n) for n in range(SIZE)], "off_x_id": [f"c{n}" for n in range(SIZE)]})
    assert gov.check(edges.assign(basis="PUBLIC_DATA", status="active")).outcome == "fail"


def test_users_beside_handles_are_users_of_x() -> None:
    """A table of accounts is X Content through and through, and passes by itself."""
    accounts = pd.DataFrame({"user_id": SNOWFLAKES, "handle": [f"someone{n}" for n in range(SIZE)], "state": "public"})
    assert gov.check(accounts).outcome == "pass"
    assert gov.check(accounts.assign(mail=MAILS)).outcome == "fail"
