"""What a series of maps is: its scope, its windows, its thresholds.

A series never changes; a map of the same people in another way is another series.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from governance.disclosure.assignment import ASSIGNMENTS
from governance.disclosure.cells import from_strings, strings
from governance.disclosure.regions import Regions, digest
from governance.disclosure.rollup import STRATEGIES
from governance.disclosure.scope import OTHER, Terms
from governance.disclosure.windows import FINEST
from governance.errors import BadRequest

FLOOR_PEOPLE = 5
GROUP_PEOPLE = 50
_COARSEST_FINEST = (0, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """The settings of a series. Everything here is chosen by the caller; nothing comes from the data."""

    topic: Terms = field(default_factory=Terms)
    scope: str = ""
    groups: tuple[tuple[str, Terms], ...] = ()
    regions: Regions = ()
    window: str = "week"
    zone: str = "UTC"
    minimum_people: int = 10
    finest: int = 7
    coarsest: int = 3
    strategy: str = "residual"
    assign: str = "random"
    include_posts: bool = False

    @property
    def population(self) -> dict[str, Any]:
        """Whose maps these are: two series with the same population show the same people."""
        return {
            "topic": self.topic.texts,
            "scope": self.scope,
            "groups": [[name, *found.texts] for name, found in self.groups],
            "regions": [[name, digest(codes)] for name, codes in self.regions],
        }

    @property
    def settings(self) -> dict[str, Any]:
        """How they are shown."""
        names = ("window", "zone", "minimum_people", "finest", "coarsest", "strategy", "assign", "include_posts")
        return {name: getattr(self, name) for name in names}

    @property
    def sha256(self) -> str:
        """The digest of population and settings."""
        return hashlib.sha256(json.dumps([self.population, self.settings], sort_keys=True).encode()).hexdigest()

    @property
    def group_names(self) -> list[str | None]:
        """The name of each group number."""
        if self.groups:
            return [*(name for name, _ in self.groups), OTHER]
        return [name for name, _ in self.regions] or [None]

    def stored(self) -> dict[str, Any]:
        """The specification as a register row."""
        groups = [[name, list(found.hashtags), list(found.keywords)] for name, found in self.groups]
        regions = [[name, strings(codes).to_pylist()] for name, codes in self.regions]
        topic = [list(self.topic.hashtags), list(self.topic.keywords)]
        return {"topic": topic, "scope": self.scope, "groups": groups, "regions": regions, **self.settings}

    @classmethod
    def restored(cls, row: Mapping[str, Any]) -> Self:
        """A specification from its register row."""
        known = dict(row)
        tags, words = known.pop("topic")
        groups = tuple((name, Terms(tuple(hashtags), tuple(keywords))) for name, hashtags, keywords in known.pop("groups"))
        regions = tuple((name, from_strings(cells)) for name, cells in known.pop("regions"))
        return cls(topic=Terms(tuple(tags), tuple(words)), groups=groups, regions=regions, **known)


def checked_settings(
    *, window: str, minimum_people: int | None, finest: int | None, coarsest: int, strategy: str, assign: str, limits: tuple[int, int]
) -> dict[str, Any]:
    """The settings a map may have, from what was asked and the project's limits (people, finest resolution); weaker ones are refused."""
    least, project_finest = max(limits[0], FLOOR_PEOPLE), limits[1]
    deepest = min(FINEST[window], project_finest)
    people = least if minimum_people is None else minimum_people
    level = deepest if finest is None else finest
    if not _whole(people) or people < least:
        weaker = f"minimum_people: fewer than the {least} of this project" if _whole(people) else "minimum_people: no whole number"
        raise BadRequest(f"{weaker}; a smaller group can be recognised.", f"leave minimum_people out, or ask for {least} or more.")
    if not _whole(level) or level > deepest:
        hint = f"leave finest out, or ask for {deepest} or coarser; a longer window may go finer (day 6, week 7, month 8)."
        raise BadRequest(f"finest: a {window} map goes no finer than resolution {deepest} here.", hint)
    if not _whole(coarsest) or not _COARSEST_FINEST[0] <= coarsest <= level:
        raise BadRequest("coarsest: not a resolution between 0 and the finest.", "leave coarsest out (3), or lower it to the finest.")
    for name, value, known in (("strategy", strategy, STRATEGIES), ("assign", assign, ASSIGNMENTS)):
        if value not in known:
            raise BadRequest(f"{name}: not one of {', '.join(known)}.", f'leave it out, or write {name}="{known[0]}".')
    chosen = {"window": window, "minimum_people": people, "finest": level, "coarsest": coarsest}
    return {**chosen, "strategy": strategy, "assign": assign}


def _whole(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and number >= 0
