"""A table that calls itself Posts: ids in one spelling, content that is there, one place per Post, nobody off X."""

import pandas as pd
import pytest

import governance as gov

SIZE = 40
POSTS = pd.DataFrame(
    {
        "post_id": [str(20 + n) for n in range(SIZE)],
        "author_id": [str(1000 + n) for n in range(SIZE)],
        "text": [f"words {n}" for n in range(SIZE)],
        "latitude": [47.5 + n / 97 for n in range(SIZE)],
        "longitude": [7.5 + n / 89 for n in range(SIZE)],
    },
)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("author_handle", [f"p{n}@example.org" for n in range(SIZE)]),
        ("lang", [f"p{n}@example.org" for n in range(SIZE)]),
        ("hashtags", [[f"p{n}@example.org"] for n in range(SIZE)]),
        ("text", ["  "] * SIZE),
        ("post_id", ["0" * (n % 15) + str(15 + n // 15) for n in range(SIZE)]),
    ],
    ids=["addresses as handles", "addresses as languages", "addresses as hashtags", "blank content", "one id in many spellings"],
)
def test_posts_are_whole_and_of_x_alone(column: str, values: list[object]) -> None:
    """A canonical name does not hide an address, blank text is no content, a padded id is no new Post."""
    assert gov.check(POSTS, kind="posts").outcome == "pass"
    assert gov.check(pd.DataFrame({**POSTS, column: values}), kind="posts").outcome == "fail"


def test_a_file_of_posts_puts_each_at_one_place() -> None:
    """A CSV may bring a Post twice as it is; the same id at another place is no Post."""
    pd.concat([POSTS, POSTS]).to_csv("twice.csv", index=False)
    assert gov.check("twice.csv", kind="posts").outcome == "pass"
    pd.concat([POSTS, POSTS.assign(latitude=POSTS["latitude"] + 0.1)]).to_csv("moved.csv", index=False)
    assert gov.check("moved.csv", kind="posts").outcome == "fail"


def file_of_posts(name: str, **extra: list[object]) -> str:
    """A file of Posts in the shape its name asks for, with columns that X never sends."""
    if name.endswith(".csv"):
        pd.DataFrame({**POSTS, **extra}).to_csv(name, index=False)
    else:
        posts = {"id": POSTS["post_id"], "text": POSTS["text"], "author_id": POSTS["author_id"]}
        pd.DataFrame({**posts, **extra}).to_json(name, orient="records", lines=True)
    return name


@pytest.mark.parametrize("name", ["posts.csv", "posts.jsonl"])
def test_what_stands_beside_the_posts_of_a_file_is_seen(name: str) -> None:
    """A reader takes the Posts out of a file; the check sees the addresses beside them all the same."""
    assert gov.check(file_of_posts(name, likes=list(range(SIZE))), kind="posts").outcome == "pass"
    report = gov.check(file_of_posts(name, contact=[f"p{n}@example.org" for n in range(SIZE)]), kind="posts")
    assert report.outcome == "fail"
    assert "OFX007" in {finding.rule for finding in report.findings}


def test_location_beside_posts_without_location_is_seen() -> None:
    """Coordinates under a header of one's own are location, whatever the reader left."""
    places = {"my_lat": POSTS["latitude"].tolist(), "my_lon": POSTS["longitude"].tolist()}
    assert gov.check(file_of_posts("plain.jsonl")).outcome == "pass"
    assert gov.check(file_of_posts("placed.jsonl", **places)).outcome == "fail"
