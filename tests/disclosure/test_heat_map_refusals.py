"""What `gov.heat_map` refuses, and that the next call it names is lawful and works."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
import shapely

import governance as gov
from governance.disclosure import clock
from governance.ledger import Ledger
from governance.verbs import publishing
from tests.disclosure.making import AS_OF, MONDAY, crowd, stacked, table, world


def _refused(kind: type[gov.GovernanceError], posts: pa.Table, **call: object) -> gov.GovernanceError:
    call = {"as_of": AS_OF, **call}
    before = len(Ledger.open().register("releases"))
    with pytest.raises(kind) as caught:
        gov.heat_map(posts, **call)
    assert caught.value.hint
    assert len(Ledger.open().register("releases")) == before
    return caught.value


@pytest.mark.parametrize(
    "call",
    [
        {},
        {"topic": ""},
        {"topic": ["#"]},
        {"topic": "#flood", "minimum_people": 4},
        {"topic": "#flood", "minimum_people": 9},
        {"topic": "#flood", "minimum_people": 10.5},
        {"topic": "#flood", "finest": 8},
        {"topic": "#flood", "finest": 7, "window": "day"},
        {"topic": "#flood", "coarsest": 8},
        {"topic": "#flood", "coarsest": -1},
        {"topic": "#flood", "strategy": "smooth"},
        {"topic": "#flood", "assign": "presence"},
        {"topic": "#flood", "window": "7d"},
        {"topic": "#flood", "window": "sliding"},
        {"topic": "#flood", "window": ("2026-10-01", "2026-10-09")},
        {"topic": "#flood", "timezone": "Mars/Olympus"},
        {"topic": 5},
        {"topic": ["#flood", None]},
        {"topic": "#flood", "window": ["week"]},
        {"topic": "#flood", "timezone": None},
        {"topic": "#flood", "as_of": "last week"},
        {"topic": "#flood", "as_of": 20261120},
        {"topic": "#flood", "as_of": "9999-12-31"},
        {"topic": "#flood", "groups": ["#x"]},
        {"topic": "#flood", "regions": ["Paris"]},
        {"topic": "#flood", "series": "with space"},
        {"topic": "#flood", "series": ""},
        {"topic": "#flood", "groups": {"other": ["#x"]}},
        {"topic": "#flood", "groups": {"a": []}},
        {"topic": "#flood", "groups": {"a": ["#x"]}, "regions": {"b": shapely.box(0, 0, 1, 1)}},
        {"topic": "#flood", "regions": {"b": shapely.Point(0, 0)}},
        {"topic": "#flood", "regions": {"b": shapely.box(0, 0, 1, 1), "c": shapely.box(0.5, 0.5, 2, 2)}},
        {"topic": "#flood", "regions": {"b": shapely.box(179, 0, 190, 1)}},
        {"scope": "undeclared"},
    ],
    ids=str,
)
def test_calls_that_make_no_sense_are_bad_requests(call: dict[str, object]) -> None:
    """Each is refused in one sentence with a hint, before anything is read or written."""
    _refused(gov.BadRequest, world(), **call)


def test_no_scope_names_a_call_that_works() -> None:
    """Without a scope the hint names a topic, and a map with a topic is made."""
    problem = _refused(gov.BadRequest, world())
    assert 'topic="#flood"' in problem.hint
    assert len(gov.heat_map(world(), topic="#flood", as_of=AS_OF))


def test_hours_lead_to_the_latest_closed_day() -> None:
    """Hourly maps are refused; the call in the hint works."""
    problem = _refused(gov.PolicyViolation, world(), topic="#flood", window="hour")
    assert 'window="day", finest=6' in problem.hint
    assert gov.heat_map(world(), topic="#flood", window="day", finest=6, as_of=AS_OF).to_pandas()["resolution"].max() <= 6


def test_a_complement_is_refused_and_groups_work_instead() -> None:
    """`-#flood` is refused by name; splitting one topic into groups is not."""
    posts = world(people=800, tags=("flood", "rain"))
    for negated in ("-#flood", "NOT #flood", ["#storm", "!flood"]):
        _refused(gov.PolicyViolation, posts, topic=negated)
    heat = gov.heat_map(posts, topic=["#flood", "#rain"], groups={"flood": ["#flood"]}, as_of=AS_OF)
    assert set(heat.to_pandas()["group"]) == {"flood", "other"}


def test_too_few_people_lead_to_a_coarser_map() -> None:
    """Twelve people over half a country: no cell of resolution 3 holds ten, and the coarser call in the hint does."""
    posts = table(authors=[str(n) for n in range(1, 13)], points=[(46 + n * 0.55, 2 + n * 0.4) for n in range(12)])
    problem = _refused(gov.PolicyViolation, posts, topic="#flood", series="thin")
    level = int(re.search(r"coarsest=(\d)", problem.hint)[1])
    heat = gov.heat_map(posts, topic="#flood", as_of=AS_OF, coarsest=level)
    assert heat.to_pandas()["people"].tolist() == [10]


def test_too_few_people_a_week_lead_to_a_month() -> None:
    """Six people a week are too few at any resolution; the month of the hint holds enough."""
    weeks = [crowd(6, first=100 * w, at=[MONDAY + timedelta(days=7 * w)] * 6) for w in range(3)]
    posts = stacked(*weeks)
    problem = _refused(gov.PolicyViolation, posts, topic="#flood")
    assert 'window="month", coarsest=0' in problem.hint
    assert gov.heat_map(posts, topic="#flood", as_of=AS_OF, window="month", coarsest=0).to_pandas()["people"].tolist() == [20]


def test_hopelessly_few_people_are_told_so() -> None:
    """Three people are too few over all time: the hint does not promise a call that fails."""
    problem = _refused(gov.PolicyViolation, crowd(3), topic="#flood")
    assert "widen the topic" in problem.hint


def test_a_second_resolution_leads_back_to_the_released_map() -> None:
    """The same people at another resolution are refused, the release is named, and the call in the hint works."""
    posts = world()
    first = gov.heat_map(posts, topic="#flood", as_of=AS_OF, series="flood-map")
    for other in (
        {"finest": 6},
        {"strategy": "fixed", "finest": 5},
        {"minimum_people": 20},
        {"assign": "modal"},
        {"timezone": "Europe/Paris"},
    ):
        problem = _refused(gov.PolicyViolation, posts, topic="#flood", **other)
        assert "flood-map" in problem.message
    call = eval(f"dict({re.search(r'call heat_map with (.*?); ', problem.hint)[1]})")  # noqa: S307 - the hint's own keyword arguments
    assert gov.heat_map(posts, topic="#flood", as_of=AS_OF, **call).to_pandas().equals(first.to_pandas())
    codes = [entry.facts["code"] for entry in Ledger.open().entries("refusal")]
    assert codes == ["second_map"] * 5
    assert {tuple(entry.facts["releases"]) for entry in Ledger.open().entries("refusal")} == {(first.certificate["release"],)}


def test_a_month_after_weeks_leads_to_what_the_weeks_say() -> None:
    """A month of weeks that were released is refused; the weeks can be compared, and a month that is free may be released."""
    posts = world(days=28, people=900)
    gov.heat_map(posts, topic="#flood", as_of=AS_OF)
    problem = _refused(gov.PolicyViolation, posts, topic="#flood", window="month")
    assert "heat.compare()" in problem.hint
    free = crowd(60, at=[MONDAY - timedelta(days=60)] * 60)
    assert len(gov.heat_map(free, topic="#flood", window="month", as_of=AS_OF))


def test_a_superset_of_a_released_topic_is_refused_by_its_numbers() -> None:
    """#flood, then #flood with a hashtag that three more people use: the audit refuses, naming the release and a band of people."""
    flood = crowd(40)
    rain = crowd(3, first=500, hashtags=[["rain"]] * 3)
    posts = stacked(flood, rain)
    first = gov.heat_map(posts, topic="#flood", as_of=AS_OF)
    problem = _refused(gov.PolicyViolation, posts, topic=["#flood", "#rain"])
    assert first.certificate["release"] in problem.message
    assert "<10 people at stake" in problem.message
    refusal = list(Ledger.open().entries("refusal"))[-1].facts
    assert (refusal["code"], refusal["people"]) == ("differencing", "<10")
    assert gov.heat_map(posts, topic="#flood", as_of=AS_OF).to_pandas().equals(first.to_pandas())


