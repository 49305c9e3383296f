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

/// Numbers of watches that no scenario has of its own.
const THERE: usize = 8;
const BACK: usize = 9;

/// Captures and watches, while they run.
pub(super) struct Traces {
    captures: Vec<Capture>,
    watches: Vec<Watch>,
}

impl Traces {
    /// Starts a capture at each interface of the scenario's nodes, and at the world,
    /// and a watch for each direction on each node.
    pub(super) async fn start(
        scene: &Scene,
        (source, target): (Option<IpAddr>, IpAddr),
    ) -> anyhow::Result<Self> {
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
        if let Some(source) = source {
            for (number, ends) in [(THERE, (source, target)), (BACK, (target, source))] {
                watches.extend(watch(scene, number, ends).await?);
            }
        }
        Ok(Self { captures, watches })
    }

    /// Ends them and stores what was tried meanwhile, and the state of everything.
    pub(super) async fn keep(self, scene: &mut Scene, tried: Exchange) -> anyhow::Result<()> {
        let Self { captures, watches } = self;
        blocking(move || drop(captures)).await?;
        let backend = scene.backend(&tried.server);
        let answers = backend.as_ref().map_or(tried.server.clone(), |pod| format!("pod {pod}"));
        let (ends, v4) = ([tried.client.clone(), answers.clone()], tried.target.is_ipv4());
        scene.store("the same once more, with captures", Fact::Exchange(tried));
        for watch in watches {
            let seen = blocking(move || watch.read()).await??;
            let name = format!("packets {} to {} on {}", seen.source, seen.destination, seen.node);
            scene.store(&name, Fact::Flow(seen));
        }
        let pods: Vec<_> = scene.pods.keys().cloned().collect();
        for pod in pods.iter().filter(|pod| ends.contains(&format!("pod {pod}"))) {
            scene.look_pod(&format!("state of {pod} after the failure"), pod).await?;
        }
        let nodes: Vec<_> = scene.nodes.keys().cloned().collect();
        for node in nodes {
            scene.look_node(&format!("state of {node} after the failure"), &node).await?;
            if backend.is_some() {
                let netns = scene.node(&node)?.netns();
                let listing = blocking(move || probe::services(&netns, v4)).await??;
                let (place, answers) = (format!("node {node}"), answers.clone());
                let translation = Fact::Translation { place, answers, listing };
                scene.store(&format!("Services on {node}"), translation);
            }
        }
        scene.look_cloud("cloud after the failure");
        Ok(())
    }
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
