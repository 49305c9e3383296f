//! What the daemon must know after a restart: one embedded, crash-safe store.
//!
//! Every change is on disk before the call returns, so a grant can be answered
//! and a release acknowledged only after it was written down here.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use model::pool::Lease;
use model::{Addresses, Attachment, EniId, Grant};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::agent::chain;

/// Grants by sandbox, and what is kept of addresses by address. What a grant or a release
/// changes is in one table: to write to a second one would take it a fifth longer.
const HELD: TableDefinition<&str, &str> = TableDefinition::new("held");
const SLOTS: TableDefinition<&str, u16> = TableDefinition::new("slots");
const CONFIG: TableDefinition<&str, &str> = TableDefinition::new("config");
const ABOUT: TableDefinition<&str, &str> = TableDefinition::new("about");

/// Version of the records; a file without one is of the first.
const VERSION: &str = "2";

/// The journal cannot be read or written.
#[derive(Debug, Error)]
pub(crate) enum JournalError {
    /// Another process holds it, or the disk refuses.
    #[error("open journal {path}")]
    Open {
        path: String,
        #[source]
        source: Box<redb::DatabaseError>,
    },
    /// It was a journal once, or is something else.
    #[error("find a sound journal in {path}")]
    Unsound {
        path: String,
        #[source]
        source: Box<redb::Error>,
    },
    /// What reads it fell over it.
    #[error("find a sound journal in {path}: its structure is broken")]
    Structure { path: String },
    /// Another version of this program wrote it.
    #[error("the journal is of version {found:?}, not {VERSION:?}")]
    Version { found: String },
    /// One read or write failed.
    #[error("{act} in the journal")]
    Access {
        act: &'static str,
        #[source]
        source: Box<redb::Error>,
    },
    /// A record is not what this version writes.
    #[error("read {what} {key} from the journal")]
    Record {
        what: &'static str,
        key: String,
        #[source]
        source: serde_json::Error,
    },
}

/// An address that is neither free nor granted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kept {
    Resting { until_ms: u64 },
    Leaving { generation: u64 },
}

/// Everything that was written down.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) grants: BTreeMap<Attachment, Grant>,
    /// Addresses that rest or were given up.
    pub(crate) leases: BTreeMap<IpAddr, Lease>,
    pub(crate) slots: BTreeMap<EniId, u16>,
    /// The last good configuration: the cluster's, and the node's own.
    pub(crate) config: Option<(String, Option<String>)>,
}

/// A journal that can be used.
pub(crate) struct Opened {
    pub(crate) journal: Journal,
    pub(crate) memory: Memory,
    /// What was there before and could not be.
    pub(crate) broken: Option<Broken>,
}

/// A file that was put aside.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) aside: PathBuf,
    /// What was wrong with it.
    pub(crate) problem: String,
}

/// The store.
pub(crate) struct Journal {
    database: Database,
}

impl Journal {
    /// Opens or makes the journal at `path` and reads everything back.
    ///
    /// A file that cannot be read whole (torn, zero-filled, of another version) is put
    /// aside under a name that ends in `.broken`, with what was wrong: the caller
    /// learns the rest from kernel and API.
    pub(crate) fn open(path: &Path) -> Result<Opened, JournalError> {
        let problem = match sound(path) {
            Ok((journal, memory)) => return Ok(Opened { journal, memory, broken: None }),
            Err(error @ JournalError::Open { .. }) => return Err(error),
            Err(error) => chain(&error),
        };
        let aside = path.with_extension("broken");
        std::fs::rename(path, &aside).map_err(|error| {
            open_failed(path, redb::DatabaseError::Storage(redb::StorageError::Io(error)))
        })?;
        let (journal, memory) = sound(path)?;
        Ok(Opened { journal, memory, broken: Some(Broken { aside, problem }) })
    }

    /// Reads everything back.
    fn recall(&self) -> Result<Memory, JournalError> {
        let mut memory = Memory::default();
        for (key, text) in self.texts(HELD)? {
            if let Ok(address) = key.parse() {
                let kept: Kept = record("lease", &key, &text)?;
                memory.leases.insert(address, kept.into());
            } else {
                let grant: Grant = record("grant", &key, &text)?;
                memory.grants.insert(grant.attachment.clone(), grant);
            }
        }
        memory.slots = self.slots()?;
        let config: BTreeMap<_, _> = self.texts(CONFIG)?.into_iter().collect();
        memory.config = config.get("base").map(|base| (base.clone(), config.get("node").cloned()));
        Ok(memory)
    }

    /// Writes a grant down; it must not be answered before.
    pub(crate) fn grant(&self, grant: &Grant) -> Result<(), JournalError> {
        let text = serde_json::to_string(grant).expect("a grant has only string keys");
        self.write("write a grant", |write| {
            let mut held = write.open_table(HELD)?;
            held.insert(key(&grant.attachment).as_str(), text.as_str())?;
            for address in grant.addresses.iter() {
                held.remove(address.to_string().as_str())?;
            }
            Ok(())
        })
    }

    /// Removes a grant; its addresses rest until the given time.
    pub(crate) fn release(
        &self,
        attachment: &Attachment,
        addresses: Addresses,
        until_ms: u64,
    ) -> Result<(), JournalError> {
        self.write("write a release", |write| {
            let mut held = write.open_table(HELD)?;
            held.remove(key(attachment).as_str())?;
            for address in addresses.iter() {
                let kept = text(Kept::Resting { until_ms });
                held.insert(address.to_string().as_str(), kept.as_str())?;
            }
            Ok(())
        })
    }

