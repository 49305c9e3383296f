//! The repair loop: what is wanted and not in the kernel is put back (COX-1).
//! Objects of others are never touched.
//!
//! A round follows every change that the kernel reports, at most one a second, and
//! looks at what the kernel reports of: the node's links, routes, rules and neighbours.
//! After the repair period it comes by itself and looks at everything, inside the pods
//! as well; a period of nothing turns it off.

mod mend;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kernel::KernelError;
use model::kernel::Scene;
use model::{Attachment, Grant};
use plan::wire::{self, PodWiring};
use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior};

use crate::agent::{Agent, blocking, chain};
use crate::holdings::View;
use crate::inspect::{self, Snapshot};
use crate::marking;
use crate::metrics::Kind;
use crate::rebuild;
use mend::Mended;

/// Shortest time between two rounds.
const PACE: Duration = Duration::from_secs(1);
/// A sandbox is left to the plugin for so long, unless it was seen complete since.
const GRACE: Duration = Duration::from_secs(2);

/// What the loop remembers.
#[derive(Default)]
pub(crate) struct Repairs {
    asked: Notify,
    /// The next round looks at everything.
    everything: AtomicBool,
    /// The node was made ready once; what lacks later was taken away.
    ready: AtomicBool,
    /// Sandboxes that the plugin was told to make, until they are seen complete.
    left: Mutex<BTreeMap<Attachment, Instant>>,
}

impl Repairs {
    /// Leaves a sandbox to the plugin, which makes it now, perhaps once more: two who make
    /// the same links would take them from each other.
    pub(crate) fn leave(&self, attachment: &Attachment) {
        self.left.lock().expect("no holder panics").insert(attachment.clone(), Instant::now());
    }

    /// Notes that the node has what it needs: what lacks from now on was taken away.
    pub(crate) fn made_ready(&self) {
        self.ready.store(true, Ordering::Relaxed);
    }

    fn is_left(&self, attachment: &Attachment) -> bool {
        let left = self.left.lock().expect("no holder panics");
        left.get(attachment).is_some_and(|since| since.elapsed() < GRACE)
    }

    fn complete(&self, attachment: &Attachment) {
        self.left.lock().expect("no holder panics").remove(attachment);
    }

    fn keep_only(&self, grants: &[Grant]) {
        let held = |attachment: &Attachment| grants.iter().any(|g| g.attachment == *attachment);
        self.left
            .lock()
            .expect("no holder panics")
            .retain(|attachment, since| since.elapsed() < GRACE || held(attachment));
    }
}

/// Asks for a round after a change that the kernel reported.
pub(crate) fn soon(agent: &Agent) {
    agent.repairs.asked.notify_one();
}

/// Asks for a round that looks at everything.
pub(crate) fn thoroughly(agent: &Agent) {
    agent.repairs.everything.store(true, Ordering::Relaxed);
    agent.repairs.asked.notify_one();
}

/// How much a round looks at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// What the kernel reports of.
    Reported,
    /// Also values, marks and the insides of pods.
    Everything,
}

/// Repairs until the process ends.
pub(crate) async fn keep(agent: Arc<Agent>) {
    let mut pace = tokio::time::interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last: Option<Instant> = None;
    loop {
        pace.tick().await;
        let period = agent.settings().map_or(Duration::from_mins(1), |s| s.eni.repair_period);
        let asked = agent.repairs.asked.notified();
        if period.is_zero() || defect::on("nothing-is-repaired") {
            asked.await;
            continue;
        }
        let asked_for = agent.repairs.everything.swap(false, Ordering::Relaxed);
        let look = match last {
            Some(last) if last.elapsed() < period && !asked_for => Look::Reported,
            _ => Look::Everything,
        };
        round(&agent, look).await;
        if look == Look::Everything {
            last = Some(Instant::now());
        }
        let due = last.unwrap_or_else(Instant::now) + period;
        let _ = tokio::time::timeout_at(due, asked).await;
    }
}

