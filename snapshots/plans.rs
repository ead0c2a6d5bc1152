//! How statements are planned. A loop that scans inside a loop, where it looked up before, shows here.

use crate::review::Review;
use crate::rows::{Value, ask};
use plumb_conformance::engines::embedded::Embedded;
use plumb_host::Mem;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

const STATEMENTS: &[(&str, &[&str])] = &[
    (
        "one_table",
        &[
            "SELECT * FROM processes WHERE pid = 1",
            "SELECT * FROM processes WHERE pid IN (1, 2, 3)",
            "SELECT * FROM processes WHERE pid = 1 OR pid = 2",
            "SELECT * FROM processes WHERE pid = 1 OR name = 'sshd'",
            "SELECT * FROM processes WHERE name = 'sshd'",
            "SELECT * FROM processes WHERE name LIKE 'ssh%' ORDER BY pid LIMIT 5",
            "SELECT * FROM users WHERE username = 'root'",
            "SELECT * FROM users WHERE username IN ('root', 'daemon') AND uid = 0",
            "SELECT * FROM file WHERE path LIKE '/etc/%'",
            "SELECT * FROM file WHERE path IN ('/etc/passwd', '/etc/group')",
            "SELECT * FROM file WHERE path = '/etc/passwd' OR directory = '/root'",
            "SELECT * FROM deb_packages WHERE name = 'bash' AND version > '5'",
            "SELECT DISTINCT uid FROM processes",
            "SELECT state, count(*) FROM processes GROUP BY state ORDER BY 2 DESC",
        ],
    ),
    (
        "joins",
        &[
            "SELECT * FROM processes p JOIN users u ON u.uid = p.uid",
            "SELECT * FROM processes p JOIN users u USING (uid) WHERE u.username = 'root'",
            "SELECT * FROM processes p LEFT JOIN users u ON u.uid = p.uid",
            "SELECT * FROM users u LEFT JOIN processes p ON p.uid = u.uid WHERE p.pid IS NULL",
            "SELECT * FROM processes p, processes parent WHERE parent.pid = p.parent",
            "SELECT * FROM processes a JOIN processes b ON a.name = b.name AND a.pid < b.pid",
            "SELECT * FROM process_open_sockets s JOIN processes p ON p.pid = s.pid",
            "SELECT * FROM process_open_sockets s JOIN processes p USING (pid) WHERE s.remote_port = 443",
            "SELECT * FROM listening_ports l JOIN processes p ON p.pid = l.pid WHERE l.port = 22",
            "SELECT * FROM processes p JOIN process_open_files f ON f.pid = p.pid WHERE p.name = 'sshd'",
            "SELECT * FROM processes p JOIN process_envs e USING (pid) WHERE e.key = 'LD_PRELOAD'",
            "SELECT * FROM processes p JOIN hash h ON h.path = p.path",
            "SELECT * FROM hash h JOIN processes p ON h.path = p.path WHERE p.on_disk = 1",
            "SELECT * FROM file f JOIN hash h USING (path) WHERE f.path LIKE '/etc/%'",
            "SELECT * FROM file f JOIN hash h ON h.path = f.path WHERE f.directory = '/etc' AND f.size < 1000",
            "SELECT * FROM file f JOIN users u ON u.uid = f.uid WHERE f.path LIKE '/home/%%'",
            "SELECT * FROM suid_bin s JOIN deb_package_files d ON d.path = s.path",
            "SELECT * FROM deb_package_files f JOIN deb_packages p ON p.name = f.package WHERE f.path = '/bin/bash'",
            "SELECT * FROM users u JOIN user_groups g ON g.uid = u.uid JOIN groups r ON r.gid = g.gid",
            "SELECT * FROM users JOIN authorized_keys USING (uid)",
            "SELECT * FROM authorized_keys k JOIN users u ON u.uid = k.uid WHERE k.algorithm = 'ssh-rsa'",
            "SELECT * FROM users u CROSS JOIN shell_history h USING (uid) WHERE h.command LIKE '%curl%'",
            "SELECT * FROM etc_services s JOIN listening_ports l ON l.port = s.port",
            "SELECT * FROM interface_details d JOIN interface_addresses a USING (interface)",
            "SELECT * FROM mounts m JOIN file f ON f.path = m.path",
            "SELECT * FROM users a FULL JOIN groups b ON a.gid = b.gid",
            "SELECT * FROM users a RIGHT JOIN user_groups b ON a.uid = b.uid",
            "SELECT * FROM processes p LEFT JOIN hash h ON h.path = p.path",
            "SELECT * FROM processes p LEFT JOIN file f USING (path) WHERE f.mode LIKE '4%'",
            "SELECT * FROM file f JOIN processes p ON p.path = f.path OR p.cwd = f.path",
            "SELECT * FROM users u JOIN file f ON f.path = u.directory || '/.bash_history'",
            "SELECT * FROM users u JOIN file f ON f.path LIKE u.directory || '/.ssh/%'",
            "SELECT * FROM users u, file f WHERE f.directory = u.directory || '/.ssh' AND u.uid >= 1000",
            "SELECT * FROM process_open_sockets s JOIN processes p USING (pid) JOIN users u ON u.uid = p.uid \
             JOIN hash h ON h.path = p.path WHERE s.remote_port <> 0",
            "SELECT * FROM process_open_sockets a JOIN process_open_sockets b \
             ON a.local_port = b.remote_port AND a.remote_port = b.local_port",
            "SELECT * FROM last l JOIN users u ON u.username = l.username COLLATE NOCASE",
            "SELECT * FROM users u JOIN last l ON l.username LIKE u.username",
            "SELECT * FROM etc_services s JOIN etc_protocols p ON p.name = s.protocol AND p.number < s.port",
            "SELECT * FROM deb_packages a JOIN deb_packages b ON a.name = b.name AND a.version < b.version",
            "SELECT * FROM osquery_info i JOIN processes p ON p.pid = i.pid",
            "SELECT * FROM system_info, os_version, uptime",
        ],
    ),
    (
        "subqueries",
        &[
            "SELECT * FROM processes WHERE uid IN (SELECT uid FROM users WHERE shell LIKE '%nologin')",
            "SELECT * FROM processes WHERE path NOT IN (SELECT path FROM deb_package_files)",
            "SELECT * FROM users u WHERE EXISTS (SELECT 1 FROM processes p WHERE p.uid = u.uid)",
            "SELECT * FROM users u WHERE NOT EXISTS (SELECT 1 FROM last l WHERE l.username = u.username)",
            "SELECT pid, (SELECT count(*) FROM process_open_files f WHERE f.pid = p.pid) FROM processes p",
            "SELECT pid, (SELECT username FROM users u WHERE u.uid = p.uid) FROM processes p",
            "SELECT * FROM hash WHERE path IN (SELECT path FROM processes)",
            "SELECT * FROM hash WHERE path IN (SELECT path FROM file WHERE directory = '/bin')",
            "SELECT * FROM file WHERE path = (SELECT path FROM processes WHERE pid = 1)",
            "SELECT * FROM (SELECT uid, count(*) AS n FROM processes GROUP BY uid) c JOIN users u ON u.uid = c.uid",
            "WITH p(path) AS (VALUES ('/etc/passwd'), ('/etc/group')) SELECT * FROM p JOIN file f ON f.path = p.path",
            "WITH roots AS (SELECT pid FROM processes WHERE uid = 0) \
             SELECT * FROM process_open_sockets s JOIN roots r ON r.pid = s.pid",
            "WITH RECURSIVE up(pid, parent) AS (SELECT pid, parent FROM processes WHERE pid = 632 \
             UNION SELECT p.pid, p.parent FROM processes p JOIN up ON p.pid = up.parent) SELECT * FROM up",
            "SELECT username FROM users UNION SELECT groupname FROM groups",
            "SELECT * FROM processes WHERE pid IN (SELECT pid FROM listening_ports WHERE port = 22)",
            "SELECT * FROM (VALUES ('bash'), ('dpkg')) v JOIN deb_package_files f ON f.package = v.column1",
            "SELECT * FROM hash WHERE path IN (SELECT path FROM file WHERE path LIKE '/etc/%' AND size < 1000)",
            "SELECT * FROM users u WHERE u.uid = (SELECT max(uid) FROM processes p WHERE p.gid = u.gid)",
            "SELECT name, row_number() OVER (PARTITION BY uid ORDER BY resident_size DESC) FROM processes",
        ],
    ),
];

#[test]
fn plans() {
    let mut engine = Embedded::new(Arc::new(Mem::new())).expect("an engine");
    let mut review = Review::of("plans");
    for (name, statements) in STATEMENTS {
        let plans = statements.iter().map(|sql| format!("{sql}\n{}", plan(&mut engine, sql)));
        review.check(name, "query plans", &plans.collect::<Vec<_>>().join("\n"));
    }
    review.finish();
}

/// The plan as a tree.
fn plan(engine: &mut Embedded, sql: &str) -> String {
    let mut depths = HashMap::from([("0".to_owned(), 1)]);
    let mut text = String::new();
    for row in ask(engine, &format!("EXPLAIN QUERY PLAN {sql}")).rows {
        let cell = |place: usize| row.get(place).map_or_else(String::new, Value::to_string);
        let depth = depths.get(&cell(1)).copied().unwrap_or(1);
        depths.insert(cell(0), depth + 1);
        let _ = writeln!(text, "{}{}", "  ".repeat(depth), cell(3).trim_matches('\''));
    }
    text
}
