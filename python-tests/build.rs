//! The interpreter that loads the module has Python's symbols. macOS wants to be told that they will be there.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "this is how a build script speaks with cargo")]

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "macos") {
        println!("cargo::rustc-link-arg-cdylib=-undefined");
        println!("cargo::rustc-link-arg-cdylib=dynamic_lookup");
    }
}
