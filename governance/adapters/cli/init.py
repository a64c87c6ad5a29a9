"""`governance init`: governance.yml, the key and the ledger; with --sample a whole made-up project, with --match a look at two files."""

import shutil
from importlib.resources import files
from pathlib import Path

import click

from governance.adapters.cli.options import write_whole
from governance.errors import BadRequest
from governance.ledger import Ledger
from governance.project import load_project


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option("--sample", is_flag=True, help="Write made-up Posts and people with their declarations.")
@click.option("--seed", default=2026, show_default=True, help="Which sample world.")
@click.option(
    "--match",
    "pair",
    nargs=2,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="ACCOUNTS RECORDS: write declarations from a look at these two files.",
)
def init(folder: Path, sample: bool, seed: int, pair: tuple[Path, Path] | None) -> None:
    """Start a project: write governance.yml, make the key, begin the ledger."""
    path = folder / "governance.yml"
    if path.exists():
        raise BadRequest(f"{path} exists.", "name another folder, or edit the file; init never overwrites.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise BadRequest(f"{folder}: can't be made ({problem.strerror}).", "name a folder that you may write to.") from None
    if sample:
        write_sample_data(folder, seed)
    write_whole(path, _text(folder, pair, sample=sample))
    project = load_project(path)
    Ledger.open(project=project)
    click.echo(f"wrote {path}. Next: governance doctor --project {path}")


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
