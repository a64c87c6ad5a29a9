"""A5 to A9 and A12: what a reader who looks for people finds: deletions, repeated requests, membership, ways, homes, two roads."""

import hashlib
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
from scipy.optimize import linear_sum_assignment

import governance as gov
from governance.disclosure import assignment, cells, gather, planning, windows
from tests.attacks.figures import Attack, Figure, none_succeeds
from tests.attacks.world import MONDAY, K, Published, World, exact_numbers, laboratory, make, no_audit, no_threshold, publish


def deletions(defended: bool) -> Figure:
    """A5: the map before and after fifty people deleted their Posts; who points at a change points at somebody's place."""
    world = make(3000, 12_000, seed=15)
    gone = np.random.default_rng(5).choice(3000, 50, replace=False)
    with laboratory() as (folder, patch):
        if not defended:
            no_audit(patch)
            exact_numbers(patch)
            patch.setattr(planning, "_again", _recomputed)
            patch.setattr("governance.verbs.publishing.with_check", lambda window, *_: window)
        before = publish(world.table(), folder, "before", series="s")
        after = publish(world.table(~np.isin(world.author, gone)), folder, "after", series="s", as_of="2026-12-21")
    region = before.region_of(world.codes)
    changed = _single_changes(before, after)
    hits = [bool(set(region[world.author == person].tolist()) & changed) for person in gone]
    others = np.setdiff1d(np.arange(3000), gone)[:500]
    control = np.mean([bool(set(region[world.author == person].tolist()) & changed) for person in others]) if changed else 0.0
    return Figure(sum(hits), len(hits), control=float(control))


def _recomputed(before, key, count, spec):  # noqa: ANN001, ANN202 - stands in for the refresh rule
    made = planning.Plan()
    planning._add(made, before.bucket, key, count, spec)
    return made.new.get(before.bucket)


def _single_changes(before: Published, after: Published) -> set[int]:
    """Records whose own change a reader can name: a value that moved by fewer than ten, or a record that left alone."""
    now = dict(zip(after.column("cell"), after.people.tolist(), strict=True))
    names, people = before.column("cell"), before.people.tolist()
    moved = {r for r, cell in enumerate(names) if cell in now and 0 < abs(now[cell] - people[r]) < K}
    left = [r for r, cell in enumerate(names) if cell not in now]
    return moved | (set(left) if len(left) == 1 else set())


def averaging(defended: bool) -> Figure:
    """A6: the same map two hundred times, averaged: a fresh draw each time would show in which cells people really are."""
    world = make(150, 900, seed=16)
    seen: list[bytes] = []
    with laboratory() as (folder, patch):
        posts = world.table()
        for request in range(200 if defended else 40):
            if not defended:
                patch.setattr("governance.ledger.Ledger.subkey", lambda _self, purpose, n=request: _fresh(purpose, n))
                patch.setattr("governance.verbs.mapping.read_history", lambda _ledger: _empty_history())
                patch.setattr("governance.verbs.publishing.write_release", lambda *_, **__: True)
            heat = gov.heat_map(posts, topic="#flood", as_of="2026-12-20", ledger=f"sqlite:///{folder}/governance.db", finest=6)
            seen.append(heat.to_arrow().drop(["cell_id"]).replace_schema_metadata(None).to_pandas().to_csv().encode())
    return Figure(len(set(seen)) - 1, len(seen) - 1)


def _fresh(purpose: str, request: int) -> bytes:
    return hashlib.sha256(f"{purpose}|{request}".encode()).digest()


def _empty_history():  # noqa: ANN202 - the product's class
    from governance.verbs.releasing import History

    return History({})


def membership(defended: bool) -> Figure:
    """A7: is a person whose places are known in the data? Their places are looked up on the map; the figure is the AUC."""
    world = make(4000, 24_000, seed=17, spread=0.1)
    member = np.arange(4000) % 2 == 0
    with laboratory() as (folder, patch):
        if not defended:
            exact_numbers(patch)
            no_threshold(patch)
            patch.setattr("governance.disclosure.dealing.choose", lambda pairs, *_: pairs)
        heat = publish(world.table(member[world.author]), folder, **({} if defended else {"strategy": "fixed"}))
    score = _crowd_around(heat, world)
    return Figure(_auc(score[member], score[~member]) * 4000, 4000, control=0.5, baseline=0.5)


def membership_pair(defended: bool) -> Figure:
    """A7b: the same question to two maps of the same people, one `random` and one `modal`, their scores added.

    As shipped the second map is refused, and the reader has one. With the refusal alone switched off k and rounding still hold (see
    `pair_of_maps`), so the mutation switches these off too.
    """
    return Figure(membership_auc(*pair_of_maps(refusing=defended, exact=not defended)) * 4000, 4000, control=0.5, baseline=0.5)


