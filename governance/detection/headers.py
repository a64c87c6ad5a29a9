"""Words of headers: what a column's name says, in many languages. Evidence of its own, never a verdict.

Words are matched whole: `plate`, `latency` and `flat` hold `lat` but do not say latitude.
"""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

_LETTERS = str.maketrans({"ß": "ss", "ł": "l", "Ł": "L", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ı": "i", "œ": "oe"})  # noqa: RUF001
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NUMBERED = re.compile(r"(?<=[^\W\d])(?=\d)|(?<=\d)(?=[^\W\d])")


@lru_cache(maxsize=1)
def vocabulary() -> dict[str, frozenset[str]]:
    """Role -> words, from data/words.toml."""
    text = files("governance.detection").joinpath("data/words.toml").read_text(encoding="utf-8")
    return {role: frozenset("".join(tokens(word)) for word in words) for role, words in tomllib.loads(text)["words"].items()}


@lru_cache(maxsize=1)
def words() -> frozenset[str]:
    """Every word of every role, and a few that nested data use: none of them is anybody's value."""
    common = "type data properties geo place users value values item items result results feature features entities includes media payload"
    return frozenset().union(*vocabulary().values()) | frozenset(common.split())


def tokens(name: str) -> tuple[str, ...]:
    """The words of one name.

    >>> tokens("user_homeLatitude2"), tokens("Länge")
    (('user', 'home', 'latitude', '2'), ('lange',))
    """
    folded = "".join(c for c in unicodedata.normalize("NFKD", name.translate(_LETTERS)) if not unicodedata.combining(c))
    spaced = _CAMEL.sub(" ", folded)
    return tuple(part for word in re.split(r"[\W_]+", spaced) for part in _NUMBERED.sub(" ", word).casefold().split() if part)


@dataclass(frozen=True, slots=True)
class Header:
    """What a column's name says.

    Attributes
    ----------
    path
        The name, or the path of a nested column, its parts parted by dots.
    words
        Its last part's words, and their joins: `device_id` says `device`, `id` and `deviceid`.
    context
        Words of the parts before.

    """

    path: str
    words: frozenset[str]
    parts: tuple[str, ...]
    context: frozenset[str]

    def says(self, *roles: str) -> bool:
        """Whether the last part has a word of one of the roles."""
        known = vocabulary()
        return any(self.words & known[role] for role in roles)

    def stem(self, *roles: str) -> tuple[str, ...]:
        """What the name says besides the words of the roles: equal stems make partners (`min_lat`, `min_lon`)."""
        known = frozenset().union(*(vocabulary()[role] for role in roles))
        rest = list(self.parts)
        for width in (3, 2, 1):
            for at in range(len(rest) - width, -1, -1):
                if "".join(rest[at : at + width]) in known:
                    del rest[at : at + width]
        return (*sorted(self.context), *rest)


@lru_cache(maxsize=4096)
def header(path: str) -> Header:
    """Read a name.

    >>> header("geo.min_lat").says("latitude"), header("flat_rate").says("latitude")
    (True, False)
    """
    names = [name for name in re.split(r"[.+\[\]]+", path) if name and not name.isdigit()] or [path]
    parts = tokens(names[-1])
    joins = {"".join(parts[i:j]) for i in range(len(parts)) for j in range(i + 1, min(i + 4, len(parts)) + 1)}
    context = frozenset(word for name in names[:-1] for word in tokens(name))
    return Header(path, frozenset(joins), parts, context)
