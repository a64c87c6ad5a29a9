"""The made-up Posts: the same for a seed, in every real shape, with the traps that real files have, and fast."""

import csv
import gzip
import hashlib
import json
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.compute as pc
import pytest

from governance.content import read_posts, recognise
from governance.content.schema import BOX_COLUMNS
from governance.content.synthetic import synthetic_table, write_benchmark, write_people, write_sample
from governance.content.synthetic.sample import FILES
from tests.content.x_shapes import Json

ENDS_AT = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample of 6,000 Posts."""
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder, posts=6000)
    return folder


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of people that go with it."""
    folder = tmp_path_factory.mktemp("people")
    write_people(folder, customers=600, authors=1500)
    return folder


def table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_a_seed_gives_the_same_bytes(sample: Path, people: Path) -> None:
    """Written again, every file is the same; another seed gives other files."""
    write_sample("again", posts=6000)
    write_sample("other", posts=6000, seed=1)
    write_people("again_people", customers=600, authors=1500)
    assert digests(Path("again")) == digests(sample)
    assert digests(Path("again_people")) == digests(people)
    assert not set(digests(Path("other")).values()) & set(digests(sample).values())


def test_every_file_is_of_its_shape(sample: Path) -> None:
    """Each file is recognised as what its name says."""
    shapes = {path.name: recognise(path) for path in sample.iterdir()}
    assert shapes == dict(zip(FILES, ("api_v2", "api_v2", "api_v2", "api_v11", "twarc_flattened", "twarc_csv", "csv"), strict=True))


def test_everything_is_read_but_the_damage(sample: Path) -> None:
    """The whole folder is read as Posts; what was damaged on purpose is counted, and nothing else."""
    posts = read_posts(sample)
    rows = posts.to_arrow(["post_id", "relation", "author_id", "latitude"])
    assert posts.rejected.counts == {
        "broken-line": 2,
        "corrupted-id": 2,
        "half-coordinate": 1,
        "missing-id": 1,
        "not-a-number": 1,
        "not-a-post": 2,
        "null-island": 2,
        "out-of-range": 2,
    }
    assert rows.num_rows > 6000
    assert set(rows["relation"].to_pylist()) == {"original", "quoted", "reposted", "replied_to"}
    ids = [row["post_id"] for row in rows.to_pylist() if row["relation"] != "quoted"]
    assert len(set(ids)) > 5500


def test_every_shape_tells_the_same_of_a_post() -> None:
    """A Post that stands in several files, as itself or inside others, has one author, time and place everywhere."""
    files = [path for path in write_sample("sample", posts=3000) if path.name != "posts.csv"]  # which has no places
    seen: dict[str, Json] = {}
    repeats = 0
    for batch in read_posts(files).batches(["post_id", "author_id", "created_at", "latitude", "longitude", "place_id", *BOX_COLUMNS]):
        for row in batch.to_pylist():
            repeats += row["post_id"] in seen
            assert seen.setdefault(row["post_id"], row) == row
    assert repeats > 100


def test_the_traps_are_there(sample: Path) -> None:
    """Located Posts inside reposts, places of all types, degenerate points of interest, protected accounts, coordinates in profiles."""
    rows = read_posts(sample).to_arrow().to_pylist()
    located = Counter(row["relation"] for row in rows if row["latitude"] is not None)
    assert min(located[relation] for relation in ("original", "quoted", "reposted", "replied_to")) > 10
    assert {row["place_type"] for row in rows} == {None, "poi", "neighborhood", "city", "admin", "country"}
    assert all(row["place_west"] == row["place_east"] for row in rows if row["place_type"] == "poi")
    assert all(row["place_west"] < row["place_east"] for row in rows if row["place_type"] == "city")
    assert {"public", "protected", "withheld", "unknown"} == {row["visibility"] for row in rows}
    assert any((row["stated_location"] or "").startswith("ÜT: ") for row in rows)
    assert any(row["place_east"] is not None and row["place_east"] - row["place_west"] > 180 for row in rows)
    assert any(
        "geo" in post and not post["geo"]
        for line in (sample / "v2_pages.jsonl").read_text().splitlines()
        for post in json.loads(line)["data"]
    )


def test_damage_stands_at_the_ends_of_files(sample: Path) -> None:
    """A half-written line, notices of a stream, rows of a table that a spreadsheet spoilt."""
    assert not (sample / "twarc_flattened.jsonl").read_bytes().endswith(b"\n")
    assert b'"limit"' in gzip.decompress((sample / "v11.jsonl.gz").read_bytes()).splitlines()[-1]
    lines = (sample / "posts.csv").read_text().splitlines()
    places = {(place.line, place.reason) for place in read_posts(sample / "posts.csv").rejected}
    assert max(places) == (len(lines), "broken-line")
    assert "5.70306E+17" in lines[min(places)[0] - 1]


def test_five_closed_weeks(sample: Path) -> None:
    """The Posts fill the five ISO weeks that end with 22 November 2026, so that windows are closed whatever the day of the demo."""
    times = read_posts(sample).to_arrow(["created_at"])["created_at"].drop_null().to_pylist()
    assert ENDS_AT - timedelta(weeks=5) <= min(times) <= max(times) < ENDS_AT
    weeks = Counter(time.isocalendar().week for time in times)
    assert sorted(weeks) == [43, 44, 45, 46, 47]
    assert min(weeks.values()) > 500


