//! Compares a node's books with the cloud: at the first round, when something is
//! on its way, after a failure, and from time to time.

use std::collections::{BTreeMap, BTreeSet};

use api::names::{CREATOR, TAG_CLUSTER, TAG_CREATOR, TAG_NODE};
use api::node::{EniSpec, NodeStatus};
use cloud::action::attach_network_interface::AttachNetworkInterface;
use cloud::action::delete_network_interface::DeleteNetworkInterface;
use cloud::action::describe_network_interfaces::DescribeNetworkInterfaces;
use cloud::{Interface, Kind, Role, Status};

use crate::books::{self, ATTACHING, DETACHING};
use crate::context::Context;
use crate::round::{Round, RoundError};
use crate::vswitches;

/// Brings the books in line. Answers how many interfaces of others the instance
/// has besides its primary one: they take room of the quota.
pub(crate) async fn with_cloud(
    round: &Round<'_>,
    status: &mut NodeStatus,
    spec: &EniSpec,
) -> Result<u32, RoundError> {
    let memory = &round.context.memory;
    let moving = status.network_interfaces.values().any(|nic| nic.status != api::node::IN_USE)
        || memory.misses(&round.name);
    if !moving && !memory.sync_due(&round.name, round.context.config.sync_period) {
        return Ok(memory.foreign(&round.name));
    }
    let described = describe(round).await?;
    let (ours, foreign): (Vec<_>, Vec<_>) = described
        .into_iter()
        .filter(|interface| {
            interface.role != Role::Primary || defect::on("primary-interface-serves-pods")
        })
        .partition(|interface| books::ours(interface, spec));
    for interface in &ours {
        let blocks = blocks(round, &interface.v_switch).await?;
        books::enter(status, interface, &round.runtime, blocks);
    }
    strike_missing(round, status, &ours);
    for interface in &ours {
        push(round, status, interface).await?;
    }
    let foreign = u32::try_from(foreign.len()).unwrap_or(u32::MAX);
    memory.synced(&round.name, foreign);
    Ok(foreign)
}

/// Interfaces of the instance, and those made for the node that are nowhere yet.
async fn describe(round: &Round<'_>) -> Result<Vec<Interface>, RoundError> {
    let act = || format!("describe the interfaces of {}", round.name);
    let at_instance = DescribeNetworkInterfaces {
        instance: Some(round.instance.clone()),
        ..DescribeNetworkInterfaces::default()
    };
    let mut found =
        round.context.cloud.send_all(at_instance).await.map_err(RoundError::cloud(act()))?;
    let made_for_it = DescribeNetworkInterfaces {
        tags: tags(round),
        status: Some(Status::Available),
        ..DescribeNetworkInterfaces::default()
    };
    let unattached =
        round.context.cloud.send_all(made_for_it).await.map_err(RoundError::cloud(act()))?;
    let known: BTreeSet<_> = found.iter().map(|interface| interface.id.clone()).collect();
    found.extend(unattached.into_iter().filter(|interface| !known.contains(&interface.id)));
    Ok(found)
}

/// Tags of every interface that is made for the node.
pub(crate) fn tags(round: &Round<'_>) -> BTreeMap<String, String> {
    BTreeMap::from([
        (TAG_CREATOR.to_owned(), CREATOR.to_owned()),
        (TAG_CLUSTER.to_owned(), round.context.config.cluster.clone()),
        (TAG_NODE.to_owned(), round.name.clone()),
    ])
}

async fn blocks(round: &Round<'_>, v_switch: &str) -> Result<[String; 2], RoundError> {
    let found = vswitches::find(round.context, v_switch)
        .await
        .map_err(RoundError::cloud(format!("describe vSwitch {v_switch}")))?;
    Ok(found.map_or_else(Default::default, |found| {
        [found.cidr.to_string(), found.ipv6_cidr.map(|net| net.to_string()).unwrap_or_default()]
    }))
}

/// Closes interfaces that the cloud does not describe, and strikes them off when it
/// has not for a while: a description may be older than an interface. One whose
/// addresses are in use stays, closed: a pod is on it.
fn strike_missing(round: &Round<'_>, status: &mut NodeStatus, ours: &[Interface]) {
    let there: BTreeSet<_> = ours.iter().map(|interface| interface.id.as_str()).collect();
    let ids = status.network_interfaces.keys();
    let missing: Vec<_> = ids.filter(|id| !there.contains(id.as_str())).cloned().collect();
    let Context { memory, config, .. } = round.context;
    let gone = memory.confirmed_missing(&round.name, &missing, config.missing_age);
    for (id, nic) in &mut status.network_interfaces {
        nic.unschedulable = missing.contains(id);
    }
    status.network_interfaces.retain(|id, nic| {
        let used = books::entries(nic).any(|e| round.runtime.addresses.contains_key(&e.ip));
        !gone.contains(id) || (used && nic.status != DETACHING)
    });
}

/// Goes on with what an earlier round, perhaps of another process, began.
async fn push(
    round: &Round<'_>,
    status: &mut NodeStatus,
    interface: &Interface,
) -> Result<(), RoundError> {
    if interface.status != Status::Available {
        return Ok(());
    }
    let state = status.network_interfaces.get(&interface.id).map(|nic| nic.status.as_str());
    match state {
        Some(ATTACHING) => attach(round, status, &interface.id).await,
        Some(DETACHING) => {
            delete(round, &interface.id).await?;
            status.network_interfaces.remove(&interface.id);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Plugs an interface in; it is there some time later. One that cannot be, for
/// want of quota, is deleted.
pub(crate) async fn attach(
    round: &Round<'_>,
    status: &mut NodeStatus,
    id: &str,
) -> Result<(), RoundError> {
    let request = AttachNetworkInterface {
        interface: id.to_owned(),
        instance: round.instance.clone(),
        trunk: None,
        network_card: None,
    };
    defect::point("controller.attach.due");
    match round.context.cloud.send(&request).await {
        Ok(_) => {
            defect::point("controller.attach.done");
            Ok(())
        }
        Err(error) => {
            if error.kind() == Kind::EniQuota {
                delete(round, id).await?;
                status.network_interfaces.remove(id);
            }
            Err(RoundError::cloud(format!("plug in interface {id}"))(error))
        }
    }
}

/// Deletes an interface that is plugged in nowhere.
pub(crate) async fn delete(round: &Round<'_>, id: &str) -> Result<(), RoundError> {
    let request = DeleteNetworkInterface { interface: id.to_owned() };
    defect::point("controller.delete.due");
    round
        .context
        .cloud
        .send(&request)
        .await
        .map(drop)
        .map_err(RoundError::cloud(format!("delete interface {id}")))?;
    defect::point("controller.delete.done");
    round.context.metrics.count("eni_deleted", 1);
    Ok(())
}
