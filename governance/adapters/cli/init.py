"""`governance init`: governance.yml, the key and the ledger; with --sample a whole made-up project, with --match a look at two files."""

import json
import re
import shutil
import tempfile
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

import click
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from governance.adapters.cli.markdown import facts
from governance.adapters.cli.options import FILE, GivenPath, common, emit, emit_json, write_whole
from governance.adapters.cli.output_place import refuse_over
from governance.errors import BadRequest
from governance.ledger import Ledger
from governance.project.loading import FILE_NAME

_LEDGER = re.compile(r"^(# *)?ledger:.*$", re.MULTILINE)


@click.command("init")
@click.argument("folder", type=GivenPath(path_type=Path, file_okay=False), required=False)
@click.option("--sample", is_flag=True, help="Write made-up Posts and people with their declarations.")
@click.option("--seed", default=2026, show_default=True, help="Which sample world.")
@click.option(
    "--match",
    "pair",
    nargs=2,
    type=FILE,
    help="ACCOUNTS RECORDS: write declarations from a look at these two files.",
)
@common
def init(
    folder: Path | None,
    sample: bool,
    seed: int,
    pair: tuple[Path, Path] | None,
    project: Path | None,
    ledger: str | None,
    output_format: str,
    out: Path | None,
) -> None:
    """Start a project in FOLDER (else --project, else here): write governance.yml, make the key, begin the ledger.

    A --ledger is written into governance.yml.
    """
    path = _place(folder, project)
    if out is not None:
        refuse_over(out, path, "the project's governance.yml")
    _begin(path, pair, seed if sample else None, ledger)
    tree = {"file": str(path), "ledger": Ledger.open(project=path).place, "next": f"governance doctor --project {path}"}
    if output_format == "json":
        emit_json(tree, out)
    elif output_format == "markdown":
        emit(facts("A new project", tree), out)
    else:
        emit(f"wrote {path}. Next: {tree['next']}", out)


def _place(folder: Path | None, project: Path | None) -> Path:
    """Where the new governance.yml goes."""
    if project is not None and project.suffix in {".yml", ".yaml"}:
        if project.name != FILE_NAME:
            raise BadRequest(f"{project}: a project's file is called {FILE_NAME}.", "name its folder.")
        project = project.parent
    if folder is not None and project is not None and folder.resolve() != project.resolve():
        raise BadRequest("FOLDER and --project name two places.", "leave one of them out.")
    return (folder or project or Path()) / FILE_NAME


def _begin(path: Path, pair: tuple[Path, Path] | None, seed: int | None, ledger: str | None) -> None:
    folder = path.parent
    if path.exists():
        raise BadRequest(f"{path} exists.", "name another folder, or edit the file; init never overwrites.")
    text = _with_ledger(_text(folder, pair, sample=seed is not None), ledger)
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise BadRequest(f"{folder}: can't be made ({problem.strerror}).", "name a folder that you may write to.") from None
    try:
        if seed is not None:
            _write_sample(folder, seed)
        write_whole(path, text)
    except BaseException:
        if made:
            with suppress(OSError):
                folder.rmdir()  # if nothing is in it
        raise


def _write_sample(folder: Path, seed: int) -> None:
    """The sample's folder of data, whole or not at all; one that is there is never touched."""
    target = folder / "data"
    if target.exists():
        raise BadRequest(f"{target} exists.", "name another folder; init never overwrites.")
    try:
        with tempfile.TemporaryDirectory(prefix=".sample-", dir=folder) as beside:
            write_sample_data(Path(beside), seed)
            (Path(beside) / "data").replace(target)
    except OSError as problem:
        raise BadRequest(f"{target}: can't be written ({problem.strerror}).", "name a folder that you may write to.") from None


def _with_ledger(text: str, ledger: str | None) -> str:
    """The text of governance.yml with another ledger."""
    if ledger is None:
        return text
    try:
        secret = make_url(ledger).password is not None
    except ArgumentError:
        hint = "write sqlite:///governance.db or postgresql+psycopg://user@host/name."
        raise BadRequest("--ledger: the URL can't be read.", hint) from None
    if secret:
        raise BadRequest("--ledger: a password does not belong into governance.yml.", "set GOVERNANCE_LEDGER to the whole URL instead.")
    line = f"ledger: {json.dumps(ledger)}"
    return _LEDGER.sub(lambda _: line, text, count=1) if _LEDGER.search(text) else f"{text.rstrip()}\n{line}\n"


def _text(folder: Path, pair: tuple[Path, Path] | None, *, sample: bool) -> str:
    if pair is not None:
        from governance.verbs.declaring import declarations

        return declarations(*pair, folder)
    name = "sample.yml" if sample else "governance.yml"
    return (files("governance.adapters.cli") / "templates" / name).read_text(encoding="utf-8")


def write_sample_data(folder: Path, seed: int = 2026) -> None:
    """Made-up Posts in the real shapes, people with consents, a table that is refused and one that passes."""
    from governance.content.synthetic import write_people, write_sample

    data = folder / "data"
    write_sample(data / "posts", seed)
    write_people(data, seed)
    shutil.move(data / "crm.csv", data / "members.csv")
    (data / "damaged").mkdir()
    shutil.move(data / "posts" / "posts.csv", data / "damaged" / "posts.csv")
    _split_withdrawals(data)
    _write_visits(data / "visits.csv", seed)
    tickets = (f"{n},{'open' if n % 3 else 'closed'},{n % 17}\n" for n in range(1, 201))
    (data / "tickets.csv").write_text("ticket,state,minutes\n" + "".join(tickets), encoding="utf-8")


def _split_withdrawals(data: Path) -> None:
    """Consents as they came first, withdrawals as they came later, and an empty list of objections."""
    header, *rows = (data / "consents.csv").read_text(encoding="utf-8").splitlines()
    later = [row for row in rows if row.split(",", 2)[1] == "withdrawn"]
    first = [row for row in rows if row.split(",", 2)[1] != "withdrawn"]
    for name, kept in (("consents.csv", first), ("withdrawals.csv", later)):
        (data / name).write_text("\n".join([header, *kept]) + "\n", encoding="utf-8")
    objector = rows[0].split(",")
    objection = f"{objector[5]},{objector[6]},2026-11-20T09:00:00Z,asked by letter"
    (data / "objections.csv").write_text(f"off_x_id,x_user_id,at,reason\n{objection}\n", encoding="utf-8")


def _write_visits(path: Path, seed: int) -> None:
    """What must never be: places cut off from their Posts, one row per person and point."""
    import pyarrow.csv

    from governance.content.synthetic import synthetic_table

    posts = synthetic_table(3000, 400, seed)
    located = posts.filter(posts["latitude"].is_valid()).select(["author_id", "created_at", "latitude", "longitude"])
    pyarrow.csv.write_csv(located.slice(0, 1000), path)
