//! ReleaseIP: the kernel and the journal before the answer, so that a sandbox whose DEL
//! succeeded is in neither of them; its marks after it.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use ipnet::IpNet;
use kernel::links::{self, Links, Work};
use kernel::pair::{self, Leaving};
use kernel::{Conn, KernelError, apply};
use model::kernel::{Mark, Route, Scene};
use model::{Addresses, Attachment, Grant};
use plan::name;
use plan::wire::PodWiring;
use tokio::runtime::Handle;
use tonic::Status;

use crate::agent::{Agent, blocking, chain, millis, now_ms};
use crate::turns::Turn;
use crate::{marking, repair};

use super::attachment;

/// Takes a sandbox's addresses back. A sandbox that holds none is fine: its
/// links are removed, if there are any.
pub(super) async fn release(
    agent: &Arc<Agent>,
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
///
/// Nothing leads to the sandbox any more when the journal is written; the kernel deletes
/// its link meanwhile. Who is killed in between has not answered and is asked again.
pub(crate) async fn take_back(agent: &Arc<Agent>, attachment: &Attachment) -> Result<(), Status> {
    let turn = agent.turns.take(attachment).await;
    defect::point("daemon.release.begun");
    let grant = agent.holdings.find(attachment);
    if grant.is_none() && defect::on("del-of-the-unknown-fails") {
        return Err(Status::not_found(format!("sandbox {attachment} holds nothing")));
    }
    let wiring = grant.as_ref().and_then(|grant| agent.wiring(grant));
    let going = take_down(attachment, wiring.as_ref()).await;
    let (leaving, thread) = going.map_err(|errors| refused(&errors))?;
    defect::point("daemon.release.taken-down");
    if let Some(grant) = &grant
        && defect::on("a-released-address-stays-with-the-node")
    {
        keep_for_the_node(grant.addresses).map_err(|error| refused(&[error]))?;
    }
    if grant.is_some() && defect::on("a-descriptor-stays-open") {
        std::mem::forget(std::fs::File::open("/"));
    }
    let rest = agent.settings().map_or(crate::REST, |settings| settings.eni.rest);
    agent
        .holdings
        .release(attachment, now_ms() + millis(rest))
        .map_err(|error| Status::internal(chain(&error)))?;
    let leaving = leaving.gone().map_err(|error| refused(&[error]))?;
    let marks = wiring.map(|wiring| wiring.marks).unwrap_or_default();
    let rest = Rest { agent: agent.clone(), turn, grant, leaving, marks };
    let unsent = match thread {
        Some(thread) => thread.send(rest).err().map(|unsent| unsent.0),
        None => Some(rest),
    };
    if let Some(rest) = unsent {
        tokio::spawn(finish(rest));
    }
    Ok(())
}

/// What is left to do when a DEL is answered.
struct Rest {
    agent: Arc<Agent>,
    turn: Turn,
    grant: Option<Grant>,
    leaving: Leaving,
    marks: Vec<Mark>,
}

/// What nobody needs to wait for, in the sandbox's turn: the kernel comes to its end with
/// the link, and marks, which are about a link that is not there, go. Not before the
/// journal is written, or a round of repair would put them back.
async fn finish(Rest { agent, turn, grant, leaving, marks }: Rest) {
    let sandbox = turn.attachment();
    if let Err(error) = leaving.ended() {
        tracing::warn!(%sandbox, error = chain(&error), "delete the link");
    }
    if !marks.is_empty()
        && let Err(error) = marking::remove(&agent, marks).await
    {
        tracing::warn!(%sandbox, error = chain(&error), "remove marks");
        repair::thoroughly(&agent);
    }
    if let Some(Grant { pod, addresses, .. }) = grant {
        tracing::info!(%pod, %sandbox, ?addresses, "released");
    }
}

/// A link that goes, and a way to the thread that waits for the kernel: it does the rest.
/// To wake another for that would take a tenth of a DEL. It is none of the pool's, which are
/// few, and without which marks do not go.
type Going = (Leaving, Option<Sender<Rest>>);

/// Of a sandbox that holds something, that takes this thread a fifth of a millisecond: to
/// hand it to another, and the answer back, would take longer. For one that holds nothing
/// the whole node is looked through.
async fn take_down(
    attachment: &Attachment,
    wiring: Option<&PodWiring>,
) -> Result<Going, Vec<KernelError>> {
    if defect::on("del-leaves-the-link") {
        return Ok((Leaving::default(), None));
    }
    if let Some(wiring) = wiring {
        return with_a_thread(|beside| pair::detach(&wiring.veth, &wiring.host, beside));
    }
    let host = name::host_link(attachment);
    blocking(move || with_a_thread(|beside| pair::detach_unknown(&host, beside))).await
}

fn with_a_thread(
    detach: impl FnOnce(&mut dyn FnMut(Work) -> io::Result<()>) -> Result<Leaving, Vec<KernelError>>,
) -> Result<Going, Vec<KernelError>> {
    let (mut thread, runtime) = (None, Handle::current());
    let leaving = detach(&mut |work| {
        let runtime = runtime.clone();
        let (rest, told) = channel();
        thread = Some(rest);
        links::in_a_thread(Box::new(move || {
            work();
            if let Ok(rest) = told.recv() {
                runtime.block_on(finish(rest));
            }
        }))
    })?;
    Ok((leaving, thread))
}

fn refused(errors: &[KernelError]) -> Status {
    let causes: Vec<_> = errors.iter().map(|error| chain(error)).collect();
    Status::internal(format!("take down sandbox: {}", causes.join("; ")))
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
