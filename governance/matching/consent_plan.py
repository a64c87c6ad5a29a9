"""Consents as of the association time, in SQL: of each consent the state, the first check it fails, and the pairs it bars."""

from governance.engines.plan import literal
from governance.matching.consents import ACTIONS, BINDINGS, GIVING
from governance.matching.purposes import ancestors
from governance.matching.reasons import number
from governance.matching.request import Request
from governance.matching.waivers import BITS

FIELDS = (
    "off_id",
    "user_id",
    "controller",
    "purposes",
    "id_kinds",
    "attributes",
    "action",
    "bundled",
    "notice_id",
    "notice_sha256",
    "notice_topics",
    "binding",
    "binding_evidence",
    "evidence_sha256",
    "expires_at",
)
"""What a later event of the same consent inherits from an earlier one."""


BARS = "stopped_by IN ('withdrawn', 'refused')"
"""What a person says against a match, in SQL; a consent that merely ran out bars nothing."""


def moment_sql(request: Request) -> str:
    """The association time as an SQL literal, in UTC."""
    return f"TIMESTAMP '{request.moment:%Y-%m-%d %H:%M:%S.%f}'"


def consents_sql(request: Request, id_kind: str) -> str:
    """One row per consent: its pair, `refusal` (0: it stands), `given_low`, `expires_at`, `waived`, and whether it bars the pair.

    A consent stands if it was given for certain before the moment (a day counts from its end) and no withdrawal may have come after that.
    Who withdraws a consent for a purpose, or refuses one, ends those that were given before: no older consent of the pair takes its place.
    A check that is waived for the records is noted in `waived` where the consent fails it, and `expires_at` is at most the waiver's end.
    """
    checks = _checks(request, id_kind)
    waived, ends = _waived(request, checks)
    giving = ", ".join(map(literal, GIVING))
    inherited = ", ".join(f"last_value({name} IGNORE NULLS) OVER earlier AS {name}" for name in FIELDS)
    moment = moment_sql(request)
    return f"""
WITH events AS (
  SELECT *, at_high <= {moment} AS in_time FROM consent_events
), giving AS (
  SELECT consent_id, in_time, at_low, {inherited},
    row_number() OVER (PARTITION BY consent_id ORDER BY in_time DESC, at_low DESC, seq DESC) AS latest
  FROM events WHERE event IN ({giving})
  WINDOW earlier AS (PARTITION BY consent_id, in_time ORDER BY at_low, seq ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
), stopping AS (
  SELECT consent_id, event, at_low, at_high, off_id, user_id,
    row_number() OVER (PARTITION BY consent_id ORDER BY at_high DESC, seq DESC) AS latest
  FROM events WHERE event NOT IN ({giving}) AND at_low <= {moment}
), joined AS (
  SELECT coalesce(g.consent_id, s.consent_id) AS consent_id, s.at_high AS stopped_high,
    coalesce(g.off_id, s.off_id) AS off_id, coalesce(g.user_id, s.user_id) AS user_id,
    g.controller, g.purposes, g.id_kinds, g.attributes, g.action, g.bundled, g.notice_id, g.notice_sha256, g.notice_topics, g.binding,
    g.binding_evidence, g.evidence_sha256, g.expires_at, g.at_low AS given_low, g.consent_id IS NOT NULL AS was_given, g.in_time,
    s.event AS stopped_by, s.consent_id IS NOT NULL AND (g.at_low IS NULL OR NOT g.in_time OR g.at_low < s.at_high) AS is_stopped
  FROM (SELECT * FROM giving WHERE latest = 1) g
  FULL OUTER JOIN (SELECT * FROM stopping WHERE latest = 1) s ON g.consent_id = s.consent_id
), known AS (
  SELECT *, max(CASE WHEN is_stopped AND {BARS} AND {_covers(request)} THEN stopped_high END)
    OVER (PARTITION BY off_id, user_id) AS barred_until
  FROM joined WHERE off_id IS NOT NULL AND user_id IS NOT NULL
)
SELECT consent_id, off_id, user_id, attributes, given_low,
  least({ends}) AS expires_at,
  {waived} AS waived, {_refusal(request, checks)} AS refusal,
  is_stopped AND {BARS} AS bars
FROM known
"""


