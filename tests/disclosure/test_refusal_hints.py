"""Every refusal of `gov.heat_map` names its own cause, and the call in its hint, made as it stands there, gives a map."""

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import shapely

import governance as gov
from governance.ledger import Ledger
from tests.disclosure.making import AS_OF, MONDAY, crowd, stacked, table, world


def refusal(posts: object, **call: object) -> gov.GovernanceError:
    """The refusal of a call about #flood."""
    asked: dict[str, Any] = {"topic": "#flood", "as_of": AS_OF, **call}
    with pytest.raises(gov.GovernanceError) as caught:
        gov.heat_map(posts, **asked)
    return caught.value


def settings_in(hint: str) -> dict[str, Any]:
    """The keyword arguments of the call that a hint names."""
    found = re.search(r"next call is [^:]*: (.*)[.]$", hint)
    assert found
    return eval(f"dict({found[1]})")  # noqa: S307 - the hint's own keyword arguments


SPREAD = table(authors=[str(n) for n in range(1, 25)], points=[(46 + (n % 12) * 0.08, 2 + n // 12 * 0.1) for n in range(24)])
"""Twenty-four people a few kilometres apart: no cell of resolution 7 holds ten."""
WEEKS = stacked(*(crowd(6, first=100 * week, at=[MONDAY + timedelta(days=7 * week)] * 6) for week in range(3)))
"""Six other people each week."""


@pytest.mark.parametrize(
    ("posts", "call"),
    [
        (SPREAD, {"strategy": "fixed"}),
        (SPREAD, {"strategy": "fixed", "finest": 7, "coarsest": 7}),
        (SPREAD, {"minimum_people": 200}),
        (SPREAD, {"coarsest": 7}),
        (SPREAD, {"coarsest": 7, "strategy": "merge"}),
        (SPREAD, {"groups": {"rain": ["#rain"]}}),
        (WEEKS, {"strategy": "fixed"}),
        (WEEKS, {"strategy": "merge"}),
        (WEEKS, {"window": "day"}),
    ],
    ids=str,
)
def test_the_call_in_the_hint_works(posts: pa.Table, call: dict[str, Any]) -> None:
    """Too few people: the other call that the hint names, with all else as it was, is released."""
    problem = refusal(posts, **call)
    assert "no area holds" in problem.message
    asked: dict[str, Any] = {"topic": "#flood", "as_of": AS_OF, **call, **settings_in(problem.hint)}
    assert len(gov.heat_map(posts, **asked))


def test_a_fixed_map_is_told_a_resolution_that_holds_enough() -> None:
    """A lower coarsest changes nothing of a fixed map, so its hint names a coarser finest."""
    assert set(settings_in(refusal(SPREAD, strategy="fixed").hint)) == {"finest"}


def test_no_hint_leads_into_the_next_refusal() -> None:
    """Where the wider call would be a second map of people who were shown already, it is not named."""
    posts = stacked(crowd(40), crowd(6, first=500, at=[MONDAY + timedelta(days=7)] * 6))
    gov.heat_map(posts.slice(0, 40), topic="#flood", as_of=AS_OF)
    problem = refusal(posts.slice(40), topic="#flood", minimum_people=20)
    assert "next call is" not in problem.hint


POINTS = [(48.85, 2.35 + n / 1e4) for n in range(30)]
AUTHORS = [str(n) for n in range(1, 31)]


def spoilt(**columns: Sequence[object]) -> pa.Table:
    """Thirty located Posts, some columns replaced."""
    found = crowd(30)
    for name, values in columns.items():
        place = found.schema.get_field_index(name)
        column = pa.array(values)
        found = found.append_column(name, column) if place < 0 else found.set_column(place, name, column)
    return found


GONE = ["deleted"] * 20 + ["withheld"] * 10


@pytest.mark.parametrize(
    ("posts", "says", "hint"),
    [
        (spoilt(author_id=[1.5e18 + n * 1e3 for n in range(30)]), "30 rows have a Post or author id that is no id", "dtype=str"),
        (spoilt(created_at=["some day"] * 30), "30 of the 30 Posts in scope have no time", "ISO 8601"),
        (spoilt(visibility=GONE), "20 of the 30 Posts in scope are deleted", "visible Posts alone"),
        (spoilt(visibility=["withheld"] * 30), "30 of the 30 Posts in scope are withheld", "visible Posts alone"),
        (spoilt(visibility=["suspended"] * 30), "30 of the 30 Posts in scope are of suspended accounts", "visible Posts alone"),
        (spoilt(relation=["reposted"] * 30), "30 of the 30 Posts in scope are reposts", "-is:retweet"),
        (spoilt(latitude=[0.0] * 30, longitude=[0.0] * 30), "30 of the 30 Posts in scope lie at 0, 0", "no location"),
        (spoilt(latitude=[None] * 30, longitude=[None] * 30), "30 of the 30 Posts in scope carry no location", "has:geo"),
        (spoilt(hashtags=[["rain"]] * 30), "the topic is in none of the 30 Posts", 'topic="flood"'),
        (crowd(30).slice(0, 0), "the input holds no Posts", "rows"),
    ],
    ids=["rounded ids", "times", "deleted", "withheld", "suspended", "reposts", "null island", "no location", "topic", "empty"],
)
def test_the_real_cause_is_named(posts: pa.Table, says: str, hint: str) -> None:
    """Where nothing counts, the cause that took most Posts is named with a band of how many, and has its own hint."""
    problem = refusal(posts)
    assert says in problem.message
    assert hint in problem.hint


def test_ids_that_pandas_read_as_floats_are_named() -> None:
    """A CSV read by pandas with an empty author makes floats of all ids."""
    frame = crowd(30).to_pandas().assign(author_id=[float(n) * 1e17 for n in range(1, 31)])
    assert isinstance(frame, pd.DataFrame)
    assert "came as a rounded number" in refusal(frame).message


def test_removed_people_and_posts_are_named() -> None:
    """What the register of states says is gone is told as such, not as too few people."""
    ledger = Ledger.open()
    for row in crowd(30).select(["post_id"]).to_pylist():
        ledger.register("states").append(row["post_id"], {"post_id": row["post_id"], "state": "deleted"})
    assert "30 of the 30 Posts in scope were removed after they were read" in refusal(crowd(30)).message
    for author in AUTHORS:
        ledger.register("states").append(author, {"user_id": author, "state": "suspended"})
    others = crowd(30).set_column(0, "post_id", pa.array([str(10**16 + n) for n in range(30)]))
    assert "are of accounts that are deleted, protected or suspended" in refusal(others).message


def test_excluded_accounts_and_regions_are_named(tmp_path: Path) -> None:
    """A list that takes everybody out, and regions with nobody in them."""
    assert "outside the regions" in refusal(crowd(30), regions={"far": shapely.box(100, 10, 101, 11)}).message
    (tmp_path / "bots.txt").write_text("\n".join(AUTHORS), encoding="utf-8")
    (tmp_path / "governance.yml").write_text("version: 1\nreleases: {exclude_accounts: bots.txt}\n", encoding="utf-8")
    assert "excluded ones" in refusal(crowd(30)).message


def test_places_that_are_too_wide_lead_to_coarser_cells() -> None:
    """A box of a province counts in no cell of resolution 3; the coarser call in the hint works."""
    box = {"place_west": [10.0] * 30, "place_south": [50.0] * 30, "place_east": [11.2] * 30, "place_north": [51.0] * 30}
    posts = spoilt(latitude=[None] * 30, longitude=[None] * 30, **box)
    problem = refusal(posts)
    assert "30 of the 30 Posts in scope carry a place larger" in problem.message
    assert settings_in(problem.hint) == {"coarsest": 2}
    assert gov.heat_map(posts, topic="#flood", as_of=AS_OF, **settings_in(problem.hint)).summary()["people"] == 30


def tagged(posts: pa.Table, *tags: str) -> pa.Table:
    """The same Posts with other hashtags."""
    at = posts.schema.get_field_index("hashtags")
    return posts.set_column(at, "hashtags", pa.array([list(tags)] * len(posts), pa.list_(pa.string())))


BESIDE = stacked(tagged(crowd(12), "flood", "rain"), tagged(crowd(3, first=100), "rain"), tagged(crowd(20, 48.88, 2.39, first=200), "rain"))
"""Twelve people with both hashtags, three beside them with one, and twenty a few kilometres off."""


def test_a_disclosure_leads_to_coarser_cells() -> None:
    """#rain less #flood would be three people; in the coarser cells of the hint it is twenty-three, and the call is released."""
    gov.heat_map(BESIDE, topic="#flood", as_of=AS_OF)
    problem = refusal(BESIDE, topic="#rain")
    assert "<10 people at stake" in problem.message
    assert set(settings_in(problem.hint)) == {"finest"}
    assert gov.heat_map(BESIDE, topic="#rain", as_of=AS_OF, **settings_in(problem.hint)).summary()["people"] == 40


LATER = BESIDE.set_column(2, "created_at", pa.array([MONDAY + timedelta(days=7, hours=10)] * len(BESIDE), pa.timestamp("us", "UTC")))
"""The same a week later."""


@pytest.mark.parametrize("name", [None, "rain-map"], ids=["without a name", "with a name"])
@pytest.mark.parametrize("whole", [True, False], ids=["both weeks", "the later week"])
def test_a_series_that_stands_is_in_the_way_of_other_settings(name: str | None, *, whole: bool) -> None:
    """Coarser cells would be a second map of the week that the series has shown, or of its name; where they are not, they are offered."""
    posts = stacked(tagged(crowd(30, first=500), "rain"), LATER)
    gov.heat_map(posts.slice(0, 30), topic="#rain", as_of=AS_OF, series=name)
    gov.heat_map(LATER, topic="#flood", as_of=AS_OF)
    given = posts if whole else LATER
    problem = refusal(given, topic="#rain", series=name)
    assert "people at stake" in problem.message
    if whole or name:
        assert "next call is" not in problem.hint
        with pytest.raises(gov.GovernanceError):
            gov.heat_map(given, topic="#rain", as_of=AS_OF, series=name, finest=6)
    else:
        assert len(gov.heat_map(given, topic="#rain", as_of=AS_OF, **settings_in(problem.hint)))


def test_a_disclosure_without_a_way_out_names_the_released_map() -> None:
    """Where no coarser call helps, what the hint says of the released map holds: its call gives it again."""
    posts = BESIDE.slice(0, 15)
    shown = gov.heat_map(posts, topic="#flood", as_of=AS_OF)
    problem = refusal(posts, topic="#rain")
    assert "its call gives it again" in problem.hint
    assert gov.heat_map(posts, topic="#flood", as_of=AS_OF).certificate == shown.certificate


def test_a_map_after_late_posts_leads_to_coarser_cells() -> None:
    """A thirteenth person with #flood came late, and who it is nobody can say: #rain is offered in coarser cells."""
    gov.heat_map(BESIDE, topic="#flood", as_of=AS_OF)
    posts = stacked(BESIDE, tagged(crowd(1, first=400), "flood"))
    problem = refusal(posts, topic="#rain")
    assert "other Posts came into their time" in problem.message
    assert len(gov.heat_map(posts, topic="#rain", as_of=AS_OF, **settings_in(problem.hint)))


def test_posts_that_are_not_at_hand_can_be_passed_as_well() -> None:
    """The hint's other call: with the Posts of the released map in the input the map of both topics is released."""
    flood, rain = crowd(30), tagged(crowd(40, 48.95, 2.5, first=500), "rain")
    gov.heat_map(flood, topic="#flood", as_of=AS_OF)
    problem = refusal(rain, topic=["#flood", "#rain"])
    assert "pass the Posts of those maps as well" in problem.hint
    assert gov.heat_map(stacked(flood, rain), topic=["#flood", "#rain"], as_of=AS_OF).summary()["people"] == 70


def test_an_undecided_audit_leads_to_coarser_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many entangled records at the finest resolution, few enough at the one that the hint names."""
    posts = world(people=400, posts=6000, days=14)
    monkeypatch.setattr("governance.disclosure.nullspace.MOST_VALUES", 200)
    problem = refusal(posts)
    assert "undecided is refused" in problem.message
    assert len(gov.heat_map(posts, topic="#flood", as_of=AS_OF, **settings_in(problem.hint)))
