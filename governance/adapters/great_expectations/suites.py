"""The suites of expectations/: one per kind of data set, made from the registry, stored as JSON that Great Expectations loads."""

import json
from pathlib import Path
from typing import Any

import great_expectations as gx

from governance.adapters.great_expectations.expectations import expectation_classes
from governance.errors import BadRequest
from governance.model import Rule, Thresholds
from governance.policy import load_policy
from governance.rules import all_rules
from governance.vocabulary import Ground, Kind


def suite_for(kind: Kind | str, thresholds: Thresholds | None = None, data_set: str | None = None) -> gx.ExpectationSuite:
    """The suite of a kind: one expectation per rule that has something to say of it.

    Parameters
    ----------
    kind
        posts, working, heat_map, records, matches, consents or share.
    thresholds
        The reviewed numbers; the product's own by default.
    data_set
        A data set of governance.yml.

    """
    limits = thresholds or Thresholds()
    classes = expectation_classes()
    due = [(code, rule) for code, rule in all_rules().items() if Kind(kind) in rule.kinds]
    made = [classes[code](**_arguments(rule, Kind(kind), limits, data_set)) for code, rule in due]
    return gx.ExpectationSuite(name=f"governance_{Kind(kind)}", expectations=[*made])


def _arguments(rule: Rule, kind: Kind, limits: Thresholds, data_set: str | None) -> dict[str, Any]:
    clause = load_policy().clauses.get(rule.clause)
    return {
        "kind": str(kind),
        "minimum_people": limits.minimum_people,
        "finest_resolution": limits.finest_resolution,
        "data_set": data_set,
        "severity": "critical" if rule.ground is Ground.POLICY else "warning",
        "meta": {
            "rule": rule.code,
            "ground": str(rule.ground),
            "clause": f"{clause.chapter} > {clause.heading}" if clause else rule.clause,
        },
        "notes": rule.summary,
    }


def load_suite(path: str | Path) -> gx.ExpectationSuite:
    """Read a suite of expectations/; the expectation classes are registered by then.

    Raises
    ------
    BadRequest
        The file can't be read or is no suite.

    """
    place = Path(path)
    try:
        tree = json.loads(place.read_text(encoding="utf-8"))
        return gx.ExpectationSuite(name=tree["name"], expectations=tree["expectations"], meta=tree.get("meta"), notes=tree.get("notes"))
    except OSError as problem:
        raise BadRequest(f"{place}: can't be read ({problem.strerror}).", "name a suite of expectations/.") from None
    except (ValueError, KeyError, TypeError) as problem:
        raise BadRequest(f"{place}: is no suite ({type(problem).__name__}).", "write it anew with write_suites.") from None


def stored(kind: Kind | str) -> str:
    """The text of a kind's suite as it is stored, the same on every run."""
    tree: Any = suite_for(kind).to_json_dict()
    expectations = [{name: value for name, value in one.items() if name != "id"} for one in tree["expectations"]]
    kept = {
        "name": tree["name"],
        "expectations": expectations,
        "meta": {"governance": "one expectation per rule"},
        "notes": tree.get("notes"),
    }
    return json.dumps(kept, indent=2, sort_keys=True) + "\n"


def write_suites(folder: str | Path) -> list[Path]:
    """Write the suites of all kinds into a folder."""
    made = []
    for kind in Kind:
        path = Path(folder) / f"{kind}.json"
        path.write_text(stored(kind), encoding="utf-8")
        made.append(path)
    return made


if __name__ == "__main__":
    import sys

    write_suites(sys.argv[1] if len(sys.argv) > 1 else "expectations")
