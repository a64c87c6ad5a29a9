"""A1 to A4: what single maps and pairs of maps give away by looking and by subtracting."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa

from governance.disclosure import cells, windows
from governance.disclosure.dominance import CONTRIBUTION_CAP
from tests.attacks.figures import Attack, Figure, none_succeeds
from tests.attacks.world import MONDAY, K, Published, exact_numbers, laboratory, make, no_audit, publish


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
    """A3: a week and the same week a day later: what one day added to a quiet place is read off the difference."""
    world = make(2500, 12_000, days=8, seed=13)
    hits = trials = 0
    for start in range(2):
        with laboratory() as (folder, patch):
            if not defended:
                no_audit(patch)
                exact_numbers(patch)
                patch.setattr("governance.verbs.mapping._reading", _same_key(_reading_of()))
            pair = [_slid(world.table(), folder, patch, day, defended) for day in (start, start + 1)]
        if any(heat is None for heat in pair):
            trials += 1
            continue
        hit, tried = _one_sided(*pair)
        hits, trials = hits + hit, trials + tried
    return Figure(hits, trials)


def _slid(posts: pa.Table, folder, patch, day: int, defended: bool) -> Published | None:  # noqa: ANN001 - a laboratory
    """A week that starts `day` days after Monday: refused by the product, made by shifting time when the defence is off."""
    if not defended:
        patch.setattr("governance.disclosure.windows.Calendar", _shifted(day))
        return publish(posts, folder, f"w{day}", strategy="fixed", finest=5, series=f"week{day}", coarsest=3 - day % 2)
    try:
        return publish(posts, folder, f"w{day}", window=(MONDAY + timedelta(days=day), MONDAY + timedelta(days=day + 7)))
    except Exception as refusal:
        if type(refusal).__name__ != "BadRequest":
            raise
        return None


def _shifted(days: int) -> type:
    class Shifted(windows.Calendar):
        """Weeks that start on another day."""

        def buckets(self, created_at: pa.Array) -> np.ndarray:
            """The bucket of a time that is moved back."""
            moved = created_at.cast(pa.int64()).to_numpy() - days * 86_400_000_000
            return super().buckets(pa.array(moved, pa.timestamp("us", "UTC")))

    return Shifted


def _one_sided(first: Published, second: Published) -> tuple[int, int]:
    """Cells where the two weeks differ by one to nine people."""
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
    Attack("A3", "a week minus the week a day earlier", "0 (refused)", "calendar windows, audit, rounding", sliding_windows, none_succeeds),
    Attack("A4", "all Posts minus all but one hashtag", "0 (refused)", "no complements, audit, rounding", complement, none_succeeds),
)