def _checks(request: Request, id_kind: str) -> tuple[tuple[str, str], ...]:
    """What a consent must not be, in the order of the reason codes."""
    moment = moment_sql(request)
    attributes = {request.facts.attribute(c.record_column) for c in request.comparisons} | {c.account_label for c in request.comparisons}
    covered = " OR ".join(_names("attributes", attribute) for attribute in sorted(attributes))
    kind = f"{_names('id_kinds', id_kind)} OR {_names('id_kinds', 'off_x.' + id_kind)}"
    kinds = f"{kind} OR id_kinds IS NULL" if id_kind == "person" else kind
    controller = literal(request.project.controller.strip().lower())
    return (
        ("CONSENT_NOT_EXPRESS", f"was_given AND (action IS NULL OR action NOT IN ({', '.join(map(literal, ACTIONS))}))"),
        ("CONSENT_BUNDLED", "was_given AND (bundled IS NULL OR bundled <> 'false')"),
        ("CONSENT_OTHER_CONTROLLER", f"was_given AND (controller IS NULL OR {controller} = '' OR lower(controller) <> {controller})"),
        ("CONSENT_PURPOSE", f"was_given AND (purposes IS NULL OR NOT {_covers(request)})"),
        ("CONSENT_ID_KIND", f"was_given AND NOT coalesce({kinds}, FALSE)"),
        ("CONSENT_BINDING", f"was_given AND NOT coalesce(binding IN ({', '.join(map(literal, BINDINGS))}), FALSE)"),
        ("CONSENT_BINDING", "was_given AND binding_evidence IS NULL"),
        ("CONSENT_NOTICE_SILENT", f"was_given AND NOT coalesce({_names('notice_topics', 'off_x_matching')}, FALSE)"),
        ("CONSENT_NOTICE_UNPROVEN", "was_given AND (notice_id IS NULL OR notice_sha256 IS NULL)"),
        ("CONSENT_NO_EVIDENCE", "was_given AND evidence_sha256 IS NULL"),
        ("CONSENT_EXPIRED", "is_stopped AND stopped_by = 'expired'"),
        ("CONSENT_STATE", "is_stopped OR NOT was_given"),
        ("CONSENT_NOT_BEFORE_ASSOCIATION", "NOT in_time"),
        ("CONSENT_EXPIRED", f"expires_at <= {moment}"),
        ("CONSENT_ATTRIBUTE", f"attributes IS NOT NULL AND NOT ({covered})"),
        ("OBJECTION_ON_FILE", "coalesce(given_low < barred_until, FALSE)"),
    )


def _covers(request: Request) -> str:
    """Whether a consent names the purpose or a parent of it; one whose purposes are not known names them all when it is ended."""
    return f"(purposes IS NULL OR {' OR '.join(_names('purposes', purpose) for purpose in ancestors(request.purpose))})"


def _refusal(request: Request, checks: tuple[tuple[str, str], ...]) -> str:
    """The first check a consent fails, without those that are waived."""
    cases = (f"WHEN {test} THEN {number(code)}" for code, test in checks if code not in request.waivers)
    return f"CASE {' '.join(cases)} ELSE 0 END"


def _waived(request: Request, checks: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    """The bits of the waivers a consent needs, and the ends that limit it: its own, and those of these waivers."""
    tests: dict[str, list[str]] = {}
    for code, test in checks:
        if code in request.waivers:
            tests.setdefault(code, []).append(f"({test})")
    fails = {code: " OR ".join(found) for code, found in tests.items()}
    bits = " + ".join(f"CASE WHEN {test} THEN {BITS[code]} ELSE 0 END" for code, test in fails.items())
    ends = [f"CASE WHEN {test} THEN TIMESTAMP '{request.waivers[code]:%Y-%m-%d %H:%M:%S}' END" for code, test in fails.items()]
    return f"CAST({bits or '0'} AS SMALLINT)", ", ".join(["known.expires_at", *ends])


def _names(column: str, word: str) -> str:
    return f"instr({column}, {literal(';' + word + ';')}) > 0"
