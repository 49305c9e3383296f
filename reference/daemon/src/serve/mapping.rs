//! Mapping: what the daemon holds, for comparison with kernel and cloud.

use std::collections::BTreeMap;
use std::net::IpAddr;

use kernel::Conn;
use kernel::links::Links;
use model::Grant;
use model::pool::{Lease, PoolEni};
use tonic::Status;

use crate::agent::{Agent, blocking, chain};

use super::check;

/// Every interface with its device and addresses.
pub(super) async fn mapping(agent: &Agent) -> Result<rpc::MappingReply, Status> {
    let view = agent.holdings.view();
    let links = blocking(|| Links::list(&mut Conn::here()?))
        .await
        .map_err(|error| Status::internal(chain(&error)))?;
    let holders: BTreeMap<IpAddr, &Grant> = view
        .grants
        .iter()
        .flat_map(|grant| grant.addresses.iter().map(move |address| (address, grant)))
        .collect();
    let interfaces = view.pool.enis.values().map(|eni| interface(eni, &links, &holders)).collect();
    let mut mismatches: Vec<_> = view
        .pool
        .enis
        .values()
        .filter(|eni| links.by_mac(eni.link.mac).is_none())
        .map(|eni| format!("interface {} has no device", eni.link.id))
        .collect();
    for grant in &view.grants {
        mismatches.extend(sandbox(agent, grant).await);
    }
    Ok(rpc::MappingReply { node: agent.flags.node_name.clone(), interfaces, mismatches })
}

async fn sandbox(agent: &Agent, grant: &Grant) -> Vec<String> {
    let words = |difference: String| format!("pod {}: {difference}", grant.pod);
    let Some(wiring) = agent.wiring(grant) else {
        return vec![words(format!("interface {} is not plugged in", grant.eni))];
    };
    let netns = grant.netns.clone();
    let found = blocking(move || check::kernel_differences(&wiring, &netns)).await;
    found.into_iter().map(words).collect()
}

fn interface(
    eni: &PoolEni,
    links: &Links,
    holders: &BTreeMap<IpAddr, &Grant>,
) -> rpc::MappedInterface {
    let device = links.by_mac(eni.link.mac).map(|link| link.name.clone());
    rpc::MappedInterface {
        id: eni.link.id.0.clone(),
        mac: eni.link.mac.to_string(),
        device: device.unwrap_or_default(),
        link_index: eni.link.index,
        table: eni.link.table(),
        open: eni.open,
        addresses: eni
            .leases
            .iter()
            .map(|(address, lease)| mapped(*address, lease, holders.get(address).copied()))
            .collect(),
    }
}

fn mapped(address: IpAddr, lease: &Lease, holder: Option<&Grant>) -> rpc::MappedAddress {
    let mut mapped = rpc::MappedAddress {
        address: address.to_string(),
        state: lease.word().to_owned(),
        ..rpc::MappedAddress::default()
    };
    if let Some(grant) = holder {
        mapped.pod = grant.pod.to_string();
        mapped.pod_uid.clone_from(&grant.pod.uid);
        mapped.container_id.clone_from(&grant.attachment.container);
        mapped.if_name.clone_from(&grant.attachment.ifname);
    }
    mapped
}
