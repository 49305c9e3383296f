//! ReleaseIP: first the kernel, then the journal, so that an address rests only
//! when nothing on the node uses it any more.

use ipnet::IpNet;
use kernel::links::Links;
use kernel::{Conn, KernelError, apply, pair};
use model::kernel::{Route, Scene};
use model::{Addresses, Attachment, Grant};
use plan::name;
use plan::wire::PodWiring;
use tonic::Status;

use crate::agent::{Agent, blocking, chain, millis, now_ms};
use crate::{marking, repair};

use super::attachment;

/// Takes a sandbox's addresses back. A sandbox that holds none is fine: its
/// links are removed, if there are any.
pub(super) async fn release(
    agent: &Agent,
    request: rpc::ReleaseIpRequest,
) -> Result<rpc::ReleaseIpReply, Status> {
    let mut attachment = attachment(request.k8s_pod_infra_container_id, request.if_name)?;
    if defect::on("del-means-the-pods-name") {
        let held = agent.holdings.view().grants;
        let youngest = held.into_iter().filter(|grant| grant.pod.name == request.k8s_pod_name);
        let youngest = youngest.max_by_key(|grant| grant.granted_ms);
        attachment = youngest.map_or(attachment, |grant| grant.attachment);
    }
    take_back(agent, &attachment).await?;
    Ok(rpc::ReleaseIpReply { success: true, ..rpc::ReleaseIpReply::default() })
}

/// Removes everything of a sandbox from the kernel and puts its addresses to rest.
pub(crate) async fn take_back(agent: &Agent, attachment: &Attachment) -> Result<(), Status> {
    let _turn = agent.turns.take(attachment).await;
    defect::point("daemon.release.begun");
    let grant = agent.holdings.find(attachment);
    if grant.is_none() && defect::on("del-of-the-unknown-fails") {
        return Err(Status::not_found(format!("sandbox {attachment} holds nothing")));
    }
    let wiring = grant.as_ref().and_then(|grant| agent.wiring(grant));
    let marks = wiring.as_ref().map(|wiring| wiring.marks.clone()).unwrap_or_default();
    let taken = attachment.clone();
    blocking(move || take_down(&taken, wiring)).await.map_err(|errors| {
        let causes: Vec<_> = errors.iter().map(|error| chain(error)).collect();
        Status::internal(format!("take down sandbox: {}", causes.join("; ")))
    })?;
    defect::point("daemon.release.taken-down");
    if let Some(grant) = &grant
        && defect::on("a-released-address-stays-with-the-node")
    {
        let addresses = grant.addresses;
        let kept = blocking(move || keep_for_the_node(addresses)).await;
        kept.map_err(|error| Status::internal(chain(&error)))?;
    }
    if grant.is_some() && defect::on("a-descriptor-stays-open") {
        std::mem::forget(std::fs::File::open("/"));
    }
    let rest = agent.settings().map_or(crate::REST, |settings| settings.eni.rest);
    agent
        .holdings
        .release(attachment, now_ms() + millis(rest))
        .map_err(|error| Status::internal(chain(&error)))?;
    // Not before, or a round of repair would put them back.
    if let Err(error) = marking::remove(agent, marks).await {
        tracing::warn!(sandbox = %attachment, error = chain(&error), "remove marks");
        repair::thoroughly(agent);
    }
    if let Some(Grant { pod, addresses, .. }) = grant {
        tracing::info!(%pod, sandbox = %attachment, ?addresses, "released");
    }
    Ok(())
}

fn take_down(attachment: &Attachment, wiring: Option<PodWiring>) -> Result<(), Vec<KernelError>> {
    if defect::on("del-leaves-the-link") {
        return Ok(());
    }
    match wiring {
        Some(wiring) => pair::detach(&wiring.veth, &wiring.host),
        None => pair::detach_unknown(&name::host_link(attachment)),
    }
}

/// Leads addresses into the node itself, ahead of every other route.
fn keep_for_the_node(addresses: Addresses) -> Result<(), KernelError> {
    let link = "lo".to_owned();
    let route =
        |address| Route { table: 255, dst: IpNet::from(address), via: None, link: link.clone() };
    let routes = addresses.iter().map(route).collect();
    let mut conn = Conn::here()?;
    let links = Links::list(&mut conn)?;
    apply(&mut conn, &links, &Scene { routes, ..Scene::default() })
}
