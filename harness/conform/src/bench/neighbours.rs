//! Packets between two pods of one node: of the reference, and of ptp and bridge, which
//! lay no routes to the pods of another node and have no place among its paths.

use bench::Measure;

use super::contestant::Contestant;
use super::datapath::join;
use super::path::{self, Path, Peer};
use super::pinned::Pinned;
use super::{Plan, node, peers};
use crate::suite::{Pod, Suite};

/// Pods on each node.
const PODS: u32 = 2;

pub(super) async fn measure(suite: &Suite, plan: &Plan) -> anyhow::Result<Vec<Measure>> {
    let node = node(suite, "neighbours", "document").await?;
    let mut pods =
        [join(suite, &node, "neighbours-a").await?, join(suite, &node, "neighbours-b").await?];
    let peers = peers::start(suite)?;
    let compare = || compare(suite, plan, &pods, &peers.contestants);
    let mut measures = tokio::task::block_in_place(compare)?;
    for measure in &mut measures {
        measure.what.push_str(" within a node");
    }
    for pod in &mut pods {
        pod.close().await?;
    }
    Ok(measures)
}

fn compare(
    suite: &Suite,
    plan: &Plan,
    [from, to]: &[Pod; 2],
    contestants: &[Contestant],
) -> anyhow::Result<Vec<Measure>> {
    let _until_measured = Pinned::here()?;
    let peer = Peer { netns: to.netns(), address: to.address(true)? };
    let mut paths = vec![("reference", Path::open(&from.netns(), &peer)?)];
    let mut rooms = Vec::new();
    // The floor is about calls: what it leads to is nobody's network.
    for contestant in contestants.iter().filter(|contestant| contestant.who != "floor") {
        let (from, _) = contestant.pod(suite.lab.run(), 0)?;
        let (to, address) = contestant.pod(suite.lab.run(), 1)?;
        let peer = Peer { netns: to.netns(), address };
        paths.push((contestant.who, Path::open(&from.netns(), &peer)?));
        rooms.extend([from, to]);
    }
    path::in_turns(&paths, plan.rounds, PODS)
}
