//! What comes back into the books from elsewhere: they were lost, or are from another day.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use model::pool::{Lease, Pool};
use plan::pool;
use plan::rebuild::{self, Changes, Running};

use super::{Holdings, Inner};
use crate::journal::JournalError;

impl Holdings {
    /// Takes up what runs on the node, whatever the books say; answers what they
    /// did not. It is on disk when this returns.
    pub(crate) fn take_up(
        &self,
        running: Vec<Running>,
        now_ms: u64,
    ) -> Result<Changes, JournalError> {
        let mut inner = self.lock();
        let changes = rebuild::compare(&inner.grants, running, now_ms);
        for attachment in &changes.drop {
            if let Some(grant) = inner.grants.remove(attachment) {
                self.journal.release(attachment, grant.addresses, now_ms)?;
            }
        }
        for grant in &changes.add {
            self.journal.grant(grant)?;
            for address in grant.addresses.iter() {
                inner.remembered.remove(&address);
            }
            inner.grants.insert(grant.attachment.clone(), grant.clone());
        }
        drop(inner);
        self.changed.notify_waiters();
        Ok(changes)
    }

    /// Takes up what the API was told of addresses that the journal does not know of.
    pub(crate) fn take_told(&self, told: BTreeMap<IpAddr, Lease>) -> Result<(), JournalError> {
        let mut inner = self.lock();
        let held: BTreeSet<IpAddr> =
            inner.grants.values().flat_map(|grant| grant.addresses.iter()).collect();
        let news: BTreeMap<_, _> = told
            .into_iter()
            .filter(|(address, _)| {
                !held.contains(address) && !inner.remembered.contains_key(address)
            })
            .collect();
        self.journal.keep(&news.iter().map(|(a, lease)| (*a, Some(lease.clone()))).collect())?;
        inner.remembered.extend(news);
        Ok(())
    }

    /// Notes on which interface the addresses are of grants whose books were lost.
    pub(super) fn find_interfaces(
        &self,
        inner: &mut Inner,
        pool: &Pool,
    ) -> Result<(), JournalError> {
        for grant in inner.grants.values_mut().filter(|grant| grant.eni.0.is_empty()) {
            if let Some((eni, _)) = pool::held(pool, &grant.attachment) {
                grant.eni = eni;
                self.journal.grant(grant)?;
            }
        }
        Ok(())
    }
}
