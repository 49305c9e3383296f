//! What the node holds: its pool and the grants made from it, journalled before
//! anybody is told.

mod lost;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard};

use model::kernel::Layout;
use model::pool::{IpStack, Lease, OfferedEni, Pool};
use model::{Attachment, EniId, EniLink, Grant, Placement, PodRef};
use plan::pool::{self, Answers, Exhausted};
use thiserror::Error;
use tokio::sync::Notify;

use crate::journal::{Journal, JournalError, Memory};

/// Why no address was given.
#[derive(Debug, Error)]
pub(crate) enum GrantError {
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("sandbox {attachment} holds addresses of pod {holder} already")]
    OtherPod { attachment: Attachment, holder: PodRef },
}

/// A sandbox that wants addresses.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) attachment: Attachment,
    pub(crate) pod: PodRef,
    pub(crate) netns: String,
    pub(crate) stack: IpStack,
    pub(crate) now_ms: u64,
}

/// Pool and grants.
pub(crate) struct Holdings {
    journal: Journal,
    inner: Mutex<Inner>,
    /// Told whenever pool, grants or waiting sandboxes change.
    pub(crate) changed: Notify,
}

#[derive(Default)]
struct Inner {
    pool: Pool,
    grants: BTreeMap<Attachment, Grant>,
    /// Leases of addresses that the pool does not hold yet.
    remembered: BTreeMap<IpAddr, Lease>,
    slots: BTreeMap<EniId, u16>,
    /// Answers to the proposals of the last offer.
    answers: Answers,
    waiting: u32,
}

/// A view of everything at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    pub(crate) pool: Pool,
    pub(crate) grants: Vec<Grant>,
    pub(crate) answers: Answers,
    pub(crate) waiting: u32,
}

/// How much of what the controller speaks of an offer holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Extent {
    Whole,
    /// Some interface was not found on the node.
    Part,
}

/// Counts a waiting sandbox for as long as it lives.
pub(crate) struct Waiting<'a>(&'a Holdings);

impl Holdings {
    /// Takes up what the journal holds.
    pub(crate) fn recall(journal: Journal, memory: &mut Memory) -> Self {
        if !memory.grants.is_empty() && defect::on("restart-forgets-grants") {
            memory.grants.clear();
        }
        let inner = Inner {
            grants: std::mem::take(&mut memory.grants),
            remembered: std::mem::take(&mut memory.leases),
            slots: std::mem::take(&mut memory.slots),
            ..Inner::default()
        };
        Self { journal, inner: Mutex::new(inner), changed: Notify::new() }
    }

    /// The journal, for what is kept beside the pool.
    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Gives addresses to a sandbox; the same ones if it has some already.
    ///
    /// The grant is on disk when this returns.
    pub(crate) fn grant(&self, wish: &Wish) -> Result<Grant, GrantError> {
        let mut inner = self.lock();
        if let Some(grant) = inner.grants.get(&wish.attachment)
            && !defect::on("retried-add-gets-another-address")
        {
            return same_pod(grant, wish).map(|()| grant.clone());
        }
        pool::wake(&mut inner.pool, wish.now_ms);
        let (eni, addresses) = pool::choose(&inner.pool, wish.stack)?;
        let grant = Grant {
            attachment: wish.attachment.clone(),
            pod: wish.pod.clone(),
            netns: wish.netns.clone(),
            eni,
            addresses,
            granted_ms: wish.now_ms,
        };
        self.journal.grant(&grant)?;
        defect::point("daemon.grant.written");
        if !defect::on("same-address-twice") {
            pool::set(&mut inner.pool, addresses, &Lease::Granted(wish.attachment.clone()));
        }
        inner.grants.insert(wish.attachment.clone(), grant.clone());
        drop(inner);
        self.changed.notify_waiters();
        Ok(grant)
    }

    /// Writes down that a sandbox's addresses rest until the given time; they are nobody
    /// else's before [`Holdings::release`].
    pub(crate) fn write_release(&self, grant: &Grant, until_ms: u64) -> Result<(), JournalError> {
        if defect::on("del-keeps-the-address") {
            return Ok(());
        }
        self.journal.release(&grant.attachment, grant.addresses, until_ms)?;
        defect::point("daemon.release.written");
        Ok(())
    }

