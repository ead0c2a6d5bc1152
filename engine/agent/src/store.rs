//! What the agent remembers from one start to the next: a SQLite database in WAL mode in a directory of its own.
//!
//! A database that is damaged is set aside, and the agent goes on with an empty one: what it remembered is lost, what it will
//! see is not. Every change is one transaction; a kill at any moment leaves the state before or after it.

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, TransactionBehavior};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The database's file in its directory.
const FILE: &str = "plumb.db";

/// The version of the tables below.
const VERSION: i64 = 2;

/// Identifiers of rows hold the query in the upper bits and the row's place in the lower; hashes of rows near each other stand together under
/// the first place.
const TABLES: &str = "
    CREATE TABLE settings(domain TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (domain, key)) WITHOUT ROWID;
    CREATE TABLE queries(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, sql TEXT NOT NULL, epoch INTEGER NOT NULL,
        counter INTEGER NOT NULL, next INTEGER NOT NULL, live INTEGER NOT NULL, gone INTEGER NOT NULL);
    CREATE TABLE shapes(id INTEGER PRIMARY KEY, names TEXT NOT NULL UNIQUE);
    CREATE TABLE hashes(id INTEGER PRIMARY KEY, hashes BLOB NOT NULL);
    CREATE TABLE rows(id INTEGER PRIMARY KEY, shape INTEGER NOT NULL, record BLOB NOT NULL);
    CREATE TABLE gone(id INTEGER PRIMARY KEY, query INTEGER NOT NULL, places BLOB NOT NULL);
";

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The directory cannot be made or reached.
    #[error("{0}: {1}: give --database_path a directory that the agent may write to")]
    Directory(PathBuf, io::Error),
    /// Another process uses it.
    #[error(
        "the database in {0} is in use by another process: stop that one, or give this one another --database_path"
    )]
    Busy(PathBuf),
    /// SQLite says so.
    #[error("the database: {0}")]
    Sql(#[from] rusqlite::Error),
    /// A temporary file cannot be written.
    #[error("temporary file: {0}")]
    Spool(#[from] io::Error),
    /// Something in it is not what was written.
    #[error("the database is damaged: {0}")]
    Damaged(String),
}

impl StoreError {
    /// Whether the file must be set aside.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Sql(rusqlite::Error::SqliteFailure(error, _)) => {
                matches!(error.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
            }
            Self::Damaged(_) => true,
            _ => false,
        }
    }

    /// Whether the disk cannot be written, which no other directory on it would change.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        match self {
            Self::Sql(rusqlite::Error::SqliteFailure(error, _)) => error.code == ErrorCode::ReadOnly,
            Self::Directory(_, error) | Self::Spool(error) => error.kind() == io::ErrorKind::ReadOnlyFilesystem,
            _ => false,
        }
    }
}

/// See the module.
#[derive(Debug)]
pub struct Store {
    pub(crate) connection: Connection,
    /// Where what is too large for memory is put; none for a store in memory.
    pub(crate) directory: Option<PathBuf>,
    /// Keeps other processes out while it is open.
    _lock: Option<Lock>,
    /// The key of all row hashes: who can choose rows must not be able to choose their hashes.
    pub(crate) hash_key: [u8; 16],
}

/// A store, and what had to be set aside for it.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: Store,
    /// Where the damaged file is now, and what was wrong with it.
    pub set_aside: Option<(PathBuf, String)>,
}

impl Store {
    /// A store in a directory, which is made (mode 0700) where it is missing.
    ///
    /// # Errors
    /// When the directory or a fresh database in it cannot be used. Damage is no error: see [`Opened::set_aside`].
    pub fn open(directory: &Path, now: i64) -> Result<Opened, StoreError> {
        make_directory(directory).map_err(|error| StoreError::Directory(directory.to_owned(), error))?;
        let lock = Lock::take(directory)?;
        let (mut store, set_aside) = match Self::of_file(directory) {
            Ok(store) => (store, None),
            Err(error) if error.is_damage() => {
                let kept = set_aside(directory, now).map_err(|io| StoreError::Directory(directory.to_owned(), io))?;
                (Self::of_file(directory)?, Some((kept, error.to_string())))
            }
            Err(error) => return Err(error),
        };
        store._lock = Some(lock);
        Ok(Opened { store, set_aside })
    }

