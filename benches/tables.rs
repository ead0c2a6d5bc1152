//! Tables over a machine in memory: what they cost beside the system calls, which [`ratios`](../ratios.rs) measures.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use plumb_host::{Host, Mem};
use plumb_repo::{answer, synthetic};
use std::fmt::Write as _;
use std::sync::Arc;

const COUNT: u32 = 1000;

fn ask(c: &mut Criterion, name: &str, host: impl Host + 'static, queries: &[&str]) {
    let mut engine = answer::engine(plumb_tables::registry(), Arc::new(host));
    let mut group = c.benchmark_group(name);
    for sql in queries {
        let rows = answer::json(&mut engine, sql);
        assert!(rows > 0, "{sql} has no rows");
        group.throughput(Throughput::Elements(COUNT.into()));
        group.bench_function(*sql, |b| b.iter(|| answer::json(&mut engine, sql)));
    }
}

fn text(line: impl Fn(&mut String, u32) -> std::fmt::Result) -> String {
    (0..COUNT).fold(String::new(), |mut text, number| {
        // A String takes everything.
        let _ = line(&mut text, number);
        text
    })
}

fn processes(c: &mut Criterion) {
    let host = (1..=COUNT).fold(synthetic::processes(COUNT, 4), |host, pid| {
        let dir = format!("/proc/{pid}");
        host.file(
            format!("{dir}/status"),
            "Name:\tx\nState:\tS (sleeping)\nUid:\t1\t1\t1\t1\nGid:\t1\t1\t1\t1\nVmSize:\t9 kB\nVmRSS:\t4 kB\n",
        )
        .file(format!("{dir}/cmdline"), b"/usr/bin/program\0--flag\0value\0")
        .file(format!("{dir}/io"), "rchar: 1\nwchar: 2\nread_bytes: 9\nwrite_bytes: 8\ncancelled_write_bytes: 3\n")
        .file(format!("{dir}/cgroup"), "0::/system.slice/x.service\n")
        .link(format!("{dir}/exe"), "/usr/bin/program")
        .link(format!("{dir}/cwd"), "/")
        .link(format!("{dir}/root"), "/")
    });
    let queries = ["select * from processes", "select pid, name from processes", "select count(*) from processes"];
    ask(c, "processes", host, &queries);
}

fn files(c: &mut Criterion) {
    let host = (0..COUNT).fold(Mem::new(), |host, number| host.file(format!("/t/d{}/f{number}", number % 10), ""));
    let queries = [
        "select count(*) from file where path like '/t/%%'",
        "select path, size, mode, mtime, uid from file where path like '/t/%%'",
        "select path from file where directory in ('/t/d1', '/t/d2')",
    ];
    ask(c, "files", host, &queries);
}

fn lists(c: &mut Criterion) {
    let packages = text(|text, n| {
        write!(
            text,
            "Package: package-{n}\nStatus: install ok installed\nPriority: optional\nSection: libs\nInstalled-Size: 100\n\
             Maintainer: Somebody <somebody@example.org>\nArchitecture: amd64\nVersion: 1.{n}-1\n\
             Description: a package\n that is described\n at some length\n\n"
        )
    });
    let users = text(|text, n| writeln!(text, "user{n}:x:{n}:{n}:,,,:/home/user{n}:/bin/sh"));
    let groups = text(|text, n| writeln!(text, "group{n}:x:{n}:user{n},user{}", (n + 7) % COUNT));
    let history = text(|text, n| writeln!(text, "#17000{n:05}\nls -l /some/where/{n}"));
    let services = text(|text, n| writeln!(text, "service{n}\t{n}/tcp\talias{n}\t# a service"));
    let host = Mem::new()
        .file("/var/lib/dpkg/status", packages)
        .file("/etc/passwd", users)
        .file("/etc/group", groups)
        .file("/etc/services", services)
        .file("/home/user7/.bash_history", history);
    let queries = [
        "select * from deb_packages",
        "select * from users",
        "select * from user_groups",
        "select count(*) from users u join user_groups g using (uid) join groups using (gid)",
        "select * from etc_services",
        "select * from shell_history where uid = 7",
    ];
    ask(c, "lists", host, &queries);
}

criterion_group!(benches, processes, files, lists);
criterion_main!(benches);
