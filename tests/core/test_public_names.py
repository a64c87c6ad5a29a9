"""The public interface: names that stay, loaded lazily, each callable twice."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import governance as gov

PROBE = """
import sys, time
started = time.perf_counter()
import governance
spent = time.perf_counter() - started
loaded = {name.partition('.')[0] for name in sys.modules}
heavy = sorted(loaded & {'pandas', 'pyarrow', 'duckdb', 'airflow', 'great_expectations', 'h3', 'shapely', 'numpy', 'sqlalchemy'})
print(f"imported in {spent:.3f} s, heavy: {heavy}", spent < 0.1)
"""


def test_import_is_light() -> None:
    """`import governance` loads nothing heavy and costs under a tenth of a second."""
    done = subprocess.run([sys.executable, "-c", PROBE], check=True, capture_output=True, text=True)
    assert done.stdout.strip().endswith("heavy: [] True"), done.stdout


def test_every_public_name_is_there() -> None:
    """Each name of `__all__` loads and is documented."""
    for name in gov.__all__:
        assert getattr(gov, name).__doc__, name
    assert set(gov.__all__) <= set(dir(gov))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = gov.nothing


def test_no_module_bears_a_public_functions_name() -> None:
    """A module of a function's name would take its place after the first lazy import."""
    modules = {path.stem for path in Path(gov.__file__).parent.iterdir()}
    assert not modules & set(gov.__all__)


def test_functions_can_be_called_twice() -> None:
    """The second call reaches the same function as the first."""
    frame = pd.DataFrame({"note": ["a", "b"]})
    for _ in range(2):
        assert gov.check(frame).outcome == "pass"
        assert [column.column for column in gov.detect(frame).columns] == ["note"]
        assert gov.read_posts(pd.DataFrame({"post_id": ["1"], "author_id": ["2"], "text": ["t"]})).to_arrow().num_rows == 1
    for name in ("audit", "heat_map", "match"):
        first = getattr(gov, name)
        assert callable(first)
        assert getattr(gov, name) is first
