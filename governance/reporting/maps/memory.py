"""The certificate of a heat map in memory: in the metadata of an Arrow table, or in the `.attrs` of a pandas frame."""

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from governance.errors import BadRequest
from governance.reporting.maps.files import CERTIFICATE_KEY
from governance.reporting.maps.geojson import outlines_hold
from governance.reporting.maps.records import Certificate, altered, public_records


def carried(data: Any) -> tuple[pa.Table, Certificate] | None:  # noqa: ANN401 - whatever people hold
    """The records and the certificate of what `HeatMap.to_arrow` or `HeatMap.to_pandas` gave; None where no certificate came along.

    Neither is verified. The outlines of `HeatMap.to_geopandas` follow from the cells: they are compared with those, and left out.

    Raises
    ------
    BadRequest
        A certificate came along, but the table is no heat map any more, or an outline is not exactly that of its record.

    """
    if isinstance(data, pa.Table):
        certificate = _read((data.schema.metadata or {}).get(CERTIFICATE_KEY))
        return None if certificate is None else (public_records(data.replace_schema_metadata(None)), certificate)
    certificate = getattr(data, "attrs", {}).get("certificate") if hasattr(data, "select_dtypes") else None
    if not isinstance(certificate, Mapping):
        return None
    records = public_records(_table(data))
    if _geometric(data) and not outlines_hold(records, list(data["geometry"])):
        raise altered("an outline is not that of its record")
    return records, dict(certificate)


def without_outlines(data: Any) -> Any:  # noqa: ANN401 - whatever people hold
    """What `HeatMap.to_geopandas` gave as a plain frame, to be checked like the map it is; anything else as it is.

    The outlines are left out only where they say nothing that the cells do not say: each is exactly that of its record, and the frame's
    certificate came along. A frame whose outlines were moved, given a height or a Post's point, keeps them, and is checked with them.

    Parameters
    ----------
    data
        A table of any library.

    """
    if not _geometric(data):
        return data
    try:
        found = carried(data)
    except BadRequest:
        return data
    return data if found is None else _plain(data)


def _geometric(data: Any) -> bool:  # noqa: ANN401 - a pandas frame
    """Whether this is a GeoPandas frame with its outlines."""
    return hasattr(data, "to_wkb") and "geometry" in data.columns


def _plain(frame: Any) -> Any:  # noqa: ANN401 - a GeoPandas frame
    """The frame of pandas without the outlines; the certificate stays with it."""
    import pandas as pd

    plain = pd.DataFrame(frame.drop(columns="geometry"))
    plain.attrs.update(frame.attrs)
    return plain


def _read(text: bytes | None) -> Certificate | None:
    try:
        found = json.loads(text) if text is not None else None
    except ValueError:
        found = None
    return found if isinstance(found, dict) else None


def _table(frame: Any) -> pa.Table:  # noqa: ANN401 - a pandas frame
    plain = frame.drop(columns="geometry") if _geometric(frame) else frame
    try:
        return pa.Table.from_pandas(plain, preserve_index=False).replace_schema_metadata(None)
    except (pa.ArrowException, TypeError, ValueError):
        raise BadRequest("The heat map's columns mix types.", "take the frame as HeatMap.to_pandas gave it.") from None
