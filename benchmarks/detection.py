"""The full scan against one bare pass of the same alternation: CPU time and peak memory, 5 million rows and 750 MB of text.

Run `python benchmarks/detection.py [rows]`; it writes a Parquet file to a temporary folder, and measures each pass in a process of its own.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

ROWS = 5_000_000
GROUP = 100_000
LIMIT = 1.5
MEMORY_MB = 1_500
TEXT = """the order was shipped late and customer asked about refund invoice paid in march delivered box number sensor value ok done page
visit click session total 9.50 12.75 A12 B7 2024 red blue large small north lamp table chair garden note review score five of ten"""
pc: Any = pyarrow.compute


def groups(rows: int) -> Iterator[pa.Table]:
    """Tables of text with a few hits, and numbers of every kind."""
    chance = np.random.default_rng(0)
    words = np.array(TEXT.split())
    for start in range(0, rows, GROUP):
        count = min(GROUP, rows - start)
        body = [" ".join(line) for line in words[chance.integers(0, len(words), (count, 18))]]
        for at in range(0, count, 10_000):
            body[at] = f"write to person{start + at}@example.org please"
        short = [" ".join(line) for line in words[chance.integers(0, len(words), (count, 8))]]
        yield pa.table(
            {
                "body": body,
                "title": short,
                "amount": np.round(chance.lognormal(3, 1, count), 2),
                "ratio": chance.random(count),
                "event": chance.integers(0, 2**62, count),
                "made": np.arange(start, start + count),
            },
        )


def write(path: Path, rows: int) -> int:
    """Write the file; returns the bytes of text."""
    size = 0
    writer = None
    for table in groups(rows):
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
        size += sum(table.column(name).nbytes for name in ("body", "title"))
    if writer:
        writer.close()
    return size


def bare(path: Path) -> None:
    """One pass of the alternation over the text columns; the numbers are read and left alone."""
    from governance.detection.screen import ALTERNATION
    from governance.engines import open_table

    for batch in open_table(path).batches():
        for column in batch.columns:
            if pa.types.is_string(column.type):
                pc.sum(pc.match_substring_regex(column, ALTERNATION))


def full(path: Path) -> None:
    """The whole of `gov.detect`."""
    from governance.verbs.detecting import detect

    found = detect(path)
    if found["body"].holds != "off_x.person":
        raise SystemExit("the planted e-mail addresses were not found")


def measured(what: str, path: Path) -> tuple[float, float, float]:
    """CPU seconds, wall seconds and peak memory (MB) of one pass in its own process."""
    command = [sys.executable, __file__, "--pass", what, str(path)]
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    cpu, peak = map(float, done.stdout.split())
    return cpu, time.perf_counter() - started, peak


def one_pass(what: str, path: Path) -> None:
    """What the child process does: prints CPU seconds and peak memory."""
    {"bare": bare, "full": full}[what](path)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def main() -> None:
    """Print both passes and their ratio; exit 1 if the full scan is over its limits."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        size = write(path, rows)
        print(f"{rows:,} rows, {size / 1e6:,.0f} MB of text")
        least = min(measured("bare", path) for _ in range(2))
        most = min(measured("full", path) for _ in range(2))
    ratio = most[0] / least[0]
    for name, (cpu, wall, peak) in (("bare pass", least), ("full scan", most)):
        print(f"{name}: {cpu:.1f} s CPU, {wall:.1f} s wall, {peak:,.0f} MB peak")
    print(f"ratio {ratio:.2f} (limit {LIMIT}), peak {most[2]:,.0f} MB (limit {MEMORY_MB:,})")
    if ratio > LIMIT or most[2] > MEMORY_MB:
        raise SystemExit(1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--pass"]:
        one_pass(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