def test_an_unrelated_topic_of_other_people_is_released() -> None:
    """Two topics of different people do not get in each other's way."""
    posts = stacked(crowd(40), crowd(50, first=500, hashtags=[["marathon"]] * 50))
    gov.heat_map(posts, topic="#flood", as_of=AS_OF)
    heat = gov.heat_map(posts, topic="#marathon", as_of=AS_OF)
    assert heat.summary()["people"] == 50
    assert heat.certificate["audit"]["earlier_releases_compared"] == 1


def test_the_same_topic_from_other_posts_is_undecided() -> None:
    """A wider topic over the same time whose earlier Posts are not in the input can't be decided, so it is refused."""
    gov.heat_map(crowd(40), topic="#flood", as_of=AS_OF)
    other = crowd(60, 51.51, -0.12, first=500, hashtags=[["flood", "rain"]] * 60)
    problem = _refused(gov.PolicyViolation, other, topic=["#flood", "#rain"])
    assert "not in the input" in problem.message
    assert "pass the Posts" in problem.hint


def test_posts_without_authors_are_refused() -> None:
    """People can't be counted without authors; how many is a band."""
    posts = table(authors=[None] * 4 + [str(n) for n in range(1, 31)], points=[(48.85, 2.35 + n / 1e4) for n in range(34)])
    assert "<10 located Posts" in _refused(gov.BadRequest, posts, topic="#flood").message


