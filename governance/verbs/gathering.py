"""Everybody who counts, from the Posts: one cell per person and window, for every series at once."""

from dataclasses import replace
from typing import Any

import numpy as np

from governance.content import Posts, read_posts
from governance.disclosure.exclusion import EXCLUSION_KEY, Exclusion
from governance.disclosure.gather import MAY_LACK, Gathering, Reading, Removed
from governance.disclosure.planning import People
from governance.ledger import Ledger
from governance.verbs.releasing import Series

QUICK_TO_READ = {"parquet", "arrow", "feather", "pandas", "pyarrow", "polars", "duckdb"}
"""Formats that are read a second time more cheaply than their Posts' ids are kept."""


def as_released(reading: Reading, series: Series, excluded: Exclusion, ledger: Ledger) -> Reading:
    """How a series that stands was read: accounts on a list that is not the one of its last release counted then, or may have."""
    listed = (series.last.get("certificate") or {}).get("exclusion_list")
    same = listed and listed["hmac_sha256"] == excluded.digest(ledger.subkey(EXCLUSION_KEY))
    return reading if same else replace(reading, excluded=np.empty(0, np.uint64))


def gathered_people(posts: Any, readings: list[Reading], removed: Removed) -> tuple[Gathering, People]:  # noqa: ANN401
    """Everybody, by one pass over the Posts; a second only where some occurrence of a Post says that it is withheld or deleted."""
    scan = posts if isinstance(posts, Posts) else read_posts(posts)
    posts_needed = any(r.specification.include_posts or r.specification.assign == "modal" for r in readings)
    gathering = _pass(scan, readings, removed, posts_needed=posts_needed)
    if gathering.contradicted:
        gone = np.unique(np.concatenate([*gathering.hidden_posts, removed.posts]))
        gathering = _pass(scan, readings, replace(removed, posts=gone), posts_needed=posts_needed)
    assigned = gathering.assigned()
    return gathering, People.of(assigned, gathering.slots)


def _pass(scan: Posts, readings: list[Reading], removed: Removed, *, posts_needed: bool) -> Gathering:
    tables_only = set(scan.formats) <= QUICK_TO_READ
    gathering = Gathering(readings, removed, with_posts=posts_needed, remembering=not tables_only)
    lacking = set(MAY_LACK) - scan.given
    for batch in scan.batches([name for name in gathering.columns if name not in lacking]):
        gathering.add(batch)
    return gathering
