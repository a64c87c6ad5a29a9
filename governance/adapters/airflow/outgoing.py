"""What was written to a place that leaves: looked at right after the write, and withheld unless it passes."""

import os
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

from governance.adapters.airflow.catalogue import Catalogue
from governance.adapters.airflow.checking import enforce, gate
from governance.adapters.airflow.fingerprint import Stamp, fingerprint, stamp
from governance.adapters.airflow.proof import Proof, Run, code
from governance.errors import GovernanceError
from governance.ledger import Ledger


def look(catalogue: Catalogue, name: str, run: Run, ledger: Ledger, known: Iterable[Proof], *, withhold: bool = False) -> None:
    """Check what lies at the place of a data set that leaves, unless a gate of this run passed exactly these bytes.

    Parameters
    ----------
    catalogue, name
        The data set.
    run, ledger
        The task instance that wrote it, and where that is recorded.
    known
        The passed proofs of this run.
    withhold
        Take it away without a look: its gates no longer hold.

    Raises
    ------
    PolicyViolation
        It does not pass; it was moved to `.governance/withheld` beside governance.yml, so that nothing is published.

    """
    place = catalogue.path(name)
    if place is None or not place.exists():
        return
    if withhold:
        _withhold(catalogue, name, place, run, ledger)
        return
    if not _unknown(place, name, known):
        return
    try:
        report, _ = gate(place, run, data_set=name, project=catalogue.project, ledger=ledger, looking=True)
        enforce(report)
    except GovernanceError:
        _withhold(catalogue, name, place, run, ledger)
        raise


def stamps(catalogue: Catalogue) -> dict[str, Stamp]:
    """Where every data set that leaves and lies on this machine stands now, so that a write can be noticed."""
    places = ((name, catalogue.path(name)) for name in catalogue.project.datasets if catalogue.is_egress(name))
    return {name: stamp(place) for name, place in places if place is not None}


def look_if_still(catalogue: Catalogue, name: str, run: Run, ledger: Ledger, known: Iterable[Proof]) -> None:
    """Check what a task wrote that is no outlet of its own; left to the guard of whoever is still writing there meanwhile.

    Raises
    ------
    PolicyViolation
        It does not pass; it was withheld.

    """
    place = catalogue.path(name)
    if place is None or not place.exists() or not _unknown(place, name, known):
        return
    before = stamp(place)
    try:
        report, _ = gate(place, run, data_set=name, project=catalogue.project, ledger=ledger, looking=True)
        enforce(report)
    except GovernanceError:
        if stamp(place) == before:
            _withhold(catalogue, name, place, run, ledger)
            raise


def _unknown(place: Path, name: str, known: Iterable[Proof]) -> bool:
    written = fingerprint(place)
    return not any(p.data_set == name and p.data_sha256 == written for p in known)


def take_away(catalogue: Catalogue, names: Iterable[str]) -> None:
    """Withhold what lies at places that leave, where nobody can look at it: no ledger can be reached, or the task is being killed."""
    for name in names:
        place = catalogue.path(name)
        if place is not None and place.exists():
            _move(catalogue, place, secrets.token_hex(6))


def _withhold(catalogue: Catalogue, name: str, place: Path, run: Run, ledger: Ledger) -> None:
    mark = secrets.token_hex(6)
    held = _move(catalogue, place, mark)
    entry = ledger.record("withheld", dag=code(run.dag_id), task=code(run.task_id), data_set=code(name))
    held.rename(held.with_name(f"{entry[:12]}-{place.name}"))


def _move(catalogue: Catalogue, place: Path, mark: str) -> Path:
    folder = catalogue.project.folder / ".governance" / "withheld"
    folder.mkdir(parents=True, exist_ok=True)
    os.chmod(folder, 0o700)  # noqa: PTH101 - the folder only
    return Path(shutil.move(str(place), folder / f"{mark}-{place.name}"))
