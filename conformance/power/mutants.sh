#!/usr/bin/env bash
# Mutation testing by shards: see conformance/POWER.md.
#
#   conformance/power/mutants.sh CRATE SEED COUNT [SHARD/SHARDS]
#   conformance/power/mutants.sh CRATE again FILE
#
# draws COUNT mutants of a crate (formats, sql, tables) by a seed, and judges each by the crate's own tests and, if these
# let it pass, by the generic oracles of conformance/tests/power.rs for 30 seconds. With `again`, the mutants are the lines
# of a file (their line numbers may have moved). Works on a copy of HEAD in $POWER_SCRATCH, at the lowest priority, and
# appends to conformance/power/results/mutants.tsv.
#
# cargo-mutants makes the mutants. They are run here, since its own choice by name takes "delete field" mutants always.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
crate=${1:?a crate: formats, sql or tables} seed=${2:?a seed} third=${3:?how many, or a file} shard=${4:-1/1}
scratch=${POWER_SCRATCH:-${TMPDIR:-/tmp}/plumb-power}/mutants
results=$root/conformance/power/results/mutants.tsv
command -v cargo-mutants >/dev/null || { echo "cargo install cargo-mutants" >&2; exit 2; }

commit=$(git rev-parse --short HEAD)
rm -rf "$scratch/tree" "$scratch/drawn"
mkdir -p "$scratch/tree" "$scratch/drawn"
git archive HEAD | tar -x -C "$scratch/tree"
export CARGO_TARGET_DIR=$scratch/target PLUMB_POWER_SECONDS=30 CARGO_TERM_COLOR=never INSTA_UPDATE=no
[ "$seed" != again ] || third=$(realpath "$third")
cd "$scratch/tree"

cargo mutants --list --json --diff --package "plumb-$crate" 2>/dev/null >"$scratch/all"
python3 - "$seed" "$third" "$shard" "$scratch" <<'PY'
import json, random, re, sys
seed, third, shard, scratch = sys.argv[1:]
mutants = sorted(json.load(open(f"{scratch}/all")), key=lambda mutant: mutant["name"])
placeless = lambda name: re.sub(r":\d+:\d+:", ":", name)
if seed == "again":
    drawn = []
    for line in filter(None, open(third).read().splitlines()):
        exact = [m for m in mutants if m["name"] == line] or [m for m in mutants if placeless(m["name"]) == placeless(line)]
        if not exact:
            sys.exit(f"there is no such mutant any more: {line}")
        drawn.append(exact[0])
else:
    shard, shards = map(int, shard.split("/"))
    drawn = random.Random(int(seed)).sample(mutants, int(third))[shard - 1 :: shards]
for place, mutant in enumerate(drawn):
    open(f"{scratch}/drawn/{place:03}.name", "w").write(mutant["name"])
    open(f"{scratch}/drawn/{place:03}.diff", "w").write(mutant["diff"])
PY
names=("$scratch"/drawn/*.name)
echo "${#names[@]} mutants of plumb-$crate at $commit"

# Tests in at most so many seconds: 0 they pass, 1 they do not, 124 time is over.
own() { nice -n 19 timeout 120 cargo test --quiet --package "plumb-$crate" >"$scratch/log" 2>&1; }
generic() { nice -n 19 timeout 120 cargo test --quiet --package plumb-conformance --test power >"$scratch/log" 2>&1; }
builds() { nice -n 19 cargo test --quiet --no-run "$@" >"$scratch/log" 2>&1; }
both() { builds --package "plumb-$crate" && builds --package plumb-conformance --test power; }

both && own && generic || { tail -n 30 "$scratch/log"; echo "the tests fail without any mutant" >&2; exit 2; }
for name in "${names[@]}"; do
  patch --quiet --strip=0 <"${name%.name}.diff"
  if ! builds --package "plumb-$crate"; then
    verdict="does not compile"
  elif ! own; then
    verdict="own tests"
  elif ! builds --package plumb-conformance --test power; then
    verdict="does not compile"
  elif ! generic; then
    verdict="generic oracles"
  else
    verdict="missed"
  fi
  patch --quiet --strip=0 --reverse <"${name%.name}.diff"
  printf '%s\t%s\t%s\t%s\t%s\n' "$commit" "$crate" "$seed" "$verdict" "$(cat "$name")" | tee -a "$results"
done
