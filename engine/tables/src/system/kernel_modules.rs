//! `kernel_modules`: loaded modules of the kernel.
//!
//! Source: `/proc/modules` (proc_modules(5)).

use plumb_formats::kernel::{Module, modules};
use plumb_schema::{Column, Cost, Cx, Platforms, Request, Rows, Table, text};
use std::sync::Arc;

type Col = Column<Module>;

/// The table.
#[rustfmt::skip]
pub static TABLE: Table<Module> = Table {
    name: "kernel_modules",
    doc: "Loaded modules of the kernel, those being loaded or unloaded included.",
    on: Platforms::LINUX,
    columns: &[
        Col::text  ("name",    "Name of the module",                                         |m| text(&m.name)),
        Col::bigint("size",    "Bytes of memory that it takes",                              |m| m.size),
        Col::text  ("used_by", "Modules that depend on it, separated by commas; - for none", |m| text(&m.used_by)),
        Col::text  ("status",  "Live, Loading or Unloading",                                 |m| text(&m.state)),
        Col::text  ("address", "Address in hexadecimal; zeros unless asked by root",         |m| text(&m.address)),
    ],
    scan,
    cost: Cost { rows: 100, row: 1 },
    ..Table::EMPTY
};

fn scan(cx: &Arc<Cx>, _: &Request) -> Rows<Module> {
    const PATH: &[u8] = b"/proc/modules";
    let file = cx.read(PATH).unwrap_or_default();
    Box::new(modules(&file, &mut |odd| cx.note(PATH, odd)).into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, rows};
    use plumb_host::Mem;

    #[test]
    fn modules_and_what_uses_them() {
        let file = "nf_tables 331776 12 nft_ct,nft_chain_nat, Live 0xffffffffc0a5c000 (E)\n\
            veth 40960 0 - Live 0xffffffffc0a40000\nfixture_mod 4096 1 [permanent], Live 0xffffffffc0001000\nbad\n";
        let host = Mem::new().file("/proc/modules", file);
        check(
            &TABLE,
            host.clone(),
            &["name", "size", "used_by", "status", "address"],
            &[
                &["nf_tables", "331776", "nft_ct,nft_chain_nat", "Live", "0xffffffffc0a5c000"],
                &["veth", "40960", "-", "Live", "0xffffffffc0a40000"],
                &["fixture_mod", "4096", "[permanent]", "Live", "0xffffffffc0001000"],
            ],
        );
        assert_eq!(rows(&TABLE, host, &["name"], vec![]).1.len(), 1);
        assert_eq!(rows(&TABLE, Mem::new(), &["name"], vec![]), (vec![], vec![]));
    }
}
