"""The certificate of a heat map in memory: in the metadata of an Arrow table, or in the `.attrs` of a pandas frame."""

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from governance.errors import BadRequest
from governance.reporting.maps.files import CERTIFICATE_KEY
from governance.reporting.maps.records import Certificate, public_records


def carried(data: Any) -> tuple[pa.Table, Certificate] | None:  # noqa: ANN401 - whatever people hold
    """The records and the certificate of what `HeatMap.to_arrow` or `HeatMap.to_pandas` gave; None where no certificate came along.

    Neither is verified. The outlines of `HeatMap.to_geopandas` follow from the cells, and are left out.

    Raises
    ------
    BadRequest
        A certificate came along, but the table is no heat map any more.

    """
    if isinstance(data, pa.Table):
        certificate = _read((data.schema.metadata or {}).get(CERTIFICATE_KEY))
        return None if certificate is None else (public_records(data.replace_schema_metadata(None)), certificate)
    certificate = getattr(data, "attrs", {}).get("certificate") if hasattr(data, "select_dtypes") else None
    if not isinstance(certificate, Mapping):
        return None
    return public_records(_table(data)), dict(certificate)


def _read(text: bytes | None) -> Certificate | None:
    try:
        found = json.loads(text) if text is not None else None
    except ValueError:
        found = None
    return found if isinstance(found, dict) else None


def _table(frame: Any) -> pa.Table:  # noqa: ANN401 - a pandas frame
    plain = frame.drop(columns="geometry") if "geometry" in frame.columns and hasattr(frame, "to_wkb") else frame
    try:
        return pa.Table.from_pandas(plain, preserve_index=False).replace_schema_metadata(None)
    except (pa.ArrowException, TypeError, ValueError):
        raise BadRequest("The heat map's columns mix types.", "take the frame as HeatMap.to_pandas gave it.") from None
