"""The words beside a map, from its certificate and its published records alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from governance.reporting.maps.records import windows

ROUNDING = 10
"""The base that numbers are rounded to, where a certificate does not name it."""


@dataclass(frozen=True)
class Caption:
    """What a reader is told: a title, a line below it, and how to read the numbers."""

    scope: str
    title: str
    subtitle: str
    rounding: int
    minimum_people: int | None
    series: str
    release: str
    unfinished: str
    """That a window was not over when its people were counted, in words; empty for a finished map."""
    notes: tuple[str, ...]


def find(certificate: Mapping[str, Any], *names: str) -> Any:  # noqa: ANN401 - a certificate holds JSON
    """The first of these names that the certificate, or a block of it, holds; None if there is none."""
    for name in names:
        if certificate.get(name) is not None:
            return certificate[name]
    for block in certificate.values():
        if isinstance(block, Mapping):
            found = find(block, *names)
            if found is not None:
                return found
    return None


def caption(records: pa.Table, certificate: Mapping[str, Any]) -> Caption:
    """The words for a map."""
    rounding = int(find(certificate, "rounding_base", "rounding") or ROUNDING)
    minimum = find(certificate, "minimum_people", "k")
    minimum = int(minimum) if minimum is not None else None
    spans = windows(records)
    span = "" if not spans else spans[0] if len(spans) == 1 else f"{spans[0]} to {spans[-1]}"
    least = f"at least {minimum} accounts in every region" if minimum else ""
    unfinished = _unfinished(certificate)
    subtitle = [part for part in ("not a finished map" if unfinished else "", span, least, _approval(certificate)) if part]
    return Caption(
        scope=_scope(certificate),
        title=f"People posting about {_scope(certificate)}",
        subtitle=" · ".join(subtitle),
        rounding=rounding,
        minimum_people=minimum,
        series=str(find(certificate, "series") or ""),
        release=str(find(certificate, "release", "release_id") or ""),
        unfinished=unfinished,
        notes=(*([unfinished] if unfinished else []), *_notes(rounding, minimum), *_facts(certificate)),
    )


def _scope(certificate: Mapping[str, Any]) -> str:
    scope = find(certificate, "scope", "topic")
    if isinstance(scope, Mapping):
        parts = [_listed(scope.get(name)) for name in ("topic", "scope")]
        return " in ".join(part for part in parts if part) or "a declared topic"
    return _listed(scope) or "a declared topic"


def _listed(terms: object) -> str:
    if isinstance(terms, Sequence) and not isinstance(terms, str):
        return ", ".join(str(term) for term in terms)
    return str(terms) if terms else ""


def _approval(certificate: Mapping[str, Any]) -> str:
    approver = find(certificate, "approved_by", "approver")
    return f"approved by {approver}" if approver else "approved by nobody"


def _unfinished(certificate: Mapping[str, Any]) -> str:
    windows_open = certificate.get("open_windows") or {}
    if not windows_open:
        return ""
    ends = ", ".join(f"{label} (ends {_moment(end)})" for label, end in windows_open.items())
    many = len(windows_open) > 1
    return (
        f"Not a finished map: {ends} {'were' if many else 'was'} not over when {'they were' if many else 'it was'} counted, "
        f"on {_moment(certificate.get('released_at', ''))}. Later Posts are missing."
    )


def _moment(text: str) -> str:
    return text[:16].replace("T", " ") + " UTC"


def _facts(certificate: Mapping[str, Any]) -> tuple[str, ...]:
    """What the certificate says of how much is shown, where it says it."""
    shown = find(certificate, "share_of_people_published_at_least")
    unknown = find(certificate, "unknown_visibility_share")
    found: list[str] = []
    if isinstance(shown, float):
        found.append(f"At least {shown:.1%} of the counted accounts are in a shown region.")
    if isinstance(unknown, float) and unknown > 0:
        found.append(f"Of {unknown:.0%} of the Posts nobody said whether they are still public; they count unless a removal is known.")
    return tuple(found)


def _notes(rounding: int, minimum: int | None) -> tuple[str, ...]:
    least = f"at least {minimum}" if minimum else "a minimum number of"
    low = 2 * rounding - rounding // 2
    example = f"{2 * rounding} stands for {low} to {low + rounding - 1}"
    return (
        f"A region's number is how many accounts posted about the topic there, rounded to the nearest {rounding}: {example}.",
        "An account is not a person: some people have several accounts, some accounts are run by several people or by none.",
        "Each account counts once per window and group, in one region.",
        f"A region is shown only with {least} accounts. Where fewer posted, nothing is shown; such places and empty places look the same.",
        "A hatched region is a remainder: the accounts of a larger cell outside its parts that are shown by themselves.",
        "Regions differ in size, so colour first shows accounts per 100 km², computed from the rounded numbers.",
        "Only the regions were counted, never where in a region someone was. Differences of rounded numbers carry the error of both.",
    )
