"""`gov.heat_map` end to end: what a map holds, what its certificate says, and that it is the same every time."""

import json
from datetime import timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shapely

import governance as gov
from governance.disclosure.certificate import CERTIFICATE_KEY, verify
from governance.ledger import Ledger
from tests.disclosure.making import AS_OF, MONDAY, crowd, stacked, table, world


def test_every_record_holds_ten_rounded_people_in_a_partition() -> None:
    """No record shows fewer than ten; all are rounded; every window is a partition of its own."""
    heat = gov.heat_map(world(days=14), topic="#flood", as_of=AS_OF)
    frame = heat.to_pandas()
    assert set(frame["window"]) == {"2026-W41", "2026-W42"}
    assert (frame["people"] >= 10).all()
    assert (frame["people"] % 10 == 0).all()
    assert not frame.duplicated(["cell", "window"]).any()
    assert frame["resolution"].between(3, 7).all()
    assert abs(frame["people"].groupby(frame["window"]).sum() - 400).max() < 60


def test_the_same_call_gives_the_same_bytes() -> None:
    """Records and certificate of a repeated call are the released ones, and no second release is recorded."""
    posts = world()
    first = gov.heat_map(posts, topic="#flood", as_of=AS_OF)
    again = [gov.heat_map(posts, topic="#flood", as_of=AS_OF) for _ in range(3)]
    assert all(one.to_arrow().equals(first.to_arrow()) for one in again)
    assert all(one.certificate == first.certificate for one in again)
    assert len(list(Ledger.open().entries("release"))) == 1


def test_the_order_of_posts_changes_nothing() -> None:
    """A shuffled input gives the same records."""
    posts = world()
    mixed = posts.take(pa.array(np.random.default_rng(0).permutation(posts.num_rows)))
    one = gov.heat_map(posts, topic="#flood", as_of=AS_OF)
    other = gov.heat_map(mixed, topic="#flood", as_of=AS_OF)
    assert one.to_arrow().drop(["cell_id"]).to_pylist() == other.to_arrow().drop(["cell_id"]).to_pylist()


def test_people_are_counted_not_posts() -> None:
    """Twelve people with a thousand Posts are ten (rounded) people."""
    one = crowd(12)
    heat = gov.heat_map(stacked(*[one] * 80), topic="#flood", as_of=AS_OF)
    assert heat.to_pandas()["people"].tolist() == [10]


def test_a_person_counts_once_however_far_they_travel() -> None:
    """People who posted in two towns count in one of them: the sum is the number of people."""
    here, there = crowd(200), crowd(200, 51.51, -0.12)
    heat = gov.heat_map(stacked(here, there), topic="#flood", as_of=AS_OF)
    people = heat.to_pandas()["people"]
    assert abs(people.sum() - 200) <= 5 * len(people)
    assert len(people) >= 2


def test_the_certificate_says_what_was_done_and_is_sealed() -> None:
    """The certificate names release, scope, thresholds, audit and ledger; it verifies with the key, and not after an edit."""
    heat = gov.heat_map(world(), topic="#flood", as_of=AS_OF, series="flood-map")
    facts = heat.certificate
    assert facts["scope"] == {"topic": ["#flood"], "scope": None}
    assert (facts["minimum_people"], facts["finest_resolution"], facts["window"], facts["timezone"]) == (10, 7, "week", "UTC")
    assert facts["audit"]["verdict"] == "pass"
    assert facts["approved_by"] is None
    assert facts["series"] == "flood-map"
    assert facts["utility"]["share_of_people_published_at_least"] > 0.9
    assert facts["unknown_visibility_share"] == 1.0
    key = Ledger.open().subkey(CERTIFICATE_KEY)
    assert verify(heat.to_arrow(), facts, key) == "valid"
    assert verify(heat.to_arrow(), facts, None) == "unverifiable"
    assert verify(heat.to_arrow(), {**facts, "minimum_people": 5}, key) == "altered"
    assert verify(heat.to_arrow().slice(1), facts, key) == "altered"
    assert verify(heat.to_arrow(), {}, key) == "absent"


def test_a_written_map_passes_its_check_and_an_edited_one_fails() -> None:
    """`check(kind="heat_map")` accepts the file as written; a file edited by hand fails; another ledger leaves it open."""
    heat = gov.heat_map(world(), topic="#flood", as_of=AS_OF)
    path = heat.write("map.csv")
    assert gov.check(path, kind="heat_map").outcome == "pass"
    text = path.read_text()
    line = text.splitlines()[1]
    path.write_text(text.replace(line, line.replace(",full,", ",residual,").replace(",10,", ",20,")))
    assert gov.check(path, kind="heat_map").outcome == "fail"


