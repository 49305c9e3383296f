//! Packets between pods of two nodes, beside packets between the nodes themselves.
//! The pods' node is filled step by step, once with the document's layout of rules and
//! once with the published one; the node that answers holds one pod of each.

use anyhow::Context;
use bench::Measure;
use probe::NetnsPath;
use std::net::IpAddr;

use super::path::{self, Path, Peer};
use super::pinned::Pinned;
use super::{Plan, node};
use crate::suite::{NodeHandle, Pod, Suite};

/// Two nodes of one layout, and the pods on them.
struct Layout {
    who: &'static str,
    near: NodeHandle,
    far: NodeHandle,
    near_pods: Vec<Pod>,
    far_pod: Pod,
}

pub(super) async fn measure(
    suite: &Suite,
    plan: &Plan,
    tell: &dyn Fn(&str),
) -> anyhow::Result<Vec<Measure>> {
    let mut layouts = Vec::new();
    for (who, layout, short) in [("reference", "document", "d"), ("upstream", "upstream", "u")] {
        tell(&format!("two nodes of the {layout}'s layout"));
        layouts.push(Layout::start(suite, who, layout, short).await?);
    }
    let mut measures = Vec::new();
    for &pods in &plan.pods {
        tell(&format!("{pods} pods"));
        for layout in &mut layouts {
            layout.grow(suite, pods).await?;
        }
        measures.extend(tokio::task::block_in_place(|| compare(&layouts, plan, pods))?);
    }
    measures.sort_by(|a, b| (&a.what, a.pods).cmp(&(&b.what, b.pods)));
    for layout in layouts {
        for mut pod in layout.near_pods.into_iter().chain([layout.far_pod]) {
            pod.close().await?;
        }
    }
    Ok(measures)
}

impl Layout {
    async fn start(
        suite: &Suite,
        who: &'static str,
        layout: &str,
        short: &str,
    ) -> anyhow::Result<Self> {
        let near = node(suite, &format!("{short}near"), layout).await?;
        let far = node(suite, &format!("{short}far"), layout).await?;
        let far_pod = join(suite, &far, &format!("{short}far-pod")).await?;
        Ok(Self { who, near, far, near_pods: Vec::new(), far_pod })
    }

    /// Adds pods to the near node until it has so many, the first of which is measured.
    async fn grow(&mut self, suite: &Suite, pods: u32) -> anyhow::Result<()> {
        for number in u32::try_from(self.near_pods.len()).unwrap_or(u32::MAX)..pods.max(1) {
            let alias = format!("{}-pod{number}", self.near.alias);
            self.near_pods.push(join(suite, &self.near, &alias).await?);
        }
        Ok(())
    }

    fn between_pods(&self) -> anyhow::Result<Path> {
        let first = self.near_pods.first().context("a node without pods")?;
        Path::open(&first.netns(), &peer(&self.far_pod.netns(), self.far_pod.address(true)?))
    }

    fn between_nodes(&self) -> anyhow::Result<Path> {
        Path::open(&self.near.netns(), &peer(&self.far.netns(), self.far.node.address()))
    }
}

fn peer(netns: &NetnsPath, address: IpAddr) -> Peer {
    Peer { netns: netns.clone(), address }
}

/// A new pod with a network.
pub(super) async fn join(suite: &Suite, node: &NodeHandle, alias: &str) -> anyhow::Result<Pod> {
    let ready = async || Ok(node.conf()?);
    let (_, text) = suite.until(20.0, "the node's network configuration", ready).await?;
    let conf = serde_json::from_str(&text).context("read the network configuration")?;
    let mut pod = Pod::prepare(suite, "", alias, node).await?;
    pod.join(suite, node, &conf).await?;
    Ok(pod)
}

/// All paths, in turns; who is asked answers on the processor of who asks.
fn compare(layouts: &[Layout], plan: &Plan, pods: u32) -> anyhow::Result<Vec<Measure>> {
    let _until_measured = Pinned::here()?;
    let first = layouts.first().context("nothing to measure")?;
    let mut paths = vec![("host", first.between_nodes()?)];
    for layout in layouts {
        paths.push((layout.who, layout.between_pods()?));
    }
    path::in_turns(&paths, plan.rounds, pods)
}
