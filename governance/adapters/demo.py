"""`make demo`: the example DAGs on the sample Posts, from nothing to a published map and the review site.

Every step is a real run: Airflow runs the DAGs without a scheduler, the ledger records what happened, and one violating input is refused.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console

from governance.adapters.cli.init import write_sample_data
from governance.errors import GovernanceError
from governance.ledger import Ledger
from governance.project import load_project

AS_OF = "2026-11-23T12:00:00+00:00"
"""The sample ends on Sunday 22 November 2026; the demo looks at it from the day after, whenever it runs."""

_SOURCE = Path(__file__).resolve().parents[2]
_AIRFLOW = str(Path(sys.executable).parent / "airflow")
_screen = Console(highlight=False)


def main(folder: Path = Path("demo")) -> int:
    """Make the sample project in a folder, run the DAGs in it, and say where to look.

    Parameters
    ----------
    folder
        Where to work; what an earlier demo left there is removed.

    Returns
    -------
    int
        0 if every step ended as it should.

    """
    started = time.monotonic()
    home = folder.resolve()
    _clear(home)
    environment = _environment(home)
    steps = [
        ("make the sample Posts and people", lambda: _sample(home)),
        ("prepare Airflow", lambda: _airflow(environment, "db", "migrate")),
        ("publish a heat map (DAG publish_heat_map)", lambda: _dag(environment, "publish_heat_map", {"as_of": AS_OF})),
        ("try to publish places without their Posts", lambda: _refused(environment, home)),
        ("match members (DAG match_members)", lambda: _dag(environment, "match_members", {"as_of": AS_OF})),
        ("check what lies there", lambda: _checks(home)),
        ("write the review site", lambda: _run(environment, sys.executable, "-m", "governance", "report", "--out", str(home / "site"))),
    ]
    try:
        for number, (title, step) in enumerate(steps, 1):
            _step(number, len(steps), title, step)
    except _Failed as problem:
        _screen.print(f"[red]the demo stopped[/red]: {problem}")
        return 1
    _summary(home, time.monotonic() - started)
    return 0


class _Failed(Exception):
    """A step did not end as it should."""


def _step(number: int, count: int, title: str, step: object) -> None:
    began = time.monotonic()
    with _screen.status(f"[{number}/{count}] {title} ..."):
        told = step() if callable(step) else None
    _screen.print(f"[{number}/{count}] {title}  [dim]{time.monotonic() - began:.0f} s[/dim]{f'  {told}' if told else ''}")


def _clear(home: Path) -> None:
    """Remove an earlier demo, and nothing else."""
    mark = home / ".governance-demo"
    if home.exists() and any(home.iterdir()):
        if not mark.exists():
            raise SystemExit(f"{home} is not empty and no demo; move it away first.")
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)
    mark.touch()


def _environment(home: Path) -> dict[str, str]:
    settings = {
        "AIRFLOW_HOME": str(home / ".airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(_SOURCE / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        "GOVERNANCE_PROJECT": str(home / "governance.yml"),
        "GX_ANALYTICS_ENABLED": "False",
    }
    return {name: text for name, text in os.environ.items() if not name.startswith("AIRFLOW")} | settings


def _sample(home: Path) -> str:
    write_sample_data(home)
    template = _SOURCE / "governance" / "adapters" / "cli" / "templates" / "sample.yml"
    shutil.copy(template, home / "governance.yml")
    Ledger.open(project=home / "governance.yml")
    size = sum(file.stat().st_size for file in (home / "data").rglob("*") if file.is_file())
    return f"{size / 1e6:.0f} MB in {len(list((home / 'data' / 'posts').iterdir()))} shapes"


def _dag(environment: dict[str, str], name: str, conf: dict[str, str]) -> None:
    _airflow(environment, "dags", "test", name, "--conf", json.dumps(conf))


def _refused(environment: dict[str, str], home: Path) -> str:
    """A violating input must stop the DAG, and nothing may be published."""
    conf = {"posts": "data/visits.csv", "out": "public/never", "as_of": AS_OF}
    done = _called(
        environment, str(Path(sys.executable).parent / "airflow"), "dags", "test", "publish_heat_map", "--conf", json.dumps(conf)
    )
    if done.returncode == 0 or (home / "public" / "never").exists():
        raise _Failed("places without their Posts were not refused.")
    return "refused, as it must be"


def _airflow(environment: dict[str, str], *words: str) -> None:
    _run(environment, _AIRFLOW, *words)


def _run(environment: dict[str, str], *words: str) -> None:
    done = _called(environment, *words)
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise _Failed(f"{' '.join(words[1:4])} ended with {done.returncode}:\n{tail}")


def _called(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    home = Path(environment["GOVERNANCE_PROJECT"]).parent
    return subprocess.run(words, env=environment, cwd=home, check=False, capture_output=True, text=True)  # noqa: S603 - our own commands


def _checks(home: Path) -> str:
    """The published map must pass, the damaged file and the visits must not."""
    from governance.verbs.checking import check

    wanted = {"public/heat-map/heat-map.parquet": "pass", "data/matches.parquet": "pass", "data/members.csv": "pass"}
    wanted |= {"data/damaged/posts.csv": "fail", "data/visits.csv": "fail"}
    for path, outcome in wanted.items():
        kind = "posts" if "damaged" in path else None
        found = check(home / path, kind, project=home / "governance.yml").outcome
        if found != outcome:
            raise _Failed(f"{path} should {outcome} and was {found}.")
    return f"{list(wanted.values()).count('pass')} pass, {list(wanted.values()).count('fail')} refused"


def _summary(home: Path, seconds: float) -> None:
    project = load_project(home / "governance.yml")
    ledger = Ledger.open(project=project)
    outcomes = [entry.facts.get("outcome") for event in ("check", "gate") for entry in ledger.entries(event)]
    passed = outcomes.count("pass")
    _screen.print()
    _screen.print(f"checked   {len(outcomes)} times: {passed} passed, {len(outcomes) - passed} refused")
    for entry in ledger.entries("release"):
        _screen.print(f"released  a heat map of {entry.facts.get('record_count', 0)} regions ({entry.at:%H:%M})")
    for entry in ledger.entries("match"):
        _screen.print(f"matched   {entry.facts.get('edges', 0)} pairs, each with its basis; all others refused")
    _screen.print(f"ledger    {ledger.verify().entry_count} entries, {'intact' if ledger.verify().intact else 'NOT INTACT'}")
    _screen.print(f"map       {home / 'public' / 'heat-map' / 'heat-map.html'}")
    _screen.print(f"review    {home / 'site' / 'index.html'}")
    _screen.print(f"[dim]{seconds:.0f} s[/dim]")


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("demo")))
    except GovernanceError as problem:
        sys.exit(f"governance: {problem}")
