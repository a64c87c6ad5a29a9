"""Reading streams: memory does not grow with the file, nothing is read before it is asked for, little is read of what is not."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from governance.content import read_posts
from governance.content.synthetic import synthetic_table
from tests.content.x_shapes import place, point, post, status, user, write

ROOT = Path(__file__).parents[2]
SCAN = """
import sys
from pathlib import Path
from governance.content import read_posts
for batch in read_posts(sys.argv[1]).batches():
    pass
print(next(int(line.split()[1]) // 1024 for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")))
"""
LINUX = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")


def peak_megabytes(path: Path) -> int:
    """The peak memory of a process that scans a file."""
    return int(
        subprocess.run([sys.executable, "-c", SCAN, str(path.absolute())], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    )


ID = "1234567890123456789"
GEO = point(13.4, 48.5) | {"place_id": "a"}
V2 = json.dumps({"data": post(ID, geo=GEO), "includes": {"users": [user()], "places": [place("a")]}})
V11 = json.dumps(status(ID, quoted_status=status("2", "7")))
PRETTY = "  " + json.dumps(status(ID), indent=2).replace("\n", "\n  ")
CSV = f'{ID},5,48.5,13.4,"a text, with commas #flood and enough words to be one"'


def write_many(path: Path, line: str, count: int, between: str = "\n", head: str = "", tail: str = "\n") -> None:
    """The same text many times, each time with an id of its own."""
    with path.open("w", encoding="utf-8") as file:
        file.write(head)
        file.writelines(line.replace(ID, str(10**18 + number)) + (between if number < count - 1 else tail) for number in range(count))


@LINUX
@pytest.mark.parametrize(
    ("name", "line", "count", "layout"),
    [
        ("v2.jsonl", V2, 25_000, {}),
        ("v11.jsonl", V11, 12_000, {}),
        ("array.json", PRETTY, 20_000, {"between": ",\n", "head": "[\n", "tail": "\n]\n"}),
        ("t.csv", CSV, 300_000, {"head": "post_id,author_id,latitude,longitude,text\n"}),
    ],
    ids=["v2", "v1.1", "pretty array", "csv"],
)
def test_memory_is_flat(name: str, line: str, count: int, layout: dict[str, str]) -> None:
    """Four times the file takes at most a tenth and ten megabytes more."""
    peaks = []
    for size in (count, 4 * count):
        write_many(Path(name), line, size, **layout)
        peaks.append(peak_megabytes(Path(name)))
    assert peaks[1] <= peaks[0] * 1.1 + 10, peaks


@LINUX
def test_memory_is_flat_for_parquet() -> None:
    """Row groups are read in parts, and none is kept: five times the rows take at most half as much again, as buffers are reused."""
    table = synthetic_table(400_000)
    peaks = []
    for times in (1, 5):
        with pq.ParquetWriter("t.parquet", table.schema) as file:
            for _ in range(times):
                file.write_table(table)
        peaks.append(peak_megabytes(Path("t.parquet")))
    assert peaks[1] <= peaks[0] * 1.5, peaks


def test_nothing_is_read_before_it_is_asked_for() -> None:
    """A scan opens its file only when its first batch is taken, and a second scan starts anew."""
    path = write("posts.jsonl", post(), post("2"))
    posts = read_posts(path)
    batches = posts.batches(["post_id"])
    path.write_text(json.dumps(post("3")) + "\n")
    assert [batch.num_rows for batch in batches] == [1]
    assert [batch.num_rows for batch in posts.batches(["post_id"])] == [1]


def test_batches_are_bounded() -> None:
    """A large table comes in parts."""
    sizes = [batch.num_rows for batch in read_posts(synthetic_table(200_000)).batches(["post_id"])]
    assert sum(sizes) == 200_000
    assert max(sizes) <= 65_536


def test_a_scan_left_early_closes_its_file() -> None:
    """Whoever stops after the first batch leaves no open file behind (a warning would be an error here)."""
    path = write("posts.jsonl", *(post(str(number)) for number in range(1, 40_000)))
    for batch in read_posts(path).batches(["post_id"]):
        assert batch.num_rows
        break
