//! What the target tells of a node: metrics of its agent and of the control plane, and
//! events.

use std::collections::BTreeMap;

use facts::signal::Telling;
use probe::ServedAt;
use target::MetricsAt;

use super::{NodeHandle, Suite, blocking};

impl Suite {
    /// What is told of a node and of these pods on it, by their full names.
    pub(crate) async fn telling(
        &self,
        node: &NodeHandle,
        pods: &[String],
    ) -> anyhow::Result<Telling> {
        let signals = &self.target.install.signals;
        let (there, here) = (node.node.place().try_clone()?, self.lab.control().try_clone()?);
        let pages = [(signals.node.clone(), there), (signals.control.clone(), here)];
        let ask = move || {
            pages.map(|(page, place)| {
                let (at, path) = page?;
                place.run(|| probe::page(&served(at), &path)).ok().flatten()
            })
        };
        let [of_node, of_control] = blocking(ask).await?;
        let mut events = BTreeMap::new();
        for about in std::iter::once(node.node.name()).chain(pods.iter().map(String::as_str)) {
            events.extend(self.counted_events(about).await?);
        }
        let place = format!("node {}", node.alias);
        Ok(Telling { place, node: of_node, control: of_control, events, at_millis: 0 })
    }
}

fn served(at: MetricsAt) -> ServedAt {
    match at {
        MetricsAt::Socket(path) => ServedAt::Socket(path),
        MetricsAt::Address(address) => ServedAt::Address(address),
    }
}
