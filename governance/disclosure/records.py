"""The records of a map as they leave: rounded, named and sorted, each with its area."""

import numpy as np
import pyarrow as pa

from governance.disclosure.cells import resolutions, strings
from governance.disclosure.partition import record_areas
from governance.disclosure.rounding import ROUNDING_BASE, rounded
from governance.disclosure.specification import Specification
from governance.disclosure.standing import Standing
from governance.disclosure.windows import Calendar

SCHEMA = pa.schema(
    [
        ("cell", pa.string()),
        ("resolution", pa.int64()),
        ("kind", pa.string()),
        ("window", pa.string()),
        ("group", pa.string()),
        ("people", pa.int64()),
        ("area_km2", pa.float64()),
    ],
)


def published(windows: list[Standing], spec: Specification, clock: Calendar) -> pa.Table:
    """The records of the windows, without what was withdrawn; `posts` only where the series shows them."""
    schema = SCHEMA.append(pa.field("posts", pa.int64())) if spec.include_posts else SCHEMA
    tables = [_window(window, spec, clock.label(window.bucket)) for window in windows]
    return pa.concat_tables([schema.empty_table(), *(table.cast(schema) for table in tables)]).combine_chunks()


def _window(window: Standing, spec: Specification, label: str) -> pa.Table:
    shown = np.flatnonzero(~window.withdrawn)
    names = pa.array(spec.group_names, pa.string())
    area = record_areas(window.key, window.residual, spec.coarsest)
    columns = {
        "cell": strings(window.code[shown]),
        "resolution": pa.array(resolutions(window.code[shown])),
        "kind": pa.array(np.where(window.residual[shown], "residual", "full").tolist(), pa.string()),
        "window": pa.array([label] * len(shown), pa.string()),
        "group": names.take(pa.array(window.group[shown])),
        "people": pa.array(rounded(window.people[shown])),
        "area_km2": pa.array(np.round(area[shown], 6)),
    }
    if spec.include_posts:
        columns["posts"] = pa.array([window.posts[at] for at in shown.tolist()], pa.int64())
    return pa.table(columns)


def utility(records: pa.Table, pool: int | str) -> dict[str, float | int | str]:
    """How much of the truth the map shows, from published numbers alone.

    Parameters
    ----------
    records
        Published records.
    pool
        The people no record shows, banded.

    """
    people = records["people"].to_numpy()
    total = int(people.sum())
    if not total:
        return {"derived_from": "published records", "records": 0}
    unseen = pool if isinstance(pool, int) else ROUNDING_BASE
    level = records["resolution"].to_numpy()
    return {
        "derived_from": "published records",
        "share_of_people_published_at_least": round(total / (total + unseen), 4),
        "people_weighted_resolution": round(float((people * level).sum() / total), 3),
        "median_relative_error": round(float(np.median(ROUNDING_BASE / 4 / people)), 4),
    }
