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
    let found = if named.is_empty() { stage::runs() } else { named };
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
