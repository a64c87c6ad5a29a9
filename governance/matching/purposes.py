"""Purposes: declared in governance.yml; some never pass, whatever the basis."""

import re

from governance.errors import BadRequest
from governance.project import Project

_ADVERTISING = (
    r"advertis\w*",
    r"\bads?\b",
    r"re-?target\w*",
    r"remarketing",
    r"look-?alike\w*",
    r"custom audience\w*",
    r"audience segment\w*",
)
_SURVEILLANCE = (
    r"surveil\w*",
    r"law enforcement",
    r"police",
    r"policing",
    r"intelligence (?:agency|gathering|service)\w*",
    r"\bspy\w*",
    r"protest\w* (?:monitor|track)\w*",
    r"(?:monitor|track)\w* (?:protest|activist|journalist|dissident)\w*",
    r"(?:monitor|track)\w* (?:people|persons|individuals|employees|movements)",
    r"facial recognition",
    r"deportation",
)
_SENSITIVE = (
    r"sensitive (?:trait|inference|attribute|categor)\w*",
    r"health (?:status|inference|condition|profil)\w*",
    r"political (?:affiliation|opinion|belief)\w*",
    r"voter (?:profil|target)\w*",
    r"religio\w*",
    r"ethnic\w*",
    r"racial",
    r"sexual (?:orientation|life)",
    r"sex life",
    r"trade union\w*",
    r"criminal (?:history|record)\w*",
    r"infer\w* (?:\w+ ){0,2}(?:health|politic|relig|ethnic|race|sexual|disab|union)\w*",
)
_CHECKS = (
    r"background (?:check|screen)\w*",
    r"credit (?:check|scor|worth|risk)\w*",
    r"creditworth\w*",
    r"(?:tenant|employment|employee) screen\w*",
    r"insurance (?:underwrit|scor|eligib)\w*",
    r"underwriting",
    r"(?:loan|credit|housing|employment) eligib\w*",
    r"eligib\w* (?:for )?(?:loan|credit|housing|employment|insurance)\w*",
    r"lending decision\w*",
    r"skip tracing",
)
_NEVER = re.compile("|".join((*_ADVERTISING, *_SURVEILLANCE, *_SENSITIVE, *_CHECKS)))
_NEGATED = re.compile(r"\b(?:no|not|never|without|nor|excludes?|excluding|except)\b(?:\W+\w+){0,4}\W*$")


def ancestors(purpose: str) -> list[str]:
    """A purpose and its parents, nearest first.

    >>> ancestors("support.refunds.email")
    ['support.refunds.email', 'support.refunds', 'support']
    """
    parts = purpose.split(".")
    return [".".join(parts[:length]) for length in range(len(parts), 0, -1)]


def checked_purpose(purpose: str, project: Project) -> str:
    """The purpose, if the project declares it or one of its parents.

    Raises
    ------
    BadRequest
        It does not; a match without a declared purpose is not made.

    """
    if not purpose or not any(name in project.purposes for name in ancestors(purpose)):
        hint = "add it with a description; consents and expectations are read for this purpose."
        if project.path is None:
            raise BadRequest("a match needs a purpose that governance.yml declares, and there is no governance.yml.", hint)
        raise project.error(f"the purpose `{purpose}` is not declared.", "purposes", hint=hint)
    return purpose


def is_prohibited(purpose: str, description: str = "") -> bool:
    """Whether a purpose is one that no basis permits: ads off X, surveillance, sensitive traits, background or credit checks.

    >>> is_prohibited("growth.retargeting"), is_prohibited("member-support", "answer members; never for advertising")
    (True, False)
    """
    name = re.sub(r"[^a-z0-9]+", " ", purpose.lower())
    text = re.sub(r"[_\s]+", " ", description.lower())
    return _NEVER.search(name) is not None or any(not _NEGATED.search(text[: found.start()]) for found in _NEVER.finditer(text))


def prohibited(purpose: str, project: Project) -> bool:
    """Whether a declared purpose or any of its parents is prohibited, by its name or its description."""
    declared = [(name, project.purposes[name].description) for name in ancestors(purpose) if name in project.purposes]
    return is_prohibited(purpose) or any(is_prohibited(name, description) for name, description in declared)
