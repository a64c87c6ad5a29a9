"""A small deployment for the match gate: a project, one account, one record, a consent; each test changes one thing."""
# ruff: noqa: ANN401 - fixtures and cells are of any type

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

import governance as gov
from governance.verbs.pairing import import_consents, import_objections

MOMENT = "2026-11-24T12:00:00Z"
PURPOSE = "member-support"
CONSENT = {
    "consent_id": "k1",
    "event": "given",
    "at": "2026-11-01T10:00:00Z",
    "precision": "second",
    "controller": "Example Ltd",
    "off_x_id": "c1",
    "x_user_id": "11",
    "purposes": "member-support",
    "id_kinds": "person",
    "attributes": "x.user.handle;x.user.id",
    "action": "checkbox_ticked",
    "bundled": "false",
    "notice_id": "n1",
    "notice_sha256": "a" * 64,
    "notice_topics": "off_x_matching;privacy",
    "binding": "x_oauth_session",
    "binding_evidence": "session 1",
    "evidence_uri": "s3://evidence/1",
    "evidence_sha256": "b" * 64,
    "expires_at": "2027-11-01T00:00:00Z",
}
EXPECTED = {
    "provenance": "self_provided",
    "attribute": "x.user.handle",
    "collected_for": "member-support",
    "purpose": PURPOSE,
    "status": "expected",
    "rationale": "the form says so",
    "reviewer": "dpo",
    "reviewed_at": "2026-10-01",
    "expires_at": "2027-10-01",
}


def expectation(**changed: str) -> dict[str, str]:
    """A row of `expectations`, with what differs."""
    return EXPECTED | changed


def project_tree() -> dict[str, Any]:
    """A governance.yml that permits a self-provided handle and a public one, and holds one column of every other provenance."""
    others = ("append", "guessed", "watched", "nobody")
    columns: dict[str, Any] = {
        "customer_id": {"holds": "off_x.person"},
        "x_handle": {"holds": "off_x.attribute", "claims": "x.user.handle", "source": "members"},
        "x_id": {"holds": "off_x.attribute", "claims": "x.user.id", "source": "members"},
        "full_name": {"holds": "off_x.attribute", "claims": "x.user.display_name", "source": "members"},
        "listed_handle": {"holds": "off_x.attribute", "claims": "x.user.handle", "source": "directory"},
        **{f"{name}_handle": {"holds": "off_x.attribute", "claims": "x.user.handle", "source": name} for name in others},
    }
    return {
        "version": 1,
        "controller": "Example Ltd",
        "purposes": {PURPOSE: {"description": "answer members who write to us on X"}},
        "sources": {
            "members": {"provenance": "self_provided", "relationship": "member", "collected_for": [PURPOSE]},
            "directory": {"provenance": "public_resource", "url": "https://example.org/directory", "checked_at": "2026-11-01"},
            "append": {"provenance": "third_party"},
            "guessed": {"provenance": "inferred"},
            "watched": {"provenance": "observed"},
            "nobody": {"provenance": "unknown"},
        },
        "expectations": [
            expectation(),
            expectation(attribute="x.user.id"),
            expectation(attribute="x.user.display_name"),
            expectation(provenance="public_resource", collected_for="public"),
        ],
        "datasets": {"crm": {"kind": "records", "location": "crm.csv", "columns": columns}},
    }


@dataclass
class Deployment:
    """A project folder with its ledger, and the tables of one match; `run` matches them."""

    folder: Path
    tree: dict[str, Any] = field(default_factory=project_tree)
    account: dict[str, Any] = field(
        default_factory=lambda: {"user_id": "11", "handle": "alice", "state": "public", "state_checked_at": "2026-11-23T00:00:00Z"},
    )
    record: dict[str, Any] = field(default_factory=lambda: {"customer_id": "c1"})
    accounts: list[dict[str, Any]] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    purpose: str = PURPOSE
    good: dict[str, str] = field(default_factory=lambda: dict(CONSENT))

    @property
    def columns(self) -> dict[str, Any]:
        """The declared columns of the records."""
        return self.tree["datasets"]["crm"]["columns"]

    @property
    def project(self) -> Path:
        """The governance.yml, written as it is now."""
        path = self.folder / "governance.yml"
        path.write_text(yaml.safe_dump(self.tree, sort_keys=False), encoding="utf-8")
        return path

    @property
    def ledger(self) -> gov.Ledger:
        """The ledger of this deployment."""
        return gov.Ledger.open(project=self.project)

    def table(self, name: str, rows: list[dict[str, Any]]) -> Path:
        """Write rows as CSV."""
        path = self.folder / name
        names = list(dict.fromkeys(column for row in rows for column in row))
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(rows)
        return path

    def write(self) -> tuple[Path, Path]:
        """Write both tables; every declared record column is there, empty where nothing was said."""
        empty = dict.fromkeys(self.columns, "")
        records = [empty | row for row in self.records or [self.record]]
        return self.table("accounts.csv", self.accounts or [self.account]), self.table("crm.csv", records)

    def run(self, *on: Any, as_of: str = MOMENT, **more: Any) -> gov.HeatMap | Any:
        """Match, by the given handle unless said otherwise."""
        accounts, records = self.write()
        return gov.match(accounts, records, list(on) or [("handle", "x_handle")], self.purpose, project=self.project, as_of=as_of, **more)

    def consent(self, *rows: dict[str, Any]) -> None:
        """Import consent events: the good one, or the good one with what differs."""
        import_consents(self.table("consents.csv", [CONSENT | row for row in rows or ({},)]), self.project)

    def object(self, **row: str) -> None:
        """Put an objection on file."""
        import_objections(self.table("objections.csv", [row]), self.project)


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    """An empty deployment in a folder of its own."""
    return Deployment(tmp_path)
