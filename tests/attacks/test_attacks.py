"""Every attack fails against the product as it ships, and succeeds as soon as the defence it tests is switched off."""

import pytest

from tests.attacks.figures import Attack, Figure
from tests.attacks.people import membership_auc, pair_of_maps
from tests.attacks.table import ATTACKS, row


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.code)
def test_the_defence_holds(attack: Attack) -> None:
    """Against the published files the figure stays within its gate."""
    figure = attack.run(True)
    assert figure.trials > 0
    assert attack.passes(figure)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.code)
def test_the_mutation_breaks_the_gate(attack: Attack) -> None:
    """With the defence off the same attack succeeds, so the gate would notice."""
    figure = attack.run(False)
    assert figure.trials > 0
    assert not attack.passes(figure)


def test_a_random_map_and_a_modal_one_of_the_same_people_are_never_both_published() -> None:
    """As shipped the second is refused. With that refusal off both appear, and k and rounding still keep who is in the data to chance."""
    shipped, member = pair_of_maps(refusing=True, exact=False)
    both, _ = pair_of_maps(refusing=False, exact=False)
    assert (len(shipped), len(both)) == (1, 2)
    assert membership_auc(shipped, member) <= 0.55
    assert membership_auc(both, member) <= 0.55
    bare, _ = pair_of_maps(refusing=False, exact=True)
    assert membership_auc(bare, member) > max(0.55, membership_auc(bare[:1], member))


def test_wilson_intervals_are_those_of_the_textbook() -> None:
    """Ten of a hundred is 0.055 to 0.174; nothing of fifty ends at 0.071; risk is measured against the control."""
    low, high = Figure(10, 100).interval
    assert (round(low, 3), round(high, 3)) == (0.055, 0.174)
    assert round(Figure(0, 50).interval[1], 3) == 0.071
    assert Figure(80, 100, control=0.6).risk == pytest.approx(0.5)
    assert Figure(0, 0).interval == (0.0, 0.0)


def test_a_row_of_the_table_says_whether_the_gate_held() -> None:
    """The printed row carries both figures and the verdict."""
    attack = Attack("A0", "nothing", "0", "none", lambda defended: Figure(0 if defended else 5, 10), lambda figure: figure.hits == 0)
    assert row(attack).endswith("| held |")
    assert "0.500 [0.237, 0.763] of 10" in row(attack)
