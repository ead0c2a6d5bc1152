//! What statements may do: read, and make tables and views of their own in memory. Nothing reaches a file or changes
//! the connection.

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

/// Pragmas that are allowed, in lower case.
const PRAGMAS: &[&str] =
    &["table_info", "table_xinfo", "function_list", "journal_mode", "case_sensitive_like", "collation_list"];

/// Tables whose reading means that somebody inspects the schema.
const CATALOGS: &[&str] = &["sqlite_temp_master", "sqlite_temp_schema"];

/// The answer to one action, and what else it tells.
pub(crate) struct Ruling {
    pub(crate) answer: Authorization,
    /// The statement looks at the schema or changes it: declared tables must be visible to it.
    pub(crate) wants_catalog: bool,
    /// The line for the log when the action is denied.
    pub(crate) denied: Option<String>,
}

/// Judges one action.
pub(crate) fn judge(context: &AuthContext<'_>) -> Ruling {
    let allowed = allows(&context.action);
    Ruling {
        answer: if allowed { Authorization::Allow } else { Authorization::Deny },
        wants_catalog: wants_catalog(&context.action),
        denied: (!allowed).then(|| describe(context)),
    }
}

/// Whether a pragma may be used, by its name in any case.
pub(crate) fn allows_pragma(name: &str) -> bool {
    PRAGMAS.iter().any(|allowed| allowed.eq_ignore_ascii_case(name))
}

fn allows(action: &AuthAction<'_>) -> bool {
    use AuthAction as A;
    match action {
        A::Pragma { pragma_name, .. } => allows_pragma(pragma_name),
        A::Read { .. }
        | A::Select
        | A::Insert { .. }
        | A::Update { .. }
        | A::Delete { .. }
        | A::CreateVtable { .. }
        | A::DropVtable { .. }
        | A::CreateView { .. }
        | A::DropView { .. }
        | A::CreateTable { .. }
        | A::DropTable { .. }
        | A::CreateTempTable { .. }
        | A::DropTempTable { .. }
        | A::CreateTempView { .. }
        | A::DropTempView { .. }
        | A::Function { .. }
        | A::Recursive
        | A::Transaction { .. } => true,
        _ => false,
    }
}

fn wants_catalog(action: &AuthAction<'_>) -> bool {
    use AuthAction as A;
    match action {
        A::Read { table_name, .. } => inspects(table_name),
        A::Pragma { pragma_name, .. } => pragma_name.to_ascii_lowercase().starts_with("table_"),
        A::CreateTable { .. }
        | A::CreateTempTable { .. }
        | A::CreateView { .. }
        | A::CreateTempView { .. }
        | A::DropTable { .. }
        | A::DropTempTable { .. }
        | A::DropView { .. }
        | A::DropTempView { .. }
        | A::CreateVtable { .. }
        | A::DropVtable { .. } => true,
        _ => false,
    }
}

fn inspects(table: &str) -> bool {
    let table = table.to_ascii_lowercase();
    CATALOGS.contains(&table.as_str()) || table.starts_with("pragma_table_")
}

/// `Authorizer denied action CODE a b c d`, absent arguments as `null`.
fn describe(context: &AuthContext<'_>) -> String {
    use AuthAction as A;
    let (code, first, second) = match &context.action {
        A::Unknown { code, arg1, arg2 } => (*code, *arg1, *arg2),
        A::CreateIndex { index_name, table_name } => (1, Some(*index_name), Some(*table_name)),
        A::CreateTempIndex { index_name, table_name } => (3, Some(*index_name), Some(*table_name)),
        A::CreateTempTrigger { trigger_name, table_name } => (5, Some(*trigger_name), Some(*table_name)),
        A::CreateTrigger { trigger_name, table_name } => (7, Some(*trigger_name), Some(*table_name)),
        A::Pragma { pragma_name, pragma_value } => (19, Some(*pragma_name), *pragma_value),
        A::Attach { filename } => (24, Some(*filename), None),
        A::Detach { database_name } => (25, Some(*database_name), None),
        A::AlterTable { database_name, table_name } => (26, Some(*database_name), Some(*table_name)),
        A::Reindex { index_name } => (27, Some(*index_name), None),
        A::Analyze { table_name } => (28, Some(*table_name), None),
        A::Savepoint { savepoint_name, .. } => (32, None, Some(*savepoint_name)),
        _ => (0, None, None),
    };
    let words = [first, second, context.database_name, context.accessor].map(|word| word.unwrap_or("null"));
    format!("Authorizer denied action {code} {}", words.join(" "))
}
