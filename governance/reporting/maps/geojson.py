"""Heat maps as GeoJSON (RFC 7946): outlines cut at the antimeridian and closed at the poles, the certificate as a foreign member.

Each region is drawn as it was counted (see `regions`), so features do not overlap; the cell's own hexagon follows from `cell`. When a file
is read, its outlines are compared with those that its records have: an outline moved by hand is as false as a number changed by hand.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import shapely
from shapely.geometry.base import BaseGeometry

from governance.errors import BadRequest
from governance.reporting.maps.drawing import outlines
from governance.reporting.maps.records import Certificate, json_bytes
from governance.reporting.maps.sphere import cut, moved, polygons

if TYPE_CHECKING:
    import geopandas
    import pandas as pd

DECIMALS = 6
"""Decimals of a degree, as RFC 7946 (section 11.2) advises: 0.1 m."""


def region_shapes(records: pa.Table) -> list[BaseGeometry]:
    """The region of each record in degrees, as a valid polygon or multipolygon within -180..180."""
    known: dict[int, BaseGeometry] = {}
    found = outlines(records)
    for outline in found:
        if id(outline) not in known:
            known[id(outline)] = moved(cut(outline), lambda points: points.round(DECIMALS))
    return [known[id(outline)] for outline in found]


def framed(frame: "pd.DataFrame", shapes: list[BaseGeometry]) -> "geopandas.GeoDataFrame":
    """A frame with outlines in WGS 84, longitude first; what `.attrs` holds stays.

    Raises
    ------
    BadRequest
        If GeoPandas is not installed.

    """
    try:
        import geopandas
    except ModuleNotFoundError as error:
        if error.name != "geopandas":
            raise
        raise BadRequest("GeoPandas is not installed.", "pip install geopandas, or write map.geojson.") from None
    found = geopandas.GeoDataFrame(frame, geometry=shapes, crs="OGC:CRS84")
    found.attrs.update(frame.attrs)
    return found


def to_geojson(records: pa.Table, certificate: Certificate) -> bytes:
    """The records as a FeatureCollection, one feature a line."""
    shapes = region_shapes(records)
    features = [
        json_bytes({"type": "Feature", "geometry": shapely.geometry.mapping(shape), "properties": row})
        for shape, row in zip(shapes, records.to_pylist(), strict=True)
    ]
    head: dict[str, Any] = {"bbox": bounds(shapes)} if shapes else {}
    head |= {"certificate": certificate, "columns": records.column_names, "type": "FeatureCollection"}
    return json_bytes(head)[:-1] + b',"features":[\n' + b",\n".join(features) + b"\n]}\n"


def bounds(shapes: Sequence[BaseGeometry]) -> list[float]:
    """The bounding box of RFC 7946, section 5.2: west is greater than east if the shapes straddle the antimeridian.

    >>> bounds([shapely.box(178, -19, 180, -17), shapely.box(-180, -18, -179, -16)])
    [178.0, -19.0, -179.0, -16.0]
    """
    spans = sorted((part.bounds[0], part.bounds[2]) for shape in shapes for part in polygons(shape))
    west, east = spans[0][0], max(end for _, end in spans)
    widest = west + 360 - east
    reached = spans[0][1]
    for start, end in spans[1:]:
        if start - reached > widest:
            west, east, widest = start, reached, start - reached
        reached = max(reached, end)
    south, north = (float(shapely.total_bounds(shapes)[at]) for at in (1, 3))
    return [float(west), south, float(east), north]


def outlines_hold(records: pa.Table, geometries: Sequence[Any], box: Any = None) -> bool:  # noqa: ANN401 - JSON is anything
    """Whether each geometry that came with a record is the outline that the record has: no other shape, and nowhere to hide a number.

    Both are rounded alike and compared exactly: further decimals could tell of something else.

    Parameters
    ----------
    records
        The public columns.
    geometries
        As GeoJSON has them, or shapely's; one for each record.
    box
        The bounding box that came with them, if one did.

    """
    shapes = region_shapes(records)
    if box is not None and box != (bounds(shapes) if shapes else []):
        return False
    for shape, found in zip(shapes, geometries, strict=True):
        try:
            read = shapely.geometry.shape(found)
        except (shapely.errors.ShapelyError, ValueError, TypeError, AttributeError, KeyError, IndexError, OverflowError):
            return False
        if isinstance(found, BaseGeometry) and shapely.get_srid([found, *shapely.get_parts(found)]).any():
            return False
        if read.has_z or read.has_m or not shapely.equals_exact(shape, read, 0.0, normalize=True):
            return False
    return True
