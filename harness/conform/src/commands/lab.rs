//! `plumbline lab`: a small VPC to play in. It stays as long as the process that
//! brought it up; `shell` and `down` find it by its run id.

use std::fmt::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use stage::RunId;

use super::{Refusal, print};
use crate::cli::LabCommand;
use crate::preflight;
use crate::progress::{Loudness, Progress};
use crate::suite::play::Signals;
use crate::suite::{Manner, NodeHandle, NodeWish, Pod, Suite, install_tls, surroundings, up};

/// File of a run that tells where its nodes' mounts are.
const PLACES: &str = "places";

/// What a lab is to hold.
struct Wish<'a> {
    target: &'a str,
    nodes: u16,
    pods: u16,
    kind: &'a str,
}

pub(super) fn lab(command: &LabCommand) -> Result<u8, Refusal> {
    match command {
        LabCommand::Up { target, nodes, pods, kind } => {
            lab_up(&Wish { target, nodes: *nodes, pods: *pods, kind }).map(|()| 0)
        }
        LabCommand::Shell { node, command } => Err(shell(node.as_deref(), command)),
        LabCommand::Down { run } => down(run.as_deref()).map(|()| 0).map_err(Refusal::usage),
    }
}

fn lab_up(wish: &Wish<'_>) -> Result<(), Refusal> {
    let missing: Vec<_> =
        preflight::checks().into_iter().filter_map(|check| check.found.err()).collect();
    if !missing.is_empty() {
        return Err(Refusal::not_ready(anyhow!("{}", missing.join("\n           "))));
    }
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Refusal::harness(anyhow::Error::new(error).context("start a runtime")))?;
    let run = RunId::fresh();
    let done = runtime.block_on(hold(wish, &run));
    runtime.shutdown_timeout(Duration::from_secs(1));
    let left = stage::clean(&run).problems;
    done.map_err(Refusal::not_ready)?;
    if left.is_empty() {
        return print("the lab is down\n");
    }
    Err(Refusal::not_ready(anyhow!("left behind: {}", left.join(", "))))
}

/// Brings the lab up and keeps it until a signal comes.
async fn hold(wish: &Wish<'_>, run: &RunId) -> anyhow::Result<()> {
    install_tls();
    let progress = Progress::new(Loudness::Normal);
    let mut signals = Signals::listen()?;
    let around = surroundings(run)?;
    let target = target::find(wish.target, &around)?;
    let begun = Instant::now();
    let tell = |what: &str| progress.tell(what);
    let (lab, control) = up(run, &target, &tell).await?;
    let manner = Manner { patience: 1.0, out: run.folder(), seed: 0 };
    let suite = Arc::new(Suite::new(lab, target, control, manner));
    let (nodes, pods) = furnish(&suite, wish, &tell).await?;
    let places: String = nodes.iter().map(place_of).collect();
    let path = run.folder().join(PLACES);
    std::fs::write(&path, places).with_context(|| format!("write {}", path.display()))?;
    print(&help(run, &suite, &nodes, &pods, begun.elapsed())).map_err(|refusal| refusal.error)?;
    signals.next().await;
    progress.tell("taking the lab down");
    drop((pods, nodes));
    suite.control.stop(false);
    Ok(())
}

async fn furnish(
    suite: &Suite,
    wish: &Wish<'_>,
    tell: &dyn Fn(&str),
) -> anyhow::Result<(Vec<NodeHandle>, Vec<Pod>)> {
    let (mut nodes, mut pods) = (Vec::new(), Vec::new());
    for number in 1..=wish.nodes {
        let alias = format!("n{number}");
        tell(&format!("node {alias}"));
        let kind = NodeWish {
            instance_type: Some(wish.kind.to_owned()),
            services: true,
            unwatched: true,
            ..NodeWish::default()
        };
        let node = NodeHandle::start(suite, "", &alias, kind).await?;
        let ready = async || Ok(node.conf()?);
        let (_, text) = suite.until(20.0, "the node's network configuration", ready).await?;
        let conf = serde_json::from_str(&text).context("read the network configuration")?;
        for _ in 0..wish.pods {
            let alias = format!("pod{}", pods.len() + 1);
            let mut pod = Pod::prepare(suite, "", &alias, &node).await?;
            pod.join(suite, &node, &conf).await?;
            pods.push(pod);
        }
        nodes.push(node);
    }
    Ok((nodes, pods))
}

fn place_of(node: &NodeHandle) -> String {
    let mounts = node.node.place().mounts().map(|path| path.display().to_string());
    format!("{} {}\n", node.alias, mounts.unwrap_or_default())
}

