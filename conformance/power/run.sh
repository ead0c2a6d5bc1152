#!/usr/bin/env bash
# Makes old bugs again, one by one, and asks the generic oracles to find each within 60 seconds: see conformance/POWER.md.
#
#   conformance/power/run.sh [NN...]
#
# Works on a copy of HEAD in $POWER_SCRATCH (debug, one target folder for all), and writes
# conformance/power/results/bugs.tsv when all bugs are asked for. A patch that does not apply is a failure.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
scratch=${POWER_SCRATCH:-${TMPDIR:-/tmp}/plumb-power}/bugs
export CARGO_TARGET_DIR=$scratch/target CARGO_TERM_COLOR=never PLUMB_POWER_SECONDS=${PLUMB_POWER_SECONDS:-60} RUST_BACKTRACE=0
commit=$(git rev-parse --short HEAD)

patches=()
for number in "${@:-}"; do
  found=("$root"/conformance/power/bugs/"$number"*.patch)
  [ -e "${found[0]}" ] || { echo "there is no bug $number" >&2; exit 2; }
  patches+=("${found[@]}")
done

rm -rf "$scratch/tree"
mkdir -p "$scratch/tree"
git archive HEAD | tar -x -C "$scratch/tree"
cd "$scratch/tree"
git init -q . # so that git apply takes this folder for the root

missed=0
for patch in "${patches[@]}"; do
  name=$(basename "$patch" .patch)
  git apply --whitespace=nowarn "$patch" || { echo "$name: the patch does not apply any more: make it again" >&2; exit 2; }
  log=$scratch/$name.log
  if ! nice -n 10 cargo test --quiet --package plumb-conformance --test power --no-run >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "$name: does not compile" >&2
    exit 2
  fi
  if nice -n 10 cargo test --quiet --package plumb-conformance --test power >"$log" 2>&1; then
    verdict="NOT FOUND within $PLUMB_POWER_SECONDS s"
    missed=$((missed + 1))
  else
    verdict=$(grep -m 1 -o '^[a-z_]* found it after [0-9.]* s\( ([0-9.]* s of CPU)\)\?' "$log" || echo "another failure: see $log")
  fi
  git apply --whitespace=nowarn --reverse "$patch"
  printf '%s\t%s\t%s\n' "$commit" "$name" "$verdict" | tee -a "$scratch/results.new"
  sed -n '/ found it after/,/^note:/p' "$log" | head -n 12 | sed 's/^/    /'
done
if [ $# = 0 ]; then mv "$scratch/results.new" "$root/conformance/power/results/bugs.tsv"; else rm "$scratch/results.new"; fi
echo "$((${#patches[@]} - missed)) of ${#patches[@]} found"
[ "$missed" = 0 ]
