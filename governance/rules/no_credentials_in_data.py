"""SEC: keys and tokens stay out of data."""

import re
from collections.abc import Iterator

from governance.model import Column, Evidence, Example, Measure, Rule, Subject, Verdict
from governance.rules.wording import counted, listed, names
from governance.vocabulary import Ground, Kind, Outcome

_NAMED = re.compile(
    r"(?:^|[_.\s-])(?:passwo?r?d|pwd|secret|api_?key|access_?token|refresh_?token|bearer(?:_?token)?|consumer_(?:key|secret)|private_?key|oauth_token(?:_secret)?)$",
    re.IGNORECASE,
)
TOKENS = (
    r"\bAAAAAAAAAAAAAAAAAAAAA[A-Za-z0-9%]{30,}",
    r"\b[0-9]{5,19}-[A-Za-z0-9]{40}\b",
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    r"\b(?:ghp|gho|ghs|github_pat)_[A-Za-z0-9_]{20,}",
    r"\bAKIA[0-9A-Z]{16}\b",
    r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
    r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.",
)
"""What a key or token looks like, in RE2's words; none is digits alone."""
CREDENTIAL = "|".join(TOKENS)
_HINT = "remove the column or the cells, then revoke and renew the credential; keep secrets in a secret store."


def _texts(subject: Subject) -> tuple[Column, ...]:
    return tuple(c for c in subject.columns if "string" in c.type or "json" in c.type)


def _named(subject: Subject) -> tuple[Column, ...]:
    return tuple(c for c in subject.columns if _NAMED.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", c.name)))


def _decide(subject: Subject, evidence: Evidence) -> Iterator[Verdict]:
    named = _named(subject)
    if named:
        message = f"{listed(named)} {'is' if len(named) == 1 else 'are'} named like credentials"
        yield Verdict(outcome=Outcome.FAIL, message=message, columns=names(named), hint=_HINT)
    for column in _texts(subject):
        hits = evidence[Measure("like", (column.name,), CREDENTIAL)]
        if hits:
            message = f"{counted(hits, subject)} hold something shaped like a key or token"
            yield Verdict(outcome=Outcome.FAIL, message=message, columns=names([column]), count=hits, hint=_HINT)


RULE = Rule(
    code="SEC001",
    slug="no-credentials-in-data",
    clause="no-credentials-in-data",
    ground=Ground.POLICY,
    kinds=frozenset(Kind),
    summary="No column is named like a credential and no cell is shaped like one.",
    measures=lambda subject: [Measure("like", (c.name,), CREDENTIAL) for c in _texts(subject)],
    decide=_decide,
    compliant=(Example(title="plain text", kind=Kind.WORKING, columns={"note": ("none", ["the password was changed", "token ring"])}),),
    violating=(
        Example(title="a bearer token", kind=Kind.WORKING, columns={"note": ("none", ["A" * 21 + "B" * 40])}),
        Example(title="a column of secrets", kind=Kind.WORKING, columns={"api_key": ("none", ["x"])}),
    ),
)
