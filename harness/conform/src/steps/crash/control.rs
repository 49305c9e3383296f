//! Starts agent and controller with variables of a sweep, and sees them end.

use facts::crash::Crash;

use crate::scene::{Done, Scene};
use crate::suite::blocking;

use super::{FILE, Process};

/// Starts a process anew with these variables besides the usual ones.
pub(super) async fn start(
    scene: &mut Scene,
    process: Process,
    node: &str,
    env: &[(&str, String)],
) -> Done {
    let suite = scene.suite.clone();
    let env: Vec<_> = env.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    match process {
        Process::Agent => {
            let handle = scene.node_mut(node)?;
            handle.stop_agents(false);
            handle.env = env;
            handle.start_agents(&suite)?;
            // Plugins have steps, too, and are not meant.
            handle.env.clear();
        }
        Process::Controller => {
            blocking(move || {
                suite.control.stop(false);
                suite.control.start_again(&suite.lab, &env)
            })
            .await??;
        }
    }
    Ok(())
}

/// Where a process is to tell its steps.
pub(super) fn file(scene: &Scene, process: Process) -> String {
    match process {
        Process::Agent => FILE.to_owned(),
        Process::Controller => {
            let folder = scene.suite.lab.run().folder();
            folder.join("control").join(format!("{}-steps", scene.id)).display().to_string()
        }
    }
}

/// The steps that a process told.
pub(super) fn passed(scene: &Scene, process: Process, node: &str) -> anyhow::Result<String> {
    let path = file(scene, process);
    match process {
        Process::Agent => Ok(scene.node(node)?.node.read(&path)?.unwrap_or_default()),
        Process::Controller => Ok(std::fs::read_to_string(path).unwrap_or_default()),
    }
}

/// Waits until a process has ended, or for a while; tells how.
pub(super) async fn end(
    scene: &Scene,
    process: Process,
    node: &str,
    at: &str,
) -> anyhow::Result<Crash> {
    let suite = &scene.suite;
    let ended = || match process {
        Process::Agent => scene.node(node).ok()?.ended(),
        Process::Controller => suite.control.ended(),
    };
    // One that goes on is for the claim to say.
    let _ = suite.until(3.0, "the end of a process", async || Ok(ended())).await;
    let how = ended().unwrap_or_else(|| "it runs".to_owned());
    let killed = how.contains("ended with signal 9");
    let process = process.word().to_owned();
    Ok(Crash { process, at: at.to_owned(), killed, ended: how })
}
