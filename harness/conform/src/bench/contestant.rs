//! Somebody whose plugin is measured: where it runs, and what a runtime tells it.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, bail};
use serde_json::Value;
use stage::fabric::netns::Netns;
use stage::{Place, RunId};
use target::runtime::{Call, Sandbox};

/// A plugin on a node of its own.
pub(super) struct Contestant {
    pub(super) who: &'static str,
    /// Its node.
    pub(super) place: Place,
    pub(super) program: PathBuf,
    /// Its network configuration.
    pub(super) list: Value,
    /// Variables besides those of the protocol.
    pub(super) env: Vec<(String, String)>,
    /// Namespace, name and UID of the pod whose sandboxes are measured.
    pub(super) pod: [String; 3],
}

/// A sandbox with its namespace.
pub(super) struct Room {
    pub(super) sandbox: Sandbox,
    _netns: Netns,
}

impl Contestant {
    /// A sandbox without a network.
    pub(super) fn sandbox(&self, run: &RunId, number: u32) -> anyhow::Result<Room> {
        let name = format!("{}{number}", self.who);
        let netns = Netns::create(&run.namespace(&name))?;
        let sandbox = Sandbox {
            container: name,
            netns: netns.path().display().to_string(),
            ifname: "eth0".to_owned(),
            pod: self.pod.clone(),
        };
        Ok(Room { sandbox, _netns: netns })
    }

    /// Makes a call, which must succeed; answers the milliseconds from fork to exit.
    pub(super) fn call(&self, verb: &str, sandbox: &Sandbox) -> anyhow::Result<f64> {
        let call = Call::new(verb, &self.list, None, sandbox)?;
        let mut command = Command::new(&self.program);
        // Without more to do between fork and exec than this, it is a vfork, and the
        // harness's own size plays no part.
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command.envs(&call.env).envs(self.env.iter().cloned());
        let timed = self.place.run(|| timed(command, &call.stdin));
        timed
            .and_then(|done| done)
            .map_err(anyhow::Error::new)
            .and_then(|ended| match ended {
                Ok(ms) => Ok(ms),
                Err(said) => bail!("{said}"),
            })
            .with_context(|| format!("{verb} of {} for {}", self.who, sandbox.container))
    }
}

/// Milliseconds of a process that succeeded, or what it said.
fn timed(mut command: Command, stdin: &str) -> std::io::Result<Result<f64, String>> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let begun = Instant::now();
    let mut child = command.spawn()?;
    if let Some(mut pipe) = child.stdin.take() {
        // A plugin that ends without reading is judged by how it ends.
        let _ = pipe.write_all(stdin.as_bytes());
    }
    let mut said = String::new();
    if let Some(pipe) = &mut child.stdout {
        pipe.read_to_string(&mut said)?;
    }
    let success = child.wait()?.success();
    let ms = begun.elapsed().as_secs_f64() * 1e3;
    Ok(if success { Ok(ms) } else { Err(said) })
}
