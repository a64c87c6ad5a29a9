"""The Checkpoint action: records the projection, and lets nothing pass that could not be recorded or says nothing."""

from typing import Any

import pandas as pd
import pytest

from governance.adapters.great_expectations import GovernanceAction, suite_for
from governance.errors import LedgerUnavailable, PolicyViolation
from governance.ledger import Ledger

TICKETS = pd.DataFrame({"ticket": [1, 2, 3], "state": ["open", "closed", "open"]})
PLACES = pd.DataFrame({"user_id": ["2000001"] * 30, "latitude": [48.8566] * 30, "longitude": [2.3522] * 30})


def _checkpoint(context: Any, frames: Any, suite: Any, **options: Any) -> Any:  # noqa: ANN401 - GX's objects
    import great_expectations as gx

    chosen = context.suites.add(suite)
    definition = context.validation_definitions.add(gx.ValidationDefinition(name="v", data=frames, suite=chosen))
    action = GovernanceAction(name="governance", **options)
    return context.checkpoints.add(gx.Checkpoint(name="c", validation_definitions=[definition], actions=[action]))


def test_a_pass_is_recorded(context: Any, frames: Any) -> None:  # noqa: ANN401 - GX's objects
    """The ledger holds the suite, every rule's outcome and the number of rows."""
    result = _checkpoint(context, frames, suite_for("working")).run(batch_parameters={"dataframe": TICKETS})
    assert result.success
    (entry,) = Ledger.open().entries("expectations")
    assert (entry.facts["suite"], entry.facts["outcome"], entry.facts["rows"]) == ("governance_working", "pass", 3)
    assert entry.facts["rules"]["LOC001"] in {"pass", "notApplicable"}


def test_a_failure_is_recorded_without_a_value(context: Any, frames: Any) -> None:  # noqa: ANN401 - GX's objects
    """A failing Checkpoint says so in its result; the ledger holds codes and counts."""
    result = _checkpoint(context, frames, suite_for("working")).run(batch_parameters={"dataframe": PLACES})
    assert not result.success
    (entry,) = Ledger.open().entries("expectations")
    assert entry.facts["outcome"] == "fail"
    assert "48.8" not in str(entry)


def test_stop_makes_it_a_gate(context: Any, frames: Any) -> None:  # noqa: ANN401 - GX's objects
    """With stop=True everything but a pass raises, after it was recorded."""
    checkpoint = _checkpoint(context, frames, suite_for("working"), stop=True)
    with pytest.raises(PolicyViolation, match="LOC001 fail"):
        checkpoint.run(batch_parameters={"dataframe": PLACES})
    assert len(list(Ledger.open().entries("expectations"))) == 1


def test_an_unreachable_ledger_fails_closed(context: Any, frames: Any) -> None:  # noqa: ANN401 - GX's objects
    """Nothing passes unrecorded."""
    checkpoint = _checkpoint(context, frames, suite_for("working"), ledger="sqlite:////nowhere/at/all.db")
    with pytest.raises(LedgerUnavailable):
        checkpoint.run(batch_parameters={"dataframe": TICKETS})


def test_a_vacuous_success_raises(context: Any, frames: Any) -> None:  # noqa: ANN401 - GX's objects
    """An empty suite, which Great Expectations calls a success, is stopped."""
    import great_expectations as gx

    checkpoint = _checkpoint(context, frames, gx.ExpectationSuite(name="empty"))
    with pytest.raises(PolicyViolation, match="no rule was checked"):
        checkpoint.run(batch_parameters={"dataframe": TICKETS})