    /// Writes down that a sandbox has its addresses nevertheless.
    pub(crate) fn write_again(&self, grant: &Grant) -> Result<(), JournalError> {
        self.journal.grant(grant)
    }

    /// Takes a sandbox's addresses back, which is written down already; they rest until the
    /// given time. The kernel must hold nothing of the sandbox any more.
    pub(crate) fn release(&self, attachment: &Attachment, until_ms: u64) {
        let mut inner = self.lock();
        if defect::on("del-keeps-the-address") {
            return;
        }
        let Some(grant) = inner.grants.remove(attachment) else { return };
        let tired = !defect::on("released-address-does-not-rest");
        let resting = if tired { Lease::Resting { until_ms } } else { Lease::Free { since_ms: 0 } };
        pool::set(&mut inner.pool, grant.addresses, &resting);
        for address in grant.addresses.iter() {
            inner.remembered.insert(address, resting.clone());
        }
        drop(inner);
        self.changed.notify_waiters();
    }

    /// What a sandbox holds.
    pub(crate) fn find(&self, attachment: &Attachment) -> Option<Grant> {
        self.lock().grants.get(attachment).cloned()
    }

    /// Where the addresses of `eni` live; none while it is not plugged in.
    pub(crate) fn placement(&self, eni: &EniId, layout: Layout) -> Option<Placement> {
        placement(&self.lock().pool, eni, layout)
    }

    /// Brings the pool in line with the controller's offer. Addresses that are
    /// given up by it are on disk when this returns. Answers the new answers only.
    ///
    /// What is remembered of an address that an offer in part lacks stays.
    pub(crate) fn take_offer(
        &self,
        offer: Vec<OfferedEni>,
        extent: Extent,
        now_ms: u64,
    ) -> Result<Answers, JournalError> {
        let mut inner = self.lock();
        let mut next = inner.pool.clone();
        pool::wake(&mut next, now_ms);
        let held: BTreeMap<IpAddr, Attachment> = inner
            .grants
            .values()
            .flat_map(|grant| grant.addresses.iter().map(|a| (a, grant.attachment.clone())))
            .collect();
        let fresh = |address: IpAddr| match held.get(&address) {
            Some(attachment) => Lease::Granted(attachment.clone()),
            None => inner.remembered.get(&address).cloned().unwrap_or(Lease::Free { since_ms: 0 }),
        };
        let answers = pool::take_offer(&mut next, offer, fresh);
        pool::wake(&mut next, now_ms);
        self.find_interfaces(&mut inner, &next)?;
        let changes = kept_changes(&inner.remembered, &next, extent, now_ms);
        self.journal.keep(&changes)?;
        if !changes.is_empty() {
            defect::point("daemon.leases.written");
        }
        for (address, lease) in changes {
            match lease {
                Some(lease) => inner.remembered.insert(address, lease),
                None => inner.remembered.remove(&address),
            };
        }
        let moved = inner.pool != next || inner.answers != answers;
        let new = newer(&answers, &inner.answers);
        inner.pool = next;
        inner.answers = answers;
        drop(inner);
        if moved {
            self.changed.notify_waiters();
        }
        Ok(new)
    }

    /// Frees what has rested long enough and answers when to come back.
    pub(crate) fn wake(&self, now_ms: u64) -> Option<u64> {
        let mut inner = self.lock();
        let before = inner.pool.clone();
        pool::wake(&mut inner.pool, now_ms);
        let next = pool::next_wake(&inner.pool);
        let moved = inner.pool != before;
        drop(inner);
        if moved {
            self.changed.notify_waiters();
        }
        next
    }

    /// The slot of an interface; a new one is on disk when this returns, the one
    /// that is `seen` in the kernel if nobody else has it.
    pub(crate) fn slot(&self, eni: &EniId, seen: Option<u16>) -> Result<u16, JournalError> {
        let mut inner = self.lock();
        if let Some(slot) = inner.slots.get(eni) {
            return Ok(*slot);
        }
        let used: BTreeSet<u16> = inner.slots.values().copied().collect();
        let slot = seen
            .into_iter()
            .chain(1..=4095)
            .find(|slot| !used.contains(slot))
            .expect("few interfaces");
        self.journal.slot(eni, Some(slot))?;
        defect::point("daemon.slot.written");
        inner.slots.insert(eni.clone(), slot);
        Ok(slot)
    }

