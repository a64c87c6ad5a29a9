"""A canary in every value of the Posts: no mark of it may leave, in a map, a certificate, a ledger row, a log or an error."""

import json
import logging
import re
from pathlib import Path

import pytest

import governance as gov
from governance.ledger import Ledger
from tests.disclosure.making import AS_OF, table

PEOPLE = 40
AUTHOR = 777_000_777_000
LATITUDE, LONGITUDE = 48.85613, 2.35213


def _posts(people: int):  # noqa: ANN202 - a table
    return table(
        authors=[str(AUTHOR + n) for n in range(people)],
        points=[(LATITUDE + n * 1e-5, LONGITUDE + n * 1e-5) for n in range(people)],
        text=[f"canary-text-{n} #flood" for n in range(people)],
        author_handle=[f"canary_handle_{n}" for n in range(people)],
        stated_location=["canary-town"] * people,
    )


def _clean(text: str) -> bool:
    return "canary" not in text and not re.search(r"48\.856|2\.352|77700077", text)


def test_no_mark_leaves_with_a_release(caplog: pytest.LogCaptureFixture) -> None:
    """Records, certificate, summary, files, journal and register hold no author, text or coordinate."""
    caplog.set_level(logging.DEBUG)
    heat = gov.heat_map(_posts(PEOPLE), topic="#flood", as_of=AS_OF, include_posts=True, series="quiet")
    for suffix in ("csv", "geojson", "html", "parquet"):
        content = heat.write(f"map.{suffix}").read_bytes().decode("utf-8", "replace")
        assert "canary" not in content
        assert "77700077" not in content
    assert _clean(json.dumps([heat.certificate, heat.summary(), heat.to_pandas().to_dict("records")]))
    book = Ledger.open()
    assert all(_clean(json.dumps(entry.facts)) for entry in book.entries())
    assert all(_clean(json.dumps(row)) for _, row in book.register("releases").items())
    content = Path("governance.db").read_bytes()
    assert b"canary" not in content
    assert b"77700077" not in content
    assert _clean(caplog.text)


@pytest.mark.parametrize(
    "call",
    [{"topic": "#nothing"}, {"topic": "#flood", "window": "hour"}, {"topic": "#flood", "minimum_people": 1000}, {"topic": "-#flood"}, {}],
    ids=str,
)
def test_no_mark_leaves_with_a_refusal(call: dict[str, object]) -> None:
    """Neither the error, nor its chain, nor the journal quotes the Posts."""
    with pytest.raises(gov.GovernanceError) as caught:
        gov.heat_map(_posts(PEOPLE), as_of=AS_OF, **call)
    error: BaseException | None = caught.value
    while error is not None:
        assert _clean(str(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    assert all(_clean(json.dumps(entry.facts)) for entry in Ledger.open().entries())
