"""The certificate of a release: what was counted and how, bound to its records by a hash and to the ledger's key by an HMAC.

`payload_sha256` covers the canonical sorted records and the certificate without its hash and signature; the seal is HMAC-SHA256 over that
hash. A file whose records or certificate were edited by hand no longer fits; without the key nobody can say.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

HASH, SEAL = "payload_sha256", "hmac_sha256"
RECORD_COLUMNS = ("window", "group", "cell", "resolution", "kind", "people", "posts", "area_km2")


def payload(records: pa.Table, certificate: Mapping[str, Any]) -> str:
    """The SHA-256 of records and certificate in canonical form: JSON, sorted keys, columns sorted by window, group, cell."""
    names = [name for name in RECORD_COLUMNS if name in records.column_names]
    ordered = records.select(names).sort_by([(name, "ascending") for name in ("window", "group", "cell") if name in names])
    rows = [[_plain(value) for value in ordered[name].to_pylist()] for name in names]
    plain = {name: value for name, value in certificate.items() if name not in {HASH, SEAL}}
    body = json.dumps([names, rows, plain], sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(body.encode()).hexdigest()


def seal(records: pa.Table, certificate: Mapping[str, Any], key: bytes) -> dict[str, Any]:
    """The certificate with its hash and its seal.

    Parameters
    ----------
    records
        The records as they leave.
    certificate
        Everything the certificate says.
    key
        The sub-key for certificates (`ledger.subkey(CERTIFICATE_KEY)`).

    """
    found = payload(records, certificate)
    return {**certificate, HASH: found, SEAL: _signature(found, key)}


def verify(records: pa.Table, certificate: Mapping[str, Any], key: bytes | None) -> str:
    """`valid`, `altered`, `unverifiable` (no key, so nobody can say) or `absent` (no certificate).

    An altered hash shows without a key; that the hash was made by us shows with the key alone.
    """
    if not certificate or HASH not in certificate:
        return "absent"
    found = payload(records, certificate)
    if not hmac.compare_digest(found, str(certificate[HASH])):
        return "altered"
    if key is None:
        return "unverifiable"
    return "valid" if hmac.compare_digest(_signature(found, key), str(certificate.get(SEAL, ""))) else "altered"


def _plain(value: object) -> object:
    return round(value, 3) if isinstance(value, float) else value


CERTIFICATE_KEY = "certificate|heat_map"
"""The purpose of the sub-key that seals certificates."""


def _signature(found: str, key: bytes) -> str:
    return hmac.new(key, found.encode(), hashlib.sha256).hexdigest()
