"""What a caller may do where no area holds enough people: the first wider call that would show something."""

import numpy as np

from governance.disclosure import cells
from governance.disclosure.planning import People
from governance.disclosure.specification import FLOOR_PEOPLE, Specification
from governance.disclosure.windows import FINEST, Calendar


def advice_for(people: People, spec: Specification, clock: Calendar) -> str:
    """A coarser region that works, else a longer window that works, else that there are too few people at all."""
    for level in range(spec.coarsest - 1, -1, -1):
        if _most(people.key, people.count, level) >= spec.minimum_people:
            return f"the lawful next call is coarser: coarsest={level}."
    longer = [kind for kind in ("week", "month") if FINEST[kind] > FINEST[spec.window]]
    for kind in longer:
        if _most_in(people, kind, clock) >= spec.minimum_people:
            return f'the lawful next call is a longer window: window="{kind}", coarsest=0.'
    hint = "widen the topic or collect more Posts"
    return f"{hint}; even over all windows too few people are near each other." if spec.minimum_people > FLOOR_PEOPLE else f"{hint}."


def _most(key: cells.Codes, count: cells.Counts, level: int) -> int:
    lifted, total = cells.totals(cells.parents(key, level), count)
    found = total[cells.resolutions(cells.codes_of(lifted)) == level]
    return int(found.max(initial=0))


def _most_in(people: People, kind: str, clock: Calendar) -> int:
    """The most people in one coarsest cell of a longer window, each counted once, in windows that are over."""
    wide = Calendar(kind, clock.zone, clock.as_of)
    slots = [slot for slot in people.slots if slot.reading == 0]
    number = {slot: _bucket_at(wide, clock, slot.bucket) for slot in slots}
    over = {slot: wide.closed(bucket) for slot, bucket in number.items()}
    bucket_of = np.array([number.get(slot, 0) if over.get(slot) else -1 for slot in people.slots], np.int64)
    assigned = people.assigned
    bucket = bucket_of[cells.slots_of(assigned.key)]
    cell = cells.parents(cells.codes_of(assigned.key), 0)
    rows = np.unique(np.stack([bucket, assigned.person, cell.astype(np.int64)])[:, bucket >= 0], axis=1)
    if not rows.shape[1]:
        return 0
    _, count = np.unique(rows[[0, 2]], axis=1, return_counts=True)
    return int(count.max())


def _bucket_at(wide: Calendar, clock: Calendar, bucket: int) -> int:
    """The longer window in which a bucket begins."""
    import pyarrow as pa

    begin, _ = clock.span(bucket)
    return int(wide.buckets(pa.array([begin], pa.timestamp("us", "UTC")))[0])