@pytest.mark.parametrize("strategy", ["residual", "merge", "fixed"])
def test_every_strategy_gives_a_certified_map(strategy: str) -> None:
    """The three strategies release maps, and say which they used."""
    heat = gov.heat_map(world(), topic="#flood", as_of=AS_OF, strategy=strategy, finest=5)
    assert heat.certificate["strategy"] == strategy
    assert (heat.to_pandas()["people"] >= 10).all()


def test_groups_are_exclusive_and_small_ones_are_not_shown() -> None:
    """A Post belongs to the first group that matches; a group of fewer than fifty people is withheld and only counted."""
    flood, rain = crowd(80), crowd(70, first=500, hashtags=[["flood", "rain"]] * 70)
    few = crowd(30, first=900, hashtags=[["flood", "hail"]] * 30)
    heat = gov.heat_map(stacked(flood, rain, few), topic="#flood", groups={"rain": ["#rain"], "hail": "#hail"}, as_of=AS_OF)
    people = heat.to_pandas().groupby("group")["people"].sum()
    assert people.to_dict() == {"rain": 70, "other": 80}
    assert heat.certificate["groups_withheld"] == 1


def test_regions_count_people_in_named_polygons() -> None:
    """People in a city: only Posts in its polygon count, under its name."""
    posts = stacked(crowd(60), crowd(60, 51.51, -0.12, first=500), crowd(60, 40.0, -3.7, first=900))
    boxes = {"Paris": shapely.box(2.2, 48.7, 2.5, 49.0), "London": shapely.box(-0.3, 51.3, 0.2, 51.7)}
    heat = gov.heat_map(posts, topic="#flood", regions=boxes, as_of=AS_OF)
    assert heat.to_pandas().groupby("group")["people"].sum().to_dict() == {"Paris": 60, "London": 60}
    assert heat.certificate["excluded"] == {"outside_regions": 60}


def test_keywords_match_words_of_the_text() -> None:
    """A keyword matches the word in any case and beside any mark, not a part of another word."""
    texts = ["High WATER!", "#water here", "watering can", "wasser"]
    posts = stacked(*[crowd(15, first=100 * n, text=[text] * 15, hashtags=[[]] * 15) for n, text in enumerate(texts, start=1)])
    heat = gov.heat_map(posts, topic="water", as_of=AS_OF)
    assert heat.summary()["people"] == 30


def test_windows_follow_the_series_time_zone() -> None:
    """A Post late on Sunday in UTC is Monday's in Tokyo, and so the next ISO week's."""
    posts = crowd(20, at=[MONDAY + timedelta(days=6, hours=20)] * 20)
    assert gov.heat_map(posts, topic="#flood", as_of=AS_OF).to_pandas()["window"].unique().tolist() == ["2026-W41"]
    tokyo = gov.heat_map(posts, topic="#flood", as_of=AS_OF, timezone="Asia/Tokyo", ledger="sqlite:///other.db")
    assert tokyo.to_pandas()["window"].unique().tolist() == ["2026-W42"]


def test_only_closed_windows_count() -> None:
    """A window that is not over at `as_of` is left out and counted in the certificate."""
    posts = stacked(crowd(20), crowd(20, at=[MONDAY + timedelta(days=8)] * 20))
    heat = gov.heat_map(posts, topic="#flood", as_of="2026-10-13")
    assert heat.to_pandas()["window"].tolist() == ["2026-W41"]
    assert heat.certificate["excluded"] == {"window_not_closed": 20}


def test_hidden_posts_and_accounts_do_not_count() -> None:
    """Protected, withheld, deleted and suspended Posts are taken out and counted; a protected account is out with all its Posts."""
    seen = [*["public"] * 20, *["protected"] * 5, *["withheld"] * 12, *["deleted"] * 11]
    posts = stacked(crowd(48, visibility=seen), crowd(3, first=21, visibility=["public"] * 3))
    heat = gov.heat_map(posts, topic="#flood", as_of=AS_OF)
    assert heat.summary()["people"] == 20
    excluded = heat.certificate["excluded"]
    assert (excluded["protected"], excluded["withheld"], excluded["deleted"], excluded["hidden_account"]) == ("<10", 10, 10, "<10")


