"""The heat map against the floor and its peers: CPU seconds and peak memory of each, one process after the other, in one run.

    python -m benchmarks.heat_map 10_000_000 --h3pandas-python /path/to/its/python

The floor reads the six columns that the method needs and computes the H3 cells with h3ronpy, nothing else. `ours` is the full method:
scope, windows, places, keyed assignment, roll-up, differencing audit, certificate, ledger. The peers count distinct people per cell of one
resolution, without roll-up, audit or certificate. Imports are not counted. h3pandas is no dependency of the library: it runs if it can be
imported, or in the interpreter that is named.
"""

import argparse
import importlib.util
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["post_id", "author_id", "created_at", "hashtags", "latitude", "longitude"]
RESOLUTION = 7
AS_OF = "2026-12-01"
SMALL = 1_000_000
"""The slow peers (one Python call per point, polygons) get no more rows than this; their figures are scaled up."""


def floor(path: str) -> int:
    """Read the needed columns and compute the cells."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from h3ronpy.vector import coordinates_to_cells

    start()
    rows = 0
    for batch in pq.ParquetFile(path).iter_batches(columns=COLUMNS):
        rows += len(pa.array(coordinates_to_cells(batch.column("latitude"), batch.column("longitude"), RESOLUTION)))
    return rows


def ours(path: str) -> int:
    """The whole method, as shipped."""
    import h3ronpy.vector  # noqa: F401 - imports are not counted
    import pandas as pd  # noqa: F401 - imports are not counted
    import scipy.sparse.csgraph  # noqa: F401 - imports are not counted

    import governance as gov

    call = gov.heat_map
    with tempfile.TemporaryDirectory() as folder:
        start()
        return len(call(path, topic="#flood", as_of=AS_OF, ledger=f"sqlite:///{folder}/governance.db"))


def pandas_h3ronpy(path: str) -> int:
    """Pandas groupby and nunique over h3ronpy cells."""
    import pandas as pd
    import pyarrow as pa
    from h3ronpy.vector import coordinates_to_cells

    start()
    frame = pd.read_parquet(path, columns=["author_id", "latitude", "longitude"])
    frame["cell"] = pa.array(coordinates_to_cells(frame["latitude"].to_numpy(), frame["longitude"].to_numpy(), RESOLUTION)).to_numpy()
    return len(frame.groupby("cell")["author_id"].nunique())


def pandas_h3(path: str) -> int:
    """Plain pandas: h3.latlng_to_cell point by point, then groupby."""
    import h3
    import pandas as pd

    start()
    frame = _head(pd.read_parquet(path, columns=["author_id", "latitude", "longitude"]))
    frame["cell"] = [h3.latlng_to_cell(lat, lon, RESOLUTION) for lat, lon in zip(frame["latitude"], frame["longitude"], strict=True)]
    return len(frame.groupby("cell")["author_id"].nunique())


def h3pandas_groupby(path: str) -> int:
    """The h3pandas accessor on a DataFrame, then groupby."""
    import h3pandas  # noqa: F401 # pyrefly: ignore[missing-import] - it adds the accessor, and may live in another interpreter
    import pandas as pd

    start()
    frame = _head(pd.read_parquet(path, columns=["author_id", "latitude", "longitude"]))
    celled = frame.h3.geo_to_h3(RESOLUTION, lat_col="latitude", lng_col="longitude")
    return len(celled.groupby(level=0)["author_id"].nunique())


def geopandas_sjoin(path: str) -> int:
    """GeoPandas: points joined to the hexagons that hold them, then groupby."""
    import geopandas as gpd
    import pandas as pd
    import pyarrow as pa
    import shapely
    from h3ronpy.vector import cells_to_wkb_polygons, coordinates_to_cells

    start()
    frame = _head(pd.read_parquet(path, columns=["author_id", "latitude", "longitude"]))
    cells = pa.array(coordinates_to_cells(frame["latitude"].to_numpy(), frame["longitude"].to_numpy(), RESOLUTION)).unique()
    shapes = shapely.from_wkb(pa.array(cells_to_wkb_polygons(cells)).to_numpy(zero_copy_only=False))
    hexagons = gpd.GeoDataFrame({"cell": cells.to_numpy(zero_copy_only=False)}, geometry=shapes, crs="OGC:CRS84")
    points = gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(frame["longitude"], frame["latitude"]), crs="OGC:CRS84")
    return len(gpd.sjoin(points, hexagons).groupby("cell")["author_id"].nunique())


def _head(frame: "pd.DataFrame") -> "pd.DataFrame":
    return frame.head(SMALL).copy()


DESIGNS: dict[str, Callable[[str], int]] = {
    "floor": floor, "ours": ours, "pandas_h3ronpy": pandas_h3ronpy, "pandas_h3": pandas_h3, "h3pandas_groupby": h3pandas_groupby,
    "geopandas_sjoin": geopandas_sjoin,
}  # fmt: skip
SCALED = {"pandas_h3", "h3pandas_groupby", "geopandas_sjoin"}
_begun: list[tuple[float, float]] = []


def start() -> None:
    """Begin to count: imports are done."""
    _begun.append((time.process_time(), time.perf_counter()))


def measure(name: str, path: str) -> None:
    """Run one design in this process and print its figures."""
    result = DESIGNS[name](path)
    cpu, wall = (now - then for now, then in zip((time.process_time(), time.perf_counter()), _begun[-1], strict=True))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu": cpu, "wall": wall, "peak_mb": peak, "result": result}))


def compare(rows: int, repeats: int, h3pandas_python: str | None) -> None:
    """Run all designs, each in its own process, and print the ratios to the floor."""
    from benchmarks.heat_map_data import write

    with tempfile.TemporaryDirectory() as folder:
        path = str(write(Path(folder) / "posts.parquet", rows))
        interpreter = dict.fromkeys(DESIGNS, sys.executable)
        if h3pandas_python:
            interpreter["h3pandas_groupby"] = h3pandas_python
        elif importlib.util.find_spec("h3pandas") is None:
            del interpreter["h3pandas_groupby"]
        found: dict[str, list[dict[str, float]]] = {name: [] for name in interpreter}
        for turn in range(repeats):
            for name, python in interpreter.items():
                if turn and name not in {"floor", "ours"}:
                    continue
                done = subprocess.run([python, "-m", "benchmarks.heat_map", name, path], check=True, capture_output=True, text=True)
                found[name].append(json.loads(done.stdout.splitlines()[-1]))
    base = _least(found["floor"], "cpu")
    print(f"{rows:,} Posts, best of {repeats} runs of floor and ours\n")
    print("| design | CPU s | x floor | wall s | peak MB |\n|---|---|---|---|---|")
    for name, runs in found.items():
        scale = rows / min(rows, SMALL) if name in SCALED else 1
        note = f" ({SMALL:,} rows, scaled)" if scale > 1 else ""
        cpu, wall = _least(runs, "cpu") * scale, _least(runs, "wall") * scale
        print(f"| {name}{note} | {cpu:.2f} | {cpu / base:.2f} | {wall:.2f} | {_least(runs, 'peak_mb'):.0f} |")


def _least(runs: list[dict[str, float]], what: str) -> float:
    return min(run[what] for run in runs)


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in DESIGNS:
        measure(sys.argv[1], sys.argv[2])
    else:
        options = argparse.ArgumentParser(description="The heat map against the floor and its peers.")
        options.add_argument("rows", type=int, help="how many Posts to make")
        options.add_argument("repeats", type=int, nargs="?", default=3, help="how often the floor and ours run, in turns")
        options.add_argument("--h3pandas-python", metavar="PATH", help="an interpreter that has h3pandas, pandas and pyarrow")
        chosen = options.parse_args()
        compare(chosen.rows, chosen.repeats, chosen.h3pandas_python)
