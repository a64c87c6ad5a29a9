"""A1 to A4: what single maps and pairs of maps give away by looking and by subtracting."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import governance as gov
from governance.disclosure import cells, windows
from governance.disclosure.dominance import CONTRIBUTION_CAP
from tests.attacks.figures import Attack, Figure, none_succeeds
from tests.attacks.world import MONDAY, K, Published, World, exact_numbers, laboratory, make, no_audit, publish

ZONES = (
    *("Pacific/Auckland", "Asia/Tokyo", "Asia/Kolkata", "Asia/Dubai", "Europe/Moscow", "Europe/Paris", "Atlantic/Azores"),
    *("America/Sao_Paulo", "America/New_York", "America/Denver", "America/Los_Angeles", "Pacific/Honolulu"),
)
"""Weeks of these zones begin up to 13 hours before or 10 hours after those of UTC."""


def small_records(defended: bool) -> Figure:
    """A1: published records with fewer than ten people, or one author with more than half of the Posts."""
    world = make(3000, 20_000, seed=11)
    with laboratory() as (folder, patch):
        if not defended:  # count Posts as if each had its own author
            patch.setattr("governance.disclosure.gather.author_words", _words_of_posts())
        heat = publish(world.table(), folder, include_posts=True)
    if heat is None:
        return Figure(0, 0)
    region = heat.region_of(world.codes)
    hits = 0
    for record in range(len(heat.people)):
        _, posts = np.unique(world.author[region == record], return_counts=True)
        counted = np.minimum(posts, CONTRIBUTION_CAP)
        hits += len(posts) < K or counted.max() * 2 > counted.sum()
    return Figure(hits, len(heat.people))


def _words_of_posts():  # noqa: ANN202 - a stand-in for author_words
    count = iter(range(1, 10**9))
    return lambda authors: np.array([next(count) for _ in range(len(authors))], np.uint64)


def two_resolutions(defended: bool) -> Figure:
    """A2: a map of the same people at a coarser resolution, minus the finer one: groups of fewer than ten appear."""
    world = make(3000, 12_000, seed=12)
    with laboratory() as (folder, patch):
        if not defended:
            no_audit(patch)
            exact_numbers(patch)
            patch.setattr("governance.verbs.mapping._reading", _same_key(_reading_of()))
        fine = publish(world.table(), folder, "fine", strategy="fixed", finest=6)
        coarse = publish(world.table(), folder, "coarse", strategy="fixed", finest=5)
    if fine is None or coarse is None:
        return Figure(0, len(fine.people) if fine else 0)
    left = dict(zip(coarse.codes.tolist(), coarse.people.tolist(), strict=True))
    for parent, people in zip(cells.parents(fine.codes, 5).tolist(), fine.people.tolist(), strict=True):
        if parent in left:
            left[parent] -= people
    return Figure(sum(0 < rest < K for rest in left.values()), len(left))


def _reading_of():  # noqa: ANN202 - the product's own function
    from governance.verbs import mapping

    return mapping._reading


def _same_key(reading):  # noqa: ANN001, ANN202 - a wrapper of the product's function
    return lambda *arguments: replace(reading(*arguments), key=b"0" * 32)


def sliding_windows(defended: bool) -> Figure:
    """A3: a week and the same week a few days later: what the days between added to a quiet place is read off the difference."""
    world = make(2500, 14_000, days=15, seed=13)
    return _asked_for(world) if defended else _slid(world)


def _asked_for(world: World) -> Figure:
    """Every way to ask for a second, shifted week: spans, offsets, other time zones, other days of asking.

    A refused call is a trial without success; where a second file is given, each cell of both is a trial.
    """
    hits = trials = 0
    posts = world.table()
    with laboratory() as (folder, _):
        first = publish(posts, folder, "first", as_of=MONDAY + timedelta(days=14))
        assert first is not None
        for call in (
            *_spans(),
            *({"timezone": zone} for zone in ZONES),
            *({"as_of": MONDAY + timedelta(days=day)} for day in range(15, 22)),
        ):
            second = _second(posts, folder, {"as_of": MONDAY + timedelta(days=14), **call})
            hit, tried = (0, 1) if second is None else _one_sided(first, second)
            hits, trials = hits + hit, trials + tried
    return Figure(hits, trials)


def _spans() -> Iterator[dict[str, Any]]:
    """Windows that start on each day of the week, in the words people would try."""
    for day in range(1, 8):
        start, end = MONDAY + timedelta(days=day), MONDAY + timedelta(days=day + 7)
        words = ((start, end), f"{start:%Y-%m-%d}/{end:%Y-%m-%d}", f"week+{day}d", f"{day + 6}d", [start, end], {"start": start, "days": 7})
        yield from ({"window": window} for window in words)


def _second(posts: pa.Table, folder: Path, call: dict[str, Any]) -> Published | None:
    try:
        return publish(posts, folder, "second", **call)
    except gov.BadRequest:
        return None


def _slid(world: World) -> Figure:
    """Weeks that start on any day of the first, each against the week one to three days later."""
    hits = trials = 0
    posts = world.table()
    for start in range(4):
        for later in range(1, 4):
            with laboratory() as (folder, patch):
                no_audit(patch)
                exact_numbers(patch)
                patch.setattr("governance.verbs.mapping._reading", _same_key(_reading_of()))
                pair = [_week_from(posts, folder, patch, day) for day in (start, start + later)]
            hit, tried = _one_sided(*pair)
            hits, trials = hits + hit, trials + tried
    return Figure(hits, trials)


def _week_from(posts: pa.Table, folder: Path, patch: pytest.MonkeyPatch, day: int) -> Published:
    patch.setattr("governance.disclosure.windows.Calendar", _shifted(day))
    heat = publish(posts, folder, f"w{day}", strategy="fixed", finest=5, series=f"week{day}", coarsest=day % 5)
    assert heat is not None
    return heat


def _shifted(days: int) -> type:
    class Shifted(windows.Calendar):
        """Weeks that start on another day."""

        def buckets(self, created_at: pa.Array) -> np.ndarray:
            """The bucket of a time that is moved back."""
            moved = created_at.cast(pa.int64()).to_numpy() - days * 86_400_000_000
            return super().buckets(pa.array(moved, pa.timestamp("us", "UTC")))

    return Shifted


def _one_sided(first: Published, second: Published) -> tuple[int, int]:
    """Cells where the two first weeks differ by one to nine people, and how many cells both have."""
    weeks = [
        dict(zip(heat.codes[_first_week(heat)].tolist(), heat.people[_first_week(heat)].tolist(), strict=True)) for heat in (first, second)
    ]
    both = set(weeks[0]) & set(weeks[1])
    return sum(0 < abs(weeks[0][cell] - weeks[1][cell]) < K for cell in both), len(both)


def _first_week(heat: Published) -> np.ndarray:
    names = np.array(heat.column("window"))
    return names == min(names.tolist())


def complement(defended: bool) -> Figure:
    """A4: the map of all Posts minus the map of all but one hashtag: the few who used the hashtag appear."""
    world = make(2500, 12_000, seed=14, tags=("other", "flood"))
    rare = world.tag == 1
    keep = ~rare | (np.random.default_rng(0).random(len(rare)) < 0.1)
    posts = world.table(keep)
    without = world.table(keep & ~rare)
    with laboratory() as (folder, patch):
        if not defended:
            no_audit(patch)
            exact_numbers(patch)
            patch.setattr("governance.verbs.mapping._reading", _same_key(_reading_of()))
        every = publish(posts, folder, "all", topic="#all", strategy="fixed", finest=5)
        rest = publish(without, folder, "rest", topic="-#flood" if defended else ["#other", "#nothing"], strategy="fixed", finest=5)
        hidden = publish(without, folder, "hidden", topic=["#other", "#nothing"], strategy="fixed", finest=5) if defended else rest
    if every is None or (rest is None and hidden is None):
        return Figure(0, len(every.people) if every else 0)
    other = rest or hidden
    left = dict(zip(other.codes.tolist(), other.people.tolist(), strict=True))
    pairs = [(cell, people) for cell, people in zip(every.codes.tolist(), every.people.tolist(), strict=True) if cell in left]
    return Figure(sum(0 < people - left[cell] < K for cell, people in pairs), len(pairs))


ATTACKS = (
    Attack("A1", "a record with < 10 people, or one author > half of its Posts", "0", "people, not Posts", small_records, none_succeeds),
    Attack("A2", "one resolution minus another", "0 (refused)", "second map refused, audit, rounding", two_resolutions, none_succeeds),
    Attack(
        "A3",
        "a week minus the week some days, or hours, later",
        "0 (refused)",
        "calendar windows, audit, rounding",
        sliding_windows,
        none_succeeds,
    ),
    Attack("A4", "all Posts minus all but one hashtag", "0 (refused)", "no complements, audit, rounding", complement, none_succeeds),
)
