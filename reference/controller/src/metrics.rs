//! What the controller counts, in Prometheus' form.

use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use cloud::{Attempt, Observer};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// A call of the cloud and how it ended.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Call {
    api: &'static str,
    code: String,
}

/// What was done for nodes.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Act {
    act: &'static str,
}

type Latency = Family<Call, Histogram, fn() -> Histogram>;

/// The registry and what is in it.
pub(crate) struct Metrics {
    registry: Registry,
    calls: Latency,
    acts: Family<Act, Counter>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::default();
        let calls =
            Latency::new_with_constructor(|| Histogram::new(exponential_buckets(1.0, 2.0, 16)));
        registry.register("aliyun_openapi_latency", "Milliseconds of a call", calls.clone());
        let acts = Family::default();
        registry.register("terway_controlplane_acts", "Acts for nodes", acts.clone());
        Self { registry, calls, acts }
    }

    /// Counts an act such as `eni_created`, `address_released`, `leak_deleted`.
    pub(crate) fn count(&self, act: &'static str, number: usize) {
        self.acts.get_or_create(&Act { act }).inc_by(number as u64);
    }

    fn page(&self) -> String {
        let mut page = String::new();
        match text::encode(&mut page, &self.registry) {
            Ok(()) => page,
            Err(error) => format!("# {error}\n"),
        }
    }
}

impl Observer for Metrics {
    fn attempt(&self, attempt: &Attempt<'_>) {
        let call = Call { api: attempt.action, code: attempt.outcome.code().to_owned() };
        tracing::debug!(api = call.api, code = call.code, took = ?attempt.took, "cloud call");
        if call.code == "Throttling" && defect::on("throttling-is-not-counted") {
            return;
        }
        self.calls.get_or_create(&call).observe(attempt.took.as_secs_f64() * 1e3);
    }
}

/// Serves `/metrics` and `/healthz` until the process ends.
pub(crate) async fn serve(metrics: Arc<Metrics>, address: &str) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .with_context(|| format!("listen on {address}"))?;
    let pages = Router::new()
        .route("/metrics", get(async |State(metrics): State<Arc<Metrics>>| metrics.page()))
        .route("/healthz", get(async || "ok\n"))
        .with_state(metrics);
    axum::serve(listener, pages).await.context("serve metrics")
}