/// Looks once and puts back what is missing.
async fn round(agent: &Agent, look: Look) {
    let Ok(settings) = agent.settings() else { return };
    let view = agent.holdings.view();
    let own = wire::node(settings.eni.stack);
    if !agent.repairs.ready.load(Ordering::Relaxed) {
        match make_ready(own.clone()).await {
            Ok(()) => agent.repairs.made_ready(),
            Err(error) => tell(agent, Err(error), "the node"),
        }
    }
    let mut scenes = vec![own];
    for eni in view.pool.enis.values() {
        if let Some(device) = agent.plugged.device(&eni.link.id) {
            scenes.push(wire::eni(&eni.link, &device, settings.eni.layout));
        }
    }
    let wanted = mend::merge(scenes);
    tell(agent, blocking(move || mend::node(&wanted)).await, "the node");
    if look == Look::Everything {
        tell(agent, marking::mend(agent).await.map(Mended::of_marks), "marks");
    }
    match blocking(inspect::snapshot).await {
        Ok(there) => {
            if look == Look::Everything {
                rebuild::late(agent, &there).await;
            }
            sandboxes(agent, &view, there, look).await;
        }
        Err(error) => tell(agent, Err(error), "the sandboxes"),
    }
    agent.repairs.keep_only(&view.grants);
}

/// Gives the node what it never had: that is no repair, and nobody is told of one.
async fn make_ready(own: Scene) -> Result<(), KernelError> {
    blocking(move || mend::node(&own)).await.map(drop)
}

/// Sandboxes by one look at the node for all; those that the plugin works at are looked at
/// again soon.
async fn sandboxes(agent: &Agent, view: &View, there: Snapshot, look: Look) {
    let wired = view.grants.iter().filter_map(|grant| Some((grant, agent.wiring(grant)?)));
    let (grants, wirings): (Vec<_>, Vec<_>) =
        wired.map(|(grant, wiring)| (grant, (wiring, PathBuf::from(&grant.netns)))).unzip();
    let fine = move |(wiring, netns): &(PodWiring, PathBuf)| match look {
        Look::Reported => mend::stands(wiring, &there, netns),
        Look::Everything => mend::fine(wiring, &there, netns),
    };
    let found = blocking(move || wirings.iter().map(fine).collect::<Vec<_>>()).await;
    for (grant, fine) in grants.into_iter().zip(found) {
        match (fine, look) {
            (true, Look::Everything) => agent.repairs.complete(&grant.attachment),
            (true, Look::Reported) => {}
            (false, _) => sandbox(agent, grant).await,
        }
    }
}

async fn sandbox(agent: &Agent, grant: &Grant) {
    let _turn = agent.turns.take(&grant.attachment).await;
    // It may have been released while this waited for its turn.
    if agent.holdings.find(&grant.attachment).as_ref() != Some(grant) {
        return;
    }
    if agent.repairs.is_left(&grant.attachment) {
        return soon(agent);
    }
    let Some(wiring) = agent.wiring(grant) else { return };
    let netns = PathBuf::from(&grant.netns);
    let done = blocking(move || mend::sandbox(&wiring, &netns)).await;
    tell(agent, done, &format!("sandbox {} of pod {}", grant.attachment, grant.pod));
    // What a link that was down had lost is seen only now.
    thoroughly(agent);
}

fn tell(agent: &Agent, done: Result<Mended, KernelError>, what: &str) {
    match done {
        Ok(mended) => {
            let words = mended.words();
            if !words.is_empty() {
                tracing::warn!(objects = words.join("; "), "repaired {what}");
            }
            for (kind, number) in mended.counts() {
                if number > 0 && defect::on("repairs-are-not-counted") {
                    continue;
                }
                let kind =
                    if number > 0 && defect::on("repairs-count-as-links") { "link" } else { kind };
                agent.metrics.repaired.get_or_create(&Kind { kind }).inc_by(number as u64);
            }
        }
        Err(error) => {
            agent.metrics.repair_failed.inc();
            tracing::warn!(error = chain(&error), "repair {what}");
        }
    }
}
