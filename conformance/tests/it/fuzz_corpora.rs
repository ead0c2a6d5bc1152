//! What the fuzz targets run, on a stable compiler: seeds, and the corpora of `fuzz/corpus`.

use plumb_conformance::generators::bytes;
use plumb_conformance::generators::host::subjects;
use plumb_conformance::oracles::hostile;
use plumb_conformance::report::Section;

#[test]
fn hostile_hosts() {
    let mut section = Section::new("hostile hosts");
    for seed in 0..20 {
        for name in subjects().keys() {
            let input = [name.as_bytes(), b"\n", &bytes(seed, 300)].concat();
            section.add(&format!("{name} seed {seed}"), hostile::check(&input));
        }
    }
    crate::fixture_hosts::finish(&section, 2 * section.skipped.len());
}
