"""Declarations that lie, or say nothing: the values still decide."""

from pathlib import Path

import h3
import pandas as pd
import pytest

import governance as gov

SIZE = 40
FRAME = pd.DataFrame(
    {
        "a": [47.51234 + n / 9.7 for n in range(SIZE)],
        "b": [7.51234 + (n * 7 % 13) / 2.3 for n in range(SIZE)],
        "k": [h3.latlng_to_cell(47.5 + n / 9, 7.5 + n % 7, 9) for n in range(SIZE)],
        "mail": [f"p{n}@example.org" for n in range(SIZE)],
        "handle": [f"@user{n}" for n in range(SIZE)],
    },
)


def declare(kind: str, columns: dict[str, str], rest: str = "") -> None:
    """Write governance.yml with one data set `d`."""
    said = ", ".join(f"{name}: {{{what}}}" for name, what in columns.items())
    Path("governance.yml").write_text(f"version: 1\n{rest}datasets:\n  d: {{kind: {kind}, columns: {{{said}}}}}\n")


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("working", {"k": "holds: x.post.text"}),
        ("working", {"k": "holds: heat_map.cell"}),
        ("share", {"k": "holds: heat_map.cell", "handle": "holds: x.user.handle"}),
        ("working", {"mail": "holds: off_x.attribute", "handle": "holds: x.user.handle"}),
        ("working", {"mail": "holds: match.off_x_id", "handle": "holds: match.x_user_id"}),
        ("consents", {"mail": "holds: off_x.person", "handle": "holds: x.user.handle"}),
        (
            "working",
            {
                "a": "holds: location.latitude, provenance: unknown",
                "b": "holds: location.longitude, provenance: unknown",
            },
        ),
        (
            "working",
            {
                "a": "holds: location.latitude, provenance: observed",
                "b": "holds: location.longitude, provenance: observed",
                "handle": "holds: x.user.handle",
            },
        ),
    ],
    ids=[
        "cells as text",
        "cells as a map that is none",
        "cells that leave beside accounts",
        "an identifier as an attribute",
        "edges outside a data set of matches",
        "a link among consents",
        "a location of unknown provenance",
        "an address beside an account",
    ],
)
def test_a_false_declaration_is_refused(kind: str, columns: dict[str, str]) -> None:
    """Neither a false label nor an empty provenance lets a location or a link pass."""
    declare(kind, columns)
    assert gov.check(FRAME[list(columns)], data_set="d").outcome == "fail"


def test_degrees_are_no_text() -> None:
    """Numbers declared as text or as anything of a Post are contradicted."""
    towns = pd.DataFrame({"lat": FRAME["a"], "lon": FRAME["b"]})
    declare("working", {"lat": "holds: x.post.text", "lon": "holds: x.post.other"})
    assert gov.check(towns, data_set="d").outcome == "fail"


def test_consents_pass_as_consents() -> None:
    """Who consented for which account is what a table of consents is for."""
    table = pd.DataFrame({"consent_id": ["1", "2"], "off_x_id": ["p1@example.org", "p2@example.org"], "x_user_id": ["11", "12"]})
    assert gov.check(table, kind="consents").outcome == "pass"


def test_nothing_that_leaves_is_only_reported() -> None:
    """`mode: report` has no effect on a heat map or a share."""
    for kind in ("heat_map", "share"):
        Path("governance.yml").write_text(f"version: 1\ndatasets:\n  d: {{kind: {kind}, mode: report}}\n")
        report = gov.check(FRAME[["k"]], data_set="d")
        assert (report.mode, report.stops) == ("enforce", True)
