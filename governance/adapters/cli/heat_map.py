"""`governance heat-map POSTS...`: a map of people that may be published."""

import json
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from governance.adapters.cli.markdown import facts
from governance.adapters.cli.options import FILE, emit, emit_json, sharing
from governance.errors import BadRequest
from governance.vocabulary import Kind

if TYPE_CHECKING:
    import pyarrow as pa

    from governance.reporting.maps import HeatMap

_PROGRESS_FROM = 200_000


@click.command("heat-map")
@click.argument("posts", nargs=-1, required=True, type=FILE)
@click.option("--topic", "topics", multiple=True, help="'#hashtag' or 'keyword'; repeatable: a Post with any of them counts.")
@click.option("--scope", help="A collection declared under `scopes:` in governance.yml.")
@click.option("--groups", multiple=True, help="NAME=TERM,TERM: split the topic into exclusive groups; repeatable.")
@click.option("--regions", type=FILE, help="A GeoJSON file of named polygons to count in.")
@click.option("--window", default="week", show_default=True, help="day, week (ISO) or month.")
@click.option("--timezone", default="UTC", show_default=True, help="The series' time zone, such as Europe/Paris.")
@click.option("--as-of", help="Until when windows count as closed (ISO date or time); now if left out.")
@click.option("--minimum-people", type=int, help="The fewest people of a record; the project's if left out.")
@click.option("--finest", type=int, help="The finest H3 resolution; the window's and the project's limit if left out.")
@click.option("--coarsest", type=int, default=3, show_default=True, help="The coarsest H3 resolution.")
@click.option("--strategy", default="residual", show_default=True, help="residual, merge or fixed.")
@click.option("--assign", default="random", show_default=True, help="random or modal: in which of their cells a person counts.")
@click.option("--include-posts", is_flag=True, help="Also show rounded Posts.")
@click.option("--series", help="A name for maps that belong together; repeat it every day.")
@click.option("--columns", help="Column mapping of a table: latitude=lat,author_id=user.")
@sharing(writes=Kind.HEAT_MAP)
def heat_map(
    posts: tuple[Path, ...],
    topics: tuple[str, ...],
    groups: tuple[str, ...],
    regions: Path | None,
    columns: str | None,
    project: Path | None,
    ledger: str | None,
    output_format: str,
    out: Path | None,
    **settings: Any,  # noqa: ANN401 - the rest goes to gov.heat_map as it is
) -> None:
    """Make a heat map of people from Posts; --out map.html | .parquet | .geojson | .csv | .png writes it with its certificate."""
    from governance.content import read_posts
    from governance.errors import OpenWindowWarning
    from governance.reporting.maps import HeatMap
    from governance.verbs.mapping import heat_map as run

    if out is not None:
        HeatMap.target(out)  # before anything is released
    scan = read_posts(list(posts), _mapping(columns))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", OpenWindowWarning)
        heat = run(
            _watched(scan),
            topic=list(topics) or None,
            groups=_groups(groups),
            regions=read_regions(regions),
            ledger=ledger,
            project=project,
            **settings,
        )
    for one in told:
        if issubclass(one.category, OpenWindowWarning):
            click.echo(f"governance: warning: {one.message}", err=True)
        else:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    if out is not None:
        heat.write(out)
    if output_format == "json":
        emit_json({"summary": heat.summary(), "certificate": heat.certificate}, None)
    elif output_format == "markdown":
        written = {"release": heat.certificate["release"], "series": heat.certificate["series"], "written_to": str(out) if out else None}
        emit(facts("Heat map", heat.summary() | written), None)
    else:
        emit(_told(heat, out), None)


def _told(heat: "HeatMap", out: Path | None) -> str:
    facts = heat.certificate
    lines = [repr(heat), f"release {facts['release']}, series {facts['series']}, audit {facts['audit']['verdict']}"]
    published = facts["utility"].get("share_of_people_published_at_least")
    if published is not None:
        lines.append(f"at least {published:.1%} of people shown, mean resolution {facts['utility']['people_weighted_resolution']}")
    lines.append(f"written to {out}" if out else "nothing was written: name a file with --out map.html")
    return "\n".join(lines)


def _mapping(columns: str | None) -> dict[str, str] | None:
    if columns is None:
        return None
    pairs = [part.partition("=") for part in columns.split(",")]
    if not all(name.strip() and sign and source.strip() for name, sign, source in pairs):
        raise BadRequest("--columns: not NAME=COLUMN pairs.", "write --columns latitude=lat,author_id=user.")
    return {name.strip(): source.strip() for name, _, source in pairs}


def _groups(groups: tuple[str, ...]) -> dict[str, list[str]] | None:
    found = {}
    for text in groups:
        name, sign, listed = text.partition("=")
        if not sign or not name.strip() or not listed.strip():
            raise BadRequest("--groups: not NAME=TERM,TERM.", "write --groups flood=#flood,#hochwasser.")
        found[name.strip()] = [term.strip() for term in listed.split(",") if term.strip()]
    return found or None


def read_regions(path: Path | None) -> dict[str, Any] | None:
    """The polygons of a GeoJSON file by their `name` property."""
    if path is None:
        return None
    from shapely.errors import ShapelyError
    from shapely.geometry import shape

    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
        features = tree["features"] if tree.get("type") == "FeatureCollection" else [tree]
        return {str(feature["properties"]["name"]): shape(feature["geometry"]) for feature in features}
    except OSError as problem:
        raise BadRequest(f"{path}: can't be read ({problem.strerror}).", "name a GeoJSON file.") from None
    except (ValueError, KeyError, TypeError, AttributeError, ShapelyError):
        raise BadRequest(f"{path}: no GeoJSON features with a property `name`.", "write a FeatureCollection of named polygons.") from None


def _watched(scan: Any) -> Any:  # noqa: ANN401 - gov.Posts, with a progress line where there is much to read
    rows = scan.row_count
    if (rows is not None and rows < _PROGRESS_FROM) or not sys.stderr.isatty():
        return scan
    from governance.content import Posts

    class Watched(Posts):
        """Posts that show on stderr how many were read."""

        def batches(self, columns: Sequence[str] | None = None) -> "Iterator[pa.RecordBatch]":
            """Stream the table and show progress."""
            from rich.console import Console
            from rich.progress import Progress

            with Progress(console=Console(stderr=True), transient=True) as progress:
                task = progress.add_task("reading Posts", total=rows)
                for batch in scan.batches(columns):
                    yield batch
                    progress.advance(task, batch.num_rows)

        @property
        def rejected(self) -> Any:  # noqa: ANN401 - Rejected
            """What the scan did not read."""
            return scan.rejected

    return Watched(scan._sources)  # noqa: SLF001 - the same sources, watched
