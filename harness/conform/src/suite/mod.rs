//! A target in a lab: what scenarios share, and what they make of it.

mod cloud;
mod install;
mod node;
mod objects;
mod pod;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use facts::Evidence;
use report::record::ClaimRecord;
use stage::Lab;
use target::Target;
use tokio::time::Instant;

pub(crate) use install::{Control, surroundings, up};
pub(crate) use node::{NodeHandle, NodeWish};
pub(crate) use pod::{Pod, Service, forget_all as forget_pods};

/// What is judged, where, and what was seen so far.
pub(crate) struct Suite {
    pub(crate) lab: Lab,
    pub(crate) target: Target,
    pub(crate) control: Control,
    /// Factor for every deadline.
    pub(crate) patience: f64,
    /// Folder of the run's files.
    pub(crate) out: PathBuf,
    /// Row id and reading that the target claims.
    pub(crate) readings: BTreeMap<String, String>,
    scenarios: AtomicUsize,
    records: Mutex<BTreeMap<String, Seen>>,
}

/// What one scenario left.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) evidence: Evidence,
    pub(crate) claims: Vec<ClaimRecord>,
    /// A fault of the harness, the machine or the lab.
    pub(crate) fault: Option<String>,
}

impl Suite {
    pub(crate) fn new(
        lab: Lab,
        target: Target,
        control: Control,
        patience: f64,
        out: PathBuf,
    ) -> Self {
        let readings = target
            .claims
            .readings
            .iter()
            .map(|(row, reading)| ((*row).to_owned(), (*reading).to_owned()))
            .collect();
        Self {
            lab,
            target,
            control,
            patience,
            out,
            readings,
            scenarios: AtomicUsize::new(0),
            records: Mutex::default(),
        }
    }

    /// A name for the things of one scenario, short enough for namespaces.
    pub(crate) fn next_scenario(&self) -> String {
        format!("s{}", self.scenarios.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Keeps what a scenario left.
    pub(crate) fn keep(&self, scenario: &str, seen: Seen) {
        self.records.lock().expect("no holder panics").insert(scenario.to_owned(), seen);
    }

    /// What a scenario left, if it ran.
    pub(crate) fn seen(&self, scenario: &str) -> Option<Seen> {
        self.records.lock().expect("no holder panics").get(scenario).cloned()
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

/// Runs blocking work off the thread on which all scenarios take turns.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work).await.context("blocking work of the harness")
}