def pair_of_maps(*, refusing: bool, exact: bool) -> tuple[list[np.ndarray], np.ndarray]:
    """The score of each person on each map that was published, `random` then `modal`; and who is in the data."""
    world = make(4000, 24_000, seed=17, spread=0.1)
    member = np.arange(4000) % 2 == 0
    with laboratory() as (folder, patch):
        if not refusing:
            no_audit(patch)
        if exact:
            exact_numbers(patch)
            no_threshold(patch)
        posts, call = world.table(member[world.author]), {"strategy": "fixed"} if exact else {}
        maps = [publish(posts, folder, name, assign=name, **call) for name in ("random", "modal")]
    return [_crowd_around(heat, world) for heat in maps if heat], member


def membership_auc(scores: list[np.ndarray], member: np.ndarray) -> float:
    """How well the added scores tell who is in the data."""
    score = np.sum(scores, axis=0)
    return _auc(score[member], score[~member])


def _crowd_around(heat: Published, world: World) -> np.ndarray:
    """For each person, the fewest people per km2 that a map shows at any of their places."""
    region = heat.region_of(world.codes)
    density = _density(heat)[region] * (region >= 0)
    return np.array([density[world.author == person].min() for person in range(4000)])


def _density(heat: Published) -> np.ndarray:
    return np.r_[heat.people / np.maximum(np.array(heat.column("area_km2")), 1e-9), 0.0]


def _auc(inside: np.ndarray, outside: np.ndarray) -> float:
    wins = (inside[:, None] > outside[None, :]).mean() + 0.5 * (inside[:, None] == outside[None, :]).mean()
    return float(max(wins, 1 - wins))


def trajectories(defended: bool) -> Figure:
    """A8: maps of successive windows of a closed population, linked by the shortest ways; the figure is the gain over standing still.

    Hourly maps are refused, so the defended reader has days; the mutation allows hours at resolution 5 with exact small numbers.
    """
    world = _walkers(60, hours=24 * 6)
    with laboratory() as (folder, patch):
        if not defended:
            exact_numbers(patch)
            no_threshold(patch)
            _allow_hours(patch)
        kind = {"window": "day"} if defended else {"window": "hour", "finest": 5, "strategy": "fixed"}
        heat = publish(world.table(), folder, **kind)
    names = sorted(set(heat.column("window"))) if heat else []
    steps = [_places(heat, name) for name in names][:24]
    if len(steps) < 2:
        return Figure(0, 1)
    linked = _linked(steps)
    truth = _truth(world, heat, names[:24], 60 if defended else 1)
    gain = _score(linked, truth) - _score(np.repeat(linked[:, :1], linked.shape[1], axis=1), truth)
    return Figure(max(gain, 0.0) * 1000, 1000)


def _walkers(people: int, hours: int) -> World:
    """A closed population: everybody posts every hour, at home, on the way or at work."""
    rng = np.random.default_rng(18)
    home = np.array([48.85, 2.35]) + rng.normal(0, 1.2, (people, 2))
    work = home + rng.normal(0, 0.6, (people, 2))
    author = np.repeat(np.arange(people), hours)
    hour = np.tile(np.arange(hours), people)
    phase = np.clip(np.abs((hour % 24) - 13 + rng.integers(-2, 3, people)[author]) - 3, 0, 5)[:, None] / 5
    point = home[author] * phase + work[author] * (1 - phase)
    return World(author, point[:, 0], point[:, 1], hour * 60 + 30, np.zeros(len(author), int), home)


def _allow_hours(patch) -> None:  # noqa: ANN001 - a MonkeyPatch
    real = windows.Calendar.buckets

    def buckets(self, created_at):  # noqa: ANN001, ANN202 - stands in for the method
        if self.kind != "hour":
            return real(self, created_at)
        return created_at.cast("int64").to_numpy() // 3_600_000_000

    def span(_self, bucket):  # noqa: ANN001, ANN202 - stands in for the method
        begin = MONDAY.replace(year=1970, month=1, day=1) + timedelta(hours=bucket)
        return begin, begin + timedelta(hours=1)

    patch.setitem(windows.FINEST, "hour", 8)
    patch.setattr(windows.Calendar, "buckets", buckets)
    patch.setattr(windows.Calendar, "span", span)
    patch.setattr(windows.Calendar, "label", lambda _self, bucket: date.fromordinal(bucket).isoformat())  # an hour stands as a day of old
    patch.setattr(windows.Calendar, "open_from", 10**6)


def _places(heat: Published, window: str) -> np.ndarray:
    """Where the map of one window says people are: the centre of each record, as often as it shows people."""
    inside = np.array(heat.column("window")) == window
    from h3ronpy.vector import cells_to_coordinates

    where = cells_to_coordinates(cells.unpack(heat.codes[inside]))
    point = np.stack([np.array(where.column(name)) for name in ("lat", "lng")], axis=1)
    return np.repeat(point, heat.people[inside], axis=0)


