"""What Airflow's provider manager reads. Imports nothing: it runs in every process that lists providers."""

from typing import Any

_HERE = "governance.adapters.airflow"
_OPERATORS = ("operators", "matching", "expectations")
_DECORATORS = ("check", "heat_map", "match", "audit", "guard")


def get_provider_info() -> dict[str, Any]:
    """Describe the provider: its modules, decorators and configuration."""
    return {
        "package-name": "post-governance",
        "name": "Post Governance",
        "description": "The X Developer Policy as gates: location stays in its Post, people are matched only on a lawful basis.",
        "versions": ["0.1.0"],
        "integrations": [{"integration-name": "Post Governance", "external-doc-url": "https://docs.x.com/", "tags": ["software"]}],
        "operators": [{"integration-name": "Post Governance", "python-modules": [f"{_HERE}.{name}" for name in _OPERATORS]}],
        "sensors": [{"integration-name": "Post Governance", "python-modules": [f"{_HERE}.sensors"]}],
        "task-decorators": [
            {"name": f"governance_{name}", "class-name": f"{_HERE}.decorators.governance_{name}_task"} for name in _DECORATORS
        ],
        "config": {"governance": {"description": "Where the project is, and what the guards wrap.", "options": _options()}},
    }


def _options() -> dict[str, dict[str, Any]]:
    return {
        "project": _option("The governance.yml that governs every DAG here; without it GOVERNANCE_PROJECT, then the nearest parent's."),
        "xcom_backend": _option("The XCom backend that the governed one wraps; empty for Airflow's own."),
        "state_store_backend": _option("The worker's state store backend that the governed one wraps; empty for none."),
        "logging_config_class": _option("The logging configuration that log redaction wraps; empty for Airflow's own."),
    }


def _option(description: str) -> dict[str, Any]:
    return {"description": description, "version_added": "0.1.0", "type": "string", "example": None, "default": ""}
