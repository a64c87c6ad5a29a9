"""Check digits: whether a record's people are those who were counted, kept as one byte of all of them together."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import governance as gov
from governance.disclosure.keyed import check_digits
from governance.disclosure.standing import Standing
from governance.ledger import Ledger
from tests.disclosure.making import AS_OF, crowd, stacked, world

KEY = b"k" * 32


def _windows() -> list[list[Standing]]:
    return [[Standing.restored(window) for window in row["windows"]] for _, row in Ledger.open().register("releases").items()]


def test_a_digit_is_a_keyed_byte_of_an_account() -> None:
    """The same account has the same byte; under another key it has another; bytes are spread evenly."""
    accounts = np.arange(1, 25_601, dtype=np.uint64)
    found = check_digits(KEY, accounts)
    assert (check_digits(KEY, accounts[::-1])[::-1] == found).all()
    assert (check_digits(b"o" * 32, accounts) != found).mean() > 0.98
    assert np.bincount(found, minlength=256).min() > 50


def test_the_digit_of_a_record_is_kept_and_renewed_with_its_number() -> None:
    """Five of forty leave: number and digit stand. Fifteen more leave: both are those of the people who are left."""
    posts = crowd(40)
    for count in (40, 35, 20):
        gov.heat_map(posts.slice(0, count), topic="#flood", as_of=AS_OF, series="s", finest=5)
    first, *later = _windows()
    assert first[0].people.tolist() == [40]
    assert [window.check != first[0].check for windows in later for window in windows] == [True]
    assert later[-1][0].people.tolist() == [20]


def test_the_digit_does_not_hang_on_the_order_of_posts() -> None:
    """Shuffled Posts give the same digits, so the same call stays the same release."""
    posts = world(people=300, posts=2000)
    first = gov.heat_map(posts, topic="#flood", as_of=AS_OF)
    shuffled = posts.take(pa.array(np.random.default_rng(3).permutation(len(posts))))
    again = gov.heat_map(shuffled, topic="#flood", as_of=AS_OF)
    assert again.to_pandas().equals(first.to_pandas())
    assert len({window.check for windows in _windows() for window in windows}) == 1


def test_people_who_came_for_people_who_went_are_seen() -> None:
    """Three of twelve are others now, as many as before: by the count nothing changed, by the digit it did, and #rain is refused."""
    Path("governance.yml").write_text("version: 1\n", encoding="utf-8")
    rain = [["rain"]]
    gov.heat_map(crowd(12), topic="#flood", as_of=AS_OF)
    now = stacked(crowd(9), crowd(3, first=50), crowd(15, first=1, hashtags=rain * 15))
    with pytest.raises(gov.PolicyViolation, match="other Posts came into their time"):
        gov.heat_map(now, topic="#rain", as_of=AS_OF)


def test_releases_without_digits_are_read_as_before() -> None:
    """A register row of an earlier version has none: counts alone tell then, and a number that is restated gets one."""
    posts = crowd(40)
    gov.heat_map(posts, topic="#flood", as_of=AS_OF, series="s", finest=5)
    register = Ledger.open().register("releases")
    ((release, row),) = register.items()
    (window,) = row["windows"]
    register.replace(release, [(release, {**row, "windows": [{name: told for name, told in window.items() if name != "check"}]})])
    assert _windows()[0][0].check == ()
    gov.heat_map(posts.slice(0, 35), topic="#flood", as_of=AS_OF, series="s", finest=5)
    gov.heat_map(posts.slice(0, 20), topic="#flood", as_of=AS_OF, series="s", finest=5)
    assert [len(window.check) for windows in _windows() for window in windows] == [0, 1]