fn help(run: &RunId, suite: &Suite, nodes: &[NodeHandle], pods: &[Pod], took: Duration) -> String {
    let mut text = format!("lab {run} is up after {:.1} s\n\n", took.as_secs_f64());
    for node in nodes {
        let _ = writeln!(text, "  node {:6} {}", node.alias, node.node.address());
    }
    for pod in pods {
        let addresses: Vec<_> = pod.addresses.iter().map(ToString::to_string).collect();
        let addresses = addresses.join(", ");
        let _ = writeln!(text, "  pod  {:6} on {}: {addresses}", pod.alias, pod.node);
    }
    let folder = suite.lab.run().folder();
    let _ = write!(
        text,
        "
  plumbline lab shell                  beside API server and cloud
  plumbline lab shell n1               on a node
  plumbline lab shell n1 -- ip rule    one command there
  ip netns exec {run}-pod1 ping ADDRESS
"
    );
    if let Some(commands) = &suite.target.install.commands {
        let _ = writeln!(text, "  plumbline lab shell n1 -- {}", commands.program.display());
    }
    let _ = write!(
        text,
        "  kubeconfigs: {}
  logs: {}
  Ctrl-C here, or `plumbline lab down`, takes it down.
",
        folder.join("kubeconfigs").display(),
        folder.join("logs").display(),
    );
    text
}

/// Replaces this process by a shell or a command; answers only what went wrong.
fn shell(node: Option<&str>, command: &[String]) -> Refusal {
    let enter = || -> anyhow::Result<Command> {
        let run = only_lab(None)?;
        let mut enter = Command::new("nsenter");
        match node {
            None => enter.arg(format!("--net=/run/netns/{}", run.namespace("ctl"))),
            Some(node) => enter
                .arg(format!("--net=/run/netns/{}", run.namespace(node)))
                .arg(format!("--mount={}", mounts(&run, node)?)),
        };
        // The working folder may not be there inside.
        enter.arg("--wd=/").arg("--");
        match command {
            [] => enter.arg(std::env::var("SHELL").unwrap_or_else(|_| "/bin/sh".to_owned())),
            command => enter.args(command),
        };
        Ok(enter)
    };
    match enter() {
        Err(error) => Refusal::usage(error),
        Ok(mut command) => {
            let error = anyhow::Error::new(command.exec()).context("start nsenter");
            Refusal::not_ready(error)
        }
    }
}

/// Where a node's mounts are, by the run's own account.
fn mounts(run: &RunId, node: &str) -> anyhow::Result<String> {
    let path = run.folder().join(PLACES);
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let names: Vec<_> = text.lines().filter_map(|line| line.split(' ').next()).collect();
    let found = text.lines().find_map(|line| line.strip_prefix(node)?.strip_prefix(' '));
    found
        .filter(|path| Path::new(path).exists())
        .map(str::to_owned)
        .with_context(|| format!("lab {run} has no node {node:?}; it has {}", names.join(", ")))
}

/// The lab of this id, or the only one.
fn only_lab(run: Option<&str>) -> anyhow::Result<RunId> {
    if let Some(run) = run {
        return Ok(run.parse()?);
    }
    let is_lab = |run: &RunId| stage::alive(run) && run.folder().join(PLACES).is_file();
    let labs: Vec<RunId> = stage::runs().into_iter().filter(is_lab).collect();
    match labs.as_slice() {
        [lab] => Ok(lab.clone()),
        [] => bail!("no lab is up; `plumbline lab up` brings one up"),
        labs => {
            let names: Vec<_> = labs.iter().map(ToString::to_string).collect();
            bail!("several labs are up: {}; say which", names.join(", "))
        }
    }
}

/// Asks the lab's process to take it down, and waits until it has.
fn down(run: Option<&str>) -> anyhow::Result<()> {
    let run = only_lab(run)?;
    let owner = run.folder().join("owner");
    let text = std::fs::read_to_string(&owner)
        .with_context(|| format!("lab {run}: read {}", owner.display()))?;
    if stage::alive(&run) {
        let process = Pid::from_raw(text.trim().parse().context("read the lab's owner")?);
        kill(process, Signal::SIGTERM).with_context(|| format!("end process {process}"))?;
    }
    let deadline = Instant::now() + Duration::from_secs(30);
    while run.folder().exists() && stage::alive(&run) && Instant::now() < deadline {
        std::thread::park_timeout(Duration::from_millis(50));
    }
    let left = stage::clean(&run).problems;
    if !left.is_empty() {
        bail!("left behind: {}", left.join(", "));
    }
    print(&format!("lab {run} is down\n")).map_err(|refusal| refusal.error)
}
