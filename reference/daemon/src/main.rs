//! The node agent of the reference CNI, `terwayd`.
//!
//! It allocates from the pool that the controller offers, journals each grant
//! before it answers, keeps the kernel as it should be, and reports what it
//! uses. It makes no call to the cloud and holds no key.
#![forbid(unsafe_code)]

mod agent;
mod beside;
mod conflist;
mod events;
mod flags;
mod holdings;
mod http;
mod inspect;
mod journal;
mod marking;
mod metrics;
mod plug;
mod pods;
mod processors;
mod rebuild;
mod repair;
mod report;
mod serve;
mod turns;
mod upkeep;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use agent::Agent;
use flags::Flags;
use holdings::Holdings;
use journal::{Broken, Journal, Opened};

/// How long a released address rests while no configuration says otherwise.
const REST: Duration = Duration::from_secs(130);

fn main() -> anyhow::Result<()> {
    let flags = Flags::parse();
    tracing_subscriber::fmt()
        .with_env_filter(&flags.log_level)
        .with_ansi(false)
        .with_writer(std::io::stderr)
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        // Each of them keeps memory of its own.
        .max_blocking_threads(4)
        .enable_all()
        .build()
        .context("start a runtime")?;
    runtime.block_on(run(flags))
}

async fn run(flags: Flags) -> anyhow::Result<()> {
    let agent = Arc::new(start(flags).await?);
    let (link_sender, link_receiver) = mpsc::channel(1);
    tokio::spawn(watch::api::follow(agent.clone()));
    tokio::spawn(watch::config::follow(agent.clone()));
    tokio::spawn(watch::node::follow(agent.clone(), link_receiver));
    tokio::spawn(repair::keep(agent.clone()));
    tokio::spawn(report::keep(agent.clone()));
    tokio::spawn(upkeep::keep(agent.clone()));
    tokio::spawn(upkeep::publish(agent.clone()));
    if defect::on("control-plane-over-ipv6") {
        tokio::spawn(over_ipv6());
    }
    // On the workers, whose tasks they wake; this thread only waits.
    let plugin = tokio::spawn(serve::serve(agent.clone()));
    let kernel = tokio::spawn(watch::kernel::follow(agent.clone(), link_sender));
    let mut term = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    tokio::select! {
        ended = plugin => ended.context("serve the plugin")?,
        ended = http::serve(agent.clone()) => ended,
        ended = kernel => ended.context("follow the kernel")?.context("follow the kernel"),
        _ = term.recv() => Ok(()),
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

/// Holds a connection to the API's port by IPv6, as a daemon behind a proxy of its own would.
async fn over_ipv6() -> std::io::Result<()> {
    let proxy = tokio::net::TcpListener::bind("[::1]:6443").await?;
    let _client = tokio::net::TcpStream::connect("[::1]:6443").await?;
    let _served = proxy.accept().await?;
    std::future::pending().await
}

async fn start(flags: Flags) -> anyhow::Result<Agent> {
    let folder = &flags.state_dir;
    std::fs::create_dir_all(folder).with_context(|| format!("make folder {}", folder.display()))?;
    let Opened { journal, mut memory, broken } = Journal::open(&folder.join("journal.redb"))?;
    let metrics = metrics::Metrics::new();
    if let Some(Broken { aside, problem }) = &broken {
        tracing::error!(aside = %aside.display(), problem, "the journal is put aside");
        if !defect::on("broken-state-is-not-counted") {
            metrics.journal_broken.set(1.0);
        }
    }
    let config = memory.config.take();
    let holdings = Holdings::recall(journal, &mut memory);
    rebuild::from_kernel(&holdings).await.context("look for sandboxes that run")?;
    let client = connect(&flags).await?;
    let agent = Agent {
        pods: pods::Pods::watch(client.clone(), &flags.node_name),
        events: events::Events::new(client.clone(), &flags.node_name),
        flags,
        client,
        holdings,
        metrics,
        turns: Arc::default(),
        threads: beside::Threads::default(),
        repairs: repair::Repairs::default(),
        marking: marking::Marking::default(),
        plugged: plug::Plugged::default(),
        settings: tokio::sync::watch::Sender::new(None),
        standing: tokio::sync::watch::Sender::new(agent::Standing::default()),
        broken,
        told: tokio::sync::OnceCell::new(),
    };
    if let Some((base, own)) = config {
        watch::config::remember(&agent, &base, own.as_deref());
    }
    Ok(agent)
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
