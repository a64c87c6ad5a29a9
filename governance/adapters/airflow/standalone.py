"""`make airflow`: a whole Airflow with the example DAGs, guarded, on a free port, with a login that works.

    python -m governance.adapters.airflow.standalone [--home FOLDER] [--dags FOLDER] [--project FOLDER] [--port N]

Everything of Airflow lies in the home folder: database, logs, configuration. The DAGs work in a project: the one that is named or found,
else the sample project of `make demo`, which is made if it is not there. Stop it with Ctrl-C; all its processes end with it.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from governance.project import load_project

USER = "admin"
_WAIT = 180.0


def settings(home: Path, dags: Path, port: int) -> dict[str, str]:
    """The environment of a guarded Airflow: every store wrapped, example DAGs of our own, all of it below one folder."""
    here = "governance.adapters.airflow"
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://localhost:{port}/execution/",
        "AIRFLOW__CORE__XCOM_BACKEND": f"{here}.xcom.GovernedXCom",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__BASE_URL": f"http://localhost:{port}",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "10",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__LOGGING__LOGGING_CONFIG_CLASS": f"{here}.logs.LOGGING_CONFIG",
        "AIRFLOW__WORKERS__STATE_STORE_BACKEND": f"{here}.state.GovernedStateStore",
    }


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(home: Path, dags: Path, port: int, environment: Mapping[str, str] | None = None, folder: Path | None = None) -> Iterator[str]:
    """A running `airflow standalone`: yields its address once it answers, and ends every one of its processes afterwards.

    Parameters
    ----------
    home, dags
        Where everything lies, and the folder of DAGs.
    port
        A free port.
    environment
        Further variables, such as GOVERNANCE_PROJECT.
    folder
        Where tasks work; this process's own folder by default.

    """
    home.mkdir(parents=True, exist_ok=True)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"  # its parts are started by name
    env = {**os.environ, **settings(home, dags, port), **(environment or {}), "PATH": path}
    log = (home / "standalone.log").open("w", encoding="utf-8")
    command = [sys.executable, "-m", "airflow", "standalone"]
    process = subprocess.Popen(command, env=env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, cwd=folder)  # noqa: S603 - our own command
    try:
        address = f"http://localhost:{port}"
        _await(address, process, home)
        yield address
    finally:
        _end(process)
        log.close()


def _await(address: str, process: "subprocess.Popen[bytes]", home: Path) -> None:
    """Wait until the API answers and says that scheduler and DAG processor are well."""
    until = time.monotonic() + _WAIT
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/api/v2/monitor/health", timeout=5) as answer:  # noqa: S310 - our own address
                health = json.load(answer)
            if all(health[part]["status"] == "healthy" for part in ("scheduler", "dag_processor")):
                return
        except (OSError, ValueError, KeyError):
            pass
        time.sleep(0.5)
    raise TimeoutError(f"Airflow did not start; see {home / 'standalone.log'}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the whole process group: Airflow's own parts do not all go with their parent."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(timeout=8)
        except subprocess.TimeoutExpired:
            continue
        if number is not signal.SIGKILL:
            continue
    process.wait()


def password(home: Path) -> str:
    """The generated password of the admin."""
    return str(json.loads((home / "passwords.json").read_text(encoding="utf-8"))[USER])


def sample_project(folder: Path) -> Path:
    """The governance.yml of the sample project in a folder, made there with its data if the folder is new."""
    from governance.adapters.cli.init import write_sample_data

    file = folder / "governance.yml"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".governance-demo").touch()  # by this `make demo` knows that it may clear the folder
        write_sample_data(folder)
        shutil.copy(Path(__file__).parents[1] / "cli" / "templates" / "sample.yml", file)
    return file.resolve()


def _project(named: Path | None) -> Path:
    from governance.adapters.airflow.finding import find_project

    found = load_project(named).path if named else find_project().path
    return found.resolve() if found else sample_project(Path("demo"))


def main(arguments: list[str] | None = None) -> None:
    """Start Airflow, print where it is and how to log in, and wait for Ctrl-C."""
    parser = argparse.ArgumentParser(prog="make airflow", description="A guarded Airflow with the example DAGs")
    parser.add_argument("--home", type=Path, default=Path(".airflow"), help="where everything lies")
    parser.add_argument("--dags", type=Path, default=Path("dags"), help="the folder of DAGs")
    parser.add_argument("--project", type=Path, help="a governance.yml or its folder; the one that is found, else the sample in demo/")
    parser.add_argument("--port", type=int, default=0, help="a port; a free one by default")
    chosen = parser.parse_args(arguments)
    home, port = chosen.home.resolve(), chosen.port or free_port()
    sys.stdout.write("Starting Airflow; this takes about half a minute.\n")
    sys.stdout.flush()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        project = _project(chosen.project)
        with running(home, chosen.dags.resolve(), port, {"GOVERNANCE_PROJECT": str(project)}, project.parent) as address:
            sys.stdout.write(
                f"\n  Airflow   {address}\n  login     {USER} / {password(home)}\n  project   {project}\n  stop      Ctrl-C\n\n"
            )
            sys.stdout.flush()
            signal.pause()
    except KeyboardInterrupt:
        sys.stdout.write("Stopped.\n")


if __name__ == "__main__":
    main()
