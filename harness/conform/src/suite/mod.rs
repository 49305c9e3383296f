//! A target in a lab: what scenarios share, and what they make of it.

mod cloud;
mod crowd;
mod install;
mod labs;
mod leftovers;
pub(crate) mod marathon;
mod node;
mod objects;
pub(crate) mod play;
mod pod;
mod tally;
mod telling;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use facts::{Claim, Divergence, Judgement};
use probe::{NetnsPath, Server};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stage::Lab;
use target::Target;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::evidence::Stored;
use crate::order::Turn;

pub(crate) use install::{Control, surroundings, up};
pub(crate) use labs::{Place, play};
pub(crate) use node::{NodeHandle, NodeWish};
pub(crate) use pod::{Pod, Service, forget_all as forget_pods};

/// What is judged, where, and what was seen so far.
pub(crate) struct Suite {
    /// Dropped before the lab, in whose namespace it is.
    world: OnceCell<Server>,
    pub(crate) lab: Lab,
    pub(crate) target: Target,
    pub(crate) control: Control,
    /// Factor for every deadline.
    pub(crate) patience: f64,
    /// Folder of the run's files.
    pub(crate) out: PathBuf,
    /// What all chance in the run comes from.
    pub(crate) seed: u64,
    scenarios: AtomicUsize,
    records: Mutex<BTreeMap<Turn, Seen>>,
}

/// A claim of a step, and what the facts say of it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Claimed {
    /// Line of its step.
    pub(crate) line: usize,
    /// The claim.
    pub(crate) claim: Claim,
    /// The reading that makes it, where the row is disputed.
    pub(crate) reading: Option<String>,
    /// What the facts say.
    pub(crate) judgement: Judgement,
    /// Where they first leave what it wants, once all of them are there.
    pub(crate) divergence: Option<Divergence>,
}

/// What one scenario left.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// What was seen, stored in the run's folder.
    pub(crate) facts: Vec<Stored>,
    pub(crate) claims: Vec<Claimed>,
    /// A fault of the harness, the machine or the lab.
    pub(crate) fault: Option<String>,
    /// Captures of exchanges that failed, relative to the run's folder.
    pub(crate) captures: Vec<String>,
}

/// How scenarios are played.
#[derive(Clone, Debug)]
pub(crate) struct Manner {
    /// Factor for every deadline.
    pub(crate) patience: f64,
    /// Folder of the run's files.
    pub(crate) out: PathBuf,
    /// What all chance comes from.
    pub(crate) seed: u64,
}

impl Suite {
    pub(crate) fn new(lab: Lab, target: Target, control: Control, manner: Manner) -> Self {
        let Manner { patience, out, seed } = manner;
        Self {
            world: OnceCell::new(),
            lab,
            target,
            control,
            patience,
            out,
            seed,
            scenarios: AtomicUsize::new(0),
            records: Mutex::default(),
        }
    }

    /// The world beyond the VPC answers from now on, all scenarios by one server.
    pub(crate) async fn serve_world(&self) -> anyhow::Result<()> {
        let world = NetnsPath::new(self.lab.world().path());
        let start = async || anyhow::Ok(blocking(move || Server::start(&world, "world")).await??);
        self.world.get_or_try_init(start).await.map(drop)
    }

    /// A name for the things of one scenario, short enough for namespaces; in the second
    /// lab it begins with another letter.
    pub(crate) fn next_scenario(&self) -> String {
        let number = self.scenarios.fetch_add(1, Ordering::Relaxed) + 1;
        format!("{}{number}", if self.lab.run().is_second() { 't' } else { 's' })
    }

    /// Keeps what a scenario left.
    pub(crate) fn keep(&self, turn: Turn, seen: Seen) {
        self.records.lock().expect("no holder panics").insert(turn, seen);
    }

    /// What all scenarios left.
    pub(crate) fn take_seen(&self) -> BTreeMap<Turn, Seen> {
        std::mem::take(&mut *self.records.lock().expect("no holder panics"))
    }

    /// Version of the Kubernetes API, when it tells.
    pub(crate) async fn kubernetes(&self) -> Option<String> {
        let client = self.lab.api().client().clone();
        let version = async move { client.apiserver_version().await };
        Some(self.inside("ask for the API's version", version).await.ok()?.git_version)
    }

    /// Keeps what the target's programs and the lab's said; of the second lab, in a folder of
    /// its own.
    pub(crate) fn keep_logs(&self) -> anyhow::Result<()> {
        let run = self.lab.run();
        let kept = if run.is_second() { "logs/second" } else { "logs" };
        let (from, to) = (run.folder().join("logs"), self.out.join(kept));
        std::fs::create_dir_all(&to).with_context(|| format!("make {}", to.display()))?;
        let logs = std::fs::read_dir(&from);
        for log in logs.with_context(|| format!("list {}", from.display()))?.flatten() {
            std::fs::copy(log.path(), to.join(log.file_name()))
                .with_context(|| format!("keep {}", log.path().display()))?;
        }
        Ok(())
    }

    /// Takes everything away and answers what could not be.
    pub(crate) fn down(self) -> Vec<String> {
        self.control.stop(false);
        self.lab.down()
    }

    /// A deadline: `seconds`, stretched as the user asked.
    pub(crate) fn within(&self, seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds * self.patience)
    }

    /// Looks until `look` answers something, or fails with what it waits for.
    pub(crate) async fn until<T>(
        &self,
        seconds: f64,
        what: &str,
        mut look: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
    ) -> anyhow::Result<T> {
        let deadline = Instant::now() + self.within(seconds);
        let mut pace = tokio::time::interval(Duration::from_millis(20));
        loop {
            pace.tick().await;
            if let Some(found) = look().await? {
                return Ok(found);
            }
            if Instant::now() > deadline {
                bail!("{what}: not within {seconds} s");
            }
        }
    }

    /// Runs a future where the API is.
    pub(crate) async fn inside<T: Send + 'static>(
        &self,
        act: &str,
        future: impl Future<Output = kube::Result<T>> + Send + 'static,
    ) -> anyhow::Result<T> {
        self.lab.inside(future).await?.with_context(|| act.to_owned())
    }
}

/// Chooses the library that TLS is done with, once for the process.
pub(crate) fn install_tls() {
    // Installed already is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Runs blocking work off the thread on which all scenarios take turns.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work).await.context("blocking work of the harness")
}