def test_no_located_post_is_refused() -> None:
    """A topic nobody located is a bad request, not an empty map."""
    _refused(gov.BadRequest, table(authors=["1", "2"], points=[(None, None)] * 2), topic="#flood")
    _refused(gov.BadRequest, world(), topic="#nothing")


def test_windows_that_are_not_over_are_refused_with_a_shorter_one() -> None:
    """A running week has no map; the day of the hint has."""
    posts = crowd(30)
    problem = _refused(gov.PolicyViolation, posts, topic="#flood", as_of="2026-10-07")
    assert 'window="day"' in problem.hint
    assert "was over at as_of" in problem.message
    assert len(gov.heat_map(posts, topic="#flood", as_of="2026-10-07", window="day"))


def test_a_look_back_before_all_posts_is_told_so() -> None:
    """Where no shorter window was over either, none is named; leaving as_of out works."""
    problem = _refused(gov.PolicyViolation, crowd(30), topic="#flood", window="month", as_of="2026-10-01")
    assert problem.hint == "leave as_of out, or name a later day."
    assert len(gov.heat_map(crowd(30), topic="#flood", window="month"))


def test_of_shorter_windows_the_longest_that_works_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a running month with a week that is over the hint is the week; in its first week it is the day."""
    for day, kind, call in ((20, "week", 'window="week"'), (8, "day", 'window="day", finest=6')):
        monkeypatch.setattr(clock, "now", lambda day=day: datetime(2026, 10, day, tzinfo=UTC))
        problem = _refused(gov.PolicyViolation, crowd(30), topic="#flood", window="month", as_of=None)
        assert problem.hint == f"call again when the month has ended; the lawful next call now is {call}."
        assert len(gov.heat_map(crowd(30), topic="#flood", window=kind, ledger=f"sqlite:///{kind}.db"))


def test_swapped_coordinates_are_noticed() -> None:
    """Latitude and longitude declared the wrong way round: off the globe, or outside their own place, is refused."""
    tokyo = crowd(40, 35.68, 139.69).rename_columns(["post_id", "author_id", "created_at", "hashtags", "longitude", "latitude"])
    assert "exchanged" in _refused(gov.BadRequest, tokyo, topic="#flood").message
    box = {"place_west": [2.2] * 40, "place_south": [48.8] * 40, "place_east": [2.5] * 40, "place_north": [48.9] * 40}
    paris = crowd(40, 2.35, 48.85, **box)
    assert "exchanged" in _refused(gov.BadRequest, paris, topic="#flood").message


def test_a_series_keeps_its_settings() -> None:
    """A series that is asked for with other settings is refused, and the difference is named."""
    posts = world()
    gov.heat_map(posts, topic="#flood", as_of=AS_OF, series="flood-map")
    problem = _refused(gov.BadRequest, posts, topic="#flood", series="flood-map", finest=5)
    assert "finest" in problem.message


def test_another_key_or_no_ledger_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With another key the ledger is not opened; without a ledger nothing is released."""
    gov.heat_map(world(), topic="#flood", as_of=AS_OF)
    other = tmp_path / "other.key"
    other.write_bytes((tmp_path / ".governance" / "key").read_bytes()[::-1])
    other.chmod(0o600)
    monkeypatch.setenv("GOVERNANCE_KEY_FILE", str(other))
    with pytest.raises(gov.BadRequest):
        gov.heat_map(world(), topic="#flood", as_of=AS_OF)
    monkeypatch.delenv("GOVERNANCE_KEY_FILE")
    with pytest.raises(gov.LedgerUnavailable):
        gov.heat_map(world(), topic="#flood", as_of=AS_OF, ledger=f"sqlite:///{tmp_path}/none/here/ledger.db")


