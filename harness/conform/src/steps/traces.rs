//! What is kept of an exchange that did not bring what it must: the same try once
//! more, with a capture at every interface that it may pass and a count of its
//! packets on every node, and the state of everything right after it.

use std::net::IpAddr;

use anyhow::Context;
use facts::Fact;
use facts::exchange::Exchange;
use probe::Watch;
use stage::fabric::{Capture, PortId};

use crate::scene::Scene;
use crate::suite::blocking;

/// Numbers of watches that no scenario has of its own begin here.
const FIRST: usize = 8;

/// Whose packets a traced try makes.
#[derive(Clone, Copy)]
pub(super) struct Ends {
    /// Address of the client.
    pub(super) source: IpAddr,
    /// Address that is tried.
    pub(super) target: IpAddr,
    /// Address behind the target, of the pod that is to answer for a Service.
    pub(super) backend: Option<IpAddr>,
}

/// Captures and watches, while they run.
pub(super) struct Traces {
    captures: Vec<Capture>,
    watches: Vec<Watch>,
}

impl Traces {
    /// Starts a capture at each interface of the scenario's nodes, and at the world,
    /// and a watch for each direction on each node.
    pub(super) async fn start(scene: &Scene, ends: Option<Ends>) -> anyhow::Result<Self> {
        let folder = scene.failure_folder();
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("make folder {}", folder.display()))?;
        let held = scene.suite.inventory(scene.nodes.values());
        let mut ports: Vec<String> =
            held.enis.into_iter().filter(|eni| eni.instance.is_some()).map(|eni| eni.id).collect();
        ports.push("world".to_owned());
        let suite = scene.suite.clone();
        let started = move || -> anyhow::Result<Vec<Capture>> {
            let fabric = suite.lab.fabric();
            let start = |port: &String| {
                let path = folder.join(format!("{port}.pcapng"));
                fabric.capture(&PortId::new(port), &path)
            };
            Ok(ports.iter().map(start).collect::<Result<_, _>>()?)
        };
        let captures = blocking(started).await??;
        let mut watches = Vec::new();
        let flows = ends.map(Ends::flows);
        for (number, flow) in (FIRST..).zip(flows.into_iter().flatten()) {
            watches.extend(watch(scene, number, flow).await?);
        }
        Ok(Self { captures, watches })
    }

    /// Ends them and stores what was tried meanwhile, and the state of everything.
    pub(super) async fn keep(self, scene: &mut Scene, tried: Exchange) -> anyhow::Result<()> {
        let Self { captures, watches } = self;
        blocking(move || drop(captures)).await?;
        let ends = [tried.client.clone(), tried.server.clone()];
        let service = tried.server.starts_with("Service ").then_some(tried.target.is_ipv4());
        scene.store("the same once more, with captures", Fact::Exchange(tried));
        for watch in watches {
            let seen = blocking(move || watch.read()).await??;
            let name = format!("packets {} to {} on {}", seen.source, seen.destination, seen.node);
            scene.store(&name, Fact::Flow(seen));
        }
        let pods: Vec<_> = scene.pods.keys().cloned().collect();
        let looked = |pod: &&String| service.is_some() || ends.contains(&format!("pod {pod}"));
        for pod in pods.iter().filter(looked) {
            scene.look_pod(&format!("state of {pod} after the failure"), pod).await?;
        }
        let nodes: Vec<_> = scene.nodes.keys().cloned().collect();
        for node in nodes {
            scene.look_node(&format!("state of {node} after the failure"), &node).await?;
            if let Some(v4) = service {
                translation(scene, &node, v4).await?;
            }
        }
        scene.look_cloud("cloud after the failure");
        Ok(())
    }
}

impl Ends {
    /// Packets there and back, as nodes route them.
    fn flows(self) -> [(IpAddr, IpAddr); 2] {
        let far = self.backend.unwrap_or(self.target);
        [(self.source, far), (far, self.source)]
    }
}

async fn translation(scene: &mut Scene, node: &str, v4: bool) -> anyhow::Result<()> {
    let (netns, place) = (scene.node(node)?.netns(), format!("node {node}"));
    let listing = blocking(move || probe::services(&netns, v4)).await??;
    scene.store(&format!("Services on {node}"), Fact::Translation { place, listing });
    Ok(())
}

/// Watches packets between two ends on every node of the scenario.
async fn watch(
    scene: &Scene,
    number: usize,
    (source, target): (IpAddr, IpAddr),
) -> anyhow::Result<Vec<Watch>> {
    let nodes: Vec<_> =
        scene.nodes.iter().map(|(alias, node)| (alias.clone(), node.netns())).collect();
    let start = move || -> anyhow::Result<Vec<Watch>> {
        let start = |(alias, netns): &(String, probe::NetnsPath)| {
            Watch::start(netns, alias, number, source, target)
        };
        Ok(nodes.iter().map(start).collect::<Result<_, _>>()?)
    };
    blocking(start).await?
}
