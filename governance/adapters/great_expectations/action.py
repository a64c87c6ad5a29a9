"""A Checkpoint action that writes the projected result to the ledger, and fails closed."""

from typing import Any, Literal

from great_expectations.checkpoint.actions import ValidationAction

from governance.adapters.great_expectations.projection import project_result
from governance.errors import PolicyViolation
from governance.ledger import Ledger
from governance.model import masked
from governance.project import load_project
from governance.vocabulary import Outcome


class GovernanceAction(ValidationAction):
    """Record what a Checkpoint found; raise where it passed without saying anything.

    Parameters
    ----------
    name
        The action's name.
    ledger
        The ledger's URL; by default GOVERNANCE_LEDGER, then governance.yml.
    project
        A governance.yml or its folder.
    stop
        Raise PolicyViolation for everything but a pass (a gate). Without it, only a result that Great Expectations calls a success
        although it is none (no rows, no rules, `mostly`) raises, since `checkpoint_result.success` can't tell.
    data_set
        The data set of governance.yml that was validated, for results whose expectations do not name one.

    Raises
    ------
    PolicyViolation
        The data does not pass.
    LedgerUnavailable
        The result could not be recorded: nothing passes unrecorded.

    """

    type: Literal["governance"] = "governance"  # pyrefly: ignore[bad-override-mutable-attribute] - GX registers an action by it
    ledger: str | None = None
    project: str | None = None
    stop: bool = False
    data_set: str | None = None

    def run(self, checkpoint_result: Any, action_context: Any = None) -> dict[str, Any]:  # noqa: ANN401 - GX's types
        """Project, record, then stop what must not pass."""
        del action_context
        found, entries = self.recorded(checkpoint_result)
        for one in found:
            stop(one, bool(checkpoint_result.success) or self.stop)
        return {"entries": entries, "outcomes": [one["outcome"] for one in found]}

    def recorded(self, checkpoint_result: Any) -> tuple[list[dict[str, Any]], list[str]]:  # noqa: ANN401 - GX's type
        """The projections of a Checkpoint's results, and the ids of the entries that hold them."""
        book = Ledger.open(self.ledger, project=load_project(self.project))
        found = [project_result(result) for result in checkpoint_result.run_results.values()]
        entries = [book.record("expectations", **_facts(one, self.data_set)) for one in found]
        if not found:
            raise PolicyViolation("the Checkpoint validated nothing.", "add a validation definition with a suite from expectations/.")
        return found, entries


def _facts(found: dict[str, Any], data_set: str | None) -> dict[str, Any]:
    others = [f"{row['type']}:{row['outcome']}" for row in found["others"]]
    named = data_set or found["data_set"]
    return {
        **({"data_set": masked(named)} if named else {}),
        "suite": found["suite"],
        "outcome": found["outcome"],
        "rows": found["rows"],
        "rules": found["rules"],
        "severity": found["severity"],
        "others": others,
        "vacuous": len(found["vacuous"]),
    }


def stop(found: dict[str, Any], due: bool = True) -> None:
    """Raise PolicyViolation, if it is due, for a projected result that is no pass."""
    if found["outcome"] == Outcome.PASS or not due:
        return
    failed = sorted(code for code, outcome in found["rules"].items() if outcome not in {Outcome.PASS, Outcome.NOT_APPLICABLE})
    why = "; ".join([*(f"{code} {found['rules'][code]}" for code in failed), *found["vacuous"]])
    raise PolicyViolation(
        f"the suite {found['suite']} is {found['outcome']}: {why or 'another expectation failed'}.", "see `governance check`."
    )
