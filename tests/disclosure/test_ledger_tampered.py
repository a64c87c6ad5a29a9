"""Nothing is released, matched or swept on a ledger that was changed after it was written."""

from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import create_engine

import governance as gov

ROWS = pd.DataFrame(
    {
        "post_id": [str(10**18 + n) for n in range(200)],
        "author_id": [str(n) for n in range(200)],
        "created_at": pd.Timestamp("2026-10-06T10:00:00Z"),
        "hashtags": [["flood"]] * 200,
        "latitude": 48.1 + pd.Series(range(200)) / 5000,
        "longitude": 11.5 + pd.Series(range(200)) / 5000,
    },
)


def a_map(timezone: str) -> gov.HeatMap:
    """A map of the rows."""
    return gov.heat_map(ROWS, topic="#flood", timezone=timezone, as_of="2026-10-13", ledger="sqlite:///governance.db")


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM governance_register",
        "DELETE FROM governance_journal WHERE event = 'ledger.began'",
        "UPDATE governance_journal SET at = '2026-01-01T00:00:00+00:00' WHERE event = 'release'",
        "DELETE FROM governance_journal WHERE seq >= (SELECT max(seq) - 1 FROM governance_journal)",
    ],
)
def test_no_release_on_a_tampered_ledger(damage: str) -> None:
    """What was released before can't be made unknown by taking it out of the database."""
    a_map("UTC")
    engine = create_engine("sqlite:///governance.db")
    with engine.begin() as connection:
        connection.exec_driver_sql(damage)
    engine.dispose()
    with pytest.raises(gov.BadRequest, match="was changed after it was written"):
        a_map("Europe/Berlin")


def test_no_match_on_a_tampered_ledger() -> None:
    """Consents that were taken out, or put back after a withdrawal, decide nothing."""
    book = gov.Ledger.open("sqlite:///governance.db")
    book.register("consents").append("c1", {"x": 1})
    Path("governance.yml").write_text("version: 1\npurposes: {help: {description: help}}\n")
    with book.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM governance_register")
    nobody = pd.DataFrame({"handle": ["a"], "x_handle": ["a"]})
    with pytest.raises(gov.BadRequest, match="was changed after it was written"):
        gov.match(nobody, nobody, on=[("handle", "x_handle")], purpose="help", ledger=book)
