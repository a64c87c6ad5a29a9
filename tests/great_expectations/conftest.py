"""Great Expectations without files, and a PostgreSQL server of the tests' own."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ["GX_ANALYTICS_ENABLED"] = "False"
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    __import__("great_expectations")  # warns while it is imported; tests import it at their top


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Great Expectations warns on its own account; only warnings that name this library's modules stay errors."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("error:::governance"))
            item.add_marker(pytest.mark.filterwarnings("ignore"), append=False)
            item.add_marker(pytest.mark.xdist_group("great_expectations"))


@pytest.fixture
def context() -> Any:  # noqa: ANN401 - a GX context
    """An ephemeral context without progress bars."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    made = gx.get_context(mode="ephemeral")
    made.variables.progress_bars = ProgressBarsConfig(globally=False)
    return made


@pytest.fixture
def validate(context: Any) -> Callable[..., Any]:  # noqa: ANN401 - a GX context
    """Validate a batch with the suite of a kind, or with another suite, and return GX's result."""
    import great_expectations as gx

    from governance.adapters.great_expectations import suite_for

    def run(batch_definition: Any, suite: Any, frame: Any = None, **options: Any) -> Any:  # noqa: ANN401 - GX's objects
        chosen = context.suites.add(suite_for(suite) if isinstance(suite, str) else suite)
        definition = context.validation_definitions.add(gx.ValidationDefinition(name=chosen.name, data=batch_definition, suite=chosen))
        parameters = {"batch_parameters": {"dataframe": frame}} if frame is not None else {}
        return definition.run(**parameters, **options)

    return run


@pytest.fixture
def frames(context: Any) -> Any:  # noqa: ANN401 - a GX context
    """A batch definition for pandas frames."""
    return context.data_sources.add_pandas("frames").add_dataframe_asset("a").add_batch_definition_whole_dataframe("b")


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    named = shutil.which("initdb")
    return found[0].parent if found else Path(named).resolve().parent if named else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server that lives as long as the session; skipped where the machine has no PostgreSQL."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL binaries on this machine (Debian: apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="governance-pg-"))
    as_user: dict[str, Any] = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
        as_user["user"] = "postgres"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data, log = folder / "data", folder / "log"
    subprocess.run([binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-N"], check=True, **as_user)
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    subprocess.run([binaries / "pg_ctl", "-D", data, "-l", log, "-o", options, "-w", "start"], check=True, **as_user)
    try:
        yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop"], check=True, **as_user)
        shutil.rmtree(folder, ignore_errors=True)