    /// Writes down what is kept of addresses; `None` forgets one. Addresses that
    /// were given up must not be acknowledged before.
    pub(crate) fn keep(
        &self,
        changes: &BTreeMap<IpAddr, Option<Lease>>,
    ) -> Result<(), JournalError> {
        if changes.is_empty() {
            return Ok(());
        }
        self.write("write leases", |write| {
            let mut held = write.open_table(HELD)?;
            for (address, lease) in changes {
                let address = address.to_string();
                match lease.as_ref().and_then(Kept::of) {
                    Some(kept) => held.insert(address.as_str(), text(kept).as_str())?,
                    None => held.remove(address.as_str())?,
                };
            }
            Ok(())
        })
    }

    /// Writes down which slot an interface has.
    pub(crate) fn slot(&self, eni: &EniId, slot: Option<u16>) -> Result<(), JournalError> {
        self.write("write a slot", |write| {
            let mut slots = write.open_table(SLOTS)?;
            match slot {
                Some(slot) => slots.insert(eni.0.as_str(), slot)?,
                None => slots.remove(eni.0.as_str())?,
            };
            Ok(())
        })
    }

    /// Writes down the last good configuration.
    pub(crate) fn config(&self, base: &str, node: Option<&str>) -> Result<(), JournalError> {
        self.write("write the configuration", |write| {
            let mut config = write.open_table(CONFIG)?;
            config.insert("base", base)?;
            match node {
                Some(node) => config.insert("node", node)?,
                None => config.remove("node")?,
            };
            Ok(())
        })
    }

    /// Refuses the records of another version; writes ours down where there is none.
    fn of_this_version(&self) -> Result<(), JournalError> {
        let about: BTreeMap<_, _> = self.texts(ABOUT)?.into_iter().collect();
        match about.get("version") {
            Some(found) if found != VERSION => Err(JournalError::Version { found: found.clone() }),
            Some(_) => Ok(()),
            None => self.write("write the version", |write| {
                write.open_table(ABOUT)?.insert("version", VERSION)?;
                Ok(())
            }),
        }
    }

    fn write(
        &self,
        act: &'static str,
        change: impl FnOnce(&redb::WriteTransaction) -> Result<(), redb::Error>,
    ) -> Result<(), JournalError> {
        let transact = || -> Result<(), redb::Error> {
            let write = self.database.begin_write()?;
            change(&write)?;
            Ok(write.commit()?)
        };
        transact().map_err(|source| JournalError::Access { act, source: Box::new(source) })
    }

    fn texts(
        &self,
        table: TableDefinition<&str, &str>,
    ) -> Result<Vec<(String, String)>, JournalError> {
        let read = || -> Result<_, redb::Error> {
            let read = self.database.begin_read()?;
            let table = match read.open_table(table) {
                Err(redb::TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
                table => table?,
            };
            let mut found = Vec::new();
            for entry in table.iter()? {
                let (key, text) = entry?;
                found.push((key.value().to_owned(), text.value().to_owned()));
            }
            Ok(found)
        };
        read().map_err(|source| JournalError::Access { act: "read", source: Box::new(source) })
    }

    fn slots(&self) -> Result<BTreeMap<EniId, u16>, JournalError> {
        let read = || -> Result<_, redb::Error> {
            let read = self.database.begin_read()?;
            let table = match read.open_table(SLOTS) {
                Err(redb::TableError::TableDoesNotExist(_)) => return Ok(BTreeMap::new()),
                table => table?,
            };
            let mut found = BTreeMap::new();
            for entry in table.iter()? {
                let (eni, slot) = entry?;
                found.insert(EniId(eni.value().to_owned()), slot.value());
            }
            Ok(found)
        };
        read().map_err(|source| JournalError::Access { act: "read", source: Box::new(source) })
    }
}

/// Opens a file and reads all of it, down to every checksum.
fn sound(path: &Path) -> Result<(Journal, Memory), JournalError> {
    let shown = || path.display().to_string();
    let unsound =
        |source: redb::Error| JournalError::Unsound { path: shown(), source: Box::new(source) };
    let read = || {
        let mut database = match Database::create(path) {
            Err(held @ redb::DatabaseError::DatabaseAlreadyOpen) => {
                return Err(open_failed(path, held));
            }
            database => database.map_err(|error| unsound(error.into()))?,
        };
        database.check_integrity().map_err(|error| unsound(error.into()))?;
        let journal = Journal { database };
        journal.of_this_version()?;
        let memory = journal.recall()?;
        Ok((journal, memory))
    };
    // The store trusts its own structure, and falls over what is not so.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(JournalError::Structure { path: shown() }))
}

fn open_failed(path: &Path, source: redb::DatabaseError) -> JournalError {
    JournalError::Open { path: path.display().to_string(), source: Box::new(source) }
}

impl Kept {
    fn of(lease: &Lease) -> Option<Self> {
        match lease {
            Lease::Resting { until_ms } => Some(Self::Resting { until_ms: *until_ms }),
            Lease::Leaving { generation } => Some(Self::Leaving { generation: *generation }),
            Lease::Free { .. } | Lease::Granted(_) => None,
        }
    }
}

impl From<Kept> for Lease {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::Resting { until_ms } => Self::Resting { until_ms },
            Kept::Leaving { generation } => Self::Leaving { generation },
        }
    }
}

/// The key of a sandbox's grant, which is no address.
fn key(attachment: &Attachment) -> String {
    format!("{}@{}", attachment.container, attachment.ifname)
}

fn text(kept: Kept) -> String {
    serde_json::to_string(&kept).expect("a number under a word")
}

fn record<T: for<'a> Deserialize<'a>>(
    what: &'static str,
    key: &str,
    text: &str,
) -> Result<T, JournalError> {
    serde_json::from_str(text).map_err(|source| JournalError::Record {
        what,
        key: key.to_owned(),
        source,
    })
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