def test_no_error_carries_a_value() -> None:
    """Marked authors, texts and coordinates appear in no refusal."""
    marks = ("canary-author", "canary text", "48.85678", "2.35678")
    few = table(authors=["canary-author"] * 3, points=[(48.85678, 2.35678)] * 3, text=["canary text"] * 3)
    lost = table(authors=[None, "canary-author"], points=[(48.85678, 2.35678)] * 2, text=["canary text"] * 2)
    for posts in (few, lost):
        with pytest.raises(gov.GovernanceError) as caught:
            gov.heat_map(posts, topic="#flood", as_of=AS_OF)
        assert not any(mark in str(caught.value) for mark in marks)


def test_an_undecided_audit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the audit can't be computed the map is refused, not released."""
    monkeypatch.setattr("governance.disclosure.nullspace.MOST_VALUES", 1)
    assert "undecided is refused" in _refused(gov.PolicyViolation, world(days=14), topic="#flood").message


def test_of_two_releases_at_once_the_later_knows_the_earlier(monkeypatch: pytest.MonkeyPatch) -> None:
    """A release that another process recorded after the audit makes the audit start anew, and it then knows both."""
    posts = stacked(crowd(40), crowd(50, first=500, hashtags=[["marathon"]] * 50))
    real = publishing.certified

    def slow(*arguments: object, **named: object) -> dict[str, object]:
        monkeypatch.setattr(publishing, "certified", real)
        gov.heat_map(posts, topic="#marathon", as_of=AS_OF)
        return real(*arguments, **named)

    monkeypatch.setattr(publishing, "certified", slow)
    assert gov.heat_map(posts, topic="#flood", as_of=AS_OF).certificate["audit"]["earlier_releases_compared"] == 1


def test_a_few_bad_coordinates_do_not_look_like_exchanged_ones() -> None:
    """Out-of-range points of other Posts are no reason to refuse a small topic."""
    good, bad = crowd(20), crowd(15, 95.0, 2.0, first=300, hashtags=[["other"]] * 15)
    more = crowd(30, first=600, hashtags=[["other"]] * 30)
    assert gov.heat_map(stacked(good, bad, more), topic="#flood", as_of=AS_OF).summary()["people"] == 20


SCOPES = """version: 1
purposes: {p: {description: storms}}
scopes: {a: {collected_by: rule a, purpose: p}, b: {collected_by: rule b, purpose: p}}
"""


def test_two_declared_collections_of_other_people_do_not_meet(tmp_path: Path) -> None:
    """Different collections, each with its own file: the second is not taken for the first, and is released."""
    (tmp_path / "governance.yml").write_text(SCOPES, encoding="utf-8")
    gov.heat_map(crowd(43), scope="a", as_of=AS_OF)
    heat = gov.heat_map(stacked(crowd(500, first=1000), crowd(90, 51.5, -0.1, first=9000)), scope="b", as_of=AS_OF)
    assert heat.summary()["people"] >= 500


def test_a_collection_that_was_filtered_beforehand_is_caught(tmp_path: Path) -> None:
    """The same Posts without three people's, under another collection's name: the numbers tell, and the map is refused."""
    (tmp_path / "governance.yml").write_text(SCOPES, encoding="utf-8")
    first = gov.heat_map(crowd(43), scope="a", as_of=AS_OF)
    problem = _refused(gov.PolicyViolation, crowd(40), scope="b")
    assert first.certificate["release"] in problem.message


def test_the_same_call_with_other_posts_is_undecided() -> None:
    """A window that was released from other Posts is neither overwritten nor added to."""
    first = gov.heat_map(crowd(40), topic="#flood", as_of=AS_OF)
    problem = _refused(gov.PolicyViolation, crowd(60, 51.51, -0.12, first=500), topic="#flood", series="other-name")
    assert first.certificate["release"] in problem.message
    assert "not in the input" in problem.message
