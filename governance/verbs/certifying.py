"""What the certificate of a heat map says, from settings, rounded counts and the ledger; sealed with the ledger's key."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from governance import __version__
from governance.content import Posts
from governance.disclosure.certificate import CERTIFICATE_KEY, seal
from governance.disclosure.dominance import CONTRIBUTION_CAP, NK_SHARE, P_PERCENT
from governance.disclosure.exclusion import EXCLUSION_KEY, Exclusion
from governance.disclosure.gather import Gathering
from governance.disclosure.joint import Verdict
from governance.disclosure.records import utility
from governance.disclosure.rounding import ROUNDING_BASE, banded
from governance.disclosure.specification import GROUP_PEOPLE, Specification
from governance.disclosure.windows import Calendar
from governance.ledger import Ledger
from governance.policy import load_policy
from governance.project import Project, SeriesApproval
from governance.verbs.permitting import SENSITIVE_PEOPLE
from governance.verbs.releasing import History

EXCLUDED = (
    "reposted",
    "protected",
    "withheld",
    "suspended",
    "deleted",
    "removed",
    "hidden_account",
    "excluded_account",
    "not_located",
    "place_too_wide",
    "place_in_disguise",
    "no_time",
    "window_not_closed",
    "outside_regions",
    "duplicate",
)
"""Why a Post in scope did not count, or (place_in_disguise) counted coarser than its point."""


def certified(
    records: pa.Table,
    ledger: Ledger,
    project: Project,
    *,
    release: str,
    released_at: str,
    open_windows: Mapping[str, str],
    series: str,
    spec: Specification,
    clock: Calendar,
    verdict: Verdict,
    gathered: Gathering,
    scan: Posts,
    history: History,
    input_sha256: str,
    approval: SeriesApproval | None,
    sensitive: tuple[str, ...],
    excluded: Exclusion,
) -> dict[str, Any]:
    """The sealed certificate of a release."""
    pool = banded(sum(window.pool for window in verdict.plan.windows))
    people = int(records["people"].to_numpy().sum())
    policy = load_policy()
    certificate = {
        "kind": "heat_map",
        "release": release,
        "series": series,
        "released_at": released_at,
        "approved_by": approval.approver if approval else None,
        "approved_at": approval.approved_at.isoformat() if approval else None,
        "library": __version__,
        "policy": {"read_at": policy.read_at.isoformat(), "sha256": policy.sha256},
        "project_sha256": project.sha256,
        "specification_sha256": spec.sha256,
        **_method(spec),
        "sensitive": {"because": list(sensitive), "minimum_people": SENSITIVE_PEOPLE} if sensitive else None,
        "windows": sorted(set(records["window"].to_pylist())),
        "as_of": clock.as_of.isoformat(),
        "window_closed": not open_windows,
        "open_windows": dict(open_windows),
        "people": people,
        "suppressed_people": pool,
        "groups_withheld": verdict.plan.groups_withheld,
        "input": _input(gathered, scan, input_sha256),
        "excluded": {reason: banded(gathered.counts[reason]) for reason in EXCLUDED if gathered.counts[reason]},
        "exclusion_list": _exclusion(excluded, ledger),
        "unknown_visibility_share": _unknown_share(gathered),
        "audit": _audit(verdict, history),
        "utility": utility(records, pool),
        "ledger": {"head": ledger.head, "began_at": ledger.began_at.isoformat(), "known_releases": history.release_count},
    }
    return seal(records, certificate, ledger.subkey(CERTIFICATE_KEY))


def _method(spec: Specification) -> dict[str, Any]:
    return {
        "scope": {"topic": spec.topic.texts, "scope": spec.scope or None},
        "groups": {name: found.texts for name, found in spec.groups},
        "regions": [name for name, _ in spec.regions],
        "window": spec.window,
        "timezone": spec.zone,
        "minimum_people": spec.minimum_people,
        "group_minimum_people": GROUP_PEOPLE if spec.groups else None,
        "finest_resolution": spec.finest,
        "coarsest_resolution": spec.coarsest,
        "strategy": spec.strategy,
        "assign": spec.assign,
        "unit": "account, once per window and group",
        "rounding_base": ROUNDING_BASE,
        "posts": {"cap": CONTRIBUTION_CAP, "nk": [2, NK_SHARE], "p_percent": P_PERCENT} if spec.include_posts else None,
    }


def _input(gathered: Gathering, scan: Posts, sha256: str) -> dict[str, Any]:
    rejected = {reason: banded(count) for reason, count in sorted(scan.rejected.counts.items()) if count}
    return {"sha256": sha256, "formats": sorted(set(scan.formats)), "rows_in_scope": banded(gathered.counts["read"]), "rejected": rejected}


def _exclusion(found: Exclusion, ledger: Ledger) -> dict[str, Any] | None:
    """How many accounts never count, and a keyed digest of the list; None without a list."""
    if not found.ids:
        return None
    return {"accounts": banded(len(found.ids)), "hmac_sha256": found.digest(ledger.subkey(EXCLUSION_KEY))}


def _unknown_share(gathered: Gathering) -> float:
    """The share of Posts in scope whose visibility nobody said, from rounded counts."""
    read, unknown = (banded(gathered.counts[name]) for name in ("read", "unknown"))
    return round(unknown / read, 2) if isinstance(read, int) and isinstance(unknown, int) and read else 0.0


def _audit(verdict: Verdict, history: History) -> dict[str, Any]:
    return {
        "verdict": "pass",
        "earlier_releases_compared": verdict.compared,
        "collections_left_out": verdict.left_out,
        "earlier_releases_known": history.release_count,
        "records_joined_in_rounds": verdict.coarsened,
        "people_of_earlier_releases_at_hand": round(verdict.at_hand, 2),
    }
