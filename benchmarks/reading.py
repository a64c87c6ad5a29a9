"""How fast Posts are read, in how much memory: `python benchmarks/reading.py [ROWS]`.

Makes its own input, prints rows per CPU second for each shape, the share of a bare msgspec decode of the same lines (the most a JSON reader
in Python can reach), and the peak memory of a process that scans a file of this size and of one four times as long. Imports are left out.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import msgspec

from governance.content import api_v2, api_v11, read_posts
from governance.content.synthetic import shapes, write_benchmark
from governance.content.synthetic.cast import Cast, Writing, make_cast
from governance.content.synthetic.sample import TWARC_COLUMNS

REPEATS = 3
MAP_COLUMNS = ("post_id", "author_id", "created_at", "hashtags", "latitude", "longitude", "visibility", "relation")
GOALS = {"v2.jsonl": 100_000, "v11.jsonl": 80_000}
PEAK = """
import sys
from pathlib import Path
from governance.content import read_posts
for batch in read_posts(sys.argv[1]).batches():
    pass
print(next(int(line.split()[1]) // 1024 for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")))
"""


def lines_of(cast: Cast, shape: Callable[[Cast, Writing], dict[str, object]], count: int) -> list[bytes]:
    """The Posts that refer to no other in a shape, over and over with new ids, so that a line is a row."""
    alone = [writing for writing in cast.posts if writing.refers_to < 0]
    texts = [(writing.post_id.encode(), msgspec.json.encode(shape(cast, writing))) for writing in alone]
    made = []
    for number in range(count):
        post_id, text = texts[number % len(texts)]
        made.append(text.replace(post_id, str(int(post_id) + number).encode()))
    return made


def fuller_user(user: dict[str, object]) -> dict[str, object]:
    """A v1.1 user with the forty fields it comes with, most of which nobody reads."""
    colours = {f"profile_{part}_color": "C0DEED" for part in ("background", "link", "sidebar_border", "sidebar_fill", "text")}
    links = {f"profile_{part}_url": f"https://pbs.example.org/profile/{part}/0123456789.png" for part in ("image", "banner", "tile")}
    flags = dict.fromkeys(("contributors_enabled", "is_translator", "is_translation_enabled", "default_profile", "notifications"), False)
    return {**user, **colours, **links, **flags, "statuses_count": 900, "listed_count": 1, "favourites_count": 12, "url": None}


def native(cast: Cast, writing: Writing) -> dict[str, object]:
    """A v1.1 line of real length."""
    status = shapes.status_v11(cast, writing)
    counts = dict.fromkeys(("quote_count", "reply_count", "retweet_count", "favorite_count"), 0)
    return {**status, "user": fuller_user(status["user"]), **counts, "filter_level": "low", "timestamp_ms": "1790000000000"}


def cpu_seconds(job: Callable[[], object]) -> float:
    """The median of repeats."""
    seconds = []
    for _ in range(REPEATS):
        began = time.process_time()
        job()
        seconds.append(time.process_time() - began)
    return median(seconds)


def scan(path: Path, columns: Sequence[str] | None) -> int:
    """All rows of a file."""
    return sum(batch.num_rows for batch in read_posts(path).batches(columns))


def decode(path: Path) -> None:
    """The bare decode of each line into the reader's own types."""
    decoder = (api_v11 if "v11" in path.name else api_v2)._DECODER.decode  # noqa: SLF001 - the very types that are measured
    with path.open("rb") as file:
        for line in file:
            decoder(line)


def peak_megabytes(path: Path) -> int:
    """The peak memory of a process that scans the file."""
    return int(subprocess.run([sys.executable, "-c", PEAK, str(path)], check=True, capture_output=True, text=True).stdout)


def make_files(folder: Path, rows: int) -> list[Path]:
    """One file of each shape."""
    cast = make_cast(2026, min(rows, 20_000), min(rows, 20_000) // 4)
    shapes_of = {"v2.jsonl": shapes.stream_v2, "v11.jsonl": native, "flattened.jsonl": shapes.flattened}
    for name, shape in shapes_of.items():
        (folder / name).write_bytes(b"\n".join(lines_of(cast, shape, rows)))
        (folder / f"long_{name}").write_bytes(b"\n".join([(folder / name).read_bytes()] * 4))
    page = "".join(json.dumps(shapes.page_v2(cast, cast.posts[at : at + 100])) + "\n" for at in range(0, len(cast.posts), 100))
    (folder / "pages.jsonl").write_text(page * max(rows // len(cast.posts), 1))
    row = '%d,5,2026-11-01T10:00:00Z,48.5,13.4,flood;rain,"a text, with commas #flood and enough words to be one"\n'
    text = "".join(row % (10**18 + number) for number in range(rows))
    (folder / "posts.csv").write_text("post_id,author_id,created_at,latitude,longitude,hashtags,text\n" + text)
    header = ",".join(TWARC_COLUMNS)
    known = {"author_id": "5", "author.id": "5", "created_at": "2026-11-01T10:00:00.000Z"}
    cells = [known.get(name, "") for name in TWARC_COLUMNS[1:]]
    body = "".join(f"{10**18 + number},{','.join(cells)}\n" for number in range(rows))
    (folder / "twarc.csv").write_text(f"{header}\n{body}")
    write_benchmark(folder / "posts.parquet", rows * 5)
    return [folder / name for name in (*shapes_of, "pages.jsonl", "posts.csv", "twarc.csv", "posts.parquet")]


def main() -> None:
    """Print one line a shape."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        heads = f"{'all columns':>14}{'map columns':>14}{'of bare decode':>16}{'peak MB':>10}{'4x file':>10}{'goal':>8}"
        print(f"{'file':<18}{'bytes/row':>10}{heads}")
        for path in make_files(folder, rows):
            found = scan(path, None)
            speed = found / cpu_seconds(lambda path=path: scan(path, None))
            narrow = found / cpu_seconds(lambda path=path: scan(path, MAP_COLUMNS))
            long = folder / f"long_{path.name}"
            share = f"{speed / (found / cpu_seconds(lambda path=path: decode(path))):.0%}" if long.exists() else ""
            peaks = f"{peak_megabytes(path):>10}{peak_megabytes(long) if long.exists() else '':>10}"
            goal = "" if path.name not in GOALS else "met" if speed >= GOALS[path.name] else "missed"
            print(f"{path.name:<18}{path.stat().st_size / found:>10.0f}{speed:>14,.0f}{narrow:>14,.0f}{share:>16}{peaks}{goal:>8}")


if __name__ == "__main__":
    main()
