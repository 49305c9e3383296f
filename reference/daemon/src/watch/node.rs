//! This node's `nodes` object: what the daemon wants written into its spec, what
//! the controller offers read from its status.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use api::node::{AddressEntry, DELETING, IN_USE, INVALID, NetworkInterface, NodeStatus};
use futures::StreamExt;
use ipnet::IpNet;
use kube::Api;
use kube::api::{Patch, PatchParams};
use kube::runtime::{WatchStreamExt, watcher};
use model::pool::Offer;
use model::{EniId, Mac};
use serde_json::json;
use tokio::sync::mpsc;

use crate::agent::{Agent, Standing};
use crate::{plug, rebuild};

/// An interface as the controller describes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Described {
    pub(crate) id: EniId,
    pub(crate) mac: Mac,
    pub(crate) gateways: Vec<IpAddr>,
    pub(crate) open: bool,
    pub(crate) addresses: BTreeMap<IpAddr, Offer>,
}

/// How often devices are looked for that the controller speaks of and the
/// kernel does not have yet.
const AGAIN: Duration = Duration::from_millis(200);

/// Follows the object until the process ends. `devices` tells that links came or went.
pub(crate) async fn follow(agent: Arc<Agent>, mut devices: mpsc::Receiver<()>) {
    rebuild::told(&agent).await;
    let nodes: Api<api::Node> = Api::all(agent.client.clone());
    let mut events =
        watcher::watch_object(nodes.clone(), &agent.flags.node_name).default_backoff().boxed();
    let mut settings = agent.settings.subscribe();
    let mut node: Option<api::Node> = None;
    let mut again = tokio::time::interval(AGAIN);
    let mut complete = true;
    loop {
        tokio::select! {
            Some(event) = events.next() => match event {
                Ok(found) => node = found,
                Err(error) => tracing::warn!(%error, "watch this node's interfaces"),
            },
            Ok(()) = settings.changed() => {}
            Some(()) = devices.recv() => {}
            _ = again.tick(), if !complete => {}
        }
        let Some(node) = &node else { continue };
        if let Err(error) = ask(&agent, &nodes, node).await {
            tracing::warn!(%error, "write what this node wants");
        }
        let status = node.status.clone().unwrap_or_default();
        let standing =
            Standing { admission: status.admission.clone(), shortage: status.shortage.clone() };
        agent.standing.send_if_modified(|there| {
            let new = *there != standing;
            *there = standing;
            new
        });
        complete = plug::take(&agent, describe(&status)).await;
    }
}

/// Writes how interfaces are to be made and how many addresses are to be kept.
async fn ask(agent: &Agent, nodes: &Api<api::Node>, node: &api::Node) -> kube::Result<()> {
    let Ok(settings) = agent.settings() else { return Ok(()) };
    let Some(metadata) = &node.spec.node_metadata else { return Ok(()) };
    let eni = settings.eni.eni_spec(&metadata.zone_id);
    let pool = settings.eni.pool_spec();
    if node.spec.eni.as_ref() == Some(&eni) && node.spec.pool.as_ref() == Some(&pool) {
        return Ok(());
    }
    // A merge would keep tags and vSwitches that are wanted no more.
    let patch = json!([
        {"op": "add", "path": "/spec/eni", "value": eni},
        {"op": "add", "path": "/spec/pool", "value": pool},
    ]);
    let patch: Patch<()> =
        Patch::Json(serde_json::from_value(patch).map_err(kube::Error::SerdeError)?);
    nodes.patch(&agent.flags.node_name, &PatchParams::default(), &patch).await.map(drop)
}

/// The interfaces that are plugged in, as far as what is said of them can be read.
fn describe(status: &NodeStatus) -> Vec<Described> {
    let in_use = status.network_interfaces.values().filter(|eni| eni.status == IN_USE);
    in_use
        .filter_map(|eni| {
            let described = described(eni);
            if described.is_none() {
                tracing::warn!(eni = eni.id, mac = eni.mac_address, "interface without an address");
            }
            described
        })
        .collect()
}

fn described(eni: &NetworkInterface) -> Option<Described> {
    let blocks = [&eni.ipv4_cidr, &eni.ipv6_cidr];
    let blocks = blocks.into_iter().filter_map(|block| block.parse::<IpNet>().ok());
    let entries = eni.ipv4.values().chain(eni.ipv6.values());
    Some(Described {
        id: EniId(eni.id.clone()),
        mac: eni.mac_address.parse().ok()?,
        gateways: blocks.map(plan::subnet::gateway).collect(),
        open: !eni.unschedulable,
        addresses: entries
            .filter_map(|entry| Some((entry.ip.parse().ok()?, offer(entry))))
            .collect(),
    })
}

fn offer(entry: &AddressEntry) -> Offer {
    let generation = entry.generation.unwrap_or_default();
    match entry.status.as_str() {
        DELETING => Offer::Wanted { generation },
        INVALID => Offer::Gone,
        _ => Offer::Valid { generation },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_on_their_way_are_not_offered_and_states_are_told_apart() {
        let entry = |ip: &str, status: &str, generation| AddressEntry {
            ip: ip.to_owned(),
            status: status.to_owned(),
            generation,
            ..AddressEntry::default()
        };
        let eni = |status: &str| NetworkInterface {
            id: "eni-1".to_owned(),
            status: status.to_owned(),
            mac_address: "00:16:3e:00:00:01".to_owned(),
            ipv4_cidr: "10.0.1.0/24".to_owned(),
            ipv4: [
                entry("10.0.1.5", "Valid", None),
                entry("10.0.1.6", "Deleting", Some(4)),
                entry("10.0.1.7", "Invalid", None),
            ]
            .map(|entry| (entry.ip.clone(), entry))
            .into(),
            ..NetworkInterface::default()
        };
        let status = NodeStatus {
            network_interfaces: BTreeMap::from([
                ("eni-1".to_owned(), eni("InUse")),
                ("eni-2".to_owned(), eni("Attaching")),
            ]),
            ..NodeStatus::default()
        };
        let [described] = describe(&status).try_into().unwrap();
        assert_eq!(described.gateways, ["10.0.1.253".parse::<IpAddr>().unwrap()]);
        assert_eq!(
            described.addresses.into_values().collect::<Vec<_>>(),
            [Offer::Valid { generation: 0 }, Offer::Wanted { generation: 4 }, Offer::Gone]
        );
    }
}
