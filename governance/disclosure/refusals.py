"""What is refused, in words: what, how many, and the lawful next call. Never a value from the data."""

from collections.abc import Sequence

from governance.disclosure.rounding import banded
from governance.disclosure.specification import Specification
from governance.errors import BadRequest, PolicyViolation


def no_scope() -> BadRequest:
    """Neither a topic nor a declared collection was named."""
    return BadRequest(
        "heat_map: a map needs a scope; a map of everything measures X itself, which the policy does not allow.",
        'name a topic (topic="#flood"), or a collection declared under `scopes:` in governance.yml (scope="storm-2026").',
    )


def no_authors(count: int) -> BadRequest:
    """Located Posts lack their author, so people can't be counted."""
    return BadRequest(
        f"author_id: {banded(count)} located Posts in scope have no author, and a map counts people.",
        'map the column that holds the author (columns={"author_id": "user"}), or leave those Posts out.',
    )


def swapped() -> BadRequest:
    """Coordinates contradict the places or the globe as if latitude and longitude were exchanged."""
    return BadRequest(
        "latitude, longitude: most points lie outside their own place, or off the globe, as they do when the two are exchanged.",
        'declare them the other way round: columns={"latitude": ..., "longitude": ...}.',
    )


def nothing_closed(kind: str, shorter: str, *, looking_back: bool) -> PolicyViolation:
    """All located Posts lie in windows that are not over, or were not at the day that was asked about."""
    if looking_back:
        problem, hint = f"no {kind} with located Posts in scope was over at as_of.", "leave as_of out, or name a later day"
    else:
        problem, hint = f"no {kind} with located Posts in scope is over yet.", f"call again when the {kind} has ended"
    return PolicyViolation(problem, f"{hint}; the lawful next call now is {shorter}." if shorter else f"{hint}.")


def too_few(spec: Specification, advice: str) -> PolicyViolation:
    """No area of any window holds enough people."""
    return PolicyViolation(f"no area holds {spec.minimum_people} people in any window, so nothing can be shown.", advice)


def second_map(series: str, settings: str, windows: Sequence[str]) -> PolicyViolation:
    """The same people were shown in other settings."""
    shown = windows[0] if len(windows) == 1 else f"{windows[0]} to {windows[-1]}"
    return PolicyViolation(
        f"series {series} has shown these people already ({shown}) in other settings; two maps of the same people subtract to single ones.",
        f"read it from that map, whose records each are as fine as is safe: call heat_map with {settings}; "
        "heat.compare() compares its windows. Other settings may start with the next window that is not released.",
    )


def series_reused(series: str, differing: Sequence[str]) -> BadRequest:
    """A series was asked for with other settings than it has."""
    return BadRequest(
        f"series: {series} exists with other settings ({', '.join(differing)}); a series never changes.",
        "repeat its settings, or name another series for windows that are not released yet.",
    )


def discloses(releases: Sequence[str], people: int, minimum: int, next_call: str) -> PolicyViolation:
    """Together with earlier releases the map would give a small group away."""
    amount = banded(people, minimum)
    named = ", ".join(releases)
    return PolicyViolation(
        f"together with the released map(s) {named} this map would give groups of fewer than {minimum} people away "
        f"({amount} people at stake).",
        next_call,
    )


def not_approved(series: str, approved_until: str | None, line: str) -> PolicyViolation:
    """The project releases approved series alone, and nobody approved this one, or not for today."""
    why = f"its approval does not hold today (last day {approved_until})" if approved_until else "nobody approved it"
    return PolicyViolation(
        f"series {series}: this project releases maps of approved series only, and {why}.",
        f"let whoever answers for releases write in governance.yml, under releases: series: the line `{line}`; then call again with "
        f'series="{series}".',
    )


def approved_otherwise(series: str, differing: Sequence[str], line: str) -> PolicyViolation:
    """The name of the series was approved for another map."""
    return PolicyViolation(
        f"series {series}: it was approved with other settings ({', '.join(differing)}); an approval is for the map it names.",
        f"call with the approved settings, or under another name, or let whoever answers for releases approve this map: `{line}`.",
    )


def undecided(next_call: str) -> PolicyViolation:
    """The audit could not be computed."""
    return PolicyViolation(
        "the differencing audit could not be decided: too many records share too many people; undecided is refused.", next_call
    )


def not_at_hand(releases: Sequence[str]) -> PolicyViolation:
    """An overlapping release of the same topic can't be counted again, so nobody can say what the two give away together."""
    return PolicyViolation(
        f"the released map(s) {', '.join(releases)} show the same topic and time, but their Posts are not in the input; "
        "undecided is refused.",
        "pass the Posts of those maps as well (a list of files will do), or repeat the call with the series of that map.",
    )


def added_since(releases: Sequence[str], people: int, minimum: int, next_call: str) -> PolicyViolation:
    """People came into the records of earlier releases since, and if they are certain ones the map would give a small group away."""
    return PolicyViolation(
        f"since the released map(s) {', '.join(releases)} other Posts came into their time; together with them this map may give groups of "
        f"fewer than {minimum} people away ({banded(people, minimum)} people at stake); undecided is refused.",
        next_call,
    )
