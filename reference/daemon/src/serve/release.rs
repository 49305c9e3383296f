//! ReleaseIP: the kernel and the journal before the answer, so that a sandbox whose DEL
//! succeeded is in neither of them; its marks after it.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use ipnet::IpNet;
use kernel::links::Links;
use kernel::pair::{self, Leaving, Work};
use kernel::{Conn, KernelError, apply};
use model::kernel::{Mark, Route, Rule, Scene};
use model::{Addresses, Attachment, Grant};
use plan::name;
use plan::wire::Parting;
use tokio::runtime::Handle;
use tonic::Status;

use crate::agent::{Agent, blocking, chain, millis, now_ms};
use crate::beside::Called;
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
/// Another thread does the kernel's part while this one writes the journal. Who is killed
/// in between has not answered and is asked again: what either has is found by the other.
/// Nobody gets the addresses before both are done.
pub(crate) async fn take_back(agent: &Arc<Agent>, attachment: &Attachment) -> Result<(), Status> {
    let turn = agent.turns.take(attachment).await;
    let called = agent.threads.call();
    defect::point("daemon.release.begun");
    let grant = agent.holdings.find(attachment);
    if grant.is_none() && defect::on("del-of-the-unknown-fails") {
        return Err(Status::not_found(format!("sandbox {attachment} holds nothing")));
    }
    let parting = grant.as_ref().and_then(|grant| agent.parting(grant));
    let (path, marks) =
        parting.map(|Parting { link, rules, marks }| ((link, rules), marks)).unzip();
    let (leaving, thread) =
        take_down(called, attachment, path).await.map_err(|error| refused(&[error]))?;
    let rest = agent.settings().map_or(crate::REST, |settings| settings.eni.rest);
    let until_ms = now_ms() + millis(rest);
    let leaving = write_down(agent, grant.as_ref(), until_ms, leaving)?;
    defect::point("daemon.release.taken-down");
    if let Some(grant) = &grant
        && defect::on("a-released-address-stays-with-the-node")
    {
        keep_for_the_node(grant.addresses).map_err(|error| refused(&[error]))?;
    }
    if grant.is_some() && defect::on("a-descriptor-stays-open") {
        std::mem::forget(std::fs::File::open("/"));
    }
    agent.holdings.release(attachment, until_ms);
    let marks = marks.unwrap_or_default();
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

/// Writes down that the addresses rest, and waits until the pair is gone; where the kernel
/// keeps it, the grant stays.
fn write_down(
    agent: &Agent,
    grant: Option<&Grant>,
    until_ms: u64,
    leaving: Option<Leaving>,
) -> Result<Option<Leaving>, Status> {
    let broken = |error| Status::internal(chain(&error));
    if let Some(grant) = grant {
        agent.holdings.write_release(grant, until_ms).map_err(broken)?;
    }
    leaving.map(Leaving::gone).transpose().or_else(|errors| {
        if let Some(grant) = grant {
            agent.holdings.write_again(grant).map_err(broken)?;
        }
        Err(refused(&errors))
    })
}

/// What is left to do when a DEL is answered.
struct Rest {
    agent: Arc<Agent>,
    turn: Turn,
    grant: Option<Grant>,
    leaving: Option<Leaving>,
    marks: Vec<Mark>,
}

/// What nobody needs to wait for, in the sandbox's turn: the kernel comes to its end with
/// the link, and marks, which are about a link that is not there, go. Not before the
/// journal is written, or a round of repair would put them back.
async fn finish(Rest { agent, turn, grant, leaving, marks }: Rest) {
    let sandbox = turn.attachment();
    if let Err(errors) = leaving.map_or(Ok(()), Leaving::ended) {
        tracing::warn!(%sandbox, causes = causes(&errors), "delete the link");
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
type Going = (Option<Leaving>, Option<Sender<Rest>>);

/// For a sandbox that holds nothing the whole node is looked through.
async fn take_down(
    called: Called,
    attachment: &Attachment,
    path: Option<(String, Vec<Rule>)>,
) -> Result<Going, KernelError> {
    if defect::on("del-leaves-the-link") {
        return Ok((None, None));
    }
    if let Some((link, rules)) = path {
        let detach = |beside: &mut Beside<'_>| pair::detach(link, rules, beside);
        return with_a_thread(called, detach);
    }
    let host = name::host_link(attachment);
    blocking(move || with_a_thread(called, |beside| pair::detach_unknown(host, beside))).await
}

/// Does work in another thread.
type Beside<'a> = dyn FnMut(Work) -> io::Result<()> + 'a;

fn with_a_thread(
    mut called: Called,
    detach: impl FnOnce(&mut Beside<'_>) -> Result<Leaving, KernelError>,
) -> Result<Going, KernelError> {
    let (mut thread, runtime) = (None, Handle::current());
    let leaving = detach(&mut |work| {
        let runtime = runtime.clone();
        let (rest, told) = channel();
        thread = Some(rest);
        called.run(Box::new(move || {
            work();
            if let Ok(rest) = told.recv() {
                runtime.block_on(finish(rest));
            }
        }))
    })?;
    Ok((Some(leaving), thread))
}

fn refused(errors: &[KernelError]) -> Status {
    Status::internal(format!("take down sandbox: {}", causes(errors)))
}

fn causes(errors: &[KernelError]) -> String {
    errors.iter().map(|error| chain(error)).collect::<Vec<_>>().join("; ")
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
