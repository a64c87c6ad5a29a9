# ruff: noqa: INP001, T201 - a script to run by hand
"""Draw the picture of the layers, from pyproject.toml's contract: `python tools/draw_layers.py docs/images/layers.svg`."""

import sys
import tomllib
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[1]
WIDTH, HEIGHT, GAP, LEFT = 920, 56, 10, 24
TOLD = {
    "adapters": "command line, Airflow, Great Expectations",
    "verbs": "the public functions",
    "reporting": "reports, maps, review site",
    "matching": "who may be matched",
    "detection": "what a column holds",
    "content": "how X Content comes",
    "engines": "how to measure: DuckDB in process",
    "rules": "what is checked",
    "disclosure": "how location may leave",
    "ledger": "what happened",
    "project": "what this deployment declares: governance.yml",
    "policy": "what the policy says: one row per clause",
    "model": "columns, measures, evidence, verdicts, findings, reports",
    "errors": "what can go wrong",
    "vocabulary": "the words that all others speak",
}
STYLE = """
.box { fill: #eef1fd; stroke: #b9c4f2; } .name { font: 600 15px system-ui, sans-serif; fill: #16202e; }
.told { font: 13px system-ui, sans-serif; fill: #55637a; }
.edge { fill: #f5e9d3; stroke: #e0c48f; } .pure { fill: #e4f3ea; stroke: #a9d3ba; }
@media (prefers-color-scheme: dark) {
  .box { fill: #20294a; stroke: #3b4a86; } .edge { fill: #37270d; stroke: #6b5226; } .pure { fill: #12301f; stroke: #2d5f42; }
  .name { fill: #e6ebf3; } .told { fill: #9aa8bd; }
}
"""


def layers() -> list[list[str]]:
    """The layers of the contract, top first."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    rows = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    named = [[name.strip() for name in row.replace(":", "|").split("|") if not name.strip().startswith("_")] for row in rows]
    return [row for row in named if row]


def box(name: str, left: float, top: float, width: float) -> str:
    """One package."""
    kind = "edge" if name == "adapters" else "pure" if name in {"rules", "disclosure", "policy", "model", "errors", "vocabulary"} else "box"
    middle = left + width / 2
    return (
        f'<rect class="{kind}" x="{left:.1f}" y="{top}" width="{width:.1f}" height="{HEIGHT}" rx="9"/>'
        f'<text class="name" x="{middle:.1f}" y="{top + 24}" text-anchor="middle">{name}</text>'
        f'<text class="told" x="{middle:.1f}" y="{top + 43}" text-anchor="middle">{escape(TOLD[name])}</text>'
    )


def drawing() -> str:
    """The picture as SVG."""
    rows = layers()
    height = len(rows) * (HEIGHT + GAP) + 2 * LEFT - GAP
    title = "Layers, top first: " + "; ".join(", ".join(row) for row in rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{title}">',
        f"<style>{STYLE}</style>",
    ]
    for at, row in enumerate(rows):
        each = (WIDTH - 2 * LEFT - GAP * (len(row) - 1)) / len(row)
        parts += [box(name, LEFT + place * (each + GAP), LEFT + at * (HEIGHT + GAP), each) for place, name in enumerate(row)]
    return "\n".join([*parts, "</svg>"]) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(drawing(), encoding="utf-8")
    print(sys.argv[1])
