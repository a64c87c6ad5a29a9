"""Run every attack with the defences up and down and print the table: `python -m tests.attacks.table`."""

from tests.attacks import differencing, people
from tests.attacks.figures import Attack, Figure

ATTACKS: tuple[Attack, ...] = (*differencing.ATTACKS, *people.ATTACKS)


def row(attack: Attack) -> str:
    """One line of the table."""
    up, down = attack.run(True), attack.run(False)
    held = "held" if attack.passes(up) and not attack.passes(down) else "BROKEN"
    return f"| {attack.code} | {attack.title} | {_told(down)} | {_told(up)} | {attack.gate} | {held} |"


def _told(figure: Figure) -> str:
    low, high = figure.interval
    control = f", control {figure.control:.2f}" if figure.control else ""
    return f"{figure.rate:.3f} [{low:.3f}, {high:.3f}] of {figure.trials:,}{control}, risk {max(figure.risk, 0):.3f}"


def main() -> None:
    """Print the table."""
    print("| attack | what is tried | defence off | as shipped | gate | |")  # noqa: T201 - the table is the output
    print("|---|---|---|---|---|---|")  # noqa: T201 - the table is the output
    for attack in ATTACKS:
        print(row(attack), flush=True)  # noqa: T201 - the table is the output


if __name__ == "__main__":
    main()
