"""How much of the truth the maps show, and how long the audit takes.

    python -m benchmarks.heat_map_utility 1_000_000

One month of Posts at k = 10, residual against merge and fixed on the same people; then thirteen windows of 4,000 records and more, where
the last is audited against the twelve before.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.heat_map_data import write
from governance.content import read_posts
from governance.disclosure import cells
from governance.disclosure.gather import Gathering, Reading, Removed
from governance.disclosure.joint import audit_plan
from governance.disclosure.planning import People, Plan, plan
from governance.disclosure.rollup import roll_up
from governance.disclosure.scope import terms
from governance.disclosure.specification import Specification
from governance.disclosure.standing import Released
from governance.disclosure.windows import Calendar, calendar

K = 10


def people_of(path: Path, spec: Specification, clock: Calendar) -> tuple[People, list[Reading]]:
    """Everybody, assigned."""
    readings = [Reading(spec, clock, b"0123456789abcdef" * 2)]
    gathering = Gathering(readings, Removed())
    for batch in read_posts(path).batches(gathering.columns):
        gathering.add(batch)
    return People.of(gathering.assigned(), gathering.slots), readings


def utility(path: Path) -> None:
    """Print the utility of each strategy on one month."""
    people, _ = people_of(path, Specification(topic=terms("#flood"), window="month", finest=8), calendar("month", "UTC", "2027-01-01"))
    last = people.key >> np.uint64(cells.CODE_BITS) == 0
    key, count = people.key[last], people.count[last]
    total = int(count.sum())
    print(f"{total:,} people in one month, k = {K}\n")
    print("| strategy | people shown | people-weighted resolution | median rounding error | records |")
    print("|---|---|---|---|---|")
    for strategy, finest in (("residual", 8), ("merge", 8), ("fixed", 7), ("fixed", 6), ("fixed", 5)):
        made = roll_up(key, count, k=K, finest=finest, coarsest=3, strategy=strategy)
        level = cells.resolutions(cells.codes_of(made.key))
        shown = int(made.people.sum())
        error = float(np.median(2.5 / made.people))
        name = strategy if strategy != "fixed" else f"fixed, resolution {finest}"
        print(f"| {name} | {shown / total:.2%} | {(level * made.people).sum() / shown:.2f} | {error:.1%} | {len(made):,} |")


def audit(path: Path) -> None:
    """Time the audit of the last of thirteen two-day windows against the twelve before it."""
    spec = Specification(topic=terms("#flood"), window="day", finest=7, coarsest=3)
    people, readings = people_of(path, spec, calendar("day", "UTC", "2027-01-01"))
    every = plan(people, spec, Released({}, ()))
    days = sorted(every.new)[:13]
    before, last = {day: every.new[day] for day in days[:-1]}, days[-1]
    planned = Plan(new={last: every.new[last]}, standing=before, before=before, shown=list(before.values()))
    records = sum(len(window.code) for window in (*before.values(), every.new[last]))
    begun, cpu = time.perf_counter(), time.process_time()
    verdict = audit_plan(people, planned, readings, {})
    spent, used = time.perf_counter() - begun, time.process_time() - cpu
    print(f"\naudit of one window against {len(before)} earlier, {records:,} records in all: {spent:.1f} s ({used:.1f} s CPU), ", end="")
    print(f"{len(verdict.found)} disclosures, {verdict.coarsened} rounds of joining")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        posts = write(Path(folder) / "posts.parquet", int(sys.argv[1].replace("_", "")))
        utility(posts)
        audit(posts)
