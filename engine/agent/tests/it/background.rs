//! Going into the background.

use crate::lab::Process;

#[test]
fn the_daemon_leaves_its_starter() {
    let mut starter = Process::start("background", |_| ());
    assert_eq!(starter.end().code(), Some(0));
    starter.line("started", &starter.child.id().to_string());
    let line = starter.line("inside", " ");
    let words: Vec<&str> = line.split(' ').collect();
    assert_ne!(words[0], starter.child.id().to_string());
    assert_eq!(words[0], words[1], "it leads a session");
    let here = std::env::current_dir().unwrap();
    assert_eq!(&words[2..], [here.to_str().unwrap(), "/dev/null"]);
}
