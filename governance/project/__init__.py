"""What this deployment declares: governance.yml, read and checked line by line."""

from governance.project.baseline import BASELINE_FILE, baseline_until, write_baseline
from governance.project.loading import Project, load_project
from governance.project.schema import (
    ApprovedMap,
    Attestation,
    ColumnDeclaration,
    DataSet,
    Expectation,
    ProjectFile,
    Purpose,
    Recipient,
    Releases,
    Scope,
    SeriesApproval,
    Source,
    Waiver,
    json_schema,
)

__all__ = [
    "BASELINE_FILE",
    "ApprovedMap",
    "Attestation",
    "ColumnDeclaration",
    "DataSet",
    "Expectation",
    "Project",
    "ProjectFile",
    "Purpose",
    "Recipient",
    "Releases",
    "Scope",
    "SeriesApproval",
    "Source",
    "Waiver",
    "baseline_until",
    "json_schema",
    "load_project",
    "write_baseline",
]
