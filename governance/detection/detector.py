"""From a table to what each column holds: sample, leaves, recognisers, tests across columns, verdict."""

import re
import traceback
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from governance.detection import freetext, geometry, gridcodes, persons, phones, pictures, places, together, xcontent
from governance.detection.evidence import Detected, Found, Hit, ranked, shown_path
from governance.detection.few import FEW_ROWS, few_rows
from governance.detection.leaves import Leaves, leaves_of
from governance.detection.pairs import judge, pairings
from governance.detection.parts import parts, tiles
from governance.detection.projections import projected
from governance.detection.sampling import CodedSource, Sampler, Source
from governance.detection.screen import Screen
from governance.errors import BadRequest, GovernanceError
from governance.model import Column
from governance.vocabulary import Status

_CODE = Path(__file__).parent
TEXT = (
    *geometry.RECOGNISERS,
    *gridcodes.TEXT_RECOGNISERS,
    *freetext.RECOGNISERS,
    *places.TEXT_RECOGNISERS,
    *persons.TEXT_RECOGNISERS,
    phones.phones,
    *xcontent.TEXT_RECOGNISERS,
)
NUMBER = (*gridcodes.NUMBER_RECOGNISERS, *places.NUMBER_RECOGNISERS, *persons.NUMBER_RECOGNISERS, *xcontent.NUMBER_RECOGNISERS)


def detect_table(table: Source) -> list[Column]:
    """What each column of a table holds, as the rules see it.

    Parameters
    ----------
    table
        An `engines.DuckTable`, or anything with `columns`, `row_count` and `batches`.

    Returns
    -------
    list of Column
        Label, status (confirmed, review, none) and tier of each; never a value.

    """
    return [column.as_column() for column in detect_source(table)]


def detect_source(table: Source) -> tuple[Detected, ...]:
    """What each column of a table holds, with the evidence: a sample for the recognisers, every row for the screen, in one pass."""
    with unquoted():
        sampler, screen = Sampler(table.row_count), Screen()
        for batch in screen.over(table.coded_batches() if isinstance(table, CodedSource) else table.batches()):
            sampler.add(batch)
        sample = sampler.table()
        found = detect_rows(sample) if sample is not None else {}
        rows = (table.row_count, sample.num_rows if sample is not None else 0)
        detected = [
            replace(
                _detected(name, kind, found.get(name, []), list(screen.found(name)), rows),
                credentials=screen.credentials(name),
                measured=screen.measured(name),
            )
            for name, kind in table.columns
        ]
    return tuple(_with_companions(detected))


@contextmanager
def unquoted() -> Iterator[None]:
    """Look at values: what fails over one becomes an error that names the place in the code; its own text may quote the value."""
    try:
        yield
    except (GovernanceError, MemoryError):
        raise
    except Exception as problem:  # noqa: BLE001 - whatever it is, nothing was decided
        frames = traceback.extract_tb(problem.__traceback__)
        place = next((frame for frame in reversed(frames) if _CODE in Path(frame.filename).parents), frames[-1])
        raise BadRequest(
            f"the data can't be looked at ({type(problem).__name__} at {Path(place.filename).name}, line {place.lineno}).",
            "report this place, without the data; as plain numbers, times or text the column may be read.",
        ) from None


def _detected(name: str, kind: str, hits: list[Hit], rare: list[Hit], rows: tuple[int, int]) -> Detected:
    """One column, from what the recognisers said of the sample and what the screen saw in all rows."""
    known = {(hit.label, hit.status) for hit in hits}
    best = ranked([*hits, *(hit for hit in rare if (hit.label, hit.status) not in known), *_name_hits(name)])
    return Detected(
        column=name,
        type=kind,
        hits=best,
        rows_hit=round(best[0].share * rows[0]) if best else 0,
        rows_scanned=rows[0],
        rows_sampled=rows[1],
    )


def _name_hits(name: str) -> Iterator[Hit]:
    """What a column's name holds if it is a value itself, as a pivot makes them."""
    from governance.detection.artifacts.finding import labels_in

    for label in labels_in([name]):
        yield Hit(what="value as a name", label=label, tier="T0" if label.startswith("location") else "", header=True, values=False)


def detect_rows(table: pa.Table) -> Found:
    """The hits in a table that fits in memory, by column."""
    leaves = leaves_of(table)
    by_leaf: Found = defaultdict(list)
    for leaf, hit in _leaf_hits(leaves):
        by_leaf[leaf].append(hit)
    for leaf, hit in _joint_hits(leaves, by_leaf):
        by_leaf[leaf].append(hit)
    if table.num_rows < FEW_ROWS:
        for leaf, hit in few_rows(leaves, by_leaf):
            by_leaf[leaf].append(hit)
    found: Found = defaultdict(list)
    for leaf, hits in by_leaf.items():
        column = root(leaf, table.column_names)
        found[column].extend(hit if leaf == column else _inside(hit, leaf[len(column) :]) for hit in hits)
    for column in table.column_names:
        found[column].extend(geometry.structures(leaves, column))
    return found


def _inside(hit: Hit, path: str) -> Hit:
    """A hit of a nested leaf, as its column's: half a pair inside a column makes the column a point."""
    label = "location.point" if hit.label in {"location.latitude", "location.longitude"} else hit.label
    return replace(hit, path=shown_path(path), label=label)


def root(path: str, columns: Iterable[str]) -> str:
    """The column that a leaf belongs to."""
    names = set(columns)
    if path in names:
        return path
    return next((path[:at] for at in (m.start() for m in re.finditer(r"[.+\[{]", path)) if path[:at] in names), path)


def _leaf_hits(leaves: Leaves) -> Iterator[tuple[str, Hit]]:
    """What each leaf says by itself."""
    for text in leaves.texts:
        if text.values:
            for recognise in TEXT:
                yield from ((text.path, hit) for hit in recognise(text))
    for numbers in leaves.numbers:
        for recognise in NUMBER:
            yield from ((numbers.path, hit) for hit in recognise(numbers))
    for blob in leaves.blobs:
        for look in (geometry.blob_geometry, pictures.positions):
            yield from ((blob.path, hit) for hit in look(blob))


def _joint_hits(leaves: Leaves, found: Found) -> Iterator[tuple[str, Hit]]:
    """What columns say together: pairs, parts, map metres, hashes of known e-mails, lone latitudes."""
    taken: dict[str, Hit] = {}
    free = [n for n in leaves.numbers if not any(hit.label.startswith(("location.cell", "x.")) for hit in found.get(n.path, ()))]
    for pairing in pairings(free):
        for numbers, hit in zip((pairing.one, pairing.other), judge(pairing) or (), strict=False):
            if numbers.path not in taken or hit.rank > taken[numbers.path].rank:
                taken[numbers.path] = hit
    yield from taken.items()
    yield from parts(leaves)
    yield from tiles(leaves.numbers)
    yield from ((n.path, hit) for n, hit in projected([n for n in free if n.path not in taken]))
    yield from ((n.path, hit) for n in free if n.path not in taken for hit in together.lone(n))
    yield from together.towers(leaves)
    yield from together.hashes(leaves, found)
    yield from together.post_parts(leaves, found)


def _with_companions(detected: list[Detected]) -> Iterator[Detected]:
    """Each location column with the identity columns beside it: the same cells are lawful as counts and not beside a person."""
    people = tuple(d.column for d in detected if d.status is Status.CONFIRMED and d.holds.startswith(("x.user", "x.post.id", "off_x")))
    for d in detected:
        yield replace(d, companions=people) if d.holds.startswith("location.") else d
