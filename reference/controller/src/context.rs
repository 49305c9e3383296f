//! Everything that the controller's tasks share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kube::Client;

use crate::config::Config;
use crate::events::Recorders;
use crate::limits::LimitsCache;
use crate::metrics::Metrics;
use crate::vswitches::VSwitches;

/// The controller.
pub(crate) struct Context {
    pub(crate) config: Config,
    pub(crate) kube: Client,
    pub(crate) cloud: cloud::Client,
    pub(crate) recorders: Recorders,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) limits: LimitsCache,
    pub(crate) v_switches: VSwitches,
    pub(crate) memory: Memory,
}

/// What is remembered of nodes between two rounds; lost at a restart without harm.
#[derive(Default)]
pub(crate) struct Memory(Mutex<HashMap<String, Remembered>>);

#[derive(Default)]
struct Remembered {
    synced: Option<Instant>,
    shrunk: Option<Instant>,
    foreign: u32,
    failures: u32,
    /// Interfaces that the cloud did not describe, with the time of the first miss.
    missing: HashMap<String, Instant>,
}

impl Memory {
    /// Whether a node is due to be compared with the cloud.
    pub(crate) fn sync_due(&self, node: &str, period: Duration) -> bool {
        self.with(node, |node| node.synced.is_none_or(|at| at.elapsed() >= period))
    }

    /// Notes that a node was compared with the cloud, and how many interfaces of
    /// others it had.
    pub(crate) fn synced(&self, node: &str, foreign: u32) {
        self.with(node, |node| {
            node.synced = Some(Instant::now());
            node.foreign = foreign;
        });
    }

    /// Interfaces of others at the last comparison, the primary one left out.
    pub(crate) fn foreign(&self, node: &str) -> u32 {
        self.with(node, |node| node.foreign)
    }

    /// Notes which interfaces of the books the cloud did not describe, and answers
    /// those that it has not described for `age`: one answer may be older than what
    /// it leaves out.
    pub(crate) fn confirmed_missing(
        &self,
        node: &str,
        missing: &[String],
        age: Duration,
    ) -> Vec<String> {
        self.with(node, |node| {
            node.missing.retain(|id, _| missing.contains(id));
            for id in missing {
                node.missing.entry(id.clone()).or_insert_with(Instant::now);
            }
            let long = node.missing.iter().filter(|(_, since)| since.elapsed() >= age);
            long.map(|(id, _)| id.clone()).collect()
        })
    }

    /// Whether an interface of the books was not described the last time.
    pub(crate) fn misses(&self, node: &str) -> bool {
        self.with(node, |node| !node.missing.is_empty())
    }

    /// Asks for a comparison at the next round.
    pub(crate) fn forget_sync(&self, node: &str) {
        self.with(node, |node| node.synced = None);
    }

    /// Whether a node's pool may be made smaller now; at most once a period.
    pub(crate) fn shrink_due(&self, node: &str, period: Duration) -> bool {
        self.with(node, |node| {
            let due = node.shrunk.is_none_or(|at| at.elapsed() >= period);
            if due {
                node.shrunk = Some(Instant::now());
            }
            due
        })
    }

    /// A round failed: the pause before the next one.
    ///
    /// Doubles with each failure in a row; anywhere between half and whole, so
    /// that nodes that failed together do not come back together.
    pub(crate) fn failed(&self, node: &str, config: &Config) -> Duration {
        let failures = self.with(node, |node| {
            node.failures = node.failures.saturating_add(1);
            node.failures
        });
        let doubled = config.backoff_min.saturating_mul(2_u32.saturating_pow(failures - 1));
        doubled.min(config.backoff_max).mul_f64(0.5 + fastrand::f64() / 2.0)
    }

    /// A round went well.
    pub(crate) fn went_well(&self, node: &str) {
        self.with(node, |node| node.failures = 0);
    }

    /// Forgets a node that is gone.
    pub(crate) fn forget(&self, node: &str) {
        self.0.lock().expect("no holder panics").remove(node);
    }

    fn with<T>(&self, node: &str, act: impl FnOnce(&mut Remembered) -> T) -> T {
        let mut nodes = self.0.lock().expect("no holder panics");
        act(nodes.entry(node.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_a_success_ends_that() {
        let config: Config = serde_json::from_value(serde_json::json!({
            "regionID": "r", "clusterID": "c", "vpcID": "v",
            "multiIPMinSyncPeriodOnFailure": "1s", "multiIPMaxSyncPeriodOnFailure": "3s",
        }))
        .unwrap();
        let memory = Memory::default();
        let within =
            |pause: Duration, whole: f64| (whole / 2.0..=whole).contains(&pause.as_secs_f64());
        for whole in [1.0, 2.0, 3.0, 3.0] {
            let pause = memory.failed("n1", &config);
            assert!(within(pause, whole), "{pause:?} is not about {whole} s");
        }
        memory.went_well("n1");
        assert!(within(memory.failed("n1", &config), 1.0));
    }

    #[test]
    fn what_is_missing_must_be_missing_for_a_while() {
        let (memory, gone) = (Memory::default(), ["eni-1".to_owned()]);
        assert!(memory.confirmed_missing("n1", &gone, Duration::from_hours(1)).is_empty());
        assert!(memory.misses("n1"));
        assert_eq!(memory.confirmed_missing("n1", &gone, Duration::ZERO), gone);
        assert!(memory.confirmed_missing("n1", &[], Duration::ZERO).is_empty());
        assert!(!memory.misses("n1"));
    }

    #[test]
    fn a_pool_shrinks_once_a_period() {
        let memory = Memory::default();
        assert!(memory.shrink_due("n1", Duration::from_hours(1)));
        assert!(!memory.shrink_due("n1", Duration::from_hours(1)));
        assert!(memory.shrink_due("n2", Duration::from_hours(1)));
    }
}
