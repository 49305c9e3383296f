//! The repair loop: what is wanted and not in the kernel is put back (COX-1).
//! Objects of others are never touched.
//!
//! A round follows every change that the kernel reports, at most one a second,
//! and comes by itself after the repair period; a period of nothing turns it off.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kernel::links::{self, Links};
use kernel::{Conn, KernelError, apply, netns, pair, read, sysctl};
use model::kernel::{Scene, VethEnd};
use model::{Attachment, Grant};
use plan::repair;
use plan::wire::{self, PodWiring};
use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior};

use crate::agent::{Agent, blocking, chain, now_ms};
use crate::inspect;
use crate::marking;
use crate::metrics::Kind;

/// Shortest time between two rounds.
const PACE: Duration = Duration::from_secs(1);
/// A new grant is left to the plugin for so long, in milliseconds, unless it was
/// seen complete before.
const GRACE_MS: u64 = 10_000;

/// What the loop remembers.
#[derive(Default)]
pub(crate) struct Repairs {
    asked: Notify,
    /// Sandboxes that were seen complete once.
    complete: Mutex<BTreeSet<Attachment>>,
}

/// Asks for a round.
pub(crate) fn soon(agent: &Agent) {
    agent.repairs.asked.notify_one();
}

/// Repairs until the process ends.
pub(crate) async fn keep(agent: Arc<Agent>) {
    let mut pace = tokio::time::interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        pace.tick().await;
        let period = agent.settings().map_or(Duration::from_mins(1), |s| s.eni.repair_period);
        let asked = agent.repairs.asked.notified();
        if period.is_zero() {
            asked.await;
            continue;
        }
        round(&agent).await;
        let _ = tokio::time::timeout_at(Instant::now() + period, asked).await;
    }
}

/// Looks at everything once and puts back what is missing.
async fn round(agent: &Agent) {
    let Ok(settings) = agent.settings() else { return };
    let mut scenes = vec![wire::node(settings.eni.stack)];
    let view = agent.holdings.view();
    for eni in view.pool.enis.values() {
        if let Some(device) = agent.plugged.device(&eni.link.id) {
            scenes.push(wire::eni(&eni.link, &device, settings.eni.layout));
        }
    }
    let wanted = merge(scenes);
    tell(agent, blocking(move || mend_node(&wanted)).await, "the node");
    let marks = marking::wanted(&view, settings.eni.layout);
    if !marks.is_empty() {
        let (kept, slots) = (agent.marks.clone(), marking::slots(&view));
        let ensure = move || marking::ensure(&kept, &marks, (&slots, &marks));
        let done = blocking(ensure).await;
        tell(agent, done.map(|()| Scene::default()), "marks");
    }
    let node = match blocking(look).await {
        Ok(node) => node,
        Err(error) => return tell(agent, Err(error), "sandboxes"),
    };
    for grant in &view.grants {
        let Some(wiring) = agent.wiring(&view, grant) else { continue };
        let host = node.shows(&wiring);
        if host {
            let mut complete = agent.repairs.complete.lock().expect("no holder panics");
            complete.insert(grant.attachment.clone());
        }
        if host || !awaited(agent, grant) {
            sandbox(agent, grant, wiring, host).await;
        }
    }
    let held: BTreeSet<_> = view.grants.iter().map(|grant| &grant.attachment).collect();
    let mut complete = agent.repairs.complete.lock().expect("no holder panics");
    complete.retain(|attachment| held.contains(attachment));
}

/// The node's side as it was when the round began: to read it anew for each sandbox
/// would take longer the more there are.
struct Node {
    links: Links,
    seen: Scene,
}

fn look() -> Result<Node, KernelError> {
    let mut conn = Conn::here()?;
    let links = Links::list(&mut conn)?;
    let seen = read(&mut conn, &links)?;
    Ok(Node { links, seen })
}

impl Node {
    /// Whether nothing of a sandbox lacked on the node's side.
    fn shows(&self, wiring: &PodWiring) -> bool {
        inspect::compare(&wiring.veth.host, &wiring.host, &self.links, &self.seen).fine()
    }
}

/// Whether the plugin may still be at work on a sandbox.
fn awaited(agent: &Agent, grant: &Grant) -> bool {
    let seen = agent.repairs.complete.lock().expect("no holder panics").contains(&grant.attachment);
    !seen && now_ms() < grant.granted_ms + GRACE_MS
}

