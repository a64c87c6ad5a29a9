"""No detection, finding, error or log holds a value of the data, whatever the data are."""

import io
import json
import logging
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import governance as gov
from governance.adapters.cli.detect import as_markdown, as_text, detect
from governance.detection import detect_source
from governance.detection.artifacts import scan_artifact
from governance.detection.sampling import ArrowSource
from governance.errors import GovernanceError
from tests.detection.town_points import FORMED, PLACED, positions

TOKENS = st.text(string.ascii_lowercase + string.digits, min_size=6, max_size=12).map(lambda text: f"zq{text}")
SHAPES = (
    "{t}@example.org",
    "call {t} at 48.85837, 2.29448",
    "https://x.com/{t}/status/1500000000000000001",
    "POINT({t} 2.29448)",
    '{{"{t}": {{"lat": 48.85837, "lon": 2.29448}}}}',
    "$GPGGA,{t},4851.5,N",
    "+49 30 {t}",
    "{t}",
    "871fb4662ffffff {t}",
    "{{broken {t}",
    "[48.8, {t}]",
    "'{t}",
)
SUFFIXES = ("csv", "json", "jsonl", "parquet", "feather", "xlsx", "db", "jpg")


@pytest.fixture
def spoken() -> Iterator[io.StringIO]:
    """Everything that is logged, at every level."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.DEBUG)
    yield stream
    logging.getLogger().removeHandler(handler)
    logging.getLogger().setLevel(logging.WARNING)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tokens=st.lists(TOKENS, min_size=1, max_size=30), shape=st.sampled_from(SHAPES))
def test_detections_hold_no_text(tokens: list[str], shape: str, spoken: io.StringIO) -> None:
    """Random words in every shape that a recogniser looks at never come out again."""
    found = gov.detect(pd.DataFrame({"c1": [shape.format(t=token) for token in tokens]}))
    said = json.dumps(found.to_json()) + repr(found) + as_text(found) + as_markdown(found) + spoken.getvalue()
    assert not [token for token in tokens if token in said]


@pytest.mark.parametrize("name", [*PLACED, *FORMED])
def test_detections_hold_no_position(name: str, spoken: io.StringIO) -> None:
    """No coordinate, cell or code comes out, in whatever form it went in."""
    table = pa.table((PLACED | FORMED)[name](*positions(count=60)))
    said = json.dumps([column.as_json() for column in detect_source(ArrowSource(table))]) + spoken.getvalue()
    values = {text for column in table.columns for value in column.to_pylist() for text in _texts(value)}
    assert not [text for text in values if len(text) >= 7 and text in said]


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401
    if isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
    else:
        yield str(value)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=400),
    token=TOKENS,
    suffix=st.sampled_from(SUFFIXES),
)
def test_errors_hold_no_text(content: bytes, token: str, suffix: str, tmp_path: Path, spoken: io.StringIO) -> None:
    """Damaged files end in errors that quote nothing of them."""
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(token.encode() + content + b",\n" + token.encode() + b'"\x00\xff')
    said = ""
    for look in (gov.detect, scan_artifact):
        try:
            said += repr(look(path))
        except GovernanceError as problem:
            said += str(problem) + repr(problem.__cause__)
    assert token not in said + spoken.getvalue()


def test_names_that_are_values_are_masked() -> None:
    """Column names and JSON keys that are values come out masked."""
    frame = pd.DataFrame(
        {
            "visits_48.85837_2.29448": [1, 2],
            "someone@example.org": [3, 4],
            "871fb4662ffffff": [5, 6],
            "j": [json.dumps({"other@example.org": 1}), json.dumps({"third@example.org": 2})],
        },
    )
    found = gov.detect(frame)
    said = json.dumps(found.to_json()) + as_text(found)
    assert not [secret for secret in ("48.85", "2.29", "someone", "871fb", "other@", "third@") if secret in said]
    assert [str(column.family) for column in found] == ["location", "offx", "location", "offx"]
    assert [str(column.status) for column in found] == ["confirmed"] * 4


def test_the_command_prints_no_value(tmp_path: Path) -> None:
    """Neither format of `governance detect` prints a value."""
    lats, lons = positions(count=40)
    frame = pd.DataFrame({"lat": np.round(lats, 5), "lon": np.round(lons, 5), "mail": [f"zq{n}@example.org" for n in range(40)]})
    frame.to_csv(tmp_path / "a.csv", index=False)
    for form in ("text", "json", "markdown"):
        done = CliRunner().invoke(detect, [str(tmp_path / "a.csv"), "--format", form])
        assert done.exit_code == 0, done.output
        assert "zq" not in done.output
        assert not [value for value in (*frame["lat"], *frame["lon"]) if str(value) in done.output]


def test_what_holds_values_inside_does_not_show_them() -> None:
    """Leaves and screens hold values while they work; their representations do not."""
    from governance.detection.leaves import leaves_of
    from governance.detection.screen import TextScreen

    table = pa.table({"t": ["write to zqsecret@example.org"], "n": [48.85837]})
    screen = TextScreen()
    glance = screen.glance(table.column("t").combine_chunks().cast(pa.string()))
    screen.take(glance)
    found = leaves_of(table)
    said = repr(found) + repr(found.texts) + repr(found.numbers) + repr(screen) + repr(glance)
    assert "zqsecret" not in said
    assert "48.85" not in said
