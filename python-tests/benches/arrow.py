"""What the module costs beside the engine alone: CPU (user and system) for a million rows as Arrow, and the time to import it.

    cargo build --release -p plumb-python --lib --examples
    PYTHONPATH=(a folder with the package and the library) python python-tests/benches/arrow.py target/release/examples/floor

Each round asks the engine alone and then the module, so that a busy machine slows both; the least of each counts.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]

import plumb

ROWS = 1_000_000
NUMBERS = f"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT {ROWS})"
QUERIES = {
    "one column of integers": f"{NUMBERS} SELECT x FROM c",
    "integer, text, real, half NULL": f"{NUMBERS} SELECT x, 'name ' || x AS t, x * 0.5 AS r, iif(x % 2, x, NULL) AS n FROM c",
    "users, all columns": "SELECT * FROM users",
}


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("floor", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="queries whose name has this")
    options = parser.parse_args()
    passwd = "".join(f"user{uid}:x:{uid}:{uid}:User {uid}:/home/user{uid}:/bin/sh\n" for uid in range(ROWS))
    host = plumb.Host.files({"/etc/passwd": passwd})
    with tempfile.NamedTemporaryFile(suffix=".tar") as tar:
        tar.write(host.to_tar())
        tar.flush()
        for name, sql in ((name, sql) for name, sql in QUERIES.items() if options.only in name):
            alone, module, dicts = [], [], []
            engine = plumb.Engine(host)
            for _ in range(options.rounds):
                done = subprocess.run([options.floor, sql, tar.name, "1"], capture_output=True, text=True, check=True)
                seconds, rows, _ = done.stdout.split()
                assert int(rows) == ROWS
                alone.append(float(seconds))
                before = time.process_time()
                assert pa.table(engine.arrow(sql)).num_rows == ROWS
                module.append(time.process_time() - before)
            before = time.process_time()
            assert len(engine.query(sql)) == ROWS
            dicts.append(time.process_time() - before)
            ratios = [b / a for a, b in zip(alone, module, strict=True)]
            print(
                f"{name}: engine {min(alone):.3f} s, Arrow {min(module):.3f} s, {min(module) / min(alone):.2f} times"
                f" (median of rounds {statistics.median(ratios):.2f}); dicts {dicts[0]:.3f} s"
            )
    imports = []
    for _ in range(21):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-c", "import plumb"], capture_output=True, text=True, check=True
        )
        imports.append(int(done.stderr.splitlines()[-1].split("|")[1]))
    print(f"import: {min(imports) / 1000:.1f} ms, median {statistics.median(imports) / 1000:.1f} ms")


if __name__ == "__main__":
    main()
