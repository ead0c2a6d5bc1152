#!/bin/bash -eu
# Builds every fuzz target, and puts it into $OUT with its seeds, its dictionary and its limits.
cd "$SRC/plumb"
cp Cargo.lock fuzz/
cargo fuzz build -O --debug-assertions
for source in fuzz/fuzz_targets/*.rs; do
  name=$(basename "$source" .rs)
  cp "fuzz/target/x86_64-unknown-linux-gnu/release/$name" "$OUT/"
  zip -jqr "$OUT/${name}_seed_corpus.zip" "fuzz/corpus/$name"
  if [ -f "fuzz/dict/$name.dict" ]; then cp "fuzz/dict/$name.dict" "$OUT/"; fi
  printf '[libfuzzer]\nmax_len = 4000\ntimeout = 60\n' >"$OUT/$name.options"
done