    /// Its directory; none for a store in memory.
    #[must_use]
    pub fn directory(&self) -> Option<&Path> {
        self.directory.as_deref()
    }

    /// Another connection to the store of a directory, which is open already.
    ///
    /// # Errors
    /// What SQLite says; damage is not set aside.
    pub fn second(directory: &Path) -> Result<Self, StoreError> {
        Self::of_file(directory)
    }

    /// A store that is forgotten when it is dropped.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::over(Connection::open_in_memory()?, None)
    }

    fn of_file(directory: &Path) -> Result<Self, StoreError> {
        let connection = Connection::open(directory.join(FILE))?;
        Self::over(connection, Some(directory.to_owned()))
    }

    fn over(connection: Connection, directory: Option<PathBuf>) -> Result<Self, StoreError> {
        connection.busy_timeout(Duration::from_secs(5))?;
        // A lost power supply may cost the last transactions, never the file; rows are then logged again.
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;
             PRAGMA journal_size_limit = 4194304; PRAGMA cache_size = -2000; PRAGMA trusted_schema = OFF;",
        )?;
        let version: i64 = connection.query_row("PRAGMA user_version", (), |row| row.get(0))?;
        match version {
            0 => connection
                .execute_batch(&format!("BEGIN IMMEDIATE; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;"))?,
            VERSION => {}
            other => return Err(StoreError::Damaged(format!("it is of version {other}, this agent knows {VERSION}"))),
        }
        let mut store = Self { connection, directory, _lock: None, hash_key: [0; 16] };
        store.hash_key = store.learn_hash_key()?;
        Ok(store)
    }

    fn learn_hash_key(&self) -> Result<[u8; 16], StoreError> {
        if let Some(key) = self.get("agent", "hash_key")? {
            return key.try_into().map_err(|_| StoreError::Damaged("the key of row hashes is not 16 bytes".to_owned()));
        }
        let mut key = [0; 16];
        getrandom::fill(&mut key).map_err(|error| io::Error::other(error.to_string()))?;
        self.put("agent", "hash_key", &key)?;
        Ok(key)
    }

    /// Gives back the memory of pages that are kept for the next question.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn give_back(&self) -> Result<(), StoreError> {
        Ok(self.connection.execute_batch("PRAGMA shrink_memory")?)
    }

    /// What is remembered under a key.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn get(&self, domain: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let mut find = self.connection.prepare_cached("SELECT value FROM settings WHERE domain = ? AND key = ?")?;
        Ok(find.query_row((domain, key), |row| row.get(0)).optional()?)
    }

    /// Remembers a value under a key.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn put(&self, domain: &str, key: &str, value: &[u8]) -> Result<(), StoreError> {
        let mut put = self.connection.prepare_cached("INSERT OR REPLACE INTO settings VALUES (?, ?, ?)")?;
        put.execute((domain, key, value))?;
        Ok(())
    }

    /// Forgets a key.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn remove(&self, domain: &str, key: &str) -> Result<(), StoreError> {
        self.connection.prepare_cached("DELETE FROM settings WHERE domain = ? AND key = ?")?.execute((domain, key))?;
        Ok(())
    }

    /// All keys of a domain and their values, in the order of the keys.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn all(&self, domain: &str) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let mut all =
            self.connection.prepare_cached("SELECT key, value FROM settings WHERE domain = ? ORDER BY key")?;
        let rows = all.query_map((domain,), |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The store of a directory, to be read while perhaps another process writes to it.
    ///
    /// # Errors
    /// When there is none, or it is damaged.
    pub fn read_only(directory: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(directory.join(FILE), flags)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        Ok(Self { connection, directory: Some(directory.to_owned()), _lock: None, hash_key: [0; 16] })
    }

    /// Everything that is remembered under keys, in their order. The agent's own secrets are not among it.
    ///
    /// # Errors
    /// What SQLite or the taker says.
    pub fn each(&self, mut take: impl FnMut(&str, &str, &[u8]) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let mut all = self
            .connection
            .prepare("SELECT domain, key, value FROM settings WHERE domain <> 'agent' ORDER BY domain, key")?;
        let mut rows = all.query(())?;
        while let Some(row) = rows.next()? {
            let (domain, key): (String, String) = (row.get(0)?, row.get(1)?);
            take(&domain, &key, row.get_ref(2)?.as_bytes().unwrap_or_default())?;
        }
        Ok(())
    }

    /// The first key of a domain that is not before another, and its value.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn first_from(&self, domain: &str, key: &str) -> Result<Option<(String, Vec<u8>)>, StoreError> {
        let mut first = self
            .connection
            .prepare_cached("SELECT key, value FROM settings WHERE domain = ? AND key >= ? ORDER BY key LIMIT 1")?;
        Ok(first.query_row((domain, key), |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    /// Does several things with this store as one change, or none of them.
    ///
    /// # Errors
    /// What SQLite says, and what the things do.
    pub fn together<T>(&self, act: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        let transaction = self.connection.unchecked_transaction()?;
        let done = act()?;
        transaction.commit()?;
        Ok(done)
    }

    /// Does several things or none, and lets nobody else write meanwhile.
    pub(crate) fn at_once<T>(
        &mut self,
        act: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = act(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }
}

/// The right to use a directory. It ends with the process, however that ends.
#[derive(Debug)]
struct Lock {
    #[allow(clippy::disallowed_types, reason = "the agent's own file")]
    _file: std::fs::File,
}

impl Lock {
    fn take(directory: &Path) -> Result<Self, StoreError> {
        let failed = |error| StoreError::Directory(directory.to_owned(), error);
        let mut options = std::fs::OpenOptions::new();
        let file = options.create(true).truncate(false).write(true).open(directory.join("LOCK")).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::Busy(directory.to_owned())),
            Err(std::fs::TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

#[cfg(unix)]
fn make_directory(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

#[cfg(not(unix))]
fn make_directory(directory: &Path) -> io::Result<()> {
    std::fs::create_dir_all(directory)
}

/// Renames the database and what belongs to it.
fn set_aside(directory: &Path, now: i64) -> io::Result<PathBuf> {
    let kept = directory.join(format!("{FILE}.damaged-{now}"));
    std::fs::rename(directory.join(FILE), &kept)?;
    for end in ["-wal", "-shm"] {
        match std::fs::rename(
            directory.join(format!("{FILE}{end}")),
            directory.join(format!("{FILE}.damaged-{now}{end}")),
        ) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(kept)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the tests' own files")]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("new/db");
        let open = || Store::open(&directory, 7).unwrap();
        let first = open();
        assert!(first.set_aside.is_none());
        first.store.put("d", "k", b"v\0").unwrap();
        first.store.put("d", "k", b"w").unwrap();
        first.store.put("d", "a", b"").unwrap();
        first.store.put("e", "k", b"other").unwrap();
        first.store.remove("e", "k").unwrap();
        let key = first.store.hash_key;
        drop(first);
        let again = open().store;
        assert_eq!(again.all("d").unwrap(), [("a".to_owned(), vec![]), ("k".to_owned(), b"w".to_vec())]);
        assert_eq!((again.get("e", "k").unwrap(), again.hash_key), (None, key));
        assert_ne!(Store::in_memory().unwrap().hash_key, key);
    }

    #[test]
    fn damage_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        for (now, damaged) in [
            (1, b"this is no database, however long you look at it, and never was".repeat(100)),
            (2, {
                drop(Store::open(folder.path(), 0).unwrap());
                let mut bytes = std::fs::read(&file).unwrap();
                bytes[100..3000].fill(0xee);
                bytes
            }),
        ] {
            std::fs::write(&file, &damaged).unwrap();
            let opened = Store::open(folder.path(), now).unwrap();
            let (kept, why) = opened.set_aside.expect("damage");
            assert_eq!(std::fs::read(&kept).unwrap(), damaged, "{why}");
            assert!(kept.ends_with(format!("{FILE}.damaged-{now}")));
            opened.store.put("d", "k", b"v").unwrap();
            drop(opened.store);
            std::fs::remove_file(&file).unwrap();
        }
    }

    #[test]
    fn a_directory_that_cannot_be() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = Store::open(&file.join("below"), 0).unwrap_err();
        assert!(error.to_string().contains("--database_path") && !error.is_damage(), "{error}");
    }
}
