//! The daemon.

fn main() {
    std::process::exit(plumb::main(std::env::args_os()));
}
