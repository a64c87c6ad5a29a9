"""Hashtags of a text, for Posts that come without their entities."""

import re

MARKS = "#\uff03"
"""The signs that begin a hashtag: the plain one and the full-width one."""

_HASHTAG = re.compile(rf"(?<![\w&/])[{MARKS}](\w*[^\W\d_]\w*)")


def hashtags_in(text: str | None) -> list[str] | None:
    """The hashtags of a text, case-folded and without `#`; None if there is no text.

    A hashtag needs a letter: `#1` is none.

    >>> hashtags_in("Rain again #Flood #2 a#b"), hashtags_in(None)
    (['flood'], None)
    """
    if text is None:
        return None
    return [tag.casefold() for tag in _HASHTAG.findall(text)] if "#" in text or MARKS[1] in text else []
