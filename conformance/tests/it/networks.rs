//! What netlink tells of a network with much in it, against ip(8): told by the running kernel, and by a recording of it.

use plumb_conformance::Verdict;
use plumb_conformance::answer::Row;
use plumb_conformance::engines::Engine;
use plumb_conformance::engines::embedded::Embedded;
use plumb_conformance::truth::{self, Scene, Truth};
use plumb_host::{Host, Live, Mem, Recording};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

/// Makes the network, says so, and stays until its standard input ends. Addresses are given as they are to be at once:
/// nothing changes afterwards by itself.
const SETUP: &str = "
    set -e
    ip link set lo up
    ip link add rich0 type veth peer name rich1
    ip link add rich2 type veth peer name rich3
    ip tuntap add rich4 mode tun
    for name in rich0 rich1 rich2 rich4; do ip link set $name addrgenmode none; ip link set $name up; done
    ip link set rich1 mtu 1280 alias 'the other end'
    ip addr add 10.1.1.1/24 dev rich0 broadcast +
    ip addr add 10.1.1.9/24 dev rich0 label rich0:b
    ip addr add 10.1.2.1/31 dev rich2
    ip addr add 10.1.3.1 peer 10.9.9.9/32 dev rich4
    ip route add default via 10.1.1.7 dev rich0 src 10.1.1.9 metric 77 mtu 1400 hoplimit 33
    ip route add 10.5.0.0/16 nexthop via 10.1.1.8 dev rich0 nexthop via 10.44.0.2 dev rich2 weight 5 onlink
    ip route add 10.6.0.0/16 via inet6 fe80::5 dev rich0
    ip route add 10.8.0.0/16 via 10.44.0.1 dev rich0 onlink table 5000
    for kind in blackhole unreachable prohibit throw; do ip route add $kind 10.7.${#kind}.0/24; done
    if ip -6 addr add 2001:db8::1/64 dev rich0 nodad; then
        ip -6 addr add fe80::9/64 dev rich0 nodad
        ip -6 addr add 2001:db8:1::1 peer 2001:db8:2::2 dev rich4 nodad
        ip -6 route add default via fe80::7 dev rich0 metric 7 hoplimit 12
        ip -6 route add fd00:5::/64 nexthop via fe80::5 dev rich0 nexthop via fe80::6 dev rich1
        ip -6 route add prohibit fd00:6::/64
        ip -6 route add fd00:7::/64 dev rich0 src 2001:db8::1 mtu 1300
    fi
    echo ready
    exec cat
";

/// A network namespace that is gone when it is dropped.
struct Space(Child);

impl Space {
    /// `None` where this process may not make one, or the kernel lacks what is wanted.
    #[allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the network is made, not read")]
    fn new() -> Option<Self> {
        let mut command = Command::new("unshare");
        command.args(["-n", "sh", "-c", SETUP]).env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let mut line = String::new();
        let ready = BufReader::new(child.stdout.take()?).read_line(&mut line);
        let space = Self(child);
        ready.is_ok_and(|_| line == "ready\n").then_some(space)
    }

    /// Brings this thread, and what it starts, into the namespace.
    #[allow(clippy::disallowed_methods, reason = "a namespace is entered, nothing is read")]
    fn enter(&self) {
        let link = std::fs::File::open(format!("/proc/{}/ns/net", self.0.id())).expect("the child is there");
        let network = rustix::thread::LinkNameSpaceType::Network;
        rustix::thread::move_into_link_name_space(std::os::fd::AsFd::as_fd(&link), Some(network)).expect("root");
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        // Its standard input ends: so does the child. What is in its way is ended.
        drop(self.0.stdin.take());
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Counters last: whatever asks for interfaces again has others.
const TABLES: [&str; 3] = ["interface_addresses", "routes", "interface_details"];

fn truths() -> impl Iterator<Item = &'static Truth> {
    truth::all().filter(|truth| truth.program == "ip" && TABLES.contains(&truth.table))
}

fn ask(engine: &mut Embedded, table: &str) -> Vec<Row> {
    engine.ask(&format!("SELECT * FROM {table}")).expect(table)
}

#[test]
fn a_rich_network_is_told_as_ip_tells_it() {
    let Some(space) = Space::new() else {
        eprintln!("skipped: no network namespace can be made here");
        return;
    };
    let judged = std::thread::scope(|scope| {
        let judge = || {
            space.enter();
            judge()
        };
        scope.spawn(judge).join().expect("no panic")
    });
    // Seven addresses, six interfaces, and their routes, live; addresses and routes once more.
    assert!(judged > 60, "{judged} rows");
}

/// Rows of which programs agreed with the agent.
fn judge() -> usize {
    let scene = Scene::new().expect("a scene");
    let mut judged = 0;
    let mut check = |truth: &Truth, engine: &mut Embedded, whose: &str| {
        let outcome = truth.check(&scene, engine);
        assert!(matches!(outcome.verdict, Verdict::Pass | Verdict::Skip(_)), "{whose}, {}: {outcome:?}", truth.name);
        judged += outcome.judged;
    };
    let recording = Arc::new(Recording::new(Arc::new(Live::new().expect("this host")), 1 << 24));
    let live = Arc::clone(&recording) as Arc<dyn Host>;
    let mut engine = Embedded::new(live).expect("an engine");
    truths().for_each(|truth| check(truth, &mut engine, "live"));
    let rows = TABLES.map(|table| ask(&mut engine, table));
    drop(engine);
    let recorded = Arc::into_inner(recording).expect("nobody else").into_mem();
    assert_eq!(recorded.dumps().iter().filter(|dump| dump.namespace.is_empty()).count(), 3);
    let mut archive = Vec::new();
    recorded.to_tar(&mut archive).expect("an archive");
    let again = Mem::from_tar(&*archive).expect("the same archive");
    let mut engine = Embedded::new(Arc::new(again)).expect("an engine");
    for (table, rows) in TABLES.iter().zip(rows) {
        assert_eq!(ask(&mut engine, table), rows, "{table}");
    }
    // Counters go on.
    truths().filter(|truth| truth.table != "interface_details").for_each(|truth| check(truth, &mut engine, "recorded"));
    judged
}
