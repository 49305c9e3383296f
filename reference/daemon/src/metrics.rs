//! What the daemon counts, in Prometheus' form. Names that the published
//! implementation has are kept.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// Which call, and how it ended.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub(crate) struct Rpc {
    pub(crate) rpc_api: &'static str,
    pub(crate) error: bool,
}

/// One word that tells counters of a kind apart.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub(crate) struct Kind {
    pub(crate) kind: &'static str,
}

type Latency = Family<Rpc, Histogram, fn() -> Histogram>;

/// The registry and what is in it.
pub(crate) struct Metrics {
    registry: Registry,
    /// Milliseconds of a call.
    pub(crate) rpc: Latency,
    /// Addresses by state: free, granted, resting, leaving.
    pub(crate) pool: Family<Kind, Gauge>,
    /// Objects that the repair loop put back, by kind.
    pub(crate) repaired: Family<Kind, Counter>,
    /// Repairs that the kernel refused.
    pub(crate) repair_failed: Counter,
    /// Configurations that were refused.
    pub(crate) config_refused: Counter,
    /// Allocations that found no address.
    pub(crate) exhausted: Counter,
    /// Proposals to release an address, by answer.
    pub(crate) releases: Family<Kind, Counter>,
    /// Grants collected because pod and sandbox are gone.
    pub(crate) collected: Counter,
    /// Packets that pods sent from addresses that are not theirs, and that went nowhere.
    pub(crate) forged: Counter,
    /// Whether the Kubernetes API does not answer: 0 or 1.
    pub(crate) api_away: Gauge,
    /// Whether the state on disk had to be put aside at the start.
    pub(crate) journal_broken: Gauge<f64, AtomicU64>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::default();
        let rpc =
            Latency::new_with_constructor(|| Histogram::new(exponential_buckets(0.25, 2.0, 16)));
        registry.register("terway_rpc_latency", "Milliseconds of a call", rpc.clone());
        let pool = Family::default();
        registry.register("terway_resource_pool", "Addresses by state", pool.clone());
        let repaired = Family::default();
        registry.register("terway_repaired", "Kernel objects put back", repaired.clone());
        let releases = Family::default();
        registry.register("terway_release_answers", "Answers to proposals", releases.clone());
        let mut counter = |name: &str, help: &str| {
            let counter = Counter::default();
            registry.register(name, help, counter.clone());
            counter
        };
        let repair_failed = counter("terway_repair_failed", "Repairs the kernel refused");
        let config_refused = counter("terway_config_refused", "Configurations refused");
        let exhausted = counter("terway_exhausted", "Allocations that found no address");
        let collected = counter("terway_collected", "Grants collected without a DEL");
        let forged = counter("terway_forged_packets", "Packets from addresses not the pod's");
        let api_away = Gauge::default();
        registry.register("terway_api_away", "1 while the API does not answer", api_away.clone());
        let journal_broken = Gauge::<f64, AtomicU64>::default();
        registry.register(
            "terway_journal_broken",
            "1 if the state on disk was put aside at the start",
            journal_broken.clone(),
        );
        Self {
            registry,
            rpc,
            pool,
            repaired,
            repair_failed,
            config_refused,
            exhausted,
            releases,
            collected,
            forged,
            api_away,
            journal_broken,
        }
    }

    /// The page that Prometheus reads.
    pub(crate) fn page(&self) -> String {
        let mut page = String::new();
        match text::encode(&mut page, &self.registry) {
            Ok(()) => page,
            Err(error) => format!("# {error}\n"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_tells_counters_by_kind() {
        let metrics = Metrics::new();
        metrics.repaired.get_or_create(&Kind { kind: "rule" }).inc();
        metrics.rpc.get_or_create(&Rpc { rpc_api: "AllocIP", error: false }).observe(1.0);
        metrics.api_away.set(1);
        let page = metrics.page();
        assert!(page.contains("terway_api_away 1"), "{page}");
        assert!(page.contains("terway_repaired_total{kind=\"rule\"} 1"), "{page}");
        assert!(page.contains("terway_rpc_latency_count{rpc_api=\"AllocIP\",error=\"false\"} 1"));
    }
}
