"""The provider as Airflow sees it, and what importing it costs."""

import subprocess
import sys
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

import governance.adapters.airflow
from governance.adapters.airflow.get_provider_info import get_provider_info


def test_provider_info_fits_airflows_schema() -> None:
    """Airflow drops a provider whose description does not fit."""
    import json

    schema = json.loads(files("airflow").joinpath("provider_info.schema.json").read_text())
    jsonschema.validate(get_provider_info(), schema)


def test_every_module_and_decorator_it_names_exists() -> None:
    """What the description names can be imported."""
    from airflow.sdk.module_loading import import_string

    info = get_provider_info()
    for part in ("operators", "sensors"):
        for module in info[part][0]["python-modules"]:
            __import__(module)
    for decorator in info["task-decorators"]:
        assert callable(import_string(decorator["class-name"]))


@pytest.mark.parametrize(
    ("group", "value"),
    [
        ("apache_airflow_provider", "governance.adapters.airflow.get_provider_info:get_provider_info"),
        ("airflow.policy", "governance.adapters.airflow.policy"),
        ("airflow.plugins", "governance.adapters.airflow.plugin:GovernancePlugin"),
    ],
)
def test_entry_points(group: str, value: str) -> None:
    """The distribution registers the provider, the policy and the plugin."""
    assert value in {point.value for point in entry_points(group=group)}


def _loaded_by(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint('LOADED', *sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("LOADED")]
    return set(line.split())


def test_listing_providers_loads_nothing() -> None:
    """Provider discovery runs in every process: it loads neither Airflow nor anything heavy."""
    loaded = _loaded_by("from governance.adapters.airflow.get_provider_info import get_provider_info; get_provider_info()")
    assert not loaded & {"airflow", "great_expectations", "pandas", "pyspark", "pyarrow", "duckdb", "numpy", "sqlalchemy"}


def test_importing_the_provider_loads_no_heavy_library() -> None:
    """A DAG file that uses the provider does not pay for Great Expectations, pandas, Spark, pyarrow or DuckDB."""
    here = Path(governance.adapters.airflow.__path__[0])
    modules = sorted(file.stem for file in here.glob("*.py") if not file.stem.startswith("_"))
    assert {"policy", "operators", "expectations", "installing", "listening", "plugin", "xcom"} <= set(modules)
    loaded = _loaded_by("import airflow.sdk\n" + "\n".join(f"import governance.adapters.airflow.{name}" for name in modules))
    assert "airflow" in loaded
    assert not loaded & {"great_expectations", "pandas", "pyspark", "pyarrow", "duckdb", "h3", "shapely", "scipy"}


def test_public_names_are_there() -> None:
    """Every name of the package loads, twice."""
    import governance.adapters.airflow as provider

    for name in provider.__all__:
        assert getattr(provider, name) is getattr(provider, name)


def test_every_operator_has_its_example(pytestconfig: pytest.Config) -> None:
    """The how-to names every operator, and dags/ uses every one that is no helper of another."""
    import governance.adapters.airflow as provider

    page = "".join(p.read_text() for p in (pytestconfig.rootpath / "docs/how-to").glob("airflow*.md"))
    examples = "".join(p.read_text() for p in Path(pytestconfig.rootpath / "dags").glob("*.py"))
    for name in provider.__all__:
        if name.endswith(("Operator", "Sensor")):
            assert name in page, name
    for name in ("Check", "HeatMap", "Match", "Consent", "Sweep", "Audit"):
        assert f"Governance{name}Operator" in examples