/// Mends a sandbox; the node's side is looked at again unless it was `sound` just now.
async fn sandbox(agent: &Agent, grant: &Grant, wiring: PodWiring, sound: bool) {
    let _turn = agent.turns.take(&grant.attachment).await;
    // It may have been released while this waited for its turn.
    if agent.holdings.find(&grant.attachment).as_ref() != Some(grant) {
        return;
    }
    let netns = grant.netns.clone();
    let done = blocking(move || mend_sandbox(&wiring, Path::new(&netns), sound)).await;
    tell(agent, done, &format!("sandbox {} of pod {}", grant.attachment, grant.pod));
}

fn mend_node(wanted: &Scene) -> Result<Scene, KernelError> {
    let mut conn = Conn::here()?;
    let links = Links::list(&mut conn)?;
    let seen = read(&mut conn, &links)?;
    let missing = repair::missing(wanted, &seen, |key| sysctl::read(key).ok().flatten());
    if missing != Scene::default() {
        missing.sysctls.iter().try_for_each(sysctl::write)?;
        let names: BTreeSet<_> = wanted.routes.iter().map(|route| &route.link).collect();
        for link in links.iter().filter(|link| !link.up && names.contains(&link.name)) {
            links::up(&mut conn, link)?;
        }
        apply(&mut conn, &links, &missing)?;
    }
    Ok(missing)
}

/// Answers what was missing on either side and is back.
fn mend_sandbox(wiring: &PodWiring, path: &Path, sound: bool) -> Result<Scene, KernelError> {
    // A namespace that is gone takes its link with it; the grant waits for DEL.
    let Ok(inner) = netns::open(path) else { return Ok(Scene::default()) };
    let pod = netns::within(&inner, || inspect::here(&wiring.veth.pod, &wiring.pod))??;
    if sound && pod.fine() {
        return Ok(Scene::default());
    }
    let host = inspect::here(&wiring.veth.host, &wiring.host)?;
    if host.link.is_none() || pod.link.is_none() {
        pair::attach(&wiring.veth, &wiring.pod, &wiring.host, &inner)?;
        return Ok(merge([wiring.host.clone(), wiring.pod.clone()]));
    }
    if !host.fine() {
        mend_side(&wiring.veth.host, &host.missing)?;
    }
    if !pod.fine() {
        netns::within(&inner, || mend_side(&wiring.veth.pod, &pod.missing))??;
    }
    Ok(merge([host.missing, pod.missing]))
}

fn mend_side(end: &VethEnd, missing: &Scene) -> Result<(), KernelError> {
    missing.sysctls.iter().try_for_each(sysctl::write)?;
    let mut conn = Conn::here()?;
    let links = Links::list(&mut conn)?;
    let Some(link) = links.by_name(&end.name) else {
        return Err(KernelError::NoLink { name: end.name.clone() });
    };
    if link.mac != Some(end.mac) {
        links::set_mac(&mut conn, link, end.mac)?;
    }
    links::up(&mut conn, link)?;
    apply(&mut conn, &links, missing)
}

fn tell(agent: &Agent, done: Result<Scene, KernelError>, what: &str) {
    match done {
        Ok(mended) if mended == Scene::default() => {}
        Ok(mended) => {
            tracing::warn!(objects = repair::words(&mended).join("; "), "repaired {what}");
            count(agent, &mended);
        }
        Err(error) => {
            agent.metrics.repair_failed.inc();
            tracing::warn!(error = chain(&error), "repair {what}");
        }
    }
}

fn count(agent: &Agent, mended: &Scene) {
    let kinds = [
        ("sysctl", mended.sysctls.len()),
        ("address", mended.addresses.len()),
        ("neighbour", mended.neighbours.len()),
        ("route", mended.routes.len()),
        ("rule", mended.rules.len()),
    ];
    for (kind, number) in kinds {
        agent.metrics.repaired.get_or_create(&Kind { kind }).inc_by(number as u64);
    }
}

fn merge(scenes: impl IntoIterator<Item = Scene>) -> Scene {
    let mut whole = Scene::default();
    for scene in scenes {
        whole.sysctls.extend(scene.sysctls);
        whole.addresses.extend(scene.addresses);
        whole.neighbours.extend(scene.neighbours);
        whole.routes.extend(scene.routes);
        whole.rules.extend(scene.rules);
    }
    whole
}
