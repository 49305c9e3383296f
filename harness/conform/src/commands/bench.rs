//! `plumbline bench`: measures, prints the table with the goals beside the figures,
//! and stores it. No verdict depends on it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use report::Exit;
use stage::RunId;

use super::{Refusal, print};
use crate::bench::{Plan, measure};
use crate::cli::{Bench, BenchCommand};
use crate::output::write_file;
use crate::preflight;
use crate::progress::{Loudness, Progress};
use crate::suite::play::Signals;
use bench::{Kind, Result as Measured};

/// Exit codes from here on are ends by signals.
const SIGNALS: u8 = 128;

pub(super) fn bench(command: &BenchCommand) -> Result<u8, Refusal> {
    let (kind, args) = match command {
        BenchCommand::Cni(args) => (Kind::Cni, args),
        BenchCommand::Datapath(args) => (Kind::Datapath, args),
    };
    let missing: Vec<_> =
        preflight::checks().into_iter().filter_map(|check| check.found.err()).collect();
    if !missing.is_empty() {
        return Err(Refusal::not_ready(anyhow!("{}", missing.join("\n           "))));
    }
    let run = RunId::fresh();
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Refusal::harness(anyhow::Error::new(error).context("start a runtime")))?;
    let done = runtime.block_on(until_a_signal(&run, plan(kind, args)));
    runtime.shutdown_timeout(Duration::from_secs(1));
    let left = stage::clean(&run).problems;
    let measured = match done {
        Ok(Ok(measured)) => measured,
        Ok(Err(signal)) => return Ok(SIGNALS + signal),
        Err(error) => return Err(Refusal::not_ready(error)),
    };
    tell(&run, args, &measured)?;
    if !left.is_empty() {
        return Err(Refusal::harness(anyhow!("left behind: {}", left.join(", "))));
    }
    let missed = args.require_goals && !measured.met();
    Ok(if missed { Exit::Gate.code() } else { Exit::Conformant.code() })
}

fn plan(kind: Kind, args: &Bench) -> Plan {
    let (pods, rounds): (&[u32], u32) = match (kind, args.quick) {
        (Kind::Cni, false) => (&[0, 50, 200], 40),
        (Kind::Cni, true) => (&[0, 5], 4),
        (Kind::Datapath, false) => (&[1, 50, 100, 200], 20),
        (Kind::Datapath, true) => (&[1, 5], 4),
    };
    let mut pods = if args.pods.is_empty() { pods.to_vec() } else { args.pods.clone() };
    pods.sort_unstable();
    pods.dedup();
    let rounds = args.rounds.unwrap_or(rounds);
    Plan { kind, pods, rounds, patience: args.timeout_scale }
}

/// Measures until it is done or a signal comes, whose number is the inner error.
async fn until_a_signal(run: &RunId, plan: Plan) -> anyhow::Result<Result<Measured, u8>> {
    let progress = Arc::new(Progress::new(Loudness::Normal));
    let mut signals = Signals::listen()?;
    tokio::select! {
        measured = measure(run, &plan, &progress) => measured.map(Ok),
        number = signals.next() => Ok(Err(number)),
    }
}

fn tell(run: &RunId, args: &Bench, measured: &Measured) -> Result<(), Refusal> {
    let default = || std::path::Path::new("plumbline-runs").join(run.as_str());
    let out = args.out.clone().unwrap_or_else(default);
    let store = || -> anyhow::Result<()> {
        std::fs::create_dir_all(&out).with_context(|| format!("make folder {}", out.display()))?;
        let json = serde_json::to_string_pretty(measured).context("write the figures")?;
        write_file(&out.join("bench.json"), &json)?;
        let page = bench::page(measured).context("write the page")?;
        write_file(&out.join("bench.html"), &page)
    };
    store().map_err(Refusal::harness)?;
    let path = out.join("bench.html");
    print(&format!("{}\nplots: {}\n", bench::table(measured), path.display()))
}
