//! The controller's side of the release handshake: only what the daemon has
//! given up is taken from the cloud's interfaces.

use std::net::IpAddr;

use api::node::NodeStatus;
use cloud::Batch;
use cloud::action::detach_network_interface::DetachNetworkInterface;
use cloud::action::unassign_ipv6_addresses::UnassignIpv6Addresses;
use cloud::action::unassign_private_ip_addresses::UnassignPrivateIpAddresses;

use crate::books::{self, DETACHING};
use crate::round::{Round, RoundError};

/// Acts on the daemon's answers.
pub(crate) async fn settle(round: &Round<'_>, status: &mut NodeStatus) -> Result<(), RoundError> {
    let ids: Vec<_> = status.network_interfaces.keys().cloned().collect();
    for id in ids {
        let Some(nic) = status.network_interfaces.get_mut(&id) else { continue };
        if nic.status != api::node::IN_USE {
            continue;
        }
        let settled = books::take_answers(nic, &mut status.release_generation, &round.runtime);
        if settled.whole {
            detach(round, &id).await?;
            DETACHING.clone_into(&mut nic.status);
        } else if !settled.unassign.is_empty() {
            defect::point("controller.unassign.due");
            unassign(round, &id, &settled.unassign).await?;
            defect::point("controller.unassign.done");
            books::strike(nic, &settled.unassign);
            round.context.metrics.count("address_released", settled.unassign.len());
        }
    }
    Ok(())
}

/// Unplugs an interface; it is free some time later and deleted then.
pub(crate) async fn detach(round: &Round<'_>, id: &str) -> Result<(), RoundError> {
    let request = DetachNetworkInterface {
        interface: id.to_owned(),
        instance: round.instance.clone(),
        trunk: None,
    };
    defect::point("controller.detach.due");
    let done = round.context.cloud.send(&request).await;
    defect::point("controller.detach.done");
    done.map(drop).map_err(RoundError::cloud(format!("unplug interface {id}")))
}

async fn unassign(round: &Round<'_>, id: &str, gone: &[IpAddr]) -> Result<(), RoundError> {
    let act = || format!("unassign {} addresses of interface {id}", gone.len());
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for address in gone {
        match address {
            IpAddr::V4(address) => v4.push(*address),
            IpAddr::V6(address) => v6.push(*address),
        }
    }
    for batch in v4.chunks(plan::grow::BATCH as usize) {
        let batch = Batch::Addresses(batch.to_vec());
        let request = UnassignPrivateIpAddresses { interface: id.to_owned(), batch };
        round.context.cloud.send(&request).await.map_err(RoundError::cloud(act()))?;
    }
    for batch in v6.chunks(plan::grow::BATCH as usize) {
        let batch = Batch::Addresses(batch.to_vec());
        let request = UnassignIpv6Addresses { interface: id.to_owned(), batch };
        round.context.cloud.send(&request).await.map_err(RoundError::cloud(act()))?;
    }
    Ok(())
}
