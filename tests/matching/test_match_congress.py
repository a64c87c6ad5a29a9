"""A real public directory (members of the US Congress, CC0) matched with the real public handles and numeric ids."""
# ruff: noqa: ANN401 - fixtures and cells are of any type

import csv
from pathlib import Path
from typing import Any

import pytest
import yaml

import governance as gov

DATA = Path(__file__).parent.parent / "data" / "congress"
PURPOSE = "constituent-service"


def _declare(folder: Path, provenance: str) -> Path:
    """A project that holds the directory, declared with this provenance."""
    source: dict[str, Any] = {"provenance": provenance}
    if provenance == "public_resource":
        source |= {"url": "https://github.com/unitedstates/congress-legislators", "checked_at": "2026-11-01"}
    review = {
        "collected_for": "public",
        "purpose": PURPOSE,
        "status": "expected",
        "rationale": "officials publish these accounts themselves",
    }
    review |= {"reviewer": "dpo", "reviewed_at": "2026-10-01", "expires_at": "2027-10-01", "provenance": "public_resource"}
    columns = {
        "bioguide": {"holds": "off_x.person"},
        **{name: {"holds": "off_x.attribute", "source": "directory"} for name in ("name", "chamber", "phone", "office")},
        "x_handle": {"holds": "off_x.attribute", "claims": "x.user.handle", "source": "directory"},
        "x_user_id": {"holds": "off_x.attribute", "claims": "x.user.id", "source": "directory"},
        "office_latitude": {"holds": "location.latitude", "source": "directory"},
        "office_longitude": {"holds": "location.longitude", "source": "directory"},
    }
    tree = {
        "version": 1,
        "controller": "Civic Tools",
        "purposes": {PURPOSE: {"description": "show citizens the official accounts of their representatives"}},
        "sources": {"directory": source},
        "expectations": [review | {"attribute": "x.user.handle"}, review | {"attribute": "x.user.id"}],
        "datasets": {"congress": {"kind": "records", "location": str(DATA / "directory.csv"), "columns": columns}},
    }
    path = folder / "governance.yml"
    path.write_text(yaml.safe_dump(tree), encoding="utf-8")
    return path


def _match(folder: Path, provenance: str, *on: tuple[str, str]) -> Any:
    project = _declare(folder, provenance)
    return gov.match(DATA / "accounts.csv", DATA / "directory.csv", list(on), PURPOSE, project=project, as_of="2026-11-24T12:00:00Z")


def _truth() -> set[tuple[str, str]]:
    with (DATA / "directory.csv").open(encoding="utf-8", newline="") as file:
        return {(row["x_user_id"], row["bioguide"]) for row in csv.DictReader(file) if row["x_user_id"]}


@pytest.mark.parametrize("on", [("handle", "x_handle"), ("user_id", "x_user_id")], ids=["handle", "numeric id"])
def test_a_public_directory_is_matched_as_public_data(tmp_path: Path, on: tuple[str, str]) -> None:
    """Every member with a known id is matched, on PUBLIC_DATA, with the source and the day it was checked on each edge."""
    found = _match(tmp_path, "public_resource", on)
    edges = found.edges.to_pylist()
    assert {(row["x_user_id"], row["off_x_id"]) for row in edges} == _truth()
    assert {row["basis"] for row in edges} == {"PUBLIC_DATA"}
    assert all("source:directory@2026-11-01" in row["evidence"] for row in edges)
    assert {tuple(row["support"]) for row in edges} == {("=".join(on),)}
    assert dict(found.refused) == {}


def test_the_same_list_bought_yields_nothing(tmp_path: Path) -> None:
    """Declared `third_party`, the same list links nobody; each member is counted once."""
    found = _match(tmp_path, "third_party", ("handle", "x_handle"), ("user_id", "x_user_id"))
    assert found.edges.num_rows == 0
    with (DATA / "directory.csv").open(encoding="utf-8", newline="") as file:
        assert dict(found.refused) == {"PROVENANCE_THIRD_PARTY": sum(1 for _ in csv.DictReader(file))}


def test_office_coordinates_of_the_directory_are_not_flagged(tmp_path: Path) -> None:
    """The coordinates of offices are declared to come from off X: the directory passes its check."""
    project = _declare(tmp_path, "public_resource")
    assert str(gov.check(DATA / "directory.csv", data_set="congress", project=project).outcome) == "pass"
