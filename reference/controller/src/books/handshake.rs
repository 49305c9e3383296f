//! Books, the rules of the pool and a cloud, played against each other in any
//! order: views that are old, crashes of either side, addresses that the cloud
//! loses. What must hold at every step, and where it must end when all is calm.
//!
//! Books ([`super`]), growth ([`plan::grow`]) and pool ([`plan::pool`]) are the
//! real ones. The cloud and the way between the two sides are a model.

mod cloud;
mod controller;
mod node;

use std::collections::BTreeSet;
use std::net::IpAddr;

use model::pool::{Lease, PoolBounds};
use proptest::prelude::*;

use cloud::Cloud;
use controller::Controller;
use node::Node;

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A pod comes.
    Add,
    /// One of the pods goes.
    Del(usize),
    /// Time passes, in milliseconds; a released address rests for 100.
    Pass(u64),
    /// The node learns of books that are so many versions further on.
    See(usize),
    /// The node tells what it holds.
    Report,
    /// The node's daemon starts again, with what it wrote down.
    RestartNode,
    /// The controller makes a round; with a number, it dies after so many calls of the cloud.
    Round(Option<usize>),
    /// The controller compares its books with the cloud at its next round.
    Compare,
    /// The cloud loses one of its addresses, whatever it is used for.
    Lose(usize),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => Just(Step::Add),
        6 => any::<usize>().prop_map(Step::Del),
        3 => (0u64..150).prop_map(Step::Pass),
        6 => (1usize..4).prop_map(Step::See),
        6 => Just(Step::Report),
        1 => Just(Step::RestartNode),
        8 => Just(Step::Round(None)),
        1 => (0usize..3).prop_map(|calls| Step::Round(Some(calls))),
        1 => Just(Step::Compare),
    ]
}

struct World {
    cloud: Cloud,
    controller: Controller,
    node: Node,
}

/// Pods that the node can serve: two interfaces of five addresses.
const SEATS: usize = 10;

impl World {
    fn new(bounds: PoolBounds, chance: u64) -> Self {
        Self {
            cloud: Cloud::new(chance),
            controller: Controller::new(bounds),
            node: Node::default(),
        }
    }

    fn play(&mut self, step: Step) {
        match step {
            Step::Add if self.node.pods() < SEATS => self.node.add(),
            Step::Add => {}
            Step::Del(which) => self.node.del(which),
            Step::Pass(ms) => self.node.pass(ms),
            Step::See(versions) => {
                self.node.seen = (self.node.seen + versions).min(self.controller.books.len() - 1);
                self.node.see(&self.controller.books[self.node.seen]);
            }
            Step::Report => self.controller.told = self.node.report(),
            Step::RestartNode => self.node.restart(),
            Step::Round(calls) => self.controller.round(&mut self.cloud, &self.node, calls),
            Step::Compare => self.controller.synced = false,
            Step::Lose(which) => self.cloud.lose(which),
        }
        self.check();
    }

    /// No address has two owners, and none is unassigned while a pod holds it
    /// or somebody may still send to it.
    fn check(&self) {
        let granted: Vec<IpAddr> = self.node.grants.values().copied().collect();
        let owned: BTreeSet<_> = granted.iter().copied().collect();
        assert_eq!(owned.len(), granted.len(), "an address with two owners: {granted:?}");
        let leases = || self.node.pool.enis.values().flat_map(|eni| &eni.leases);
        let resting = leases().filter(|(_, lease)| matches!(lease, Lease::Resting { .. }));
        for used in granted.into_iter().chain(resting.map(|(address, _)| *address)) {
            assert!(
                self.cloud.assigned(used) || self.cloud.lost.contains(&used),
                "{used} is used and not assigned"
            );
        }
    }

    /// Lets everybody see everything until nothing moves any more.
    fn calm(&mut self) {
        self.play(Step::Pass(1000));
        for _ in 0..30 {
            for step in [Step::Compare, Step::See(usize::MAX / 2), Step::Report, Step::Round(None)]
            {
                self.play(step);
            }
        }
    }

    /// Where a calm world must be.
    fn settled(&mut self, bounds: PoolBounds) {
        let (books, calls) = (self.controller.books.len(), self.cloud.calls);
        for step in [Step::See(1), Step::Report, Step::Round(None), Step::See(1)] {
            self.play(step);
        }
        assert_eq!((self.controller.books.len(), self.cloud.calls), (books, calls), "it moves on");
        assert_eq!(self.node.waiting, 0, "a pod waits while there is room");
        let leases = || self.node.pool.enis.values().flat_map(|eni| &eni.leases);
        let stuck: Vec<_> = leases()
            .filter(|(_, l)| !matches!(l, Lease::Granted(_) | Lease::Free { .. }))
            .collect();
        assert!(stuck.is_empty(), "out of use for good: {stuck:?}");
        let free: BTreeSet<_> =
            leases().filter(|(_, l)| matches!(l, Lease::Free { .. })).map(|(a, _)| *a).collect();
        let unused: BTreeSet<_> = self
            .cloud
            .addresses()
            .filter(|address| !self.node.grants.values().any(|held| held == address))
            .collect();
        assert_eq!(free, unused, "the pool and the cloud hold the same");
        let (idle, pods) = (free.len(), self.node.pods());
        let (min, max) = (bounds.min as usize, bounds.max as usize);
        // A primary address cannot go alone, one for each of two interfaces.
        assert!(idle <= max + 2, "{idle} idle, at most {max}");
        let lost = self.node.grants.values().filter(|held| !self.cloud.assigned(**held)).count();
        assert!(idle >= min.min(SEATS - pods - lost), "{idle} idle, at least {min}");
    }
}

fn play(steps: &[Step], bounds: PoolBounds, chance: u64) {
    let mut world = World::new(bounds, chance);
    for step in steps {
        world.play(*step);
    }
    world.calm();
    world.settled(bounds);
}

proptest! {
    #[test]
    fn no_order_of_events_gives_an_address_away_or_leaves_the_pool_out_of_bounds(
        steps in proptest::collection::vec(any_step(), 0..120),
        min in 0u32..4,
        spare in 0u32..4,
        chance in any::<u64>(),
    ) {
        play(&steps, PoolBounds { min, max: min + spare, warm_up: 0 }, chance);
    }

    #[test]
    fn what_the_cloud_loses_is_given_to_nobody_else(
        steps in proptest::collection::vec(
            prop_oneof![9 => any_step(), 1 => any::<usize>().prop_map(Step::Lose)], 0..120,
        ),
        spare in 0u32..4,
        chance in any::<u64>(),
    ) {
        let mut world = World::new(PoolBounds { min: 1, max: 1 + spare, warm_up: 0 }, chance);
        for step in &steps {
            world.play(*step);
        }
        world.calm();
    }
}
