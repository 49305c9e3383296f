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

const GRANTS: TableDefinition<&str, &str> = TableDefinition::new("grants");
const LEASES: TableDefinition<&str, &str> = TableDefinition::new("leases");
const SLOTS: TableDefinition<&str, u16> = TableDefinition::new("slots");
const CONFIG: TableDefinition<&str, &str> = TableDefinition::new("config");

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

/// The store.
pub(crate) struct Journal {
    database: Database,
}

impl Journal {
    /// Opens or makes the journal at `path`.
    ///
    /// A file that is no journal any more (torn, truncated, zero-filled) is put
    /// aside under a name that ends in `.broken`, and its path is answered: the
    /// caller learns the rest from kernel and API.
    pub(crate) fn open(path: &Path) -> Result<(Self, Option<PathBuf>), JournalError> {
        let failed = |source| JournalError::Open {
            path: path.display().to_string(),
            source: Box::new(source),
        };
        match Database::create(path) {
            Ok(database) => Ok((Self { database }, None)),
            Err(redb::DatabaseError::DatabaseAlreadyOpen) => {
                Err(failed(redb::DatabaseError::DatabaseAlreadyOpen))
            }
            Err(_) => {
                let aside = path.with_extension("broken");
                std::fs::rename(path, &aside).map_err(|error| {
                    failed(redb::DatabaseError::Storage(redb::StorageError::Io(error)))
                })?;
                let database = Database::create(path).map_err(failed)?;
                Ok((Self { database }, Some(aside)))
            }
        }
    }

    /// Reads everything back.
    pub(crate) fn recall(&self) -> Result<Memory, JournalError> {
        let mut memory = Memory::default();
        for (key, text) in self.texts(GRANTS)? {
            let grant: Grant = record("grant", &key, &text)?;
            memory.grants.insert(grant.attachment.clone(), grant);
        }
        for (key, text) in self.texts(LEASES)? {
            let kept: Kept = record("lease", &key, &text)?;
            if let Ok(address) = key.parse() {
                memory.leases.insert(address, kept.into());
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
            write.open_table(GRANTS)?.insert(key(&grant.attachment).as_str(), text.as_str())?;
            let mut leases = write.open_table(LEASES)?;
            for address in grant.addresses.iter() {
                leases.remove(address.to_string().as_str())?;
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
            write.open_table(GRANTS)?.remove(key(attachment).as_str())?;
            let mut leases = write.open_table(LEASES)?;
            for address in addresses.iter() {
                let kept = text(Kept::Resting { until_ms });
                leases.insert(address.to_string().as_str(), kept.as_str())?;
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
            let mut leases = write.open_table(LEASES)?;
            for (address, lease) in changes {
                let address = address.to_string();
                match lease.as_ref().and_then(Kept::of) {
                    Some(kept) => leases.insert(address.as_str(), text(kept).as_str())?,
                    None => leases.remove(address.as_str())?,
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
mod tests {
    use super::*;
    use model::PodRef;

    fn grant() -> Grant {
        Grant {
            attachment: Attachment { container: "c1".to_owned(), ifname: "eth0".to_owned() },
            pod: PodRef {
                namespace: "default".to_owned(),
                name: "a".to_owned(),
                uid: "u".to_owned(),
            },
            netns: "/run/netns/a".to_owned(),
            eni: "eni-1".into(),
            addresses: Addresses { v4: Some([10, 0, 1, 5].into()), v6: None },
            granted_ms: 7,
        }
    }

    fn address() -> IpAddr {
        IpAddr::from([10, 0, 1, 5])
    }

    #[test]
    fn what_was_written_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.redb");
        {
            let (journal, broken) = Journal::open(&path).unwrap();
            assert_eq!(broken, None);
            journal.grant(&grant()).unwrap();
            journal.slot(&"eni-1".into(), Some(3)).unwrap();
            journal.config("{}", None).unwrap();
        }
        let (journal, _) = Journal::open(&path).unwrap();
        let memory = journal.recall().unwrap();
        assert_eq!(memory.grants.into_values().collect::<Vec<_>>(), [grant()]);
        assert_eq!(memory.slots, BTreeMap::from([("eni-1".into(), 3)]));
        assert_eq!(memory.config, Some(("{}".to_owned(), None)));
    }

    #[test]
    fn a_released_address_rests_and_a_new_grant_ends_that() {
        let folder = tempfile::tempdir().unwrap();
        let (journal, _) = Journal::open(&folder.path().join("j")).unwrap();
        journal.grant(&grant()).unwrap();
        journal.release(&grant().attachment, grant().addresses, 99).unwrap();
        let memory = journal.recall().unwrap();
        assert!(memory.grants.is_empty());
        assert_eq!(memory.leases, BTreeMap::from([(address(), Lease::Resting { until_ms: 99 })]));
        journal.grant(&grant()).unwrap();
        assert!(journal.recall().unwrap().leases.is_empty());
    }

    #[test]
    fn addresses_given_up_are_remembered_until_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let (journal, _) = Journal::open(&folder.path().join("j")).unwrap();
        let leaving = Lease::Leaving { generation: 4 };
        journal.keep(&BTreeMap::from([(address(), Some(leaving.clone()))])).unwrap();
        assert_eq!(journal.recall().unwrap().leases, BTreeMap::from([(address(), leaving)]));
        journal.keep(&BTreeMap::from([(address(), None)])).unwrap();
        assert!(journal.recall().unwrap().leases.is_empty());
    }

    #[test]
    fn a_file_that_is_no_journal_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.redb");
        std::fs::write(&path, [0_u8; 4096]).unwrap();
        let (journal, broken) = Journal::open(&path).unwrap();
        assert_eq!(broken, Some(folder.path().join("journal.broken")));
        assert!(journal.recall().unwrap().grants.is_empty());
    }

    #[test]
    fn a_second_process_is_refused_and_nothing_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.redb");
        let (_first, _) = Journal::open(&path).unwrap();
        assert!(Journal::open(&path).is_err());
        assert!(path.exists());
    }
}
