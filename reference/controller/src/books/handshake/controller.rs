//! The controller's rounds, as `round`, `compare`, `giveback` and `growth` make
//! them, with a cloud that answers at once.

use std::collections::BTreeSet;

use api::node::{IN_USE, NodeStatus};
use api::node_runtime::NodeRuntimeStatus;
use model::inventory::Inventory;
use model::pool::{IpStack, PoolBounds};
use plan::grow::{self, Ask};

use super::super::{self as books, ATTACHING, DETACHING};
use super::cloud::Cloud;
use super::node::Node;

pub(super) struct Controller {
    /// Every version of the books that was written.
    pub(super) books: Vec<NodeStatus>,
    /// The node's last report.
    pub(super) told: NodeRuntimeStatus,
    /// Whether the books need no comparison with the cloud.
    pub(super) synced: bool,
    bounds: PoolBounds,
}

/// The controller died in the middle of a round.
struct Died;

/// Counts the calls that are left until the controller dies.
struct Calls(Option<usize>);

impl Calls {
    fn spend(&mut self) -> Result<(), Died> {
        match &mut self.0 {
            Some(0) => Err(Died),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Controller {
    pub(super) fn new(bounds: PoolBounds) -> Self {
        let told = NodeRuntimeStatus::default();
        Self { books: vec![NodeStatus::default()], told, synced: false, bounds }
    }

    pub(super) fn round(&mut self, cloud: &mut Cloud, node: &Node, calls: Option<usize>) {
        let mut status = self.books.last().expect("there is a first version").clone();
        let done = self.work(&mut status, cloud, node, &mut Calls(calls));
        if done.is_err() {
            self.synced = false;
        } else if self.books.last() != Some(&status) {
            self.books.push(status);
        }
    }

    fn work(
        &mut self,
        status: &mut NodeStatus,
        cloud: &mut Cloud,
        node: &Node,
        calls: &mut Calls,
    ) -> Result<(), Died> {
        if !self.synced || status.network_interfaces.values().any(|nic| nic.status != IN_USE) {
            self.compare(status, cloud);
        }
        self.settle(status, cloud, node, calls)?;
        self.grow(status, cloud, calls)?;
        let excess = grow::shrink(&self.inventory(status), self.bounds);
        books::propose(status, &excess);
        books::name_pods(status, &self.told);
        Ok(())
    }

    fn compare(&mut self, status: &mut NodeStatus, cloud: &mut Cloud) {
        let there: Vec<_> = cloud.enis.keys().cloned().collect();
        for id in &there {
            books::enter(status, &cloud.describe(id), &self.told, Default::default());
        }
        status.network_interfaces.retain(|id, nic| {
            nic.unschedulable |= !there.contains(id);
            let used = books::entries(nic).any(|e| self.told.addresses.contains_key(&e.ip));
            there.contains(id) || used && nic.status != DETACHING
        });
        for id in there {
            match status.network_interfaces[&id].status.as_str() {
                ATTACHING => cloud.enis.get_mut(&id).expect("it is there").plugged = true,
                DETACHING => {
                    cloud.enis.remove(&id);
                    status.network_interfaces.remove(&id);
                }
                _ => {}
            }
        }
        self.synced = true;
    }

    fn settle(
        &mut self,
        status: &mut NodeStatus,
        cloud: &mut Cloud,
        node: &Node,
        calls: &mut Calls,
    ) -> Result<(), Died> {
        let generation = &mut status.release_generation;
        for (id, nic) in status.network_interfaces.iter_mut().filter(|(_, n)| n.status == IN_USE) {
            let all: BTreeSet<_> = books::entries(nic).filter_map(books::address).collect();
            let settled = books::take_answers(nic, generation, &self.told);
            if settled.whole {
                calls.spend()?;
                cloud.calls += 1;
                assert!(all.iter().all(|ip| node.gave_up(*ip)), "{id} goes without the node's yes");
                if let Some(eni) = cloud.enis.get_mut(id) {
                    eni.plugged = false;
                }
                DETACHING.clone_into(&mut nic.status);
            } else if !settled.unassign.is_empty() {
                calls.spend()?;
                let given_up = settled.unassign.iter().all(|ip| node.gave_up(*ip));
                assert!(given_up, "{:?} go without the node's yes", settled.unassign);
                cloud.unassign(id, &settled.unassign);
                calls.spend()?;
                books::strike(nic, &settled.unassign);
            }
        }
        Ok(())
    }

    fn grow(
        &mut self,
        status: &mut NodeStatus,
        cloud: &mut Cloud,
        calls: &mut Calls,
    ) -> Result<(), Died> {
        for ask in grow::grow(&self.inventory(status), self.bounds) {
            calls.spend()?;
            match ask {
                Ask::Assign { eni, v4, .. } => {
                    let new = cloud.assign(&eni.0, v4);
                    books::welcome(status, &eni.0, &new);
                }
                Ask::Create { seats } => {
                    let made = cloud.create(seats);
                    books::enter(status, &made, &self.told, Default::default());
                    cloud.enis.get_mut(&made.id).expect("just made").plugged = true;
                }
            }
        }
        Ok(())
    }

    fn inventory(&self, status: &NodeStatus) -> Inventory {
        Inventory {
            enis: books::managed(status),
            busy: books::busy(&self.told),
            waiting: self.told.waiting,
            stack: IpStack::Ipv4,
            most_enis: 2,
            per_eni: 5,
            warmed_up: true,
        }
    }
}
