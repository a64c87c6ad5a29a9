"""The data formats of a heat map, each with its certificate, and the way back.

* Parquet: the certificate in the schema's metadata, `cell_id` (uint64) beside `cell`.
* CSV: a side-car `NAME.csv.certificate.json`.
* GeoJSON (RFC 7946): a foreign member `certificate` of the collection; outlines cut at the antimeridian and closed at the poles.
* HTML: a block of JSON in the page (`page` writes it).
"""

import csv
import hashlib
import io
import json
import re
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from governance.errors import BadRequest
from governance.reporting.maps.geojson import outlines_hold
from governance.reporting.maps.records import CELL_ID, SCHEMA, Certificate, altered, json_bytes, public_records, with_cell_ids

CERTIFICATE_KEY = b"governance.certificate"
SIDE_CAR = ".certificate.json"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "'")
"""A text that starts so could run as a formula in a spreadsheet: CSV writes a `'` before it, and takes it away again."""

_MEMBERS = frozenset({"type", "bbox", "certificate", "columns", "features"})
_FEATURE_MEMBERS = frozenset({"type", "geometry", "properties"})
"""What a map's GeoJSON holds: a reader passes over any other member, so a list of Posts could travel in one unseen."""
_GEOMETRY_MEMBERS = frozenset({"type", "coordinates"})
_MADE: deque[bytes] = deque(maxlen=32)
"""Digests of pages that were found to be what their records and certificate make."""
_BLOCK = re.compile(rb'<script type="application/json" id="heat-map">(.*?)</script>', re.DOTALL)


def side_car(path: Path) -> Path:
    """Where the certificate of a CSV file lies.

    >>> side_car(Path("map.csv")).name
    'map.csv.certificate.json'
    """
    return path.with_name(path.name + SIDE_CAR)


def to_parquet(records: pa.Table, certificate: Certificate) -> bytes:
    """The records as Parquet, the certificate in the metadata."""
    table = with_cell_ids(records).replace_schema_metadata({CERTIFICATE_KEY: json_bytes(certificate)})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue().to_pybytes()


def to_csv(records: pa.Table) -> bytes:
    """The records as CSV in UTF-8, numbers in full, no group as an empty field."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(records.column_names)
    columns = [[_guarded(value) for value in column.to_pylist()] for column in records.columns]
    writer.writerows(zip(*columns, strict=True))
    return sink.getvalue().encode()


def _guarded(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def _from_parquet(path: Path) -> tuple[pa.Table, Certificate]:
    try:
        table = pq.read_table(path, partitioning=None)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise BadRequest(f"{path}: this is no readable Parquet file.", "write it again with HeatMap.write.") from None
    metadata = table.schema.metadata or {}
    if CERTIFICATE_KEY not in metadata:
        raise _without_certificate(path)
    return table.replace_schema_metadata(None), _certificate(path, metadata[CERTIFICATE_KEY])


def _without_certificate(path: Path) -> BadRequest:
    return BadRequest(
        f"{path}: no certificate was found with this heat map.", "write it with HeatMap.write, and keep the side-car of a CSV."
    )


def _json(path: Path, text: bytes | str, what: str) -> Any:  # noqa: ANN401 - JSON is anything
    try:
        return json.loads(text, object_pairs_hook=_named_once)
    except ValueError as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        raise BadRequest.at(path, line, f"{what} is no JSON.", "write it again with HeatMap.write.") from None


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; of two members of one name readers see but one, so the other could hold anything."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise altered("a member of its JSON stands twice")
    return found


def _certificate(path: Path, text: bytes | str) -> Certificate:
    return _mapping(path, _json(path, text, "the certificate"))


def _mapping(path: Path, found: object) -> Certificate:
    if not isinstance(found, dict):
        raise _without_certificate(path)
    return found


def _from_csv(path: Path) -> tuple[pa.Table, Certificate]:
    if not side_car(path).is_file():
        raise _without_certificate(path)
    try:
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise BadRequest(f"{path}: this is no CSV file in UTF-8.", "write it again with HeatMap.write.") from None
    header, *body = rows or [[]]
    for line, row in enumerate(body, start=2):
        if len(row) != len(header):
            raise BadRequest.at(path, line, f"{len(row)} fields, but the header has {len(header)}.", "write it again with HeatMap.write.")
    columns = {name: pa.array([_unguarded(row[index]) for row in body], pa.string()) for index, name in enumerate(header)}
    return pa.table(columns), _certificate(side_car(path), side_car(path).read_bytes())


def _unguarded(text: str) -> str | None:
    plain = text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text
    return plain or None


def _from_geojson(path: Path) -> tuple[pa.Table, Certificate]:
    found = _json(path, path.read_bytes(), "the file")
    if not isinstance(found, dict) or not isinstance(found.get("certificate"), dict):
        raise _without_certificate(path)
    features = found.get("features")
    if not isinstance(features, list) or not all(isinstance(f, dict) and isinstance(f.get("properties"), dict) for f in features):
        raise BadRequest(f"{path}: this is no collection of GeoJSON features.", "write it again with HeatMap.write.")
    names = found.get("columns")
    texts = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    rows = _rows_to_table(path, texts, [feature["properties"] for feature in features])
    table = public_records(rows)
    if names != rows.column_names or not _says_nothing_more(found, features):
        raise altered("it holds more than records, outlines and their certificate")
    if not outlines_hold(table, [feature["geometry"] for feature in features], box=found.get("bbox")):
        raise altered("an outline is not that of its record")
    return table, found["certificate"]


def _says_nothing_more(found: dict[str, Any], features: list[dict[str, Any]]) -> bool:
    """Whether a collection, its features and their outlines have the types and the members that a map's GeoJSON has, and no other."""
    return (
        found.get("type") == "FeatureCollection"
        and found.keys() <= _MEMBERS
        and all(feature.get("type") == "Feature" and feature.keys() == _FEATURE_MEMBERS for feature in features)
        and all(shape.keys() == _GEOMETRY_MEMBERS for feature in features if isinstance(shape := feature["geometry"], dict))
    )