def test_a_post_that_one_page_says_is_withheld_is_out_everywhere() -> None:
    """Two occurrences of a Post, public in one and withheld in the other: the Post does not count."""
    public = crowd(30, visibility=["public"] * 30)
    hidden = public.slice(0, 15).set_column(public.schema.get_field_index("visibility"), "visibility", pa.array(["withheld"] * 15))
    heat = gov.heat_map(pa.concat_tables([public, hidden]), topic="#flood", as_of=AS_OF)
    assert heat.to_pandas()["people"].tolist() == [20]
    assert heat.certificate["people"] == 20


def test_removals_of_the_ledger_are_heeded() -> None:
    """A Post or an account in the register `states` does not count, although the input calls it unknown."""
    states = Ledger.open().register("states")
    states.put("post", {"post_id": str(10**15), "state": "deleted"})
    for author in range(2, 12):
        states.put(f"user:{author}", {"user_id": str(author), "state": "suspended"})
    heat = gov.heat_map(crowd(30), topic="#flood", as_of=AS_OF)
    assert heat.summary()["people"] == 20
    assert heat.certificate["excluded"] == {"removed": "<10", "hidden_account": 10}


def test_reposts_never_count_and_quotes_do() -> None:
    """A repost is somebody else's Post; a quoted Post is its author's own."""
    relation = [*["reposted"] * 30, *["quoted"] * 20]
    heat = gov.heat_map(crowd(50, relation=relation), topic="#flood", as_of=AS_OF)
    assert heat.summary()["people"] == 20
    assert heat.certificate["excluded"] == {"reposted": 30}


def test_posts_are_capped_rounded_and_counted_once() -> None:
    """With include_posts a record shows Posts: five of a person at most, each Post once, rounded."""
    busy = stacked(*[crowd(20)] * 9)
    twice = pa.concat_tables([busy, busy])
    heat = gov.heat_map(twice, topic="#flood", as_of=AS_OF, include_posts=True)
    assert heat.to_pandas()[["people", "posts"]].to_numpy().tolist() == [[20, 100]]
    assert heat.certificate["excluded"] == {"duplicate": 180}


def test_places_are_not_points() -> None:
    """People who only named a city count at its support or coarser, never in the cell of the box's centre."""
    box = {"place_west": [2.22] * 40, "place_south": [48.81] * 40, "place_east": [2.47] * 40, "place_north": [48.91] * 40}
    posts = table(authors=[str(n) for n in range(1, 41)], points=[(None, None)] * 40, place_type=["city"] * 40, **box)
    heat = gov.heat_map(posts, topic="#flood", as_of=AS_OF)
    assert heat.to_pandas()["resolution"].max() <= 4


def test_a_place_in_disguise_is_made_coarse() -> None:
    """Forty accounts with the very same point are a client's centre point: they count as a city, not as a hot spot."""
    same = table(authors=[str(n) for n in range(1, 41)], points=[(48.8566, 2.3522)] * 40)
    heat = gov.heat_map(same, topic="#flood", as_of=AS_OF)
    assert heat.to_pandas()["resolution"].tolist() == [4]
    assert heat.certificate["excluded"] == {"place_in_disguise": 40}
    venue = same.append_column("place_type", pa.array(["poi"] * 40))
    assert gov.heat_map(venue, topic="#flood", as_of=AS_OF, ledger="sqlite:///o.db").to_pandas()["resolution"].tolist() == [7]


def test_any_table_and_file_will_do() -> None:
    """A path, a DataFrame with a mapping, and gov.Posts give the same map."""
    posts = crowd(60)
    frame = posts.to_pandas().rename(columns={"latitude": "lat", "longitude": "lon", "author_id": "user"})
    names = {"latitude": "lat", "longitude": "lon", "author_id": "user"}
    scanned = gov.heat_map(gov.read_posts(frame, columns=names), topic="#flood", as_of=AS_OF)
    pd.DataFrame(posts.to_pandas()).to_parquet("posts.parquet")
    from_file = gov.heat_map("posts.parquet", topic="#flood", as_of=AS_OF)
    assert scanned.to_pandas().equals(from_file.to_pandas())


def test_a_declared_scope_needs_no_topic() -> None:
    """A collection of governance.yml is a scope by itself, and its thresholds hold."""
    with open("governance.yml", "w", encoding="utf-8") as file:  # noqa: PTH123 - the shortest way
        file.write(
            "version: 1\nthresholds: {minimum_people: 20, finest_resolution: 6}\n"
            "purposes: {p: {description: storms}}\nscopes: {storm: {collected_by: stream rule, purpose: p}}\n",
        )
    heat = gov.heat_map(world(people=600), scope="storm", as_of=AS_OF)
    assert (heat.to_pandas()["people"] >= 20).all()
    assert heat.certificate["scope"] == {"topic": [], "scope": "storm"}
    assert heat.certificate["finest_resolution"] == 6


