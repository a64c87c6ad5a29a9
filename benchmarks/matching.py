"""The match gate against the bare join of the same tables: ten million candidate pairs, and Splink on 5,000 x 5,000.

    python benchmarks/matching.py [PAIRS] [FOLDER]

Prints wall seconds, the ratio to the bare join and the peak memory of each step; every step runs in a process of its own.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MOMENT = "2026-11-24T12:00:00Z"
PER_ACCOUNT = 10
PROJECT = """\
version: 1
controller: Example Ltd
purposes:
  member-support: {description: answer members who write to us on X}
sources:
  members: {provenance: self_provided, relationship: member, collected_for: [member-support]}
  append: {provenance: third_party}
expectations:
  - {provenance: self_provided, attribute: x.user.handle, collected_for: member-support, purpose: member-support,
     status: expected, rationale: the form says so, reviewer: dpo, reviewed_at: 2026-10-01, expires_at: 2027-10-01}
  - {provenance: self_provided, attribute: x.user.stated_location, collected_for: member-support, purpose: member-support,
     status: expected, rationale: the form says so, reviewer: dpo, reviewed_at: 2026-10-01, expires_at: 2027-10-01}
  - {provenance: self_provided, attribute: x.user.display_name, collected_for: member-support, purpose: member-support,
     status: expected, rationale: the form says so, reviewer: dpo, reviewed_at: 2026-10-01, expires_at: 2027-10-01}
datasets:
  crm:
    kind: records
    location: records.parquet
    provenance_column: origin
    columns:
      customer_id: {holds: off_x.person}
      x_handle: {holds: off_x.attribute, claims: x.user.handle}
      since: {holds: off_x.relationship_since}
  names:
    kind: records
    location: names.parquet
    columns:
      customer_id: {holds: off_x.person}
      full_name: {holds: off_x.attribute, claims: x.user.display_name, source: members}
      town: {holds: off_x.attribute, claims: x.user.stated_location, source: members}
"""


def make(folder: Path, pairs: int) -> None:
    """Write accounts and records: nine in ten records given by members, the rest bought; nine in ten accounts public."""
    import duckdb

    accounts = pairs // PER_ACCOUNT
    connection = duckdb.connect()
    connection.execute(f"""
COPY (SELECT CAST(900000000000000000 + i AS VARCHAR) AS user_id, 'Handle_' || i AS handle,
  CASE WHEN i % 10 = 3 THEN 'protected' ELSE 'public' END AS state, TIMESTAMP '2026-11-23 00:00:00' AS state_checked_at
  FROM range({accounts}) t(i)) TO '{folder}/accounts.parquet';
COPY (SELECT 'c' || i AS customer_id, '@handle_' || (i % {accounts}) AS x_handle,
  CASE WHEN i % 10 = 7 THEN 'append' ELSE 'members' END AS origin, DATE '2024-01-01' + CAST(i % 900 AS INTEGER) AS since
  FROM range({pairs}) t(i)) TO '{folder}/records.parquet'""")
    (folder / "governance.yml").write_text(PROJECT, encoding="utf-8")


def bare(folder: Path) -> int:
    """The join without a gate: the same keys, the same two ids out."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order = false")
    joined = connection.sql(f"""
SELECT a.user_id, r.customer_id FROM '{folder}/accounts.parquet' a JOIN '{folder}/records.parquet' r
ON lower(trim(a.handle)) = lower(replace(trim(r.x_handle), '@', ''))""").to_arrow_table()
    return joined.num_rows


def decided(folder: Path) -> int:
    """The same tables through the gate alone: every pair decided, every refusal counted, nothing registered."""
    import pyarrow as pa

    from governance.matching.gate import Gate
    from governance.matching.inputs import KNOWN, Registers, consent_table, objection_table
    from governance.matching.request import Request, read_moment, read_on
    from governance.project import load_project

    request = Request(load_project(folder), "crm", "member-support", read_moment(MOMENT), read_on([("handle", "x_handle")], {}))
    nothing = pa.table({"fingerprint": pa.array([], pa.int64())})
    registers = Registers(consent_table([]), objection_table([]), KNOWN.empty_table(), nothing)
    gate = Gate.open(request, registers, (folder / "accounts.parquet", folder / "records.parquet"), "salt")
    with gate.connection:
        gate.mask()
        gate.decide_consents()
        gate.apply_objections()
        edges = gate.compare()
        gate.count_refused(edges)
    return edges.num_rows


