//! The shell.

fn main() {
    std::process::exit(plumb::main(std::env::args_os()));
}
