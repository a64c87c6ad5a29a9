"""Run every attack with the defences up and down and print the table: `python -m tests.attacks.table [docs/explanation/attacks.md]`."""

import sys
from pathlib import Path

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


HEAD = ("| attack | what is tried | defence off | as shipped | gate | |", "|---|---|---|---|---|---|")
BEGIN, END = "<!-- attacks: begin -->", "<!-- attacks: end -->"


def written(page: Path, lines: list[str]) -> None:
    """Put the table between the marks of a page."""
    text = page.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    page.write_text("\n".join([before + BEGIN, "", *lines, "", END]) + after, encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Print the table; with the path of a page, write it there too."""
    lines = list(HEAD)
    print("\n".join(HEAD))  # noqa: T201 - the table is the output
    for attack in ATTACKS:
        lines.append(row(attack))
        print(lines[-1], flush=True)  # noqa: T201 - the table is the output
    if arguments:
        written(Path(arguments[0]), lines)


if __name__ == "__main__":
    main(sys.argv[1:])