def _rows_to_table(path: Path, columns: list[str], rows: list[dict[str, Any]]) -> pa.Table:
    """Rows of JSON as a table of records; names that are no column of a heat map are kept, to be refused."""
    names = list(dict.fromkeys([*columns, *(name for row in rows for name in row)]))
    try:
        return pa.table({name: pa.array([row.get(name) for row in rows], _type(name)) for name in names})
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        raise BadRequest(f"{path}: a column of the heat map mixes types.", "write it again with HeatMap.write.") from None


def _type(name: str) -> pa.DataType | None:
    if name == CELL_ID:
        return pa.uint64()
    return SCHEMA.field(name).type if name in SCHEMA.names else None


def _from_html(path: Path) -> tuple[pa.Table, Certificate]:
    page = path.read_bytes()
    found = _BLOCK.search(page)
    try:
        value: Any = json.loads(found[1], object_pairs_hook=_named_once) if found else None
        columns, certificate = value["records"], value["certificate"]
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    except (ValueError, TypeError, KeyError, AttributeError):
        raise BadRequest(f"{path}: this page holds no heat map.", "pass a page that HeatMap.write made.") from None
    table, certificate = public_records(_rows_to_table(path, list(columns), rows)), _mapping(path, certificate)
    if not _is_made(page, table, certificate):
        what = f"{path}: this page is not the one that its records and certificate make."
        raise BadRequest(what, "take the page as it was written; one that another version made has to be written anew.")
    return table, certificate


def _is_made(page: bytes, table: pa.Table, certificate: Certificate) -> bool:
    """Whether a page is what its records and certificate make; making it takes long, and a check reads it twice."""
    from governance.reporting.maps.page import to_html

    digest = hashlib.sha256(page).digest()
    if digest not in _MADE and to_html(table, certificate) == page:
        _MADE.append(digest)
    return digest in _MADE


READERS: dict[str, Callable[[Path], tuple[pa.Table, Certificate]]] = {
    ".parquet": _from_parquet,
    ".csv": _from_csv,
    ".geojson": _from_geojson,
    ".html": _from_html,
}


def read(path: Path) -> tuple[pa.Table, Certificate]:
    """The records and the certificate of a heat-map file, whatever its format; neither is verified here."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise BadRequest(f"{path}: a heat map with its records ends in {', '.join(READERS)}.", "pass the data file of the release.")
    if not path.is_file():
        raise BadRequest(f"{path}: there is no such file.", "name a file that HeatMap.write made.")
    try:
        table, certificate = reader(path)
        return public_records(table), certificate
    except OSError as error:
        raise BadRequest(f"{path}: it can't be read ({error.strerror}).", "name a file that may be read.") from None
    except BadRequest as error:
        if error.message.startswith(str(path)):
            raise
        raise BadRequest(f"{path}: {error.message}", error.hint) from None
