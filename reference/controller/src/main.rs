//! The control plane of the reference CNI, `terway-controlplane`.
//!
//! It alone holds the cloud's keys. For each node it keeps interfaces and
//! addresses between the bounds of the pool and writes them into the node's
//! `nodes` object, from which the node's daemon serves pods.
#![forbid(unsafe_code)]

mod admit;
mod adopt;
mod books;
mod compare;
mod config;
mod context;
mod crds;
mod create;
mod events;
mod flags;
mod giveback;
mod growth;
mod leaks;
mod limits;
mod metrics;
mod primary;
mod retire;
mod round;
mod vswitches;

use std::sync::Arc;

use anyhow::Context as _;
use clap::Parser;
use futures::StreamExt;
use kube::Api;
use kube::runtime::controller::Config as Pace;
use kube::runtime::events::Reporter;
use kube::runtime::reflector::ObjectRef;
use kube::runtime::{Controller, watcher};
use tokio::signal::unix::{SignalKind, signal};

use config::Config;
use context::Context;
use flags::Flags;
use metrics::Metrics;

fn main() -> anyhow::Result<()> {
    let flags = Flags::parse();
    tracing_subscriber::fmt()
        .with_env_filter(&flags.log_level)
        .with_ansi(false)
        .with_writer(std::io::stderr)
        .init();
    // Two users of TLS are linked; both shall use the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("start a runtime")?;
    runtime.block_on(run(flags))
}

async fn run(flags: Flags) -> anyhow::Result<()> {
    let context = Arc::new(start(&flags).await?);
    crds::register(&context.kube).await?;
    tokio::spawn(adopt::follow(context.clone()));
    tokio::spawn(leaks::collect(context.clone()));
    if let Some(address) = context.config.metrics_bind_address.clone() {
        let metrics = context.metrics.clone();
        tokio::spawn(async move {
            if let Err(error) = metrics::serve(metrics, &address).await {
                tracing::error!(error = format!("{error:#}"), "metrics ended");
            }
        });
    }
    tracing::info!(cluster = context.config.cluster, "serving");
    let mut term = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    tokio::select! {
        () = control(context) => {}
        _ = term.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(())
}

/// Works on nodes, one round each at a time, as many at once as the quota says (SCL-1).
async fn control(context: Arc<Context>) {
    let any = watcher::Config::default;
    let client = context.kube.clone();
    let nodes: Api<api::Node> = Api::all(client.clone());
    let runtimes: Api<api::NodeRuntime> = Api::all(client.clone());
    let cluster: Api<k8s_openapi::api::core::v1::Node> = Api::all(client);
    let pace = Pace::default().concurrency(context.config.most_nodes);
    Controller::new(nodes, any())
        .with_config(pace)
        .watches(runtimes, any(), |runtime| runtime.metadata.name.map(|name| ObjectRef::new(&name)))
        .watches(cluster, any(), |node| node.metadata.name.map(|name| ObjectRef::new(&name)))
        .run(round::round, round::failed, context)
        .for_each(async |_| {})
        .await;
}

async fn start(flags: &Flags) -> anyhow::Result<Context> {
    let config = Config::read(&flags.config)?;
    let credentials = cloud::Credentials::from_json(&flags.credentials)?;
    if defect::on("the-secret-is-logged") {
        let key = std::fs::read_to_string(&flags.credentials)?;
        tracing::info!(key, "credentials read");
    }
    let metrics = Arc::new(Metrics::new());
    let mut settings =
        cloud::Settings::new(&config.region, endpoints(flags, &config)?, credentials);
    settings.timeouts.attempt = config.attempt_timeout;
    settings.retry.most = config.retry_most;
    for (action, calls) in &config.rate_limit {
        settings.limits.actions.insert(action.clone(), cloud::Rate::even(*calls));
    }
    let cloud = cloud::Client::new(settings, metrics.clone())?;
    let kube = connect(flags).await?;
    let reporter = Reporter { controller: "terway-controlplane".to_owned(), instance: None };
    Ok(Context {
        recorders: events::Recorders::new(kube.clone(), reporter),
        config,
        kube,
        cloud,
        metrics,
        limits: limits::LimitsCache::default(),
        v_switches: vswitches::VSwitches::default(),
        memory: context::Memory::default(),
    })
}

fn endpoints(flags: &Flags, config: &Config) -> anyhow::Result<cloud::Endpoints> {
    let mut endpoints = cloud::Endpoints::in_vpc(&config.region)?;
    let scheme = match flags.client_scheme.as_str() {
        "HTTP" => cloud::Scheme::Http,
        _ => cloud::Scheme::Https,
    };
    if let Some(text) = &flags.ecs_endpoint {
        endpoints.ecs = cloud::Endpoint::parse(text, scheme)?;
    }
    if let Some(text) = &flags.vpc_endpoint {
        endpoints.vpc = cloud::Endpoint::parse(text, scheme)?;
    }
    Ok(endpoints)
}

async fn connect(flags: &Flags) -> anyhow::Result<kube::Client> {
    let config = match &flags.kubeconfig {
        None => kube::Config::infer().await.context("find the API server")?,
        Some(path) => {
            let file = kube::config::Kubeconfig::read_from(path)
                .with_context(|| format!("read kubeconfig {}", path.display()))?;
            kube::Config::from_custom_kubeconfig(file, &kube::config::KubeConfigOptions::default())
                .await
                .with_context(|| format!("use kubeconfig {}", path.display()))?
        }
    };
    kube::Client::try_from(config).context("make a client of the API server")
}