def gated(folder: Path) -> int:
    """The same tables through `gov.match`: decided, registered in the ledger, and made into a table of edges."""
    import governance as gov

    on = [("handle", "x_handle")]
    place = f"sqlite:///{folder}/bench.db"
    (folder / "bench.db").unlink(missing_ok=True)
    found = gov.match(
        folder / "accounts.parquet", folder / "records.parquet", on, "member-support", project=folder, ledger=place, as_of=MOMENT
    )
    return found.edges.num_rows


def probabilistic(folder: Path) -> int:
    """Splink on 5,000 x 5,000 names."""
    import random

    import pyarrow as pa
    import pyarrow.parquet as pq
    import splink.comparison_library as cl
    from splink import SettingsCreator, block_on

    import governance as gov

    rng = random.Random(1)  # noqa: S311 - synthetic names
    parts = ("an", "ber", "chris", "dan", "el", "fran", "ger", "han", "is", "jo", "ka", "lu", "mar", "no", "ol", "pe", "ro", "sa")
    names = [f"{rng.choice(parts)}{rng.choice(parts)} {rng.choice(parts)}{rng.choice(parts)}{rng.choice(parts)}" for _ in range(5000)]
    towns = [f"town {rng.randrange(40)}" for _ in names]
    state = {"state": ["public"] * 5000, "state_checked_at": ["2026-11-23T00:00:00Z"] * 5000, "stated_location": towns}
    accounts = pa.table({"user_id": [str(10**15 + i) for i in range(5000)], "display_name": names, **state})
    pq.write_table(pa.table({"customer_id": [f"c{i}" for i in range(5000)], "full_name": names, "town": towns}), folder / "names.parquet")
    model = SettingsCreator(
        link_type="link_only",
        probability_two_random_records_match=1 / 5000,
        comparisons=[cl.JaroWinklerAtThresholds("display_name", [0.92]), cl.ExactMatch("stated_location")],
        blocking_rules_to_generate_predictions=[block_on("substr(display_name, 1, 4)")],
    )
    on = [("display_name", "full_name"), ("stated_location", "town")]
    place = f"sqlite:///{folder}/names.db"
    found = gov.match(accounts, folder / "names.parquet", on, "member-support", "splink", model, folder, place, MOMENT)
    return found.edges.num_rows


def measured(step: str, folder: Path) -> dict[str, float]:
    """One step in its own process: rows, wall seconds, peak memory in MB."""
    done = subprocess.run([sys.executable, __file__, "--step", step, str(folder)], check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def run_step(step: str, folder: Path) -> None:
    """Run a step here and print what it took; imports are not counted."""
    import duckdb
    import pandas  # noqa: F401, ICN001 - pyarrow imports it at its first array
    import pyarrow.parquet  # noqa: F401

    import governance.verbs.pairing  # noqa: F401

    del duckdb
    begun, cpu = time.perf_counter(), time.process_time()
    rows = {"bare": bare, "decided": decided, "gated": gated, "probabilistic": probabilistic}[step](folder)
    seconds = time.perf_counter() - begun
    print(
        json.dumps(
            {
                "rows": rows,
                "seconds": seconds,
                "cpu": time.process_time() - cpu,
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


def main() -> None:
    """Make the tables, run each step, print the comparison."""
    if sys.argv[1:2] == ["--step"]:
        run_step(sys.argv[2], Path(sys.argv[3]))
        return
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(scratch)  # noqa: PLR2004 - the folder is the second argument
        make(folder, pairs)
        results = {step: measured(step, folder) for step in ("bare", "decided", "gated", "probabilistic")}
    base = results["bare"]["seconds"]
    for step, result in results.items():
        ratio = f"{result['seconds'] / base:5.2f} x bare" if step in {"decided", "gated"} else ""
        spent = f"{result['seconds']:7.2f} s {result['cpu']:7.2f} s CPU {result['peak_mb']:7.0f} MB"
        print(f"{step:14} {result['rows']:>12,} rows {spent}  {ratio}")


if __name__ == "__main__":
    main()
