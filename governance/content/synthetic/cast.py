"""The population in words: handles, bios, stated locations, texts and times, ready to be written in any shape."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from governance.content.synthetic.places import Gazetteer, Place
from governance.content.synthetic.towns import FAMILY_NAMES, GIVEN_NAMES, SENTENCES, TAGS, TOWNS
from governance.content.synthetic.world import (
    BOTH,
    ENDS_AT,
    NOWHERE,
    PLACE,
    POINT,
    REPOST,
    STATES,
    WEEKS,
    Authors,
    Posts,
    make_authors,
    make_posts,
)

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_BIOS = (
    "Dad of two. Views my own.",
    "Volunteer firefighter, amateur cook",
    "I write about rivers, bridges and bread",
    "",
    "Student. Trains, maps, coffee ☕",
    "opinions are mine; ask me about cheese",
)
_JOKES = ("somewhere over the rainbow", "in your head", "🌍", "Hogwarts", "the internet")
_SPELLINGS = ("#flood", "#Flood", "#FLOOD", "#flood")


@dataclass(frozen=True, slots=True)
class Account:
    """An account in words."""

    user_id: str
    handle: str
    display_name: str
    bio: str
    stated_location: str
    state: str
    protected: bool
    withheld: bool
    scrubbed: bool


@dataclass(frozen=True, slots=True)
class Writing:
    """A Post in words."""

    post_id: str
    author: int
    at: datetime
    text: str
    tags: tuple[tuple[int, int, str], ...]
    """Start, end and word of each hashtag."""
    point: tuple[float, float] | None
    """Latitude, longitude."""
    place: Place | None
    kind: int
    refers_to: int


def accounts_of(authors: Authors, seed: int) -> list[Account]:
    """The accounts in words."""
    rng = np.random.default_rng([seed, 3])
    count = len(authors.user_id)
    given = rng.integers(0, len(GIVEN_NAMES), count).tolist()
    family = rng.integers(0, len(FAMILY_NAMES), count).tolist()
    bio = rng.integers(0, len(_BIOS), count).tolist()
    style = rng.random(count).tolist()
    told = (rng.random(count) < 0.5).tolist()  # noqa: PLR2004 - half of the states were already so when the Posts were collected
    return [
        Account(
            user_id=str(user_id),
            handle=f"{GIVEN_NAMES[given[at]][:5]}{FAMILY_NAMES[family[at]][:4]}{at}",
            display_name=f"{GIVEN_NAMES[given[at]]} {FAMILY_NAMES[family[at]]}",
            bio=_BIOS[bio[at]],
            stated_location=_stated_location(style[at], town, home, at),
            state=STATES[state],
            protected=STATES[state] == "protected" and told[at],
            withheld=STATES[state] == "withheld" and told[at],
            scrubbed=scrubbed,
        )
        for at, (user_id, town, state, scrubbed, *home) in enumerate(
            zip(
                authors.user_id.tolist(),
                authors.town.tolist(),
                authors.state.tolist(),
                authors.scrubbed.tolist(),
                authors.home[0].tolist(),
                authors.home[1].tolist(),
                strict=True,
            ),
        )
    ]


def _stated_location(style: float, town: int, home: list[float], number: int) -> str:
    """What people write into their profile: mostly nothing, a town, a joke, and now and then where they live to the metre."""
    latitude, longitude = home
    shares = (
        (0.42, ""),
        (0.74, TOWNS[town].name),
        (0.84, f"{TOWNS[town].name}, {TOWNS[town].country}"),
        (0.90, TOWNS[town].region),
        (0.96, _JOKES[number % len(_JOKES)]),
        (0.98, f"ÜT: {latitude:.6f},{longitude:.6f}"),
        (1.01, f"{latitude:.4f}, {longitude:.4f}"),
    )
    return next(text for share, text in shares if style < share)


def writings_of(posts: Posts, accounts: list[Account], seed: int) -> list[Writing]:
    """The Posts in words."""
    gazetteer = Gazetteer()
    places = gazetteer.draw(np.random.default_rng([seed, 4]), posts.town).tolist()
    columns: tuple[list[Any], ...] = (
        posts.post_id.tolist(),
        posts.author.tolist(),
        posts.milliseconds.tolist(),
        posts.sentence.tolist(),
        posts.flood.tolist(),
        posts.tag.tolist(),
        posts.where.tolist(),
        posts.kind.tolist(),
        posts.refers_to.tolist(),
        posts.latitude.tolist(),
        posts.longitude.tolist(),
        places,
    )
    writings: list[Writing] = []
    for post_id, author, at, sentence, flood, tag, where, kind, refers_to, latitude, longitude, place in zip(*columns, strict=True):
        if kind == REPOST and refers_to >= 0:
            repeated = writings[refers_to]
            text, tags = _repeated(repeated, accounts[repeated.author].handle)
        else:
            text, tags = _text(sentence, TAGS[tag] if tag else "", flood=flood)
        tagged = where in {PLACE, BOTH}
        writings.append(
            Writing(
                post_id=str(post_id),
                author=author,
                at=datetime.fromtimestamp(at // 1000, UTC),
                text=text,
                tags=tags,
                point=(latitude, longitude) if where in {POINT, BOTH} else None,
                place=gazetteer.places[place] if tagged and where != NOWHERE else None,
                kind=kind,
                refers_to=refers_to,
            ),
        )
    return writings


def _text(draw: int, tag: str, *, flood: bool) -> tuple[str, tuple[tuple[int, int, str], ...]]:
    text = SENTENCES[draw % 7] if flood else SENTENCES[draw % len(SENTENCES)]
    tags: list[tuple[int, int, str]] = []
    for word in (_SPELLINGS[draw // 16 % len(_SPELLINGS)] if flood else "", f"#{tag}" if tag else ""):
        if word:
            tags.append((len(text) + 1, len(text) + 1 + len(word), word[1:]))
            text = f"{text} {word}"
    return text, tuple(tags)


def _repeated(repeated: Writing, handle: str) -> tuple[str, tuple[tuple[int, int, str], ...]]:
    before = f"RT @{handle}: "
    return before + repeated.text, tuple((start + len(before), end + len(before), word) for start, end, word in repeated.tags)


@dataclass(frozen=True, slots=True)
class Cast:
    """Accounts and Posts of a seed, in words."""

    accounts: list[Account]
    posts: list[Writing]


def make_cast(seed: int, posts: int, authors: int) -> Cast:
    """The accounts and Posts of a seed."""
    people = make_authors(authors, seed)
    accounts = accounts_of(people, seed)
    return Cast(accounts, writings_of(make_posts(posts, people, seed), accounts, seed))


def began_at() -> datetime:
    """The first moment of the sample."""
    return datetime.fromtimestamp(ENDS_AT.timestamp() - WEEKS * 7 * 86_400, UTC)
