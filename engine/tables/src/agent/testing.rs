//! An agent with constant answers, for the tests of this folder.

use plumb_host::{Cancel, Mem};
use plumb_schema::{
    Agent, AgentInfo, AnyTable, Collation, Column, Cx, EventsInfo, ExtensionInfo, FlagInfo, Ops, PackInfo, Performance,
    Platforms, PluginInfo, Registry, Request, ScheduleInfo, Statement, Table, Type,
};
use std::sync::Arc;

struct Constant(Registry);

impl Agent for Constant {
    fn info(&self) -> AgentInfo {
        AgentInfo {
            pid: 42,
            uuid: "u-1".to_owned(),
            instance_id: "i-1".to_owned(),
            version: "9.8".to_owned(),
            config_valid: true,
            extensions: "active".to_owned(),
            start_time: 1_700_000_000,
            watcher: -1,
            ..AgentInfo::default()
        }
    }

    fn flags(&self) -> Vec<FlagInfo> {
        let flag = |name: &str, description: &str, value: &str, shell_only| FlagInfo {
            name: name.to_owned(),
            kind: "bool",
            description: description.to_owned(),
            default: "false".to_owned(),
            value: value.to_owned(),
            shell_only,
        };
        vec![flag("verbose", "Says more", "true", false), flag("json", "", "false", true)]
    }

    fn plugins(&self) -> Vec<PluginInfo> {
        let (registry, name) = ("logger".to_owned(), "stdout".to_owned());
        vec![PluginInfo { registry, name, owner_uuid: 7, internal: true, active: false }]
    }

    fn registry(&self) -> &Registry {
        &self.0
    }

    fn schedule(&self) -> Vec<ScheduleInfo> {
        vec![ScheduleInfo {
            name: "pack_p_q".to_owned(),
            query: "select 1".to_owned(),
            interval: 60,
            denylisted: true,
            performance: Performance {
                executions: 4,
                output_size: 64,
                last_wall_time_ms: 9,
                last_memory: 4096,
                ..Performance::default()
            },
        }]
    }

    fn packs(&self) -> Vec<PackInfo> {
        vec![PackInfo {
            name: "p".to_owned(),
            platform: "linux".to_owned(),
            version: "1.0".to_owned(),
            shard: 7,
            discovery_cache_hits: 2,
            discovery_executions: 3,
            active: true,
        }]
    }

    fn events(&self) -> Vec<EventsInfo> {
        vec![EventsInfo {
            name: "file_events".to_owned(),
            publisher: "inotify".to_owned(),
            kind: "subscriber",
            subscriptions: 3,
            events: 12,
            refreshes: 0,
            active: true,
        }]
    }

    fn extensions(&self) -> Vec<ExtensionInfo> {
        vec![ExtensionInfo {
            uuid: 0,
            name: "core".to_owned(),
            version: "9.8".to_owned(),
            sdk_version: "0.0.0".to_owned(),
            path: "/run/agent.em".to_owned(),
            kind: "core",
        }]
    }
}

type Col = Column<()>;

static COLUMNS: &[Column<()>] = &[
    Col::unsigned("id", "Number", |()| None).key().optimized().aliases(&["number", "nr"]),
    Col::text("name", "Name", |()| None)
        .on(Platforms::LINUX)
        .additional()
        .hidden()
        .required(Ops::EQ)
        .collate(Collation::NoCase),
    Col::foreign(Platforms::WINDOWS, Type::Double, "only", "Only there"),
];

/// A table of the system that runs the tests (and of its like).
static HERE: Table<()> = Table { name: "here", doc: "Here.", on: Platforms::POSIX, columns: COLUMNS, ..Table::EMPTY };
static ELSEWHERE: Table<()> =
    Table { name: "elsewhere", doc: "Elsewhere.", on: Platforms::WINDOWS, columns: COLUMNS, ..Table::EMPTY };

/// Rows of a table that asks this agent.
pub(crate) fn rows(table: &dyn AnyTable, columns: &[&str]) -> Vec<Vec<String>> {
    let tables: [&'static dyn AnyTable; 2] = [&HERE, &ELSEWHERE];
    let agent = Arc::new(Constant(Registry::new(tables)));
    let statement = Arc::new(Statement::new(Arc::new(Mem::new()), agent, Cancel::new()));
    let mut found = table.scan(&Arc::new(Cx::new(table.name(), statement)), &Request::all(table.specs()));
    let places: Vec<usize> =
        columns.iter().map(|name| table.specs().position(|spec| spec.name == *name).unwrap()).collect();
    let row = |row: &dyn plumb_schema::AnyRows| places.iter().map(|at| crate::testing::cell(&row.value(*at))).collect();
    std::iter::from_fn(|| found.advance().then(|| row(&*found))).collect()
}

/// Compares all rows with what is expected.
#[track_caller]
pub(crate) fn check(table: &dyn AnyTable, columns: &[&str], expect: &[&[&str]]) {
    assert_eq!(rows(table, columns), expect);
}