    /// Whether an interface has no slot yet.
    pub(crate) fn lacks_slot(&self, eni: &EniId) -> bool {
        !self.lock().slots.contains_key(eni)
    }

    /// Forgets the slots of interfaces that the pool does not hold.
    pub(crate) fn forget_slots(&self) -> Result<(), JournalError> {
        let mut inner = self.lock();
        let gone: Vec<EniId> =
            inner.slots.keys().filter(|eni| !inner.pool.enis.contains_key(*eni)).cloned().collect();
        for eni in gone {
            self.journal.slot(&eni, None)?;
            inner.slots.remove(&eni);
        }
        Ok(())
    }

    /// Counts one more waiting sandbox until the answer is dropped.
    pub(crate) fn wait(&self) -> Waiting<'_> {
        self.lock().waiting += 1;
        self.changed.notify_waiters();
        Waiting(self)
    }

    /// Everything at this moment.
    pub(crate) fn view(&self) -> View {
        let inner = self.lock();
        View {
            pool: inner.pool.clone(),
            grants: inner.grants.values().cloned().collect(),
            answers: inner.answers.clone(),
            waiting: inner.waiting,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no holder of the lock panics")
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.lock().waiting -= 1;
        self.0.changed.notify_waiters();
    }
}

/// Interfaces of the pool, the oldest first.
pub(crate) fn links(pool: &Pool) -> Vec<&EniLink> {
    let mut links: Vec<_> = pool.enis.values().map(|eni| &eni.link).collect();
    links.sort_by_key(|link| link.slot);
    links
}

/// Where the addresses of `eni` live.
fn placement(pool: &Pool, eni: &EniId, layout: Layout) -> Option<Placement> {
    let link = pool.enis.get(eni)?.link.clone();
    let tables = links(pool).into_iter().map(EniLink::table).collect();
    Some(Placement { eni: link, tables, layout })
}

/// A sandbox belongs to one pod; UIDs are compared where both are known.
fn same_pod(grant: &Grant, wish: &Wish) -> Result<(), GrantError> {
    let (held, asked) = (&grant.pod, &wish.pod);
    let names = (&held.namespace, &held.name) == (&asked.namespace, &asked.name);
    let uids = held.uid.is_empty() || asked.uid.is_empty() || held.uid == asked.uid;
    if names && uids {
        return Ok(());
    }
    Err(GrantError::OtherPod { attachment: wish.attachment.clone(), holder: held.clone() })
}

fn newer(answers: &Answers, before: &Answers) -> Answers {
    let only = |now: &BTreeMap<IpAddr, u64>, then: &BTreeMap<IpAddr, u64>| {
        let new = now.iter().filter(|(address, number)| then.get(*address) != Some(*number));
        new.map(|(address, number)| (*address, *number)).collect()
    };
    Answers {
        released: only(&answers.released, &before.released),
        denied: only(&answers.denied, &before.denied),
    }
}

/// What must change in the journal. An address that is in no offer is forgotten once
/// that was a whole one and it has rested: until then its interface may come back.
fn kept_changes(
    remembered: &BTreeMap<IpAddr, Lease>,
    pool: &Pool,
    extent: Extent,
    now_ms: u64,
) -> BTreeMap<IpAddr, Option<Lease>> {
    let mut changes = BTreeMap::new();
    let leases = || pool.enis.values().flat_map(|eni| &eni.leases);
    for (address, lease) in leases() {
        let kept = match lease {
            Lease::Resting { .. } | Lease::Leaving { .. } => Some(lease.clone()),
            Lease::Free { .. } | Lease::Granted(_) => None,
        };
        if remembered.get(address) != kept.as_ref() {
            changes.insert(*address, kept);
        }
    }
    let there: BTreeSet<IpAddr> = leases().map(|(address, _)| *address).collect();
    let over = |lease: &Lease| match lease {
        Lease::Resting { until_ms } => *until_ms <= now_ms,
        _ => extent == Extent::Whole,
    };
    let gone = remembered.iter().filter(|(address, lease)| !there.contains(address) && over(lease));
    changes.extend(gone.map(|(address, _)| (*address, None)));
    changes
}

#[cfg(test)]
mod tests;