def test_ids_hold_the_time_of_the_post(sample: Path) -> None:
    """As X's own do."""
    for row in read_posts(sample / "v2_pages.jsonl").to_arrow(["post_id", "created_at"]).to_pylist():
        assert (int(row["post_id"]) >> 22) + 1_288_834_974_657 == pytest.approx(row["created_at"].timestamp() * 1000, abs=1000)


def test_few_write_most(sample: Path) -> None:
    """Authors are heavy-tailed: the busiest tenth writes over a third, most write little."""
    counts = sorted(Counter(read_posts(sample).to_arrow(["author_id"])["author_id"].to_pylist()).values(), reverse=True)
    assert sum(counts[: len(counts) // 10]) > sum(counts) / 3
    assert counts[len(counts) // 2] <= 4


def test_the_topic_has_enough_people() -> None:
    """The sample of the demo: thousands of located people speak of the flood, over a thousand in each week; written in seconds."""
    began = time.process_time()
    write_sample("sample")
    assert time.process_time() - began < 16
    rows = read_posts("sample").to_arrow(["author_id", "created_at", "hashtags", "latitude", "relation"]).to_pylist()
    mine = [row for row in rows if "flood" in (row["hashtags"] or ()) and row["latitude"] is not None and row["relation"] != "reposted"]
    assert len({row["author_id"] for row in mine}) > 4000
    weeks = Counter(week for week, _ in {(row["created_at"].isocalendar().week, row["author_id"]) for row in mine})
    assert min(weeks.values()) > 1000


def test_customers_meet_accounts(people: Path) -> None:
    """Handles that customers gave, handles that were bought, wrong ones, and the states of the accounts behind them."""
    accounts = {row["handle"].casefold(): row for row in table(people / "accounts.csv")}
    customers = table(people / "crm.csv")
    given = [accounts.get(row["x_handle"].strip().lstrip("@").casefold()) for row in customers if row["x_handle"]]
    bought = [accounts.get(row["bought_handle"].casefold()) for row in customers if row["bought_handle"]]
    assert len(customers) == 600
    assert len([row for row in given if row]) > 200
    assert len([row for row in given if not row]) > 20
    assert len(bought) > 150
    assert None not in bought
    assert {row["state"] for row in accounts.values()} == {"public", "protected", "suspended", "deleted", "withheld", ""}
    assert len({row["state_checked_at"] for row in accounts.values()}) == 3
    assert not any(row["state_checked_at"] for row in accounts.values() if not row["state"])


def test_consents_are_good_and_bad(people: Path) -> None:
    """Half are adequate, the others have one flaw each, some were withdrawn later."""
    consents = table(people / "consents.csv")
    accounts = {row["user_id"] for row in table(people / "accounts.csv")}
    customers = {row["customer_id"] for row in table(people / "crm.csv")}
    assert all(row["x_user_id"] in accounts and row["off_x_id"] in customers for row in consents)
    assert {"checkbox_ticked", "button_pressed", "oauth_login", "pre_ticked", "terms_accepted"} == {row["action"] for row in consents}
    assert Counter(row["event"] for row in consents)["withdrawn"] >= 20
    for name in ("controller", "purposes", "id_kinds", "binding", "notice_topics", "evidence_sha256", "precision", "attributes", "bundled"):
        assert len({row[name] for row in consents}) > 1, name


def test_compliance_events_are_of_the_accounts(people: Path) -> None:
    """X's v2 compliance stream tells of each account that changed, and of those that took their location off."""
    accounts = {row["user_id"] for row in table(people / "accounts.csv")}
    events = [json.loads(line)["data"] for line in (people / "compliance_events.jsonl").read_text().splitlines()]
    assert {name for event in events for name in event} == {"user_protect", "user_suspend", "user_delete", "user_withheld", "scrub_geo"}
    assert all(body["user"]["id"] in accounts and body["event_at"].endswith("Z") for event in events for body in event.values())


def test_people_belong_to_the_posts(people: Path, sample: Path) -> None:
    """The accounts are those that wrote the Posts of the same seed and size."""
    authors = set(read_posts(sample).to_arrow(["author_id"])["author_id"].to_pylist())
    accounts = {row["user_id"] for row in table(people / "accounts.csv")}
    assert len(authors & accounts) > 0.9 * len(authors)


def test_a_table_of_any_size() -> None:
    """Canonical columns straight from the world: read without a rejection, the same for a seed, other Posts in another part."""
    made = synthetic_table(50_000, seed=3)
    posts = read_posts(made)
    again = posts.to_arrow(made.schema.names)
    assert again.equals(made)
    assert not posts.rejected
    assert synthetic_table(50_000, seed=3).equals(made)
    part = synthetic_table(50_000, seed=3, part=1)
    assert not set(part["post_id"].to_pylist()) & set(made["post_id"].to_pylist())
    assert set(part["author_id"].to_pylist()) & set(made["author_id"].to_pylist())
    assert pc.mean(pc.list_value_length(made["hashtags"])).as_py() > 0.5


def test_a_benchmark_file() -> None:
    """Written in chunks, of the rows that were asked for."""
    posts = read_posts(write_benchmark("b.parquet", 1_200_000, authors=100_000))
    assert posts.row_count == 1_200_000
    assert sum(batch.num_rows for batch in posts.batches(["author_id", "latitude"])) == 1_200_000
    assert not posts.rejected
