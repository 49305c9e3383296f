//! AllocIP: from the pool, without a round trip; journalled before it is answered.

use std::time::Duration;

use api::node::Admission;
use kube::runtime::events::EventType;
use model::pool::{IpStack, Lease};
use model::{Grant, PodRef};
use plan::wire;
use tokio::time::{Instant, timeout_at};
use tonic::Status;

use crate::agent::{Agent, chain, now_ms};
use crate::events::Message;
use crate::holdings::{GrantError, Wish};
use crate::{marking, processors};

use super::attachment;

/// How long a daemon that has just started may take to learn of its node.
const START: Duration = Duration::from_secs(5);

/// Gives a sandbox its addresses. Asked again, it gives the same.
pub(super) async fn alloc(
    agent: &Agent,
    request: rpc::AllocIpRequest,
) -> Result<rpc::AllocIpReply, Status> {
    if let Some(processor) = request.processor.checked_sub(1) {
        processors::leave(processor as usize);
    }
    agent.ready(Instant::now() + START).await;
    let admission = agent.admitted()?;
    let settings = agent.settings()?;
    let attachment = attachment(request.k8s_pod_infra_container_id, request.if_name)?;
    let asked = PodRef {
        namespace: request.k8s_pod_namespace,
        name: request.k8s_pod_name,
        uid: request.pod_uid,
    };
    let pod = agent.pods.find(&asked).await?;
    let turn = agent.turns.take(&attachment).await;
    let _turn = Some(turn).filter(|_| !defect::on("given-up-add-goes-on"));
    defect::point("daemon.alloc.begun");
    let wish = Wish {
        attachment: attachment.clone(),
        pod: pod.clone(),
        netns: request.netns,
        stack: if defect::on("pods-get-no-ipv6") { IpStack::Ipv4 } else { settings.eni.stack },
        now_ms: now_ms(),
    };
    let grant = match patiently(agent, wish, settings.eni.allocate_timeout, &admission).await {
        Ok(grant) => grant,
        Err(status) => {
            complain(agent, &pod, &status).await;
            return Err(status);
        }
    };
    // From now on: the address may have been waited for. Nobody repairs before the turn ends.
    agent.repairs.leave(&attachment);
    let placement = agent
        .holdings
        .placement(&grant.eni, settings.eni.layout)
        .ok_or_else(|| Status::unavailable(format!("interface {} is not plugged in", grant.eni)))?;
    let marks = wire::marks(&attachment, grant.addresses, placement.eni.slot);
    marking::add(agent, marks).await.map_err(|error| Status::internal(chain(&error)))?;
    defect::point("daemon.alloc.marked");
    tracing::info!(pod = %pod, sandbox = %attachment, addresses = ?grant.addresses, "granted");
    Ok(rpc::AllocIpReply {
        success: true,
        ip_type: rpc::IpType::TypeEniMultiIp.into(),
        i_pv4: grant.addresses.v4.is_some(),
        i_pv6: grant.addresses.v6.is_some(),
        net_confs: vec![rpc::net_conf(&attachment.ifname, grant.addresses, &placement)],
    })
}

/// Tries until an address comes, nothing more can come, or the time is up.
async fn patiently(
    agent: &Agent,
    mut wish: Wish,
    patience: Duration,
    admission: &Admission,
) -> Result<Grant, Status> {
    let deadline = Instant::now() + patience;
    let mut waiting = None;
    loop {
        let changed = agent.holdings.changed.notified();
        let mut standing = agent.standing.subscribe();
        wish.now_ms = now_ms();
        let why = match agent.holdings.grant(&wish) {
            Ok(grant) => {
                if defect::on("each-pod-counts-as-exhaustion") {
                    agent.metrics.exhausted.inc();
                }
                return Ok(grant);
            }
            Err(GrantError::Exhausted(why)) => why.to_string(),
            Err(error @ GrantError::OtherPod { .. }) => {
                return Err(Status::already_exists(error.to_string()));
            }
            Err(error @ GrantError::Journal(_)) => return Err(Status::internal(chain(&error))),
        };
        let no_more = |reason: &str| {
            if !defect::on("exhaustion-is-not-counted") {
                agent.metrics.exhausted.inc();
            }
            Status::resource_exhausted(format!("no address for pod {}: {why}{reason}", wish.pod))
        };
        if full(agent, admission.limit) {
            return Err(no_more(&format!("; the node's limit of {} is reached", admission.limit)));
        }
        // Waiting is what tells the controller that more is needed.
        let first = waiting.is_none();
        waiting.get_or_insert_with(|| agent.holdings.wait());
        let shortage = standing.borrow_and_update().shortage.clone();
        if !first && !shortage.is_empty() {
            return Err(no_more(&format!("; {shortage}")));
        }
        let woken = async {
            tokio::select! { () = changed => {}, _ = standing.changed() => {} }
        };
        if timeout_at(deadline, woken).await.is_err() {
            let seconds = patience.as_secs();
            let shortage =
                if shortage.is_empty() { String::new() } else { format!("; {shortage}") };
            return Err(no_more(&format!("; none came in {seconds} s{shortage}")));
        }
    }
}

/// Whether sandboxes hold as many addresses as the node can ever have.
fn full(agent: &Agent, limit: u64) -> bool {
    let view = agent.holdings.view();
    let held =
        view.pool.count(|address, lease| address.is_ipv4() && matches!(lease, Lease::Granted(_)));
    held as u64 >= limit
}

async fn complain(agent: &Agent, pod: &PodRef, status: &Status) {
    let message = Message {
        kind: EventType::Warning,
        reason: "AllocIPFailed",
        note: status.message().to_owned(),
    };
    agent.events.on_pod(pod, message).await;
}
