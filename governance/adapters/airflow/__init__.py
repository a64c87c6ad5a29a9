"""The Airflow provider: operators, decorators, a sensor, Assets, and the policy that makes an unguarded egress impossible.

Names load when they are asked for, since Airflow imports this package in every process that lists its providers.
"""

from importlib import import_module
from typing import Any

_PLACES = {
    "GovernanceAuditOperator": "operators",
    "GovernanceBadRequest": "errors",
    "GovernanceCheckOperator": "operators",
    "GovernanceConsentOperator": "matching",
    "GovernanceExpectationsOperator": "expectations",
    "GovernanceHeatMapOperator": "operators",
    "GovernanceLedgerUnavailable": "errors",
    "GovernanceMatchOperator": "matching",
    "GovernanceNewDataSensor": "sensors",
    "GovernanceProofOperator": "operators",
    "GovernanceRefusal": "errors",
    "GovernanceSweepOperator": "matching",
    "asset": "assets",
    "guard_task": "guarding",
}

__all__ = [
    "GovernanceAuditOperator",
    "GovernanceBadRequest",
    "GovernanceCheckOperator",
    "GovernanceConsentOperator",
    "GovernanceExpectationsOperator",
    "GovernanceHeatMapOperator",
    "GovernanceLedgerUnavailable",
    "GovernanceMatchOperator",
    "GovernanceNewDataSensor",
    "GovernanceProofOperator",
    "GovernanceRefusal",
    "GovernanceSweepOperator",
    "asset",
    "guard_task",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name of this package
    """Load a public name from its module."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    """The public names."""
    return __all__
