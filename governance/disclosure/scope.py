"""Whether a Post is about the topic, and which group it falls in: hashtags from the Post's own list, keywords as words of its text."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from governance.errors import BadRequest, PolicyViolation

pc: Any = pyarrow.compute
Flags = npt.NDArray[np.bool_]
OTHER = "other"
_NEGATION = re.compile(r"^(?:[-!]|not\s)", re.IGNORECASE)
_EDGE = r"[^\pL\pN_]"


@dataclass(frozen=True, slots=True)
class Terms:
    """Hashtags (case-folded, without #) and keywords; a Post with any of them matches. Empty terms match every Post."""

    hashtags: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.hashtags or self.keywords)

    @property
    def texts(self) -> list[str]:
        """The terms as they were asked for, sorted."""
        return sorted([*(f"#{tag}" for tag in self.hashtags), *self.keywords])

    def matches(self, batch: pa.RecordBatch) -> Flags:
        """Which Posts of a batch (columns hashtags, text) match."""
        if not self:
            return np.ones(batch.num_rows, bool)
        found = np.zeros(batch.num_rows, bool)
        if self.hashtags:
            found |= _with_hashtag(batch.column("hashtags"), self.hashtags)
        if self.keywords:
            words = "|".join(re.escape(word) for word in self.keywords)
            hit = pc.match_substring_regex(batch.column("text"), rf"(?i)(?:^|{_EDGE})(?:{words})(?:{_EDGE}|$)")
            found |= hit.fill_null(fill_value=False).to_numpy(zero_copy_only=False)
        return found


def _with_hashtag(column: pa.Array, wanted: tuple[str, ...]) -> Flags:
    found = np.zeros(len(column), bool)
    words = pc.list_flatten(column)
    hit = pc.equal(words, wanted[0]) if len(wanted) == 1 else pc.is_in(words, value_set=pa.array(wanted, pa.string()))
    hit = hit.fill_null(fill_value=False).to_numpy(zero_copy_only=False)
    found[pc.list_parent_indices(column).to_numpy(zero_copy_only=False)[hit]] = True
    return found


def terms(asked: str | Sequence[str] | None, what: str = "topic") -> Terms:
    """Terms from "#tag", "keyword", or a list of them.

    >>> terms(["#Flood", "high water"])
    Terms(hashtags=('flood',), keywords=('high water',))
    """
    listed: list[Any] = [asked] if isinstance(asked, str) or not isinstance(asked, Iterable) else list(asked)
    listed = [] if asked is None else listed
    if not all(isinstance(term, str) and term.strip().strip("#") for term in listed):
        raise BadRequest(f"{what}: a term is empty or no text.", f'write {what}="#flood", or a list of hashtags and keywords.')
    cleaned = sorted({term.strip().casefold().replace("＃", "#") for term in listed})  # noqa: RUF001 - the full-width number sign
    if any(_NEGATION.match(term) for term in cleaned):
        raise PolicyViolation(
            f"{what}: a negated term makes the complement of another topic, and the two maps subtract to single people.",
            'split one topic instead: topic="#storm", groups={"flood": ["#flood"]}; all the rest is the group `other`.',
        )
    tags = tuple(term[1:] for term in cleaned if term.startswith("#"))
    return Terms(tags, tuple(term for term in cleaned if not term.startswith("#")))


def group_terms(groups: Mapping[str, str | Sequence[str]] | None) -> tuple[tuple[str, Terms], ...]:
    """Named groups in their order; a Post belongs to the first that matches, else to `other`."""
    found = []
    if groups is not None and not isinstance(groups, Mapping):
        raise BadRequest("groups: no mapping of names to terms.", 'write groups={"flood": ["#flood"]}.')
    for name, asked in (groups or {}).items():
        if not isinstance(name, str) or not name.strip() or name.strip().casefold() == OTHER:
            raise BadRequest("groups: a group needs a name, and `other` is taken.", 'write groups={"flood": ["#flood"]}.')
        if not asked:
            raise BadRequest("groups: a group has no terms.", 'write groups={"flood": ["#flood"]}.')
        found.append((name.strip(), terms(asked, "groups")))
    return tuple(found)


def group_numbers(batch: pa.RecordBatch, groups: tuple[tuple[str, Terms], ...]) -> npt.NDArray[np.int64]:
    """The number of each Post's group; the number behind the last group means `other`."""
    number = np.full(batch.num_rows, len(groups), np.int64)
    for place in range(len(groups) - 1, -1, -1):
        number[groups[place][1].matches(batch)] = place
    return number
