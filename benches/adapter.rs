//! The adapter between tables and SQLite: what a statement costs before its first row, and what each row costs.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use plumb_host::{Host, Mem};
use plumb_repo::{answer, synthetic};
use plumb_schema::{AnyTable, Registry};
use std::sync::Arc;

fn million() -> Registry {
    Registry::new([&synthetic::MILLION as &'static dyn AnyTable])
}

fn open(c: &mut Criterion) {
    let host: Arc<dyn Host> = Arc::new(Mem::new());
    let mut group = c.benchmark_group("open an engine");
    for extra in [0, 300] {
        let registry = synthetic::crowded(extra);
        group.bench_function(format!("{extra} more tables"), |b| {
            b.iter_batched(
                || registry.clone(),
                |tables| answer::engine(tables, Arc::clone(&host)),
                BatchSize::SmallInput,
            );
        });
    }
}

fn statements(c: &mut Criterion) {
    let mut engine = answer::engine(plumb_tables::registry(), Arc::new(synthetic::processes(100, 4)));
    let mut group = c.benchmark_group("one statement");
    for (name, sql) in [
        ("no table", "select 1"),
        ("a small table", "select * from time"),
        ("one process", "select pid from processes where pid = 7"),
        ("a wide join", "select * from processes p join process_open_sockets s using (pid) join users u using (uid)"),
        ("the schema", "select count(*) from pragma_table_info('processes')"),
    ] {
        group.bench_function(name, |b| b.iter(|| answer::json(&mut engine, sql)));
    }
}

fn analyses(c: &mut Criterion) {
    let engine = answer::engine(plumb_tables::registry(), Arc::new(Mem::new()));
    let mut group = c.benchmark_group("analyse");
    for (name, sql) in [
        ("one table", "SELECT pid, name FROM processes WHERE uid = 0"),
        (
            "a join of three",
            "SELECT u.username, p.name, s.remote_address, count(*) AS n FROM process_open_sockets s JOIN processes p USING (pid) \
             LEFT JOIN users u ON u.uid = p.uid WHERE s.remote_port NOT IN (0, 53) AND p.name LIKE 'ssh%' \
             GROUP BY u.username, p.name, s.remote_address HAVING count(*) > 1 ORDER BY n DESC LIMIT 10",
        ),
        (
            "a subquery and a common table expression",
            "WITH listening AS (SELECT pid, port FROM listening_ports WHERE address = '0.0.0.0') SELECT p.name, l.port FROM \
             processes p JOIN listening l ON l.pid = p.pid WHERE p.uid IN (SELECT uid FROM users WHERE shell NOT LIKE '%nologin')",
        ),
    ] {
        group.bench_function(name, |b| b.iter(|| engine.analyse(sql)));
    }
}

fn rows(c: &mut Criterion) {
    let mut engine = answer::engine(million(), Arc::new(Mem::new()));
    let mut group = c.benchmark_group("a million rows");
    group.sample_size(10).throughput(Throughput::Elements(1_000_000));
    for sql in ["count(*)", "sum(value)", "max(name)", "value, half, name"] {
        group.bench_function(sql, |b| b.iter(|| answer::json(&mut engine, &format!("select {sql} from million"))));
    }
}

fn joins(c: &mut Criterion) {
    let mut group = c.benchmark_group("join on name");
    for count in [100, 1000, 10_000] {
        let mut engine = answer::engine(plumb_tables::registry(), Arc::new(synthetic::processes(count, 4)));
        group.throughput(Throughput::Elements(count.into()));
        group.bench_function(format!("{count} processes"), |b| {
            b.iter(|| answer::json(&mut engine, "select count(*) from processes a join processes b using (name)"));
        });
    }
}

criterion_group!(benches, open, statements, analyses, rows, joins);
criterion_main!(benches);
