//! What is kept of an exchange that did not bring what it must: the same try once
//! more, with a capture at every interface that it may pass.

use anyhow::Context;
use facts::Fact;
use facts::exchange::Exchange;
use stage::fabric::{Capture, PortId};

use crate::scene::Scene;
use crate::suite::blocking;

/// Captures, while they run.
pub(super) struct Traces {
    captures: Vec<Capture>,
}

impl Traces {
    /// Starts a capture at each interface of the scenario's nodes, and at the world.
    pub(super) async fn start(scene: &Scene) -> anyhow::Result<Self> {
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
        Ok(Self { captures })
    }

    /// Ends them and stores what was tried meanwhile, and the state of everything.
    pub(super) async fn keep(self, scene: &mut Scene, tried: Exchange) -> anyhow::Result<()> {
        let captures = self.captures;
        blocking(move || drop(captures)).await?;
        scene.store("the same once more, with captures", Fact::Exchange(tried));
        let pods: Vec<_> = scene.pods.keys().take(4).cloned().collect();
        for pod in pods {
            scene.look_pod(&format!("state of {pod} after the failure"), &pod).await?;
        }
        Ok(())
    }
}
