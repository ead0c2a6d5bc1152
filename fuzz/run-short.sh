#!/usr/bin/env bash
# Every fuzz target for ten seconds, from its seeds. Finds what is easy to find; fails if something is found.
# It begins with the same inputs each time (`SEED` chooses others), so that a change is judged by what it changes; what
# lies further away is looked for by ClusterFuzzLite, each night somewhere else.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-10}

if ! command -v c++ >/dev/null; then
  echo "SKIPPED: libFuzzer needs a C++ compiler"
  exit 0
fi
case $(rustc -vV | sed -n 's/^host: //p') in
  x86_64-*-linux-* | aarch64-*-linux-* | *-apple-darwin) ;;
  *) echo "SKIPPED: libFuzzer does not run on this system"; exit 0 ;;
esac

SECONDS=0
./run.sh all
echo "built in $SECONDS s"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for name in analysis config differ flags formats host_model sql_generated sql_text tables; do
  if ! ./run.sh "$name" -seed="${SEED:-1}" -max_total_time="$seconds" -print_final_stats=1 >"$log" 2>&1; then
    grep -v '^[0-9a-f]*0x\|^#' "$log" | cut -c1-2000 | tail -60
    echo "$name: FAILED; the input lies in fuzz/artifacts/$name, see fuzz/README.md"
    exit 1
  fi
  # What the target tells when it ends: inputs, how many told something, and how fast it ran.
  sed -n "s/^plumb: all:/$name:/p" "$log" | grep . || { echo "$name: FAILED; it told nothing when it ended"; exit 1; }
done
