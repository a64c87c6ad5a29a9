"""The finest partition that several partitions have in common.

Each partition is a tree: records, and cells that were split to show records below them. Laid over each other they cut the ground into
atoms; every atom lies in at most one record of each partition. Records that share an atom belong together. Records that belong together
are a common region if they cover the same ground in every partition, that is, if none of their atoms lies outside all records of some
partition: there a number is missing (too few people, or none), and nothing can be said about it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import h3.api.basic_int as h3i

from governance.reporting.maps.regions import splits

Record = tuple[int, int]
"""A partition's number, and the cell of one of its records."""
Owners = list[int | None]


@dataclass(frozen=True)
class Region:
    """A common region.

    `cells` holds for each partition the records whose union it is, `cell` the smallest cell around them, and `whole` says whether the
    region is all of that cell.
    """

    cell: int
    whole: bool
    cells: tuple[tuple[int, ...], ...]


def common_regions(partitions: Sequence[Sequence[int]]) -> list[Region]:
    """The common regions of partitions, each given as the cells of its records; in the order of their cells.

    >>> parent = 0x851FB467FFFFFFF
    >>> children = sorted(h3i.cell_to_children(parent, 6))
    >>> [region] = common_regions([[parent], children])
    >>> region.whole, len(region.cells[0]), len(region.cells[1])
    (True, 1, 7)
    >>> common_regions([[parent], children[:6]])
    []
    """
    finest = max((h3i.get_resolution(cell) for cells in partitions for cell in cells), default=0)
    links = _Links()
    for size, owners in _atoms(partitions, finest):
        records = [(number, owner) for number, owner in enumerate(owners) if owner is not None]
        links.add(records, size, complete=len(records) == len(partitions))
    regions = [_region(members, size, finest, len(partitions)) for members, size in links.groups()]
    return sorted(regions, key=lambda region: region.cells)


def _atoms(partitions: Sequence[Sequence[int]], finest: int) -> Iterator[tuple[int, Owners]]:
    """Each atom that lies in some record: how many of the finest cells it holds, and its record in each partition."""
    records = [set(cells) for cells in partitions]
    below = [splits(cells) for cells in partitions]
    nodes = sorted({*(node for cells in records for node in cells), *(node for split in below for node in split)}, key=h3i.get_resolution)
    inside: dict[int, int] = defaultdict(int)
    for node in nodes:
        if resolution := h3i.get_resolution(node):
            inside[h3i.cell_to_parent(node, resolution - 1)] += h3i.cell_to_children_size(node, finest)
    owners: dict[int, Owners] = {}
    for node in nodes:
        resolution = h3i.get_resolution(node)
        above = owners[h3i.cell_to_parent(node, resolution - 1)] if resolution else [None] * len(partitions)
        owners[node] = [
            node if node in mine else None if node in split else outer for mine, split, outer in zip(records, below, above, strict=True)
        ]
        size = h3i.cell_to_children_size(node, finest) - inside[node]
        if size and any(owner is not None for owner in owners[node]):
            yield size, owners[node]


@dataclass
class _Links:
    """Which records belong together (union-find), how large they are, and which lack a counterpart in some partition."""

    _above: dict[Record, Record] = field(default_factory=dict)
    _sizes: dict[Record, int] = field(default_factory=lambda: defaultdict(int))
    _lacking: set[Record] = field(default_factory=set)

    def add(self, records: list[Record], size: int, *, complete: bool) -> None:
        """The records of one atom."""
        for record in records:
            self._above[self._top(record)] = self._top(records[0])
        self._sizes[records[0]] += size
        if not complete:
            self._lacking.add(records[0])

    def _top(self, record: Record) -> Record:
        above = self._above.setdefault(record, record)
        while above != self._above[above]:
            above = self._above[above]
        self._above[record] = above
        return above

    def groups(self) -> Iterator[tuple[list[Record], int]]:
        """The records and the size of each group that covers the same ground in every partition."""
        members: dict[Record, list[Record]] = defaultdict(list)
        for record in list(self._above):
            members[self._top(record)].append(record)
        lacking = {self._top(record) for record in self._lacking}
        for top, found in members.items():
            if top not in lacking:
                yield found, sum(self._sizes[record] for record in found)


def _region(members: list[Record], size: int, finest: int, count: int) -> Region:
    cells = tuple(tuple(sorted(cell for number, cell in members if number == wanted)) for wanted in range(count))
    around = _around([cell for _, cell in members])
    return Region(around, size == h3i.cell_to_children_size(around, finest), cells)


def _around(cells: list[int]) -> int:
    """The smallest cell around cells of one base cell."""
    resolution = min(h3i.get_resolution(cell) for cell in cells)
    while len({h3i.cell_to_parent(cell, resolution) for cell in cells}) > 1:
        resolution -= 1
    return h3i.cell_to_parent(cells[0], resolution)
