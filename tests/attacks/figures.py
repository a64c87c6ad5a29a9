"""A measured figure of an attack: how often it succeeds, against a baseline and a control, with a Wilson interval."""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

Z95 = 1.959963984540054


@dataclass(frozen=True)
class Figure:
    """What an attack reached.

    `hits` of `trials` succeeded. `control` is the rate of the same attack where there is nothing to find; `baseline` the rate of a reader
    without any map. Risk is (attack - control) / (1 - control).
    """

    hits: float
    trials: int
    control: float = 0.0
    baseline: float = 0.0

    @property
    def rate(self) -> float:
        """The share of trials that succeeded."""
        return self.hits / self.trials if self.trials else 0.0

    @property
    def risk(self) -> float:
        """What the map adds over chance."""
        return (self.rate - self.control) / (1 - self.control) if self.control < 1 else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The Wilson 95 % interval of the rate."""
        if not self.trials:
            return 0.0, 0.0
        n, p = self.trials, self.rate
        centre, spread = p + Z95**2 / (2 * n), Z95 * sqrt(p * (1 - p) / n + Z95**2 / (4 * n * n))
        scale = 1 + Z95**2 / n
        return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


@dataclass(frozen=True)
class Attack:
    """An attack: what it tries, which figure must hold, which defence the mutation switches off."""

    code: str
    title: str
    gate: str
    defence: str
    run: Callable[[bool], Figure]
    """Called with whether the defences stand."""
    passes: Callable[[Figure], bool]


def none_succeeds(figure: Figure) -> bool:
    """The gate of most attacks: not a single hit."""
    return figure.hits == 0
