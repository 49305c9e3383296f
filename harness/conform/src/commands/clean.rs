//! `plumbline clean`: takes away what runs left behind.

use anyhow::{Context, anyhow};
use report::Exit;
use stage::RunId;

use super::{Refusal, print};

pub(super) fn clean(runs: &[String], all: bool) -> Result<Exit, Refusal> {
    let named: Vec<RunId> = runs
        .iter()
        .map(|run| run.parse().with_context(|| format!("run {run:?}")))
        .collect::<anyhow::Result<_>>()
        .map_err(Refusal::usage)?;
    if !nix::unistd::geteuid().is_root() {
        return Err(Refusal::not_ready(anyhow!("runs belong to root: run as root")));
    }
    let there = stage::runs();
    let found = if named.is_empty() { there } else { with_second_labs(named, &there) };
    let mut exit = Exit::Conformant;
    for run in &found {
        if !all && runs.is_empty() && stage::alive(run) {
            print(&format!("{run}: under way, left alone (--all, or its name, ends it)\n"))?;
            continue;
        }
        let cleaned = stage::clean(run);
        print(&format!(
            "{run}: {} processes ended, {} namespaces deleted{}\n",
            cleaned.processes,
            cleaned.namespaces.len(),
            if cleaned.folder { ", folder removed" } else { "" }
        ))?;
        for problem in &cleaned.problems {
            print(&format!("{run}: could not take away {problem}\n"))?;
            exit = Exit::NotReady;
        }
    }
    if found.is_empty() {
        print("nothing was left behind\n")?;
    }
    Ok(exit)
}

/// What was named, and what the same runs made in a second lab.
fn with_second_labs(named: Vec<RunId>, there: &[RunId]) -> Vec<RunId> {
    let beside: Vec<_> =
        named.iter().map(RunId::beside).filter(|run| there.contains(run)).collect();
    named.into_iter().chain(beside).collect()
}
