"""Why no Post at all can be counted: the cause that took most of them, how many in a band, and what to do about that very cause."""

from collections.abc import Mapping

from governance.disclosure.rounding import banded
from governance.disclosure.specification import Specification
from governance.errors import BadRequest

_STATE = "a map shows visible Posts alone; name other Posts, or bring their states up to date (`governance compliance`)."
_ROWS = {
    "corrupted-id": (
        "have a Post or author id that is no id any more (it came as a rounded number)",
        "read the ids as text (dtype=str in pandas), or take the file X delivered; a rounded id can't be mended.",
    ),
    "missing-id": ("have no Post id", 'map the column that holds it: columns={"post_id": "id"}.'),
    "not-a-post": ("are no Posts", "pass the Posts, not the notices beside them."),
    "wrong-shape": ("have other fields than a Post", "pass a file of Posts as X delivers them, or a table with columns= mapped."),
    "broken-line": ("are damaged", "fetch the file again, or export it as Parquet."),
    "truncated-file": ("stand in a file that ends early", "fetch the file again."),
}
"""What became of rows that were not read at all."""
_VALUES = {
    "out-of-range": (
        "have a coordinate off the globe",
        'give degrees, and declare which is which: columns={"latitude": ..., "longitude": ...}.',
    ),
    "null-island": ("lie at 0, 0, which stands for an unknown place", "write no location where none is known."),
    "half-coordinate": ("have one coordinate without the other", 'map both: columns={"latitude": ..., "longitude": ...}.'),
    "not-a-number": ("have a coordinate that is no number", "write coordinates as decimal degrees."),
    "bad-box": ("have a place box that is no box", "take the place's box as X delivers it."),
    "location-on-repost": ("are reposts, which have no location of their own", "collect the original Posts (-is:retweet)."),
}
"""What became of locations that were not read."""
_CAUSES = {
    "reposted": _VALUES["location-on-repost"],
    "withheld": ("are withheld", _STATE),
    "deleted": ("are deleted", _STATE),
    "removed": ("were removed after they were read (deleted or withheld)", _STATE),
    "protected": ("are of protected accounts", _STATE),
    "suspended": ("are of suspended accounts", _STATE),
    "hidden_account": ("are of accounts that are deleted, protected or suspended", _STATE),
    "excluded_account": ("are of accounts on the project's list of excluded ones", "check exclude_accounts in governance.yml."),
    "not_located": ("carry no location", "map the location columns (columns=), or collect Posts with a point or a place (has:geo)."),
    "no_time": ("have no time that can be read", 'write times as ISO 8601, or map them: columns={"created_at": ...}.'),
    "place_too_wide": ("carry a place larger than the coarsest cells alone", "collect Posts with a point or a smaller place."),
    "outside_regions": ("lie outside the regions", "check the regions: shapely takes longitude first."),
}
"""Why a Post in scope did not count."""


def nothing_counted(counts: Mapping[str, int], rejected: Mapping[str, int], spec: Specification, wider: str = "") -> BadRequest:
    """Why no Post counted, by the cause that took most of them.

    Parameters
    ----------
    counts
        Of the Posts that were read: `seen` all, `read` those in scope, the others by reason (`Gathering.counts`).
    rejected
        What could not be read, by reason.
    spec
        What was asked.
    wider
        A setting under which places that are too wide would count; empty if there is none.

    """
    lost = {reason: rejected.get(reason, 0) for reason in _ROWS}
    reason = max(lost, key=lambda name: lost[name])
    if not counts["read"] and lost[reason] > counts["seen"]:
        what, hint = _ROWS[reason]
        return _said(f"{banded(lost[reason])} rows {what} and were left out", hint)
    if not counts["seen"]:
        return _said("the input holds no Posts", "pass a file or table with rows.")
    if not counts["read"]:
        return _said(f"the topic is in none of the {banded(counts['seen'])} Posts", _looked_up(spec))
    taken = {name: counts[name] for name in _CAUSES}
    cause = max(taken, key=lambda name: taken[name])
    if not taken[cause]:
        return _said("none has a location, a time and an author", "check the columns of location, time and author.")
    what, hint = _CAUSES[cause]
    if cause == "not_located":
        value = max(_VALUES, key=lambda name: rejected.get(name, 0))
        what, hint = _VALUES[value] if 2 * rejected.get(value, 0) >= taken[cause] else (what, hint)
    if cause == "place_too_wide" and wider:
        hint = f"the lawful next call is coarser: {wider}."
    return _said(f"{banded(taken[cause])} of the {banded(counts['read'])} Posts in scope {what}", hint)


def _looked_up(spec: Specification) -> str:
    if spec.topic.hashtags and not spec.topic.keywords:
        word = spec.topic.hashtags[0]
        return f'check the spelling; a hashtag is looked up in the list of hashtags, the keyword topic="{word}" in the text.'
    return "check the spelling; a keyword is looked up as whole words of the column text (columns={...} maps it)."


def _said(why: str, hint: str) -> BadRequest:
    return BadRequest(f"no Post in scope carries a location that can be counted: {why}.", hint)
