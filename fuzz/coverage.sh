#!/usr/bin/env bash
# How much of the agent the inputs of targets reach: fuzz/coverage.sh [TARGET]... (all of them where none is named).
# Replays fuzz/corpus and what fuzz/run.sh collected, and prints the lines and regions of each file that ran.
# Needs the tools of the compiler's own LLVM: rustup component add llvm-tools.
set -euo pipefail
cd "$(dirname "$0")"
host=$(rustc -vV | sed -n 's/^host: //p')
tools=${LLVM_TOOLS:-$(rustc --print sysroot)/lib/rustlib/$host/bin}
if ! [ -x "$tools/llvm-cov" ]; then
  echo "there is no llvm-cov in $tools: rustup component add llvm-tools"
  exit 1
fi
names=("$@")
if [ ${#names[@]} -eq 0 ]; then names=($(ls corpus)); fi

out=${CARGO_TARGET_DIR:-$PWD/target}/coverage
# Build scripts go without: hence --target.
LLVM_PROFILE_FILE=/dev/null RUSTFLAGS=-Cinstrument-coverage CARGO_TARGET_DIR="$out" cargo build --quiet --target "$host" \
  --manifest-path ../Cargo.toml -p plumb-conformance --example fuzz
program=$out/$host/debug/examples/fuzz
profiles=()
for name in "${names[@]}"; do
  inputs=("corpus/$name"/*)
  if [ -d "target/corpus/$name" ]; then inputs+=("target/corpus/$name"/*); fi
  profiles+=("$out/$name.profraw")
  LLVM_PROFILE_FILE=$out/$name.profraw "$program" replay "$name" "${inputs[@]}" >"$out/$name.txt" ||
    echo "$name: something does not hold, see $out/$name.txt"
done
"$tools/llvm-profdata" merge -sparse "${profiles[@]}" -o "$out/all.profdata"
"$tools/llvm-cov" report "$program" -instr-profile="$out/all.profdata" -show-functions=false -show-branch-summary=false \
  -ignore-filename-regex='/(registry|rustc|library|build|conformance)/'
echo "line by line: $tools/llvm-cov show $program -instr-profile=$out/all.profdata FILE"
