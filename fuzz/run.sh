#!/usr/bin/env bash
# Builds a fuzz target with the stable compiler and runs it: fuzz/run.sh TARGET [LIBFUZZER_OPTION]... [INPUT]...
# New inputs go to fuzz/target/corpus/TARGET, findings to fuzz/artifacts/TARGET; fuzz/corpus/TARGET is only read.
set -euo pipefail
cd "$(dirname "$0")"
name=${1:?usage: fuzz/run.sh TARGET [LIBFUZZER_OPTION]... [INPUT]...; targets: analysis, config, differ, flags, formats, host_model, sql_generated, sql_text, tables}
shift

# A folder of its own: what is compiled with coverage must not be taken for what is not.
target=${CARGO_TARGET_DIR:+$CARGO_TARGET_DIR/fuzz}
target=${target:-$PWD/target}
# Cargo does not see what the wrapper does: what another one has compiled is compiled again, or the parts do not fit together.
if ! cmp --quiet rustc-coverage "$target/rustc-coverage"; then
  mkdir -p "$target"
  rm -rf "$target"/release/.fingerprint/plumb-*
  cp rustc-coverage "$target/rustc-coverage"
fi
if [ ../Cargo.lock -nt Cargo.lock ]; then cp ../Cargo.lock .; fi
# Whoever runs all targets builds them at once.
binaries=(--bin "$name")
if [ "$name" = all ]; then binaries=(--bins); fi
RUSTC_WRAPPER=$PWD/rustc-coverage CARGO_TARGET_DIR="$target" cargo build --quiet --release "${binaries[@]}"
if [ "$name" = all ]; then exit; fi

inputs=()
for argument in "$@"; do case $argument in -*) ;; *) inputs+=("$argument") ;; esac; done
if [ ${#inputs[@]} -eq 0 ]; then
  mkdir -p "target/corpus/$name"
  set -- "$@" "target/corpus/$name" "corpus/$name"
fi
# Generated inputs have no words.
if [ -f "dict/$name.dict" ]; then set -- -dict="dict/$name.dict" "$@"; fi
mkdir -p "artifacts/$name"
# As long as an input may be useful: one that makes things reads so many bytes at most.
longest=4000
case $name in flags) longest=600 ;; sql_generated) longest=1000 ;; sql_text) longest=2000 ;; esac
# Without entropic scheduling, which weighs inputs by how rare what they reach is: it costs up to half of the runs, and reaches no
# more in the same time.
exec "$target/release/$name" -artifact_prefix="artifacts/$name/" -entropic=0 \
  -timeout=20 -rss_limit_mb=3000 -max_len=$longest "$@"
