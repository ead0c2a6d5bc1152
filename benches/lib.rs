//! Helpers that the benches share. The root package owns `benches/` and `snapshots/` and nothing else.
