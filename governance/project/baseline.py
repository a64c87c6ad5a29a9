"""The baseline: what was found when a project began to be checked, recorded with a day on which it ends; never for what leaves."""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

import msgspec

from governance.errors import BadRequest
from governance.project.loading import Project

BASELINE_FILE = "governance-baseline.json"
"""Beside governance.yml, to be committed with it."""


class _Known(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    data_set: str
    rule: str
    columns: tuple[str, ...]


class _Baseline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: int
    made_at: date
    expires_at: date
    findings: tuple[_Known, ...]


def baseline_until(project: Project, data_set: str, rule: str, columns: Iterable[str]) -> str:
    """The day until which this finding is in the project's baseline; empty if it is not, or no longer."""
    path = project.folder / BASELINE_FILE
    if project.path is None or not path.is_file():
        return ""
    known = _read(path, path.read_bytes())
    standing = known.expires_at >= datetime.now(UTC).date()
    found = _Known(data_set=data_set, rule=rule, columns=tuple(sorted(columns))) in known.findings
    return known.expires_at.isoformat() if standing and found else ""


def write_baseline(project: Project, findings: Iterable[tuple[str, str, Iterable[str]]], until: date) -> Path:
    """Write the baseline from (data set, rule, columns); columns are masked names, so the file holds no value."""
    rows = sorted({(data_set, rule, tuple(sorted(columns))) for data_set, rule, columns in findings})
    tree = {
        "version": 1,
        "made_at": datetime.now(UTC).date().isoformat(),
        "expires_at": until.isoformat(),
        "findings": [{"data_set": data_set, "rule": rule, "columns": columns} for data_set, rule, columns in rows],
    }
    path = project.folder / BASELINE_FILE
    beside = path.with_suffix(".json.part")
    beside.write_text(json.dumps(tree, indent=1) + "\n", encoding="utf-8")
    beside.replace(path)
    return path


@lru_cache(maxsize=8)
def _read(path: Path, content: bytes) -> _Baseline:
    try:
        return msgspec.json.decode(content, type=_Baseline)
    except msgspec.MsgspecError:
        raise BadRequest(f"{path}: is no baseline.", "make it anew with `governance baseline`, or remove it.") from None