def test_a_series_may_be_named_later() -> None:
    """The same settings under a name show the released map again: nobody is drawn a second time."""
    posts = world()
    first = gov.heat_map(posts, topic="#flood", as_of=AS_OF)
    named = gov.heat_map(posts, topic="#flood", as_of=AS_OF, series="flood-map")
    assert named.to_pandas().equals(first.to_pandas())


def test_the_ledger_holds_no_person_and_no_term_in_the_open() -> None:
    """The journal tells codes and counts; ids and terms are nowhere in the database file in the clear."""
    posts = world(tags=("sonderlichtag",))
    gov.heat_map(posts, topic="#sonderlichtag", as_of=AS_OF, series="tags")
    with open("governance.db", "rb") as file:  # noqa: PTH123 - the shortest way
        content = file.read()
    assert b"sonderlichtag" not in content
    assert posts["author_id"][0].as_py().encode() + b'"' not in content
    facts = [entry.facts for entry in Ledger.open().entries("release")]
    assert facts[0]["record_count"] > 0
    assert "cell" not in json.dumps(facts)


def test_contradictions_between_files_are_noticed_with_and_without_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that are slow to read are read once unless a counted Post is withheld elsewhere; then once more without it."""
    posts = crowd(40, text=["High water #flood"] * 40, visibility=["public"] * 40).drop(["hashtags"]).to_pandas()
    posts.to_csv("posts.csv", index=False)
    posts.iloc[:15].assign(visibility="withheld").to_csv("later.csv", index=False)
    posts.iloc[:3].assign(visibility="withheld", post_id=["9", "8", "7"]).to_csv("other.csv", index=False)
    scans: list[int] = []
    real = gov.Posts.batches
    monkeypatch.setattr(gov.Posts, "batches", lambda self, columns=None: scans.append(1) or real(self, columns))
    assert gov.heat_map(["posts.csv", "other.csv"], topic="#flood", as_of=AS_OF).summary()["people"] == 40
    assert len(scans) == 1
    again = gov.heat_map(["posts.csv", "later.csv"], topic="#flood", as_of=AS_OF, ledger="sqlite:///second.db")
    assert again.certificate["people"] in {20, 30}
    assert len(scans) == 3


def test_two_windows_can_be_compared_from_what_is_published() -> None:
    """`compare` takes two released maps and works on their records alone."""
    first = crowd(60)
    second = crowd(120, at=[MONDAY + timedelta(days=8)] * 120)
    one = gov.heat_map(first, topic="#flood", as_of="2026-10-12", series="s")
    two = gov.heat_map(second, topic="#flood", as_of="2026-10-19", series="s")
    assert two.compare(one) is not None


def test_no_new_series_draws_anybody_anew() -> None:
    """The same people asked for in other words give the same records: there is nothing to average."""
    posts = world(people=600)
    first = gov.heat_map(posts, topic="#flood", as_of=AS_OF)
    other = gov.heat_map(posts, topic=["#flood", "#unused"], as_of=AS_OF)
    assert other.certificate["series"] != first.certificate["series"]
    assert other.to_pandas().equals(first.to_pandas())


def test_columns_that_a_table_lacks_are_as_if_they_said_nothing() -> None:
    """Without visibility, relation and places map and certificate are those of columns that say unknown, original, null."""
    bare = world()
    said = bare
    for name, value in (("visibility", "unknown"), ("relation", "original"), ("place_type", None)):
        said = said.append_column(name, pa.array([value] * said.num_rows, pa.string()))
    for name in ("place_west", "place_south", "place_east", "place_north"):
        said = said.append_column(name, pa.nulls(said.num_rows, pa.float64()))
    maps = [gov.heat_map(posts, topic="#flood", as_of=AS_OF, ledger=f"sqlite:///{n}.db") for n, posts in enumerate((bare, said))]
    assert maps[0].to_pandas().equals(maps[1].to_pandas())
    names = ("excluded", "unknown_visibility_share", "people", "utility")
    assert [maps[0].certificate[name] for name in names] == [maps[1].certificate[name] for name in names]
    assert maps[0].certificate["unknown_visibility_share"] == 1.0
