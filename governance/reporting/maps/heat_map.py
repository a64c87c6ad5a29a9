"""The heat map that may be published: records, their certificate, and every way they are written.

`HeatMap` is the only object that writes a heat map, so no output lacks a certificate: Parquet carries it in its metadata, CSV in a
side-car, GeoJSON as a foreign member, HTML and PNG inside the file.
"""

import copy
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from governance.errors import BadRequest
from governance.reporting.maps import files
from governance.reporting.maps.atomic import write_all
from governance.reporting.maps.caption import caption
from governance.reporting.maps.geojson import framed, region_shapes, to_geojson
from governance.reporting.maps.records import Certificate, groups, json_bytes, public_records, windows, with_cell_ids

if TYPE_CHECKING:
    import geopandas
    import pandas as pd

    from governance.reporting.maps.comparison import Comparison

SUFFIXES = (".parquet", ".geojson", ".csv", ".html", ".png")


class HeatMap:
    """A released map: how many people were in which region, in which window, in which group.

    Parameters
    ----------
    records
        The public columns: `cell` (H3 text), `resolution`, `kind` (full or residual), `window`, `group` (null without groups), `people`
        (rounded), `posts` (rounded, optional), `area_km2`. Any other column is refused.
    certificate
        What was released, how, and by whom, with the hash of the payload and its signature.

    Examples
    --------
    >>> import pyarrow as pa
    >>> records = pa.table({
    ...     "cell": ["851fb467fffffff"], "resolution": [5], "kind": ["full"], "window": ["2026-W44"],
    ...     "group": pa.array([None], pa.string()), "people": [120], "area_km2": [239.6],
    ... })
    >>> heat = HeatMap(records, {"scope": "#flood", "minimum_people": 10})
    >>> heat
    <HeatMap People posting about #flood: 1 record, window 2026-W44>
    >>> heat.summary()["people"]
    120

    """

    def __init__(self, records: pa.Table, certificate: Certificate) -> None:
        """Take the records and their certificate; both are copied."""
        self._records = public_records(records)
        self._certificate = copy.deepcopy(certificate)

    @property
    def records(self) -> pa.Table:
        """The records as they were released: the public columns alone."""
        return self._records

    @property
    def certificate(self) -> Certificate:
        """The certificate, as a copy."""
        return copy.deepcopy(self._certificate)

    def to_arrow(self) -> pa.Table:
        """The records as Arrow, with `cell_id` (uint64) beside the text, and the certificate in the schema's metadata."""
        return with_cell_ids(self._records).replace_schema_metadata({files.CERTIFICATE_KEY: json_bytes(self._certificate)})

    def to_pandas(self) -> "pd.DataFrame":
        """The records as a pandas DataFrame; the certificate is in `.attrs["certificate"]`."""
        frame = self._records.to_pandas()
        frame.attrs["certificate"] = self.certificate
        return frame

    def to_geopandas(self) -> "geopandas.GeoDataFrame":
        """The records with the outlines of their regions (WGS 84), for GeoPandas, which must be installed."""
        return framed(self.to_pandas(), region_shapes(self._records))

    def write(self, path: str | os.PathLike[str]) -> Path:
        """Write the map; the suffix chooses the format: .parquet, .geojson, .csv (and its side-car), .html or .png.

        The file is there whole or not at all.

        Raises
        ------
        BadRequest
            If the suffix is another, the folder can't be written to, or .png is asked for without matplotlib.

        """
        target = self.target(path)
        writers: dict[str, Callable[[Path], dict[Path, bytes]]] = {
            ".parquet": lambda p: {p: files.to_parquet(self._records, self._certificate)},
            ".geojson": lambda p: {p: to_geojson(self._records, self._certificate)},
            ".csv": self._csv,
            ".html": lambda p: {p: self._page()},
            ".png": lambda p: {p: self._picture()},
        }
        write_all(writers[target.suffix.lower()](target))
        return target

    @staticmethod
    def target(path: str | os.PathLike[str]) -> Path:
        """The path of a map that is to be written; refused if `write` could not, so that one can ask before a map is released.

        Raises
        ------
        BadRequest
            If the suffix is none of a map's, or the folder is not there.

        """
        if not (isinstance(path, str) or hasattr(path, "__fspath__")):
            raise BadRequest(f"path: a {type(path).__name__} is no path.", f"name a file that ends in one of {', '.join(SUFFIXES)}.")
        target = Path(path)
        if target.suffix.lower() not in SUFFIXES:
            raise BadRequest(f"{target.name}: a heat map is not written as that.", f"end the name in one of {', '.join(SUFFIXES)}.")
        if not target.parent.is_dir():
            raise BadRequest(f"{target}: its folder is not there.", "name a file in a folder that exists and may be written.")
        return target

    def _csv(self, path: Path) -> dict[Path, bytes]:
        return {files.side_car(path): json_bytes(self._certificate, indent=2) + b"\n", path: files.to_csv(self._records)}

    def _page(self) -> bytes:
        from governance.reporting.maps.page import to_html

        return to_html(self._records, self._certificate)

    def _picture(self) -> bytes:
        from governance.reporting.maps.picture import to_png

        return to_png(self._records, self._certificate)

    def summary(self) -> dict[str, Any]:
        """The map in numbers, all of them sums of published (rounded) records."""
        people = self._records["people"].to_pylist()
        resolution = self._records["resolution"].to_pylist()
        total = sum(people)
        words = caption(self._records, self._certificate)
        return {
            "scope": words.scope,
            "windows": windows(self._records),
            "groups": [name for name in groups(self._records) if name is not None],
            "records": self._records.num_rows,
            "residuals": self._records["kind"].to_pylist().count("residual"),
            "people": total,
            "finest_resolution": max(resolution, default=None),
            "coarsest_resolution": min(resolution, default=None),
            "people_weighted_resolution": round(sum(p * r for p, r in zip(people, resolution, strict=True)) / total, 2) if total else None,
            "area_km2": round(sum(self._records["area_km2"].to_pylist()), 1),
            "derived_from": "published records, each rounded",
            **({"unfinished": words.unfinished} if words.unfinished else {}),
        }

    def compare(self, other: "HeatMap | None" = None, *, windows: tuple[str, str] | None = None) -> "Comparison":
        """What changed from one window to a later one, region by region, from published records alone.

        The maps may differ in their regions; the numbers are brought to the finest regions both have in common, and what has no
        counterpart is left out and counted. Never is an exact count used.

        Parameters
        ----------
        other
            A map of the same scope and groups; None compares two windows of this map.
        windows
            Which window of each to compare, the earlier first; None means the latest of each map, or the last two of this one.

        Raises
        ------
        BadRequest
            If scope or groups differ, a window is not there, both are the same, or nothing is common.

        """
        from governance.reporting.maps import comparing

        if other is not None and not isinstance(other, HeatMap):
            raise BadRequest(f"other: a {type(other).__name__} is no heat map.", "pass what gov.heat_map returned.")
        return comparing.compare(self, self if other is None else other, windows)

    def shares(self) -> "Comparison":
        """The share of each group among all groups, in each region that all groups have in common, with its bounds."""
        from governance.reporting.maps import comparing

        return comparing.shares_of(self)

    def __len__(self) -> int:
        """How many records the map has."""
        return self._records.num_rows

    def _repr_html_(self) -> str:
        """A still picture and a few words, for notebooks."""
        from governance.reporting.maps.notebook import to_notebook

        return to_notebook(self._records, self._certificate)

    def __repr__(self) -> str:
        """One line: scope, records and windows."""
        rows, spans = len(self), windows(self._records)
        span = f"window {spans[0]}" if len(spans) == 1 else f"{len(spans)} windows"
        words = caption(self._records, self._certificate)
        unfinished = ", not a finished map" if words.unfinished else ""
        return f"<HeatMap {words.title}: {rows:,} record{'s' * (rows != 1)}, {span}{unfinished}>"


def read_heat_map(path: str | os.PathLike[str]) -> tuple[pa.Table, Certificate]:
    """The records and the certificate in a heat-map file: Parquet, CSV with its side-car, GeoJSON or HTML.

    Neither is verified: `governance.disclosure.certificate` does that, with the key.

    Raises
    ------
    BadRequest
        If the file can't be read, lacks its certificate, or holds something else than a heat map's columns.

    """
    return files.read(Path(path))