def _linked(steps: list[np.ndarray]) -> np.ndarray:
    """Ways (walkers x steps x 2): each step continues at the nearest free place of the next map."""
    size = min(len(step) for step in steps)
    ways = [steps[0][:size]]
    for step in steps[1:]:
        cost = np.abs(ways[-1][:, None, :] - step[None, :, :]).sum(axis=2)
        row, column = linear_sum_assignment(cost)
        ways.append(step[column[np.argsort(row)]])
    return np.stack(ways, axis=1)


def _truth(world: World, heat: Published, names: list[str], hours: int) -> np.ndarray:
    """The true ways, one place per walker and window."""
    del heat
    per = 24 if hours > 1 else 1
    people = int(world.author.max()) + 1
    point = np.stack([world.lat, world.lon], axis=1).reshape(people, -1, 2)
    return np.stack([point[:, step * per : (step + 1) * per].mean(axis=1) for step in range(len(names))], axis=1)


def _score(ways: np.ndarray, truth: np.ndarray) -> float:
    """The share of (walker, step) within a cell's width of the truth, under the best naming of the ways."""
    near = (np.abs(ways[:, None] - truth[None]).max(axis=3) < 0.12).mean(axis=2)
    row, column = linear_sum_assignment(-near)
    return float(near[row, column].sum() / min(len(ways), len(truth)))


def homes(defended: bool) -> Figure:
    """A9: the densest record of the night around a person's town is taken for a home; it must hold ten people or more."""
    world = make(2000, 14_000, seed=19)
    hour = world.minute // 60 % 24
    with laboratory() as (folder, patch):
        if not defended:
            exact_numbers(patch)
            no_threshold(patch)
        night = (hour < 6) | (hour > 21)
        heat = publish(world.table(None if defended else night), folder, **({} if defended else {"strategy": "fixed"}))
    living = heat.region_of(cells.index(world.home[:, 0], world.home[:, 1]))
    crowd = np.array([len(np.unique(world.author[heat.region_of(world.codes) == record])) for record in range(len(heat.people))])
    found = living >= 0
    return Figure(int((crowd[living[found]] < K).sum()), int(found.sum()))


def two_roads(defended: bool) -> Figure:
    """A12: counts at resolution 5 from one indexing, against counts of points indexed at resolution 5 itself."""
    world = make(3000, 12_000, seed=20)
    with laboratory() as (_, patch):
        fine = _counts(world, 5)
        if not defended:
            patch.setattr(gather.cells, "index", _indexed_at(5))
        coarse = _counts(world, 5)
    both = [cell for cell in fine if fine[cell] >= K and coarse.get(cell, 0) >= K]
    return Figure(sum(0 < abs(fine[cell] - coarse[cell]) < K for cell in both), len(both))


def _counts(world: World, level: int) -> dict[int, int]:
    pairs = assignment.distinct_pairs(world.author.astype(np.uint64), cells.parents(gather.cells.index(world.lat, world.lon), level))
    key, people = cells.totals(pairs.key)
    return dict(zip(key.tolist(), people.tolist(), strict=True))


def _indexed_at(level: int):  # noqa: ANN202 - stands in for cells.index
    import pyarrow as pa
    from h3ronpy.vector import coordinates_to_cells

    def index(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        found = pa.array(coordinates_to_cells(lat, lon, level)).to_numpy()
        return cells.pack(found)

    return index


def at_most(limit: float) -> Callable[[Figure], bool]:
    """A gate on the rate."""
    return lambda figure: figure.rate <= limit


ATTACKS = (
    Attack("A5", "fifty deletions seen in the next map", "0", "refresh rule, rounding", deletions, none_succeeds),
    Attack("A6", "the average of 200 requests", "byte-identical", "one secret draw per series, stored", averaging, none_succeeds),
    Attack(
        "A7", "membership of a person with known places (AUC)", "<= 0.55", "one cell per person, k, rounding", membership, at_most(0.55)
    ),
    Attack(
        "A7b", "the same from a random and a modal map (AUC)", "<= 0.55", "second map refused, k, rounding", membership_pair, at_most(0.55)
    ),
    Attack("A8", "ways linked over windows, gain over standing still", "<= 0.05", "no hours, k, rounding", trajectories, at_most(0.05)),
    Attack("A9", "a night record taken for a home, < 10 people", "0", "k, no hours", homes, none_succeeds),
    Attack("A12", "two roads to a cell: 1 to 9 people apart", "0 (impossible)", "one indexing, parents by bits", two_roads, none_succeeds),
)
