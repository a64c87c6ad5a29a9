"""Colours and classes of a heat map.

The ramps were made in OKLCh: equal steps of lightness, hue turning from yellow over teal to indigo, as much chroma as sRGB holds. Lightness
alone carries the order, so the maps read in grey print and with every kind of colour blindness. On a light page more people are darker,
on a dark page brighter.

Classes end at round numbers (1, 1.5, 2, 3, 5, 7 times a power of ten) near the quantiles of the published values: each class is used,
and the legend can be read aloud.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence

LIGHT = ("#edebbd", "#b2d1a1", "#6eb697", "#1a9797", "#007190", "#104888", "#2b1b6a")
DARK = ("#4b3f98", "#2a69b4", "#0090b6", "#00b3b4", "#63d1a5", "#b4e699", "#fcf79e")
CLASSES = len(LIGHT)
_ROUND = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0)


def nearest_round(value: float) -> float:
    """The round number nearest to a positive value, by ratio.

    >>> nearest_round(0.0047), nearest_round(1234)
    (0.005, 1500.0)
    """
    power = 10.0 ** math.floor(math.log10(value))
    best = min(_ROUND, key=lambda step: abs(math.log(step * power / value)))
    return float(f"{best * power:.3g}")


def breaks(values: Sequence[float]) -> list[float]:
    """The upper ends of all classes but the last: at most six, rising.

    Parameters
    ----------
    values
        Published values, above zero.

    >>> breaks([10, 20, 30, 40, 100, 1000, 2000])
    [20.0, 30.0, 50.0, 100.0, 1000.0, 2000.0]
    """
    ordered = sorted(value for value in values if value > 0)
    if not ordered:
        return []
    quantiles = [ordered[min(len(ordered) - 1, len(ordered) * step // CLASSES)] for step in range(1, CLASSES)]
    ends = sorted({nearest_round(value) for value in quantiles})
    return [end for end in ends if ordered[0] < end <= ordered[-1]]


def class_of(value: float, ends: Sequence[float]) -> int:
    """The class of a value: 0 is the lowest.

    >>> class_of(10, [10, 20]), class_of(9.9, [10, 20]), class_of(500, [10, 20])
    (1, 0, 2)
    """
    return bisect_right(ends, value)


def colours(ends: Sequence[float], ramp: Sequence[str] = LIGHT) -> list[str]:
    """One colour per class, spread over the whole ramp.

    >>> colours([10.0])
    ['#edebbd', '#2b1b6a']
    """
    count = len(ends) + 1
    if count == 1:
        return [ramp[CLASSES // 2]]
    return [ramp[round(index * (CLASSES - 1) / (count - 1))] for index in range(count)]
