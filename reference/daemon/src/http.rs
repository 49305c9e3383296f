//! Metrics, health and the effective configuration over HTTP, on a socket that
//! only root may use.

use std::sync::Arc;

use anyhow::Context;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::agent::Agent;
use crate::serve;

/// Serves until the process ends.
pub(crate) async fn serve(agent: Arc<Agent>) -> anyhow::Result<()> {
    let listener = serve::listen(&agent.flags.debug_socket)?;
    let pages = Router::new()
        .route("/metrics", get(async |State(agent): State<Arc<Agent>>| agent.metrics.page()))
        .route("/healthz", get(health))
        .route("/config", get(config))
        .with_state(agent);
    axum::serve(listener, pages).await.context("serve metrics")
}

async fn health(State(agent): State<Arc<Agent>>) -> (StatusCode, String) {
    match agent.settings().and_then(|_| agent.admitted()) {
        Ok(_) => (StatusCode::OK, "serving\n".to_owned()),
        Err(status) => (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", status.message())),
    }
}

/// The configuration in force, with every default filled in.
async fn config(State(agent): State<Arc<Agent>>) -> Json<Value> {
    let settings = agent.settings.borrow().clone();
    Json(settings.map_or(Value::Null, |settings| {
        let seconds = |duration: std::time::Duration| duration.as_secs_f64();
        let eni = &settings.eni;
        json!({
            "ip_stack": eni.stack,
            "min_pool_size": eni.pool.min,
            "max_pool_size": eni.pool.max,
            "ip_warm_up_size": eni.pool.warm_up,
            "ip_pool_sync_period_seconds": seconds(eni.sync_period),
            "address_rest_seconds": seconds(eni.rest),
            "allocate_timeout_seconds": seconds(eni.allocate_timeout),
            "collect_period_seconds": seconds(eni.collect_period),
            "repair_period_seconds": seconds(eni.repair_period),
            "rule_layout": eni.layout,
            "vswitches": eni.v_switches,
            "vswitch_selection_policy": eni.v_switch_policy.to_string(),
            "security_groups": eni.security_groups,
            "service_cidr": eni.service_cidrs,
            "eni_tags": eni.tags,
            "eni_tag_filter": eni.tag_filter,
            "mtu": settings.plugin.mtu,
        })
    }))
}
